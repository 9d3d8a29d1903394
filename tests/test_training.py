from contextlib import nullcontext

import numpy as np
import pytest
import torch
from conftest import ROOT
from torch.utils.data import DataLoader, TensorDataset

from inpca import progress
from inpca.predictions.store import PredictionStore, PredictionStoreError
from inpca.recording import Recorder, log_probabilities, reestimated
from paper.data.datasets import PreparedData, fingerprint
from paper.study.configuration import Checkpoints, EvenCheckpoints, TrainingJob
from paper.study.study import read_study
from paper.training.batches import Resident, batches, drawn_shifts, shifted
from paper.training.loop import optimise, train_networks
from paper.training.random_streams import random_streams, reproducible
from paper.training.runs import choose_device, initial_run, train


@pytest.fixture
def data(rng):
    labels = np.arange(60) % 3
    images = (rng.standard_normal((60, 1, 8, 8)) + labels[:, None, None, None]).astype(np.float32)
    arrays = images[:40], labels[:40], images[40:], labels[40:]
    return PreparedData(*arrays, ("a", "b", "c"), fingerprint(*arrays))


def job(name="fc-sgdn-b20-lr0.05-wd0-none", **changes):
    job = read_study(ROOT / "config/smoke.yaml").job("main", name)
    configuration = job.configuration.model_copy(update={"epochs": 4, **changes})
    return job.model_copy(update={"configuration": configuration})


@pytest.mark.parametrize("name", ["fc-adam-b30-lr0.01-wd0.001-cropflip", "allcnn-sgdn-b20-lr0.05-wd0-none"])
def test_the_same_job_gives_the_same_bits(name, data, tmp_path):
    for target in ("a", "b"):
        torch.rand(3)  # whatever happened to torch's own random state before
        train(job(name), data, tmp_path / f"{target}.zarr")
    a, b = (PredictionStore(tmp_path / f"{target}.zarr") for target in "ab")
    for split in ("train", "test"):
        assert np.array_equal(a.log_probs(split)[:], b.log_probs(split)[:])


def test_a_seed_does_not_depend_on_its_company(data, tmp_path):
    train(job(), data, tmp_path / "both.zarr")
    train(job().model_copy(update={"seeds": [43]}), data, tmp_path / "one.zarr")
    both, one = (PredictionStore(tmp_path / f"{name}.zarr").log_probs("train")[:] for name in ("both", "one"))
    assert np.array_equal(both[1], one[0])
    assert not np.array_equal(both[0], both[1])


@pytest.mark.parametrize("optimizer", ["sgd", "sgdn", "adam"])
def test_training_lowers_the_loss(optimizer, data, tmp_path):
    train(job(optimizer=optimizer, learning_rate=0.01, epochs=20), data, tmp_path / "run.zarr")
    store = PredictionStore(tmp_path / "run.zarr")
    loss = -store.log_probs("train")[:][:, :, np.arange(40), data.train_labels].mean(axis=2)
    assert (loss[:, -1] < 0.7 * loss[:, 0]).all()
    assert store.epochs[-1] == 20 and store.steps[-1] == 20 * 2


def test_runs_that_differ_in_augmentation_share_their_first_model(data, tmp_path):
    for augmentation in ("none", "cropflip"):
        train(job(augmentation=augmentation), data, tmp_path / f"{augmentation}.zarr")
    plain, augmented = (PredictionStore(tmp_path / f"{a}.zarr").log_probs("train")[:] for a in ("none", "cropflip"))
    assert np.array_equal(plain[:, 0], augmented[:, 0])
    assert not np.array_equal(plain[:, -1], augmented[:, -1])


def test_the_store_says_what_made_it(data, tmp_path):
    train(job(), data, tmp_path / "run.zarr")
    attributes = PredictionStore(tmp_path / "run.zarr").attributes
    assert TrainingJob.model_validate(attributes["job"]) == job()
    assert attributes["data_fingerprint"] == data.fingerprint
    assert set(attributes["versions"]) == {"numpy", "torch", "zarr"}


