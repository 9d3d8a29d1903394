"""Numbers of networks on synthetic data: inputs, dimension of every case, and differences between cases."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import spearmanr

from inpca.dimension import participation_ratio
from paper.models import runs
from paper.report.embedding import STRESS_AXES
from paper.rooms.sloppy_synthetic.configuration import Spectrum
from paper.rooms.sloppy_synthetic.data import input_variances

#: Measures of dimension that are compared.
MEASURES = ("axes_needed", "participation_ratio")


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
    """
    numbers = {}
    for corners, points in runs(table).groupby("corners", sort=False):
        last, by_checkpoints = points.groupby("run", sort=False).tail(1), dimensions.sel(corners=corners)
        of_one, late = (by_checkpoints.sel(checkpoints=which) for which in ("all", "late"))
        axes = [k for k in STRESS_AXES if np.isfinite(of_one["explained_stress"].reindex(axis=[k]).item())]
        numbers[str(corners)] = {
            "n_runs": len(last),
            "n_models": len(points),
            **measures(of_one),
            "late": measures(late),
            "explained_stress": {str(k): of_one["explained_stress"].sel(axis=k).item() for k in axes},
            "explained_stress_error": {str(k): of_one["explained_stress_error"].sel(axis=k).item() for k in axes},
            "time_like_axes": [int(k) for k in of_one["axis"].values[of_one["eigenvalue"].values < 0][:10]],
            "final_train_error": float(last["train_error"].mean()),
            "final_test_error": float(last["test_error"].mean()),
            "n_fitted_runs": int((last["train_error"] <= fitted_error).sum()),
        }
    return numbers


def measures(dimensions: xr.Dataset) -> dict:
    """Measures of dimension with their standard errors."""
    names = [name for measure in MEASURES for name in (measure, f"{measure}_error")]
    return {name: dimensions[name].item() for name in names}


def dimension_difference(a: dict, b: dict, measure: str) -> dict:
    """b - a of a measure of two cases with its standard error, and whether it exceeds two of them.

    The error is that of independent cases. Cases that share seeds are not: their true error is another, mostly smaller.
    """
    value = b[measure] - a[measure]
    error = float(np.hypot(a[f"{measure}_error"], b[f"{measure}_error"]))
    return {
        "value": value,
        "error": error,
        "low": value - 2 * error,
        "high": value + 2 * error,
        "beyond_error": bool(abs(value) > 2 * error),
    }


def comparisons(numbers: Mapping[str, dict]) -> dict:
    """Other inputs against the sloppiest at each number of corners, and most corners against fewest on each spectrum.

    The sloppiest inputs are those of lowest effective dimension.
    """
    size = {name: of_one["inputs"]["effective_dimension"] for name, of_one in numbers.items()}
    sloppy = min(size, key=size.get)
    cases = {name: of_one["cases"] for name, of_one in numbers.items()}

    def differences(a: dict, b: dict) -> dict:
        late = dimension_difference(a["late"], b["late"], "participation_ratio")
        of_all = {measure: dimension_difference(a, b, measure) for measure in MEASURES}
        return of_all | {"late_participation_ratio": late}

    return {
        "sloppiest": sloppy,
        "other_minus_sloppy": {
            name: {n: differences(cases[sloppy][n], of_one[n]) for n in of_one}
            for name, of_one in cases.items()
            if name != sloppy
        },
        "most_minus_fewest_corners": {
            name: differences(of_one[min(of_one, key=int)], of_one[max(of_one, key=int)])
            for name, of_one in cases.items()
        },
    }


def sweep_numbers(cells: xr.Dataset, dimension: int) -> dict:
    """Axes needed in every cell, largest final train error, sizes of inputs; Spearman's correlation of axes and decay.

    The correlation is None where all cells need as many axes.

    Parameters
    ----------
    cells : Dataset
        As :func:`paper.rooms.sloppy_synthetic.sweep.sweep` returns them.
    dimension : int
        Of the inputs.
    """
    axes = cells["axes_needed"].to_pandas()
    return {
        "axes_needed": {f"{c:g}": {str(n): float(v) for n, v in row.items()} for c, row in axes.iterrows()},
        "largest_train_error": float(cells["train_error"].max()),
        "mean_square": {
            f"{c:g}": float(input_variances(Spectrum(decay=c), dimension).mean()) for c in cells["decay"].values
        },
        "rank_correlation_with_decay": {
            str(n): float(spearmanr(axes.index, axes[n]).statistic) if axes[n].nunique() > 1 else None for n in axes
        },
    }
