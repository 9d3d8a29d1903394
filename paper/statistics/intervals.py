"""Intervals: how far a number would move with other runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.stats import bootstrap, false_discovery_control
from scipy.stats import t as student

#: Width of all intervals.
CONFIDENCE = 0.95


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


def controlled(tests: Mapping[str, Mapping]) -> dict[str, dict]:
    """Tests that are listed together, with p-values adjusted for their number.

    By Benjamini and Hochberg's procedure (:func:`scipy.stats.false_discovery_control`): of the tests with ``q`` up to
    0.05, 5 % are false on average.

    Parameters
    ----------
    tests : mapping from name to mapping
        Each with its ``p``; NaN for one that could not be made, which counts as no test.

    Returns
    -------
    dict
        The same tests, each with its ``q`` as well, NaN where p is.

    Examples
    --------
    >>> found = controlled({"a": {"p": 0.01}, "b": {"p": 0.04}, "c": {"p": float("nan")}})
    >>> [test["q"] for test in found.values()]
    [0.02, 0.04, nan]
    """
    made = {name: test["p"] for name, test in tests.items() if not np.isnan(test["p"])}
    adjusted = dict(zip(made, false_discovery_control(list(made.values())), strict=True)) if made else {}
    return {name: {**test, "q": float(adjusted.get(name, np.nan))} for name, test in tests.items()}


def with_interval(value: float, interval: list[float], form: str = ".3g") -> str:
    """A value and its interval, such as ``0.071 [0.062, 0.084]``; a dash for NaN."""
    if np.isnan(value):
        return "–"
    low, high = (format(end, form) for end in interval)
    return f"{value:{form}} [{low}, {high}]"
