"""Training that diverges: a run is left out and told of, and all others are what they are without it."""

import re

import numpy as np
import pytest
import torch
from diverging import BAD, change_initial_run, poison, three_classes
from test_training import job

from inpca import PredictionStore, Recorder
from inpca.predictions import PredictionWriter
from inpca.predictions.recorded import diverged_seeds
from inpca.recording import Diverged, Evaluation, EvenProgress
from paper.study.configuration import EvenCheckpoints
from paper.study.training import Training
from paper.training import runs as training

X, Y = torch.randn(20, 4, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 3


@pytest.fixture
def data(rng):
    return three_classes(rng)


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
    change_initial_run(monkeypatch, training, lambda network: breaks(network, 3))


@pytest.fixture
def poisoned(monkeypatch):
    """Of all runs, those of one seed begin with a weight that is NaN."""
    change_initial_run(monkeypatch, training, poison)


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
    for wrong in (float("nan"), 0, True, "5", None):
        with pytest.raises((TypeError, ValueError), match="largest_loss must be a number above 0"):
            Evaluation(largest_loss=wrong)


def test_a_store_may_be_empty_for_no_other_reason(tmp_path):
    with pytest.raises(ValueError, match="seeds is empty"):
        PredictionWriter(tmp_path / "a.zarr", seeds=[], checkpoints={0: 0}, labels={"test": [1]}, n_classes=2)
