"""Nulls under several distances: what is shared by runs shows under each, and shuffled runs are their own null."""

import numpy as np
import pytest
from test_calibrated import LABELS, made_up_runs

from inpca.dimension import StackedRuns, class_preserving_orders, explained_stress, signed_spectrum
from inpca.distances import pairwise_distances
from paper.rooms.distances.analysis import METRIC_NAMES
from paper.rooms.distances.nulls import metric_nulls, null_numbers, null_table

METRICS = ["bhattacharyya", "spherical", "euclidean"]


def logs(runs):
    return [np.log(np.maximum(run, 1e-30)) for run in runs]


def test_stress_is_that_of_the_runs_and_of_their_nulls(rng):
    runs = logs(made_up_runs(rng, 2, n=10))
    found = metric_nulls(runs, LABELS, METRICS, groups=range(10), draws=2, rng=0, n_jobs=1)
    D = pairwise_distances(StackedRuns(runs), log=True, metric="spherical")
    stress = found["stress"].sel(metric="spherical", kind="models", axis=[3, 10])
    np.testing.assert_allclose(stress, explained_stress(signed_spectrum(D))[[2, 9]])
    numbers = null_numbers(found.assign_attrs(excess_margin=0.1))
    for metric in METRICS:
        low, high = numbers[metric]["excess_interval"]["10"]
        assert low <= numbers[metric]["excess"]["10"] <= high
        assert numbers[metric]["margin"]["10"] == pytest.approx(0.1 * (1 - numbers[metric]["null"]["10"]))
        row = numbers[metric]
        assert row["real"]["3"] - row["null"]["3"] == pytest.approx(row["excess"]["3"])
    table = null_table(numbers, METRIC_NAMES)
    assert list(table.index) == [METRIC_NAMES[metric] for metric in METRICS] and table.shape == (3, 6)


def test_shuffled_runs_are_explained_as_their_null(rng):
    runs = made_up_runs(rng, 2, n=10)
    orders = class_preserving_orders(LABELS, 10, rng=rng)
    shuffled = logs([run[:, order] for run, order in zip(runs, orders, strict=True)])
    found = metric_nulls(shuffled, LABELS, METRICS, groups=range(10), draws=2, rng=0, n_jobs=1)
    numbers = null_numbers(found.assign_attrs(excess_margin=0.1))
    assert all(abs(row["excess"]["10"]) < 2e-3 for row in numbers.values())
    assert all(abs(row["control"]["10"]) < row["margin"]["10"] for row in numbers.values())
