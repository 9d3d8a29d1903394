"""Axes from the two ends of training: embed P0, P* and two mean models near them, and place every model among them.

Four points span three axes. If trajectories leave P0 along a common direction and arrive at P* along another one, these
axes explain the distances between all models about as well as the first axes of InPCA, which see all distances.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from inpca.dimension import class_preserving_orders
from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.estimator import InPCA
from inpca.embedding.placement import Embedding
from inpca.embedding.spectral import explained_distance
from paper.rooms.tangent_embeddings.configuration import TangentSettings
from paper.statistics import jackknife_interval

#: The embedded points, in the order of training.
POINTS = ("P0", "initial", "final", "P*")
#: Axes that four points span.
TANGENT_AXES = 3


def tangent_weights(progress: np.ndarray, at: float, width: float) -> np.ndarray:
    """Weight of each model in a mean around progress ``at``, w ∝ exp(-(s - at)² / (2 width²)), Σ w = 1.

    Parameters
    ----------
    progress : (m,) array
    at, width : float
        In units of progress.

    Returns
    -------
    (m,) array
    """
    exponent = -((np.asarray(progress, np.float64) - at) ** 2) / (2 * width**2)
    weight = np.exp(exponent - exponent.max())  # the closest model keeps a weight, however narrow the width
    return weight / weight.sum()


def weighted_sums(log_probs: np.ndarray, weights: np.ndarray, run: np.ndarray) -> np.ndarray:
    """Parts of arithmetic means that each run contributes, Σ_{m of r} w_km p_mnc: their sum over runs is the mean.

    Parameters
    ----------
    log_probs : (m, N, C) array
    weights : (k, m) array
        Each row sums to 1.
    run : (m,) array of int
        Run of each model, 0, 1, …; -1 for what is of none.

    Returns
    -------
    (R, k, N, C) array of float64
    """
    sums = np.zeros((run.max() + 1, len(weights), *log_probs.shape[1:]))
    for number in range(len(sums)):
        rows = np.flatnonzero((run == number) & weights.any(axis=0))
        if len(rows):
            sums[number] = np.tensordot(weights[:, rows], np.exp(log_probs[rows], dtype=np.float64), axes=1)
    return sums


def tangent_cosine(initial: np.ndarray, final: np.ndarray, labels: np.ndarray) -> float:
    """Cosine between the initial tangent, from P0 to the early mean M, and the final one, from the late mean M' to P*.

    t0 = M - P0 and ts = P* - M', tables of probabilities as vectors: cos = Σ_nc t0 ts / (|t0| |ts|).

    Parameters
    ----------
    initial, final : (N, C) arrays
        Probabilities of M and M'.
    labels : (N,) array of int

    References
    ----------
    The authors' notebooks to Mao et al., PNAS 121(12), 2024, fig. 10.

    Examples
    --------
    >>> tangent_cosine(np.array([[0.6, 0.4]]), np.array([[0.9, 0.1]]), np.array([0]))  # straight on
    1.0
    """
    first = initial - 1 / initial.shape[1]
    last = np.eye(initial.shape[1])[labels] - final
    return float(round(np.sum(first * last) / np.sqrt(np.sum(first**2) * np.sum(last**2)), 12))


def cosines(
    sums: np.ndarray,
    weight: np.ndarray,
    run: np.ndarray,
    configurations: np.ndarray,
    labels: np.ndarray,
    settings: TangentSettings,
) -> xr.Dataset:
    """Cosine of the two tangents of a group with its interval, and that of nulls.

    Parameters
    ----------
    sums : (R, 2, N, C) array
        Parts of both means that each run contributes.
    weight : (2, m) array
        Of each model in both means.
    run : (m,) array of int
        Run of each model, -1 for none.
    configurations : (R,) array
    labels : (N,) array of int
    settings : TangentSettings

    Returns
    -------
    Dataset
        ``cosine``; ``cosine_low`` and ``cosine_high``, its interval by the jackknife over configurations;
        ``null_cosine`` (null): of means of runs whose samples are permuted within classes, each run's in its own order.
    """
    used = np.flatnonzero([weight[:, run == number].any() for number in range(len(sums))])
    mass = np.array([weight[:, run == number].sum(axis=1) for number in used])
    sums, of_run = sums[used], configurations[used]
    value = tangent_cosine(*sums.sum(axis=0), labels)
    without = []
    for name in dict.fromkeys(of_run):
        left = of_run != name
        if left.any():
            means = sums[left].sum(axis=0) / mass[left].sum(axis=0)[:, None, None]
            without.append(tangent_cosine(*means, labels))
    low, high = jackknife_interval(value, np.array(without)) if len(without) > 1 else (np.nan, np.nan)
    nulls = []
    for rng in np.random.default_rng(settings.seed).spawn(settings.n_nulls):
        orders = class_preserving_orders(labels, len(sums), rng=rng)
        means = sum(part[:, order] for part, order in zip(sums, orders, strict=True))
        nulls.append(tangent_cosine(*means, labels))
    return xr.Dataset({"cosine": value, "cosine_low": low, "cosine_high": high, "null_cosine": ("null", nulls)})


def tangent_coordinates(among: np.ndarray, to_points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Embed four points by InPCA and place models as new ones.

    Parameters
    ----------
    among : (4, 4) array
        Distances between the points.
    to_points : (m, 4) array
        Distances of the models to them.

    Returns
    -------
    coordinates : (m, 3) array
    eigenvalues : (3,) array
        Signed, by descending magnitude.
    """
    embedding = Embedding.of(among, np.ones(len(among)), TANGENT_AXES, 0)
    return embedding.placement.place(to_points), embedding.eigenvalues


