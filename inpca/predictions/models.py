"""Models from several files as one array of log-probabilities that is read when it is indexed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from inpca.probabilities import ROUNDED, SUM_TOLERANCE, as_numbers, check_log_models

#: What numbers may be.
KINDS = ("probabilities", "log-probabilities", "logits")


class LogModels:
    """Normalised log-probabilities (m, N, C) of models that stay where they are; only what is asked for is read.

    Log-probabilities of logits z are z - ln Σ_c exp z_c. Probabilities and log-probabilities are divided by their sums
    too, once these are found to be 1 within the tolerance of their type (:func:`inpca.probabilities.sum_tolerance`).
    What reads arrays by blocks, as :func:`inpca.pairwise_distances` does, takes it as it is.

    Parameters
    ----------
    parts : sequence of (array (T, N, C), str, str)
        Models of each part, what their numbers are (one of :data:`KINDS`), and what errors call them.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
        float64 if a part has it, else float32.

    Raises
    ------
    ValueError
        If parts differ in samples or classes; when models are read that are none.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca.predictions.models import LogModels
    >>> logits = np.array([[[0.0, 0.0]], [[2.0, 0.0]]], np.float16)
    >>> LogModels([(logits, "logits", "run")])[1:].round(3)
    array([[[-0.127, -2.127]]], dtype=float32)
    """

    ndim = 3

    def __init__(self, parts: Sequence[tuple[Any, str, str]]):
        self._parts = list(parts)
        shapes = [tuple(array.shape[1:]) for array, _, _ in self._parts]
        for shape, (_, _, name) in zip(shapes, self._parts, strict=True):
            if shape != shapes[0]:
                raise ValueError(
                    f"{name} has {shape[0]} samples and {shape[1]} classes, {self._parts[0][2]} has {shapes[0][0]} and "
                    f"{shapes[0][1]}; all predictions must be on the same samples"
                )
        self._starts = np.cumsum([0, *(len(array) for array, _, _ in self._parts)])
        self.shape = (int(self._starts[-1]), *shapes[0])
        self.dtype = np.dtype(np.result_type(np.float32, *(_float_type(array) for array, _, _ in self._parts)))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index) -> np.ndarray:
        """Log-probabilities of some models; with two indices, of these on a slice of the samples."""
        chosen, samples = index if isinstance(index, tuple) else (index, slice(None))
        rows = np.arange(len(self))[chosen]
        wanted = np.atleast_1d(rows)
        found = np.empty((len(wanted), len(range(self.shape[1])[samples]), self.shape[2]), self.dtype)
        part = np.searchsorted(self._starts, wanted, side="right") - 1
        goes_on = (np.diff(part) == 0) & (np.diff(wanted) == 1)
        for first, last in pairwise([0, *np.flatnonzero(~goes_on) + 1, len(wanted)] if len(wanted) else [0]):
            array, kind, name = self._parts[part[first]]
            start = int(wanted[first] - self._starts[part[first]])
            block = array[start : start + last - first, samples]
            found[first:last] = as_log_probabilities(block, kind, f"{name}[{start}:]")
        return found if np.ndim(rows) else found[0]


def _float_type(array) -> np.dtype:
    return np.dtype(np.float64) if array.dtype in (np.float64, np.int64) else np.dtype(np.float32)


def as_log_probabilities(values, kind: str, name: str) -> np.ndarray:
    """Normalised log-probabilities (…, N, C) float64 of numbers of some kind.

    Raises
    ------
    TypeError, ValueError
        If they are not of that kind; see :func:`inpca.probabilities.check_models`. float16 ends at 65504: an infinite
        logit of that type was larger.
    """
    if kind == "logits" and np.isposinf(values).any():
        ends = "; float16 ends at 65504, save such logits as float32" if values.dtype == np.float16 else ""
        raise ValueError(f"{name} holds infinite logits{ends}")
    return check_log_models(values, log=kind != "probabilities", normalize=kind == "logits", name=name)


def kind_of(model: np.ndarray, name: str) -> str:
    """What the numbers of a model are, if they can only be one thing: probabilities or log-probabilities.

    Parameters
    ----------
    model : (N, C) array
    name : str
        What errors call it.

    Raises
    ------
    ValueError
        If they are neither: logits are never guessed.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca.predictions.models import kind_of
    >>> kind_of(np.array([[0.5, 0.5]]), "model"), kind_of(np.log([[0.5, 0.5]]), "model")
    ('probabilities', 'log-probabilities')
    """
    values = as_numbers(model, name)[0].astype(np.float64)
    if np.isfinite(values).all() and values.min() >= 0 and np.abs(values.sum(axis=-1) - 1).max() <= ROUNDED:
        return "probabilities"
    with np.errstate(over="ignore"):
        sums = np.exp(values).sum(axis=-1)
    if values.max() <= SUM_TOLERANCE and np.abs(sums - 1).max() <= ROUNDED:
        return "log-probabilities"
    raise ValueError(
        f"{name} holds neither probabilities nor log-probabilities (samples sum to {values.sum(axis=-1).flat[0]:.3g}, "
        f"their exponentials to {sums.flat[0]:.3g}); if they are logits, say kind='logits'"
    )
