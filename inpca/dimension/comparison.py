"""Measures of dimension of models beside those of their nulls, with intervals and a control."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.stats import t as student

from inpca.dimension.nulls import class_preserving_orders
from inpca.dimension.spectrum import explained_stress, participation_ratio

#: Axes of which the explained stress is given.
AXES = 50
#: Most parts that are left out in turn for a standard error.
PARTS = 10
CONFIDENCE = 0.95


def measures(eigenvalues: np.ndarray) -> np.ndarray:
    """Explained stress of 1 … :data:`AXES` axes, all of it beyond the last eigenvalue, and the participation ratio."""
    stress = np.append(explained_stress(eigenvalues), np.ones(AXES))[:AXES]
    return np.append(stress, participation_ratio(eigenvalues))


def parts(keys: Sequence, rng: np.random.Generator) -> np.ndarray:
    """The part that each run is left out with: whole groups, dealt at random to up to :data:`PARTS` parts."""
    group = np.unique([str(key) for key in keys], return_inverse=True)[1]
    n_groups = group.max() + 1
    return (rng.permutation(n_groups) % min(PARTS, n_groups))[group]


@dataclass(frozen=True)
class Draws:
    """Everything at random in a comparison of runs with nulls: one seed gives the same draws to all comparisons.

    Parameters
    ----------
    part : (n_runs,) array of int
        The part that each run is left out with.
    nulls : list
        Of each null, the order of the samples of each run.
    group_null, control : list
        Orders in which runs of a group share theirs, and those of one null more, which takes the place of the runs.
    """

    part: np.ndarray
    nulls: list[list[np.ndarray]]
    group_null: list[np.ndarray]
    control: list[np.ndarray]

    @classmethod
    def of(cls, labels: np.ndarray, keys: Sequence, draws: int, rng: int | np.random.Generator | None) -> Draws:
        """Draws for runs on samples of these labels, whose groups are ``keys``."""
        rng, n_runs = np.random.default_rng(rng), len(keys)
        part = parts(keys, rng)
        nulls = [class_preserving_orders(labels, n_runs, rng=rng) for _ in range(draws)]
        group_null = class_preserving_orders(labels, n_runs, shared_by="group", groups=keys, rng=rng)
        return cls(part, nulls, group_null, class_preserving_orders(labels, n_runs, rng=rng))


@dataclass(frozen=True)
class Comparison:
    """Measures of models and of their nulls, of all models and of those that are left when each part is left out.

    Parameters
    ----------
    real, control : (n,) array
        Of the models, and of one null more.
    nulls : (draws, n) array
    real_without, null_without : (parts, n) arrays
        Of the models and of the first null, each part left out in turn.
    """

    real: np.ndarray
    control: np.ndarray
    nulls: np.ndarray
    real_without: np.ndarray
    null_without: np.ndarray

    def interval(self, difference: Callable) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A difference of real and null measures, and both ends of its interval."""
        value = difference(self.real, self.nulls.mean(axis=0))
        without = difference(self.real_without, self.null_without)
        n, draws = len(without), len(self.nulls)
        of_parts = (n - 1) / n * np.sum((without - without.mean(axis=0)) ** 2, axis=0)
        of_draws = np.var([difference(self.real, null) for null in self.nulls], axis=0, ddof=1) / draws
        reach = student.ppf((1 + CONFIDENCE) / 2, n - 1) * np.sqrt(of_parts + of_draws)
        return value, value - reach, value + reach

    def of_control(self, difference: Callable) -> np.ndarray:
        """The same difference with one null more in the place of the models."""
        return difference(self.control, self.nulls.mean(axis=0))


def compare_with_nulls(
    D: np.ndarray, distances: Callable, spectra: Mapping[str, Callable], part: np.ndarray, draws: Draws
) -> dict[str, Comparison]:
    """Measures of models and nulls by spectra of the same distances, such as under several weights.

    One matrix of a null is held at a time.

    Parameters
    ----------
    D : (m, m) array
        Distances of the models.
    distances : callable
        Those of a null, (m, m), from the orders of the samples of each run.
    spectra : mapping from str to callable
        Each gives eigenvalues, of distances and of which models to take, (m,) of bool.
    part : (m,) array of int
        The part that each model is left out with.
    draws : Draws

    Returns
    -------
    dict from str to Comparison
    """
    every, left = np.ones(len(part), bool), [part != one for one in range(part.max() + 1)]

    def whole(given: np.ndarray) -> dict[str, np.ndarray]:
        return {name: measures(spectrum(given, every)) for name, spectrum in spectra.items()}

    def without(given: np.ndarray) -> dict[str, np.ndarray]:
        return {name: np.array([measures(one(given, kept)) for kept in left]) for name, one in spectra.items()}

    real, real_without = whole(D), without(D)
    nulls, null_without = [], {}
    for number, orders in enumerate(draws.nulls):
        given = distances(orders)
        nulls.append(whole(given))
        null_without = null_without if number else without(given)  # parts are left out of the first null
    control = whole(distances(draws.control))
    return {
        name: Comparison(
            real[name], control[name], np.array([null[name] for null in nulls]), real_without[name], null_without[name]
        )
        for name in spectra
    }


def as_dataset(found: Mapping[str, Sequence[np.ndarray]], compared: Mapping[str, Comparison]) -> xr.Dataset:
    """What :func:`inpca.calibrated_dimension` returns, of measures by kind and of what is compared with its null."""
    variables: dict[str, tuple] = {}
    for suffix, over in {"": np.mean, "_low": np.min, "_high": np.max}.items():
        table = np.array([over(values, axis=0) for values in found.values()])
        variables[f"stress{suffix}"] = (("kind", "axis"), table[:, :AXES])
        variables[f"participation{suffix}"] = ("kind", table[:, AXES])

    def less(real, null):
        return real - null

    def logarithm(real, null):
        return np.log(null / real)

    ones = list(compared.values())
    excess, fewer, of_real = (
        [one.interval(difference) for one in ones] for difference in (less, logarithm, lambda real, null: real)
    )
    for position, suffix in enumerate(("", "_low", "_high")):
        variables[f"excess_stress{suffix}"] = (("of", "axis"), np.array([e[position][:AXES] for e in excess]))
        variables[f"fewer_dimensions{suffix}"] = ("of", np.exp([f[position][AXES] for f in fewer]))
        variables[f"dimensions{suffix}"] = ("of", np.array([r[position][AXES] for r in of_real]))
    variables["control_excess_stress"] = (("of", "axis"), np.array([one.of_control(less)[:AXES] for one in ones]))
    variables["control_fewer_dimensions"] = ("of", np.exp([one.of_control(logarithm)[AXES] for one in ones]))
    coordinates = {"kind": list(found), "of": list(compared), "axis": np.arange(1, AXES + 1)}
    return xr.Dataset(variables, coordinates)
