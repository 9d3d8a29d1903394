"""Averages of predictions: the model that several models have in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp, softmax, wrightomega

from inpca.probabilities import check_log_models
from inpca.sphere import LARGEST_SAMPLE_DISTANCE

KINDS = ("arithmetic", "geometric", "harmonic", "sqrt", "bhattacharyya", "jeffreys")
#: Centroids are iterated until no probability changes by more than this from one step to the next.
TOLERANCE = 1e-9
#: Steps after which a centroid that still changes is an error.
MOST_STEPS = 20_000


class ConvergenceError(RuntimeError):
    """An iteration that did not reach its tolerance."""


def centroid(X: ArrayLike, kind: str = "arithmetic", *, log: bool = False, normalize: bool = False) -> np.ndarray:
    """Average of models over the first axis, for each sample on its own.

    =============  ==================================================================================================
    arithmetic     a = (1/M) Σ_i p_i
    geometric      exp((1/M) Σ_i ln p_i), normalised
    harmonic       M / Σ_i (1/p_i), normalised
    sqrt           ((1/M) Σ_i sqrt p_i)², normalised
    bhattacharyya  minimises Σ_i d_B(p_i, q): concave-convex procedure, q ← (1/M) Σ_i sqrt(p_i q) / Σ_c sqrt(p_i q)
    jeffreys       minimises Σ_i Σ_c (p_i - q)(ln p_i - ln q): q = a / W0(e^(1+λ) a / g), with g the geometric mean
                   before it is normalised, W0 Lambert's function, and λ ≤ 0 such that q sums to 1
    =============  ==================================================================================================

    With λ = 0 the last is the centroid among positive measures, which sums to less than 1; normalised, it is close to
    the one given here but not stationary.

    Parameters
    ----------
    X : (M, ..., N, C) array
        Probabilities, or log-probabilities with ``log=True``.
    kind : {"arithmetic", "geometric", "harmonic", "sqrt", "bhattacharyya", "jeffreys"}
        One of :data:`KINDS`.
    log, normalize : bool
        As in :func:`inpca.bhattacharyya_distance`.

    Returns
    -------
    (..., N, C) array of float64
        Probabilities, with ``log=True`` as well. Logarithms of the probabilities that are averaged are bounded below by
        minus :data:`inpca.geometry.LARGEST_SAMPLE_DISTANCE`.

    Raises
    ------
    TypeError, ValueError
        For an unknown kind or invalid models.
    ConvergenceError
        If a centroid does not converge to :data:`TOLERANCE`.

    See Also
    --------
    inpca.mean_trajectory : the arithmetic mean of trajectories indexed alike.
    inpca.pairwise_distances : of models from their average, too.

    References
    ----------
    Nielsen & Boltz, "The Burbea-Rao and Bhattacharyya centroids", IEEE Trans. Inf. Theory 57(8), 2011. Nielsen,
    "Jeffreys centroids: a closed-form expression for positive histograms and a guaranteed tight approximation for
    frequency histograms", IEEE Signal Processing Letters 20(7), 2013.

    Examples
    --------
    >>> from inpca import centroid
    >>> centroid([[[0.5, 0.5]], [[0.9, 0.1]]], "geometric").round(3)
    array([[0.75, 0.25]])
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; allowed: {', '.join(KINDS)}")
    logs = np.maximum(check_log_models(X, log=log, normalize=normalize), -LARGEST_SAMPLE_DISTANCE)
    if logs.ndim < 3:
        raise ValueError(f"X must have the shape (models, ..., samples, classes), not {logs.shape}")
    averages = {
        "arithmetic": lambda: _normalised(np.exp(logs).mean(axis=0)),
        "geometric": lambda: softmax(logs.mean(axis=0), axis=-1),
        "harmonic": lambda: softmax(-np.asarray(logsumexp(-logs, axis=0)), axis=-1),
        "sqrt": lambda: _normalised(np.exp(logs / 2).mean(axis=0) ** 2),
        "bhattacharyya": lambda: _bhattacharyya(logs),
        "jeffreys": lambda: _jeffreys(logs),
    }
    return averages[kind]()


def _normalised(q: np.ndarray) -> np.ndarray:
    return q / q.sum(axis=-1, keepdims=True)


def _bhattacharyya(logs: np.ndarray) -> np.ndarray:
    """Each step lowers the objective; samples that have converged drop out."""
    n_classes = logs.shape[-1]
    roots = np.exp(logs / 2).reshape(len(logs), -1, n_classes)
    q = _normalised(roots.mean(axis=0) ** 2)
    moving = np.arange(len(q))
    for _ in range(MOST_STEPS):
        overlaps = roots[:, moving] * np.sqrt(q[moving])
        new = _normalised((overlaps / overlaps.sum(axis=-1, keepdims=True)).mean(axis=0))
        change = np.abs(new - q[moving]).max(axis=-1)
        q[moving] = new
        moving = moving[change > TOLERANCE]
        if not len(moving):
            return q.reshape(logs.shape[1:])
    raise ConvergenceError(f"Bhattacharyya centroid of {len(moving)} samples did not converge in {MOST_STEPS} steps")


def _jeffreys(logs: np.ndarray) -> np.ndarray:
    """Newton's method for ln Σ_c q = 0: it falls with λ and is convex, so that after the first step λ only rises."""
    log_arithmetic = np.asarray(logsumexp(logs, axis=0)) - np.log(len(logs))
    # W0(e^x) is Wright's omega function of x, which does not overflow
    x = 1 + log_arithmetic - logs.mean(axis=0)
    multiplier = np.zeros(x.shape[:-1])[..., None]
    for _ in range(MOST_STEPS):
        omega = wrightomega(x + multiplier)
        log_q = log_arithmetic - np.log(omega)
        excess = logsumexp(log_q, axis=-1, keepdims=True)
        step = excess / (softmax(log_q, axis=-1) / (1 + omega)).sum(axis=-1, keepdims=True)
        multiplier += step
        if np.abs(step).max() <= TOLERANCE:
            return softmax(log_q, axis=-1)
    raise ConvergenceError(f"Jeffreys centroid did not converge in {MOST_STEPS} steps")
