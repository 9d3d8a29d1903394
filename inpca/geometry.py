"""Geometry of probabilistic models: geodesics, progress and the distances between paired models.

A model is a table of probabilities, (N, C): one distribution over C classes for each of N samples. All functions
work on (..., N, C) arrays; quantities are averages over the samples, so they do not grow with N ("intensive"). Models
are checked, and divided by their sums, where they enter (:func:`inpca.probabilities.check_models`).
Formulas: Mao et al., PNAS 121(12), 2024 (arXiv:2305.01604); Quinn et al., PNAS 116(28), 2019.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from inpca.probabilities import (
    as_truth,
    check_log_models,
    check_models,
    ignorance,
    model_roots,
    same_models,
    truth,
    unit_roots,
)

__all__ = [
    "LARGEST_SAMPLE_DISTANCE",
    "SMALLEST_ANGLE",
    "bhattacharyya_distance",
    "check_models",
    "geodesic",
    "ignorance",
    "progress",
    "riemannian_length",
    "spherical_distance",
    "truth",
]

#: Bhattacharyya distance of one sample on which two models have no common class; the exact value is infinite.
LARGEST_SAMPLE_DISTANCE = 100.0
#: Angle (radians) below which two distributions count as the same and the geodesic between them stands still.
SMALLEST_ANGLE = 1e-8


def bhattacharyya_distance(P: np.ndarray, Q: np.ndarray, *, log: bool = False, normalize: bool = False) -> np.ndarray:
    """Bhattacharyya distance between paired models, d_B = -(1/N) Σ_n ln Σ_c sqrt(p_nc q_nc), in nats a sample.

    Computed as -ln(1 - ½ Σ_c (sqrt p_nc - sqrt q_nc)²) where two models are close, so that equal models are at 0.

    Parameters
    ----------
    P, Q : (..., N, C) arrays
        Probabilities, or log-probabilities with ``log=True``; leading dimensions broadcast.
    log : bool
    normalize : bool
        Divide each sample's probabilities by their sum first.

    Returns
    -------
    (...) array of float64
        A sample without overlap counts :data:`LARGEST_SAMPLE_DISTANCE`.

    Raises
    ------
    TypeError, ValueError
        For anything but probabilities on the same samples and classes; see
        :func:`inpca.probabilities.check_models`.

    See Also
    --------
    inpca.pairwise_distances : every model of one set against every model of another.

    Examples
    --------
    >>> from inpca import bhattacharyya_distance, ignorance, truth
    >>> print(f"{bhattacharyya_distance(ignorance(2, 4), truth([0, 3], 4)):.4f}")  # ½ ln 4
    0.6931
    """
    return distance_of_roots(*_paired_roots(P, Q, log, normalize))


def distance_of_roots(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Bhattacharyya distance between paired models of which the square roots of the probabilities are given."""
    half_chord = np.square(left - right).sum(axis=-1) / 2
    overlap = np.einsum("...c,...c->...", left, right)
    far = -np.log(np.clip(overlap, np.exp(-LARGEST_SAMPLE_DISTANCE), 1))
    return np.where(half_chord < 0.5, -np.log1p(-np.minimum(half_chord, 0.5)), far).mean(axis=-1)


def spherical_distance(P: np.ndarray, Q: np.ndarray, *, log: bool = False, normalize: bool = False) -> np.ndarray:
    """Spherical (geodesic) distance between paired models, d_G = (1/N) Σ_n arccos Σ_c sqrt(p_nc q_nc), in radians.

    Computed as 2 arcsin(½ |sqrt p_n - sqrt q_n|), which is the same and exact for close models.

    Parameters
    ----------
    P, Q : (..., N, C) arrays
        Probabilities, or log-probabilities with ``log=True``; leading dimensions broadcast.
    log, normalize : bool
        As in :func:`bhattacharyya_distance`, and so are the errors raised.

    Returns
    -------
    (...) array of float64
        From 0 to π/2.

    See Also
    --------
    geodesic : the shortest way between two models.

    Examples
    --------
    >>> from inpca import ignorance, spherical_distance, truth
    >>> print(f"{spherical_distance(ignorance(2, 4), truth([0, 3], 4)):.4f}")  # arccos ½
    1.0472
    """
    return angles(*_paired_roots(P, Q, log, normalize)).mean(axis=-1)


def _paired_roots(P, Q, log: bool, normalize: bool) -> list[np.ndarray]:
    """Square roots of the probabilities of two sets of models that can be paired."""
    roots = [model_roots(X, log=log, normalize=normalize, name=name) for X, name in ((P, "P"), (Q, "Q"))]
    same_models(*roots)
    return roots


