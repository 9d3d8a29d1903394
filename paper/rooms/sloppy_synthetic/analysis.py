"""Numbers of networks on synthetic data: inputs, dimension of every case beside its null, and cases compared."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import spearmanr

from inpca.dimension import participation_ratio
from paper.models import runs
from paper.rooms.sloppy_synthetic.configuration import Spectrum
from paper.rooms.sloppy_synthetic.data import input_variances

#: Numbers of axes whose explained stress is given.
STRESS_AXES = (1, 3, 10)


def input_numbers(inputs: np.ndarray, spectrum: Spectrum) -> dict:
    """Spectrum of the inputs (N, d), of their distribution and of the sample.

    ``effective_dimension`` is the participation ratio of the covariance, ``mean_square`` the mean squared length of an
    input, Σ_i e_i / d.
    """
    d = inputs.shape[1]
    population, sample = input_variances(spectrum, d) / d, sample_variances(inputs)
    return {
        **spectrum.model_dump(),
        "effective_dimension": participation_ratio(population),
        "sample_effective_dimension": participation_ratio(sample),
        "mean_square": float(population.sum()),
        "sample_mean_square": float(sample.sum()),
    }


def sample_variances(inputs: np.ndarray) -> np.ndarray:
    """Eigenvalues of the second moments XᵀX / N of the inputs (N, d), descending."""
    inputs = np.asarray(inputs, np.float64)
    return np.linalg.eigvalsh(inputs.T @ inputs / len(inputs))[::-1]


def spectrum_of(dimensions: xr.Dataset) -> Spectrum:
    """The spectrum of the inputs behind dimensions."""
    return Spectrum(**{name: dimensions.attrs[name] for name in Spectrum.model_fields if name in dimensions.attrs})


def case_numbers(table: pd.DataFrame, dimensions: xr.Dataset, fitted_error: float) -> dict:
    """Numbers of the runs on data of one spectrum, by number of corners.

    Parameters
    ----------
    table, dimensions
        As :func:`paper.rooms.sloppy_synthetic.geometry.spectrum_geometry` returns them.
    fitted_error : float
        Train error up to which a run counts as fitted.

    Returns
    -------
    dict
        By number of corners: ``participation`` and ``stress`` by kind (see :func:`inpca.calibrated_dimension`, blanks
        in names are underscores); ``dimensions``, the participation ratio of all models and of the scatter between
        runs, and ``fewer``, that of the null over it, each with ``…_interval``; ``control``, ``fewer`` of a null in
        place of the runs; number of runs and models; errors.
    """
    numbers = {}
    for corners, points in runs(table).groupby("corners", sort=False):
        last, found = points.groupby("run", sort=False).tail(1), dimensions.sel(corners=corners)
        kinds = {kind: kind.replace(" ", "_") for kind in found["kind"].values}
        numbers[str(corners)] = {
            "n_runs": len(last),
            "n_models": len(points),
            "participation": {name: found["participation"].sel(kind=kind).item() for kind, name in kinds.items()},
            "stress": {
                name: {str(k): found["stress"].sel(kind=kind, axis=k).item() for k in STRESS_AXES}
                for kind, name in kinds.items()
            },
            **with_intervals(found, "dimensions", "dimensions"),
            **with_intervals(found, "fewer_dimensions", "fewer"),
            "control": {of: found["control_fewer_dimensions"].sel(of=of).item() for of in found["of"].values},
            "final_train_error": float(last["train_error"].mean()),
            "final_test_error": float(last["test_error"].mean()),
            "n_fitted_runs": int((last["train_error"] <= fitted_error).sum()),
        }
    return numbers


def with_intervals(found: xr.Dataset, variable: str, name: str) -> dict:
    """A variable of all models and of the scatter between runs, and the ends of its intervals."""
    of = found["of"].values
    ends = {one: [found[f"{variable}{end}"].sel(of=one).item() for end in ("_low", "_high")] for one in of}
    return {name: {one: found[variable].sel(of=one).item() for one in of}, f"{name}_interval": ends}


def difference(a: dict, b: dict, name: str, of: str) -> dict:
    """b less a of a number of two cases, and the ends of its interval.

    Half the width is the root of the sum of squares of those of both, as of independent cases. Cases that share seeds
    or corners are not independent: their interval is mostly too wide.
    """
    value = b[name][of] - a[name][of]
    half = np.hypot(*(np.ptp(case[f"{name}_interval"][of]) / 2 for case in (a, b)))
    return {"value": float(value), "interval": [float(value - half), float(value + half)]}


def ratio(a: dict, b: dict, name: str, of: str) -> dict:
    """b over a of a positive number of two cases, and the ends of its interval; :func:`difference` of logarithms.

    Examples
    --------
    >>> a = {"fewer": {"between": 1.0}, "fewer_interval": {"between": [0.5, 2.0]}}
    >>> ratio(a, {"fewer": {"between": 2.0}, "fewer_interval": {"between": [2.0, 2.0]}}, "fewer", "between")
    {'value': 2.0, 'interval': [1.0, 4.0]}
    """
    keys = (name, f"{name}_interval")
    logarithms = ({key: {of: np.log(case[key][of])} for key in keys} for case in (a, b))
    return {key: np.exp(found).tolist() for key, found in difference(*logarithms, name, of).items()}


def comparisons(numbers: Mapping[str, dict]) -> dict:
    """Inputs against each other at each number of corners, and most corners against fewest on each spectrum.

    Returns
    -------
    dict
        ``sloppiest``: the inputs of the lowest effective dimension. ``over``: by two different inputs and number of
        corners, how many times fewer dimensions than its null the scatter between runs fills with the first, over the
        same with the second; ``control``, the same of nulls in place of runs. ``most_minus_fewest_corners``: by inputs,
        the participation ratio of all models; ``control``, the same of nulls.
    """
    size = {name: of_one["inputs"]["effective_dimension"] for name, of_one in numbers.items()}
    cases = {name: of_one["cases"] for name, of_one in numbers.items()}

    def of_inputs(one: dict, other: dict) -> dict:
        control = one["control"]["between"] / other["control"]["between"]
        return ratio(other, one, "fewer", "between") | {"control": control}

    def of_corners(of_one: dict) -> dict:
        few, many = of_one[min(of_one, key=int)], of_one[max(of_one, key=int)]
        control = many["participation"]["null"] - few["participation"]["null"]
        return difference(few, many, "dimensions", "models") | {"control": control}

    over: dict[str, dict] = {name: {} for name in cases}
    for one, other in permutations(cases, 2):
        over[one][other] = {n: of_inputs(cases[one][n], cases[other][n]) for n in cases[one]}
    return {
        "sloppiest": min(size, key=size.get),
        "over": over,
        "most_minus_fewest_corners": {name: of_corners(of_one) for name, of_one in cases.items()},
    }


def sweep_numbers(cells: xr.Dataset, dimension: int) -> dict:
    """Dimensions of the null over those of runs in every cell, largest train error, sizes of inputs; rank correlation.

    That is Spearman's, of the decay with how many times fewer dimensions than their null runs fill; None where no
    cell differs.

    Parameters
    ----------
    cells : Dataset
        As :func:`paper.rooms.sloppy_synthetic.sweep.sweep` returns them.
    dimension : int
        Of the inputs.
    """
    fewer = cells["fewer"].transpose("decay", "corners").to_pandas()
    return {
        "fewer": {f"{c:g}": {str(n): float(v) for n, v in row.items()} for c, row in fewer.iterrows()},
        "largest_train_error": float(cells["train_error"].max()),
        "mean_square": {
            f"{c:g}": float(input_variances(Spectrum(decay=c), dimension).mean()) for c in cells["decay"].values
        },
        "rank_correlation_with_decay": {
            str(n): float(spearmanr(fewer.index, fewer[n]).statistic) if fewer[n].nunique() > 1 else None for n in fewer
        },
    }


def matched_error(cells: xr.Dataset, fitted_error: float) -> dict | None:
    """The largest decay of the sweep against the smaller one of nearest test error, runs from the fewest corners.

    Only decays whose train error is at most ``fitted_error`` count; None where these are fewer than two.

    Returns
    -------
    dict or None
        ``value`` and ``interval``: how many times fewer dimensions than their null runs fill at the first, over the
        same at the second; ``decay``, ``test_error`` and ``fewer``, that number, of both.
    """
    start = cells.sel(corners=cells["corners"].min())
    fitted = start.isel(decay=np.flatnonzero(start["train_error"] <= fitted_error))
    if fitted.sizes["decay"] < 2:
        return None
    largest, smaller = fitted.isel(decay=-1), fitted.isel(decay=slice(-1))
    nearest = smaller.isel(decay=np.abs(smaller["test_error"] - largest["test_error"]).values.argmin())
    both = (largest, nearest)
    one, other = (
        {
            "fewer": {"between": cell["fewer"].item()},
            "fewer_interval": {"between": [cell["fewer_low"].item(), cell["fewer_high"].item()]},
        }
        for cell in both
    )
    of_both = {name: [cell[name].item() for cell in both] for name in ("decay", "test_error", "fewer")}
    return ratio(other, one, "fewer", "between") | of_both
