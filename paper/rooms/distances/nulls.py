"""What class-preserving nulls give under each distance: few axes explain them too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from inpca.dimension import StackedRuns, class_preserving_orders, explained_stress, signed_spectrum
from inpca.distances import pairwise_distances

#: Axes of which the explained stress is given.
AXES = 10


def metric_nulls(
    runs: Sequence[Any], labels: np.ndarray, metrics: Sequence[str], *, draws: int, rng: int, n_jobs: int
) -> xr.Dataset:
    """Explained stress of runs and of nulls whose samples are permuted within classes, under several distances.

    Parameters
    ----------
    runs : sequence of (T, N, C) arrays
        Log-probabilities.
    labels : (N,) array of int
    metrics : sequence of str
        Of :data:`inpca.distances.METRICS`.
    draws : int
        Nulls; the same under each distance.
    rng : int
    n_jobs : int

    Returns
    -------
    Dataset
        ``real`` (metric, axis) and ``null`` (metric, draw, axis).
    """
    generator = np.random.default_rng(rng)
    orders = [None, *(class_preserving_orders(labels, len(runs), rng=generator) for _ in range(draws))]
    stress = np.empty((len(metrics), len(orders), AXES))
    for row, metric in zip(stress, metrics, strict=True):
        for place, order in zip(row, orders, strict=True):
            D = pairwise_distances(StackedRuns(runs, order), log=True, metric=metric, n_jobs=n_jobs)
            place[:] = explained_stress(signed_spectrum(D))[:AXES]
    coordinates = {"metric": list(metrics), "axis": np.arange(1, AXES + 1)}
    return xr.Dataset(
        {"real": (("metric", "axis"), stress[:, 0]), "null": (("metric", "draw", "axis"), stress[:, 1:])}, coordinates
    )


def null_numbers(found: xr.Dataset) -> dict:
    """Explained stress of both and its excess over the nulls, by metric and number of axes.

    Returns
    -------
    dict
        By metric: ``real``, ``null`` (mean over draws), ``excess`` and ``excess_range``, [least, most] over draws.
    """
    numbers = {}
    for metric in found["metric"].values:
        real, null = (found[name].sel(metric=metric, axis=[3, AXES]) for name in ("real", "null"))
        excess = real - null
        numbers[str(metric)] = {
            "real": by_axes(real),
            "null": by_axes(null.mean("draw")),
            "excess": by_axes(excess.mean("draw")),
            "excess_range": {
                str(k): [float(excess.sel(axis=k).min()), float(excess.sel(axis=k).max())]
                for k in excess["axis"].values
            },
        }
    return numbers


def by_axes(values: xr.DataArray) -> dict[str, float]:
    """Values by number of axes."""
    return {str(k): float(values.sel(axis=k)) for k in values["axis"].values}


def null_table(numbers: Mapping[str, Mapping], names: Mapping[str, str]) -> pd.DataFrame:
    """Explained stress of runs and nulls with three and ten axes, one row for each metric."""
    rows = {
        names[metric]: {
            f"{who}, k = {k}": format(row[key][k], ".1%")
            for k in row["real"]
            for key, who in (("real", "runs"), ("null", "null"))
        }
        for metric, row in numbers.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("distance")
