"""What networks on synthetic data say about sloppy inputs and corners: numbers and the sentences made from them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
import xarray as xr

from inpca.dimension import ENOUGH_STRESS, participation_ratio
from paper.models import runs
from paper.report.embedding import STRESS_AXES
from paper.rooms.sloppy_synthetic.configuration import Spectrum
from paper.rooms.sloppy_synthetic.data import input_variances
from paper.rooms.sloppy_synthetic.figures import label, start_name

#: Measures of dimension that are compared.
MEASURES = ("axes_needed", "participation_ratio")


def input_numbers(inputs: np.ndarray, spectrum: Spectrum) -> dict:
    """Spectrum of the inputs (N, d): asked for and measured.

    ``effective_dimension`` is the participation ratio of the covariance, ``mean_square`` the mean squared length of an
    input, Σ_i e_i / d.
    """
    d = inputs.shape[1]
    asked, measured = input_variances(spectrum, d) / d, measured_variances(inputs)
    return {
        **spectrum.model_dump(),
        "effective_dimension": participation_ratio(asked),
        "measured_effective_dimension": participation_ratio(measured),
        "mean_square": float(asked.sum()),
        "measured_mean_square": float(measured.sum()),
    }


def measured_variances(inputs: np.ndarray) -> np.ndarray:
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
        of_one, settled = (by_checkpoints.sel(checkpoints=which) for which in ("all", "settled"))
        axes = [k for k in STRESS_AXES if np.isfinite(of_one["explained_stress"].reindex(axis=[k]).item())]
        numbers[str(corners)] = {
            "n_runs": len(last),
            "n_models": len(points),
            **measured(of_one),
            "settled": measured(settled),
            "explained_stress": {str(k): of_one["explained_stress"].sel(axis=k).item() for k in axes},
            "explained_stress_error": {str(k): of_one["explained_stress_error"].sel(axis=k).item() for k in axes},
            "time_like_axes": [int(k) for k in of_one["axis"].values[of_one["eigenvalue"].values < 0][:10]],
            "final_train_error": float(last["train_error"].mean()),
            "final_test_error": float(last["test_error"].mean()),
            "n_fitted_runs": int((last["train_error"] <= fitted_error).sum()),
        }
    return numbers


def measured(dimensions: xr.Dataset) -> dict:
    """Measures of dimension with their standard errors."""
    names = [name for measure in MEASURES for name in (measure, f"{measure}_error")]
    return {name: dimensions[name].item() for name in names}


def difference(a: dict, b: dict, measure: str) -> dict:
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
        settled = difference(a["settled"], b["settled"], "participation_ratio")
        return {measure: difference(a, b, measure) for measure in MEASURES} | {"settled_participation_ratio": settled}

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


def case_table(numbers: Mapping[str, dict]) -> str:
    """All cases with their dimensions and errors, in Markdown."""
    rows = [
        f"| {label(name)} | {start_name(int(n))} | {c['n_runs']} "
        f"| {c['axes_needed']:.0f} ± {c['axes_needed_error']:.1f} "
        f"| {c['participation_ratio']:.2f} ± {c['participation_ratio_error']:.2f} "
        f"| {c['settled']['participation_ratio']:.2f} ± {c['settled']['participation_ratio_error']:.2f} "
        f"| {c['explained_stress']['3']:.1%} | {c['final_train_error']:.1%} | {c['final_test_error']:.1%} "
        f"| {c['n_fitted_runs']} |"
        for name, of_one in numbers.items()
        for n, c in of_one["cases"].items()
    ]
    head = (
        f"| inputs | start | runs | axes for {ENOUGH_STRESS:.0%} | participation ratio | settled "
        "| stress of 3 axes | train error | test error | fitted runs |" + "\n" + 10 * "|---" + "|"
    )
    note = (
        "Numbers after ± are one standard error, over runs of these corners, this teacher and these inputs: with one "
        "corner they say nothing of other corners. Settled: participation ratio without the first checkpoints."
    )
    return "\n".join([head, *rows, "", note])


def input_verdict(numbers: Mapping[str, dict]) -> str:
    """How many dimensions the inputs have and how large they are."""
    parts = [
        f"{label(name)} inputs have an effective dimension of {i['effective_dimension']:.3g} "
        f"(measured {i['measured_effective_dimension']:.3g}) and a mean squared length of {i['mean_square']:.3g} "
        f"(measured {i['measured_mean_square']:.3g})"
        for name, i in ((name, of_one["inputs"]) for name, of_one in numbers.items())
    ]
    return f"{'; '.join(parts)[0].upper()}{'; '.join(parts)[1:]}."


def sloppy_verdict(numbers: Mapping[str, dict], compared: dict) -> str:
    """Do sloppy inputs give a lower dimension? A count, and one line for each comparison."""
    sloppy, others = compared["sloppiest"], compared["other_minus_sloppy"]
    lines = []
    for name, of_one in others.items():
        for n, item in of_one.items():
            pair = [numbers[which]["cases"][n] for which in (sloppy, name)]
            ratios = " and ".join(f"{case['participation_ratio']:.2f}" for case in pair)
            axes = " and ".join(f"{case['axes_needed']:.0f}" for case in pair)
            lines.append(
                f"- {label(sloppy)} and {label(name)} inputs from {start_name(int(n))}: participation ratio {ratios} "
                f"({verdict(item['participation_ratio'])}); {axes} axes ({verdict(item['axes_needed'])})"
            )
    lower, higher, total = sloppy_counts(compared, "participation_ratio")
    head = (
        f"**Sloppy inputs give a lower participation ratio in {lower} of {total} comparisons and a higher one in "
        f"{higher}**, beyond two standard errors; in the others the two are not told apart."
    )
    return "\n".join([head, "", *lines])


def sloppy_counts(compared: dict, measure: str) -> tuple[int, int, int]:
    """Comparisons in which the sloppiest inputs have the lower and the higher dimension, and all of them."""
    items = [item[measure] for of_one in compared["other_minus_sloppy"].values() for item in of_one.values()]
    beyond = [item["value"] for item in items if item["beyond_error"]]
    return sum(value > 0 for value in beyond), sum(value < 0 for value in beyond), len(items)


def settled_verdict(compared: dict, settled_epochs: float) -> str:
    """Does the verdict depend on the first checkpoints?"""
    lower, higher, total = sloppy_counts(compared, "settled_participation_ratio")
    lower_all, higher_all, _ = sloppy_counts(compared, "participation_ratio")
    rises = [of_one["settled_participation_ratio"] for of_one in compared["most_minus_fewest_corners"].values()]
    rise = sum(item["beyond_error"] and item["value"] > 0 for item in rises)
    turned = [
        f"{label(name)} from {start_name(int(n))} ({item['participation_ratio']['value']:+.2f} ± "
        f"{item['participation_ratio']['error']:.2f} to {item['settled_participation_ratio']['value']:+.2f} ± "
        f"{item['settled_participation_ratio']['error']:.2f})"
        for name, of_one in compared["other_minus_sloppy"].items()
        for n, item in of_one.items()
        if all(item[m]["beyond_error"] for m in ("participation_ratio", "settled_participation_ratio"))
        and item["participation_ratio"]["value"] * item["settled_participation_ratio"]["value"] < 0
    ]
    return (
        f"**Without the checkpoints before the end of epoch {settled_epochs:g}**, the participation ratio of sloppy "
        f"inputs is lower in {lower} of {total} comparisons and higher in {higher} (with all checkpoints in "
        f"{lower_all} and {higher_all}), beyond two standard errors. The sign turns for: "
        f"{'; '.join(turned) or 'none'}. From the most corners it is higher than from the fewest on {rise} of "
        f"{len(rises)} spectra."
    )


def corner_verdict(numbers: Mapping[str, dict], compared: dict) -> str:
    """What does the number of corners add? A count, and one line for each spectrum."""
    lines = []
    for name, of_one in compared["most_minus_fewest_corners"].items():
        values = ", ".join(
            f"{case['participation_ratio']:.2f} ({case['axes_needed']:.0f}) from {start_name(int(n))}"
            for n, case in numbers[name]["cases"].items()
        )
        lines.append(f"- {label(name)} inputs: {values}; last against first {verdict(of_one['participation_ratio'])}")
    items = [of_one["participation_ratio"] for of_one in compared["most_minus_fewest_corners"].values()]
    higher = sum(item["beyond_error"] and item["value"] > 0 for item in items)
    head = (
        f"**From the most corners the dimension is higher than from the fewest on {higher} of {len(items)} spectra.** "
        f"Participation ratio (axes for {ENOUGH_STRESS:.0%} of the stress):"
    )
    return "\n".join([head, "", *lines])


def verdict(item: dict) -> str:
    """A difference of two cases with its standard error, in words."""
    if item["error"] == 0:
        return f"{item['value']:+.3g} in every resample"
    word = "the latter " + ("higher" if item["value"] > 0 else "lower") if item["beyond_error"] else "not told apart"
    return f"{word}, {item['value']:+.2f} ± {item['error']:.2f}"


def control_verdict(numbers: Mapping[str, dict]) -> str:
    """What the size of the inputs does where their shape is the same, and their shape where their size is."""
    names = {"effective_dimension": "effective dimension", "mean_square": "mean squared length"}
    parts = []
    for title, same, other in (
        ("Size at equal effective dimension", "effective_dimension", "mean_square"),
        ("Effective dimension at equal size", "mean_square", "effective_dimension"),
    ):
        lines = []
        for (name, a), (second, b) in combinations(numbers.items(), 2):
            left, right = a["inputs"], b["inputs"]
            if close(left[same], right[same]) and not close(left[other], right[other]):
                found = {n: difference(a["cases"][n], b["cases"][n], "participation_ratio") for n in a["cases"]}
                lines.append(
                    f"- {label(name)} and {label(second)} inputs ({names[other]} {left[other]:.3g} and "
                    f"{right[other]:.3g}): the participation ratio of the latter is {by_start(found)}"
                )
        none = f"No two spectra have the same {names[same]}, to ten per cent, and another {names[other]}."
        parts.append("\n".join([f"**{title}.**", "", *lines]) if lines else f"**{title}.** {none}")
    note = "The teacher labels each kind of inputs anew, so that their labels, and how hard they are, differ as well."
    return "\n\n".join([*parts, note])


def close(a: float, b: float) -> bool:
    """Equal to ten per cent."""
    return abs(np.log(b / a)) < np.log(1.1)


def by_start(found: Mapping[str, dict]) -> str:
    """From which starts a difference is above, below, and within two standard errors, in words."""
    starts = {"higher": [], "lower": [], "not told apart": []}
    for n, item in found.items():
        word = ("higher" if item["value"] > 0 else "lower") if item["beyond_error"] else "not told apart"
        starts[word].append(start_name(int(n)))
    return "; ".join(f"{word} from {', '.join(names)}" for word, names in starts.items() if names)


def fit_verdict(numbers: Mapping[str, dict], fitted_error: float) -> str:
    """Which cases did not fit; a run that several cases share counts in each."""
    cases = {(name, n): c for name, of_one in numbers.items() for n, c in of_one["cases"].items()}
    fitted, total = sum(c["n_fitted_runs"] for c in cases.values()), sum(c["n_runs"] for c in cases.values())
    missed = [f"{label(name)} from {start_name(int(n))}" for (name, n), c in cases.items()
              if c["n_fitted_runs"] < c["n_runs"]]  # fmt: skip
    where = f" Cases with others: {', '.join(missed)}." if missed else ""
    different = sum(of_one["n_different_runs"] for of_one in numbers.values())
    return (
        f"{fitted} of {total} runs ({different} different ones; cases share some) end with a train error of at most "
        f"{fitted_error:.0%}.{where}"
    )


def sweep_numbers(cells: xr.Dataset, dimension: int) -> dict:
    """Axes needed in every cell, their rank correlation with the decay, the largest final train error, sizes of inputs.

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
            str(n): float(axes[n].rank().corr(axes.index.to_series().rank())) if axes[n].nunique() > 1 else None
            for n in axes
        },
    }


def sweep_verdict(numbers: dict) -> str:
    """Does the number of axes fall with the decay?"""
    parts = [
        f"{'none (always the same number)' if r is None else f'{r:+.2f}'} from {start_name(int(n))}"
        for n, r in numbers["rank_correlation_with_decay"].items()
    ]
    return (
        f"Rank correlation between decay $c$ and axes for {ENOUGH_STRESS:.0%} of the stress: {', '.join(parts)}. The "
        f"largest final train error of a cell is {numbers['largest_train_error']:.1%}. The size of the inputs changes "
        f"with $c$ as well (mean squared length {', '.join(f'{size:.3g}' for size in numbers['mean_square'].values())})"
        ", so that this map alone does not tell decay from size."
    )
