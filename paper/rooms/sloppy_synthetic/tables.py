"""Tables of networks on synthetic data, from their numbers."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from paper.rooms.sloppy_synthetic.figures import label, start_name
from paper.statistics import with_interval

#: Properties of inputs, and their names in tables.
PROPERTIES = {"effective_dimension": "effective dimension", "mean_square": "mean squared length"}


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
    """All cases: participation ratios beside those of nulls and of one run, final errors, runs that fitted."""
    rows = [
        {
            "inputs": label(name),
            "start": start_name(int(n)),
            "runs": case["n_runs"],
            "one run": case["participation"]["one_run"],
            "all models": case["participation"]["models"],
            "their null": case["participation"]["null"],
            "between runs": case["participation"]["between"],
            "its null": case["participation"]["between_null"],
            "its null / between runs": with_interval(
                case["fewer"]["between"], case["fewer_interval"]["between"], ".2f"
            ),
            "the same of a null": case["control"]["between"],
            "train error": case["final_train_error"],
            "test error": case["final_test_error"],
            "fitted runs": case["n_fitted_runs"],
        }
        for name, of_one in numbers.items()
        for n, case in of_one["cases"].items()
    ]
    return pd.DataFrame(rows)


def corner_differences(compared: dict) -> pd.DataFrame:
    """Participation ratio of all models from the most corners less that from the fewest, beside that of nulls."""
    rows = {
        label(name): {
            "all models": with_interval(found["value"], found["interval"], "+.2f"),
            "their nulls": f"{found['control']:+.2f}",
        }
        for name, found in compared["most_minus_fewest_corners"].items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("inputs")


def sweep_table(numbers: dict) -> pd.DataFrame:
    """Rank correlation between the decay and how many times fewer dimensions than the null runs fill, by start."""
    correlation = {start_name(int(n)): value for n, value in numbers["rank_correlation_with_decay"].items()}
    return pd.DataFrame({"rank correlation": correlation}).rename_axis("start")


def matched_table(found: dict | None) -> pd.DataFrame:
    """Two decays of about the same test error, their factors, and that of the first over that of the second."""
    columns = ["decay", "test error", "null / between runs", "first over second"]
    if found is None:
        return pd.DataFrame(columns=columns)
    over = [with_interval(found["value"], found["interval"], ".2f"), "–"]
    rows = zip(found["decay"], found["test_error"], found["fewer"], over, strict=True)
    return pd.DataFrame(rows, columns=columns)
