"""What class-preserving nulls give under each distance: few axes explain them too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from inpca.dimension import StackedRuns, signed_spectrum
from inpca.dimension.comparison import Draws, as_dataset, compare_with_nulls
from inpca.distances import pairwise_distances

#: Numbers of axes of which the explained stress is given.
AXES = (3, 10)


def metric_nulls(
    runs: Sequence[Any],
    labels: np.ndarray,
    metrics: Sequence[str],
    *,
    groups: Sequence,
    draws: int,
    rng: int,
    n_jobs: int,
) -> xr.Dataset:
    """Explained stress of runs and of nulls whose samples are permuted within classes, under several distances.

    Parameters
    ----------
    runs : sequence of (T, N, C) arrays
        Log-probabilities.
    labels : (N,) array of int
    metrics : sequence of str
        Of :data:`inpca.distances.METRICS`.
    groups : sequence
        Configuration of each run, of which some are left out in turn.
    draws : int
        Nulls; the same under each distance.
    rng : int
    n_jobs : int

    Returns
    -------
    Dataset
        What :func:`inpca.calibrated_dimension` returns of ``models`` and their ``null``, by ``metric``.
    """
    drawn, part = Draws.of(labels, groups, draws, rng), StackedRuns(runs).run
    found = []
    for metric in metrics:

        def distances(orders: list | None = None, metric: str = metric) -> np.ndarray:
            return pairwise_distances(StackedRuns(runs, orders), log=True, metric=metric, n_jobs=n_jobs)

        compared = compare_with_nulls(distances(), distances, {"models": signed_spectrum}, drawn.part[part], drawn)
        models = compared["models"]
        found.append(as_dataset({"models": [models.real], "null": models.nulls}, compared))
    return xr.concat(found, pd.Index(metrics, name="metric"))


def null_numbers(found: xr.Dataset) -> dict:
    """Explained stress of both and its excess over the nulls, by metric and number of axes.

    Parameters
    ----------
    found : Dataset
        From :func:`metric_nulls`; its attribute ``excess_margin`` is the smallest excess that counts, as a fraction of
        the stress that the null leaves unexplained.

    Returns
    -------
    dict
        By metric: ``real``, ``null`` (mean over draws), ``excess``, ``excess_interval``, ``margin``, and ``control``,
        the excess of one null more.
    """
    numbers = {}
    for metric in found["metric"].values:
        chosen = found.sel(metric=metric, of="models")
        real, null = (by_axes(chosen["stress"].sel(kind=kind)) for kind in ("models", "null"))
        excess, low, high = (by_axes(chosen[f"excess_stress{end}"]) for end in ("", "_low", "_high"))
        numbers[str(metric)] = {
            "real": real,
            "null": null,
            "excess": excess,
            "excess_interval": {k: [low[k], high[k]] for k in low},
            "margin": {k: found.attrs["excess_margin"] * (1 - stress) for k, stress in null.items()},
            "control": by_axes(chosen["control_excess_stress"]),
        }
    return numbers


def by_axes(values: xr.DataArray) -> dict[str, float]:
    """Values by number of axes."""
    return {str(k): float(values.sel(axis=k)) for k in AXES}


def null_table(numbers: Mapping[str, Mapping], names: Mapping[str, str]) -> pd.DataFrame:
    """Explained stress of runs and nulls with three and ten axes, and its excess, one row for each metric."""
    rows = {
        names[metric]: {
            **{
                f"{who}, k = {k}": format(row[key][k], ".1%")
                for k in row["real"]
                for key, who in (("real", "runs"), ("null", "null"))
            },
            **{
                f"runs less null, k = {k}": "{:+.1%} [{:+.1%}, {:+.1%}]".format(value, *row["excess_interval"][k])
                for k, value in row["excess"].items()
            },
        }
        for metric, row in numbers.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("distance")
