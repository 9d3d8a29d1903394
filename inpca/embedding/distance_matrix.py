"""What a matrix of distances must be, and when it is zero but for rounding."""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import validate_data

from inpca.embedding.spectral import _squared_rows_times, block_bounds, row_blocks, symmetric_times, times

#: Entries (i, j) and (j, i) may differ by this much, relative to the largest entry.
ASYMMETRY = 1e-6
#: Distances of models below this are rounding.
NO_DISTANCE = 1e-14
#: Distances from here on are divided by a unit, since powers of them would be infinite.
LARGE = 2.0**200
#: Given distances below this, some of them negative, are rounding of the zeros between equal models.
NO_DISTANCE_OF_SIGNS = 1e-7


def check_distances(D):
    """The matrix itself, after it was found square, finite, symmetric, not negative, and zero on the diagonal.

    Raises
    ------
    TypeError
        For anything but real numbers.
    ValueError
        The message names the shape, the entries that differ most, or the entry that is no distance.
    """
    D = _as_floats(D)
    if len(D.shape) != 2 or D.shape[0] != D.shape[1] or not D.shape[0]:
        raise ValueError(f"distances must be a square matrix, not of shape {tuple(D.shape)}")
    n = D.shape[0]
    probe = np.random.default_rng(0).uniform(0.5, 1.5, n) * np.where(np.arange(n) % 2, 1, -1)
    product = times(D, probe)
    if not np.isfinite(product).all():
        raise ValueError("distances hold NaN or infinite values")
    if isinstance(D, np.ndarray):
        # the product that reads the upper half only is the same, to rounding, if and only if D is symmetric
        size = np.sqrt(times(D, np.ones(n), _squared_rows_times).mean() / n)
        if np.isfinite(size) and np.abs(product - symmetric_times(D, probe)).max() <= 0.1 * ASYMMETRY * size:
            _check_entries(D)
            return D
    scale, worst, (i, j) = _largest_asymmetry(D)
    if worst > ASYMMETRY * scale:
        raise ValueError(f"distances are not symmetric: entries {(i, j)} and {(j, i)} differ by {worst:g}")
    _check_entries(D)
    return D


def check_unmasked(D) -> None:
    """Stop at masked entries, which arithmetic would read."""
    if np.ma.is_masked(D):
        raise TypeError("X is a masked array with masked entries; fill or leave them out first")


def read_distances(inpca, X, *, reset: bool):
    """A matrix as scikit-learn wants its input to be; one in chunks, such as a zarr array, is left where it is."""
    check_unmasked(X)
    return X if hasattr(X, "chunks") else validate_data(inpca, X, dtype=[np.float64, np.float32], reset=reset)


def check_rows(D, n: int):
    """Distances (q, n) of new models to n fitted ones, after they were found to be real, finite and not negative.

    Raises
    ------
    TypeError
        For anything but real numbers.
    ValueError
        For another shape, or an entry that is no distance, which the message names.
    """
    D = _as_floats(D)
    if len(D.shape) != 2 or D.shape[1] != n:
        raise ValueError(f"distances to the {n} fitted models must have the shape (q, {n}), not {tuple(D.shape)}")
    if not D.shape[0]:
        raise ValueError("distances are empty: there is no model to place")
    size = largest(D)
    if not np.isfinite(size):
        raise ValueError("distances hold NaN or infinite values")
    _check_signs(D, _allowed(size))
    return D


def check_own(D, landmarks: np.ndarray) -> None:
    """Stop if a distance of a landmark to itself, in the columns (m, n) of landmarks, is not 0 but for rounding."""
    own = np.abs(np.array([D[row, column] for column, row in enumerate(landmarks)], np.float64))
    if own.max() > _allowed(largest(D)):
        column = int(own.argmax())
        raise ValueError(
            f"distances of landmarks to themselves must be 0, not {own[column]:g} at {(int(landmarks[column]), column)}"
        )


