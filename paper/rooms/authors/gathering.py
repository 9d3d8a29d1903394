"""What an embedding needs of a matrix of distances that is larger than memory, which is read once, by blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inpca.embedding.spectral import _squared_rows_times, times
from paper.data.datasets import DataError

#: Bytes of a block of rows, as float32; a file in chunks is read by whole ones, however large these are.
BLOCK_BYTES = 2**27
#: Distances of models to themselves, and below zero, relative to the largest, that count as rounding of few digits.
ROUNDING = 2e-3
#: How far a matrix may be from its mirror image, relative to its Frobenius norm.
ASYMMETRY = 2e-3
#: Largest part of a row's distances that may be exactly zero; more are blocks that were never written.
ZEROS = 0.5


@dataclass(frozen=True, eq=False)
class Gathered:
    """Parts of a matrix D of distances between m models.

    Attributes
    ----------
    landmarks : (n,) array of int
    columns : (m, n) array of float32
        Distances of all models to the landmarks.
    row_means : (m,) array
    squared_norm : float
        ‖W‖_F² of W = -½ L D L, exactly: ¼ [Σ D² - 2m Σ r² + m² g²], r the row means and g their mean.
    among : list of arrays
        Distances among each of some sets of models.
    """

    landmarks: np.ndarray
    columns: np.ndarray
    row_means: np.ndarray
    squared_norm: float
    among: list[np.ndarray]


def gather(D: Any, landmarks: np.ndarray, sets: Sequence[np.ndarray] = (), *, name: str = "the matrix") -> Gathered:
    """Read a matrix once by blocks of rows; memory is that of a block and of what is returned.

    Parameters
    ----------
    D : (m, m) array
        In memory, memory-mapped, or a dataset of HDF5.
    landmarks : (n,) array of int
    sets : sequence of arrays of int
        Models whose distances among each other are wanted.
    name : str
        What messages call it.

    Returns
    -------
    Gathered

    Raises
    ------
    DataError
        For NaN, infinite or negative distances, models that are not at 0 from themselves, rows that are zero for the
        most part, and a matrix that is not symmetric. The latter is found by yᵀDx = xᵀDy for random signs x and y,
        which differ by about ‖D - Dᵀ‖_F / √2.

    Examples
    --------
    >>> x = np.arange(4.0)
    >>> found = gather((x[:, None] - x) ** 2, np.array([0, 2]), [np.array([1, 3])])
    >>> found.columns.shape, found.squared_norm, found.among[0].tolist()
    ((4, 2), 25.0, [[0.0, 4.0], [4.0, 0.0]])
    """
    m = D.shape[0]
    columns, means = np.empty((m, len(landmarks)), np.float32), np.empty(m)
    among = [np.zeros((len(one), len(one))) for one in sets]
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (2, m))
    squares, forms, largest = 0.0, np.zeros(2), 0.0
    for first, rows in _blocks(D):
        last = first + len(rows)
        largest = max(largest, _check_rows(rows, first, largest, name))
        columns[first:last] = rows[:, landmarks]
        means[first:last] = times(rows, np.ones(m)) / m
        squares += times(rows, np.ones(m), _squared_rows_times).sum()
        forms += [signs[0, first:last] @ times(rows, signs[1]), signs[1, first:last] @ times(rows, signs[0])]
        for one, found in zip(sets, among, strict=True):
            here = np.flatnonzero((one >= first) & (one < last))
            found[here] = rows[one[here] - first][:, one]
    difference = abs(forms[0] - forms[1]) / np.sqrt(squares or 1)
    if difference > ASYMMETRY:
        raise DataError(
            f"{name} is not symmetric: it differs from its mirror image by about {difference:.1%} of its norm"
        )
    grand = means.mean()
    norm = (squares - 2 * m * float(np.sum(means**2)) + (m * grand) ** 2) / 4
    return Gathered(landmarks, columns, means, max(float(norm), 0.0), [(one + one.T) / 2 for one in among])


def _blocks(D: Any) -> Iterator[tuple[int, np.ndarray]]:
    """Blocks of rows as float32, float64 for a matrix of these, with the index of their first."""
    m = D.shape[0]
    chunk = (getattr(D, "chunks", None) or (1,))[0]
    rows = max(1, BLOCK_BYTES // (4 * m) // chunk) * chunk
    kind = np.float64 if D.dtype == np.float64 else np.float32
    for first in range(0, m, rows):
        yield first, np.asarray(D[first : first + rows], kind)


def _check_rows(rows: np.ndarray, first: int, largest: float, name: str) -> float:
    """Largest distance of a block, after its rows were found to be distances."""
    low, high = float(rows.min()), float(rows.max())
    if not np.isfinite([low, high]).all():
        i, j = np.argwhere(~np.isfinite(rows))[0]
        raise DataError(f"{name} holds NaN or infinite values, as at {(first + int(i), int(j))}")
    allowed = ROUNDING * max(high, largest)
    if low < -allowed:
        i, j = np.unravel_index(rows.argmin(), rows.shape)
        raise DataError(f"{name} holds {low:g} at {(first + int(i), int(j))}; no distance is negative")
    own = np.abs(rows[np.arange(len(rows)), first + np.arange(len(rows))])
    if own.max() > allowed:
        i = first + int(own.argmax())
        raise DataError(f"{name} has a model at {own.max():g} from itself, at {(i, i)}; 0 is expected")
    zeros = (rows == 0).mean(axis=1)
    if zeros.max() > max(ZEROS, 1.5 / rows.shape[1]):
        i = first + int(zeros.argmax())
        raise DataError(f"row {i} of {name} is zero for {zeros.max():.0%}: parts of the matrix were never written")
    return high
