r"""Whether runs stand in the same relation to each other on both splits, beyond what their accuracy gives.

With :math:`D_{ab}` the mean distance at equal progress of two configurations' runs of different seeds, the *correlation
of arrangements* is Pearson's, over all pairs of configurations (Mantel's statistic),

.. math:: r = \operatorname{cor}_{a<b}(D^{\rm train}_{ab}, D^{\rm test}_{ab}).

It is 1 if distances on one split tell those on the other. Runs of like accuracy are near each other on both splits
whatever else they do, so that it is large for the null, too: :math:`r_0`, the same with the distances of a run to the
class-preserving null of the other. That keeps loss, error and progress of both runs on each split and what one run
errs on, and destroys whether the other errs on the same samples. :math:`r-r_0` is what the samples add.

References
----------
Mantel, Cancer Research 27, 1967.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from paper.statistics import percentile_interval, with_interval
from paper.statistics.pairs import group_distances

#: Fewest pairs of which a correlation is given.
FEWEST = 3
#: Whether distances are of runs, or of runs to the nulls of others.
KINDS = {"correlation": "distance", "null": "null_distance"}


def same_arrangement(
    measured: Mapping[str, xr.Dataset], runs: pd.DataFrame, *, draws: int, rng: int | np.random.Generator
) -> dict[str, float | list | int]:
    """Correlation of the distances of configurations on both splits, that of their nulls, and the difference.

    Intervals are percentiles of resamples in which configurations are drawn with all their seeds. A pair counts as
    often as the product of the numbers of times that its two were drawn.

    Parameters
    ----------
    measured : mapping from split to Dataset
        ``train`` and ``test``: from :func:`paper.trajectories.measure_trajectories`, of these runs.
    runs : DataFrame
        One row for each run, with its ``configuration`` and ``seed``.
    draws : int
        Resamples.
    rng : int or Generator

    Returns
    -------
    dict
        ``configurations``; ``correlation``, ``null`` and ``beyond_null``, the first less the second, without unit;
        each with ``…_interval``. NaN for fewer than three pairs.
    """
    groups, seeds = runs["configuration"].to_numpy(), runs["seed"].to_numpy()
    pairs = {
        kind: [between(measured[split][name].values, groups, seeds) for split in ("train", "test")]
        for kind, name in KINDS.items()
    }
    count = len(set(groups))
    once = np.ones((1, count), dtype=int)
    drawn = np.random.default_rng(rng).multinomial(count, np.full(count, 1 / count), size=draws)
    found: dict[str, float | list | int] = {"configurations": count}
    of_all, of_drawn = ({kind: pair_correlation(*pairs[kind], times) for kind in KINDS} for times in (once, drawn))
    for values in (of_all, of_drawn):
        values["beyond_null"] = values["correlation"] - values["null"]
    for name, (value,) in of_all.items():
        known = np.isfinite(of_drawn[name]).any()
        interval = percentile_interval(of_drawn[name]) if known else [float("nan")] * 2
        found |= {name: float(value), f"{name}_interval": interval}
    return found


def between(distances: np.ndarray, groups: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Mean distance of every two configurations' runs of different seeds, (c, c) array."""
    return group_distances((distances + distances.T) / 2, groups, seeds).to_numpy()


def pair_correlation(first: np.ndarray, second: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Pearson's correlation over pairs of different items, each pair as often as its items were drawn.

    Parameters
    ----------
    first, second : (c, c) arrays
        Symmetric; pairs of which one is NaN are left out.
    times : (n, c) array of int
        How often each item was drawn, in each of n resamples.

    Returns
    -------
    (n,) array
        NaN where fewer than three pairs were drawn.

    Examples
    --------
    >>> D = np.array([[0.0, 1, 2], [1, 0, 4], [2, 4, 0]])
    >>> pair_correlation(D, D**2, np.ones((1, 3), dtype=int)).round(3).tolist()
    [0.99]
    """
    rows, columns = np.triu_indices(len(first), 1)
    x, y = first[rows, columns], second[rows, columns]
    known = np.isfinite(x + y)
    weights = (times[:, rows] * times[:, columns])[:, known]
    x, y = x[known], y[known]
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y = (values - (weights @ values / weights.sum(axis=1))[:, None] for values in (x, y))
        r = (weights * x * y).sum(axis=1) / np.sqrt((weights * x**2).sum(axis=1) * (weights * y**2).sum(axis=1))
    return np.where((weights > 0).sum(axis=1) >= FEWEST, r, np.nan)


def arrangement_table(found: Mapping) -> pd.DataFrame:
    """What :func:`same_arrangement` returns, as text."""
    rows = {"runs": "correlation", "nulls": "null", "runs less nulls": "beyond_null"}
    shown = {name: with_interval(found[key], found[f"{key}_interval"], ".3f") for name, key in rows.items()}
    return pd.DataFrame({"correlation of distances, train and test": shown}).rename_axis("distances of")
