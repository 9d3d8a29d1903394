from contextlib import nullcontext

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from inpca.predictions.store import PredictionStore
from inpca.recording import log_probabilities, reestimated
from paper.rooms.sloppy_synthetic.batched import RUNS_AT_ONCE, as_inputs, starting_network, train_synthetic
from paper.rooms.sloppy_synthetic.configuration import Run, SyntheticData, SyntheticJob
from paper.rooms.sloppy_synthetic.data import synthetic_data
from paper.study.configuration import Checkpoints, Configuration
from paper.training.loop import build_optimizer
from paper.training.random_streams import random_streams

DATA = SyntheticData(
    dimension=20, n_classes=3, n_train=90, n_test=40, seed=0, teacher={"hidden": 10, "seed": 0}, decay=0.3
)
RUNS = [Run(seed=1), Run(seed=2), Run(seed=1, corner=0), Run(seed=2, corner=0), Run(seed=1, corner=1)]


def make_job(runs=RUNS, widths=(16,), batch_norm="running", **changes):
    settings = dict(optimizer="sgdn", batch_size=20, learning_rate=0.02, weight_decay=1e-3, epochs=3) | changes
    configuration = Configuration(
        name="mlp", network={"kind": "fc", "widths": list(widths)}, augmentation="none", **settings
    )
    checkpoints = Checkpoints(schedule="log", number=5)
    return SyntheticJob(configuration=configuration, runs=runs, checkpoints=checkpoints, batch_norm=batch_norm)


def one_by_one(job, run, data, steps):
    """Log-probabilities at the given steps of one run, trained alone with torch's own modules, by split."""
    configuration = job.configuration
    inputs, labels = as_inputs(data.train_images), torch.from_numpy(data.train_labels)
    model = starting_network(configuration, run, inputs.shape[1], len(data.classes)).train()
    optimizer = build_optimizer(configuration, model.parameters())
    n_steps = configuration.epochs * -(-len(labels) // configuration.batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    order = random_streams(run.seed)["order"]
    splits = {"train": data.train_images, "test": data.test_images}
    predictions = {split: [] for split in splits}

    def record(step):
        for split, images in splits.items():
            if step in steps:
                pair = torch.from_numpy(images), torch.zeros(len(images))
                with reestimated(model, (inputs, labels)) if job.batch_norm == "reestimated" else nullcontext():
                    predictions[split].append(log_probabilities(model, pair).numpy())

    record(step := 0)
    for _ in range(configuration.epochs):
        for batch in torch.randperm(len(labels), generator=order).split(configuration.batch_size):
            loss = functional.cross_entropy(model(inputs[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            record(step := step + 1)
    return {split: np.stack(values) for split, values in predictions.items()}


@pytest.mark.parametrize("batch_norm", ["running", "reestimated"])
@pytest.mark.parametrize(("optimizer", "widths"), [("sgd", (16,)), ("sgdn", (16,)), ("sgdn", (16, 12))])
def test_runs_trained_together_are_those_trained_one_by_one(optimizer, widths, batch_norm, tmp_path):
    job, data = make_job(optimizer=optimizer, widths=widths, batch_norm=batch_norm), synthetic_data(DATA)
    train_synthetic(job, data, tmp_path / "together.zarr")
    store = PredictionStore(tmp_path / "together.zarr")
    for number, run in enumerate(job.runs):
        alone = one_by_one(job, run, data, store.steps.tolist())
        for split, expected in alone.items():
            assert np.allclose(np.exp(store.log_probs(split)[number]), np.exp(expected), atol=2e-5)


def test_a_run_does_not_depend_on_its_company(tmp_path):
    data = synthetic_data(DATA)
    many = [Run(seed=seed) for seed in range(RUNS_AT_ONCE + 2)]
    train_synthetic(make_job(many), data, tmp_path / "many.zarr")
    train_synthetic(make_job(many[-1:]), data, tmp_path / "one.zarr")
    many, one = (PredictionStore(tmp_path / f"{name}.zarr").log_probs("train")[:] for name in ("many", "one"))
    assert np.allclose(np.exp(many[-1]), np.exp(one[0]), atol=2e-5)
    assert not np.allclose(many[-1], many[-2], atol=0.01)


def test_the_same_job_gives_the_same_bits_and_its_store_says_what_made_it(tmp_path):
    data = synthetic_data(DATA)
    for name in ("a", "b"):
        train_synthetic(make_job(), data, tmp_path / f"{name}.zarr")
    a, b = (PredictionStore(tmp_path / f"{name}.zarr") for name in "ab")
    assert all(np.array_equal(a.log_probs(split)[:], b.log_probs(split)[:]) for split in ("train", "test"))
    assert SyntheticJob.model_validate(a.attributes["job"]) == make_job()
    assert (
        a.attributes["data_fingerprint"] == data.fingerprint
        and a.attributes["configuration"] == make_job().configuration.id
    )


def test_runs_from_one_corner_start_close_together_and_from_different_corners_far_apart():
    data = synthetic_data(DATA)
    pair = torch.from_numpy(data.train_images), torch.zeros(len(data.train_images))
    configuration = make_job(widths=(256,)).configuration

    def probabilities(run):
        return log_probabilities(starting_network(configuration, run, 20, 3), pair).exp()

    same, again, other = (probabilities(Run(seed=s, corner=c)) for s, c in ((1, 0), (2, 0), (1, 1)))
    near, far = (float((same - p).abs().mean()) for p in (again, other))
    assert near < 0.1 * far
    ignorance = probabilities(Run(seed=1))
    assert ignorance.max() < 0.8 and same.max(dim=1).values.median() > 0.95


def test_a_corner_is_added_to_the_weights_of_the_default_initialisation():
    configuration = make_job().configuration
    plain, corner = (starting_network(configuration, Run(seed=3, corner=c), 20, 3) for c in (None, 5))
    for a, b in zip(plain, corner, strict=True):
        if isinstance(a, nn.Linear):
            difference = (b.weight - a.weight).detach()
            assert torch.equal(a.bias, b.bias) and 0.7 < difference.std() < 1.3
