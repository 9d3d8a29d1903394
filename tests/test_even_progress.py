"""Checkpoints that lie where the predictions move, chosen by looks that change nothing of the training."""

import numpy as np
import pytest
import torch
from test_recording import X, Y, recorder
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from inpca import PredictionStore, progress
from inpca.predictions.store import PredictionStoreError
from inpca.recording import Evaluation, EvenProgress

LAST = 300


def schedule(**changes):
    return EvenProgress(**dict(last_step=LAST, steps_per_epoch=10, delta=0.05, most=40) | changes)


def training(record, seeds=(0,), rate=0.3, steps=LAST, batch_norm=False):
    """Train a network from each seed, call the recorder after every step; returns the last parameters and buffers."""
    for seed in seeds:
        torch.manual_seed(seed)
        layers = [nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)]
        model = nn.Sequential(*([nn.BatchNorm1d(4)] * batch_norm), *layers)
        optimizer = torch.optim.SGD(model.parameters(), rate, momentum=0.9)
        for step in range(steps + 1):
            record(model, step, seed)
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(X), Y).backward()
            optimizer.step()
    return [*model.parameters(), *model.buffers(), torch.get_rng_state()]


def progress_of(store, seed=0):
    return progress(store.log_probs("train")[seed], Y, log=True)


def run(path, *, seeds=(0,), rate=0.3, splits=None, evaluation=None, **changes):
    arguments = dict(splits=splits or {"train": (X, Y)}, evaluation=evaluation or Evaluation())
    with recorder(path, checkpoints=schedule(**changes), seeds=seeds, **arguments) as record:
        training(record, seeds, rate)
        record.close(strict=True)
    return PredictionStore(path)


@pytest.mark.parametrize(("delta", "most"), [(0.05, 40), (0.2, 40), (0.02, 8), (0.5, 2)])
@pytest.mark.parametrize("rate", [0.01, 0.3, 3.0])  # slow, good, and one that falls back
def test_models_that_follow_each_other_differ_by_delta(delta, most, rate, tmp_path):
    store = run(tmp_path / "r.zarr", delta=delta, most=most, rate=rate)
    steps, moved = store.steps.tolist(), np.abs(np.diff(progress_of(store)))
    assert steps[0] == 0 and steps[-1] == LAST and len(steps) <= most
    assert np.all(moved[:-1] >= delta)
    assert [path.name for path in tmp_path.iterdir()] == ["r.zarr"]


def test_no_look_passes_a_move_by(tmp_path):
    with recorder(tmp_path / "all.zarr", checkpoints=schedule().looks()) as record:
        training(record)
    looks, store = PredictionStore(tmp_path / "all.zarr"), run(tmp_path / "r.zarr")
    expected, s = [0], progress_of(looks)
    for look in range(1, len(s)):
        if abs(s[look] - s[expected[-1]]) >= 0.05:
            expected.append(look)
    assert store.steps.tolist() == sorted({*looks.steps[expected].tolist(), LAST})
    assert np.allclose(store.epochs, store.steps / 10)


def test_looks_are_dense_early_and_few():
    steps = np.array(list(EvenProgress(last_step=10_000, steps_per_epoch=1).looks()))
    assert steps[:41].tolist() == list(range(41)) and steps[-1] == 10_000 and len(steps) < 200
    assert np.all(np.diff(steps) <= np.maximum(1, 0.05 * steps[:-1]))
    assert list(EvenProgress(last_step=1, steps_per_epoch=1).looks()) == [0, 1]


def test_the_first_seed_decides_and_the_others_follow(tmp_path):
    both, one = run(tmp_path / "both.zarr", seeds=(5, 6)), run(tmp_path / "one.zarr", seeds=(5,))
    assert both.steps.tolist() == one.steps.tolist()
    assert np.array_equal(both.log_probs("train")[0], one.log_probs("train")[0])
    message = r"^seed 5 decides the checkpoints of the others: record it before 6$"
    with pytest.raises(ValueError, match=message), recorder(tmp_path / "r", checkpoints=schedule(), seeds=[5, 6]) as r:
        training(r, seeds=[6])


@pytest.mark.parametrize("batch_norm", [None, "train"])
def test_looks_leave_training_alone(batch_norm, tmp_path):
    alone = training(lambda *_: None, batch_norm=True)
    evaluation = Evaluation(batch_norm=batch_norm)
    with recorder(tmp_path / "r.zarr", checkpoints=schedule(), evaluation=evaluation) as record:
        watched = training(record, batch_norm=True)
    assert len(PredictionStore(tmp_path / "r.zarr").steps) > 4
    assert all(map(torch.equal, alone, watched))


