"""Tables of networks on synthetic data, from their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from inpca.dimension import ENOUGH_STRESS
from paper.rooms.sloppy_synthetic.analysis import dimension_difference
from paper.rooms.sloppy_synthetic.figures import label, start_name

#: Measures of dimension, and their names in tables.
MEASURES = {
    "axes_needed": f"axes for {ENOUGH_STRESS:.0%}",
    "participation_ratio": "participation ratio",
    "late_participation_ratio": "late participation ratio",
}
#: Properties of inputs that are controlled, and their names in tables.
PROPERTIES = {"effective_dimension": "effective dimension", "mean_square": "mean squared length"}
#: Two values are equal if their ratio is less than this.
EQUAL_RATIO = 1.1


def input_table(numbers: Mapping[str, dict]) -> pd.DataFrame:
    """How many dimensions the inputs have and how large they are, in their distribution and in the sample."""
    rows = {
        label(name): {
            f"{title}{of}": of_one["inputs"][f"{prefix}{key}"]
            for key, title in PROPERTIES.items()
            for prefix, of in (("", ""), ("sample_", " of the sample"))
        }
        for name, of_one in numbers.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("inputs")


def case_table(numbers: Mapping[str, dict]) -> pd.DataFrame:
    """All cases: dimensions with one standard error, stress of three axes, final errors, runs that fitted."""
    rows = [
        {
            "inputs": label(name),
            "start": start_name(int(n)),
            "runs": case["n_runs"],
            MEASURES["axes_needed"]: with_error(case, "axes_needed", ".1f"),
            MEASURES["participation_ratio"]: with_error(case, "participation_ratio", ".2f"),
            MEASURES["late_participation_ratio"]: with_error(case["late"], "participation_ratio", ".2f"),
            "stress of 3 axes": case["explained_stress"]["3"],
            "train error": case["final_train_error"],
            "test error": case["final_test_error"],
            "fitted runs": case["n_fitted_runs"],
        }
        for name, of_one in numbers.items()
        for n, case in of_one["cases"].items()
    ]
    return pd.DataFrame(rows)


def with_error(case: dict, measure: str, form: str) -> str:
    """A measure with its standard error."""
    return f"{case[measure]:{form}} ± {case[f'{measure}_error']:{form}}"


def differences(found: dict) -> dict[str, str]:
    """Differences of all measures between two cases, each with its standard error."""
    return {title: f"{found[name]['value']:+.2f} ± {found[name]['error']:.2f}" for name, title in MEASURES.items()}


def input_differences(compared: dict) -> pd.DataFrame:
    """Dimension with other inputs less that with the sloppiest, for each start."""
    rows = [
        {"inputs": f"{label(name)} − {label(compared['sloppiest'])}", "start": start_name(int(n)), **differences(found)}
        for name, of_one in compared["other_minus_sloppy"].items()
        for n, found in of_one.items()
    ]
    return pd.DataFrame(rows)


def corner_differences(compared: dict) -> pd.DataFrame:
    """Dimension from the most corners less that from the fewest, for each kind of inputs."""
    rows = {label(name): differences(found) for name, found in compared["most_minus_fewest_corners"].items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("inputs")


def count_table(compared: dict) -> pd.DataFrame:
    """In how many comparisons the sloppiest inputs have the lower and the higher dimension, beyond two errors."""
    rows = {}
    for measure, title in MEASURES.items():
        found = [item[measure] for of_one in compared["other_minus_sloppy"].values() for item in of_one.values()]
        values = np.array([item["value"] if item["beyond_error"] else 0 for item in found])
        counts = {"lower": int((values > 0).sum()), "higher": int((values < 0).sum()), "comparisons": len(values)}
        rows[title] = counts
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("with sloppy inputs")


def control_table(numbers: Mapping[str, dict]) -> pd.DataFrame:
    """Participation ratio of inputs that differ in size but not in effective dimension, or the other way round.

    The last column is that of the second inputs less that of the first, with its standard error.
    """
    rows = []
    for same, other in (tuple(PROPERTIES), tuple(PROPERTIES)[::-1]):
        for (name, a), (second, b) in combinations(numbers.items(), 2):
            left, right = a["inputs"], b["inputs"]
            if not equal(left[same], right[same]) or equal(left[other], right[other]):
                continue
            for n in a["cases"]:
                found = dimension_difference(a["cases"][n], b["cases"][n], "participation_ratio")
                rows.append(
                    {
                        "equal": PROPERTIES[same],
                        "inputs": f"{label(second)} − {label(name)}",
                        "differing": f"{PROPERTIES[other]} {right[other]:.3g} and {left[other]:.3g}",
                        "start": start_name(int(n)),
                        "participation ratio": f"{found['value']:+.2f} ± {found['error']:.2f}",
                    }
                )
    return pd.DataFrame(rows, columns=["equal", "inputs", "differing", "start", "participation ratio"])


def equal(a: float, b: float) -> bool:
    """Whether two positive values differ by less than :data:`EQUAL_RATIO`."""
    return bool(abs(np.log(b / a)) < np.log(EQUAL_RATIO))


def sweep_table(numbers: dict) -> pd.DataFrame:
    """Rank correlation between the decay and the axes needed, by start."""
    correlation = {start_name(int(n)): value for n, value in numbers["rank_correlation_with_decay"].items()}
    return pd.DataFrame({"rank correlation": correlation}).rename_axis("start")
