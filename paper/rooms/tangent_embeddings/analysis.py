"""Tangent axes beside ordinary InPCA, of all models and of each architecture, and what other points would give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.estimator import InPCA
from inpca.embedding.spectral import explained_distance
from inpca.geometry import progress
from paper.rooms.tangent_embeddings.tangents import (
    PLACES,
    POINTS,
    TANGENT_AXES,
    explained_by,
    explained_by_pairs,
    explained_elsewhere,
    mean_models,
    place_models,
    submatrix,
    tangent_weights,
)

#: Kinds of P0 and P* in the model table.
ENDS = ("ignorance", "truth")
#: Axes of the ordinary embedding that are compared with the tangent axes, as many as the paper shows.
ORIGINAL_AXES = 8
#: How pairs of models that stand in for the two means are drawn.
DRAWS = ("random", "near")
#: Name of the group that holds the models of all architectures.
ALL = "all"


def groups(table: pd.DataFrame, largest_loss: float) -> dict[str, np.ndarray]:
    """Rows of all models and of those of each architecture, without those of too large a train loss.

    P0 and P* belong to every group. The points between them do not: they are no networks, and there may be as many of
    them as of an architecture's models.
    """
    ends = table["kind"].isin(ENDS)
    kept = (table["kind"] == "run") & (table["train_loss"] < largest_loss)
    names = table.loc[kept, "network"].unique()
    chosen = {ALL: kept} | {name: kept & (table["network"] == name) for name in names}
    return {name: np.flatnonzero(rows | ends) for name, rows in chosen.items()}


def tangent_embeddings(
    table: pd.DataFrame,
    D: np.ndarray,
    log_probs: np.ndarray,
    labels: np.ndarray,
    split: str,
    *,
    progress_at: float,
    progress_of: Mapping[str, float],
    width: float,
    largest_loss: float,
    n_draws: int,
    n_sampled: int,
    seed: int,
) -> xr.Dataset:
    """Tangent axes and ordinary InPCA of all models and of each architecture alone, with pairs of models to compare.

    Parameters
    ----------
    table : DataFrame
        Model table.
    D : (m, m) array
        Distances between its models.
    log_probs : (m, N, C) array
    labels : (N,) array of int
    split : {"train", "test"}
        Whose progress is meant.
    progress_at : float
        Progress λ of the initial mean; that of the final one is 1 - λ.
    progress_of : mapping from architecture to float
        λ of architectures alone that have their own.
    width : float
        Standard deviation of the weights, in units of progress.
    largest_loss : float
        Models of at least this train loss (nats) are left out.
    n_draws : int
        Pairs of models of each kind: ``random``, any two different models, and ``near``, one model drawn with the
        weights of each mean.
    n_sampled : int
        Random models, at most, over whose pairs the axes of drawn pairs are judged.
    seed : int

    Returns
    -------
    Dataset
        Dimension ``group``; coordinates of models that are not in a group are NaN.
    """
    rng = np.random.default_rng(seed)
    s = table[f"{split}_progress"].to_numpy()
    is_run = (table["kind"] == "run").to_numpy()
    ends = [int(np.flatnonzero(table["kind"] == kind)[0]) for kind in ENDS]
    line = np.flatnonzero(table["kind"] == "geodesic")
    members = groups(table, largest_loss)
    early = {name: progress_of.get(name, progress_at) for name in members}
    weights = np.zeros((len(members), 2 + len(PLACES), len(table)))  # of the two means, then of those elsewhere
    for weight, (name, rows) in zip(weights, members.items(), strict=True):
        of_runs = rows[is_run[rows]]
        for index, at in enumerate((early[name], 1 - early[name], *PLACES)):
            weight[index, of_runs] = tangent_weights(s[of_runs], at, width)
    means = mean_models(log_probs, weights.reshape(-1, len(table)))
    distances = mean_distances(D, log_probs, means, ends, weights.shape[1])
    parts = []
    for (name, rows), weight, (among, to_points) in zip(members.items(), weights, distances, strict=True):
        of_runs = rows[is_run[rows]]
        part = compared_axes(D, among[:4, :4], to_points[:, :4], rows, line)
        sampled = np.sort(rng.choice(rows, min(n_sampled, len(rows)), replace=False))
        pairs = {
            "random": np.array([rng.choice(of_runs, 2, replace=False) for _ in range(n_draws)]),
            "near": np.column_stack([rng.choice(len(table), n_draws, p=w) for w in weight[:2]]),
        }
        drawn = [explained_by_pairs(D, ends, pairs[draws], sampled) for draws in DRAWS]
        part["drawn_explained_distance"] = (("draws", "draw", "axis"), np.array(drawn))
        between = submatrix(D, sampled)
        elsewhere = explained_elsewhere(between, among, to_points[sampled])
        part["elsewhere_explained_distance"] = (("initial", "final", "axis"), elsewhere)
        signature = np.sign(part["original_eigenvalue"].values[:TANGENT_AXES])
        of_views = [
            explained_distance(part["original"].values[sampled], signature, between),
            explained_by(between, among[:4, :4], to_points[sampled, :4]),
        ]
        part["sampled_explained_distance"] = (("view", "axis"), np.array(of_views))
        part["n_models"], part["n_sampled"] = len(of_runs), len(sampled)
        part["n_left_out"] = int((is_run & (table["network"].eq(name) | (name == ALL))).sum()) - len(of_runs)
        part["progress_at"] = early[name]
        part["n_effective"] = ("end", 1 / np.sum(weight[:2] ** 2, axis=1))
        parts.append(part)
    dataset = xr.concat(parts, pd.Index(members, name="group"))
    of_groups = means.reshape(len(members), -1, *means.shape[1:])
    dataset["mean_progress"] = (("group", "end"), progress(of_groups[:, :2], labels))
    settings = {"split": split, "width": width, "largest_loss": largest_loss, "n_draws": n_draws}
    coordinates = {
        "draws": list(DRAWS),
        "view": ["original", "tangent"],
        "initial": list(PLACES),
        "final": list(PLACES),
    }
    return dataset.assign_coords(coordinates).assign_attrs(settings)


def mean_distances(
    D: np.ndarray, log_probs: np.ndarray, means: np.ndarray, ends: Sequence[int], size: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Distances of P0, two means, P* and the other means of a group, for each group of ``size`` means.

    Yields
    ------
    among : (size + 2, size + 2) array
        Between these points.
    to_points : (m, size + 2) array
        Of all models to them.
    """
    with np.errstate(divide="ignore"):  # a class to which no model gives any probability
        log_means = np.log(means)
    to_means = pairwise_distances(log_probs, log_means, log=True, n_jobs=1)
    between_means = pairwise_distances(log_means, log=True, n_jobs=1)
    of_means = [1, 2, *range(4, size + 2)]
    for first in range(0, len(means), size):
        group = slice(first, first + size)
        to_points = np.empty((len(D), size + 2))
        to_points[:, [0, 3]], to_points[:, of_means] = D[:, ends], to_means[:, group]
        among = np.empty((size + 2, size + 2))
        among[[0, 3]] = to_points[ends]
        among[:, [0, 3]] = among[[0, 3]].T
        among[np.ix_(of_means, of_means)] = between_means[group, group]
        yield among, to_points


