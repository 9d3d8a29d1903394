"""Compiled loops behind the pairwise distances of many models: one call fills one tile of the result.

Models are packed in tiles of :data:`TILE` as (tile, sample, class, model), so that the innermost loop runs over the
models of a tile with unit stride and the compiler turns it into vector instructions. Numbers that a kernel is to know
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

#: Models of a tile. The overlaps of two tiles (16 kB as float32) stay in the first cache level.
TILE = 128
#: Up to this many classes the sum over them is unrolled as a whole.
UNROLLED_CLASSES = 16
#: Classes of a part where there are more; packed models are padded to a multiple of it with classes of weight zero.
CLASSES_A_PART = 8
#: Samples whose overlaps are multiplied in float32 before they join the float64 product. Packed samples are padded to a
#: multiple of it with samples on which all models agree.
GROUP = 4
#: Groups after which exponents are split off the float64 product: each is at least SMALLEST_PRODUCT = 2^-123, so that
#: eight stay above the smallest double, 2^-1022.
GROUPS_A_SPLIT = 8
SMALLEST_PRODUCT = np.float32(1e-37)
#: Samples after which exponents are split off where each may be as small as exp(-100) = 2^-145.
SAMPLES_A_SPLIT = 6

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


# inlined, the compiler knows that the arrays do not overlap and keeps the sums in registers: five times faster
@numba.njit(fastmath=FAST, error_model="numpy", inline="always")
def multiply_group(classes, parts, left, right, first, sums, product):  # pragma: no cover (compiled)
    """Fill ``product`` (TILE, TILE) with the products of the overlaps of the samples of a group."""
    product[:] = ONE
    size = len(classes) * TILE
    for n in range(first, first + GROUP):
        a_last, b_last = left[n, (parts - 1) * size :], right[n, (parts - 1) * size :]
        for a in range(0, TILE, 2):
            s_row, t_row = sums[0], sums[1]
            sums[:] = ZERO
            for part in range(parts - 1):
                # slices, whose indices the compiler knows not to be negative
                a_side, b_side = left[n, part * size :], right[n, part * size :]
                for b in range(TILE):
                    s, t = s_row[b], t_row[b]
                    for c in range(len(classes)):
                        x = b_side[c * TILE + b]
                        s += a_side[c * TILE + a] * x
                        t += a_side[c * TILE + a + 1] * x
                    s_row[b], t_row[b] = s, t
            upper, lower = product[a], product[a + 1]
            for b in range(TILE):
                s, t = s_row[b], t_row[b]
                for c in range(len(classes)):
                    x = b_last[c * TILE + b]
                    s += a_last[c * TILE + a] * x
                    t += a_last[c * TILE + a + 1] * x
                upper[b] *= min(s, ONE)
                lower[b] *= min(t, ONE)


@numba.njit(fastmath=FAST, error_model="numpy", inline="always")
def multiply_sample(n_classes, left, right, smallest, sums, mantissa):  # pragma: no cover (compiled)
    """Multiply the overlaps of one sample, of ``smallest`` at least, into ``mantissa`` (TILE, TILE)."""
    for a in range(TILE):
        sums[:] = 0
        for c in range(n_classes):
            x = np.float64(left[c * TILE + a])
            for b in range(TILE):
                sums[b] += x * right[c * TILE + b]
        row = mantissa[a]
        for b in range(TILE):
            row[b] *= min(max(sums[b], smallest), 1.0)


@compiled(nogil=True, fastmath=FAST, error_model="numpy")
def overlap_tile(classes, parts, left, right, mantissa, bits, exponent):  # pragma: no cover (compiled)
    """Multiply Π_n Σ_c a_nc b_nc into mantissa · 2^exponent, (TILE, TILE) each; False if some overlaps are too small.

    The products of a group of samples, in float32, join the float64 ``mantissa``, whose ``bits`` are the same memory as
    int64 so that its powers of two can be moved to the int64 ``exponent``.
    """
    product, sums = np.empty((TILE, TILE), np.float32), np.empty((2, TILE), np.float32)
    for group in range(len(left) // GROUP):
        multiply_group(classes, parts, left, right, group * GROUP, sums, product)
        too_small = False
        for a in range(TILE):
            row, factor = mantissa[a], product[a]
            for b in range(TILE):
                row[b] *= factor[b]
            for b in range(TILE):
                too_small |= factor[b] < SMALLEST_PRODUCT
            if group % GROUPS_A_SPLIT == GROUPS_A_SPLIT - 1:
                split_exponents(bits[a], exponent[a])
        if too_small:
            return False
    return True


@compiled(nogil=True, fastmath=FAST, error_model="numpy")
def small_overlap_tile(n_classes, left, right, smallest, mantissa, bits, exponent):  # pragma: no cover (compiled)
    """The same by float64 products, each overlap ``smallest`` at least."""
    sums = np.empty(TILE)
    for n in range(len(left)):
        multiply_sample(n_classes, left[n], right[n], smallest, sums, mantissa)
        if n % SAMPLES_A_SPLIT == SAMPLES_A_SPLIT - 1:
            for a in range(TILE):
                split_exponents(bits[a], exponent[a])


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
