"""What factors add, their shares of variance and their importance, where one factor makes the distances."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from paper.rooms.trajectories.analysis import (
    DIFFERENCES,
    PARTS,
    Compared,
    distances_table,
    excess_table,
    factor_importance,
    importance_table,
    shares_of_variance,
    shares_table,
    shuffled,
)
from paper.statistics.pairs import FACTOR_NAMES, group_distances


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


@pytest.fixture
def compared(runs, by_architecture):
    measured = xr.Dataset({"distance": (("run", "other"), by_architecture)})
    measured["null_distance"] = 2 * measured["distance"]
    return Compared.of(measured, runs, draws=200, rng=0)


def test_the_excess_is_of_the_factor_that_separates(compared):
    added, against = compared.excess(), compared.architecture_against()
    assert added["network"]["mean"] == pytest.approx(2, abs=0.1) and added["network"]["q"] < 0.05
    for name in ("optimizer", "batch_size"):
        assert added[name]["mean"] == pytest.approx(0, abs=0.05)
        assert against[name]["mean"] == pytest.approx(2, abs=0.1) and against[name]["configurations"] == 18
    assert np.isnan([added["weight_decay"]["mean"], against["weight_decay"]["q"]]).all()
    table = excess_table(added, against)
    assert table.index.tolist() == list(FACTOR_NAMES.values())
    assert table.loc["architecture", "architecture adds more by"] == "–"
    assert table.loc["architecture", "adds to the distance of seeds"].startswith(f"{added['network']['mean']:.3g} [")


def test_runs_dealt_at_random_have_no_excess(runs, by_architecture):
    """Each run keeps its seed, and each configuration one run of each."""
    dealt = shuffled(runs, rng=0)
    assert (dealt["seed"] == runs["seed"]).all() and (dealt["network"] != runs["network"]).any()
    assert sorted(zip(dealt["configuration"], dealt["seed"], strict=True)) == sorted(
        zip(runs["configuration"], runs["seed"], strict=True)
    )
    measured = xr.Dataset({name: (("run", "other"), by_architecture) for name in ("distance", "null_distance")})
    found = Compared.of(measured, dealt, draws=200, rng=0).architecture_alone()
    assert np.isnan(found.pop("augmentation")["mean"])  # no two configurations differ in it
    for one in found.values():
        low, high = one["interval"]
        assert low <= 0 and one["mean"] < 1 and high < 2  # 2 is what another architecture adds


def test_distances_are_compared_with_those_to_the_null(compared):
    found = compared.distances()
    for name in ("seed", "network", "optimizer", "batch_size"):
        expected = 3.1 if name == "network" else 1.1
        assert found[name]["other"]["mean"] == pytest.approx(expected, abs=0.1)
        assert found[name]["null"]["mean"] == pytest.approx(2 * found[name]["other"]["mean"])
        assert found[name]["ratio"]["mean"] == pytest.approx(0.5)
        assert found[name]["ratio"]["interval"] == pytest.approx([0.5, 0.5])
    table = distances_table(found)
    assert table.index.tolist() == list(DIFFERENCES.values())
    assert table.loc["architecture", "ratio"] == "0.50 [0.50, 0.50]"
    assert table.loc["weight decay", "to its null"] == "–" and table.loc["weight decay", "configurations"] == 0


def test_shares_of_variance_are_those_of_the_factor_that_separates(runs, by_architecture):
    found = shares_of_variance(by_architecture, runs, permutations=99, rng=0)
    assert list(found) == list(PARTS)
    low, high = found["network"]["permuted"]
    assert found["network"]["share"] > high > low > 0 and found["network"]["q"] < 0.05
    assert 0 < found["network"]["permuted_once"] < found["network"]["share"]
    assert found["optimizer"]["q"] > 0.05 and np.isnan(found["weight_decay"]["share"])
    table = shares_table(found)
    assert table.index.tolist() == list(PARTS.values())
    assert table.loc["weight decay", "share"] == "–" and np.isnan(table.loc["seeds of one configuration", "p"])
    assert table.loc["architecture", "95 % of permutations"] == f"{low:.1%} to {high:.1%}"


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
