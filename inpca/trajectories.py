"""Trajectories: runs indexed by progress instead of time.

A trajectory is a run's models at its checkpoints. Runs take different time for the same way, so that they are
compared at equal progress: at s = 0.01 … 1.00, interpolated along the geodesics between their checkpoints. What is
measured of trajectories so indexed is in :mod:`inpca.tubes`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from inpca.probabilities import model_roots
from inpca.segments import Segment

#: Values of progress at which trajectories are compared.
GRID = np.linspace(0.01, 1, 100)


class Trajectory:
    """A run's models at its checkpoints, to be had at any value of an index that grows along the run.

    Checkpoints at which the index does not exceed all earlier values are passed over: the trajectory at s is where the
    run *first* gets to s. Before the first value it stands still at the first model, after the largest at the model
    that has it. Between two checkpoints it follows the geodesic: to the point whose progress is s if the truth is
    given, else at a constant speed. At most two checkpoints are held in memory.

    Parameters
    ----------
    models : (T, N, C) array, or anything that yields an (N, C) array when indexed by a checkpoint
        Probabilities, or log-probabilities with ``log=True``.
    index : (T,) array
        Usually the progress of each checkpoint, see :func:`inpca.progress`.
    truth : (N,) array of int or (N, C) array, optional
        The truth P*, as labels or as probabilities, if the index is progress towards it.
    log, normalize : bool
        As in :func:`inpca.probabilities.check_models`, which reads each checkpoint.

    Attributes
    ----------
    checkpoints : (K,) array of int
        Those that are not passed over.
    index : (K,) array of float
        Their index, strictly increasing.

    Raises
    ------
    TypeError
        If the models are no array.
    ValueError
        If the index is empty, not one-dimensional, not finite, or of another length than the models; when a checkpoint
        is read that does not hold probabilities, or whose index is not its progress although the truth is given.

    See Also
    --------
    reindex : all models at once, as an array.
    inpca.trajectory_distances : the distances between trajectories.

    References
    ----------
    Mao et al., PNAS 121(12), 2024.

    Examples
    --------
    >>> from inpca import Trajectory, geodesic, ignorance, progress, truth
    >>> way = geodesic(ignorance(1, 2), truth([0], 2), [0.0, 0.5, 1.0])
    >>> Trajectory(way, progress(way, [0]), truth=[0]).at(0.5).round(3)
    array([[0.854, 0.146]], dtype=float32)
    """

    def __init__(
        self,
        models: Any,
        index: ArrayLike,
        *,
        truth: ArrayLike | None = None,
        log: bool = False,
        normalize: bool = False,
    ):
        try:
            values = np.asarray(index, np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"index must hold one finite number for each checkpoint, not {index!r}") from None
        if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
            raise ValueError(f"index must hold one finite number for each checkpoint, not {index!r}")
        if not hasattr(models, "__getitem__"):
            raise TypeError(
                f"a trajectory must be an array (checkpoints, samples, classes), not {type(models).__name__}"
            )
        if hasattr(models, "__len__") and len(models) != len(values):
            raise ValueError(f"index has {len(values)} entries, the trajectory {len(models)} checkpoints")
        self._models, self._log, self._normalize, self._truth = models, log, normalize, truth
        ahead = np.maximum.accumulate(np.concatenate([[-np.inf], values[:-1]]))
        self.checkpoints = np.flatnonzero(values > ahead)
        self.index = values[self.checkpoints]
        self._segment: tuple[int, Segment] | None = None
        self._last: tuple[float, np.ndarray] | None = None

    def at(self, s: float) -> np.ndarray:
        """Model at index s: a point of the geodesic between the checkpoints on both sides of s.

        Parameters
        ----------
        s : float

        Returns
        -------
        (N, C) array of float32
            Probabilities, with ``log=True`` as well.
        """
        try:
            s = float(s)
        except (TypeError, ValueError):
            raise ValueError(f"s must be a finite number, not {s!r}") from None
        if not np.isfinite(s):
            raise ValueError(f"s must be a finite number, not {s!r}")
        if self._last is None or self._last[0] != s:
            self._last = s, self._interpolate(s)
        return self._last[1].copy()

    def _interpolate(self, s: float) -> np.ndarray:
        upper = int(np.searchsorted(self.index, s))
        if upper == 0 or upper == len(self.index):
            return (self._roots(min(upper, len(self.index) - 1)) ** 2).astype(np.float32)
        if self._segment is None or self._segment[0] != upper:
            left, right = self._roots(upper - 1), self._roots(upper)
            if left.shape != right.shape:
                raise ValueError(f"checkpoints of a trajectory differ in shape: {left.shape} and {right.shape}")
            self._segment = upper, Segment(left, right, self._truth, normalize=self._normalize)
        segment = self._segment[1]
        low, high = self.index[upper - 1], self.index[upper]
        t = (s - low) / (high - low) if self._truth is None else segment.where_progress_is(s)
        return segment.at(t).astype(np.float32)

    def _roots(self, position: int) -> np.ndarray:
        """Square roots of the probabilities at a checkpoint."""
        checkpoint = int(self.checkpoints[position])
        name = f"checkpoint {checkpoint} of the trajectory"
        roots = model_roots(self._models[checkpoint], log=self._log, normalize=self._normalize, name=name)
        if roots.ndim != 2:
            raise ValueError(f"a checkpoint must have the shape (samples, classes), not {roots.shape}")
        return roots


class Permuted:
    """A trajectory with its samples in another order; with an order within classes, the null of a run.

    Parameters
    ----------
    trajectory : Trajectory
    order : (N,) array of int

    See Also
    --------
    order_within_classes : random orders.

    Examples
    --------
    >>> from inpca import Trajectory
    >>> from inpca.trajectories import Permuted
    >>> run = Trajectory([[[1.0, 0.0], [0.5, 0.5]]], [0.0])
    >>> Permuted(run, [1, 0]).at(0.0)
    array([[0.5, 0.5],
           [1. , 0. ]], dtype=float32)
    """

    def __init__(self, trajectory: Trajectory, order: ArrayLike):
        self._trajectory, self._order = trajectory, np.asarray(order)

    def at(self, s: float) -> np.ndarray:
        """Model at index s: that of the trajectory, with its samples in the other order.

        Parameters
        ----------
        s : float

        Returns
        -------
        (N, C) array of float32
        """
        return self._trajectory.at(s)[self._order]


def order_within_classes(labels: ArrayLike, rng: int | np.random.Generator | None = None) -> np.ndarray:
    """Random permutation of samples that leaves each in its class: ``labels[order]`` are the labels.

    Predictions permuted so keep their loss, error and progress at every checkpoint, since these do not tell samples of
    one class apart. How close they stay to those of another run is what the metric alone makes of being equally good.

    Parameters
    ----------
    labels : (N,) array of int
    rng : None, int or numpy.random.Generator
        Random numbers, as :func:`numpy.random.default_rng` takes them.

    Returns
    -------
    (N,) array of int

    See Also
    --------
    Permuted : a trajectory in that order.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca.trajectories import order_within_classes
    >>> labels = np.array([0, 1, 0, 1, 1])
    >>> labels[order_within_classes(labels, rng=0)]
    array([0, 1, 0, 1, 1])
    """
    rng = np.random.default_rng(rng)
    labels = np.asarray(labels)
    order = np.arange(len(labels))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        order[members] = rng.permutation(members)
    return order


def reindex(
    trajectory: ArrayLike,
    index: ArrayLike,
    s: ArrayLike = GRID,
    *,
    truth: ArrayLike | None = None,
    log: bool = False,
    normalize: bool = False,
) -> np.ndarray:
    """Models P(s) of a trajectory at given values s of an index, such as progress.

    See :class:`Trajectory` for what lies between two checkpoints, for a run that falls back, and for what comes before
    its first checkpoint and after its last.

    Parameters
    ----------
    trajectory : (T, N, C) array
        Probabilities, or log-probabilities with ``log=True``.
    index : (T,) array
    s : (S,) array
    truth : (N,) array of int or (N, C) array, optional
        The truth P*, if the index is progress towards it: the models returned then have the progress s.
    log, normalize : bool
        As in :func:`inpca.probabilities.check_models`.

    Returns
    -------
    (S, N, C) array of float32
        Probabilities, with ``log=True`` as well.

    Raises
    ------
    TypeError, ValueError
        As :class:`Trajectory`, and for values of s that are not finite.

    See Also
    --------
    inpca.progress : the usual index.

    References
    ----------
    Mao et al., PNAS 121(12), 2024.

    Examples
    --------
    >>> from inpca import geodesic, ignorance, progress, reindex, truth
    >>> way = geodesic(ignorance(1, 2), truth([0], 2), [0.0, 0.5, 1.0])
    >>> progress(reindex(way, progress(way, [0]), [0.2, 0.7], truth=[0]), [0]).round(3)
    array([0.2, 0.7])
    """
    run = Trajectory(trajectory, index, truth=truth, log=log, normalize=normalize)
    return np.stack([run.at(value) for value in check_values(s)])


def check_values(s: ArrayLike) -> np.ndarray:
    """Values of an index, one-dimensional and finite; an error if they are not."""
    values = np.atleast_1d(np.asarray(s, np.float64))
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise ValueError(f"s must hold finite numbers, at least one, not {s!r}")
    return values
