"""Whether distances on train tell those on test, beyond what nulls tell."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from paper.rooms.test_embedding.analysis import arrangement_table, pair_correlation, same_arrangement


def runs_of(places, seeds=2):
    """One row for each seed of as many configurations as there are places."""
    return pd.DataFrame(
        {
            "configuration": np.repeat([f"c{i}" for i in range(len(places))], seeds),
            "seed": np.tile(np.arange(seeds), len(places)),
        }
    )


def measured(train, test, train_null, test_null, seeds=2):
    """Distances of configurations at places on a line, every seed at the same place."""

    def squares(places):
        x = np.repeat(places, seeds)
        return ("run", "other"), (x[:, None] - x) ** 2

    return {
        "train": xr.Dataset({"distance": squares(train), "null_distance": squares(train_null)}),
        "test": xr.Dataset({"distance": squares(test), "null_distance": squares(test_null)}),
    }


def test_the_same_arrangement_on_both_splits_is_found(rng):
    places, others = rng.normal(size=(2, 12))
    found = same_arrangement(measured(places, 3 * places, places, others), runs_of(places), draws=200, rng=0)
    assert found["correlation"] == pytest.approx(1) and found["correlation_interval"] == pytest.approx([1, 1])
    assert found["configurations"] == 12 and found["null"] < 0.9
    assert found["beyond_null"] == pytest.approx(1 - found["null"])
    assert found["beyond_null_interval"][0] > 0
    assert arrangement_table(found).loc["runs"].item() == "1.000 [1.000, 1.000]"


def test_what_accuracy_gives_is_taken_away(rng):
    places, others = rng.normal(size=(2, 12))
    found = same_arrangement(measured(places, others, places, others), runs_of(places), draws=200, rng=0)
    assert found["beyond_null"] == pytest.approx(0) and found["beyond_null_interval"] == pytest.approx([0, 0])


def test_a_correlation_over_pairs_is_that_of_numpy_and_counts_repeats(rng):
    first, second = (x + x.T for x in rng.normal(size=(2, 5, 5)))
    rows, columns = np.triu_indices(5, 1)
    plain = np.corrcoef(first[rows, columns], second[rows, columns])[0, 1]
    times = np.array([[1, 1, 1, 1, 1], [2, 1, 0, 1, 1]])
    found = pair_correlation(first, second, times)
    assert found[0] == pytest.approx(plain)
    again = np.repeat(np.arange(5), times[1])
    pairs = [(a, b) for i, a in enumerate(again) for b in again[i + 1 :] if a != b]
    a, b = np.transpose(pairs)
    assert found[1] == pytest.approx(np.corrcoef(first[a, b], second[a, b])[0, 1])


def test_too_few_configurations_give_no_correlation():
    places = np.array([0.0, 1.0])
    found = same_arrangement(measured(places, places, places, places), runs_of(places), draws=20, rng=0)
    assert np.isnan([found["correlation"], *found["beyond_null_interval"]]).all()
    assert arrangement_table(found).loc["runs less nulls"].item() == "–"


@pytest.mark.slow
def test_intervals_hold_nothing_where_nothing_is(rng):
    inside = []
    for _ in range(150):
        train, test, train_null, test_null = rng.normal(size=(4, 14))
        arranged = measured(train, test, train_null, test_null)
        low, high = same_arrangement(arranged, runs_of(train), draws=200, rng=rng)["beyond_null_interval"]
        inside.append(low <= 0 <= high)
    assert np.mean(inside) > 0.85
