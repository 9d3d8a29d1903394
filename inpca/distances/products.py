"""Compiled loops behind the pairwise distances over many classes: one product of matrices for each sample.

They hold addresses of this process, so that they cannot be kept on disk.
"""

from __future__ import annotations

import ctypes
import math

import numba
import numpy as np
from numba.extending import get_cython_function_address

from inpca.distances.kernels import FAST, split_exponents
from inpca.distances.panels import GROUP
from inpca.distances.quantities import HALF

#: BLAS's product of a matrix with its own transpose, half the work of a general product, as scipy exports it.
SSYRK = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 10)(
    get_cython_function_address("scipy.linalg.cython_blas", "ssyrk")
)
OPTIONS, FACTORS = np.array([ord("L"), ord("T")], np.uint8), np.array([1, 0], np.float32)


@numba.njit(error_model="numpy")
def gram_matrix(roots, overlaps):  # pragma: no cover (compiled)
    """Fill the upper half of ``overlaps`` (m, m) with the scalar products of the rows of ``roots`` (m, C)."""
    # BLAS counts by columns: its lower half is our upper one, and our rows are its columns
    sizes = np.empty(2, np.int32)
    sizes[0], sizes[1] = roots.shape
    m, c = sizes.ctypes.data, sizes[1:].ctypes.data
    one, zero = FACTORS.ctypes.data, FACTORS[1:].ctypes.data
    uplo, trans = OPTIONS.ctypes.data, OPTIONS[1:].ctypes.data
    SSYRK(uplo, trans, m, c, one, roots.ctypes.data, c, zero, overlaps.ctypes.data, m)


@numba.njit(fastmath=FAST, error_model="numpy")
def multiply_overlaps(overlaps, upper, smallest, split, products):  # pragma: no cover (compiled)
    """Multiply overlaps into products as in :func:`.kernels.overlap_tile`; with ``upper``, of the upper half only."""
    mantissa, bits, exponent = products
    for a in range(overlaps.shape[0]):
        start = a if upper else 0
        row, factor = mantissa[a, start:], overlaps[a, start:]
        for b in range(len(row)):
            row[b] *= min(max(np.float64(factor[b]), smallest), 1.0)
        if split:
            split_exponents(bits[a, start:], exponent[a, start:])


@numba.njit(fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def unit_root(source, log, target):  # pragma: no cover (compiled)
    """Fill ``target`` with square roots of normalised probabilities; |Σ_c p - 1| before, NaN if they are none.

    It is what :func:`inpca.distances.quantities.fill_quantities` does, for vectors without gaps.
    """
    total, top = 0.0, source[0]
    if log:
        for c in range(len(source)):
            top = max(top, source[c])
        for c in range(len(source)):
            target[c] = math.exp((source[c] - top) * HALF)
        for c in range(len(source)):
            total += np.float64(target[c]) * np.float64(target[c])
        error = abs(total * math.exp(top) - 1)
    else:
        found = np.float32(0)
        for c in range(len(source)):  # a loop for each type of number, which the compiler turns into vectors
            target[c] = math.sqrt(source[c])
            found += target[c]  # NaN if any probability is negative
        for c in range(len(source)):
            total += np.float64(source[c])
        error = abs(total - 1) + 0 * found
    scale = np.float32(1 / math.sqrt(total))
    for c in range(len(source)):
        target[c] *= scale
    return error if 0 < total < np.inf else np.nan


@numba.njit(error_model="numpy")
def sample_roots(models, chosen, n, log, roots, worst):  # pragma: no cover (compiled)
    """Fill ``roots`` for sample n of chosen models, and keep the largest deviation of each in ``worst``."""
    for i in range(len(chosen)):
        error = unit_root(models[chosen[i], n], log, roots[i])
        if error > worst[i] or error != error:
            worst[i] = error


@numba.njit(nogil=True, error_model="numpy")
def sample_products(left, right, same, log, bounds, smallest, products, worst):  # pragma: no cover (compiled)
    """Products of the overlaps of all pairs of models over the samples ``bounds``, by one matrix product a sample.

    With ``same``, left and right are one and only the upper half is computed. ``worst`` (2, models) are deviations as
    in :func:`inpca.distances.quantities.fill_quantities`.
    """
    m, k, n_classes = left.shape[0], right.shape[0], left.shape[2]
    a = np.empty((m, n_classes), np.float32)
    b = a if same else np.empty((k, n_classes), np.float32)
    overlaps = np.empty((m, k), np.float32)
    every = np.arange(max(m, k))
    for n in range(bounds[0], bounds[1]):
        sample_roots(left, every[:m], n, log, a, worst[0])
        if same:
            gram_matrix(a, overlaps)
        else:
            sample_roots(right, every[:k], n, log, b, worst[1])
            np.dot(a, b.T, overlaps)
        split = (n - bounds[0]) % GROUP == GROUP - 1 or n == bounds[1] - 1
        multiply_overlaps(overlaps, same, smallest, split, products)


@numba.njit(fastmath=FAST, error_model="numpy")
def half_chord(a, b):  # pragma: no cover (compiled)
    """½ Σ_c (a_c - b_c)²."""
    s = np.float32(0)
    for c in range(len(a)):
        s += (a[c] - b[c]) * (a[c] - b[c])
    return np.float64(s) / 2


@numba.njit(nogil=True, error_model="numpy")
def add_close(left, right, chosen, log, bounds, smallest, pairs, sums):  # pragma: no cover (compiled)
    """Add the Bhattacharyya distances of pairs of chosen models over the samples ``bounds``, from differences.

    ``chosen`` are models of the left and of the right side, ``pairs`` (pairs, 2) are positions in them.
    """
    n_classes = left.shape[2]
    a = np.empty((len(chosen[0]), n_classes), np.float32)
    b = np.empty((len(chosen[1]), n_classes), np.float32)
    worst = np.zeros(max(len(a), len(b)))
    for n in range(bounds[0], bounds[1]):
        sample_roots(left, chosen[0], n, log, a, worst)
        sample_roots(right, chosen[1], n, log, b, worst)
        for pair in range(len(pairs)):
            x, y = a[pairs[pair, 0]], b[pairs[pair, 1]]
            h = half_chord(x, y)
            if h <= 0.5:
                sums[pair] -= math.log1p(-h)
            else:
                overlap = 0.0
                for c in range(n_classes):
                    overlap += np.float64(x[c]) * y[c]
                sums[pair] -= math.log(max(overlap, smallest))
