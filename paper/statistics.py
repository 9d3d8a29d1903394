"""Pairs of runs, their distances, and intervals: how far a number would move with other runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import t as student

#: Width of all intervals.
CONFIDENCE = 0.95
#: What configurations differ in. The learning rate goes with optimiser and batch size, the epochs with augmentation.
FACTORS = {
    "network": "architecture",
    "optimizer": "optimiser",
    "batch_size": "batch size",
    "weight_decay": "weight decay",
    "augmentation": "augmentation",
}


def interval(draws: np.ndarray) -> list[float]:
    """Central interval of :data:`CONFIDENCE` of bootstrap draws, NaN left out.

    Parameters
    ----------
    draws : (n,) array
    """
    tail = (1 - CONFIDENCE) / 2
    return [float(value) for value in np.nanquantile(draws, [tail, 1 - tail])]


def jackknife_interval(value: float, without: np.ndarray) -> list[float]:
    """Interval of :data:`CONFIDENCE` from the values with one member left out at a time, value ± t · se.

    se² = (M-1)/M Σ_i (v_i - v̄)², t the quantile of Student's distribution with M - 1 degrees of freedom. Drawing
    members with replacement would repeat some, which makes an ensemble worse, not only different.

    Parameters
    ----------
    value : float
        With all M members.
    without : (M,) array
    """
    m = len(without)
    error = np.sqrt((m - 1) / m * np.sum((without - np.mean(without)) ** 2))
    reach = float(student.ppf((1 + CONFIDENCE) / 2, m - 1) * error)
    return [float(value) - reach, float(value) + reach]


def pairs_of_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Pairs of runs that differ in one thing only.

    Parameters
    ----------
    runs : DataFrame
        One row for each run, with its ``configuration`` and the columns of :data:`FACTORS`.

    Returns
    -------
    DataFrame
        Positions ``left`` < ``right`` of both runs and ``differs``: the only factor of :data:`FACTORS` in which they
        differ, or ``seed`` for two runs of one configuration. Pairs that differ in more are left out.
    """
    codes = np.stack([pd.factorize(runs[factor])[0] for factor in FACTORS], axis=1)
    configuration = pd.factorize(runs["configuration"])[0]
    left, right = np.triu_indices(len(runs), 1)
    different = codes[left] != codes[right]
    same = configuration[left] == configuration[right]
    one = (different.sum(axis=1) == 1) & ~same
    names = np.where(same, "seed", np.array(list(FACTORS))[different.argmax(axis=1)])
    keep = one | same
    return pd.DataFrame({"left": left[keep], "right": right[keep], "differs": names[keep]})


def median_distance(
    distances: np.ndarray, left: np.ndarray, right: np.ndarray, *, draws: int, seed: int
) -> dict[str, float | list | int]:
    """Median distance of pairs of runs, with a bootstrap interval over runs.

    A run takes part in many pairs, so that pairs are not independent: runs are drawn with replacement, and a pair
    counts as often as the product of the numbers of times that its two runs were drawn.

    Parameters
    ----------
    distances : (m, m) array
        For a matrix that is not symmetric, (left, right) and (right, left) are averaged.
    left, right : (n,) arrays of int
        The pairs.
    draws : int
    seed : int

    Returns
    -------
    dict
        ``median`` (NaN without pairs), ``interval``, ``pairs``.
    """
    if not len(left):
        return {"median": float("nan"), "interval": [float("nan")] * 2, "pairs": 0}
    values = (distances[left, right] + distances[right, left]) / 2
    order = np.argsort(values, kind="stable")
    values, left, right = values[order], np.asarray(left)[order], np.asarray(right)[order]
    rng = np.random.default_rng(seed)
    medians = np.full(draws, np.nan)
    for draw in range(draws):
        times = np.bincount(rng.integers(0, len(distances), len(distances)), minlength=len(distances))
        weight = np.cumsum(times[left] * times[right])
        if weight[-1]:
            medians[draw] = values[np.searchsorted(weight, weight[-1] / 2)]
    return {"median": float(np.median(values)), "interval": interval(medians), "pairs": len(values)}


def with_interval(found: dict) -> str:
    """A median and its interval, such as ``0.071 [0.062, 0.084]``."""
    low, high = found["interval"]
    return f"{found['median']:.3g} [{low:.3g}, {high:.3g}]"
