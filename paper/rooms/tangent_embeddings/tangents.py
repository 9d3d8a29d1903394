"""Axes from the two ends of training: embed P0, P* and two mean models near them, and place every model among them.

Four points span three axes. If trajectories leave P0 along a common direction and arrive at P* along another one, these
axes explain the distances between all models about as well as the first axes of InPCA, which see all distances.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from inpca.embedding.placement import Embedding
from inpca.embedding.spectral import explained_distance

#: The embedded points, in the order of training.
POINTS = ("P0", "initial", "final", "P*")
#: Axes that four points span.
TANGENT_AXES = 3
#: Progress of means, in tenths of the way, whose pairs are tried instead of the two.
PLACES = tuple(n / 10 for n in range(1, 10))


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


def mean_models(log_probs: np.ndarray, weights: np.ndarray, block: int = 64) -> np.ndarray:
    """Arithmetic means of models, Σ_m w_km p_mnc.

    Parameters
    ----------
    log_probs : (m, N, C) array
    weights : (k, m) array
        Each row sums to 1.
    block : int
        Models that are read at once.

    Returns
    -------
    (k, N, C) array of float64
    """
    means = np.zeros((len(weights), *log_probs.shape[1:]))
    for first in range(0, len(log_probs), block):
        rows = slice(first, first + block)
        means += np.tensordot(weights[:, rows], np.exp(log_probs[rows], dtype=np.float64), axes=1)
    return means


def tangent_cosine(among: np.ndarray) -> float:
    """Cosine between the initial tangent, from P0 to the early mean M, and the final one, from the late mean M' to P*.

    By the law of cosines in the space in which d_B is the signed squared distance:
    [d(M, M') + d(P0, P*) - d(M, P*) - d(P0, M')] / (2 sqrt(d(P0, M) d(M', P*))). Because that space has time-like
    directions, it is not bounded by 1.

    Parameters
    ----------
    among : (4, 4) array
        Distances between :data:`POINTS`.
    """
    product = among[1, 2] + among[0, 3] - among[1, 3] - among[0, 2]
    return float(product / (2 * np.sqrt(among[0, 1] * among[2, 3])))


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


def explained_elsewhere(D: np.ndarray, among: np.ndarray, to_points: np.ndarray) -> np.ndarray:
    """The same for P0, P* and the means at every two of :data:`PLACES`.

    Parameters
    ----------
    D, among, to_points : arrays
        The points are P0, two means, P*, and the means at the places.

    Returns
    -------
    (places, places, 3) array
        By the places of the initial and of the final mean; NaN where the second is not later than the first.
    """
    explained = np.full((len(PLACES), len(PLACES), TANGENT_AXES), np.nan)
    for i, j in combinations(range(len(PLACES)), 2):
        points = [0, 4 + i, 4 + j, 3]
        explained[i, j] = explained_by(D, among[np.ix_(points, points)], to_points[:, points])
    return explained


def submatrix(D: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Distances between some models; D itself if they are all of them."""
    return D if np.array_equal(rows, np.arange(len(D))) else np.ascontiguousarray(D[np.ix_(rows, rows)])
