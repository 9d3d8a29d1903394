"""Where corner runs go: geodesics from ignorance to their corners, and how far they are from normal trajectories."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from inpca.dimension import class_preserving_orders
from inpca.distances.pairwise import pairwise_distances
from inpca.geometry import bhattacharyya_distance, geodesic, ignorance, progress
from inpca.predictions.store import SPLITS, PredictionStore
from inpca.trajectories import reindex
from paper.models import on_geodesic, run_name
from paper.stored import StoredModels, StoredRun, stored_runs

#: Points of each geodesic from P0 to a corner, its ends among them.
CURVE_POINTS = 25
#: Where the geodesic from P0 to P* is drawn. Its distance to a corner, which gives the truth next to no probability,
#: grows with the logarithm of 1 - t: points that are even in t leave out most of that way.
TRUTH_CURVE = np.concatenate([np.linspace(0, 0.9, 19), 1 - np.geomspace(0.08, 1e-6, 40), [1.0]])
#: Draws the permutations of the control of :func:`measure_paths`.
PERMUTATION_SEED = 0


def corner_runs(stores: Sequence[PredictionStore]) -> pd.DataFrame:
    """One row for each run, in the order of the model table.

    Columns: ``run``; ``start`` (normal, random or subset); ``label_seed`` (NaN for a normal start); ``seed``;
    ``fit_error``, the error on the labels that were fitted first; ``in_corner``, whether that is small enough (false
    for a normal start).
    """
    tables = []
    for store in stores:
        corner = store.attributes["corner"]
        left = np.isin(corner["run_seeds"], store.seeds)  # runs that diverged are not in the store
        tables.append(
            pd.DataFrame(
                {
                    "run": [run_name(store.attributes["configuration"], seed) for seed in store.seeds],
                    "start": corner["start"],
                    "label_seed": np.array(corner["label_seeds"], float)[left],
                    "seed": store.seeds,
                    "fit_error": np.array(corner["fit_errors"], float)[left],
                    "in_corner": np.array(corner["in_corner"], bool)[left],
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def geodesics_to_corners(runs: Sequence[StoredRun]) -> tuple[list[str], np.ndarray]:
    """Geodesics from P0 to the first model of every run that was fitted first.

    Returns
    -------
    names : list of str
        The runs.
    points : (k, CURVE_POINTS, N, C) array of float64
        Probabilities.
    """
    names, curves = [], []
    for run in runs:
        if is_normal(run):
            continue
        corner = np.exp(run[0].astype(np.float64))
        names.append(run.name)
        curves.append(geodesic(ignorance(*corner.shape), corner, np.linspace(0, 1, CURVE_POINTS)))
    return names, np.array(curves)


def distances_to_normal_trajectories(
    runs: Sequence[StoredRun], labels: np.ndarray, orders: Sequence[np.ndarray] | None = None
) -> np.ndarray:
    """Bhattacharyya distance of each model to the nearest normal trajectory at equal progress.

    min over normal runs U of d_B(P, U_s(P)), U_s the model of that trajectory at progress s (see
    :func:`inpca.trajectories.reindex`). For a model of a normal
    run, the others are meant: this is how far normal runs are from each other.

    Parameters
    ----------
    runs : sequence of StoredRun
    labels : (N,) array of int
    orders : sequence of (N,) arrays of int, optional
        Of each run: its samples are taken in this order, while those of normal trajectories are not.

    Returns
    -------
    (m,) array
        Of the models of one run after the other; nats a sample.
    """
    models = [np.exp(run[:].astype(np.float64)) for run in runs]
    at = [progress(run, labels) for run in models]
    normal = [index for index, run in enumerate(runs) if is_normal(run)]
    nearest = []
    for index, (run, s) in enumerate(zip(models, at, strict=True)):
        own = run if orders is None else run[:, orders[index]]
        others = [reindex(models[other], at[other], s) for other in normal if other != index]
        nearest.append(np.min([bhattacharyya_distance(own, other) for other in others], axis=0))
    return np.concatenate(nearest)


def is_normal(run: StoredRun) -> bool:
    """Whether a run starts from a normal initialisation."""
    return run.attributes["corner"]["start"] == "normal"


def measure_paths(table: pd.DataFrame, stores: Sequence[PredictionStore]) -> xr.Dataset:
    """How far corner runs are from normal trajectories, and all models from geodesics to corners, on both splits.

    Parameters
    ----------
    table : DataFrame
        Model table.
    stores : sequence of PredictionStore

    Returns
    -------
    Dataset
        For each split ``<split>_curve_distance`` (curve, point, model), of the points of
        :func:`geodesics_to_corners`; ``<split>_truth_curve_distance`` (t, model), of the geodesic from P0 to P*;
        ``<split>_trajectory_distance`` (run_model), see :func:`distances_to_normal_trajectories`, and
        ``<split>_permuted_distance``, the same of runs whose samples are permuted within classes. ``model`` and
        ``run_model`` are labels of the table, ``curve`` runs.
    """
    measured = xr.Dataset(coords={"model": table["model"].to_numpy(), "t": TRUTH_CURVE})
    for split in SPLITS:
        runs, labels = stored_runs(table, stores, split), stores[0].labels(split)
        names, curves = geodesics_to_corners(runs)
        probabilities = np.exp(StoredModels(table, stores, split)[:])
        D = pairwise_distances(curves.reshape(-1, *curves.shape[2:]), probabilities, n_jobs=1)
        D = D.reshape(*curves.shape[:2], -1).astype(np.float32)
        measured[f"{split}_curve_distance"] = ("curve", "point", "model"), D
        way = on_geodesic(labels, curves.shape[-1], TRUTH_CURVE)
        to_truth = pairwise_distances(way, probabilities, n_jobs=1).astype(np.float32)
        measured[f"{split}_truth_curve_distance"] = ("t", "model"), to_truth
        permuted = class_preserving_orders(labels, len(runs), rng=PERMUTATION_SEED)
        for name, orders in (("trajectory", None), ("permuted", permuted)):
            nearest = distances_to_normal_trajectories(runs, labels, orders)
            measured[f"{split}_{name}_distance"] = "run_model", nearest
        of_runs = np.concatenate([run.models for run in runs])
        measured = measured.assign_coords(curve=names, run_model=of_runs)
    return measured
