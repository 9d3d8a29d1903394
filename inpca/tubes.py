"""How far trajectories are from each other, from their mean, and from the geodesic, at equal progress."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from inpca.bars import bar, progress_bar
from inpca.centroids import centroid
from inpca.distances.pairwise import pairwise_distances
from inpca.geometry import bhattacharyya_distance, geodesic, ignorance
from inpca.labels import as_truth
from inpca.probabilities import model_roots, unit_roots
from inpca.sphere import mean_distance
from inpca.trajectories import GRID, Permuted, Trajectory, check_values


def trajectory_distance(U: ArrayLike, V: ArrayLike, *, log: bool = False, normalize: bool = False) -> float:
    """Distance between two trajectories indexed alike, d(U, V) = ∫ d_B(U_s, V_s) ds as a mean over s, in nats a sample.

    Parameters
    ----------
    U, V : (S, N, C) arrays
        Probabilities, from :func:`inpca.reindex`, or log-probabilities with ``log=True``.
    log, normalize : bool
        As in :func:`inpca.bhattacharyya_distance`.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If U and V are not probabilities, or differ in shape.

    See Also
    --------
    trajectory_distances : every trajectory against every other, without all their models in memory.

    References
    ----------
    Mao et al., PNAS 121(12), 2024.

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

    def __init__(self, trajectories: Sequence[Trajectory | Permuted], s: float):
        self._trajectories, self._s = trajectories, s
        self.shape = (len(trajectories), *trajectories[0].at(s).shape)

    def __getitem__(self, rows: slice) -> np.ndarray:
        return np.stack([trajectory.at(self._s) for trajectory in self._trajectories[rows]])


def trajectory_distances(
    trajectories: Sequence[Trajectory | Permuted],
    others: Sequence[Trajectory | Permuted] | None = None,
    s: ArrayLike = GRID,
    *,
    n_jobs: int | None = None,
) -> np.ndarray:
    """Distance between every two trajectories, the mean over s of d_B at equal s, in nats a sample.

    Memory is that of two checkpoints and one model a trajectory, and of :func:`inpca.pairwise_distances`.

    Parameters
    ----------
    trajectories : sequence of m :class:`inpca.Trajectory` or :class:`inpca.trajectories.Permuted`
        They know whether they hold log-probabilities.
    others : sequence of k of them, optional
        The same trajectories unless given.
    s : (S,) array
        Values of the index.
    n_jobs : int, optional
        Threads; all unless given.

    Returns
    -------
    (m, k) array

    Raises
    ------
    TypeError
        For arrays instead of :class:`inpca.Trajectory`.
    ValueError
        Without a trajectory on one side, for values of s that are not finite, or for checkpoints that do not hold
        probabilities on the same samples and classes.

    See Also
    --------
    trajectory_distance : two trajectories as arrays.
    inpca.progress_bar : shows a bar over s.

    References
    ----------
    Mao et al., PNAS 121(12), 2024.

    Examples
    --------
    >>> from inpca import Trajectory, geodesic, ignorance, progress, trajectory_distances, truth
    >>> early, late = (geodesic(ignorance(1, 2), truth([0], 2), t) for t in ([0.0, 0.9, 1.0], [0.0, 0.1, 1.0]))
    >>> runs = [Trajectory(run, progress(run, [0]), truth=[0]) for run in (early, late)]
    >>> trajectory_distances(runs).round(6)  # the same way at another speed
    array([[0., 0.],
           [0., 0.]])
    """
    given = [*trajectories, *(others or ())]
    if not len(trajectories) or (others is not None and not len(others)):
        raise ValueError("there are no trajectories: at least one is needed on each side")
    for trajectory in given:
        if not hasattr(trajectory, "at"):
            raise TypeError(f"trajectories must be inpca.Trajectory objects, not {type(trajectory).__name__}")
    values = check_values(s)
    total = np.zeros((len(trajectories), len(trajectories if others is None else others)))
    for value in bar(values, desc="trajectories"):
        with progress_bar(False):
            right = None if others is None else _Models(others, value)
            total = total + pairwise_distances(_Models(trajectories, value), right, n_jobs=n_jobs)
    return total / len(values)


