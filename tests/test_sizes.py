"""Speed and path of networks whose trajectories are known."""

import numpy as np
import pandas as pd
import pytest

from paper.rooms.network_size.analysis import path_groups, progress_error_r2, size_verdict, speed, time_to_progress


def run(network, seed, pace, epochs=10):
    """Progress grows by ``pace`` an epoch."""
    epoch = np.arange(epochs + 1.0)
    progress = np.minimum(pace * epoch, 1)
    return pd.DataFrame(
        dict(network=network, run=f"{network}-seed{seed}", configuration=network, seed=seed, optimizer="sgd",
             batch_size=10, weight_decay=0.0, augmentation="none", epoch=epoch, step=10 * epoch,
             train_progress=progress, test_progress=progress / 2, train_error=1 - progress,
             test_error=1 - progress / 2)
    )  # fmt: skip


@pytest.fixture
def points():
    return pd.concat(
        [run(network, seed, pace) for network, pace in (("s", 0.1), ("m", 0.15), ("l", 0.2)) for seed in (1, 2, 3)],
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
    found = speed(points, ["s", "m", "l"], [0.3, 0.9], draws=50, seed=0)
    assert [(row["split"], row["progress"], row["pairs"]) for row in found] == [
        ("train", 0.3, 3), ("train", 0.9, 3), ("test", 0.3, 3), ("test", 0.9, 0),
    ]  # fmt: skip
    assert found[0]["ratio"] == pytest.approx(2) and found[0]["interval"] == pytest.approx([2, 2])


def test_paths_are_compared_within_and_outside_of_the_family(points):
    runs = points.groupby("run", sort=False).tail(1).reset_index(drop=True)
    family = runs["network"].isin(["s", "l"]).to_numpy()
    same = runs["network"].to_numpy()[:, None] == runs["network"].to_numpy()
    D = np.where(same, 1, np.where(family[:, None] & family, 2, 5)).astype(float)
    found = path_groups(D, runs, ["s", "l"], draws=20, seed=0)
    assert [row["median"] for row in found.values()] == [1, 2, 5]
    assert [row["pairs"] for row in found.values()] == [6, 9, 18]
    speeds = speed(points, ["s", "l"], [0.3], draws=20, seed=0)
    r2 = progress_error_r2(points)
    assert r2 == pytest.approx({"train": 1, "test": 1})
    text = size_verdict(found, speeds, r2, ["s", "l"])
    assert "size counts about as little as the seed" in text and "**The large network is faster**" in text
    found = path_groups(np.where(D == 2, 4, D), runs, ["s", "l"], draws=20, seed=0)
    assert "rather like another architecture" in size_verdict(found, speeds, r2, ["s", "l"])
    slower, mixed = (
        speed(points, ["l", "s"], [0.3], draws=20, seed=0),
        speed(points, ["s", "s"], [0.3], draws=20, seed=0),
    )
    assert "**The large network is slower**" in size_verdict(found, slower, r2, ["l", "s"])
    unreached = speed(points, ["s", "l"], [2.0], draws=20, seed=0)
    assert "No two runs that can be compared" in size_verdict(found, unreached, r2, ["s", "l"])
    assert "not faster to every progress" in size_verdict(found, mixed, r2, ["s", "s"])
