"""Log-probabilities in half precision: two bytes a number in a store, and how far that moves a distance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

#: Types in which a store can hold its log-probabilities.
STORED = ("float32", "float16")
#: The lowest number of float16.
LOWEST = -65504.0
#: Largest relative error of a float16, and what else a number is off by where it is close to 0.
ROUNDING, NEAR_ZERO = 2.0**-11, 2.0**-25
#: The same of float32, in which what is read is normalised; some operations of it.
OF_FLOAT32 = 2.0**-21


def rounded(log_probs: np.ndarray, dtype: str) -> np.ndarray:
    """Log-probabilities as a store holds them.

    Parameters
    ----------
    log_probs : (..., C) array of float
    dtype : {"float32", "float16"}
        In float16, what is below its range, :data:`LOWEST`, becomes that, so that no class becomes impossible by being
        stored; -inf, an impossible class, stays.

    Examples
    --------
    >>> import numpy as np
    >>> rounded(np.array([-0.7, -1e6, -np.inf]), "float16")
    array([-7.00e-01, -6.55e+04,      -inf], dtype=float16)
    """
    if dtype != "float16" or log_probs.dtype == np.float16:
        return log_probs
    return np.where(np.isneginf(log_probs), -np.inf, np.maximum(log_probs, LOWEST)).astype(np.float16)


def normalised(stored: np.ndarray) -> np.ndarray:
    """Log-probabilities (..., C) float32 of float16 ones, whose rounding took their sums away from 1."""
    values = stored.astype(np.float32)
    largest = values.max(axis=-1, keepdims=True)
    sums = np.exp(values - largest).sum(axis=-1, keepdims=True, dtype=np.float64)
    return values - (largest + np.log(sums)).astype(np.float32)


def distance_error(distance: ArrayLike, n_classes: int) -> np.ndarray:
    r"""Bound of how far a Bhattacharyya distance is off if both models were stored in float16.

    .. math:: |\tilde d - d| \le \frac{u}{1-u} (d + 2 \ln C) + 2^{-24}, \qquad u = 2^{-11} + 2^{-21}

    Parameters
    ----------
    distance : array_like
        d, per-sample average, of the models as they were; those of samples without common classes, which are infinite,
        stay so in float16.
    n_classes : int
        C.

    Returns
    -------
    array of float
        For 1,000 classes 0.0068 at d = 0 and 0.0084 between ignorance and truth, d = ½ ln C = 3.45.

    See Also
    --------
    inpca.bhattacharyya_distance : The distance.

    Notes
    -----
    A float16 is off by u times itself at most, and by 2⁻²⁵ more near 0; u is a little larger here for the float32 in
    which sums are taken. Of one sample, d = -ln Σ_c exp a_c with a_c = (ln p_c + ln q_c)/2 ≤ 0. Both logarithms have
    one sign, so that the stored a_c is a_c (1 + δ_c) with \|δ_c\| ≤ u, and ln Σ_c exp(a_c (1 + δ_c)) lies between
    f(1 + u) and f(1 - u) of f(t) = ln Σ_c exp(t a_c). f is convex and falls, and -f'(t) is the mean of -a_c under the
    weights w_c ∝ exp(t a_c), which is (H(w) - f(t))/t with their entropy H(w) ≤ ln C. Hence

        \|f(1 ± u) - f(1)\| ≤ u \|f'(1 - u)\| ≤ u (ln C + d)/(1 - u).

    What is read is normalised, which adds to d half of ln Σ_c of each stored model; the same argument with q = p, for
    which d = 0, bounds each logarithm by u ln C/(1 - u). A mean over samples has the mean of the bounds. Logarithms
    below the range of float16, of probabilities below e^-65504, take part in no distance below 32,000.

    Examples
    --------
    >>> distance_error([0, 3.45], 1000).round(4)
    array([0.0068, 0.0084])
    """
    u = ROUNDING + OF_FLOAT32
    return u / (1 - u) * (np.asarray(distance, np.float64) + 2 * np.log(n_classes)) + 2 * NEAR_ZERO


class HalfArray:
    """Log-probabilities (S, T, N, C) of a store that holds float16: float32 and normalised, when they are read.

    Parameters
    ----------
    stored : array
        Of float16, read by indexing.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, stored: Any):
        self.stored = stored
        self.shape, self.ndim = tuple(stored.shape), len(stored.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key) -> np.ndarray:
        """Entries by whole numbers, slices, lists or masks; a sample is normalised over all its classes."""
        key = key if isinstance(key, tuple) else (key,)
        if any(part is Ellipsis for part in key):
            at = next(i for i, part in enumerate(key) if part is Ellipsis)
            key = (*key[:at], *[slice(None)] * (self.ndim + 1 - len(key)), *key[at + 1 :])
        models = normalised(np.asarray(self.stored[key[: self.ndim - 1]]))
        return models[..., key[-1]] if len(key) == self.ndim else models

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.asarray(self[:], dtype)


def as_float32(stored: Any) -> Any:
    """An array of a store, such that log-probabilities that it holds as float16 are read as float32."""
    return HalfArray(stored) if stored.dtype == np.float16 else stored


def as_stored(array: Any) -> Any:
    """The array of a store as it holds it; undoes :func:`as_float32`."""
    return array.stored if isinstance(array, HalfArray) else array
