"""Compiled loop that computes the distances of close models once more, from the differences of their square roots.

An overlap close to 1 that was summed in single precision says nothing below 1e-7; the difference of two square roots
keeps its digits. Each entry is -ln(1 - h) with h = ½ Σ_c (sqrt p_c - sqrt q_c)².
"""

from __future__ import annotations

import math

import numba
import numpy as np

from inpca.compiled import compiled
from inpca.distances.kernels import FAST, TILE, ZERO
from inpca.distances.panels import PANEL

#: Neighbouring models of a tile, those of a panel, that are computed together once one of them is close.
CELL = PANEL
#: Largest h for which -ln(1 - h) = h + h² q(h) is taken from a polynomial; its error is below 1e-7 h².
LARGEST_HALF = np.float32(0.5)
FITTED = np.polynomial.chebyshev.Chebyshev.interpolate(
    lambda h: (-np.log1p(-h) - h) / h**2, 9, domain=[1e-3, float(LARGEST_HALF)]
)
LOGARITHM = tuple(np.float32(x) for x in FITTED.convert(kind=np.polynomial.Polynomial).coef)
LOGARITHM_DEGREE = len(LOGARITHM) - 1


@compiled(error_model="numpy")
def find_cells(result, threshold, shape, upper, cells, close):  # pragma: no cover (compiled)
    """List the cells of a tile that hold a close pair of models, and which of their pairs are close."""
    count = 0
    for a in range(shape[0]):
        for start in range(0, shape[1], CELL):
            found = False
            for b in range(CELL):
                wanted = start + b < shape[1] and (start + b > a or not upper) and result[a, start + b] < threshold
                close[count * CELL + b] = wanted
                found |= wanted
            if found:
                cells[count, 0], cells[count, 1] = a, start
                count += 1
    return count


@numba.njit(fastmath=FAST, error_model="numpy", inline="always")
def fill_halves(classes, parts, left, right, n, cells, half):  # pragma: no cover (compiled)
    """Fill ``half`` with 2 h of every pair of every cell, for sample n."""
    size = len(classes) * PANEL
    for cell in range(len(cells)):
        values = half[cell * CELL :]
        for part in range(parts):
            # slices, whose indices the compiler knows not to be negative
            x = left[cells[cell, 0] // PANEL, n, part * size + cells[cell, 0] % PANEL :]
            y = right[cells[cell, 1] // PANEL, n, part * size :]
            for b in range(CELL):
                s = ZERO
                for c in range(len(classes)):
                    difference = x[c * PANEL] - y[c * PANEL + b]
                    s += difference * difference
                values[b] = s if part == 0 else values[b] + s


@numba.njit(fastmath=FAST, error_model="numpy", inline="always")
def add_logarithms(half, sums):  # pragma: no cover (compiled)
    """Add -ln(1 - h) to ``sums``; loops of one type of number each, which the compiler turns into vectors."""
    for b in range(len(half)):
        h = min(half[b] * np.float32(0.5), LARGEST_HALF)
        value = LOGARITHM[LOGARITHM_DEGREE]
        for k in range(LOGARITHM_DEGREE):
            value = value * h + LOGARITHM[LOGARITHM_DEGREE - 1 - k]
        half[b] = h + h * h * value
    for b in range(len(half)):
        sums[b] += half[b]


@compiled(fastmath=FAST, error_model="numpy")
def hide_far(half, close):  # pragma: no cover (compiled)
    """Set pairs that are not close to 0; the largest value of the others."""
    worst = ZERO
    for b in range(len(half)):
        half[b] *= close[b]
        worst = max(worst, half[b])
    return worst


@compiled(fastmath=FAST, error_model="numpy")
def add_far(n_classes, left, right, n, cells, half, smallest, sums):  # pragma: no cover (compiled)
    """Add the logarithm of the overlap, less that of ½, of pairs whose h is beyond the polynomial's range."""
    for b in range(len(half)):
        if half[b] > 2 * LARGEST_HALF:
            x, y = left[cells[b // CELL, 0] // PANEL, n], right[cells[b // CELL, 1] // PANEL, n]
            overlap = 0.0
            for c in range(n_classes):
                overlap += np.float64(x[c * PANEL + cells[b // CELL, 0] % PANEL]) * y[c * PANEL + b % CELL]
            sums[b] -= math.log(2 * max(overlap, smallest))


@compiled(nogil=True, error_model="numpy")
def correct_close(classes, parts, tiles, n_samples, bounds, shape, upper, result):  # pragma: no cover (compiled)
    """Replace small entries of the ``result`` (TILE, TILE) of two packed ``tiles`` of ``shape`` models.

    ``bounds`` are the smallest overlap that counts, and the distance below which an entry is replaced; with ``upper``,
    only those of the upper half are.
    """
    left, right = tiles
    smallest, threshold = bounds
    cells = np.empty((TILE * TILE // CELL + 1, 2), np.int64)
    close = np.zeros(len(cells) * CELL, np.float32)
    n_cells = find_cells(result, threshold, shape, upper, cells, close)
    cells, close = cells[:n_cells], close[: n_cells * CELL]
    half, sums = np.empty(len(close), np.float32), np.zeros(len(close))
    for n in range(n_samples):
        fill_halves(classes, parts, left, right, n, cells, half)
        # no sample of a pair that is close on average can be far unless there are many samples
        if n_samples * threshold > 0.5 and hide_far(half, close) > 2 * LARGEST_HALF:
            add_far(len(classes) * parts, left, right, n, cells, half, smallest, sums)
        add_logarithms(half, sums)
    for b in range(len(close)):
        if close[b] > 0:
            result[cells[b // CELL, 0], cells[b // CELL, 1] + b % CELL] = sums[b] / n_samples
