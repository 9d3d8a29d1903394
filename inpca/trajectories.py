"""Trajectories: runs indexed by progress instead of time, the distances between them, and how far they spread.

A trajectory is a run's models at its checkpoints. Runs take different time for the same way, so that they are
compared at equal progress: at s = 0.01 … 1.00, interpolated along the geodesics between their checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from inpca.centroids import centroid
from inpca.distances.pairwise import pairwise_distances
from inpca.geometry import bhattacharyya_distance, distance_of_roots, geodesic, ignorance, truth
from inpca.probabilities import model_roots, unit_roots
from inpca.segments import Segment

#: Values of progress at which trajectories are compared.
GRID = np.linspace(0.01, 1, 100)


class Trajectory:
    """A run's models at its checkpoints, to be had at any value of an index that grows along the run.

    Checkpoints at which the index does not exceed all earlier values are passed over: the trajectory at s is where the
    run *first* gets to s. Before the first value it stands still at the first model, after the largest at the model
    that has it. Between two checkpoints it follows the geodesic: to the point whose progress is s if the target is
    given, else at a constant speed. At most two checkpoints are held in memory.

    Parameters
    ----------
    models : (T, N, C) array, or anything that yields an (N, C) array when indexed by a checkpoint
        Probabilities, or log-probabilities with ``log=True``.
    index : (T,) array
        Usually the progress of each checkpoint, see :func:`inpca.geometry.progress`.
    target : (N,) array of int or (N, C) array, optional
        The truth, as labels or as probabilities, if the index is progress towards it.
    log, normalize : bool
        As in :func:`inpca.probabilities.check_models`, which reads each checkpoint.

    Raises
    ------
    ValueError
        If the index is empty, not one-dimensional, not finite, or of another length than the models; when a checkpoint
        is read that does not hold probabilities.

    Examples
    --------
    >>> from inpca import Trajectory, geodesic, ignorance, progress, truth
    >>> way = geodesic(ignorance(1, 2), truth([0], 2), [0.0, 0.5, 1.0])
    >>> Trajectory(way, progress(way, [0]), target=[0]).at(0.5).round(3)
    array([[0.854, 0.146]], dtype=float32)
    """

    def __init__(self, models, index, *, target=None, log: bool = False, normalize: bool = False):
        try:
            index = np.asarray(index, np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"index must hold one finite number for each checkpoint, not {index!r}") from None
        if index.ndim != 1 or not len(index) or not np.isfinite(index).all():
            raise ValueError(f"index must hold one finite number for each checkpoint, not {index!r}")
        if not hasattr(models, "__getitem__"):
            raise TypeError(
                f"a trajectory must be an array (checkpoints, samples, classes), not {type(models).__name__}"
            )
        if hasattr(models, "__len__") and len(models) != len(index):
            raise ValueError(f"index has {len(index)} entries, the trajectory {len(models)} checkpoints")
        self._models, self._how, self._target = models, {"log": log, "normalize": normalize}, target
        ahead = np.maximum.accumulate(np.concatenate([[-np.inf], index[:-1]]))
        self.checkpoints = np.flatnonzero(index > ahead)
        self.index = index[self.checkpoints]
        self._bracket, self._at = None, (None, None)

    def at(self, s: float) -> np.ndarray:
        """Model at index s, (N, C) float32: a point of the geodesic between the checkpoints on both sides of s."""
        try:
            s = float(s)
        except (TypeError, ValueError):
            raise ValueError(f"s must be a finite number, not {s!r}") from None
        if not np.isfinite(s):
            raise ValueError(f"s must be a finite number, not {s!r}")
        if self._at[0] != s:
            self._at = s, self._interpolate(s)
        return self._at[1].copy()

    def _interpolate(self, s: float) -> np.ndarray:
        upper = int(np.searchsorted(self.index, s))
        if upper == 0 or upper == len(self.index):
            return (self._roots(min(upper, len(self.index) - 1)) ** 2).astype(np.float32)
        if self._bracket is None or self._bracket[0] != upper:
            left, right = self._roots(upper - 1), self._roots(upper)
            if left.shape != right.shape:
                raise ValueError(f"checkpoints of a trajectory differ in shape: {left.shape} and {right.shape}")
            self._bracket = upper, Segment(left, right, self._target, normalize=self._how["normalize"])
        segment = self._bracket[1]
        low, high = self.index[upper - 1], self.index[upper]
        t = (s - low) / (high - low) if self._target is None else segment.where_progress_is(s)
        return segment.at(t).astype(np.float32)

    def _roots(self, position: int) -> np.ndarray:
        """Square roots of the probabilities at a checkpoint."""
        checkpoint = int(self.checkpoints[position])
        roots = model_roots(self._models[checkpoint], **self._how, name=f"checkpoint {checkpoint} of the trajectory")
        if roots.ndim != 2:
            raise ValueError(f"a checkpoint must have the shape (samples, classes), not {roots.shape}")
        return roots


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


def reindex(
    trajectory: np.ndarray,
    index: np.ndarray,
    s: np.ndarray = GRID,
    *,
    target=None,
    log: bool = False,
    normalize: bool = False,
) -> np.ndarray:
    """Models of a trajectory at given values of an index, such as progress.

    See :class:`Trajectory` for what lies between two checkpoints, for a run that falls back, and for what comes before
    its first checkpoint and after its last.

    Parameters
    ----------
    trajectory : (T, N, C) array
        Probabilities, or log-probabilities with ``log=True``.
    index : (T,) array
    s : (S,) array
    target : (N,) array of int or (N, C) array, optional
        The truth, if the index is progress towards it: the models returned then have the progress s.
    log, normalize : bool
        As in :func:`inpca.probabilities.check_models`.

    Returns
    -------
    (S, N, C) array of float32
        Probabilities, with ``log=True`` as well.

    Examples
    --------
    >>> from inpca import geodesic, ignorance, progress, reindex, truth
    >>> way = geodesic(ignorance(1, 2), truth([0], 2), [0.0, 0.5, 1.0])
    >>> progress(reindex(way, progress(way, [0]), [0.2, 0.7], target=[0]), [0]).round(3)
    array([0.2, 0.7])
    """
    trajectory = Trajectory(trajectory, index, target=target, log=log, normalize=normalize)
    return np.stack([trajectory.at(value) for value in check_values(s)])


def check_values(s) -> np.ndarray:
    """Values of an index, one-dimensional and finite; an error if they are not."""
    values = np.atleast_1d(np.asarray(s, np.float64))
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise ValueError(f"s must hold finite numbers, at least one, not {s!r}")
    return values


def trajectory_distance(U: np.ndarray, V: np.ndarray, *, log: bool = False, normalize: bool = False) -> float:
    """Distance between trajectories indexed alike, ∫ d_B(U_s, V_s) ds as a mean over s, in nats a sample.

    Parameters
    ----------
    U, V : (S, N, C) arrays
        Probabilities, from :func:`reindex`, or log-probabilities with ``log=True``.
    log, normalize : bool
        As in :func:`inpca.probabilities.check_models`.

    Examples
    --------
    >>> from inpca import geodesic, ignorance, trajectory_distance, truth
    >>> way = geodesic(ignorance(1, 2), truth([0], 2), [0.0, 0.5, 1.0])
    >>> trajectory_distance(way, way)
    0.0
    """
    if np.shape(U) != np.shape(V) or np.ndim(U) != 3:
        raise ValueError(
            f"trajectories must have the same shape (s, samples, classes), not {np.shape(U)} and {np.shape(V)}"
        )
    return float(bhattacharyya_distance(U, V, log=log, normalize=normalize).mean())


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
    given = [*trajectories, *(others or ())]
    if not len(trajectories) or (others is not None and not len(others)):
        raise ValueError("there are no trajectories: at least one is needed on each side")
    for trajectory in given:
        if not hasattr(trajectory, "at"):
            raise TypeError(f"trajectories must be inpca.Trajectory objects, not {type(trajectory).__name__}")
    s, total = check_values(s), 0.0
    for value in tqdm(s, desc="trajectories", disable=not progress):
        right = None if others is None else _Models(others, value)
        total = total + pairwise_distances(_Models(trajectories, value), right, n_jobs=n_jobs)
    return total / len(s)


def mean_trajectory(trajectories: np.ndarray, *, log: bool = False, normalize: bool = False) -> np.ndarray:
    """Arithmetic mean of trajectories indexed alike: (M, S, N, C) to (S, N, C).

    Parameters
    ----------
    trajectories : (M, S, N, C) array
        Probabilities, or log-probabilities with ``log=True``.
    log, normalize : bool
        As in :func:`inpca.probabilities.check_models`.
    """
    return centroid(trajectories, "arithmetic", log=log, normalize=normalize)


def tube_width(trajectories: np.ndarray, *, log: bool = False, normalize: bool = False) -> np.ndarray:
    """Distance d_B of trajectories to their mean trajectory at equal s.

    Parameters
    ----------
    trajectories : (M, S, N, C) array
        Probabilities, or log-probabilities with ``log=True``.
    log, normalize : bool
        As in :func:`inpca.probabilities.check_models`.

    Returns
    -------
    (M, S) array
        Its mean over the trajectories is the width of the tube that they fill.
    """
    roots = model_roots(trajectories, log=log, normalize=normalize, name="trajectories")
    return distance_of_roots(roots, unit_roots(mean_trajectory(trajectories, log=log, normalize=normalize)))


def distance_to_geodesic(
    trajectory: np.ndarray, labels: np.ndarray, s: np.ndarray = GRID, *, log: bool = False, normalize: bool = False
) -> np.ndarray:
    """Distance d_B(P_s, γ_s) of a trajectory to the point of equal progress on the geodesic from P0 to P*.

    Parameters
    ----------
    trajectory : (..., S, N, C) array
        Probabilities, or log-probabilities with ``log=True``.
    labels : (N,) array of int
    s : (S,) array
    log, normalize : bool
        As in :func:`inpca.probabilities.check_models`.

    Returns
    -------
    (..., S) array

    Examples
    --------
    >>> from inpca import distance_to_geodesic, geodesic, ignorance, truth
    >>> way = geodesic(ignorance(1, 2), truth([0], 2), [0.0, 0.5, 1.0])
    >>> distance_to_geodesic(way, [0], [0.0, 0.5, 1.0]).max() < 1e-15
    np.True_
    """
    models, s = model_roots(trajectory, log=log, normalize=normalize, name="trajectory"), check_values(s)
    if models.ndim < 3 or models.shape[-3] != len(s):
        raise ValueError(
            f"trajectory must have the shape (…, {len(s)}, samples, classes), one model for each s, not {models.shape}"
        )
    n_samples, n_classes = models.shape[-2:]
    if len(labels) != n_samples:
        raise ValueError(f"{len(labels)} labels for {n_samples} samples")
    ends = ignorance(n_samples, n_classes), truth(labels, n_classes)
    return distance_of_roots(models, unit_roots(geodesic(*ends, s)))
