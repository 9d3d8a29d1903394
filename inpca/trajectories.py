"""Trajectories: runs indexed by progress instead of time, the distances between them, and how far they spread.

A trajectory is a run's models at its checkpoints. Runs take different time for the same way, so that they are
compared at equal progress: at s = 0.01 … 1.00, interpolated along the geodesics between their checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from tqdm import tqdm

from inpca.centroids import centroid
from inpca.distances import pairwise_distances
from inpca.geometry import SMALLEST_ANGLE, bhattacharyya_distance, geodesic, ignorance, riemannian_length, truth
from inpca.models import StoredRun

#: Values of progress at which trajectories are compared.
GRID = np.linspace(0.01, 1, 100)


class Trajectory:
    """A run's models at its checkpoints, to be had at any value of an index that grows along the run.

    Checkpoints at which the index does not exceed all earlier values are passed over: the trajectory at s is where the
    run *first* gets to s. Before the first value it stands still at the first model, after the largest at the model
    that has it. At most two checkpoints are held in memory.

    Parameters
    ----------
    models : (T, N, C) array, or anything that yields an (N, C) array when indexed by a checkpoint
        Probabilities, or log-probabilities with ``log=True``.
    index : (T,) array
        Usually the progress of each checkpoint, see :func:`inpca.geometry.progress`.
    log : bool

    Raises
    ------
    ValueError
        If the index is empty, not one-dimensional, not finite, or of another length than the models.
    """

    def __init__(self, models, index, *, log: bool = False):
        index = np.asarray(index, np.float64)
        if index.ndim != 1 or not len(index) or not np.isfinite(index).all():
            raise ValueError(f"index must hold one finite number for each checkpoint, not {index!r}")
        if hasattr(models, "__len__") and len(models) != len(index):
            raise ValueError(f"index has {len(index)} entries, the trajectory {len(models)} checkpoints")
        self._models, self._log = models, log
        ahead = np.maximum.accumulate(np.concatenate([[-np.inf], index[:-1]]))
        self.checkpoints = np.flatnonzero(index > ahead)
        self.index = index[self.checkpoints]
        self._bracket, self._at = None, (None, None)

    def at(self, s: float) -> np.ndarray:
        """Model at index s, (N, C) float32: the point of the geodesic between the checkpoints on both sides of s."""
        if self._at[0] != s:
            self._at = s, self._interpolate(s)
        return self._at[1]

    def _interpolate(self, s: float) -> np.ndarray:
        upper = int(np.searchsorted(self.index, s))
        if upper == 0 or upper == len(self.index):
            return self._roots(min(upper, len(self.index) - 1)) ** 2
        if self._bracket is None or self._bracket[0] != upper:
            left, right = self._roots(upper - 1), self._roots(upper)
            # the angle from the chord keeps the accuracy that arccos loses for neighbours
            chord = np.sqrt(np.square(left - right, dtype=np.float64).sum(axis=-1))
            angle = 2 * np.arcsin(np.minimum(chord / 2, np.sqrt(0.5)))
            self._bracket = upper, left, right, np.maximum(angle, SMALLEST_ANGLE)[:, None]
        _, left, right, angle = self._bracket
        t = (s - self.index[upper - 1]) / (self.index[upper] - self.index[upper - 1])
        ends = np.sin((1 - t) * angle), np.sin(t * angle)
        weights = [(end / np.sin(angle)).astype(np.float32) for end in ends]
        return (weights[0] * left + weights[1] * right) ** 2

    def _roots(self, position: int) -> np.ndarray:
        """Square roots of the probabilities at a checkpoint, normalised."""
        model = np.asarray(self._models[self.checkpoints[position]])
        roots = np.exp(model / 2) if self._log else np.sqrt(model)
        roots = roots.astype(np.float64)
        return (roots / np.linalg.norm(roots, axis=-1, keepdims=True)).astype(np.float32)


class Permuted:
    """A trajectory with its samples in another order; with an order within classes, the null of a run.

    Parameters
    ----------
    trajectory : Trajectory
    order : (N,) array of int
    """

    def __init__(self, trajectory: Trajectory, order: np.ndarray):
        self._trajectory, self._order = trajectory, order

    def at(self, s: float) -> np.ndarray:
        """Model at index s, (N, C) float32."""
        return self._trajectory.at(s)[self._order]


def order_within_classes(labels: np.ndarray, seed: int) -> np.ndarray:
    """Random permutation of samples that leaves each in its class: ``labels[order]`` are the labels.

    Predictions permuted so keep their loss, error and progress at every checkpoint, since these do not tell samples of
    one class apart. How close they stay to those of another run is what the metric alone makes of being equally good.

    Parameters
    ----------
    labels : (N,) array of int
    seed : int
    """
    rng = np.random.default_rng(seed)
    order = np.arange(len(labels))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        order[members] = rng.permutation(members)
    return order


def reindex(trajectory: np.ndarray, index: np.ndarray, s: np.ndarray = GRID, *, log: bool = False) -> np.ndarray:
    """Models of a trajectory at given values of an index, such as progress.

    Between two checkpoints the geodesic is followed at constant speed; see :class:`Trajectory` for a run that falls
    back, and for what comes before its first checkpoint and after its last.

    Parameters
    ----------
    trajectory : (T, N, C) array
        Probabilities, or log-probabilities with ``log=True``.
    index : (T,) array
    s : (S,) array
    log : bool

    Returns
    -------
    (S, N, C) array of float32
    """
    trajectory = Trajectory(trajectory, index, log=log)
    return np.stack([trajectory.at(value) for value in np.atleast_1d(s)])


def trajectory_distance(U: np.ndarray, V: np.ndarray) -> float:
    """Distance between trajectories indexed alike, ∫ d_B(U_s, V_s) ds as a mean over s, in nats a sample.

    Parameters
    ----------
    U, V : (S, N, C) arrays
        Probabilities, from :func:`reindex`.
    """
    if np.shape(U) != np.shape(V):
        raise ValueError(f"trajectories must have the same shape, not {np.shape(U)} and {np.shape(V)}")
    return float(bhattacharyya_distance(U, V).mean())


class _Models:
    """Models of some trajectories at one value of the index, read as :func:`pairwise_distances` wants them."""

    def __init__(self, trajectories: Sequence[Trajectory], s: float):
        self._trajectories, self._s = trajectories, s
        self.shape = (len(trajectories), *trajectories[0].at(s).shape)

    def __getitem__(self, rows: slice) -> np.ndarray:
        return np.stack([trajectory.at(self._s) for trajectory in self._trajectories[rows]])


def trajectory_distances(
    trajectories: Sequence, others: Sequence | None = None, s: np.ndarray = GRID, *, n_jobs=None, progress=False
) -> np.ndarray:
    """Distance between every two trajectories, the mean over s of d_B at equal s, in nats a sample.

    Memory is that of two checkpoints and one model a trajectory, and of :func:`pairwise_distances`.

    Parameters
    ----------
    trajectories : sequence of m :class:`Trajectory` or :class:`Permuted`
    others : sequence of k of them, optional
        The same trajectories unless given.
    s : (S,) array
    n_jobs : int, optional
        Threads; all unless given.
    progress : bool
        Show a progress bar over s.

    Returns
    -------
    (m, k) array
    """
    total = 0.0
    for value in tqdm(s, desc="trajectories", disable=not progress):
        right = None if others is None else _Models(others, value)
        total = total + pairwise_distances(_Models(trajectories, value), right, n_jobs=n_jobs)
    return total / len(s)


def mean_trajectory(trajectories: np.ndarray) -> np.ndarray:
    """Arithmetic mean of trajectories indexed alike: (M, S, N, C) to (S, N, C)."""
    return centroid(trajectories, "arithmetic")


def tube_width(trajectories: np.ndarray) -> np.ndarray:
    """Distance d_B of trajectories to their mean trajectory at equal s.

    Parameters
    ----------
    trajectories : (M, S, N, C) array

    Returns
    -------
    (M, S) array
        Its mean over the trajectories is the width of the tube that they fill.
    """
    return bhattacharyya_distance(trajectories, mean_trajectory(trajectories))


def distance_to_geodesic(trajectory: np.ndarray, labels: np.ndarray, s: np.ndarray = GRID) -> np.ndarray:
    """Distance d_B(P_s, γ_s) of a trajectory to the point of equal progress on the geodesic from P0 to P*.

    Parameters
    ----------
    trajectory : (..., S, N, C) array
    labels : (N,) array of int
    s : (S,) array

    Returns
    -------
    (..., S) array
    """
    n_samples, n_classes = np.shape(trajectory)[-2:]
    ends = ignorance(n_samples, n_classes), truth(labels, n_classes)
    return bhattacharyya_distance(trajectory, geodesic(*ends, np.asarray(s)))


def group_distances(distances: np.ndarray, groups: Sequence[str]) -> pd.DataFrame:
    """Mean distance between the members of every two groups, such as the seeds of configurations.

    Parameters
    ----------
    distances : (m, m) array
    groups : (m,) sequence
        Group of each trajectory.

    Returns
    -------
    DataFrame
        Square, by group in order of appearance. On the diagonal the mean over pairs of different members, NaN for a
        group of one.
    """
    names = list(dict.fromkeys(groups))
    member = np.array([[group == name for name in names] for group in groups], float)
    size = member.sum(axis=0)
    pairs = np.outer(size, size) - np.diag(size)
    own = np.where(np.eye(len(groups), dtype=bool), 0, distances)
    with np.errstate(invalid="ignore"):
        return pd.DataFrame(member.T @ own @ member / pairs, index=names, columns=names)


def select_runs(measured: xr.Dataset, chosen: np.ndarray) -> xr.Dataset:
    """What :func:`measure_trajectories` returned, for some of the runs (array of bool)."""
    return measured.isel(run=chosen, other=chosen)


def along_progress(measured: xr.Dataset, networks: Sequence[str]) -> pd.DataFrame:
    """Distance to the geodesic and to the mean trajectory by run and s, where the run is under way.

    Parameters
    ----------
    measured : Dataset
        From :func:`measure_trajectories`.
    networks : sequence of str
        Of each run.

    Returns
    -------
    DataFrame
        Columns ``network``, ``run``, ``s``, ``geodesic_distance``, ``tube_width``; values of s before a run's first
        checkpoint and beyond its largest progress, where it stands still, are left out.
    """
    table = measured[["geodesic_distance", "tube_width", "start", "reach"]].to_dataframe().reset_index()
    table["network"] = np.repeat(np.asarray(networks, dtype=object), measured.sizes["s"])
    inside = (table["s"] >= table["start"]) & (table["s"] <= table["reach"])
    return table.loc[inside, ["network", "run", "s", "geodesic_distance", "tube_width"]]


def measure_trajectories(
    runs: Sequence[StoredRun], labels: np.ndarray, table: pd.DataFrame, split: str, null_seed: int, n_jobs: int
) -> xr.Dataset:
    """All there is to know of the trajectories of an experiment on one split.

    Parameters
    ----------
    runs : sequence of m StoredRun
    labels : (N,) array of int
    table : DataFrame
        Model table that holds these runs, for their progress.
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
    progress = [table.loc[table["run"] == run.name, f"{split}_progress"].to_numpy() for run in runs]
    trajectories = [Trajectory(run, index, log=True) for run, index in zip(runs, progress, strict=True)]
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
        coords={"run": [run.name for run in runs], "configuration": ("run", groups), "s": GRID},
    )