def test_a_probe_of_few_samples_has_all_its_batch_statistics(tmp_path):
    """A probe that is the split is looked at as the split is recorded, but for n / (n - 1) in the variance."""
    with recorder(tmp_path / "r.zarr", checkpoints=schedule(), evaluation=Evaluation(batch_norm="train")) as record:
        training(record, batch_norm=True)
    moved = np.abs(np.diff(progress_of(PredictionStore(tmp_path / "r.zarr"))))
    assert np.all(moved[:-1] >= 0.03)


def test_a_probe_may_be_another_split_samples_or_a_loader(tmp_path):
    splits = {"train": (X, Y), "probe": (X, Y)}
    loader = DataLoader(TensorDataset(X, Y), batch_size=4)
    steps = [
        run(tmp_path / f"{number}.zarr", splits=splits, probe=probe).steps.tolist()
        for number, probe in enumerate(["train", "probe", (X, Y), loader])
    ]
    assert steps[1:] == steps[:1] * 3


def test_a_run_that_was_killed_is_readable_and_resumed(tmp_path):
    whole = run(tmp_path / "whole.zarr", seeds=(0, 1))
    for after in (3, 40):
        with (
            pytest.raises(ZeroDivisionError),
            recorder(tmp_path / "r.zarr", checkpoints=schedule(), seeds=[0, 1], if_exists="resume") as record,
        ):
            training(record, steps=after)
            1 / 0  # noqa: B018
        partial = PredictionStore(tmp_path / "r.zarr", partial=True)
        assert partial.steps[partial.recorded[0]].tolist() == [step for step in whole.steps if step <= after]
    message = "r.zarr cannot be resumed: checkpoints differ from those"
    with pytest.raises(PredictionStoreError, match=message):
        recorder(tmp_path / "r.zarr", checkpoints=schedule(delta=0.1), seeds=[0, 1], if_exists="resume")
    with recorder(tmp_path / "r.zarr", checkpoints=schedule(), seeds=[0, 1], if_exists="resume") as record:
        training(record, seeds=[0, 1])
    store = PredictionStore(tmp_path / "r.zarr")
    assert store.steps.tolist() == whole.steps.tolist()
    assert np.array_equal(store.log_probs("train")[:], whole.log_probs("train")[:])


def test_a_training_that_stops_early_lacks_its_last_checkpoint(tmp_path):
    with (
        pytest.warns(UserWarning, match="checkpoints were recorded"),
        recorder(tmp_path / "r.zarr", checkpoints=schedule()) as record,
    ):
        training(record, steps=30)
    assert PredictionStore(tmp_path / "r.zarr").steps[-1] <= 30
    record = recorder(tmp_path / "s.zarr", checkpoints=schedule(most=2))
    training(record, steps=30)
    message = r"^s.zarr: 1 of 2 checkpoints were not recorded, which are steps 0, 300 of each seed; the unfinished "
    with pytest.raises(PredictionStoreError, match=message):
        record.close(strict=True)


WRONG = {
    "last_step 0": (dict(last_step=0), ValueError, "last_step must be a whole number from 1 on, not 0"),
    "last_step 1.5": (dict(last_step=1.5), ValueError, "last_step must be a whole number .*, not 1.5"),
    "most 1": (dict(most=1), ValueError, "most must be a whole number from 2 on, not 1"),
    "delta 0": (dict(delta=0), ValueError, "delta must be between 0 and 1, not 0"),
    "delta NaN": (dict(delta=float("nan")), ValueError, "delta must be between 0 and 1, not nan"),
    "delta '5%'": (dict(delta="5%"), TypeError, "delta must be a number, not '5%'"),
    "epochs": (dict(steps_per_epoch=-1), ValueError, "steps_per_epoch must be above 0, and finite, not -1"),
    "probe": (dict(probe="test"), ValueError, "probe must be one of the splits train, or samples, not 'test'"),
    "probe's labels": (dict(probe=(X, Y[:2])), ValueError, "split 'probe' has 2 labels for inputs of 6"),
}


@pytest.mark.parametrize(("changes", "kind", "message"), WRONG.values(), ids=WRONG)
def test_wrong_values_are_refused_at_once(changes, kind, message, tmp_path):
    with pytest.raises(kind, match=f"^{message}$"):
        recorder(tmp_path / "r.zarr", checkpoints=schedule(**changes))
    assert list(tmp_path.iterdir()) == []
