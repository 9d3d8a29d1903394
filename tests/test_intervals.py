"""Intervals of means and medians, and p-values of tests that are listed together."""

import numpy as np
import pytest
from scipy.stats import norm

from paper.statistics import bootstrap_interval, controlled, jackknife_interval, percentile_interval


def test_bootstrap_interval_is_that_of_the_statistic(rng):
    x = rng.standard_normal(400)
    low, high = bootstrap_interval(x, draws=2000, rng=0)
    assert high - low == pytest.approx(2 * 1.96 * x.std() / 20, rel=0.1) and low < x.mean() < high
    assert bootstrap_interval(np.full(5, 2.0), np.median, draws=20, rng=0) == [2, 2]
    assert np.isnan(bootstrap_interval(x[:1], draws=20, rng=0)).all()


def test_jackknife_of_a_mean_is_the_standard_error(rng):
    x = rng.standard_normal(9)
    low, high = jackknife_interval(x.mean(), (x.sum() - x) / 8)
    assert (low + high) / 2 == pytest.approx(x.mean())
    assert high - low == pytest.approx(2 * 2.306 * x.std(ddof=1) / 3, rel=1e-3)
    assert percentile_interval(np.arange(1001.0)) == pytest.approx([25, 975])


def test_of_many_tests_of_nothing_few_are_positive(rng):
    """Without an effect, any positive is false: 5 % of the lists have one, while most lists have a p below 0.05."""
    lists = rng.uniform(size=(400, 20))
    found = [controlled({str(i): {"p": p} for i, p in enumerate(row)}) for row in lists]
    positive = np.array([min(test["q"] for test in row.values()) < 0.05 for row in found])
    assert (lists.min(axis=1) < 0.05).mean() > 0.5 > 0.1 > positive.mean()
    assert controlled({"a": {"p": np.nan}})["a"].keys() == {"p", "q"}
    one = controlled({"a": {"p": float(norm.sf(2))}, "b": {"p": np.nan}})
    assert one["a"]["q"] == pytest.approx(one["a"]["p"]) and np.isnan(one["b"]["q"])
