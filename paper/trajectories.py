"""What there is to know of the trajectories of an experiment: distances, nulls, tubes, as tables and data sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from inpca.distances import pairwise_distances
from inpca.geometry import riemannian_length
from inpca.predictions.store import PredictionStore
from inpca.trajectories import GRID, Trajectory, order_within_classes
from inpca.tubes import distance_to_geodesic, tube_width
from paper.stored import StoredRun, stored_runs

#: Memory of the models of all runs that are held at once, in bytes.
BLOCK_BYTES = 2**29


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

    Models at some values of s are held for all runs at once, in :data:`BLOCK_BYTES` unless one value takes more.

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
    groups = [run.configuration for run in runs]
    members = {name: [i for i, group in enumerate(groups) if group == name] for name in dict.fromkeys(groups)}
    distance, null_distance = np.zeros((2, len(runs), len(runs)))
    orders = np.array([order_within_classes(labels, null_seed + place) for place in range(len(runs))], np.int32)
    geodesic_distance, width = (np.empty((len(runs), len(GRID))) for _ in range(2))
    for columns, at in models_at(runs, progress, labels):
        for column, models in zip(columns, at, strict=True):
            s = GRID[column]
            distance += pairwise_distances(models, n_jobs=n_jobs) / len(GRID)
            null_distance += pairwise_distances(models, PermutedModels(models, orders), n_jobs=n_jobs) / len(GRID)
            for rows in members.values():
                of_group = models[rows][:, None]
                geodesic_distance[rows, [column]] = distance_to_geodesic(of_group, labels, [s])[:, 0]
                width[rows, [column]] = tube_width(of_group)[:, 0]
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


def models_at(
    runs: Sequence[StoredRun], progress: Sequence[np.ndarray], labels: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Models of all runs at some values of progress at a time.

    Parameters
    ----------
    runs : sequence of R StoredRun
    progress : sequence of (T,) arrays
        Of their checkpoints.
    labels : (N,) array of int

    Yields
    ------
    columns : (k,) array of int
        Which values of :data:`inpca.trajectories.GRID`, in order.
    models : (k, R, N, C) array of float32

    Notes
    -----
    Of each run only the checkpoints on both sides of these values are read, so that each is read about once in all.
    """
    shape = (len(runs), *runs[0].shape[1:])
    at_once = max(1, BLOCK_BYTES // (4 * int(np.prod(shape))))
    models = np.empty((min(at_once, len(GRID)), *shape), np.float32)
    for first in range(0, len(GRID), at_once):
        columns = np.arange(first, min(first + at_once, len(GRID)))
        for number, (run, index) in enumerate(zip(runs, progress, strict=True)):
            held = run.between(*checkpoints_around(index, *GRID[columns[[0, -1]]]))
            trajectory = Trajectory(held, index, truth=labels, log=True)
            for place, column in enumerate(columns):
                models[place, number] = trajectory.at(GRID[column])
        yield columns, models[: len(columns)]


def checkpoints_around(index: np.ndarray, low: float, high: float) -> tuple[int, int]:
    """First and last checkpoint between which a trajectory is, see :class:`inpca.Trajectory`, for s from low to high.

    Examples
    --------
    >>> checkpoints_around(np.array([0.1, 0.4, 0.3, 0.6, 0.8]), 0.45, 0.5)
    (1, 3)
    """
    ahead = np.flatnonzero(index > np.maximum.accumulate(np.concatenate([[-np.inf], index[:-1]])))
    first, last = np.searchsorted(index[ahead], [low, high])
    return int(ahead[max(first - 1, 0)]), int(ahead[min(last, len(ahead) - 1)])


class PermutedModels:
    """Models (R, N, C) of which each has its samples in an order (R, N) of its own; read when sliced."""

    dtype, ndim = np.dtype(np.float32), 3

    def __init__(self, models: np.ndarray, orders: np.ndarray):
        self._models, self._orders, self.shape = models, orders, models.shape

    def __getitem__(self, rows: slice) -> np.ndarray:
        """Some of them."""
        return np.take_along_axis(self._models[rows], self._orders[rows, :, None], axis=1)