def explained_by(D: np.ndarray, among: np.ndarray, to_points: np.ndarray) -> np.ndarray:
    """Explained pairwise distance of the 1, 2 and 3 axes that four points span.

    Parameters
    ----------
    D : (m, m) array
        Distances between models.
    among : (4, 4) array
        Distances between the points.
    to_points : (m, 4) array
        Distances of the models to them.
    """
    coordinates, eigenvalues = tangent_coordinates(among, to_points)
    return explained_distance(coordinates, np.sign(eigenvalues), D)


def explained_by_pairs(D: np.ndarray, ends: Sequence[int], pairs: np.ndarray, sampled: np.ndarray) -> np.ndarray:
    """The same for the axes that P0, P* and two models span, for many pairs of models.

    Parameters
    ----------
    D : (m, m) array
        Distances between models.
    ends : (int, int)
        Rows of P0 and P*.
    pairs : (draws, 2) array of int
        Rows of the two models.
    sampled : (n,) array of int
        Models between which distances are explained.

    Returns
    -------
    (draws, 3) array
    """
    between = submatrix(D, sampled)
    explained = np.empty((len(pairs), TANGENT_AXES))
    for draw, (first, second) in enumerate(pairs):
        points = [ends[0], first, second, ends[1]]
        explained[draw] = explained_by(
            between, D[np.ix_(points, points)].astype(np.float64), D[np.ix_(sampled, points)]
        )
    return explained


def submatrix(D: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Distances between some models; D itself if they are all of them."""
    return D if np.array_equal(rows, np.arange(len(D))) else np.ascontiguousarray(D[np.ix_(rows, rows)])


def mean_distances(
    D: np.ndarray, log_probs: np.ndarray, means: np.ndarray, ends: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Distances of P0, the two means and P*.

    Returns
    -------
    among : (4, 4) array
        Between these points.
    to_points : (m, 4) array
        Of all models to them.
    """
    with np.errstate(divide="ignore"):  # a class to which no model gives any probability
        log_means = np.log(means)
    to_points = np.empty((len(D), 4))
    to_points[:, [0, 3]] = D[:, ends]
    to_points[:, 1:3] = pairwise_distances(log_probs, log_means, log=True, n_jobs=1)
    among = np.empty((4, 4))
    among[[0, 3]] = to_points[ends]
    among[:, [0, 3]] = among[[0, 3]].T
    among[1:3, 1:3] = pairwise_distances(log_means, log=True, n_jobs=1)
    return among, to_points


def explained_by_null(
    log_probs: np.ndarray,
    sums: np.ndarray,
    run: np.ndarray,
    labels: np.ndarray,
    chosen: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Explained pairwise distance of a class-preserving null, by its own InPCA and by its own tangent axes.

    Samples of each run are permuted within their classes, in one order for all its models: what the runs' means and
    distances still share is that all move towards the right class.

    Parameters
    ----------
    log_probs : (m, N, C) array
    sums : (R, 2, N, C) array
        Parts of both means that each run contributes.
    run : (m,) array of int
        Run of each model, -1 for P0 and P*.
    labels : (N,) array of int
    chosen : (n,) array of int
        Rows of models to judge by, P0 first and P* last.
    rng : numpy.random.Generator

    Returns
    -------
    (view, axis) array
        Of InPCA, then of the tangent axes; for 1, 2 and 3 axes.
    """
    orders = class_preserving_orders(labels, len(sums), rng=rng)
    null = np.array([log_probs[row] if run[row] < 0 else log_probs[row][orders[run[row]]] for row in chosen])
    means = np.sum([part[:, order] for part, order in zip(sums, orders, strict=True)], axis=0)
    D = pairwise_distances(null, log=True, n_jobs=1)
    inpca = InPCA(TANGENT_AXES, metric="precomputed").fit(D)
    return np.array([inpca.explained_distance_, explained_by(D, *mean_distances(D, null, means, [0, -1]))])