def in_range(D) -> tuple:
    """The matrix in a unit in which sums of its fourth powers are finite, and this unit, a power of four; 1 mostly."""
    size = 0.0 if float(np.finfo(D.dtype).max) < LARGE else largest(D)
    if size < LARGE:
        return D, 1.0
    unit = float(np.ldexp(1.0, np.frexp(size)[1] // 2 * 2))
    return Floats(D, unit), unit


class Floats:
    """A matrix of any type of numbers, divided by a unit, that is read as float64 by rows, as a zarr array is."""

    dtype = np.dtype(np.float64)

    def __init__(self, D, unit: float = 1.0):
        self._D, self._unit, self.shape = D, unit, tuple(D.shape)

    def __getitem__(self, index) -> np.ndarray:
        return np.asarray(self._D[index], np.float64) / self._unit

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.asarray(self[:], dtype)


def _as_floats(D):
    """Real numbers as an array of floats, or as something to read them from."""
    check_unmasked(D)
    if not hasattr(D, "shape"):
        D = np.asarray(D)
    if not isinstance(getattr(D, "dtype", None), np.dtype) or D.dtype.kind not in "fiub" or hasattr(D, "tocsr"):
        what = getattr(D, "dtype", "")
        raise TypeError(f"distances must be an array of real numbers, not {type(D).__name__} of type {what}")
    if isinstance(D, np.ndarray):
        return D if D.dtype in (np.float32, np.float64) else D.astype(np.float64)
    return D if D.dtype in (np.float32, np.float64) else Floats(D)


def largest(D) -> float:
    """Largest magnitude of an entry."""
    return float(np.max([max(float(block.max()), -float(block.min())) for _, block in row_blocks(D)]))


def _check_entries(D) -> None:
    """Stop at an entry that is no distance: nonzero on the diagonal, or negative, beyond rounding."""
    allowed = _allowed(largest(D))
    _check_signs(D, allowed)
    for first, block in row_blocks(D):
        own = np.abs(np.diagonal(block, first))
        if own.max() > allowed:
            i = first + int(own.argmax())
            raise ValueError(
                f"distances of models to themselves must be 0, not {block[i - first, i]:g} at {(i, i)}; for a matrix "
                "of similarities or overlaps pass the distances, such as -ln of an overlap"
            )


def _allowed(size: float) -> float:
    """Size of rounding in a matrix whose largest entry is of this size."""
    return max(ASYMMETRY * size, NO_DISTANCE_OF_SIGNS)


def _check_signs(D, allowed: float) -> None:
    for first, block in row_blocks(D):
        if block.min() < -allowed:
            i, j = (int(index) for index in np.unravel_index(block.argmin(), block.shape))
            raise ValueError(f"Negative values in data: a distance cannot be {block[i, j]:g}, as at {(first + i, j)}")


def are_zero(D, metric: str, n_samples: int = 1) -> bool:
    """Are all distances zero but for rounding?

    Distances between models count as zero up to :data:`NO_DISTANCE`; its root for spherical, which is a root of the
    others, and N times it for hellinger. A given matrix does up to the precision of its type, or up to
    :data:`NO_DISTANCE_OF_SIGNS` if some entry is negative, which no distance is.
    """
    size = largest(D)
    if metric == "precomputed":
        negative = size <= NO_DISTANCE_OF_SIGNS and any(block.min() < 0 for _, block in row_blocks(D))
        return negative or size <= max(NO_DISTANCE, float(np.finfo(D.dtype).eps))
    return size <= {"spherical": NO_DISTANCE**0.5, "hellinger": n_samples * NO_DISTANCE}.get(metric, NO_DISTANCE)


def _largest_asymmetry(D) -> tuple[float, float, tuple[int, int]]:
    """Largest entry, and the largest difference of an entry to its mirror image, with its indices."""
    scale, worst, where = 0.0, -1.0, (0, 0)
    for first, last in block_bounds(D):
        rows = np.asarray(D[first:last])
        difference = np.abs(rows - np.asarray(D[:, first:last]).T)
        scale = max(scale, float(np.abs(rows).max()))
        if difference.max() > worst:
            i, j = np.unravel_index(difference.argmax(), difference.shape)
            worst, where = float(difference[i, j]), (first + int(i), int(j))
    return scale, worst, where
