"""Intervals: how far a number would move with other runs."""

from __future__ import annotations

import numpy as np
from scipy.stats import t as student

#: Width of all intervals.
CONFIDENCE = 0.95


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
