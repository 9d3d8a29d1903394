"""Compiled loops behind the pairwise distances.

Models are packed in tiles of :data:`TILE` as (tile, sample, class, model), so that the innermost loop runs over the
models of a tile with unit stride and the compiler turns it into vector instructions. Numbers that a kernel is to know
when it is compiled come as a tuple of that length (:func:`constant`), which is part of its type: with the number of
classes, the sum over classes is unrolled and stays in registers.
"""

from __future__ import annotations

import ctypes
import math

import numba
import numpy as np
from numba.extending import get_cython_function_address

from inpca.compiled import compiled
from inpca.geometry import LARGEST_SAMPLE_DISTANCE

#: Models of a tile. The overlaps of two tiles (16 kB as float32) stay in the first cache level.
TILE = 128
#: Samples whose overlaps are multiplied in float32 before they join the float64 product. Packed samples are padded to a
#: multiple of it with samples on which all models agree.
GROUP = 4
#: Groups after which exponents are split off the float64 product: each is at least SMALLEST_PRODUCT = 2^-123, so that
#: eight stay above the smallest double, 2^-1022.
GROUPS_A_SPLIT = 8
SMALLEST_PRODUCT = np.float32(1e-37)
SMALLEST_OVERLAP = math.exp(-LARGEST_SAMPLE_DISTANCE)
#: Samples after which exponents are split off where each may be as small as that, 2^-145.
SAMPLES_A_SPLIT = 6
#: Samples that are packed for all models of a tile before the next, so that what is written stays in the cache.
SAMPLES_A_PASS = 32
#: Sums of probabilities that miss 1 by less need no closer look; below the tolerance for every type of number.
CHECKED_DEVIATION = 5e-5
#: What can be packed of a model.
KINDS = {"root": 0, "probability": 1, "log": 2}

#: Liberties of the compiler; there is no NaN and no infinity in packed models, :func:`pack_tiles` sees to it.
FAST = {"contract", "reassoc", "nsz", "arcp", "nnan", "ninf"}
ONE, ZERO = np.float32(1), np.float32(0)
LOG_2 = math.log(2)


def constant(n: int) -> tuple[int, ...]:
    """A number as a tuple of that length: its type, for which a kernel is compiled, tells the number."""
    return (0,) * n


@compiled(parallel=True, error_model="numpy")
def pack_tiles(models, log, kind, largest, packed, deviation):  # pragma: no cover (compiled)
    """Fill ``packed`` (tiles, samples, classes, TILE) with a quantity of the models, and ``deviation``.

    Logarithms are bounded below by ``-largest``. ``deviation[tile]`` is the largest |Σ_c p - 1| of the tile's samples;
    NaN if any probability is NaN or negative.
    """
    n_models, n_samples, n_classes = models.shape
    padded = packed.shape[1]
    for tile in numba.prange(packed.shape[0]):
        worst = 0.0
        for first in range(0, padded, SAMPLES_A_PASS):
            for a in range(TILE):
                model = tile * TILE + a
                for n in range(first, min(first + SAMPLES_A_PASS, padded)):
                    if model >= n_models or n >= n_samples:
                        for c in range(n_classes):
                            packed[tile, n, c, a] = ONE if c == 0 and kind != 2 else ZERO
                        continue
                    total = 0.0
                    for c in range(n_classes):
                        x = models[model, n, c]
                        p = math.exp(x) if log else x
                        total += p if p >= 0 else np.nan
                        if kind == 0:
                            packed[tile, n, c, a] = math.exp(x / 2) if log else math.sqrt(p)
                        elif kind == 1:
                            packed[tile, n, c, a] = p
                        else:
                            packed[tile, n, c, a] = max(x if log else math.log(p), -largest)
                    error = abs(total - 1)
                    worst = error if error > worst or error != error else worst
        deviation[tile] = worst


