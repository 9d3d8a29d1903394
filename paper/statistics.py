"""Pairs of runs, their distances, and intervals: how far a number would move with other runs."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.stats import DegenerateDataWarning, bootstrap
from scipy.stats import t as student

#: Width of all intervals.
CONFIDENCE = 0.95
#: What configurations differ in, with its name for readers. The learning rate goes with optimiser and batch size, the
#: epochs with augmentation.
FACTOR_NAMES = {
    "network": "architecture",
    "optimizer": "optimiser",
    "batch_size": "batch size",
    "weight_decay": "weight decay",
    "augmentation": "augmentation",
}


def percentile_interval(values: np.ndarray) -> list[float]:
    """Central interval of :data:`CONFIDENCE` of repeated values, NaN left out: [2.5 %, 97.5 %] percentiles.

    Parameters
    ----------
    values : (n,) array
        Such as the values of a statistic in bootstrap resamples, or in random splits.

    Returns
    -------
    list of two floats

    Examples
    --------
    >>> low, high = percentile_interval(np.arange(1001.0))
    >>> print(f"{low:g} {high:g}")
    25 975
    """
    tail = (1 - CONFIDENCE) / 2
    return [float(value) for value in np.nanquantile(values, [tail, 1 - tail])]


def bootstrap_interval(
    values: np.ndarray, statistic: Callable = np.mean, *, draws: int, rng: int | np.random.Generator
) -> list[float]:
    """Interval of a statistic of independent values, by the percentile method of :func:`scipy.stats.bootstrap`.

    Parameters
    ----------
    values : (n,) array
    statistic : callable
        Of an array along ``axis``, such as ``np.mean`` or ``np.median``.
    draws : int
        Resamples.
    rng : int or Generator

    Returns
    -------
    list of two floats
        In the unit of the values; NaN for fewer than two values, which say nothing of how far others would be.

    Examples
    --------
    >>> low, high = bootstrap_interval(np.arange(9.0), np.median, draws=500, rng=0)
    >>> low < 4 < high
    True
    """
    if len(values) < 2:
        return [float("nan")] * 2
    found = bootstrap(
        (values,), statistic, n_resamples=draws, confidence_level=CONFIDENCE, method="percentile", rng=rng
    )
    return [float(end) for end in found.confidence_interval]


def jackknife_interval(value: float, without: np.ndarray) -> list[float]:
    """Interval of :data:`CONFIDENCE` from the values with one member left out at a time, value ± t · se.

    se² = (M-1)/M Σ_i (v_i - v̄)², t the quantile of Student's distribution with M - 1 degrees of freedom. By hand, since
    scipy.stats has no jackknife, and its bootstrap draws members with replacement: that would repeat some, which makes
    an ensemble worse, not only different.

    Parameters
    ----------
    value : float
        With all M members.
    without : (M,) array
        With each member left out.

    Returns
    -------
    list of two floats
        In the unit of the value.

    References
    ----------
    Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 11.

    Examples
    --------
    The standard error of a mean:

    >>> x = np.array([1.0, 2.0, 3.0])
    >>> low, high = jackknife_interval(x.mean(), (x.sum() - x) / 2)
    >>> print(f"{low:.3f} {high:.3f}")
    -0.484 4.484
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
        One row for each run, with its ``configuration`` and the columns of :data:`FACTOR_NAMES`.

    Returns
    -------
    DataFrame
        Positions ``left`` < ``right`` of both runs and ``differs``: the only factor of :data:`FACTOR_NAMES` in which
        they differ, or ``seed`` for two runs of one configuration. Pairs that differ in more are left out.
    """
    codes = np.stack([pd.factorize(runs[factor])[0] for factor in FACTOR_NAMES], axis=1)
    configuration = pd.factorize(runs["configuration"])[0]
    left, right = np.triu_indices(len(runs), 1)
    different = codes[left] != codes[right]
    same = configuration[left] == configuration[right]
    one = (different.sum(axis=1) == 1) & ~same
    names = np.where(same, "seed", np.array(list(FACTOR_NAMES))[different.argmax(axis=1)])
    keep = one | same
    return pd.DataFrame({"left": left[keep], "right": right[keep], "differs": names[keep]})


def median_distance(
    distances: np.ndarray, left: np.ndarray, right: np.ndarray, *, draws: int, rng: int | np.random.Generator
) -> dict[str, float | list | int]:
    """Median distance of pairs of runs, with a bootstrap interval over runs.

    A run takes part in many pairs, so that pairs are not independent: runs are drawn with replacement, by
    :func:`scipy.stats.bootstrap`, and a pair counts as often as the product of the numbers of times that its two runs
    were drawn. The ends of the interval are taken here and not by scipy, for which one resample without a pair, of
    which there is no median, makes both NaN.

    Parameters
    ----------
    distances : (m, m) array
        For a matrix that is not symmetric, (left, right) and (right, left) are averaged.
    left, right : (n,) arrays of int
        The pairs.
    draws : int
        Resamples.
    rng : int or Generator

    Returns
    -------
    dict
        ``median`` (NaN without pairs) and ``interval`` in the unit of the distances, ``pairs``: n.

    Examples
    --------
    >>> distances = 1.0 - np.eye(4)
    >>> median_distance(distances, [0, 1], [2, 3], draws=100, rng=0)
    {'median': 1.0, 'interval': [1.0, 1.0], 'pairs': 2}
    """
    if not len(left):
        return {"median": float("nan"), "interval": [float("nan")] * 2, "pairs": 0}
    values = (distances[left, right] + distances[right, left]) / 2
    order = np.argsort(values, kind="stable")
    values, left, right = values[order], np.asarray(left)[order], np.asarray(right)[order]

    def median_of(resample: np.ndarray) -> float:
        times = np.bincount(resample, minlength=len(distances))
        weight = np.cumsum(times[left] * times[right])
        return values[np.searchsorted(weight, weight[-1] / 2)] if weight[-1] else np.nan

    positions = np.arange(len(distances))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateDataWarning)  # of resamples without a pair
        found = bootstrap((positions,), median_of, n_resamples=draws, vectorized=False, method="percentile", rng=rng)
    interval = percentile_interval(found.bootstrap_distribution)
    return {"median": float(np.median(values)), "interval": interval, "pairs": len(values)}


def with_interval(value: float, interval: list[float], form: str = ".3g") -> str:
    """A value and its interval, such as ``0.071 [0.062, 0.084]``; a dash for NaN."""
    if np.isnan(value):
        return "–"
    low, high = (format(end, form) for end in interval)
    return f"{value:{form}} [{low}, {high}]"