def test_crops_and_flips_are_shifts_and_mirror_images():
    image = torch.arange(1.0, 17).reshape(1, 1, 4, 4)
    padded = torch.nn.functional.pad(image, (1,) * 4)
    allowed = {
        (padded[..., y : y + 4, x : x + 4].flip(3) if flip else padded[..., y : y + 4, x : x + 4]).numpy().tobytes()
        for y in range(3)
        for x in range(3)
        for flip in (False, True)
    }
    generator = torch.Generator().manual_seed(0)
    made = shifted(image.expand(600, 1, 4, 4), drawn_shifts(600, 1, generator), 1)
    assert {item[None].contiguous().numpy().tobytes() for item in made} == allowed


def test_each_step_descends_the_gradient_at_a_rate_from_the_cosine():
    n, rate = 7, 0.3
    x = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
    losses = optimise(lambda batch: (x**2).sum() / 2, torch.optim.SGD([x], lr=rate), range(n), n)
    rates = rate * (1 + np.cos(np.pi * np.arange(n) / n)) / 2
    at_step = 2 * np.cumprod([1, *(1 - rates)])
    assert np.allclose([loss.item() for loss in losses], at_step[:-1] ** 2 / 2) and np.isclose(x.item(), at_step[-1])


@pytest.mark.parametrize("batch_size", [10, 15, 40])
def test_every_epoch_has_each_sample_once_in_an_order_of_its_own(batch_size):
    configuration = job(batch_size=batch_size).configuration
    steps = list(batches(40, configuration, torch.Generator().manual_seed(1)))
    per_epoch = configuration.steps_per_epoch(40)
    assert len(steps) == configuration.n_steps(40) == 4 * per_epoch
    epochs = [torch.cat(steps[first : first + per_epoch]).tolist() for first in range(0, len(steps), per_epoch)]
    assert all(sorted(epoch) == list(range(40)) for epoch in epochs) and len(set(map(tuple, epochs))) == 4


def test_streams_are_independent_and_reproducible():
    first, again, other = random_streams(1), random_streams(1), random_streams(2)
    draws = [torch.rand(4, generator=streams[name]) for streams in (first, other) for name in streams]
    assert len({tuple(draw.tolist()) for draw in draws}) == 6
    assert torch.equal(torch.rand(4, generator=again["order"]), draws[1])


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_asking_for_cuda_without_one_says_so():
    with pytest.raises(RuntimeError, match="use device: auto or device: cpu"):
        choose_device("cuda")
    assert choose_device("auto").type == "cpu"


def test_recorder_records_any_loop_and_leaves_the_model_as_it_was(tmp_path):
    torch.manual_seed(0)
    x, y = torch.randn(30, 5), torch.arange(30) % 3
    model = torch.nn.Sequential(torch.nn.Linear(5, 3), torch.nn.Dropout(0.5))
    model.train()
    loader = DataLoader(TensorDataset(x[20:], y[20:]), batch_size=4)
    splits = {"train": (x[:20], y[:20]), "test": loader}
    with Recorder(tmp_path / "r.zarr", splits, checkpoints={0: 0, 2: 1}, n_classes=3) as record:
        state = torch.get_rng_state()
        assert [record(model, step) for step in range(3)] == [True, False, True]
        assert torch.equal(torch.get_rng_state(), state)
    assert model.training
    store = PredictionStore(tmp_path / "r.zarr")
    expected = torch.log_softmax(model[0](x[20:]), 1).detach().numpy()
    assert np.allclose(store.log_probs("test")[0, 1], expected, atol=1e-6)
    assert np.array_equal(store.labels("test"), y[20:])


