"""Training that diverges: a run is left out and told of, and all others are what they are without it."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from made_experiment import made_experiment
from test_batched import DATA as SYNTHETIC
from test_batched import make_job
from test_corners import job as corner_job
from test_training import job

from inpca import PredictionStore, Recorder, read_predictions
from inpca.predictions import PredictionStoreError, PredictionWriter
from inpca.predictions.recorded import diverged_seeds
from inpca.recording import Diverged, Evaluation, EvenProgress
from inpca.recording.diverged import finish_without
from paper.data.datasets import PreparedData, fingerprint
from paper.diverged import diverged_of, diverged_runs, diverged_text, with_diverged
from paper.models import model_table, open_stores
from paper.rooms.corner_initialization.geometry import corner_runs
from paper.rooms.corner_initialization.training import train_from_corner
from paper.rooms.own_runs.configuration import LearnerJob
from paper.rooms.own_runs.training import train_learner
from paper.rooms.sloppy_synthetic import batched
from paper.rooms.sloppy_synthetic.data import synthetic_data
from paper.rooms.sloppy_synthetic.geometry import spectrum_geometry
from paper.rooms.sloppy_synthetic.runs import all_runs
from paper.rooms.sloppy_synthetic.sweep import row as cells_of
from paper.saving import load_table, save_table
from paper.study.configuration import EvenCheckpoints
from paper.study.training import Training
from paper.training import runs as training

X, Y = torch.randn(20, 4, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 3
BAD = 43
#: Cases of runs on synthetic inputs, by number of corners.
CASES = {0: 3, 2: 2}


@pytest.fixture
def data(rng):
    labels = np.arange(60) % 3
    images = (rng.standard_normal((60, 1, 8, 8)) + labels[:, None, None, None]).astype(np.float32)
    arrays = images[:40], labels[:40], images[40:], labels[40:]
    return PreparedData(*arrays, ("a", "b", "c"), fingerprint(*arrays))


def breaks(network, after):
    """Let a network return NaN from so many batches of training on."""
    seen = []

    def hook(module, inputs, output):
        seen.extend([1] * module.training)
        return output * float("nan") if len(seen) > after else output

    network.register_forward_hook(hook)


@pytest.fixture
def one_breaks(monkeypatch):
    """Of all runs, those of one seed return NaN after three steps."""
    initial = training.initial_run

    def initial_run(configuration, seed, *arguments):
        run = initial(configuration, seed, *arguments)
        if seed == BAD:
            breaks(run.network, 3)
        return run

    monkeypatch.setattr(training, "initial_run", initial_run)


@pytest.fixture
def poisoned(monkeypatch):
    """Of all runs, those of one seed begin with a weight that is NaN."""
    from paper.rooms.corner_initialization import training as corners

    initial = training.initial_run

    def initial_run(configuration, seed, *arguments):
        run = initial(configuration, seed, *arguments)
        if seed == BAD:
            next(run.network.parameters()).data[0] = float("nan")
        return run

    for module in (training, corners):
        monkeypatch.setattr(module, "initial_run", initial_run)


def trained(job, data, path):
    training.train(job, data, path)
    return PredictionStore(path)


def same(a, b):
    return all(np.array_equal(a.log_probs(split)[:], b.log_probs(split)[:]) for split in ("train", "test"))


def test_the_run_is_left_out_and_the_others_have_the_bits_that_they_have_without_it(one_breaks, data, tmp_path, capsys):
    both = job().model_copy(update={"seeds": [BAD, 42, 44]})
    store = trained(both, data, tmp_path / "all.zarr")
    alone = trained(both.model_copy(update={"seeds": [42, 44]}), data, tmp_path / "alone.zarr")
    assert store.seeds.tolist() == [42, 44] and np.array_equal(store.steps, alone.steps) and same(store, alone)
    assert list(diverged_seeds(store.attributes)) == [BAD] and 3 < diverged_seeds(store.attributes)[BAD] <= 8
    assert "diverged" not in alone.attributes
    assert {path.name for path in tmp_path.glob(".*.zarr")} == set()
    assert f"seed {BAD} diverged, step" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["fc-sgdn-b20-lr0.05-wd0-none", "allcnn-sgdn-b20-lr0.05-wd0-none"])
def test_runs_that_are_trained_together_with_it_keep_their_bits(name, data, tmp_path, request):
    together = job(name).model_copy(update={"seeds": [42, BAD, 44], "training": Training(seeds="together")})
    whole = trained(together, data, tmp_path / "whole.zarr")
    request.getfixturevalue("poisoned")
    left = trained(together, data, tmp_path / "left.zarr")
    assert left.seeds.tolist() == [42, 44] and diverged_seeds(left.attributes) == {BAD: 0}
    for split in ("train", "test"):
        assert np.array_equal(left.log_probs(split)[:], whole.log_probs(split)[:][[0, 2]])


@pytest.mark.parametrize("rate", [1000.0, 30.0])
def test_a_rate_that_is_far_too_large_is_told_in_the_store(rate, data, tmp_path):
    chosen = job("allcnn-sgdn-b20-lr0.05-wd0-none", learning_rate=rate)
    store = trained(chosen, data, tmp_path / "run.zarr")
    assert store.n_models == 0 and sorted(diverged_seeds(store.attributes)) == chosen.seeds
    assert store.log_probs("train").shape == (0, len(store.steps), 40, 3)
    assert PredictionStore(tmp_path / "run.zarr", verify=True).labels("test").tolist() == data.test_labels.tolist()
    again = trained(chosen, data, tmp_path / "run.zarr")  # a job that is repeated replaces it
    assert again.attributes == store.attributes


@pytest.mark.parametrize(
    ("seeds", "fault"), [("one_by_one", "one_breaks"), ("one_by_one", "poisoned"), ("together", "poisoned")]
)
def test_the_next_seed_decides_even_checkpoints_when_the_first_diverges(seeds, fault, data, tmp_path, request):
    request.getfixturevalue(fault)
    even = EvenCheckpoints(schedule="even", delta=0.05, number=12)
    changes = {"seeds": [BAD, 42, 44], "checkpoints": even, "training": Training(seeds=seeds)}
    chosen = job(epochs=10).model_copy(update=changes)
    store = trained(chosen, data, tmp_path / "all.zarr")
    alone = trained(chosen.model_copy(update={"seeds": [42, 44]}), data, tmp_path / "alone.zarr")
    assert np.array_equal(store.steps, alone.steps)
    if seeds == "one_by_one":  # a stack of three has other rounding than one of two
        assert same(store, alone)


def test_a_recorder_says_what_to_do_and_then_leaves_the_run_out(tmp_path):
    model = torch.nn.Linear(4, 3)
    path, even = tmp_path / "r.zarr", EvenProgress(last_step=2, steps_per_epoch=2, delta=0.01)
    with Recorder(path, {"train": (X, Y)}, checkpoints=even, n_classes=3, seeds=[7, 8]) as record:
        record(model, 0, seed=7)
        model.weight.data[0, 0] = torch.inf
        with pytest.raises(Diverged, match="NaN or infinity") as caught:
            record(model, 1, seed=7)
        assert re.search(r"record\.diverged\(1, seed=7\)", caught.value.__notes__[-1])
        record.diverged(1, seed=7)
        assert not record(model, 2, seed=7)
        model.weight.data[0, 0] = 0
        assert record(model, 0, seed=8) and record(model, 2, seed=8)
        record.close(strict=True)
    store = PredictionStore(path)
    assert store.seeds.tolist() == [8] and store.steps.tolist() == [0, 2] and store.attributes["diverged"] == {"7": 1}
    with pytest.raises(ValueError, match=r"'diverged'.*is what the recorder writes"):
        Recorder(path, {"train": (X, Y)}, checkpoints={0: 0}, n_classes=3, attributes={"diverged": {}})


def test_a_loss_counts_at_the_last_checkpoint_and_on_every_split(tmp_path):
    confident = torch.nn.Linear(4, 3, bias=False)
    confident.weight.data *= 1e4
    right = confident(X).argmax(1).detach()
    for name, test, diverges in (("a", (X, (right + 1) % 3), True), ("b", (X, right), False)):
        splits = {"train": (X, (right + 1) % 3), "test": test}
        evaluation = Evaluation(largest_loss=5)
        with Recorder(tmp_path / name, splits, checkpoints={0: 0, 1: 1}, n_classes=3, evaluation=evaluation) as record:
            assert record(confident, 0)
            if diverges:
                with pytest.raises(Diverged, match=r"ends with a loss of \S+ on train, \S+ on test"):
                    record(confident, 1)
                record.diverged(1)
            else:
                assert record(confident, 1)
    with pytest.raises(ValueError, match="largest_loss must be a number above 0"):
        Evaluation(largest_loss=float("nan"))


def without(path, diverged):
    """The store of an experiment again, of which some seeds diverged."""
    old = PredictionStore(path)
    labels = {split: old.labels(split) for split in old.splits}
    writer = PredictionWriter(
        path,
        seeds=old.seeds,
        checkpoints=dict(zip(old.steps.tolist(), old.epochs.tolist(), strict=True)),
        labels=labels,
        n_classes=old.log_probs("train").shape[-1],
        attributes=old.attributes,
        if_exists="overwrite",
    )
    for split in labels:
        for row, seed in enumerate(old.seeds.tolist()):
            for column, step in enumerate(old.steps.tolist()):
                if seed not in diverged:
                    writer.write(split, seed, step, old.log_probs(split)[row, column])
    finish_without(writer, writer.steps, diverged, strict=True)
    writer.release()


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


def test_a_store_may_be_empty_for_no_other_reason(tmp_path):
    with pytest.raises(ValueError, match="seeds is empty"):
        PredictionWriter(tmp_path / "a.zarr", seeds=[], checkpoints={0: 0}, labels={"test": [1]}, n_classes=2)


def test_corner_runs_are_told_apart_when_one_diverged(poisoned, data, tmp_path):
    missed = train_from_corner(corner_job("random-0", 3), data, tmp_path / "run.zarr")
    store = PredictionStore(tmp_path / "run.zarr")
    assert store.seeds.tolist() == [42] and diverged_seeds(store.attributes) == {BAD: 0}
    assert f"seed {BAD} is not in its corner: error 100.0%" in missed[1]
    table = corner_runs([store])
    assert (
        table["seed"].tolist() == [42] and table["fit_error"].tolist() == store.attributes["corner"]["fit_errors"][:1]
    )


@pytest.fixture
def one_synthetic_breaks(monkeypatch):
    """Of all runs on synthetic inputs, one begins with a weight that is NaN."""
    start = batched.starting_network

    def starting_network(configuration, run, *arguments):
        network = start(configuration, run, *arguments)
        if run == all_runs(CASES)[3]:
            next(network.parameters()).data[0] = float("nan")
        return network

    monkeypatch.setattr(batched, "starting_network", starting_network)


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
