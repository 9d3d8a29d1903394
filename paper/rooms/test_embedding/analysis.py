r"""Whether runs stand in the same relation to each other on both splits, beyond what their accuracy gives.

With :math:`D_{ab}` the mean distance at equal progress of two configurations' runs of different seeds, the *correlation
of arrangements* is Pearson's, over all pairs of configurations (Mantel's statistic),

.. math:: r = \operatorname{cor}_{a<b}(D^{\rm train}_{ab}, D^{\rm test}_{ab}).

It is 1 if distances on one split tell those on the other. Runs of like accuracy are near each other on both splits
whatever else they do, so that it is large for the null, too: :math:`r_0`, the same with the distances of a run to the
class-preserving null of the other. That keeps loss, error and progress of both runs on each split and what one run
errs on, and destroys whether the other errs on the same samples. What the samples add is the difference in Fisher's
:math:`z=\operatorname{artanh} r`, on whose scale errors of correlations near 1 are even:
:math:`\operatorname{artanh} r-\operatorname{artanh} r_0`.

References
----------
Mantel, Cancer Research 27, 1967. Fisher, Metron 1, 1921.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import pearsonr

from paper.statistics import jackknife_interval, with_interval
from paper.statistics.pairs import group_distances

#: Fewest pairs of which a correlation is given.
FEWEST = 3
#: Whether distances are of runs, or of runs to the nulls of others.
KINDS = {"correlation": "distance", "null": "null_distance"}


def same_arrangement(measured: Mapping[str, xr.Dataset], runs: pd.DataFrame) -> dict[str, float | list | int]:
    """Correlation of the distances of configurations on both splits, that of their nulls, and the difference.

    Intervals are jackknife's of Fisher's z: configurations are left out one at a time, with all their seeds and pairs.

    Parameters
    ----------
    measured : mapping from split to Dataset
        ``train`` and ``test``: from :func:`paper.trajectories.measure_trajectories`, of these runs.
    runs : DataFrame
        One row for each run, with its ``configuration`` and ``seed``.

    Returns
    -------
    dict
        ``configurations``; ``correlation``, that of the ``null``, and ``beyond_null``, the difference of their z; each
        with ``…_interval``; ``control_interval``, that of the difference of one null from another: of run to the null
        of the other, and the other way round. NaN for fewer than four configurations.
    """
    groups, seeds = runs["configuration"].to_numpy(), runs["seed"].to_numpy()
    pairs = {
        kind: [between(measured[split][name].values, groups, seeds) for split in ("train", "test")]
        for kind, name in KINDS.items()
    }
    count = len(set(groups))
    found: dict[str, float | list | int] = {"configurations": count}
    once = [group_distances(measured[split]["null_distance"].values, groups, seeds).to_numpy() for split in measured]
    nulls = {"one": once, "other": [null.T for null in once]}
    kept = [np.arange(count), *(np.delete(np.arange(count), left_out) for left_out in range(count))]
    z = {kind: np.arctanh([pair_correlation(*pair, rows) for rows in kept]) for kind, pair in (pairs | nulls).items()}
    for name in KINDS:
        value, *without = z[name]
        ends = jackknife_interval(value, np.array(without))
        found |= {name: float(np.tanh(value)), f"{name}_interval": np.tanh(ends).tolist()}
    beyond, *without = z["correlation"] - z["null"]
    control, *control_without = z["one"] - z["other"]
    return found | {
        "beyond_null": float(beyond),
        "beyond_null_interval": jackknife_interval(beyond, np.array(without)),
        "control_interval": jackknife_interval(control, np.array(control_without)),
    }


def between(distances: np.ndarray, groups: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Mean distance of every two configurations' runs of different seeds, (c, c) array."""
    return group_distances((distances + distances.T) / 2, groups, seeds).to_numpy()


def pair_correlation(first: np.ndarray, second: np.ndarray, chosen: np.ndarray) -> float:
    """Pearson's correlation over the pairs of some items.

    Parameters
    ----------
    first, second : (c, c) arrays
        Symmetric; pairs of which one is NaN are left out.
    chosen : (n,) array of int
        Positions of items.

    Returns
    -------
    float
        NaN for fewer than three pairs.

    Examples
    --------
    >>> D = np.array([[0.0, 1, 2], [1, 0, 4], [2, 4, 0]])
    >>> round(pair_correlation(D, D**2, np.arange(3)), 3)
    0.99
    """
    rows, columns = chosen[np.stack(np.triu_indices(len(chosen), 1))]
    x, y = first[rows, columns], second[rows, columns]
    known = np.isfinite(x + y)
    return float(pearsonr(x[known], y[known]).statistic) if known.sum() >= FEWEST else float("nan")


def arrangement_table(found: Mapping) -> pd.DataFrame:
    """What :func:`same_arrangement` returns, as text."""
    rows = {"runs": "correlation", "nulls": "null", "runs less nulls, in Fisher's z": "beyond_null"}
    shown = {name: with_interval(found[key], found[f"{key}_interval"], ".3f") for name, key in rows.items()}
    return pd.DataFrame({"correlation of distances, train and test": shown}).rename_axis("distances of")
