"""Where corner runs go: geodesics from ignorance to their corners, and how far they are from normal trajectories."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from inpca.geometry import bhattacharyya_distance, geodesic, ignorance, progress
from inpca.predictions.store import PredictionStore
from inpca.trajectories import reindex
from paper.models import run_name

#: Points of each geodesic from P0 to a corner, its ends among them.
CURVE_POINTS = 25


def corner_runs(stores: Sequence[PredictionStore]) -> pd.DataFrame:
    """One row for each run, in the order of the model table.

    Columns: ``run``; ``start`` (normal, random or subset); ``label_seed`` (NaN for a normal start); ``seed``;
    ``fit_error``, the error on the labels that were fitted first; ``in_corner``, whether that is small enough (false
    for a normal start).
    """
    tables = []
    for store in stores:
        corner = store.attributes["corner"]
        tables.append(
            pd.DataFrame(
                {
                    "run": [run_name(store.attributes["configuration"], seed) for seed in store.seeds],
                    "start": corner["start"],
                    "label_seed": np.array(corner["label_seeds"], float),
                    "seed": store.seeds,
                    "fit_error": np.array(corner["fit_errors"], float),
                    "in_corner": np.array(corner["in_corner"], bool),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def geodesics_to_corners(stores: Sequence[PredictionStore], split: str) -> tuple[list[str], np.ndarray]:
    """Geodesics from P0 to the first model of every run that was fitted first.

    Returns
    -------
    names : list of str
        The runs.
    points : (k, CURVE_POINTS, N, C) array of float64
        Probabilities.
    """
    names, curves = [], []
    for store in stores:
        if store.attributes["corner"]["start"] == "normal":
            continue
        for index, seed in enumerate(store.seeds):
            corner = np.exp(store.log_probs(split)[index, 0].astype(np.float64))
            names.append(run_name(store.attributes["configuration"], seed))
            curves.append(geodesic(ignorance(*corner.shape), corner, np.linspace(0, 1, CURVE_POINTS)))
    return names, np.array(curves)


def distances_to_normal_trajectories(stores: Sequence[PredictionStore], split: str) -> np.ndarray:
    """Bhattacharyya distance of each model to the nearest normal trajectory at equal progress.

    min over normal runs U of d_B(P, U_s(P)), U_s the model of that trajectory at progress s (see
    :func:`inpca.trajectories.reindex`). For a model of a normal
    run, the others are meant: this is how far normal runs are from each other.

    Parameters
    ----------
    stores : sequence of PredictionStore
    split : {"train", "test"}

    Returns
    -------
    (m,) array
        In the order of the model table, runs only; nats a sample.
    """
    labels = stores[0].labels(split)
    runs, is_normal = [], []
    for store in stores:
        for values in store.log_probs(split):
            runs.append(np.exp(values.astype(np.float64)))
            is_normal.append(store.attributes["corner"]["start"] == "normal")
    at = [progress(run, labels) for run in runs]
    normal = np.flatnonzero(is_normal)
    nearest = []
    for index, (run, s) in enumerate(zip(runs, at, strict=True)):
        others = [reindex(runs[other], at[other], s) for other in normal if other != index]
        nearest.append(np.min([bhattacharyya_distance(run, other) for other in others], axis=0))
    return np.concatenate(nearest)
