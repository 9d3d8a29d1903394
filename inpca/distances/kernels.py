"""Compiled loops behind the pairwise distances of many models: one call fills one tile of the result.

Models are packed in tiles of :data:`TILE` as (tile, panel, sample, class, model), so that the innermost loop runs over
the models of a panel with unit stride and becomes vector instructions. For overlaps a panel has
:data:`inpca.distances.panels.PANEL` models, elsewhere it is the tile. Numbers that a kernel is to know
when it is compiled come as a tuple of that length (:func:`constant`), which is part of its type: with the number of
classes, the sum over classes is unrolled and stays in registers. Many classes are taken in parts of
:data:`CLASSES_A_PART`, so that one kernel serves all numbers of them.

Kernels release Python's lock and use no threads of their own: the caller runs them on as many as it likes.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from inpca.compiled import compiled
from inpca.distances.panels import GROUP, PANEL, ROWS, multiply_group

#: Models of a tile, a multiple of PANEL.
TILE = 128
#: Up to this many classes the sum over them is unrolled as a whole.
UNROLLED_CLASSES = 16
#: Classes of a part where there are more; packed models are padded to a multiple of it with classes of weight zero.
CLASSES_A_PART = 8
#: Samples after which exponents are split off the float64 product: each of their eight groups is at least
#: SMALLEST_PRODUCT = 2^-123, so that they stay above the smallest double, 2^-1022. So does a group of overlaps that may
#: be as small as exp(-100) = 2^-145 each.
SAMPLES_A_SPLIT = 8 * GROUP
SMALLEST_PRODUCT = np.float32(1e-37)

#: Liberties of the compiler; there is no NaN and no infinity in packed models, their reader sees to it.
FAST = {"contract", "reassoc", "nsz", "arcp", "nnan", "ninf"}
ONE, ZERO = np.float32(1), np.float32(0)
LOG_2 = math.log(2)


def constant(n: int) -> tuple[int, ...]:
    """A number as a tuple of that length: its type, for which a kernel is compiled, tells the number."""
    return (0,) * n


def class_parts(n_classes: int) -> tuple[int, int]:
    """Classes of a part, and the number of parts, for which a kernel is compiled and called."""
    if n_classes <= UNROLLED_CLASSES:
        return n_classes, 1
    return CLASSES_A_PART, -(-n_classes // CLASSES_A_PART)


@compiled(fastmath=FAST, error_model="numpy")
def split_exponents(bits, exponent):  # pragma: no cover (compiled)
    """Move the powers of two from float64 numbers, above the smallest normal one, given as int64, to ``exponent``."""
    for b in range(len(bits)):
        exponent[b] += (bits[b] >> 52) - 1023
        bits[b] = (bits[b] & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000


@compiled(fastmath=FAST, error_model="numpy")
def replace_small(n_classes, left, right, smallest, products):  # pragma: no cover (compiled)
    """Compute ``products`` (PANEL²,) below SMALLEST_PRODUCT again in float64, of overlaps not below ``smallest``."""
    sums, exact = np.empty(PANEL), np.empty(PANEL)
    for a in range(PANEL):
        exact[:] = 1
        for n in range(GROUP):
            sums[:] = 0
            for c in range(n_classes):
                x, panel = np.float64(left[n, c * PANEL + a]), right[n, c * PANEL : (c + 1) * PANEL]
                for b in range(PANEL):
                    sums[b] += x * panel[b]
            for b in range(PANEL):
                exact[b] *= min(max(sums[b], smallest), 1.0)
        row = products[a * PANEL : (a + 1) * PANEL]
        for b in range(PANEL):
            row[b] = row[b] if row[b] >= SMALLEST_PRODUCT else exact[b]


@compiled(fastmath=FAST, error_model="numpy")
def multiply_groups(n_classes, left, right, smallest, product):  # pragma: no cover (compiled)
    """Multiply the overlaps of some groups of samples into ``product``, whatever their size."""
    mantissa, bits, exponent = product
    factors, low = np.empty(PANEL * PANEL), np.empty(PANEL, np.float32)
    for first in range(0, len(left), GROUP):
        factors[:], low[:] = 1, ONE
        a, b = left[first : first + GROUP], right[first : first + GROUP]
        for row in range(0, PANEL, ROWS):
            multiply_group(a, b, n_classes, a.shape[1], row, factors, low)  # pyright: ignore[reportCallIssue] (numba)
        small = low.min() < SMALLEST_PRODUCT
        if small:
            replace_small(n_classes, a, b, smallest, factors)
            split_exponents(bits, exponent)
        for pair in range(len(factors)):
            mantissa[pair] *= factors[pair]
        if small:
            split_exponents(bits, exponent)


@compiled(nogil=True, fastmath=FAST, error_model="numpy")
def overlap_tile(n_classes, left, right, shape, upper, smallest, product):  # pragma: no cover (compiled)
    """Multiply Π_n Σ_c a_nc b_nc of two packed tiles (panels, samples, classes · PANEL) into ``product``.

    It is mantissa · 2^exponent, (panels, panels, PANEL²) each; the ``bits`` of the float64 mantissa are the same memory
    as int64, so that its powers of two can be moved to the int64 exponent. The products of a group of samples are
    float32; those below :data:`SMALLEST_PRODUCT` are computed once more, each overlap ``smallest`` at least, so that
    the product of a pair depends on no other. With ``upper``, that of pairs of one tile is computed of its upper half.
    """
    low, before = np.empty(PANEL, np.float32), np.empty(PANEL * PANEL)
    for first in range(0, left.shape[1], SAMPLES_A_SPLIT):
        for q in range(-(-shape[1] // PANEL)):
            for p in range(min(q + 1, left.shape[0]) if upper else -(-shape[0] // PANEL)):
                a, b = left[p, first : first + SAMPLES_A_SPLIT], right[q, first : first + SAMPLES_A_SPLIT]
                mantissa, bits, exponent = product[0][p, q], product[1][p, q], product[2][p, q]
                before[:], low[:] = mantissa, ONE
                for n in range(0, len(a), GROUP):
                    x, y = a[n : n + GROUP], b[n : n + GROUP]
                    for row in range(0, PANEL, ROWS):
                        multiply_group(x, y, n_classes, x.shape[1], row, mantissa, low)  # pyright: ignore[reportCallIssue]
                if low.min() < SMALLEST_PRODUCT:
                    mantissa[:] = before
                    multiply_groups(n_classes, a, b, smallest, (mantissa, bits, exponent))
                if len(a) == SAMPLES_A_SPLIT:
                    split_exponents(bits, exponent)


#: Chebyshev coefficients, in u on [0, 1/2], of arcsin(sqrt(u)) / sqrt(u); the error of the polynomial is below 1e-8.
FITTED = np.polynomial.chebyshev.Chebyshev.interpolate(
    lambda u: np.arcsin(np.sqrt(u)) / np.sqrt(u), 12, domain=[1e-12, 0.5]
)
ARCSINE = tuple(FITTED.convert(kind=np.polynomial.Polynomial).coef)
ARCSINE_DEGREE = len(ARCSINE) - 1


@numba.njit(fastmath=FAST, error_model="numpy", inline="always")
def add_sample(classes, parts, angle, sides, chord, sums):  # pragma: no cover (compiled)
    """Add what one sample contributes to every entry of a tile."""
    left, right, left2, right2 = sides
    size = len(classes) * TILE
    for a in range(TILE):
        chord[:] = ZERO
        for part in range(parts - 1):
            x, y, x2, y2 = left[part * size :], right[part * size :], left2[part * size :], right2[part * size :]
            for b in range(TILE):
                s = chord[b]
                for c in range(len(classes)):
                    s += (x[c * TILE + a] - y[c * TILE + b]) * (x2[c * TILE + a] - y2[c * TILE + b])
                chord[b] = s
        offset = (parts - 1) * size
        x, y, x2, y2 = left[offset:], right[offset:], left2[offset:], right2[offset:]
        row = sums[a]
        for b in range(TILE):
            s = chord[b]
            for c in range(len(classes)):
                s += (x[c * TILE + a] - y[c * TILE + b]) * (x2[c * TILE + a] - y2[c * TILE + b])
            if len(angle):
                u = min(s, np.float32(2)) * np.float32(0.25)
                value = ARCSINE[ARCSINE_DEGREE]
                for k in range(ARCSINE_DEGREE):
                    value = value * u + ARCSINE[ARCSINE_DEGREE - 1 - k]
                row[b] += 2 * math.sqrt(u) * value
            else:
                row[b] += s


@compiled(nogil=True, error_model="numpy")
def difference_tile(classes, parts, angle, tiles, n_samples, result):  # pragma: no cover (compiled)
    """Fill a tile of the result with the mean over samples of Σ_c (a_nc - b_nc)(u_nc - v_nc), of four packed ``tiles``.

    With ``angle`` of 1 instead of 0, that sum is the squared chord between two points of the sphere and the mean is of
    the angle between them, 2 arcsin(chord / 2), which keeps the accuracy that arccos loses for neighbours.
    """
    a, b, u, v = tiles
    sums, chord = np.zeros((TILE, TILE)), np.empty(TILE, np.float32)
    for n in range(n_samples):
        add_sample(classes, parts, angle, (a[n], b[n], u[n], v[n]), chord, sums)
    for i in range(TILE):
        for j in range(TILE):
            result[i, j] = sums[i, j] / n_samples
