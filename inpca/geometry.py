"""Geometry of probabilistic models: geodesics, progress and the distances between paired models.

A model is a table of probabilities, (N, C): one distribution over C classes for each of N samples. All functions
work on (..., N, C) arrays; quantities are averages over the samples, so they do not grow with N ("intensive"). Models
are checked, and divided by their sums, where they enter (:func:`inpca.probabilities.check_models`).
Formulas: Mao et al., PNAS 121(12), 2024 (arXiv:2305.01604); Quinn et al., PNAS 116(28), 2019.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from inpca.labels import as_truth, ignorance, truth
from inpca.probabilities import check_log_models, check_models, model_roots, same_models, unit_roots
from inpca.sphere import LARGEST_SAMPLE_DISTANCE, SMALLEST_ANGLE, angles, closest_on_geodesic, mean_distance

__all__ = [
    "LARGEST_SAMPLE_DISTANCE",
    "SMALLEST_ANGLE",
    "bhattacharyya_distance",
    "geodesic",
    "ignorance",
    "progress",
    "riemannian_length",
    "spherical_distance",
    "truth",
]

#: Models whose progress is found at once; bounds the memory to some 10 arrays of (block, N) and one of (block, N, C).
PROGRESS_BLOCK = 64


def bhattacharyya_distance(P: ArrayLike, Q: ArrayLike, *, log: bool = False, normalize: bool = False) -> np.ndarray:
    """Bhattacharyya distance between paired models, d_B = -(1/N) Σ_n ln Σ_c sqrt(p_nc q_nc), in nats a sample.

    Computed as -ln(1 - ½ Σ_c (sqrt p_nc - sqrt q_nc)²) where two models are close, so that equal models are at 0.

    Parameters
    ----------
    P, Q : (..., N, C) arrays
        Probabilities, or log-probabilities with ``log=True``; leading dimensions broadcast.
    log : bool
        Whether P and Q are log-probabilities.
    normalize : bool
        Divide each sample's probabilities by their sum first.

    Returns
    -------
    (...) array of float64
        A sample without overlap counts :data:`LARGEST_SAMPLE_DISTANCE`.

    Raises
    ------
    TypeError, ValueError
        For anything but probabilities on the same samples and classes; see :func:`inpca.probabilities.check_models`.

    See Also
    --------
    inpca.pairwise_distances : every model of one set against every model of another.
    spherical_distance : the angle instead of its cosine's logarithm.

    References
    ----------
    Bhattacharyya, Bulletin of the Calcutta Mathematical Society 35, 1943; Quinn et al., PNAS 116(28), 2019.

    Examples
    --------
    >>> from inpca import bhattacharyya_distance, ignorance, truth
    >>> print(f"{bhattacharyya_distance(ignorance(2, 4), truth([0, 3], 4)):.4f}")  # ½ ln 4
    0.6931
    """
    return mean_distance(*_paired_roots(P, Q, log, normalize))


def spherical_distance(P: ArrayLike, Q: ArrayLike, *, log: bool = False, normalize: bool = False) -> np.ndarray:
    """Spherical (geodesic) distance between paired models, d_G = (1/N) Σ_n arccos Σ_c sqrt(p_nc q_nc), in radians.

    Computed as 2 arcsin(½ |sqrt p_n - sqrt q_n|), which is the same and exact for close models.

    Parameters
    ----------
    P, Q : (..., N, C) arrays
        Probabilities, or log-probabilities with ``log=True``; leading dimensions broadcast.
    log, normalize : bool
        As in :func:`bhattacharyya_distance`.

    Returns
    -------
    (...) array of float64
        From 0 to π/2.

    Raises
    ------
    TypeError, ValueError
        As in :func:`bhattacharyya_distance`.

    See Also
    --------
    geodesic : the shortest way between two models.
    inpca.pairwise_distances : every model of one set against every model of another.

    References
    ----------
    Mao et al., PNAS 121(12), 2024.

    Examples
    --------
    >>> from inpca import ignorance, spherical_distance, truth
    >>> print(f"{spherical_distance(ignorance(2, 4), truth([0, 3], 4)):.4f}")  # arccos ½
    1.0472
    """
    return angles(*_paired_roots(P, Q, log, normalize)).mean(axis=-1)


def _paired_roots(P: ArrayLike, Q: ArrayLike, log: bool, normalize: bool) -> tuple[np.ndarray, np.ndarray]:
    """Square roots of the probabilities of two sets of models that can be paired."""
    left = model_roots(P, log=log, normalize=normalize, name="P")
    right = model_roots(Q, log=log, normalize=normalize, name="Q")
    same_models(left, right)
    return left, right


def geodesic(P: ArrayLike, Q: ArrayLike, t: ArrayLike, *, log: bool = False, normalize: bool = False) -> np.ndarray:
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
        As in :func:`bhattacharyya_distance`.

    Returns
    -------
    (..., N, C) array of float64, or (T, ..., N, C) for an array of t
        Probabilities, with ``log=True`` as well.

    Raises
    ------
    TypeError, ValueError
        As in :func:`bhattacharyya_distance`, and if a t is not in [0, 1].

    See Also
    --------
    progress : the t of the point on the geodesic from ignorance to the truth that is closest to a model.

    References
    ----------
    Mao et al., PNAS 121(12), 2024.

    Examples
    --------
    >>> from inpca import geodesic
    >>> geodesic([[1.0, 0.0]], [[0.0, 1.0]], 0.5).round(3)
    array([[0.5, 0.5]])
    """
    left, right = _paired_roots(P, Q, log, normalize)
    t = np.asarray(t, np.float64)
    if t.ndim > 1 or not (np.isfinite(t).all() and (t >= 0).all() and (t <= 1).all()):
        raise ValueError(f"t must be a number in [0, 1] or a one-dimensional array of them, not {t!r}")
    angle = angles(left, right)[..., None]
    t = t.reshape(t.shape + (1,) * max(left.ndim, right.ndim))
    still = angle < SMALLEST_ANGLE
    sine = np.where(still, 1, np.sin(angle))
    point = (np.sin((1 - t) * angle) * left + np.sin(t * angle) * right) / sine
    return np.where(still, left, point) ** 2


