"""Runs along the geodesic have known progress, length and distances; the null keeps loss, error and progress."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpca import (
    bhattacharyya_distance,
    distance_to_geodesic,
    geodesic,
    ignorance,
    mean_trajectory,
    progress,
    progress_bar,
    riemannian_length,
    spherical_distance,
    trajectory_distance,
    trajectory_distances,
    truth,
    tube_width,
)
from inpca.predictions.store import PredictionWriter
from inpca.trajectories import GRID, Permuted, Trajectory, order_within_classes, reindex
from paper.models import model_table, open_stores
from paper.stored import StoredRun, stored_runs
from paper.trajectories import along_progress, measure_trajectories, select_runs

LABELS = np.arange(40) % 4


@pytest.fixture
def ends():
    return ignorance(40, 4), truth(LABELS, 4)


@pytest.fixture
def wild(rng):
    """A random run that gets ahead on average."""
    sharpness = np.linspace(0, 4, 12)[:, None, None] * (np.eye(4)[LABELS] + 0.5 * rng.standard_normal((12, 40, 4)))
    weights = np.exp(sharpness)
    return weights / weights.sum(axis=-1, keepdims=True)


def test_progress_on_the_geodesic_is_its_time(ends):
    t = np.linspace(0, 1, 21) ** 2
    assert np.allclose(progress(geodesic(*ends, t), LABELS), t, atol=1e-5)


@given(st.integers(0, 2**32 - 1), st.integers(3, 30))
@settings(max_examples=20, deadline=None)
def test_a_retimed_copy_is_at_distance_zero(seed, checkpoints):
    ends = ignorance(40, 4), truth(LABELS, 4)
    rng = np.random.default_rng(seed)
    times = [np.linspace(0, 1, 17), np.sort(np.concatenate([[0, 1], rng.uniform(size=checkpoints)]))]
    retimed = [reindex(geodesic(*ends, t), t) for t in times]
    assert trajectory_distance(*retimed) <= 1e-6
    measured = [Trajectory(geodesic(*ends, t), progress(geodesic(*ends, t), LABELS)) for t in times]
    assert trajectory_distances(measured).max() <= 1e-6
    assert np.allclose(retimed[0], geodesic(*ends, GRID), atol=1e-5)
    assert distance_to_geodesic(retimed[1], LABELS).max() <= 1e-6


def test_length_along_the_geodesic_is_analytic(ends):
    t = np.linspace(0, 1, 2001)
    # 2 sqrt(d_B) of a small angle a is 2 sqrt(a²/2) = sqrt(2) a, and the geodesic has the angle arccos(1 / sqrt(C))
    assert riemannian_length(geodesic(*ends, t)) == pytest.approx(np.sqrt(2) * np.arccos(0.5), rel=1e-5)


def test_checkpoints_are_passed_through_and_joined_by_geodesics(wild):
    index = progress(wild, LABELS)
    kept = np.flatnonzero(index > np.concatenate([[-1], np.maximum.accumulate(index)[:-1]]))
    assert np.allclose(reindex(wild, index, index[kept]), wild[kept], atol=1e-5)
    first, second = kept[2:4]
    middle = reindex(wild, index, [(0.25 * index[first] + 0.75 * index[second])])[0]
    assert np.allclose(middle, geodesic(wild[first], wild[second], 0.75), atol=1e-5)


def test_models_between_checkpoints_have_the_progress_that_was_asked_for(wild, rng):
    shuffled = wild[:, rng.permutation(40)]  # off the geodesic by far
    for run in (wild, shuffled, wild[::4]):
        index = progress(run, LABELS)
        s = np.linspace(max(0, index[0]) + 1e-3, index.max() - 1e-3, 23)
        assert np.allclose(progress(reindex(run, index, s, truth=LABELS), LABELS), s, rtol=0, atol=2e-6)
        assert np.abs(progress(reindex(run, index, s), LABELS) - s).max() > 1e-4  # at a constant speed it is not


def test_a_run_that_falls_back_is_taken_where_it_first_gets_ahead(wild):
    trajectory = Trajectory(wild[:5], [0.2, 0.5, 0.3, 0.4, 0.6])
    assert trajectory.checkpoints.tolist() == [0, 1, 4]
    assert np.allclose(trajectory.at(0.1), wild[0], atol=1e-6)  # before the first checkpoint
    assert np.allclose(trajectory.at(0.9), wild[4], atol=1e-6)  # after the last
    assert np.allclose(trajectory.at(0.55), geodesic(wild[1], wild[4], 0.5), atol=1e-5)


def test_distances_agree_with_brute_force_and_take_logs(wild, rng):
    runs = [wild, wild[:, ::-1], wild[::2]]
    indices = [np.sort(rng.uniform(size=len(run))) for run in runs]
    grid = np.linspace(0.05, 0.95, 7)
    U = [reindex(run, index, grid) for run, index in zip(runs, indices, strict=True)]
    expected = np.array([[trajectory_distance(u, v) for v in U] for u in U])
    made = [Trajectory(run, index) for run, index in zip(runs, indices, strict=True)]
    assert np.allclose(trajectory_distances(made, s=grid), expected, atol=1e-6)
    assert np.allclose(trajectory_distances(made[:1], made, s=grid), expected[:1], atol=1e-6)
    logs = [Trajectory(np.log(run), index, log=True) for run, index in zip(runs, indices, strict=True)]
    assert np.allclose(trajectory_distances(logs, s=grid), expected, atol=1e-6)


def test_identical_neighbours_do_not_disturb(ends):
    same = np.stack([ends[0], ends[0], ends[1]])
    between = reindex(same, [0, 0.5, 1], [0.25, 0.75])
    assert np.allclose(between[0], ends[0], atol=1e-6)
    assert np.allclose(between[1], geodesic(*ends, 0.5), atol=1e-6)


def test_the_null_keeps_loss_error_and_progress(wild):
    order = order_within_classes(LABELS, rng=3)
    assert np.array_equal(LABELS[order], LABELS) and np.array_equal(np.sort(order), np.arange(40))
    assert not np.array_equal(order, np.arange(40))
    assert np.array_equal(order, order_within_classes(LABELS, np.random.default_rng(3)))
    null = wild[:, order]
    of_truth = [models[:, np.arange(40), LABELS] for models in (wild, null)]
    assert np.array_equal(np.sort(of_truth[0]), np.sort(of_truth[1]))
    assert np.allclose(-np.log(of_truth[0]).mean(axis=1), -np.log(of_truth[1]).mean(axis=1), rtol=1e-14)
    errors = [(models.argmax(axis=2) != LABELS).mean(axis=1) for models in (wild, null)]
    assert np.array_equal(*errors)
    assert np.allclose(progress(wild, LABELS), progress(null, LABELS), atol=1e-12)
    assert not np.allclose(bhattacharyya_distance(wild[4:], null[4:]), 0, atol=1e-2)
    index = progress(wild, LABELS)
    permuted = Permuted(Trajectory(wild, index), order)
    assert np.array_equal(permuted.at(0.4), Trajectory(wild, index).at(0.4)[order])


def test_tube_and_mean(wild):
    tube = np.stack([wild, wild])
    assert np.allclose(mean_trajectory(tube), wild) and np.allclose(tube_width(tube), 0, atol=1e-12)
    other = wild[:, :, ::-1]
    mean = mean_trajectory(np.stack([wild, other]))
    assert np.allclose(mean, (wild + other) / 2)
    assert np.allclose(tube_width(np.stack([wild, other]))[1], bhattacharyya_distance(other, mean))


def test_the_truth_may_be_labels_one_hot_rows_or_probabilities(wild, ends):
    index = progress(wild, LABELS)
    for known in (truth(LABELS, 4), np.eye(4, dtype=int)[LABELS], LABELS.astype(float)):
        assert np.array_equal(progress(wild, known), index)
        assert np.array_equal(distance_to_geodesic(wild, known, index), distance_to_geodesic(wild, LABELS, index))
        made, expected = (Trajectory(wild, index, truth=labels).at(0.3) for labels in (known, LABELS))
        assert np.array_equal(made, expected)
    end = 0.9 * ends[1] + 0.025
    t = np.linspace(0, 1, 9)
    assert np.allclose(distance_to_geodesic(geodesic(ends[0], end, t), end, t), 0, atol=1e-14)


def test_one_progress_bar_is_shown_for_all_values_of_the_index(wild, capsys):
    run = Trajectory(wild, progress(wild, LABELS))
    with progress_bar():
        trajectory_distances([run, run], s=[0.2, 0.4])
    shown = capsys.readouterr().err
    assert "trajectories: 100%" in shown and "bhattacharyya" not in shown


@pytest.fixture
def stores(tmp_path, wild, rng):
    """Two configurations with two seeds each."""
    paths = []
    for number in range(2):
        path = tmp_path / f"c{number}.zarr"
        factors = dict(
            name=f"n{number}",
            optimizer="sgd",
            batch_size=10,
            learning_rate=0.1,
            weight_decay=0.0,
            augmentation="none",
            epochs=1,
        )
        attributes = {"configuration": f"c{number}", "job": {"configuration": factors}, "data_fingerprint": "x"}
        writer = PredictionWriter(
            path,
            seeds=[1, 2],
            checkpoints={step: step for step in range(12)},
            n_classes=4,
            labels={"train": LABELS, "test": LABELS},
            attributes=attributes,
        )
        for seed in (1, 2):
            order = order_within_classes(LABELS, rng.integers(1000))
            for step, model in enumerate(wild[:, order]):
                for split in ("train", "test"):
                    writer.write(split, seed, step, np.log(model))
        writer.close()
        paths.append(path)
    return open_stores(paths)


def test_measures_all_runs_of_an_experiment(stores):
    table = model_table(stores, 5)
    runs = stored_runs(table, stores, "test")
    measured = measure_trajectories(table, stores, "test", null_seed=0, n_jobs=1)
    assert measured["run"].values.tolist() == ["c0-seed1", "c0-seed2", "c1-seed1", "c1-seed2"]
    assert len(runs[0]) == 12 and set(table["run"].dropna()) == set(measured["run"].values)
    trajectories = [
        reindex(run.probabilities(), table.loc[table["run"] == run.name, "test_progress"], truth=LABELS) for run in runs
    ]
    D = measured["distance"].values
    assert D[0, 3] == pytest.approx(trajectory_distance(trajectories[0], trajectories[3]), abs=1e-6)
    assert np.allclose(D, D.T) and not D.diagonal().any()
    null = trajectories[3][:, order_within_classes(LABELS, 3)]
    assert measured["null_distance"].values[1, 3] == pytest.approx(trajectory_distance(trajectories[1], null), abs=1e-6)
    assert np.allclose(measured["tube_width"][2:], tube_width(np.stack(trajectories[2:])), atol=1e-6)
    assert np.allclose(measured["geodesic_distance"][1], distance_to_geodesic(trajectories[1], LABELS), atol=1e-5)
    assert measured["length"].values[0] == pytest.approx(riemannian_length(runs[0].probabilities()))
    two = select_runs(measured, ["c1-seed2", "c0-seed1"])
    assert np.array_equal(two["distance"], D[np.ix_([3, 0], [3, 0])]) and two["length"][1] == measured["length"][0]
    table = along_progress(
        measured, pd.DataFrame({"network": ["a", "a", "b", "b"]}, index=[7, 8, 7, 8]).reset_index(drop=True)
    )
    assert isinstance(table, pd.DataFrame) and (table.groupby("run")["s"].max() <= measured["reach"].to_series()).all()
    assert table.groupby("run")["network"].first().tolist() == ["a", "a", "b", "b"]


@pytest.mark.parametrize("columns", [1, 7, 60])
def test_values_of_progress_come_in_blocks_and_each_checkpoint_is_read_about_once(stores, monkeypatch, columns):
    table = model_table(stores, 5)
    whole = measure_trajectories(table, stores, "test", null_seed=0, n_jobs=1)
    read = []

    def counted(run, checkpoints):
        read.append(checkpoints.stop - checkpoints.start)
        return run._values[run._position, checkpoints]

    monkeypatch.setattr(StoredRun, "__getitem__", counted)
    monkeypatch.setattr("paper.trajectories.BLOCK_BYTES", columns * 4 * 4 * 40 * 4)
    assert measure_trajectories(table, stores, "test", null_seed=0, n_jobs=1).identical(whole)
    blocks = -(-len(GRID) // columns)
    assert len(read) == 4 * blocks and sum(read) <= 4 * (12 + 3 * blocks)
    monkeypatch.setattr("paper.stored.IN_MEMORY", 1)
    monkeypatch.setattr(StoredRun, "__getitem__", lambda run, checkpoint: run._values[run._position, int(checkpoint)])
    assert measure_trajectories(table, stores, "test", null_seed=0, n_jobs=1).identical(whole)  # one by one


def test_what_is_not_held_of_a_run_is_not_read_as_another(stores):
    run = stored_runs(model_table(stores, 0), stores, "test")[0]
    held = run.between(3, 5)
    assert len(held) == len(run) and np.array_equal(held[4], run[4])
    for checkpoint in (2, 6, -1):
        with pytest.raises(IndexError, match=f"checkpoint {checkpoint} is not among those held"):
            held[checkpoint]


def test_bad_input(wild):
    with pytest.raises(ValueError, match="index has 3 entries, the trajectory 12 checkpoints"):
        Trajectory(wild, [0, 0.1, 0.2])
    for index in ([], [np.nan] * 12, np.zeros((12, 1))):
        with pytest.raises(ValueError, match="index must hold one finite number for each checkpoint"):
            Trajectory(wild, index)
    with pytest.raises(ValueError, match="must have the same shape"):
        trajectory_distance(wild, wild[:3])


def test_models_whose_progress_is_no_single_number_are_reindexed():
    """Half of the samples are ahead of the other half: all values between are as close, and progress is one of them."""
    labels, n_classes = np.zeros(4, int), 2
    way = geodesic(ignorance(4, n_classes), truth(labels, n_classes), np.linspace(0, 1, 101))
    models = np.stack([way[[behind, behind, ahead, ahead], np.arange(4)] for behind, ahead in ((10, 20), (50, 60))])
    index = progress(models, labels)
    assert 0.5 < index[1] < 0.6
    levels = np.linspace(0.51, 0.59, 30)
    for s, found in zip(levels, reindex(models, index, levels, truth=labels), strict=True):
        closest = min(spherical_distance(found, point) for point in way)
        point = geodesic(ignorance(4, n_classes), truth(labels, n_classes), s)
        assert spherical_distance(found, point) < closest + 1e-4
