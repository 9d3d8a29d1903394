"""Geometry of probabilistic models: geodesics, progress and the distances between paired models.

A model is a table of probabilities, (N, C): one distribution over C classes for each of N samples. All functions
work on (..., N, C) arrays; quantities are averages over the samples, so they do not grow with N ("intensive").
Formulas: Mao et al., PNAS 121(12), 2024 (arXiv:2305.01604); Quinn et al., PNAS 116(28), 2019.
"""

from __future__ import annotations

import numpy as np

#: Bhattacharyya distance of one sample on which two models have no common class; the exact value is infinite.
LARGEST_SAMPLE_DISTANCE = 100.0
#: Angle (radians) below which two distributions count as the same and the geodesic between them stands still.
SMALLEST_ANGLE = 1e-8
#: Probabilities of a sample may miss 1 by this much (predictions are stored in float32; float16 by ten times more).
SUM_TOLERANCE = 1e-4


def ignorance(n_samples: int, n_classes: int) -> np.ndarray:
    """P0: the uniform distribution over classes for every sample, (N, C)."""
    return np.full((n_samples, n_classes), 1 / n_classes)


def truth(labels: np.ndarray, n_classes: int) -> np.ndarray:
    """P*: probability one for the label of every sample, (N, C).

    Parameters
    ----------
    labels : (N,) array of int
    n_classes : int

    Raises
    ------
    ValueError
        If a label is not in 0 … C-1.
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"labels must be one-dimensional and whole numbers, not {labels.dtype} of shape {labels.shape}"
        )
    if len(labels) and (labels.min() < 0 or labels.max() >= n_classes):
        raise ValueError(f"labels must lie in 0 … {n_classes - 1}, not in {labels.min()} … {labels.max()}")
    return np.eye(n_classes)[labels]


def check_models(X: np.ndarray, *, log: bool = False, name: str = "X") -> np.ndarray:
    """Probabilities (..., N, C) that were found valid; floats keep their type, float16 becomes float32.

    Parameters
    ----------
    X : array_like
        Probabilities, or log-probabilities with ``log=True``.
    log : bool
    name : str
        What the array is called in error messages.

    Raises
    ------
    ValueError
        For fewer than two dimensions, an empty array, NaN, infinite or negative probabilities, or a sample whose
        probabilities do not sum to 1; the message names the worst sample.
    """
    X = np.asarray(X)
    if X.ndim < 2:
        raise ValueError(f"{name} must have the shape (..., samples, classes), not {X.shape}")
    if X.size == 0:
        raise ValueError(f"{name} is empty: shape {X.shape}")
    half = X.dtype == np.float16
    if half or not np.issubdtype(X.dtype, np.floating):
        X = X.astype(np.float32 if half else np.float64)
    if log:
        X = np.exp(X)
    if not np.all(np.isfinite(X)):
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(X))[0])
        raise ValueError(f"{name} holds NaN or infinite values, the first at index {where}")
    if X.min() < 0:
        where = tuple(int(i) for i in np.unravel_index(X.argmin(), X.shape))
        raise ValueError(f"{name} holds negative probabilities, the lowest {X.min():g} at index {where}" + (
            "; are these log-probabilities? then pass log=True" if X.max() <= 0 else ""
        ))  # fmt: skip
    sums = X.sum(axis=-1, dtype=np.float64)
    error = np.abs(sums - 1)
    if error.max() > SUM_TOLERANCE * (10 if half else 1):
        where = tuple(int(i) for i in np.unravel_index(error.argmax(), error.shape))
        raise ValueError(
            f"{name} is not normalised: the probabilities at index {where} sum to {sums[where]:.6g}, not to 1"
        )
    return X


def bhattacharyya_distance(P: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """Bhattacharyya distance between paired models, d_B = -(1/N) Σ_n ln Σ_c sqrt(p_nc q_nc), in nats a sample.

    Parameters
    ----------
    P, Q : (..., N, C) arrays
        Probabilities; leading dimensions broadcast.

    Returns
    -------
    (...) array of float64
        A sample without overlap counts :data:`LARGEST_SAMPLE_DISTANCE`.
    """
    return sample_bhattacharyya(overlap(P, Q)).mean(axis=-1)


def spherical_distance(P: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """Spherical (geodesic) distance between paired models, d_G = (1/N) Σ_n arccos Σ_c sqrt(p_nc q_nc), in radians.

    Parameters
    ----------
    P, Q : (..., N, C) arrays
        Probabilities; leading dimensions broadcast.
    """
    return np.arccos(overlap(P, Q)).mean(axis=-1)


def overlap(P: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """Bhattacharyya coefficient of each sample, Σ_c sqrt(p_nc q_nc) in [0, 1], as (..., N) float64."""
    P, Q = np.asarray(P, np.float64), np.asarray(Q, np.float64)
    return np.clip(np.einsum("...c,...c->...", np.sqrt(P), np.sqrt(Q)), 0, 1)


def sample_bhattacharyya(coefficient: np.ndarray) -> np.ndarray:
    """-ln of Bhattacharyya coefficients, bounded by :data:`LARGEST_SAMPLE_DISTANCE`."""
    return -np.log(np.maximum(coefficient, np.exp(-LARGEST_SAMPLE_DISTANCE)))


def geodesic(P: np.ndarray, Q: np.ndarray, t: float | np.ndarray) -> np.ndarray:
    """Point of the geodesic from P to Q, per sample a great circle on the square roots of the probabilities.

    sqrt(γ_t) = [sin((1-t)θ) sqrt(p) + sin(tθ) sqrt(q)] / sin θ with θ = arccos Σ_c sqrt(p_c q_c); where θ is below
    :data:`SMALLEST_ANGLE` it is p.

    Parameters
    ----------
    P, Q : (..., N, C) arrays
        Probabilities; leading dimensions broadcast.
    t : float or (T,) array
        0 at P, 1 at Q.

    Returns
    -------
    (..., N, C) array of float64, or (T, ..., N, C) for an array of t.
    """
    roots = np.sqrt(np.asarray(P, np.float64)), np.sqrt(np.asarray(Q, np.float64))
    angle = np.arccos(np.clip(np.einsum("...c,...c->...", *roots), 0, 1))[..., None]
    t = np.asarray(t, np.float64).reshape(np.shape(t) + (1,) * max(roots[0].ndim, roots[1].ndim))
    still = angle < SMALLEST_ANGLE
    sine = np.where(still, 1, np.sin(angle))
    point = (np.sin((1 - t) * angle) * roots[0] + np.sin(t * angle) * roots[1]) / sine
    return np.where(still, roots[0], point) ** 2


def riemannian_length(trajectory: np.ndarray) -> float:
    """Length of a trajectory, Σ_t 2 sqrt(d_B(P_t, P_{t+1})).

    Parameters
    ----------
    trajectory : (T, N, C) array
        Probabilities at successive checkpoints.
    """
    return float(np.sum(2 * np.sqrt(bhattacharyya_distance(trajectory[:-1], trajectory[1:]))))


def progress(X: np.ndarray, target: np.ndarray, start: np.ndarray | None = None, *, log: bool = False) -> np.ndarray:
    """Progress s of models towards the truth: the point of the geodesic from P0 to P* that is closest to each.

    s(P) = argmin over t in [0, 1] of d_G(P, γ_t). On the sphere the distance from a point to a geodesic shorter than
    π/2 is convex along it, so is its mean over samples, and a golden-section search of all models at once finds the
    minimum to 1e-6.

    Parameters
    ----------
    X : (..., N, C) array
        Probabilities, or log-probabilities with ``log=True``.
    target : (N,) array of int or (N, C) array
        The truth, as labels or as probabilities.
    start : (N, C) array, optional
        Where the geodesic starts; ignorance unless given.

    Returns
    -------
    (...) array of float64 in [0, 1]
    """
    X = check_models(X, log=log)
    n_samples, n_classes = X.shape[-2:]
    target = np.asarray(target)
    if target.ndim == 1:
        target = truth(target, n_classes)
    start = ignorance(n_samples, n_classes) if start is None else np.asarray(start)
    for name, end in (("target", target), ("start", start)):
        if end.shape != (n_samples, n_classes):
            raise ValueError(f"{name} has the shape {end.shape}, the models have {(n_samples, n_classes)}")
    roots = np.sqrt(start), np.sqrt(target)
    angle = np.arccos(np.clip(np.einsum("nc,nc->n", *roots), 0, 1))
    moving = angle >= SMALLEST_ANGLE
    if not moving.any():
        return np.zeros(X.shape[:-2])
    models = X.reshape(-1, n_samples, n_classes)
    result = np.empty(len(models))
    for block in range(0, len(models), PROGRESS_BLOCK):
        root = np.sqrt(models[block : block + PROGRESS_BLOCK][:, moving], dtype=np.float64)
        to_ends = [np.einsum("mnc,nc->mn", root, end[moving]) for end in roots]
        result[block : block + PROGRESS_BLOCK] = golden_section(*to_ends, angle[moving])
    return result.reshape(X.shape[:-2])


#: Models whose progress is found at once; bounds the memory to some 10 arrays of (block, N) and one of (block, N, C).
PROGRESS_BLOCK = 64
GOLDEN = (np.sqrt(5) - 1) / 2


def golden_section(to_start: np.ndarray, to_target: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Minimiser over t in [0, 1] of the mean angle to the geodesic, for all models at once.

    Parameters
    ----------
    to_start, to_target : (m, N) arrays
        Overlaps of each model with the ends of the geodesic.
    angle : (N,) array
        Angle between the ends.
    """

    def distance(t: np.ndarray) -> np.ndarray:
        t = t[:, None]
        cosine = (np.sin((1 - t) * angle) * to_start + np.sin(t * angle) * to_target) / np.sin(angle)
        return np.arccos(np.clip(cosine, -1, 1)).mean(axis=1)

    low, high = np.zeros(len(to_start)), np.ones(len(to_start))
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = distance(left), distance(right)
    while np.max(high - low) > 1e-6:
        lower = at_left < at_right
        low, high = np.where(lower, low, left), np.where(lower, right, high)
        kept, at_kept = np.where(lower, left, right), np.where(lower, at_left, at_right)
        new = np.where(lower, high - GOLDEN * (high - low), low + GOLDEN * (high - low))
        at_new = distance(new)
        left, right = np.where(lower, new, kept), np.where(lower, kept, new)
        at_left, at_right = np.where(lower, at_new, at_kept), np.where(lower, at_kept, at_new)
    middle = (low + high) / 2
    ends = np.stack([np.zeros_like(middle), middle, np.ones_like(middle)])
    return ends[np.argmin([distance(t) for t in ends], axis=0), np.arange(len(middle))]
