"""Stages and rooms of an experiment of which some runs diverged."""

import numpy as np
import pandas as pd
import pytest
from diverging import BAD, change_initial_run, poison, three_classes
from made_experiment import made_experiment, without
from test_batched import DATA as SYNTHETIC
from test_batched import make_job
from test_corners import job as corner_job

from inpca import PredictionStore, read_predictions
from inpca.predictions import PredictionStoreError
from inpca.predictions.recorded import diverged_seeds
from paper.dimension import measure_dimension
from paper.diverged import diverged_of, diverged_runs, diverged_text, with_diverged
from paper.models import model_table, open_stores
from paper.rooms.corner_initialization import training as corners
from paper.rooms.corner_initialization.geometry import corner_runs
from paper.rooms.ensembles.analysis import final_averages
from paper.rooms.own_runs.configuration import LearnerJob
from paper.rooms.own_runs.training import train_learner
from paper.rooms.sloppy_synthetic import batched
from paper.rooms.sloppy_synthetic.data import synthetic_data
from paper.rooms.sloppy_synthetic.geometry import spectrum_geometry
from paper.rooms.sloppy_synthetic.runs import all_runs
from paper.rooms.sloppy_synthetic.sweep import row as cells_of
from paper.saving import load_table, save_table
from paper.stored import StoredModels
from paper.trajectories import measure_trajectories

#: Cases of runs on synthetic inputs, by number of corners.
CASES = {0: 3, 2: 2}


@pytest.fixture
def data(rng):
    return three_classes(rng)


@pytest.fixture
def poisoned(monkeypatch):
    """Of all runs, those of one seed begin with a weight that is NaN."""
    change_initial_run(monkeypatch, corners, poison)


@pytest.fixture
def one_synthetic_breaks(monkeypatch):
    """Of all runs on synthetic inputs, one begins with a weight that is NaN."""
    start = batched.starting_network

    def starting_network(configuration, run, *arguments):
        network = start(configuration, run, *arguments)
        if run == all_runs(CASES)[3]:
            poison(network)
        return network

    monkeypatch.setattr(batched, "starting_network", starting_network)


