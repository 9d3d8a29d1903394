"""Speed and path of networks whose trajectories are known."""

import numpy as np
import pandas as pd
import pytest

from paper.rooms.network_size.analysis import (
    GROUPS,
    group_table,
    path_groups,
    progress_error_r2,
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
    found = speed(points, ["s", "m", "l"], [0.3, 0.9], draws=50, rng=0)
    assert {(split, level): row["pairs"] for split, rows in found.items() for level, row in rows.items()} == {
        ("train", "30"): 3,
        ("train", "90"): 3,
        ("test", "30"): 3,
        ("test", "90"): 0,
    }
    assert found["train"]["30"]["progress"] == 0.3
    assert found["train"]["30"]["ratio"] == pytest.approx(2)
    assert found["train"]["30"]["interval"] == pytest.approx([2, 2])
    assert np.isnan([found["test"]["90"]["ratio"], *found["test"]["90"]["interval"]]).all()
    slower = speed(points, ["l", "s"], [0.3], draws=50, rng=0)["train"]["30"]
    assert slower["ratio"] == pytest.approx(0.5)
    cells = speed_table(found).iloc[:, -1].tolist()
    assert cells == ["2.00 [2.00, 2.00]"] * 3 + ["–"]


def test_paths_are_compared_within_and_outside_of_the_family(points):
    runs = points.groupby("run", sort=False).tail(1).reset_index(drop=True)
    family = runs["network"].isin(["s", "l"]).to_numpy()
    same = runs["network"].to_numpy()[:, None] == runs["network"].to_numpy()
    D = np.where(same, 1, np.where(family[:, None] & family, 2, 5)).astype(float)
    found = path_groups(D, runs, ["s", "l"], draws=20, rng=0)
    assert {name: row["median"] for name, row in found.items()} == {"seed": 1, "size": 2, "architecture": 5}
    assert [row["pairs"] for row in found.values()] == [6, 9, 18]
    table = group_table({"train": found, "test": found})
    assert table.index.tolist() == list(GROUPS.values())
    assert table.loc[GROUPS["size"], "train"] == "2 [2, 2], 9 pairs"
    assert progress_error_r2(points) == pytest.approx({"train": 1, "test": 1})
