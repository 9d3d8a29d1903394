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
    places, others, noise = rng.normal(size=(3, 12))
    arranged = measured(places, 3 * places + 0.1 * noise, places, others)
    found = same_arrangement(arranged, runs_of(places))
    low, high = found["correlation_interval"]
    assert found["configurations"] == 12 and 0.9 < low < found["correlation"] < high < 1
    assert found["beyond_null"] == pytest.approx(np.arctanh(found["correlation"]) - np.arctanh(found["null"]))
    assert found["beyond_null_interval"][0] > 0
    assert found["control_interval"] == pytest.approx([0, 0], abs=1e-9)  # these nulls are the same both ways round
    assert arrangement_table(found).loc["runs"].item() == f"{found['correlation']:.3f} [{low:.3f}, {high:.3f}]"


def test_what_accuracy_gives_is_taken_away(rng):
    places, others = rng.normal(size=(2, 12))
    found = same_arrangement(measured(places, others, places, others), runs_of(places))
    assert found["beyond_null"] == pytest.approx(0) and found["beyond_null_interval"] == pytest.approx([0, 0])


def test_a_correlation_over_pairs_is_that_of_numpy_and_leaves_out_what_is_missing(rng):
    first, second = (x + x.T for x in rng.normal(size=(2, 6, 6)))
    second[0, 1] = second[1, 0] = np.nan
    pairs = [(2, 0), (2, 4), (2, 1), (0, 4), (4, 1)]
    a, b = np.transpose(pairs)
    found = pair_correlation(first, second, np.array([2, 0, 4, 1]))
    assert found == pytest.approx(np.corrcoef(first[a, b], second[a, b])[0, 1])
    assert np.isnan(pair_correlation(first, second, np.array([0, 1, 2])))


def test_too_few_configurations_give_no_correlation():
    places = np.array([0.0, 1.0])
    found = same_arrangement(measured(places, places, places, places), runs_of(places))
    assert np.isnan([found["correlation"], *found["beyond_null_interval"]]).all()
    assert arrangement_table(found).iloc[2].item() == "–"


@pytest.mark.slow
def test_intervals_hold_nothing_where_nothing_is(rng):
    inside = []
    for _ in range(150):
        train, test, train_null, test_null = rng.normal(size=(4, 14))
        arranged = measured(train, test, train_null, test_null)
        low, high = same_arrangement(arranged, runs_of(train))["beyond_null_interval"]
        inside.append(low <= 0 <= high)
    assert np.mean(inside) > 0.85
