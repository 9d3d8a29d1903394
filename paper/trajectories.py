"""What there is to know of the trajectories of an experiment: distances, nulls, tubes, as tables and data sets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from inpca.geometry import riemannian_length
from inpca.predictions.store import PredictionStore
from inpca.trajectories import GRID, Permuted, Trajectory, order_within_classes
from inpca.tubes import distance_to_geodesic, trajectory_distances, tube_width
from paper.stored import stored_runs


def select_runs(measured: xr.Dataset, names: Sequence[str]) -> xr.Dataset:
    """What :func:`measure_trajectories` returned, for some of the runs in this order; KeyError for any other."""
    return measured.sel(run=list(names), other=list(names))


def along_progress(measured: xr.Dataset, factors: pd.DataFrame) -> pd.DataFrame:
    """Distance to the geodesic and to the mean trajectory by run and s, where the run is under way.

    Parameters
    ----------
    measured : Dataset
        From :func:`measure_trajectories`.
    factors : DataFrame
        One row for each run, whose columns are kept, such as ``network``.

    Returns
    -------
    DataFrame
        Those columns, and ``run``, ``s``, ``geodesic_distance``, ``tube_width``; values of s before a run's first
        checkpoint and beyond its largest progress, where it stands still, are left out.
    """
    table = measured[["geodesic_distance", "tube_width", "start", "reach"]].to_dataframe().reset_index()
    of_runs = factors.loc[factors.index.repeat(measured.sizes["s"])].reset_index(drop=True)
    inside = (table["s"] >= table["start"]) & (table["s"] <= table["reach"])
    kept = table[["run", "s", "geodesic_distance", "tube_width"]]
    return pd.concat([of_runs, kept], axis=1)[inside]


def measure_trajectories(
    table: pd.DataFrame, stores: Sequence[PredictionStore], split: str, *, null_seed: int, n_jobs: int
) -> xr.Dataset:
    """All there is to know of the trajectories of an experiment on one split.

    Parameters
    ----------
    table : DataFrame
        Model table, whose runs are meant.
    stores : sequence of PredictionStore
    split : {"train", "test"}
    null_seed : int
        Each run's null permutes samples within classes by a seed made from this one and the run's position.
    n_jobs : int

    Returns
    -------
    Dataset
        ``distance`` (run, other), ``null_distance`` (run, other): to the null of the other run;
        ``geodesic_distance`` and ``tube_width`` (run, s): to the geodesic and to the mean trajectory over the seeds of
        the run's configuration, at equal progress; ``length`` (run): Riemannian length; ``start`` and ``reach`` (run):
        progress of the first checkpoint and the largest progress, outside of which a trajectory stands still.
    """
    runs, labels = stored_runs(table, stores, split), stores[0].labels(split)
    by_model = table.set_index("model")[f"{split}_progress"]
    progress = [by_model.loc[run.models].to_numpy() for run in runs]
    trajectories = [Trajectory(run, index, truth=labels, log=True) for run, index in zip(runs, progress, strict=True)]
    nulls = [
        Permuted(trajectory, order_within_classes(labels, null_seed + position))
        for position, trajectory in enumerate(trajectories)
    ]
    groups = [run.configuration for run in runs]
    members = {name: [i for i, group in enumerate(groups) if group == name] for name in dict.fromkeys(groups)}
    distance, null_distance = np.zeros((2, len(runs), len(runs)))
    geodesic_distance, width = (np.empty((len(runs), len(GRID))) for _ in range(2))
    for column, s in enumerate(GRID):
        distance += trajectory_distances(trajectories, s=[s], n_jobs=n_jobs) / len(GRID)
        null_distance += trajectory_distances(trajectories, nulls, [s], n_jobs=n_jobs) / len(GRID)
        for rows in members.values():
            models = np.stack([trajectories[row].at(s) for row in rows])[:, None]
            geodesic_distance[rows, [column]] = distance_to_geodesic(models, labels, [s])[:, 0]
            width[rows, [column]] = tube_width(models)[:, 0]
    return xr.Dataset(
        {
            "distance": (("run", "other"), distance),
            "null_distance": (("run", "other"), null_distance),
            "geodesic_distance": (("run", "s"), geodesic_distance),
            "tube_width": (("run", "s"), width),
            "length": ("run", [riemannian_length(run.probabilities()) for run in runs]),
            "start": ("run", [index[0] for index in progress]),
            "reach": ("run", [index.max() for index in progress]),
        },
        coords={
            "run": [run.name for run in runs],
            "other": [run.name for run in runs],
            "configuration": ("run", groups),
            "s": GRID,
        },
    )
