"""The dimension of runs beside that of nulls: a number that a null reaches too is no evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.linalg import eigvalsh
from scipy.stats import t as student

from inpca.dimension.nulls import StackedRuns, class_preserving_orders
from inpca.dimension.spectrum import explained_stress, participation_ratio, signed_spectrum
from inpca.distances.pairwise import pairwise_distances
from inpca.geometry import geodesic, progress
from inpca.labels import class_labels, ignorance
from inpca.labels import truth as one_hot
from inpca.trajectories import Trajectory

#: Axes of which the explained stress is given.
AXES = 50
#: Progress at which runs are compared with each other.
LEVELS = np.linspace(0.1, 0.9, 9)
#: Points of the geodesic whose dimension stands beside that of runs.
GEODESIC_POINTS = 100
#: Most parts that are left out in turn for a standard error.
PARTS = 10
CONFIDENCE = 0.95
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
        ``…_low`` and ``…_high``, an interval of 95 % from leaving out groups (delete-a-group jackknife of up to
        :data:`PARTS` parts, Student's t) and from the draws.

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
    rng = np.random.default_rng(rng)
    part = parts(keys, rng)
    own = [class_preserving_orders(labels, len(runs), rng=rng) for _ in range(draws)]
    of_groups = class_preserving_orders(labels, len(runs), shared_by="group", groups=keys, rng=rng)

    def distances(orders: list | None) -> np.ndarray:
        return pairwise_distances(StackedRuns(runs, orders), log=log, normalize=normalize, n_jobs=n_jobs)

    whole = Comparison(distances, lambda D, kept: signed_spectrum(D, kept), part[stack.run], own)
    number, level, reached = at_levels(runs, labels, log=log, normalize=normalize)

    def between(orders: list | None) -> np.ndarray:
        orders = None if orders is None else [orders[run] for run in dict.fromkeys(number)]
        return pairwise_distances(StackedRuns(reached, orders), n_jobs=n_jobs)

    scatter = Comparison(between, lambda D, kept: between_spectrum(D, level, kept), part[number], own)
    ends = ignorance(*stack.shape[1:]), one_hot(labels, stack.shape[2])
    way = pairwise_distances(geodesic(*ends, np.linspace(0, 1, GEODESIC_POINTS)), n_jobs=n_jobs)
    found = {
        "models": [whole.real],
        "null": whole.nulls,
        "group null": [measures(signed_spectrum(distances(of_groups)))],
        "one run": [measures(signed_spectrum(whole.distances, stack.run == run)) for run in range(len(runs))],
        "geodesic": [measures(signed_spectrum(way))],
        "between": [scatter.real],
        "between null": scatter.nulls,
    }
    return as_dataset(found, {"models": whole, "between": scatter})


def measures(eigenvalues: np.ndarray) -> np.ndarray:
    """Explained stress of 1 … :data:`AXES` axes, all of it beyond the last eigenvalue, and the participation ratio."""
    stress = np.append(explained_stress(eigenvalues), np.ones(AXES))[:AXES]
    return np.append(stress, participation_ratio(eigenvalues))


class Comparison:
    """Measures of models and of their nulls, of all models and of those that are left when each part is left out.

    Parameters
    ----------
    distances : callable
        Distances (m, m) of the models, for orders of the samples of each run; as they are for None.
    spectrum : callable
        Eigenvalues, of distances and of which models to take, (m,) of bool.
    part : (m,) array of int
        The part that each model is left out with.
    orders : list
        Of each null; parts are left out of the first.
    """

    def __init__(self, distances: Callable, spectrum: Callable, part: np.ndarray, orders: list):
        self.distances = distances(None)
        every, left = np.ones(len(part), bool), [part != one for one in range(part.max() + 1)]
        self.real = measures(spectrum(self.distances, every))
        real_without = np.array([measures(spectrum(self.distances, kept)) for kept in left])
        first = distances(orders[0])
        null_without = np.array([measures(spectrum(first, kept)) for kept in left])
        self.nulls = [measures(spectrum(first, every)), *(measures(spectrum(distances(o), every)) for o in orders[1:])]
        self._without = real_without, null_without

    def interval(self, difference: Callable) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A difference of real and null measures, and both ends of its interval."""
        value = difference(self.real, np.mean(self.nulls, axis=0))
        without = difference(*self._without)
        n = len(without)
        of_parts = (n - 1) / n * np.sum((without - without.mean(axis=0)) ** 2, axis=0)
        of_draws = np.var([difference(self.real, null) for null in self.nulls], axis=0, ddof=1) / len(self.nulls)
        reach = student.ppf((1 + CONFIDENCE) / 2, n - 1) * np.sqrt(of_parts + of_draws)
        return value, value - reach, value + reach


def parts(keys: Sequence, rng: np.random.Generator) -> np.ndarray:
    """The part that each run is left out with: whole groups, dealt at random to up to :data:`PARTS` parts."""
    group = np.unique([str(key) for key in keys], return_inverse=True)[1]
    n_groups = group.max() + 1
    return (rng.permutation(n_groups) % min(PARTS, n_groups))[group]


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


def as_dataset(found: dict[str, list[np.ndarray]], compared: dict[str, Comparison]) -> xr.Dataset:
    """What :func:`calibrated_dimension` returns, of measures by kind and of what is compared with its null."""
    variables: dict[str, tuple] = {}
    for suffix, over in {"": np.mean, "_low": np.min, "_high": np.max}.items():
        table = np.array([over(values, axis=0) for values in found.values()])
        variables[f"stress{suffix}"] = (("kind", "axis"), table[:, :AXES])
        variables[f"participation{suffix}"] = ("kind", table[:, AXES])
    excess = [one.interval(lambda real, null: real - null) for one in compared.values()]
    fewer = [one.interval(lambda real, null: np.log(null / real)) for one in compared.values()]
    of_real = [one.interval(lambda real, null: real) for one in compared.values()]
    for position, suffix in enumerate(("", "_low", "_high")):
        variables[f"excess_stress{suffix}"] = (("of", "axis"), np.array([e[position][:AXES] for e in excess]))
        variables[f"fewer_dimensions{suffix}"] = ("of", np.exp([f[position][AXES] for f in fewer]))
        variables[f"dimensions{suffix}"] = ("of", np.array([r[position][AXES] for r in of_real]))
    coordinates = {"kind": list(KINDS), "of": list(compared), "axis": np.arange(1, AXES + 1)}
    return xr.Dataset(variables, coordinates)
