"""Tables of what pictures depend on, from the numbers of :mod:`paper.rooms.distances.analysis`."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from paper.rooms.distances.analysis import METRIC_NAMES, PICTURE_NAMES

#: Columns of correlations and fractions of :func:`preservation_table`, by their names among the numbers.
PRESERVED = {
    "distance_spearman": "distances (Spearman)",
    "distance_pearson": "distances (Pearson)",
    "length_spearman": "lengths of runs (Spearman)",
    "length_pearson": "lengths of runs (Pearson)",
    "neighbours_preserved": "nearest neighbours",
    "length_ratio": "median length over the true one",
}


def stress_columns(numbers: Mapping) -> dict[str, float]:
    """Explained stress by 1, 2, 3 and 10 axes, and explained pairwise distance by 3, as fractions.

    Parameters
    ----------
    numbers : mapping
        From :func:`paper.report.embedding.stress_numbers`.
    """
    stress = {f"stress, k = {k}": numbers["explained_stress"][k] for k in ("1", "2", "3", "10")}
    return stress | {"pairwise distance, k = 3": numbers["explained_distance"]["3"]}


def hellinger_table(numbers: Mapping[str, Mapping]) -> pd.DataFrame:
    """Fraction of saturated distances and explained stress of three axes, one row for each number of samples.

    Parameters
    ----------
    numbers : mapping
        From :func:`paper.rooms.distances.analysis.hellinger_numbers`.
    """
    rows = {
        n: {"saturated pairs": row["saturated"], "stress, k = 3": row["explained_stress"]["3"]}
        for n, row in numbers.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("samples")


def metric_table(numbers: Mapping[str, Mapping]) -> pd.DataFrame:
    """Explained stress, rank correlation and agreement, one row for each metric.

    Parameters
    ----------
    numbers : mapping
        From :func:`paper.rooms.distances.analysis.metric_numbers`.
    """
    rows = {
        METRIC_NAMES[name]: stress_columns(row)
        | {"rank correlation": row["rank_correlation"], "agreement": row["agreement"]}
        for name, row in numbers.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("distance")


def weighting_table(numbers: Mapping) -> pd.DataFrame:
    """Explained stress, one row without and one with weights.

    Parameters
    ----------
    numbers : mapping
        From :func:`paper.rooms.distances.analysis.weighting_numbers`.
    """
    rows = {name: stress_columns(numbers[name]) for name in ("unweighted", "weighted")}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("models")


def preservation_table(numbers: Mapping[str, Mapping]) -> pd.DataFrame:
    """What each picture preserves, one row for each; NaN where lengths have other units.

    Parameters
    ----------
    numbers : mapping
        From :func:`paper.rooms.distances.analysis.preservation_numbers`.
    """
    rows = {PICTURE_NAMES[name]: row for name, row in numbers.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename(columns=PRESERVED).rename_axis("picture")


def sampling_table(numbers: Mapping) -> pd.DataFrame:
    """Mean errors, as fractions, one row for each number of samples.

    Parameters
    ----------
    numbers : mapping
        From :func:`paper.rooms.distances.subsets.sampling_errors`.
    """
    names = {"coordinate_error": "relative error of three coordinates", "stress_error": "error of explained stress"}
    columns = {label: numbers[name]["by_samples"] for name, label in names.items()}
    return pd.DataFrame(columns).rename_axis("samples")