def angles(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Angles between unit vectors (..., C) without negative entries, from their chords."""
    chord = np.sqrt(np.square(left - right).sum(axis=-1))
    return 2 * np.arcsin(np.minimum(chord / 2, np.sqrt(0.5)))


def geodesic(
    P: np.ndarray, Q: np.ndarray, t: float | np.ndarray, *, log: bool = False, normalize: bool = False
) -> np.ndarray:
    """Point of the geodesic from P to Q, per sample a great circle on the square roots of the probabilities.

    sqrt(γ_t) = [sin((1-t)θ) sqrt(p) + sin(tθ) sqrt(q)] / sin θ with θ = arccos Σ_c sqrt(p_c q_c); where θ is below
    :data:`SMALLEST_ANGLE` it is p.

    Parameters
    ----------
    P, Q : (..., N, C) arrays
        Probabilities, or log-probabilities with ``log=True``; leading dimensions broadcast.
    t : float or (T,) array
        0 at P, 1 at Q.
    log, normalize : bool
        As in :func:`bhattacharyya_distance`, and so are the errors raised.

    Returns
    -------
    (..., N, C) array of float64, or (T, ..., N, C) for an array of t
        Probabilities, with ``log=True`` as well.

    Raises
    ------
    ValueError
        Also if a t is not in [0, 1].

    Examples
    --------
    >>> from inpca import geodesic
    >>> geodesic([[1.0, 0.0]], [[0.0, 1.0]], 0.5).round(3)
    array([[0.5, 0.5]])
    """
    roots = _paired_roots(P, Q, log, normalize)
    t = np.asarray(t, np.float64)
    if t.ndim > 1 or not (np.isfinite(t).all() and (t >= 0).all() and (t <= 1).all()):
        raise ValueError(f"t must be a number in [0, 1] or a one-dimensional array of them, not {t!r}")
    angle = angles(*roots)[..., None]
    t = t.reshape(t.shape + (1,) * max(roots[0].ndim, roots[1].ndim))
    still = angle < SMALLEST_ANGLE
    sine = np.where(still, 1, np.sin(angle))
    point = (np.sin((1 - t) * angle) * roots[0] + np.sin(t * angle) * roots[1]) / sine
    return np.where(still, roots[0], point) ** 2


def riemannian_length(trajectory: np.ndarray, *, log: bool = False, normalize: bool = False) -> float:
    """Length of a trajectory, Σ_t 2 sqrt(d_B(P_t, P_{t+1})).

    For small steps d_B = ds²/8 with ds the line element of the Fisher-Rao metric, averaged over the samples in square;
    the length given here, the convention of the paper, is Fisher-Rao's divided by sqrt(2).

    Parameters
    ----------
    trajectory : (T, N, C) array
        Probabilities at successive checkpoints, or log-probabilities with ``log=True``.
    log, normalize : bool
        As in :func:`bhattacharyya_distance`, and so are the errors raised.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca import geodesic, ignorance, riemannian_length, truth
    >>> way = geodesic(ignorance(2, 4), truth([0, 3], 4), np.linspace(0, 1, 1001))
    >>> print(f"{riemannian_length(way) / np.sqrt(2):.4f}")  # the angle, arccos ½
    1.0472
    """
    roots = model_roots(trajectory, log=log, normalize=normalize, name="trajectory")
    if roots.ndim != 3:
        raise ValueError(f"trajectory must have the shape (checkpoints, samples, classes), not {roots.shape}")
    return float(sum(2 * np.sqrt(distance_of_roots(*pair)) for pair in pairwise(roots)))


def progress(
    X: np.ndarray, target: np.ndarray, start: np.ndarray | None = None, *, log: bool = False, normalize: bool = False
) -> np.ndarray:
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
        Where the geodesic starts, as probabilities; ignorance unless given.
    log, normalize : bool
        As in :func:`bhattacharyya_distance`; ``log`` is of X alone.

    Returns
    -------
    (...) array of float64 in [0, 1]

    Raises
    ------
    TypeError, ValueError
        If X, target or start are not probabilities on the same samples and classes, or a label is out of range.

    See Also
    --------
    inpca.reindex : a trajectory at given values of progress.

    Examples
    --------
    >>> from inpca import geodesic, ignorance, progress, truth
    >>> labels = [0, 3]
    >>> way = geodesic(ignorance(2, 4), truth(labels, 4), [0.0, 0.25, 1.0])
    >>> progress(way, labels).round(5)
    array([0.  , 0.25, 1.  ])
    """
    X = check_log_models(X, log=True, normalize=normalize) if log else check_models(X, normalize=normalize)
    n_samples, n_classes = X.shape[-2:]
    roots = geodesic_ends(target, n_samples, n_classes, start, normalize=normalize)
    angle = angles(*roots)
    moving = angle >= SMALLEST_ANGLE
    if not moving.any():
        return np.zeros(X.shape[:-2])
    models = X.reshape(-1, n_samples, n_classes)
    result = np.empty(len(models))
    for block in range(0, len(models), PROGRESS_BLOCK):
        part = models[block : block + PROGRESS_BLOCK][:, moving]
        root = np.exp(part / 2) if log else unit_roots(part)
        to_ends = [np.einsum("mnc,nc->mn", root, end[moving]) for end in roots]
        result[block : block + PROGRESS_BLOCK] = golden_section(*to_ends, angle[moving])
    return result.reshape(X.shape[:-2])


def geodesic_ends(
    target, n_samples: int, n_classes: int, start=None, *, normalize: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Square roots, (N, C) each, of the ends of the geodesic along which progress is measured."""
    if start is None:
        start = ignorance(n_samples, n_classes)
    ends = (
        as_truth(start, n_samples, n_classes, "start", normalize=normalize),
        as_truth(target, n_samples, n_classes, normalize=normalize),
    )
    return unit_roots(ends[0]), unit_roots(ends[1])


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
