"""Pairs, medians and importance on trajectories whose distances are made by one factor."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from paper.rooms.trajectories.analysis import (
    DIFFERENCES,
    factor_importance,
    importance_table,
    median_table,
    one_factor_medians,
)
from paper.statistics import (
    FACTOR_NAMES,
    bootstrap_interval,
    jackknife_interval,
    median_distance,
    pairs_of_runs,
    percentile_interval,
)
from paper.trajectories import group_distances


@pytest.fixture
def runs():
    """Three architectures × three optimisers × two batch sizes × two seeds."""
    rows = [
        dict(
            network=n,
            optimizer=o,
            batch_size=b,
            weight_decay=0.0,
            augmentation="none",
            seed=seed,
            configuration=f"{n}-{o}-{b}",
        )
        for n, o, b, seed in product("abc", "xyz", (10, 20), (1, 2))
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def by_architecture(runs, rng):
    """Distance 3 between architectures, 1 within, and a little noise."""
    other = runs["network"].to_numpy()[:, None] != runs["network"].to_numpy()
    noise = rng.uniform(0, 0.1, other.shape)
    D = 1 + 2 * other + noise + noise.T
    np.fill_diagonal(D, 0)
    return D


def test_pairs_differ_in_one_thing_only(runs):
    pairs = pairs_of_runs(runs)
    assert pairs["differs"].value_counts().to_dict() == {
        "seed": 18,
        "network": 3 * 6 * 4,
        "optimizer": 3 * 6 * 4,
        "batch_size": 9 * 4,
    }
    for row in pairs.sample(20, random_state=0).itertuples():
        left, right = runs.loc[row.left], runs.loc[row.right]
        different = [factor for factor in FACTOR_NAMES if left[factor] != right[factor]]
        assert different == ([] if row.differs == "seed" else [row.differs])


def test_medians_find_the_factor_that_separates(runs, by_architecture):
    found = one_factor_medians(by_architecture, runs, draws=200, rng=0)
    assert found["network"]["median"] == pytest.approx(3.1, abs=0.1)
    for name in ("seed", "optimizer", "batch_size"):
        assert found[name]["median"] == pytest.approx(1.1, abs=0.1)
        assert found[name]["interval"][0] <= found[name]["median"] <= found[name]["interval"][1]
    assert found["weight_decay"]["pairs"] == 0 and np.isnan(found["weight_decay"]["median"])


def test_interval_over_runs_is_wider_than_over_pairs(rng):
    """One odd run is in many pairs: the interval must know that they stand or fall together."""
    D = rng.uniform(1, 1.1, (12, 12))
    D[:5] += 2
    D[:, :5] += 2
    left, right = np.triu_indices(12, 1)
    found = median_distance(D, left, right, draws=400, rng=0)
    values = ((D + D.T) / 2)[left, right]
    drawn = np.median(values[rng.integers(0, len(values), (400, len(values)))], axis=1)
    assert np.diff(found["interval"])[0] > 1.5 * np.ptp(np.quantile(drawn, [0.025, 0.975]))


def test_importance_is_that_of_the_factor_that_makes_the_distance(runs, by_architecture):
    between = group_distances(by_architecture, runs["configuration"])
    configurations = runs.drop_duplicates("configuration").set_index("configuration")
    found = factor_importance(np.log(between), configurations, splits=6, random_state=0)
    assert found["r2"] > 0.9
    importance = {name: row["mean"] for name, row in found["importance"].items()}
    assert importance["network"] > 1 > 0.2 > max(importance[name] for name in FACTOR_NAMES if name != "network")
    table = importance_table(found)
    assert table.index.tolist() == list(FACTOR_NAMES.values())
    assert table.loc["architecture"].item().startswith(f"{importance['network']:.2f} [")
    with pytest.raises(ValueError, match="at least 9 configurations, not 8"):
        factor_importance(between.iloc[:8, :8], configurations, splits=2, random_state=0)


def test_importance_cannot_be_memorised(runs, rng):
    """Distances of noise: a regressor that had seen the held-out pairs would explain them."""
    noise = rng.uniform(1, 2, (36, 36))
    between = group_distances(noise + noise.T, runs["configuration"])
    configurations = runs.drop_duplicates("configuration").set_index("configuration")
    assert factor_importance(between, configurations, splits=6, random_state=0)["r2"] < 0.2


def test_the_table_has_medians_with_intervals_and_their_ratio_to_the_null(runs, by_architecture):
    medians = one_factor_medians(by_architecture, runs, draws=100, rng=0)
    nulls = one_factor_medians(by_architecture * 2, runs, draws=100, rng=0)
    table = median_table(medians, nulls)
    assert table.index.tolist() == list(DIFFERENCES.values())
    assert table.loc["architecture", "ratio"] == pytest.approx(0.5)
    assert table.loc["architecture", "to the other run"].startswith(f"{medians['network']['median']:.3g} [")
    assert table.loc["weight decay", "to its null"] == "–" and table.loc["weight decay", "pairs"] == 0


def test_a_resample_without_a_pair_is_left_out(rng):
    """One pair among many runs is in few resamples; its distance is the same in all of them."""
    found = median_distance(rng.uniform(1, 2, (40, 40)), [3], [7], draws=50, rng=0)
    assert found["interval"] == [found["median"]] * 2


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
