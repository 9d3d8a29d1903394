"""The one door for probabilities: what is a model, and what is not."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

from inpca.bfloat16 import BFLOAT16, BFloat16Array

#: How far the sum of a sample's probabilities may be from 1.
SUM_TOLERANCE = 1e-4
#: The same for types of few digits, as (probabilities, log-probabilities): a logarithm of size 8 is rounded by 0.004.
FEW_DIGITS = {"float16": (1e-3, 5e-3), "bfloat16": (8e-3, 4e-2)}
#: Half of the smallest positive float16: what each small probability may be rounded by.
HALF_SMALLEST = 2.0**-25
#: An error takes probabilities whose sum is no further from 1 for rounded ones.
ROUNDED = 0.05


def check_models(
    X: ArrayLike, *, log: bool = False, normalize: bool = False, name: str = "X", cure: str = "pass log=True"
) -> np.ndarray:
    """Probabilities (..., N, C) that were found valid, as float32 or float64.

    Every function of the library that takes probabilities reads them here.

    Parameters
    ----------
    X : array_like or torch.Tensor
        Probabilities, or log-probabilities with ``log=True``. Whole numbers and booleans become float64; float16 and
        bfloat16 become float32 and are divided by their sums, since their rounding alone takes sums away from 1.
    log : bool
    normalize : bool
        Divide each sample's probabilities by their sum, whatever it is; with ``log=True`` logits may be given.
    name : str
        What the array is called in error messages.
    cure : str
        What an error tells a caller to do who passed log-probabilities as probabilities.

    Returns
    -------
    (..., N, C) array of float32 or float64

    Raises
    ------
    TypeError
        For anything but real numbers: text, complex numbers, generators, archives, lists of unequal length.
    ValueError
        For fewer than two dimensions, an empty array, NaN, infinite or negative probabilities, log-probabilities above
        0, or samples whose probabilities do not sum to 1 within the tolerance of the type; the message names the worst
        sample and says what to pass if the numbers look like logarithms, logits or percentages.

    See Also
    --------
    inpca.labels.as_truth : the same for the truth, which may be labels.

    Examples
    --------
    >>> from inpca.probabilities import check_models
    >>> check_models([[0.25, 0.75]])
    array([[0.25, 0.75]])
    >>> check_models([[0.3333, 0.3333, 0.3332]], normalize=True).sum()
    np.float64(1.0)
    """
    X, precision = as_numbers(X, name)
    if X.ndim < 2:
        raise ValueError(f"{name} must have the shape (..., samples, classes), not {X.shape}")
    if X.size == 0:
        raise ValueError(f"{name} is empty: shape {X.shape}")
    if log:
        X = _exponentials(X, normalize, name)
    if not np.isfinite(X).all():
        raise ValueError(f"{name} holds NaN or infinite values, the first at index {_first(~np.isfinite(X))}")
    if X.min() < 0:
        where = _index(int(X.argmin()), X.shape)
        raise ValueError(
            f"{name} holds negative probabilities, the lowest {X.min():g} at index {where}{_why_negative(X, cure)}"
        )
    sums = X.sum(axis=-1, dtype=np.float64)
    if normalize:
        if not sums.all():
            raise ValueError(f"{name} cannot be normalised: the probabilities at index {_first(sums == 0)} are all 0")
        return X / sums[..., None].astype(X.dtype)
    error = np.abs(sums - 1)
    if error.max() > sum_tolerance(precision, X.shape[-1], log=log):
        where = _index(int(error.argmax()), error.shape)
        raise ValueError(
            f"{name} is not normalised: the probabilities at index {where} sum to {sums[where]:.6g}, not to 1"
            f"{_why_not_normalised(X, sums[where], log)}"
        )
    return X / sums[..., None].astype(X.dtype) if precision in FEW_DIGITS else X


def sum_tolerance(precision: str, n_classes: int, *, log: bool) -> float:
    """How far the sum of a sample's probabilities may be from 1.

    Parameters
    ----------
    precision : str
        Name of the type that they were given in, such as ``"float16"``.
    n_classes : int
    log : bool
        Whether their logarithms were given.
    """
    tolerance = FEW_DIGITS.get(precision, (SUM_TOLERANCE, SUM_TOLERANCE))[int(log)]
    return tolerance + n_classes * HALF_SMALLEST if precision == "float16" else tolerance


def check_log_models(X: ArrayLike, *, log: bool = False, normalize: bool = False, name: str = "X") -> np.ndarray:
    """Log-probabilities (..., N, C) as float64, each sample normalised, of models that were found valid.

    Parameters and errors are those of :func:`check_models`. Logarithms stay finite of probabilities that are too
    small for the type of ``X``.
    """
    models = check_models(X, log=log, normalize=normalize, name=name)
    if not log:
        with np.errstate(divide="ignore"):  # ln 0 = -inf is what impossible classes have
            return np.log(models, dtype=np.float64)
    logs = as_numbers(X, name)[0].astype(np.float64)
    return logs - logsumexp(logs, axis=-1, keepdims=True)


def model_roots(X: ArrayLike, *, log: bool = False, normalize: bool = False, name: str = "X") -> np.ndarray:
    """Square roots of the probabilities of valid models, (..., N, C) float64, each sample a unit vector.

    Parameters and errors are those of :func:`check_models`. Those of log-probabilities are exp(L/2), which has numbers
    for probabilities that are too small for the type of ``X``.
    """
    if log:
        return np.exp(check_log_models(X, log=True, normalize=normalize, name=name) / 2)
    return unit_roots(check_models(X, normalize=normalize, name=name))


def as_numbers(X: Any, name: str) -> tuple[np.ndarray, str]:
    """An array of float32 or float64, and the name of the type that it was given in.

    Raises
    ------
    TypeError
        If X is not an array of real numbers.
    """
    if isinstance(X, list | tuple) and any(hasattr(part, "detach") for part in X):
        parts, types = zip(*(as_numbers(part, name) for part in X), strict=True)
        if len({part.shape for part in parts}) > 1:
            raise TypeError(f"{name} must be an array of numbers; the tensors in it differ in shape")
        return np.stack(parts), types[0]
    values, precision = _values(X, name)
    if precision != "bfloat16" and values.dtype.kind not in "fiub":
        given = type(X).__name__ if values.ndim else type(values.item()).__name__
        what = f"values of type {values.dtype}" if values.ndim else f"of type {given}"
        raise TypeError(f"{name} must be an array of real numbers, not {what}")
    if values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float32 if precision in FEW_DIGITS else np.float64)
    return values, precision


def _values(X: Any, name: str) -> tuple[np.ndarray, str]:
    """The array that a tensor, or anything that numpy can read, holds, and the name of its type."""
    if isinstance(X, BFloat16Array):
        return np.asarray(X), BFLOAT16
    if hasattr(X, "detach"):  # a torch tensor, recognised without importing torch
        precision = str(X.dtype).removeprefix("torch.")
        tensor = X.detach().cpu()
        return (tensor.float() if precision == "bfloat16" else tensor).numpy(), precision
    if isinstance(X, np.ma.MaskedArray) and np.ma.is_masked(X):
        raise TypeError(f"{name} is a masked array with masked entries; fill or leave them out first")
    try:
        values = np.asarray(X)
    except ValueError:
        raise TypeError(f"{name} must be an array of numbers; the lists in it differ in length") from None
    return values, values.dtype.name


def same_models(P: np.ndarray, Q: np.ndarray, names: tuple[str, str] = ("P", "Q")) -> None:
    """Stop if paired models are not on the same samples and classes, or cannot be paired."""
    if P.shape[-2:] != Q.shape[-2:]:
        raise ValueError(
            f"{names[0]} and {names[1]} must have the same samples and classes, not {P.shape[-2:]} and {Q.shape[-2:]}"
        )
    try:
        np.broadcast_shapes(P.shape, Q.shape)
    except ValueError:
        raise ValueError(f"{names[0]} and {names[1]} cannot be paired: shapes {P.shape} and {Q.shape}") from None


def unit_roots(X: np.ndarray) -> np.ndarray:
    """Square roots of probabilities as float64, each sample a unit vector: the point of the sphere that it is."""
    roots = np.sqrt(X, dtype=np.float64)
    return roots / np.linalg.norm(roots, axis=-1, keepdims=True)


def _exponentials(X: np.ndarray, normalize: bool, name: str) -> np.ndarray:
    """Probabilities of log-probabilities, which may be anything but NaN and +inf if they are to be normalised."""
    bad = np.isnan(X) | np.isposinf(X)
    if bad.any():
        raise ValueError(f"{name} holds NaN or infinite values, the first at index {_first(bad)}")
    if normalize:
        largest = X.max(axis=-1, keepdims=True)
        return np.exp(X - np.where(np.isfinite(largest), largest, 0))
    if X.max() > SUM_TOLERANCE:
        where = _index(int(X.argmax()), X.shape)
        looks = X.min() >= 0 and np.abs(X.sum(axis=-1) - 1).max() <= ROUNDED
        why = (
            "these are probabilities, leave out log=True"
            if looks
            else "are these logits? then pass normalize=True as well"
        )
        raise ValueError(f"{name} holds log-probabilities above 0, the largest {X.max():g} at index {where}; {why}")
    return np.exp(X)


def _why_negative(X: np.ndarray, cure: str) -> str:
    """What numbers are that are no probabilities because some are negative."""
    if X.max() <= SUM_TOLERANCE:
        return f"; are these log-probabilities? then {cure}"
    if X.min() < -SUM_TOLERANCE:
        return "; are these logits? then take their softmax first"
    return ""


def _why_not_normalised(X: np.ndarray, total: float, log: bool) -> str:
    """What numbers are that are no probabilities because their sum is not 1."""
    if abs(total - 1) <= ROUNDED:
        return "; if they were rounded, pass normalize=True"
    if not log and abs(total - 100) <= 100 * ROUNDED:
        return "; are these percentages? then pass normalize=True"
    if log and X.max() <= 1 and total > 1:
        return "; are these logits? then pass normalize=True as well"
    return ""


def _first(found: np.ndarray) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(found)[0])


def _index(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(flat, shape))
