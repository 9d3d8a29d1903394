"""The dimension of runs beside that of nulls: a number that a null reaches too is no evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.linalg import eigvalsh

from inpca.dimension.comparison import Draws, as_dataset, compare_with_nulls, measures
from inpca.dimension.nulls import StackedRuns
from inpca.dimension.spectrum import signed_spectrum
from inpca.distances.pairwise import pairwise_distances
from inpca.geometry import geodesic, progress
from inpca.labels import class_labels, ignorance
from inpca.labels import truth as one_hot
from inpca.trajectories import Trajectory

#: Progress at which runs are compared with each other.
LEVELS = np.linspace(0.1, 0.9, 9)
#: Points of the geodesic whose dimension stands beside that of runs.
GEODESIC_POINTS = 100
#: What is measured, in this order.
KINDS = {
    "models": "all models of the runs",
    "null": "all models, the samples of each run permuted within classes",
    "group null": "all models, the samples of each group of runs permuted within classes",
    "one run": "the models of one run (mean over runs)",
    "geodesic": "points of the geodesic from ignorance to truth",
    "between": "runs at equal progress, less their mean",
    "between null": "runs at equal progress, less their mean, the samples of each run permuted within classes",
}


def calibrated_dimension(
    runs: Sequence[Any],
    truth: ArrayLike,
    *,
    log: bool = False,
    normalize: bool = False,
    groups: Iterable | None = None,
    draws: int = 5,
    rng: int | np.random.Generator | None = None,
    n_jobs: int | None = None,
) -> xr.Dataset:
    """Explained stress and participation ratio of runs, of class-preserving nulls, of single curves, and between runs.

    Whatever goes from ignorance to truth is mostly one bent curve, which few axes explain. What runs share beyond that
    shows against three things: runs whose samples are permuted within their classes (:func:`class_preserving_orders`),
    which keep every accuracy; one curve alone; and, between runs, the scatter at equal progress. For the last, models
    x(r, s) of all runs r at s = 0.1 … 0.9 are embedded with the mean over runs taken out at each s: the spectrum is
    that of W = -½ P D P, P the projector that takes it out. A run counts at s if it gets there.

    Parameters
    ----------
    runs : sequence of (T, N, C) arrays
        Probabilities, or log-probabilities with ``log=True``; see :class:`StackedRuns`.
    truth : (N,) array of int or (N, C) array
        The truth P*, as labels or one-hot.
    log, normalize : bool
        As in :func:`inpca.pairwise_distances`.
    groups : sequence, optional
        What belongs together, such as the configuration of each run: standard errors leave out whole groups, and runs
        of one group share their permutation in the group null. Each run is its own group unless given.
    draws : int
        Nulls in which each run has its own permutation.
    rng : None, int or numpy.random.Generator
    n_jobs : int, optional
        Threads of the distances.

    Returns
    -------
    xarray.Dataset
        By ``kind`` (:data:`KINDS`): ``stress`` (kind, axis), the explained stress; ``participation`` (kind). Of nulls
        it is the mean over draws, of one run that over runs; ``…_low`` and ``…_high`` are the least and the largest of
        these. By ``of`` (models, between): ``excess_stress`` (of, axis), real less null; ``dimensions`` (of), the
        participation ratio of the real models; ``fewer_dimensions`` (of), that of the null over it; each with
        ``…_low`` and ``…_high``, an interval of 95 % from leaving out groups (delete-a-group jackknife of up to ten
        parts, Student's t) and from the draws. As a control, ``control_excess_stress`` (of, axis) and
        ``control_fewer_dimensions`` (of) have one null more in the place of the runs.

    Raises
    ------
    TypeError, ValueError
        If runs hold no probabilities on the same samples, there are fewer than three groups, or fewer than two draws.

    See Also
    --------
    signed_spectrum, explained_stress, participation_ratio : of any distances.
    inpca.plotting.calibrated : draws what this returns.

    References
    ----------
    Mao et al., PNAS 121(12), 2024. Jackknife: Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 11.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca import calibrated_dimension, geodesic, ignorance, truth
    >>> labels = np.arange(40) % 2
    >>> way = geodesic(ignorance(40, 2), truth(labels, 2), np.linspace(0, 0.95, 8))
    >>> noise = np.random.default_rng(0).uniform(0.9, 1, (6, 1, 40, 1))  # six runs that err on samples of their own
    >>> found = calibrated_dimension(list(way * noise + (1 - noise) / 2), labels, rng=0)
    >>> bool(found["excess_stress"].sel(of="models", axis=1) < 0.05)  # no more than the null
    True
    """
    stack = StackedRuns(runs)
    labels = class_labels(truth, stack.shape[2], "truth")
    if len(labels) != stack.shape[1]:
        raise ValueError(f"truth has {len(labels)} samples, runs have {stack.shape[1]}")
    keys = list(range(len(runs))) if groups is None else list(groups)
    if len(keys) != len(runs):
        raise ValueError(f"groups must have one entry for each of the {len(runs)} runs, not {len(keys)}")
    if len(set(keys)) < 3:
        raise ValueError(f"there must be three groups of runs or more, not {len(set(keys))}")
    if draws < 2:
        raise ValueError(f"draws is {draws}; their spread takes two or more")
    drawn = Draws.of(labels, keys, draws, rng)

    def distances(orders: list | None = None) -> np.ndarray:
        return pairwise_distances(StackedRuns(runs, orders), log=log, normalize=normalize, n_jobs=n_jobs)

    D = distances()
    compared = compare_with_nulls(D, distances, {"models": signed_spectrum}, drawn.part[stack.run], drawn)
    number, level, reached = at_levels(runs, labels, log=log, normalize=normalize)

    def between(orders: list | None = None) -> np.ndarray:
        orders = None if orders is None else [orders[run] for run in dict.fromkeys(number)]
        return pairwise_distances(StackedRuns(reached, orders), n_jobs=n_jobs)

    spectrum = {"between": lambda D, kept: between_spectrum(D, level, kept)}
    compared |= compare_with_nulls(between(), between, spectrum, drawn.part[number], drawn)
    ends = ignorance(*stack.shape[1:]), one_hot(labels, stack.shape[2])
    way = pairwise_distances(geodesic(*ends, np.linspace(0, 1, GEODESIC_POINTS)), n_jobs=n_jobs)
    found = {
        "models": [compared["models"].real],
        "null": compared["models"].nulls,
        "group null": [measures(signed_spectrum(distances(drawn.group_null)))],
        "one run": [measures(signed_spectrum(D, stack.run == run)) for run in range(len(runs))],
        "geodesic": [measures(signed_spectrum(way))],
        "between": [compared["between"].real],
        "between null": compared["between"].nulls,
    }
    return as_dataset(found, compared)


def at_levels(
    runs: Sequence[Any], labels: np.ndarray, **given: bool
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Runs at the values of progress that they get to: number of the run and level of each model, models by run."""
    numbers, levels, reached = [], [], []
    for number, run in enumerate(runs):
        index = progress(np.asarray(run[:]), labels, **given)
        trajectory = Trajectory(run, index, truth=labels, **given)
        inside = np.flatnonzero((index[0] <= LEVELS) & (index.max() >= LEVELS))
        if len(inside):
            reached.append(np.stack([trajectory.at(s) for s in LEVELS[inside]]))
            numbers += [number] * len(inside)
            levels += inside.tolist()
    if not reached:
        raise ValueError(f"no run passes a progress of {LEVELS[0]:g} to {LEVELS[-1]:g}, at which runs are compared")
    return np.array(numbers), np.array(levels), reached


def between_spectrum(D: np.ndarray, level: np.ndarray, kept: np.ndarray | None = None) -> np.ndarray:
    """Eigenvalues of W = -½ P D P by descending magnitude, P taking out the mean over the models of each level.

    Parameters
    ----------
    D : (m, m) array
        Distances.
    level : (m,) array of int
    kept : (m,) array of bool, optional
        Models to take; all unless given.

    Returns
    -------
    (n,) array of float64
        With a zero for each level.

    Examples
    --------
    Two runs that stay apart by the same:

    >>> D = np.array([[0.0, 2.0, 9.0, 11.0], [2.0, 0.0, 11.0, 9.0], [9.0, 11.0, 0.0, 2.0], [11.0, 9.0, 2.0, 0.0]])
    >>> between_spectrum(D, np.array([0, 0, 1, 1])).round(9) + 0.0
    array([2., 0., 0., 0.])
    """
    kept = np.ones(len(D), bool) if kept is None else kept
    W = np.asarray(D[np.ix_(kept, kept)], np.float64)
    member = (level[kept][:, None] == np.unique(level[kept])).astype(float)
    mean = member / member.sum(axis=0)
    W = W - member @ (mean.T @ W)
    W = W - (W @ mean) @ member.T
    eigenvalues = eigvalsh(-0.25 * (W + W.T), overwrite_a=True, check_finite=False)
    return eigenvalues[np.argsort(-np.abs(eigenvalues), kind="stable")]


def null_of(of: str) -> str:
    """The kind of the nulls that models are compared with; ``between null`` of ``between``."""
    return "null" if of == "models" else f"{of} null"
