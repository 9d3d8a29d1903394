"""Distances of configurations that differ in one thing, and whether intervals cover what they should."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from paper.statistics.pairs import FACTOR_NAMES, excess, group_distances, mean_difference, partners

SEEDS = 3


def scattered(rng, *, configurations, between, seeds):
    """Squared distances of runs that scatter about their configuration, which scatter themselves, in 5 dimensions."""
    centres = rng.normal(size=(configurations, 1, 5)) * between
    runs = (centres + rng.normal(size=(configurations, SEEDS, 5)) * seeds).reshape(-1, 5)
    return ((runs[:, None] - runs) ** 2).mean(axis=2)


def grouped(D):
    """Excess and floor of the configurations of these runs, and which are the same."""
    count = len(D) // SEEDS
    between = group_distances(D, np.repeat(np.arange(count), SEEDS), np.tile(np.arange(SEEDS), count))
    return between.to_numpy(), excess(between).to_numpy(), np.eye(count, dtype=bool)


def test_group_distances_average_over_pairs_of_members():
    D = np.array([[0, 1, 2, 6], [1, 0, 4, 8], [2, 4, 0, 3], [6, 8, 3, 0.0]])
    found = group_distances(D, ["a", "a", "b", "c"])
    assert found.index.tolist() == ["a", "b", "c"]
    assert found.loc["a", "a"] == 1 and found.loc["a", "b"] == 3 and found.loc["c", "a"] == 7
    assert np.isnan(found.loc["b", "b"])
    apart = group_distances(D, ["a", "a", "b", "c"], apart=[1, 2, 2, 3])
    assert apart.loc["a", "b"] == 2 and apart.loc["a", "c"] == 7


def test_partners_differ_in_one_factor_only():
    rows = [
        dict(network=n, optimizer=o, batch_size=b, weight_decay=0.0, augmentation="none")
        for n, o, b in product("abc", "xyz", (10, 20))
    ]
    table = pd.DataFrame(rows)
    found = partners(table)
    assert {name: pairs.sum() for name, pairs in found.items()} == {
        "seed": 18,
        "network": 18 * 2,
        "optimizer": 18 * 2,
        "batch_size": 18,
        "weight_decay": 0,
        "augmentation": 0,
    }
    for i, j in product(range(18), repeat=2):
        different = [factor for factor in FACTOR_NAMES if table.loc[i, factor] != table.loc[j, factor]]
        assert [name for name in FACTOR_NAMES if found[name][i, j]] == (different if len(different) == 1 else [])


def test_the_floor_of_seeds_is_not_in_the_excess(rng):
    """Random numbers that runs of equal seed share bring them closer; the excess does not see it."""
    shared = rng.normal(size=(1, SEEDS, 400))
    centres = np.zeros((2, 1, 400))
    centres[1] = 0.5
    runs = (centres + shared + rng.normal(size=(2, SEEDS, 400))).reshape(-1, 400)
    _, added, same = grouped(((runs[:, None] - runs) ** 2).mean(axis=2))
    assert added[~same] == pytest.approx(0.25, abs=0.2) and (added[same] == 0).all()


def test_both_means_are_of_the_same_configurations():
    """Configuration 3 has partners of the first kind only: its values are in one mean but not in the difference."""
    values = np.ones((4, 4))
    values[3] = values[:, 3] = 100
    first, second = np.zeros((2, 4, 4), dtype=bool)
    first[[0, 1, 2, 3], [1, 0, 3, 2]] = second[[0, 1], [1, 0]] = True
    one = mean_difference((values, first), draws=50, rng=0)
    both = mean_difference((values, first), (values / 2, second), draws=50, rng=0)
    assert one["mean"] == 50.5 and one["configurations"] == 4
    assert both["mean"] == 0.5 and both["interval"] == [0.5, 0.5] and both["configurations"] == 2
    none = mean_difference((values, first), (values, np.zeros_like(first)), draws=50, rng=0)
    assert np.isnan([none["mean"], *none["interval"], none["p"]]).all() and none["configurations"] == 0


@pytest.mark.slow
@pytest.mark.parametrize(("between", "seeds"), [(1, 1), (0.4, 1)])
def test_intervals_of_the_excess_cover(between, seeds):
    """Configurations and seeds are both drawn. The true excess is twice the variance of configurations."""
    rng, repeats, hits = np.random.default_rng(0), 300, 0
    for repeat in range(repeats):
        _, added, same = grouped(scattered(rng, configurations=30, between=between, seeds=seeds))
        low, high = mean_difference((added, ~same), draws=300, rng=repeat)["interval"]
        hits += low <= 2 * between**2 <= high
    assert 0.9 <= hits / repeats <= 0.98


@pytest.mark.slow
def test_intervals_cover_where_those_of_independent_runs_do_not():
    """Mean distance of runs of different configurations, of which the true one is twice the sum of the variances."""
    rng, repeats, hits = np.random.default_rng(0), 200, {"configurations": 0, "runs": 0}
    for repeat in range(repeats):
        D = scattered(rng, configurations=30, between=1, seeds=0.5)
        values, _, same = grouped(D)
        configuration = np.repeat(np.arange(30), SEEDS)
        intervals = {
            "configurations": mean_difference((values, ~same), draws=300, rng=repeat)["interval"],
            "runs": mean_difference((D, configuration[:, None] != configuration), draws=300, rng=repeat)["interval"],
        }
        for name, (low, high) in intervals.items():
            hits[name] += low <= 2 * (1 + 0.5**2) <= high
    assert 0.9 <= hits["configurations"] / repeats <= 0.98
    assert hits["runs"] / repeats < 0.85


@pytest.mark.slow
def test_p_is_small_as_often_as_it_says():
    """With the true mean subtracted, p is below 0.1 in about a tenth of the studies."""
    rng, p = np.random.default_rng(1), []
    for repeat in range(300):
        _, added, same = grouped(scattered(rng, configurations=30, between=1, seeds=1))
        p.append(mean_difference((added - 2, ~same), draws=300, rng=repeat)["p"])
    assert 0.05 < np.mean(np.array(p) < 0.1) < 0.17
