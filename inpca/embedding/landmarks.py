"""Models placed among some of them, the landmarks: their coordinates, and how far these may be off."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import eigh, orthogonal_procrustes

from inpca.bfloat16 import BFloat16Array
from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.placement import Embedding
from inpca.embedding.spectral import block_bounds, rounding

#: Axes of the landmarks' embedding beyond twice those of the result, before all models turn to their own axes.
LANDMARK_AXES = 20
#: Parts of the landmarks that are left out in turn to estimate the error.
PARTS = 20
#: Landmarks from which on only some of these parts are left out, since differences vary little and cost much.
MANY_LANDMARKS, FEW_PARTS = 100, 4
#: Ways in which the landmarks are split in two halves; fewer of many landmarks.
SPLITS, FEW_SPLITS = 4, 2
#: Quantile of the differences that counts as typical; a few landmarks that all others need make some very large.
TYPICAL = 1 / 3


def place_among(D: np.ndarray, landmarks: np.ndarray, k: int, random_state: int) -> Embedding:
    """Embed the landmarks, place all models among them, centre, and turn to the k principal axes.

    For coordinates Y of all models with signature S, centred: Z = Y - ȳ, W ≈ Z S Zᵀ. With G = ZᵀZ its eigenvalues
    are those of G^½ S G^½ = V Λ Vᵀ, and its coordinates are Z G^-½ V sqrt|Λ|.

    Parameters
    ----------
    D : (m, n) array
        Distances of all models to the landmarks.
    landmarks : (n,) array of int
    k, random_state : int

    Returns
    -------
    Embedding
        Of all models; its ``squared_norm`` is that of these axes alone, Σ_i λ_i².
    """
    n = len(landmarks)
    among = D[landmarks].astype(np.float64)
    axes = min(n - 1, 2 * k + LANDMARK_AXES)
    of_landmarks = Embedding.of((among + among.T) / 2, np.ones(n), max(axes, k), random_state)
    Y = of_landmarks.placement.place(D)
    middle = Y.mean(axis=0)
    Z = Y - middle
    size, turn = eigh(Z.T @ Z)
    size = np.sqrt(np.clip(size, size.max() * np.finfo(float).eps or 1, None))
    half, inverse = (turn * size) @ turn.T, (turn / size) @ turn.T
    eigenvalues, vectors = eigh(half @ (np.sign(of_landmarks.eigenvalues)[:, None] * half))
    order = np.argsort(-np.abs(eigenvalues), kind="stable")[:k]
    eigenvalues = eigenvalues[order]
    eigenvalues = np.where(np.abs(eigenvalues) <= rounding(D) * np.abs(eigenvalues[0]), 0, eigenvalues)
    to_axes = inverse @ vectors[:, order] * np.sqrt(np.abs(eigenvalues))
    placement = of_landmarks.placement.turned(to_axes, middle @ to_axes)
    return Embedding(Z @ to_axes, eigenvalues, float(np.sum(eigenvalues**2)), placement)


def some_models(X, which) -> Any:
    """A copy of some models; tensors and bfloat16 keep their type, which numpy may not have."""
    if isinstance(X, BFloat16Array):
        return BFloat16Array(some_models(X.bits, which))
    return X[which] if hasattr(X, "detach") else np.stack([np.asarray(X[i]) for i in which])


def distances_to(X, landmarks: np.ndarray, *, metric: str, **kind) -> tuple[np.ndarray, np.ndarray | None]:
    """Distances of all models to the landmarks, (m, n) float32, exactly zero to themselves; and the landmarks.

    With ``metric="precomputed"`` X is the matrix of distances, and there are no landmarks to return.
    """
    if metric == "precomputed":
        chosen, D = None, np.stack([np.asarray(X[:, column], np.float32) for column in landmarks], axis=1)
    else:
        chosen, D = some_models(X, landmarks), np.empty((X.shape[0], len(landmarks)), np.float32)
        pairwise_distances(X, chosen, metric=metric, out=D, **kind)
    D[landmarks, np.arange(len(landmarks))] = 0
    return D, chosen


def landmark_error(D: np.ndarray, landmarks: np.ndarray, coordinates: np.ndarray, rng) -> float | None:
    """Estimated root mean square error of the coordinates, relative to their size.

    An error of c/n for n landmarks is sqrt((n/n')² - 1) times smaller than the difference to an embedding by n' of
    them, and is 0 when all m models are landmarks: e = d / sqrt((n/n')² - 1) · sqrt(1 - (n/m)²), with d a typical
    difference to embeddings with one of :data:`PARTS` random parts of the landmarks left out, after the best rotation.
    None if there are not more than k + 1 landmarks without a part.

    Where models have noise of their own, the error falls slower, and all embeddings with one part left out are off by
    the same: there the difference h of embeddings by two random halves says more, and the result is the larger of e
    and h / 2 · sqrt(1 - (n/m)²), the least h of :data:`SPLITS` splits, as errors of the halves that are independent
    and sqrt(2) times as large as that of all landmarks give it.

    It is an order of magnitude, not a bound. The median over draws of landmarks was 0.55 to 5 times that of the true
    error (three axes; 20, 50 and 200 landmarks) on made-up runs that do almost the same, on runs along one
    geodesic with noise of their own, and on random models. One draw of 20 gave 0.4 to 25 times, one of 200 0.5 to 1.6.
    """
    size, n, k = np.linalg.norm(coordinates), len(landmarks), coordinates.shape[1]
    parts = np.array_split(rng.permutation(n), min(PARTS, n))
    if n - len(parts[0]) <= k + 1:
        return None
    if size == 0:
        return 0.0
    errors, many = [], n >= MANY_LANDMARKS

    def placed_by(some: np.ndarray) -> np.ndarray:
        return place_among(D[:, some], landmarks[some], k, 0).coordinates

    for part in parts[: FEW_PARTS if many else PARTS]:
        others = np.setdiff1d(np.arange(n), part)
        errors.append(_difference(placed_by(others), coordinates) / np.sqrt((n / len(others)) ** 2 - 1))
    error = np.quantile(errors, TYPICAL)
    if n // 2 > k + 1:
        orders = (rng.permutation(n) for _ in range(FEW_SPLITS if many else SPLITS))
        halves = ((np.sort(order[: n // 2]), np.sort(order[n // 2 :])) for order in orders)
        error = max(error, min(_difference(placed_by(one), placed_by(other)) for one, other in halves) / 2)
    return float(error / size * np.sqrt(1 - (n / len(D)) ** 2))


def _difference(placed: np.ndarray, coordinates: np.ndarray) -> float:
    """Size of the difference that is left after the best rotation."""
    rotation, _ = orthogonal_procrustes(placed, coordinates)
    return float(np.linalg.norm(placed @ rotation - coordinates))


def residual_squared_norm(
    D: np.ndarray,
    landmarks: np.ndarray,
    coordinates: np.ndarray,
    eigenvalues: np.ndarray,
    weight: np.ndarray | None = None,
) -> float:
    """Estimated ‖W - X S Xᵀ‖_F² over all m models, from their distances to n landmarks that stand for all.

    c Σ_il a_l R_il², R being -½ (D - D̂) less its means over rows and columns, in which only the scalar products of D̂
    remain; landmark l stands for a_l models, m/n of them unless given, Σ_l a_l = m. c = (1 - 1/m) / (1 - 1/n'), with
    n' = (Σ_l a_l)² / Σ_l a_l², makes up for the degree of freedom of the mean. What is estimated is small where the
    axes explain much, and so is the error. Exact where all models are landmarks.
    """
    m, n = D.shape
    weight = np.full(n, m / n) if weight is None else weight * (m / weight.sum())
    share = weight / m
    signed = coordinates[landmarks] * np.sign(eigenvalues)
    rows, columns, squares = np.empty(m), np.zeros(n), 0.0

    def residual(first: int, last: int) -> np.ndarray:
        return -0.5 * D[first:last] - coordinates[first:last] @ signed.T

    for first, last in block_bounds(D):
        block = residual(first, last)
        rows[first:last] = block @ share
        columns += block.sum(axis=0) / m
    for first, last in block_bounds(D):
        centred = residual(first, last) - rows[first:last, None] - columns + columns @ share
        squares += float(np.sum(centred**2, axis=0) @ weight)
    independent = 1 / float(share @ share)
    return squares * (1 - 1 / m) / max(1 - 1 / independent, 1 / m)
