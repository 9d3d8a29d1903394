"""Speed and path of networks whose trajectories are known."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from paper.rooms.network_size.analysis import (
    architecture_excess,
    median_ratio,
    progress_and_error,
    progress_bands,
    size_excess,
    speed,
    speed_table,
    time_to_progress,
)


def run(network, seed, pace, epochs=10):
    """Progress grows by ``pace`` an epoch."""
    epoch = np.arange(epochs + 1.0)
    progress = np.minimum(pace * epoch, 1)
    return pd.DataFrame(
        dict(
            network=network,
            run=f"{network}-seed{seed}",
            configuration=network,
            seed=seed,
            optimizer="sgd",
            batch_size=10,
            weight_decay=0.0,
            augmentation="none",
            epoch=epoch,
            step=10 * epoch,
            train_progress=progress,
            test_progress=progress / 2,
            train_error=1 - progress,
            test_error=1 - progress / 2,
        )
    )


@pytest.fixture
def points():
    return pd.concat(
        [run(network, seed, pace) for network, pace in (("s", 0.1), ("m", 0.15), ("l", 0.2)) for seed in range(6)],
        ignore_index=True,
    )


def test_time_to_progress_is_interpolated(points):
    one = points[points["run"] == "s-seed1"]
    assert time_to_progress(one, 0.25, "train", "epoch") == pytest.approx(2.5)
    assert time_to_progress(one, 0.25, "train", "step") == pytest.approx(25)
    assert time_to_progress(one, 0, "train", "epoch") == 0
    assert np.isnan(time_to_progress(one, 0.6, "test", "epoch"))


def test_a_run_that_falls_back_got_there_the_first_time():
    one = run("s", 1, 0.1)
    one["train_progress"] = [0, 0.4, 0.2, 0.1, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]
    assert time_to_progress(one, 0.3, "train", "epoch") == pytest.approx(0.75)


def test_twice_the_pace_is_a_ratio_of_two(points):
    found = {split: speed(points, "s", "l", [0.3, 0.9], split) for split in ("train", "test")}
    for by_level in found.values():
        for level, progress in (("30", 0.3), ("90", 0.9)):
            assert by_level[level]["pairs"] == 6 and by_level[level]["progress"] == progress
    assert found["train"]["30"]["ratio"] == pytest.approx(2)
    assert found["train"]["30"]["interval"] == pytest.approx([2, 2])
    assert speed(points, "l", "s", [0.3], "train")["30"]["ratio"] == pytest.approx(0.5)
    cells = speed_table({"width": found}).iloc[:, -1].tolist()
    assert cells == ["2.00 [2.00, 2.00]"] * 3 + ["–"]


def test_runs_that_never_arrive_bound_the_ratio(points):
    """After six epochs the small network is at 0.6, the large one was at 0.9 after four and a half."""
    early = points[points["epoch"] <= 6]
    one = speed(early, "s", "l", [0.9], "train")["90"]
    assert one["never"] == {"small": 6, "large": 0} and one["ratio"] == pytest.approx(6 / 4.5)
    assert one["interval"] == pytest.approx([6 / 4.5, np.inf])
    other = speed(early, "l", "s", [0.9], "train")["90"]
    assert other["never"] == {"small": 0, "large": 6} and other["interval"] == pytest.approx([0, 4.5 / 6])
    neither = speed(points[points["epoch"] < 5], "s", "l", [0.9], "test")["90"]
    assert neither["ratio"] == 0 and neither["interval"] == [0, np.inf]


def test_the_median_does_not_move_when_a_late_run_is_censored():
    """Leaving censored ratios out would: that is the error."""
    ratios = np.array([1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 5.0, 6.0, 7.0])
    known = median_ratio(ratios, ratios)
    late = ratios > 4
    censored = median_ratio(np.where(late, 4, ratios), np.where(late, np.inf, ratios))
    assert censored["ratio"] == known["ratio"] == 1.8 > np.median(ratios[~late])
    assert censored["interval"] == [known["interval"][0], np.inf]
    assert median_ratio(ratios[:4], ratios[:4])["interval"] == [0, np.inf]
    assert np.isnan(median_ratio(np.array([]), np.array([]))["ratio"])


def test_the_interval_of_the_median_covers():
    rng = np.random.default_rng(0)
    draws = rng.exponential(size=(400, 15))
    intervals = np.array([median_ratio(x, np.where(x > 2, np.inf, x))["interval"] for x in draws])
    assert ((intervals[:, 0] <= np.log(2)) & (np.log(2) <= intervals[:, 1])).mean() > 0.94


def test_bands_are_quartiles_between_checkpoints(points):
    bands = progress_bands(points[points["network"] == "s"], np.array([1.0, 5.0, 11.0]), "train")
    assert bands.loc[5.0].tolist() == pytest.approx([0.5] * 3) and bands.loc[11.0].isna().all()


def placed(rng, *, apart, seeds=6, methods=3):
    """Squared distances of runs of two networks in 10 dimensions, and the runs; seeds are shared by methods."""
    rows, places = [], []
    for network, method in product("sl", range(methods)):
        for seed in range(seeds):
            rows.append(
                dict(
                    network=network,
                    optimizer=f"o{method}",
                    batch_size=10,
                    weight_decay=0.0,
                    augmentation="none",
                    seed=seed,
                    configuration=f"{network}{method}",
                )
            )
    shared = {(network, seed): rng.normal(size=10) for network in "sl" for seed in range(seeds)}
    for row in rows:
        places.append((shared[row["network"], row["seed"]] + rng.normal(size=10)) / np.sqrt(40))
        places[-1][0] += np.sqrt(apart) * (row["network"] == "l")
    x = np.array(places)
    return ((x[:, None] - x) ** 2).sum(axis=2), pd.DataFrame(rows)


@pytest.mark.parametrize("apart", [0, 0.5])
def test_the_excess_of_size_is_covered(apart):
    """Seeds are shared by methods, whose runs are thus not independent."""
    rng, hits = np.random.default_rng(0), 0
    for _ in range(60):
        found = size_excess(*placed(rng, apart=apart), "s", "l")
        hits += found["interval"][0] <= apart <= found["interval"][1]
    assert hits / 60 >= 0.9 and found["methods"] == 3


def test_sizes_need_seeds_of_the_same_method(rng):
    D, runs = placed(rng, apart=0.5)
    few = runs["seed"] < 2
    found = size_excess(D[np.ix_(few, few)], runs[few].reset_index(drop=True), "s", "l")
    assert np.isnan([found["mean"], *found["interval"]]).all() and found["methods"] == 0
    other = runs.assign(optimizer=np.where(runs["network"] == "s", runs["optimizer"], "other"))
    assert size_excess(D, other, "s", "l")["methods"] == 0


def test_architectures_are_compared_with_their_seeds(rng):
    D, runs = placed(rng, apart=0.5)
    found = architecture_excess(D, runs, draws=50, rng=0)
    assert found["mean"] == pytest.approx(0.5, abs=0.4) and found["configurations"] == 6


def test_progress_tells_no_more_than_time_if_all_runs_are_alike(points):
    """Any function of time tells the error of runs of one pace; of runs of different pace, only progress does."""
    alike = points[points["network"] == "s"]
    found = progress_and_error(alike, "train", draws=20, rng=0)
    assert found["progress"] == pytest.approx(1) and found["checkpoint"] == pytest.approx(1)
    several = progress_and_error(points, "train", draws=20, rng=0)
    assert several["same_checkpoint"] == pytest.approx(1) and several["checkpoint"] < 0.9
    assert several["progress_interval"] == pytest.approx([1, 1])


def test_shuffled_progress_tells_nothing_at_the_same_checkpoint(points, rng):
    noisy = points.assign(configuration=points["run"], train_progress=points["train_progress"])
    noisy["train_progress"] += rng.normal(size=len(noisy)) * 0.01
    noisy["train_progress"] = noisy.groupby(noisy.groupby("run").cumcount())["train_progress"].transform(
        rng.permutation
    )
    found = progress_and_error(noisy, "train", draws=200, rng=0)
    assert found["same_checkpoint"] < 0.1 and found["progress"] == pytest.approx(found["checkpoint"], abs=0.1)
    low, high = found["progress_interval"]
    assert low <= found["progress"] <= high