@compiled(fastmath=FAST, error_model="numpy")
def split_exponents(mantissa, exponent):  # pragma: no cover (compiled)
    """Move the powers of two from ``mantissa`` (float64, above the smallest normal number) to ``exponent`` (int64)."""
    bits = mantissa.view(np.int64)
    for b in range(len(bits)):
        exponent[b] += (bits[b] >> 52) - 1023
        bits[b] = (bits[b] & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000


# inlined, the compiler knows that the arrays do not overlap and keeps the sums in registers: five times faster
@numba.njit(fastmath=FAST, error_model="numpy", inline="always")
def multiply_group(classes, left, right, first, product):  # pragma: no cover (compiled)
    """Fill ``product`` (TILE, TILE) with the products of the overlaps of the samples of a group."""
    product[:] = ONE
    for n in range(first, first + GROUP):
        a_side, b_side = left[n], right[n]
        for a in range(0, TILE, 2):
            upper, lower = product[a], product[a + 1]
            for b in range(TILE):
                s, t = ZERO, ZERO
                for c in range(len(classes)):
                    x = b_side[c * TILE + b]
                    s += a_side[c * TILE + a] * x
                    t += a_side[c * TILE + a + 1] * x
                upper[b] *= min(s, ONE)
                lower[b] *= min(t, ONE)


@numba.njit(fastmath=FAST, error_model="numpy", inline="always")
def multiply_sample(classes, left, right, smallest, mantissa):  # pragma: no cover (compiled)
    """Multiply the overlaps of one sample, of ``smallest`` at least, into ``mantissa`` (TILE, TILE)."""
    for a in range(TILE):
        row = mantissa[a]
        for b in range(TILE):
            s = 0.0
            for c in range(len(classes)):
                s += np.float64(left[c * TILE + a]) * right[c * TILE + b]
            row[b] *= min(max(s, smallest), 1.0)


@compiled(fastmath=FAST, error_model="numpy")
def mean_logarithms(mantissa, exponent, n_samples, result):  # pragma: no cover (compiled)
    """Fill a tile of the result from its products."""
    for a in range(TILE):
        for b in range(TILE):
            total = math.log(mantissa[a, b]) + exponent[a, b] * LOG_2
            result[a, b] = max(-total / n_samples, 0.0)


@compiled(fastmath=FAST, error_model="numpy")
def fill_tile(classes, left, right, n_samples, result):  # pragma: no cover (compiled)
    """Fill a tile of the result by float32 products of the overlaps of a group; False where they are too small."""
    mantissa, exponent = np.ones((TILE, TILE)), np.zeros((TILE, TILE), np.int64)
    product = np.empty((TILE, TILE), np.float32)
    for group in range(len(left) // GROUP):
        multiply_group(classes, left, right, group * GROUP, product)
        too_small = False
        for a in range(TILE):
            row, factor = mantissa[a], product[a]
            for b in range(TILE):
                row[b] *= factor[b]
            for b in range(TILE):
                too_small |= factor[b] < SMALLEST_PRODUCT
            if group % GROUPS_A_SPLIT == GROUPS_A_SPLIT - 1:
                split_exponents(row, exponent[a])
        if too_small:
            return False
    mean_logarithms(mantissa, exponent, n_samples, result)
    return True


@compiled(fastmath=FAST, error_model="numpy")
def fill_tile_by_samples(classes, left, right, n_samples, smallest, result):  # pragma: no cover (compiled)
    """Fill a tile of the result by float64 products, each overlap ``smallest`` at least."""
    mantissa, exponent = np.ones((TILE, TILE)), np.zeros((TILE, TILE), np.int64)
    for n in range(n_samples):
        multiply_sample(classes, left[n], right[n], smallest, mantissa)
        if n % SAMPLES_A_SPLIT == SAMPLES_A_SPLIT - 1:
            for a in range(TILE):
                split_exponents(mantissa[a], exponent[a])
    mean_logarithms(mantissa, exponent, n_samples, result)


@compiled(parallel=True, error_model="numpy")
def overlap_kernel(classes, left, right, tiles, n_samples, smallest, result):  # pragma: no cover (compiled)
    """Fill tiles of the result with -(1/N) Σ_n ln Σ_c a_nc b_nc.

    The sum of logarithms is the logarithm of a product, kept as a mantissa (float64) and an exponent (int64) that is
    split off by bit operations: one logarithm for each pair of models. Each tile is computed by one thread in a
    fixed order, so that its bits do not depend on the number of threads. Tiles in which four overlaps in a row
    are too small for a float32 product are computed again, sample by sample, each overlap ``smallest`` at least.
    """
    shape = left.shape[1], len(classes) * TILE
    for index in numba.prange(len(tiles)):
        i, j = tiles[index]
        a_side, b_side = left[i].reshape(shape), right[j].reshape(shape)
        part = result[i * TILE : (i + 1) * TILE, j * TILE : (j + 1) * TILE]
        if not fill_tile(classes, a_side, b_side, n_samples, part):
            fill_tile_by_samples(classes, a_side, b_side, n_samples, smallest, part)


#: Chebyshev coefficients, in u on [0, 1/2], of arcsin(sqrt(u)) / sqrt(u); the error of the polynomial is below 1e-8.
ARCSINE = np.polynomial.chebyshev.Chebyshev.interpolate(
    lambda u: np.arcsin(np.sqrt(u)) / np.sqrt(u), 12, domain=[1e-12, 0.5]
)
ARCSINE = tuple(ARCSINE.convert(kind=np.polynomial.Polynomial).coef)
ARCSINE_DEGREE = len(ARCSINE) - 1


@numba.njit(fastmath=FAST, error_model="numpy", inline="always")
def add_sample(classes, angle, left, right, left2, right2, sums):  # pragma: no cover (compiled)
    """Add what one sample contributes to every entry of a tile."""
    for a in range(TILE):
        row = sums[a]
        for b in range(TILE):
            s = ZERO
            for c in range(len(classes)):
                s += (left[c * TILE + a] - right[c * TILE + b]) * (left2[c * TILE + a] - right2[c * TILE + b])
            if len(angle):
                u = min(s, np.float32(2)) * np.float32(0.25)
                value = ARCSINE[ARCSINE_DEGREE]
                for k in range(ARCSINE_DEGREE):
                    value = value * u + ARCSINE[ARCSINE_DEGREE - 1 - k]
                row[b] += 2 * math.sqrt(u) * value
            else:
                row[b] += s


@compiled(parallel=True, error_model="numpy")
def difference_kernel(
    classes, angle, left, right, left2, right2, tiles, n_samples, result
):  # pragma: no cover (compiled)
    """Fill tiles of the result with the mean over samples of Σ_c (a_nc - b_nc)(u_nc - v_nc).

    With ``angle`` of 1 instead of 0, that sum is the squared chord between two points of the sphere and the mean is of
    the angle between them, 2 arcsin(chord / 2), which keeps the accuracy that arccos loses for neighbours.
    """
    shape = left.shape[1], len(classes) * TILE
    for index in numba.prange(len(tiles)):
        i, j = tiles[index]
        sums = np.zeros((TILE, TILE))
        a, b = left[i].reshape(shape), right[j].reshape(shape)
        u, v = left2[i].reshape(shape), right2[j].reshape(shape)
        for n in range(n_samples):
            add_sample(classes, angle, a[n], b[n], u[n], v[n], sums)
        result[i * TILE : (i + 1) * TILE, j * TILE : (j + 1) * TILE] = sums / n_samples


#: BLAS's product of a matrix with its own transpose, half the work of a general product, as scipy exports it.
SSYRK = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 10)(
    get_cython_function_address("scipy.linalg.cython_blas", "ssyrk")
)


# holds an address of this process, so that it and what calls it cannot be kept on disk
@numba.njit(error_model="numpy")
def gram_matrix(roots, overlaps):  # pragma: no cover (compiled)
    """Fill the upper half of ``overlaps`` (m, m) with the scalar products of the rows of ``roots`` (m, C)."""
    # BLAS counts by columns: its lower half is our upper one, and our rows are its columns
    options = np.array([ord("L"), ord("T")], np.uint8)
    sizes = np.array(roots.shape, np.int32)
    factors = np.array([1, 0], np.float32)
    m, c = sizes.ctypes.data, sizes[1:].ctypes.data
    one, zero = factors.ctypes.data, factors[1:].ctypes.data
    uplo, trans = options.ctypes.data, options[1:].ctypes.data
    SSYRK(uplo, trans, m, c, one, roots.ctypes.data, c, zero, overlaps.ctypes.data, m)


@numba.njit(fastmath={"contract", "reassoc"}, error_model="numpy")
def sum_error(roots):  # pragma: no cover (compiled)
    """|Σ_c r_c² - 1|, NaN if one is NaN."""
    total = ZERO
    for c in range(len(roots)):
        total += roots[c] * roots[c]
    return abs(total - 1)


@numba.njit(error_model="numpy")
def square_roots(models, n, log, roots, deviation):  # pragma: no cover (compiled)
    """Fill ``roots`` (models, classes) for sample n, each ``deviation`` as in :func:`pack_tiles`."""
    for model in range(models.shape[0]):
        source, target = models[model, n], roots[model]
        if log:
            for c in range(len(target)):
                target[c] = math.exp(source[c] / 2)
        else:
            for c in range(len(target)):
                target[c] = math.sqrt(source[c])
        error = sum_error(target)
        if error > deviation[model] or error != error:
            deviation[model] = error


@numba.njit(fastmath=FAST, error_model="numpy")
def multiply_overlaps(overlaps, upper, split, mantissa, exponent):  # pragma: no cover (compiled)
    """Multiply overlaps into running products, mantissa · 2^exponent; of the upper half only, if asked."""
    smallest = np.float32(SMALLEST_OVERLAP)
    for a in range(overlaps.shape[0]):
        start = a if upper else 0
        row, factor = mantissa[a, start:], overlaps[a, start:]
        for b in range(len(row)):
            row[b] *= min(max(factor[b], smallest), ONE)
        if split:
            split_exponents(row, exponent[a, start:])


@numba.njit(parallel=True, error_model="numpy")
def sample_products(left, right, same, log, bounds, mantissa, exponent, deviation):  # pragma: no cover (compiled)
    """Products over the samples of each segment of the overlaps of all pairs of models, by one matrix product a sample.

    Segment s has the samples from ``bounds[s]`` to ``bounds[s + 1]`` and its own products ``mantissa[s]`` (float64) and
    ``exponent[s]`` (int64): a thread holds one sample's square roots and overlaps at a time, and what it computes does
    not depend on the number of threads. With ``same``, left and right are one and only the upper half is computed.
    """
    m, k, n_classes = left.shape[0], right.shape[0], left.shape[2]
    for segment in numba.prange(len(bounds) - 1):
        a = np.empty((m, n_classes), np.float32)
        b = a if same else np.empty((k, n_classes), np.float32)
        overlaps = np.empty((m, k), np.float32)
        for n in range(bounds[segment], bounds[segment + 1]):
            square_roots(left, n, log, a, deviation[0, segment])
            if same:
                gram_matrix(a, overlaps)
            else:
                square_roots(right, n, log, b, deviation[1, segment])
                np.dot(a, b.T, overlaps)
            split = (n - bounds[segment]) % GROUP == GROUP - 1 or n == bounds[segment + 1] - 1
            multiply_overlaps(overlaps, same, split, mantissa[segment], exponent[segment])