def mean_trajectory(trajectories: ArrayLike, *, log: bool = False, normalize: bool = False) -> np.ndarray:
    """Arithmetic mean of trajectories indexed alike, (1/M) Σ_i P_i(s): the axis of the tube that they fill.

    Parameters
    ----------
    trajectories : (M, S, N, C) array
        Probabilities, from :func:`inpca.reindex`, or log-probabilities with ``log=True``.
    log, normalize : bool
        As in :func:`inpca.bhattacharyya_distance`.

    Returns
    -------
    (S, N, C) array of float64
        Probabilities, with ``log=True`` as well.

    Raises
    ------
    TypeError, ValueError
        If the trajectories are not probabilities.

    See Also
    --------
    inpca.centroid : other averages.
    tube_width : how far the trajectories are from it.

    References
    ----------
    Mao et al., PNAS 121(12), 2024.

    Examples
    --------
    >>> from inpca import mean_trajectory
    >>> mean_trajectory([[[[0.5, 0.5]]], [[[0.9, 0.1]]]]).round(3)
    array([[[0.7, 0.3]]])
    """
    return centroid(trajectories, "arithmetic", log=log, normalize=normalize)


def tube_width(trajectories: ArrayLike, *, log: bool = False, normalize: bool = False) -> np.ndarray:
    """Distance d_B(P_i(s), P̄(s)) of trajectories to their mean trajectory at equal s, in nats a sample.

    Parameters
    ----------
    trajectories : (M, S, N, C) array
        Probabilities, from :func:`inpca.reindex`, or log-probabilities with ``log=True``.
    log, normalize : bool
        As in :func:`inpca.bhattacharyya_distance`.

    Returns
    -------
    (M, S) array
        Its mean over the trajectories is the width of the tube that they fill.

    Raises
    ------
    TypeError, ValueError
        If the trajectories are not probabilities.

    See Also
    --------
    mean_trajectory : the axis of the tube.

    References
    ----------
    Mao et al., PNAS 121(12), 2024.

    Examples
    --------
    >>> from inpca import tube_width
    >>> tube_width([[[[0.5, 0.5]]], [[[0.5, 0.5]]]])
    array([[0.],
           [0.]])
    """
    roots = model_roots(trajectories, log=log, normalize=normalize, name="trajectories")
    return mean_distance(roots, unit_roots(mean_trajectory(trajectories, log=log, normalize=normalize)))


def distance_to_geodesic(
    trajectory: ArrayLike, truth: ArrayLike, s: ArrayLike = GRID, *, log: bool = False, normalize: bool = False
) -> np.ndarray:
    """Distance d_B(P_s, γ_s) of a trajectory to the point of equal progress on the geodesic from P0 to P*.

    Parameters
    ----------
    trajectory : (..., S, N, C) array
        Probabilities, from :func:`inpca.reindex`, or log-probabilities with ``log=True``.
    truth : (N,) array of int or (N, C) array
        The truth P*, as labels or as probabilities.
    s : (S,) array
        Progress of each model.
    log, normalize : bool
        As in :func:`inpca.bhattacharyya_distance`; ``log`` is of the trajectory alone.

    Returns
    -------
    (..., S) array
        In nats a sample.

    Raises
    ------
    TypeError, ValueError
        If the trajectory or the truth are not probabilities on the same samples and classes, or the trajectory has not
        one model for each s.

    See Also
    --------
    inpca.geodesic : the point γ_s.
    tube_width : the distance to the mean of several trajectories.

    References
    ----------
    Mao et al., PNAS 121(12), 2024.

    Examples
    --------
    >>> from inpca import distance_to_geodesic, geodesic, ignorance, truth
    >>> way = geodesic(ignorance(1, 2), truth([0], 2), [0.0, 0.5, 1.0])
    >>> distance_to_geodesic(way, [0], [0.0, 0.5, 1.0]).round(9)
    array([0., 0., 0.])
    """
    models, values = model_roots(trajectory, log=log, normalize=normalize, name="trajectory"), check_values(s)
    if models.ndim < 3 or models.shape[-3] != len(values):
        raise ValueError(
            f"trajectory must have the shape (…, {len(values)}, samples, classes), "
            f"one model for each s, not {models.shape}"
        )
    n_samples, n_classes = models.shape[-2:]
    end = as_truth(truth, n_samples, n_classes, normalize=normalize)
    return mean_distance(models, unit_roots(geodesic(ignorance(n_samples, n_classes), end, values)))