def compared_axes(
    D: np.ndarray, among: np.ndarray, to_points: np.ndarray, rows: np.ndarray, line: np.ndarray
) -> xr.Dataset:
    """Tangent axes and ordinary InPCA of the same models.

    Ordinary axes are turned to lead from P0 to P*, tangent axes to go with the ordinary axis of the same rank.

    Parameters
    ----------
    D : (m, m) array
        Distances between models.
    among : (4, 4) array
        Distances between :data:`POINTS`.
    to_points : (m, 4) array
        Distances of the models to them.
    rows : (n,) array of int
        Models that are embedded, P0 and P* among them.
    line : array of int
        Models that are placed among them in both embeddings, and count in neither.
    """
    inside = submatrix(D, rows)
    inpca = InPCA(ORIGINAL_AXES, metric="precomputed").fit(inside)
    placed = np.union1d(rows, line)
    to_rows = np.concatenate([D[np.ix_(placed, rows)], to_points[rows].T])  # the four points come last
    original = inpca.transform(to_rows)[:, :TANGENT_AXES]
    tangent, eigenvalues = place_models(among, np.concatenate([to_points[placed], among]))
    original *= np.where(original[-1] < original[-4], -1, 1)
    embedded = np.flatnonzero(np.isin(placed, rows))
    centred = tangent[embedded] - tangent[embedded].mean(axis=0)
    tangent *= np.where(np.sum(centred * original[embedded], axis=0) < 0, -1, 1)
    explained = explained_distance(tangent[embedded], np.sign(eigenvalues), inside)
    of_models = np.full((2, len(D), TANGENT_AXES), np.nan)
    of_models[:, placed] = original[:-4], tangent[:-4]
    return xr.Dataset(
        {
            "original": (("model", "axis"), of_models[0]),
            "tangent": (("model", "axis"), of_models[1]),
            "original_point": (("point", "axis"), original[-4:]),
            "tangent_point": (("point", "axis"), tangent[-4:]),
            "original_eigenvalue": ("original_axis", inpca.eigenvalues_),
            "tangent_eigenvalue": ("axis", eigenvalues),
            "original_explained_distance": ("original_axis", inpca.explained_distance_),
            "tangent_explained_distance": ("axis", explained),
            "distance": (("point", "to_point"), among),
        },
        coords={
            "axis": np.arange(1, TANGENT_AXES + 1),
            "original_axis": np.arange(1, ORIGINAL_AXES + 1),
            "point": list(POINTS),
            "to_point": list(POINTS),
        },
    )
