"""Tangent axes beside ordinary InPCA, of all models and of each architecture, and what other points would give."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from inpca.embedding.estimator import InPCA
from inpca.embedding.spectral import explained_distance
from inpca.geometry import progress
from paper.models import ENDS, axis_signs
from paper.rooms.tangent_embeddings.configuration import TangentSettings
from paper.rooms.tangent_embeddings.tangents import (
    POINTS,
    TANGENT_AXES,
    cosines,
    explained_by,
    explained_by_null,
    explained_by_pairs,
    mean_distances,
    submatrix,
    tangent_coordinates,
    tangent_weights,
    weighted_sums,
)

#: Axes of the ordinary embedding that are compared with the tangent axes, as many as the paper shows.
ORIGINAL_AXES = 8
#: Kinds of pairs of models that take the place of the two means: any two, or one near each mean.
PAIR_KINDS = ("random", "near")
#: Name of the group that holds the models of all architectures.
ALL = "all"


def groups(table: pd.DataFrame, largest_loss: float) -> dict[str, np.ndarray]:
    """Rows of all models and of those of each architecture, without those of too large a train loss.

    P0 and P* belong to every group. The points between them do not: they are no networks, and there may be as many of
    them as of an architecture's models.
    """
    ends = table["kind"].isin(ENDS)
    fitting = (table["kind"] == "run") & (table["train_loss"] < largest_loss)
    names = table.loc[fitting, "network"].unique()
    chosen = {ALL: fitting} | {name: fitting & (table["network"] == name) for name in names}
    return {name: np.flatnonzero(rows | ends) for name, rows in chosen.items()}


def tangent_embeddings(
    table: pd.DataFrame,
    D: np.ndarray,
    log_probs: np.ndarray,
    labels: np.ndarray,
    split: str,
    settings: TangentSettings,
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
    settings : TangentSettings

    Returns
    -------
    Dataset
        Dimension ``group``; coordinates of models that are not in a group are NaN.
    """
    rng = np.random.default_rng(settings.seed)
    is_run = (table["kind"] == "run").to_numpy()
    ends = [int(np.flatnonzero(table["kind"] == kind)[0]) for kind in ENDS]
    line = np.flatnonzero(table["kind"] == "geodesic")
    members = groups(table, settings.largest_loss)
    early = {name: settings.progress_of.get(name, settings.progress_at) for name in members}
    weights = weights_of_means(table, members, early, split, settings.width)
    run = pd.factorize(table["run"].where(is_run))[0]
    of_run = table[is_run].groupby("run", sort=False).first()
    parts, all_means = [], []
    for (name, rows), weight in zip(members.items(), weights, strict=True):
        of_runs = rows[is_run[rows]]
        sums = weighted_sums(log_probs, weight, run)
        means = sums.sum(axis=0)
        all_means.append(means)
        among, to_points = mean_distances(D, log_probs, means, ends)
        part = compared_axes(D, among, to_points, rows, line)
        sampled = np.sort(rng.choice(rows, min(settings.n_sampled, len(rows)), replace=False))
        part = part.merge(of_sampled(D, among, to_points, sampled, part))
        part = part.merge(cosines(sums, weight, run, of_run["configuration"].to_numpy(), labels, settings))
        judged = np.array([ends[0], *np.setdiff1d(sampled[::2], ends), ends[1]])  # nulls differ by a thousandth: few do
        by_null = explained_by_null(log_probs, sums, run, labels, judged, rng.spawn(1)[0])
        part["null_explained_distance"] = (("view", "axis"), by_null)
        pairs = pairs_of_models(of_runs, weight, settings.n_pairs, rng)
        explained = [explained_by_pairs(D, ends, pairs[kind], sampled) for kind in PAIR_KINDS]
        part["pair_explained_distance"] = (("kind", "pair", "axis"), np.array(explained))
        part["n_models"], part["n_sampled"] = len(of_runs), len(sampled)
        part["n_left_out"] = int((is_run & (table["network"].eq(name) | (name == ALL))).sum()) - len(of_runs)
        part["progress_at"] = early[name]
        part["n_effective"] = ("end", 1 / np.sum(weight**2, axis=1))
        parts.append(part)
    dataset = xr.concat(parts, pd.Index(members, name="group"))
    dataset["mean_progress"] = (("group", "end"), progress(np.array(all_means), labels))
    attributes = settings.model_dump(include={"width", "largest_loss", "n_pairs"}) | {"split": split}
    return dataset.assign_coords({"kind": list(PAIR_KINDS), "model": table["model"].to_numpy()}).assign_attrs(
        attributes
    )


def weights_of_means(
    table: pd.DataFrame, members: Mapping[str, np.ndarray], early: Mapping[str, float], split: str, width: float
) -> np.ndarray:
    """Weight of every model in the means of each group.

    Parameters
    ----------
    table : DataFrame
    members : mapping from group to (n,) array of int
        Rows of each group.
    early : mapping from group to float
        Progress λ of the initial mean; that of the final one is 1 - λ.
    split : {"train", "test"}
    width : float

    Returns
    -------
    (group, 2, m) array
    """
    s, is_run = table[f"{split}_progress"].to_numpy(), (table["kind"] == "run").to_numpy()
    weights = np.zeros((len(members), 2, len(table)))
    for weight, (name, rows) in zip(weights, members.items(), strict=True):
        of_runs = rows[is_run[rows]]
        for index, at in enumerate((early[name], 1 - early[name])):
            weight[index, of_runs] = tangent_weights(s[of_runs], at, width)
    return weights


def pairs_of_models(
    of_runs: np.ndarray, weights: np.ndarray, n_pairs: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Pairs of models that take the place of the two means, n_pairs of each of :data:`PAIR_KINDS`.

    ``random`` are any two different models of ``of_runs``; ``near`` one model at random with the weights of each mean.

    Parameters
    ----------
    of_runs : (n,) array of int
        Rows of the models of a group.
    weights : (2, m) array
        Of all models in the two means.
    n_pairs : int
    rng : numpy.random.Generator

    Returns
    -------
    dict from kind to (n_pairs, 2) array of int
    """
    return {
        "random": np.array([rng.choice(of_runs, 2, replace=False) for _ in range(n_pairs)]),
        "near": np.column_stack([rng.choice(weights.shape[1], n_pairs, p=weight) for weight in weights]),
    }


def of_sampled(
    D: np.ndarray, among: np.ndarray, to_points: np.ndarray, sampled: np.ndarray, part: xr.Dataset
) -> xr.Dataset:
    """What the ordinary axes and the tangent axes explain of the distances between sampled models.

    Parameters
    ----------
    D, among, to_points : arrays
        See :func:`mean_distances`.
    sampled : (n,) array of int
        Rows of the sampled models.
    part : Dataset
        From :func:`compared_axes`.

    Returns
    -------
    Dataset
        ``sampled_explained_distance`` (view, axis).
    """
    between = submatrix(D, sampled)
    signature = np.sign(part["original_eigenvalue"].values[:TANGENT_AXES])
    of_views = [
        explained_distance(part["original"].values[sampled], signature, between),
        explained_by(between, among, to_points[sampled]),
    ]
    return xr.Dataset(
        {"sampled_explained_distance": (("view", "axis"), np.array(of_views))}, {"view": ["original", "tangent"]}
    )


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
    tangent, eigenvalues = tangent_coordinates(among, np.concatenate([to_points[placed], among]))
    original *= axis_signs(original[-4], original[-1])
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