def test_the_model_table_has_the_models_that_are_left_and_tells_of_the_others(rng, tmp_path):
    paths = made_experiment(tmp_path, rng, configurations=3, samples=12)
    before = model_table(open_stores(paths), 3)
    save_table(with_diverged(before, diverged_runs(paths)), tmp_path / "before.parquet")
    save_table(before, tmp_path / "plain.parquet")
    assert (tmp_path / "before.parquet").read_bytes() == (tmp_path / "plain.parquet").read_bytes()
    assert diverged_text(load_table(tmp_path / "before.parquet")) == "No run diverged."
    without(paths[0], {1: 4})
    without(paths[1], {0: 2, 1: 8})
    save_table(with_diverged(model_table(open_stores(paths, verify=True), 3), diverged_runs(paths)), tmp_path / "t")
    table = load_table(tmp_path / "t")
    told = diverged_of(table)
    assert told["step"].tolist() == [4, 2, 8] and told["network"].tolist() == ["fc", "allcnn", "allcnn"]
    assert "**3 of 6 runs diverged**" in diverged_text(table)
    kept = before[~before["run"].isin(told["run"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(table, kept)


def test_an_experiment_of_which_nothing_is_left_says_so(rng, tmp_path):
    paths = made_experiment(tmp_path, rng, configurations=2, samples=12)
    for path in paths:
        without(path, {0: 1, 1: 1})
    with pytest.raises(PredictionStoreError, match=r"^all runs of \S+ and 1 more diverged; train with smaller"):
        open_stores(paths)
    with pytest.raises(ValueError, match=r"fc-c0\.zarr holds no run: all of them diverged; leave it out"):
        read_predictions(paths[0])


def test_stages_that_read_stores_see_the_runs_that_are_left(rng, tmp_path):
    paths = made_experiment(tmp_path, rng, configurations=5, samples=12)
    without(paths[0], {1: 4})
    without(paths[1], {0: 2, 1: 8})
    stores = open_stores(paths)
    table = model_table(stores, 3)
    left = table.loc[table["kind"] == "run", "run"].unique().tolist()
    assert len(left) == 7 and len(stores) == 4
    models = StoredModels(table, stores, "train")
    assert models[:].shape == (7 * 9 + 5, 12, 4) and np.isfinite(models[: 7 * 9]).all()
    assert measure_trajectories(table, stores, "test", null_seed=0, n_jobs=1)["run"].values.tolist() == left
    found = measure_dimension(table, stores, "train", largest=1000, draws=2, rng=0, n_jobs=1)
    assert found.attrs["n_runs"] == 7
    members = final_averages(stores, "test").groupby("configuration", sort=False)["members"].first()
    assert members.tolist() == [1, 2, 2, 2]
    for path in paths[2:4]:
        without(path, {0: 1, 1: 1})
    few = open_stores(paths)
    with pytest.raises(PredictionStoreError, match="runs of 2 configurations are left, the others diverged"):
        measure_dimension(model_table(few, 3), few, "train", largest=1000, draws=2, rng=0, n_jobs=1)


def test_corner_runs_are_told_apart_when_one_diverged(poisoned, data, tmp_path):
    missed = corners.train_from_corner(corner_job("random-0", 3), data, tmp_path / "run.zarr")
    store = PredictionStore(tmp_path / "run.zarr")
    assert store.seeds.tolist() == [42] and diverged_seeds(store.attributes) == {BAD: 0}
    assert f"seed {BAD} is not in its corner: error 100.0%" in missed[1]
    table = corner_runs([store])
    assert (
        table["seed"].tolist() == [42] and table["fit_error"].tolist() == store.attributes["corner"]["fit_errors"][:1]
    )


def test_runs_on_synthetic_inputs_keep_their_starts_when_one_diverged(one_synthetic_breaks, tmp_path, monkeypatch):
    data = synthetic_data(SYNTHETIC)
    batched.train_synthetic(make_job(all_runs(CASES)), data, tmp_path / "left.zarr")
    monkeypatch.undo()
    batched.train_synthetic(make_job(all_runs(CASES)), data, tmp_path / "whole.zarr")
    left, whole = (PredictionStore(tmp_path / f"{name}.zarr") for name in ("left", "whole"))
    assert left.seeds.tolist() == [0, 1, 2, 4, 5, 6] and diverged_seeds(left.attributes) == {3: 0}
    assert np.array_equal(left.log_probs("train")[:], whole.log_probs("train")[:][left.seeds])
    table, _ = spectrum_geometry([left.path], CASES, geodesic_points=3, draws=2, null_seed=0)
    of_corner = table[table["kind"] == "run"].drop_duplicates(["corners", "run"]).groupby("corners")["corner"]
    assert {number: found.dropna().tolist() for number, found in of_corner} == {0: [], 2: [0.0, 1.0, 1.0]}


def test_a_cell_of_the_sweep_has_the_runs_that_are_left(one_synthetic_breaks, tmp_path):
    job, data = make_job(all_runs(CASES)), synthetic_data(SYNTHETIC)
    (cell,) = cells_of(job, {2: 2}, data, 2, 0)
    batched.train_synthetic(job, data, tmp_path / "run.zarr")
    last = PredictionStore(tmp_path / "run.zarr").log_probs("train")[:][3:, -1]  # three from corners, one was lost
    assert len(last) == 3
    assert cell["train_error"] == pytest.approx((last.argmax(axis=2) != data.train_labels).mean())
    with pytest.raises(PredictionStoreError, match="runs of 1 starts are left, the others diverged"):
        cells_of(job, {1: 2}, data, 2, 0)


def test_a_learner_that_diverges_is_left_out_too(data, tmp_path):
    learner = {"kind": "rbf", "centres": 10, "epochs": 2, "batch_size": 10, "learning_rate": 1e30}
    job = LearnerJob(name="radial", learner=learner, seeds=[1, 2], checkpoints=4)
    train_learner(job, data, tmp_path / "radial.zarr")
    store = PredictionStore(tmp_path / "radial.zarr")
    assert store.n_models == 0 and sorted(diverged_seeds(store.attributes)) == [1, 2]
