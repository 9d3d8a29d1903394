"""Embedding of the authors' models from their own distances, beside controls that distances alone allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from inpca import InPCA
from inpca.embedding import explained_distance
from inpca.embedding.landmarks import landmark_error, place_among
from paper.models import axis_signs
from paper.rooms.authors.gathering import Gathered
from paper.rooms.authors.published import GEODESIC

#: Train loss in nats from which the authors leave a model out where they compare explained pairwise distances.
OUTLIER_LOSS = 4.0
#: Landmarks whose distances are permuted among all pairs, and runs that are embedded alone.
PERMUTED, ALONE = 1000, 30
#: Fewest models of a set that is embedded.
FEWEST = 5
#: Sets of models whose explained pairwise distances the authors give.
SETS = ("all", "without outliers", "allcnn")
#: Axes whose coordinates are compared with the authors'.
COMPARED = 3


@dataclass(frozen=True, eq=False)
class Chosen:
    """Models that are chosen at random before the matrix is read.

    Attributes
    ----------
    landmarks : (n,) array of int
        Among all models.
    alone : list of arrays of int
        Models of the geodesic, if there are any, then of each of some runs.
    has_geodesic : bool
    """

    landmarks: np.ndarray
    alone: list[np.ndarray]
    has_geodesic: bool


def choose(models: pd.DataFrame, n_landmarks: int, seed: int) -> Chosen:
    """Landmarks, all models if there are no more, and what is embedded alone: the geodesic and some runs."""
    rng, m = np.random.default_rng(seed), len(models)
    landmarks = np.sort(rng.choice(m, min(n_landmarks, m), replace=False))
    of_runs = models[models["kind"] == "run"].groupby("run", sort=False).indices
    positions = np.flatnonzero(models["kind"] == "run")
    long = [positions[where] for where in of_runs.values() if len(where) >= FEWEST]
    picked = rng.choice(len(long), min(ALONE, len(long)), replace=False) if long else []
    geodesic = np.flatnonzero(models["kind"] == GEODESIC)
    has_geodesic = len(geodesic) >= FEWEST
    return Chosen(landmarks, [geodesic] * has_geodesic + [long[i] for i in sorted(picked)], has_geodesic)


def embed(
    models: pd.DataFrame, gathered: Gathered, chosen: Chosen, published: Mapping | None, n_components: int, seed: int
) -> xr.Dataset:
    """InPCA of all models by their distances to landmarks, and what it is compared with.

    Parameters
    ----------
    models : DataFrame
    gathered : Gathered
    chosen : Chosen
    published : mapping or None
        The authors' embedding.
    n_components : int
        Fewer where there are not so many landmarks.
    seed : int

    Returns
    -------
    Dataset
        What figures need of an embedding: ``embedding`` (model, axis), its axes turned so that each goes up along the
        geodesic, ``eigenvalue``, ``signature``, ``explained_stress``, ``explained_distance`` (axis). The norm in the
        stress is exactly that of the whole matrix; eigenvalues are those of Nyström's approximation.

        ``set_explained_distance`` and ``set_signature`` (set, axis) of each set of models alone, NaN and 0 where there
        is none or the axes are fewer. ``control_stress`` (control, axis): distances of some landmarks permuted among
        all pairs, runs alone (median), the geodesic alone. ``published_stress`` (axis): the authors' eigenvalues, over
        the norm of their matrix. Attributes: ``landmark_error``, ``n_landmarks``, ``agreement`` (see
        :func:`agreement`), ``norm_ratio`` (the authors' ‖W‖_F over that of the matrix); NaN where there is nothing to
        compare.
    """
    n = len(chosen.landmarks)
    k = min(n_components, n - 1)
    found = place_among(gathered.columns, chosen.landmarks, k, seed)
    found = replace(found, squared_norm=gathered.squared_norm).with_signs()
    coordinates = found.coordinates
    if chosen.has_geodesic:
        along = chosen.alone[0][np.argsort(models["t"].to_numpy()[chosen.alone[0]], kind="stable")]
        coordinates = coordinates * axis_signs(coordinates[along[0]], coordinates[along[-1]])
    signature = np.where(found.eigenvalues < 0, -1, 1)
    error = landmark_error(gathered.columns, chosen.landmarks, coordinates, np.random.default_rng(seed))
    explained = [(explained_distance(coordinates, signature, gathered.columns, chosen.landmarks), signature)]
    near = ~(models["train_loss"].to_numpy() >= OUTLIER_LOSS)
    for some in (near, near & (models["network"] == "allcnn").to_numpy()):
        explained.append(explained_alone(gathered, chosen.landmarks, some, k, seed))
    dataset = xr.Dataset(
        {
            "embedding": (("model", "axis"), coordinates),
            "eigenvalue": ("axis", found.eigenvalues),
            "signature": ("axis", signature),
            "explained_stress": ("axis", found.explained_stress()),
            "explained_distance": ("axis", explained[0][0]),
            "set_explained_distance": (("set", "axis"), np.stack([one for one, _ in explained])),
            "set_signature": (("set", "axis"), np.stack([one for _, one in explained])),
        },
        coords={"model": np.arange(len(models)), "axis": np.arange(1, k + 1), "set": list(SETS)},
        attrs={"metric": "bhattacharyya", "n_landmarks": n, "landmark_error": np.nan if error is None else error},
    )
    return dataset.merge(controls(gathered, chosen, k, seed)).merge(
        beside_published(published, gathered.squared_norm, coordinates), combine_attrs="no_conflicts"
    )


def explained_alone(
    gathered: Gathered, landmarks: np.ndarray, chosen: np.ndarray, k: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Explained pairwise distance, and signature, of an embedding of some models alone, by the landmarks among them."""
    explained, signature = np.full(k, np.nan), np.zeros(k, int)
    inside = chosen[landmarks]
    axes = min(k, int(inside.sum()) - 1)
    if inside.sum() < FEWEST:
        return explained, signature
    D = gathered.columns[chosen][:, inside]
    positions = (np.cumsum(chosen) - 1)[landmarks[inside]]
    found = place_among(D, positions, axes, seed)
    signature[:axes] = np.where(found.eigenvalues < 0, -1, 1)
    explained[:axes] = explained_distance(found.coordinates, signature[:axes], D, positions)
    return explained, signature


def controls(gathered: Gathered, chosen: Chosen, k: int, seed: int) -> xr.Dataset:
    """Explained stress of what shares something with the models, but not their manifold; see :func:`embed`."""
    rng = np.random.default_rng(seed)
    some = np.sort(rng.choice(len(chosen.landmarks), min(PERMUTED, len(chosen.landmarks)), replace=False))
    D = gathered.columns[chosen.landmarks[some]][:, some].astype(np.float64)
    alone = [stress(one, k) for one in gathered.among]
    runs = alone[chosen.has_geodesic :]
    found = {
        "permuted": stress(permuted(D, rng), k),
        "one run": np.median(runs, axis=0) if runs else np.full(k, np.nan),
        "geodesic": alone[0] if chosen.has_geodesic else np.full(k, np.nan),
    }
    return xr.Dataset({"control_stress": (("control", "axis"), np.stack(list(found.values())))}).assign_coords(
        control=list(found)
    )


def permuted(D: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A symmetric matrix of the same distances, each between another pair of models."""
    above = np.triu_indices(len(D), 1)
    result = np.zeros_like(D)
    result[above] = rng.permutation((D + D.T)[above] / 2)
    return result + result.T


def stress(D: np.ndarray, k: int) -> np.ndarray:
    """Explained stress of 1 … k axes of a small matrix of distances; where it has fewer, that of all."""
    axes = min(k, len(D))
    found = InPCA(axes, metric="precomputed").fit(np.clip(D - np.diag(np.diag(D)), 0, None)).explained_stress_
    return np.concatenate([found, np.full(k - axes, found[-1])])


def beside_published(published: Mapping | None, squared_norm: float, coordinates: np.ndarray) -> xr.Dataset:
    """The authors' eigenvalues and coordinates beside ours; see :func:`embed`."""
    k = coordinates.shape[1]
    explained, attributes = np.full(k, np.nan), {"agreement": np.nan, "norm_ratio": np.nan}
    if published is not None and squared_norm > 0:
        squares = np.cumsum(published["eigenvalues"][:k] ** 2) / squared_norm
        explained[: len(squares)] = 1 - np.sqrt(np.clip(1 - squares, 0, None))
        attributes = {
            "agreement": agreement(published["coordinates"], coordinates),
            "norm_ratio": float(np.sqrt(published["squared_norm"] / squared_norm)),
        }
    return xr.Dataset({"published_stress": ("axis", explained)}, attrs=attributes)


def agreement(theirs: np.ndarray, ours: np.ndarray, axes: int = COMPARED) -> float:
    """How much of the variance of their first axes a linear map of ours gives: 1 if they are the same but for signs.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(20, 3))
    >>> agreement(x * [1, -1, 1], x).__round__(6)
    1.0
    """
    ours, theirs = (x[:, :axes] - x[:, :axes].mean(axis=0) for x in (ours, theirs))
    left = theirs - ours @ np.linalg.lstsq(ours, theirs, rcond=None)[0]
    return float(1 - np.sum(left**2) / np.sum(theirs**2))