def riemannian_length(trajectory: ArrayLike, *, log: bool = False, normalize: bool = False) -> float:
    """Length of a trajectory, Σ_t 2 sqrt(d_B(P_t, P_{t+1})).

    For small steps d_B = ds²/8 with ds the line element of the Fisher-Rao metric, averaged over the samples in square;
    the length given here, the convention of the paper, is Fisher-Rao's divided by sqrt(2).

    Parameters
    ----------
    trajectory : (T, N, C) array
        Probabilities at successive checkpoints, or log-probabilities with ``log=True``.
    log, normalize : bool
        As in :func:`bhattacharyya_distance`.

    Returns
    -------
    float
        0 for a single checkpoint.

    Raises
    ------
    TypeError, ValueError
        If the trajectory does not hold probabilities, or has another shape.

    See Also
    --------
    bhattacharyya_distance : of which it is made.
    inpca.trajectory_distance : how far two trajectories are from each other.

    References
    ----------
    Mao et al., PNAS 121(12), 2024.

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
    return float(sum(2 * np.sqrt(mean_distance(*pair)) for pair in pairwise(roots)))


def progress(
    X: ArrayLike, truth: ArrayLike, start: ArrayLike | None = None, *, log: bool = False, normalize: bool = False
) -> np.ndarray:
    """Progress s of models towards the truth: the point of the geodesic from P0 to P* that is closest to each.

    s(P) = argmin over t in [0, 1] of d_G(P, γ_t). On the sphere the distance from a point to a geodesic shorter than
    π/2 is convex along it, so is its mean over samples, and a golden-section search of all models at once finds the
    minimum to 1e-6.

    Parameters
    ----------
    X : (..., N, C) array
        Probabilities, or log-probabilities with ``log=True``.
    truth : (N,) array of int or (N, C) array
        The truth P*, as labels or as probabilities.
    start : (N, C) array, optional
        Where the geodesic starts, as probabilities; ignorance P0 unless given.
    log, normalize : bool
        As in :func:`bhattacharyya_distance`; ``log`` is of X alone.

    Returns
    -------
    (...) array of float64 in [0, 1]

    Raises
    ------
    TypeError, ValueError
        If X, truth or start are not probabilities on the same samples and classes, or a label is out of range.

    See Also
    --------
    geodesic : the point of a geodesic for a given t.
    inpca.reindex : a trajectory at given values of progress.

    References
    ----------
    Mao et al., PNAS 121(12), 2024.

    Examples
    --------
    >>> from inpca import geodesic, ignorance, progress, truth
    >>> labels = [0, 3]
    >>> way = geodesic(ignorance(2, 4), truth(labels, 4), [0.0, 0.25, 1.0])
    >>> progress(way, labels).round(5)
    array([0.  , 0.25, 1.  ])
    """
    checked = check_log_models(X, log=True, normalize=normalize) if log else check_models(X, normalize=normalize)
    n_samples, n_classes = checked.shape[-2:]
    first, last = geodesic_ends(truth, n_samples, n_classes, start, normalize=normalize)
    angle = angles(first, last)
    moving = angle >= SMALLEST_ANGLE
    if not moving.any():
        return np.zeros(checked.shape[:-2])
    models = checked.reshape(-1, n_samples, n_classes)
    result = np.empty(len(models))
    for block in range(0, len(models), PROGRESS_BLOCK):
        part = models[block : block + PROGRESS_BLOCK][:, moving]
        root = np.exp(part / 2) if log else unit_roots(part)
        to_first, to_last = (np.einsum("mnc,nc->mn", root, end[moving]) for end in (first, last))
        result[block : block + PROGRESS_BLOCK] = closest_on_geodesic(to_first, to_last, angle[moving])
    return result.reshape(checked.shape[:-2])


def geodesic_ends(
    truth: ArrayLike, n_samples: int, n_classes: int, start: ArrayLike | None = None, *, normalize: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Square roots, (N, C) each, of the ends of the geodesic along which progress is measured."""
    if start is None:
        start = ignorance(n_samples, n_classes)
    start = as_truth(start, n_samples, n_classes, "start", normalize=normalize)
    return unit_roots(start), unit_roots(as_truth(truth, n_samples, n_classes, normalize=normalize))