def test_recorder_refuses_a_shuffling_loader(tmp_path):
    loader = DataLoader(TensorDataset(torch.randn(8, 2), torch.zeros(8, dtype=torch.long)), shuffle=True)
    with pytest.raises(ValueError, match="'train' shuffles"):
        Recorder(tmp_path / "r.zarr", {"train": loader}, checkpoints={0: 0}, n_classes=2)


def test_a_loop_that_fails_leaves_no_store(tmp_path):
    split = {"train": (torch.randn(4, 2), torch.zeros(4, dtype=torch.long))}
    recorder = Recorder(tmp_path / "r.zarr", split, checkpoints={0: 0}, n_classes=2)
    with pytest.raises(ZeroDivisionError), recorder:
        1 / 0  # noqa: B018
    assert not (tmp_path / "r.zarr").exists()


def test_a_job_that_was_interrupted_starts_again_and_gives_the_same(data, tmp_path, monkeypatch):
    train(job(), data, tmp_path / "whole.zarr")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("paper.training.loop.functional.cross_entropy", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(job(), data, tmp_path / "again.zarr")
    assert (tmp_path / ".partial-again.zarr").is_dir() and not (tmp_path / "again.zarr").exists()
    monkeypatch.undo()
    train(job(), data, tmp_path / "again.zarr")
    whole, again = (PredictionStore(tmp_path / f"{name}.zarr") for name in ("whole", "again"))
    assert np.array_equal(whole.log_probs("train")[:], again.log_probs("train")[:])
    assert not (tmp_path / ".partial-again.zarr").exists()


def test_a_job_whose_schedule_is_not_reached_fails(data, tmp_path, monkeypatch):
    steps = np.array([0, 1, 99])
    monkeypatch.setattr("paper.study.configuration.Checkpoints.steps", lambda *_: steps)
    with pytest.raises(PredictionStoreError, match="not recorded"):
        train(job(), data, tmp_path / "run.zarr")
    assert not (tmp_path / "run.zarr").exists()


def test_a_study_records_evenly_in_the_progress_of_its_first_seed(data, tmp_path):
    even = EvenCheckpoints(schedule="even", delta=0.1, number=6)
    train(job(epochs=20).model_copy(update={"checkpoints": even}), data, tmp_path / "even.zarr")
    every = Checkpoints(schedule="log", number=41)
    train(job(epochs=20).model_copy(update={"checkpoints": every}), data, tmp_path / "every.zarr")
    store, whole = (PredictionStore(tmp_path / f"{name}.zarr") for name in ("even", "every"))
    assert store.steps[0] == 0 and store.steps[-1] == 40 and 3 <= len(store.steps) <= 6
    assert np.array_equal(store.epochs, store.steps / 2)
    assert np.array_equal(store.log_probs("train")[:], whole.log_probs("train")[:][:, store.steps])
    moved = np.abs(np.diff(progress(store.log_probs("train")[0], data.train_labels, log=True)))
    assert (moved[:-1] >= 0.1).all()


def test_a_study_chooses_what_batch_normalisation_records(data, tmp_path):
    """The network of the last step is the same; its train split is predicted under its own statistics, or others."""
    found = {}
    for kind in ("running", "reestimated"):
        chosen = job().model_copy(update={"batch_norm": kind})
        train(chosen, data, tmp_path / f"{kind}.zarr")
        found[kind] = PredictionStore(tmp_path / f"{kind}.zarr").log_probs("train")[0]
    samples = torch.from_numpy(data.train_images), torch.from_numpy(data.train_labels)
    with reproducible():
        run = initial_run(job().configuration, 42, samples[0], 3)
        for _ in train_networks([run.network], Resident(*samples), job().configuration, [run.streams]):
            pass
    for kind, expected in found.items():
        with reestimated(run.network, samples) if kind == "reestimated" else nullcontext():
            np.testing.assert_allclose(log_probabilities(run.network, samples).numpy(), expected[-1], atol=1e-5)
    assert not np.allclose(found["running"], found["reestimated"])
