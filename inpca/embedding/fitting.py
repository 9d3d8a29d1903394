"""Embed models by all distances between them, or by those to some of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.distance_matrix import are_zero, in_range
from inpca.embedding.landmarks import distances_to, landmark_error, place_among, residual_squared_norm
from inpca.embedding.placement import Embedding


@dataclass(frozen=True, eq=False)
class Fit:
    """What an InPCA learns.

    Attributes
    ----------
    embedding : Embedding
    distances : (m, n) array
        The distances that were embedded.
    landmarks : (n,) array of int, or None
    landmark_error : float, or None
    models : (n, N, C) array, or None
        Models to whose distances others are placed; None if distances were given.
    """

    embedding: Embedding
    distances: Any
    landmarks: np.ndarray | None = None
    landmark_error: float | None = None
    models: Any = None


def fit_all(inpca, X, weight: np.ndarray, **settings) -> Fit:
    """Embedding by all distances.

    Parameters
    ----------
    inpca : InPCA
    X : (m, N, C) array of models, or (m, m) distances with ``metric="precomputed"``
    weight : (m,) array
    **settings
        Of :func:`inpca.pairwise_distances`.
    """
    precomputed = inpca.metric == "precomputed"
    D = X if precomputed else pairwise_distances(X, metric=inpca.metric, **settings)
    small, unit = in_range(D)
    embedded = np.zeros(D.shape) if are_zero(D, inpca.metric, X.shape[1]) else small
    embedding = Embedding.of(embedded, weight, inpca.n_components, inpca.random_state)
    return Fit(embedding.in_units(unit).with_signs(), D, models=None if precomputed else X)


def fit_landmarks(inpca, X, **settings) -> Fit:
    """Embedding by the distances to some models, chosen at random; parameters as of :func:`fit_all`."""
    rng = np.random.default_rng(inpca.random_state)
    landmarks = np.sort(rng.choice(X.shape[0], inpca.n_landmarks, replace=False))
    small, unit = in_range(X) if inpca.metric == "precomputed" else (X, 1.0)
    D, models = distances_to(small, landmarks, metric=inpca.metric, **settings)
    return fit_columns(inpca, D, landmarks, unit, n_samples=X.shape[1], models=models, rng=rng)


def fit_given_landmarks(inpca, X, landmarks: np.ndarray, weight: np.ndarray | None) -> Fit:
    """Embedding by given distances (m, n) of all models to some of them.

    Parameters
    ----------
    inpca : InPCA
    X : (m, n) array
        Not copied, unless it is so large that powers of it would be infinite.
    landmarks : (n,) array of int
    weight : (n,) array, optional
        How many models each landmark stands for.
    """
    small, unit = in_range(X)
    D = small if isinstance(small, np.ndarray) else np.asarray(small[:])
    rng = np.random.default_rng(inpca.random_state)
    return fit_columns(inpca, D, landmarks, unit, n_samples=1, weight=weight, rng=rng)


def fit_columns(
    inpca, D, landmarks: np.ndarray, unit: float, *, n_samples: int, rng, models=None, weight: np.ndarray | None = None
) -> Fit:
    """Embedding by distances (m, n) to landmarks, in a unit in which their powers are finite."""
    placed = np.zeros_like(D) if are_zero(D, inpca.metric, n_samples) else D
    embedding = place_among(placed, landmarks, inpca.n_components, inpca.random_state)
    error = landmark_error(placed, landmarks, embedding.coordinates, rng)
    rest = residual_squared_norm(placed, landmarks, embedding.coordinates, embedding.eigenvalues, weight)
    embedding = replace(embedding, squared_norm=embedding.squared_norm + rest).in_units(unit).with_signs()
    return Fit(embedding, D if unit == 1 else D.astype(np.float64) * unit, landmarks, error, models)
