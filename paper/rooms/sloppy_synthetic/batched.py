"""Train many small networks of one shape together: their weights are stacked, a layer is one batched product.

Every run keeps its own initialisation, data order and statistics of BatchNorm, so that it follows the trajectory that
it has when trained alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from inpca.predictions.store import PredictionWriter
from inpca.recording.recorder import EVALUATION_BATCH, LIBRARIES
from paper.data.datasets import PreparedData
from paper.rooms.sloppy_synthetic.configuration import Run, SyntheticJob
from paper.rooms.sloppy_synthetic.data import CORNER
from paper.study.configuration import Configuration
from paper.training.networks import build_network
from paper.training.training import random_streams, reproducible

#: Runs that are trained together: enough to spread the overhead of a step, few enough for activations to stay in cache.
RUNS_AT_ONCE = 10


class Stack:
    """Fully connected networks of one shape (see :func:`paper.training.networks.fully_connected`) as one.

    Activations are (R, width, B), runs first and samples last: BatchNorm of all runs is then one call over R · width
    channels whose samples lie side by side.

    Parameters
    ----------
    networks : sequence of nn.Sequential
        R networks, whose weights are copied.
    """

    def __init__(self, networks: Sequence[nn.Sequential]):
        layers = list(zip(*([m for m in net if isinstance(m, nn.Linear)] for net in networks), strict=True))
        self.weights = [torch.stack([layer.weight.detach() for layer in same]) for same in layers]
        self.biases = [torch.stack([layer.bias.detach()[:, None] for layer in same]) for same in layers]
        for parameter in (*self.weights, *self.biases):
            parameter.requires_grad_()
        channels = [weight.shape[0] * weight.shape[1] for weight in self.weights[:-1]]
        self.means, self.variances = [torch.zeros(n) for n in channels], [torch.ones(n) for n in channels]

    def logits(self, inputs: Tensor, *, training: bool) -> Tensor:
        """Logits (R, C, B) of inputs (R, d, B); in training, running means and variances are updated."""
        *hidden, last = zip(self.biases, self.weights, strict=True)
        for (bias, weight), mean, variance in zip(hidden, self.means, self.variances, strict=True):
            active = torch.relu(torch.baddbmm(bias, weight, inputs))
            channels = active.view(1, -1, active.shape[2])
            inputs = functional.batch_norm(channels, mean, variance, training=training).view(active.shape)
        return torch.baddbmm(last[0], last[1], inputs)

    @torch.inference_mode()
    def log_probabilities(self, inputs: Tensor) -> Tensor:
        """Log-probabilities (R, N, C) of the same inputs (N, d) under every run, in evaluation mode."""
        runs = len(self.weights[0])
        parts = [self.logits(part.T.expand(runs, -1, -1), training=False) for part in inputs.split(EVALUATION_BATCH)]
        return torch.log_softmax(torch.cat(parts, dim=2), dim=1).transpose(1, 2)


def initial_network(configuration: Configuration, run: Run, dimension: int, n_classes: int) -> nn.Sequential:
    """Network of one run before training.

    At ignorance it has torch's default initialisation, from the run's seed. In a corner the same is added to weights
    that are standard normal and depend on the corner's seed only; they make its predictions confident and random.
    """
    torch.manual_seed(random_streams(run.seed)["initialisation"].initial_seed())
    network = build_network(configuration.network, (1, 1, dimension), n_classes)
    if run.corner is not None:
        rng = np.random.default_rng((run.corner, CORNER))
        for layer in network:
            if isinstance(layer, nn.Linear):
                corner = rng.standard_normal(tuple(layer.weight.shape), dtype=np.float32)
                layer.weight.data += torch.from_numpy(corner)
    return network


def train_together(
    job: SyntheticJob, data: PreparedData, record: Callable[[range, Stack, int], None], *, progress: bool = False
) -> None:
    """Train all runs of a job, :data:`RUNS_AT_ONCE` at a time, each from its initialisation to the last epoch.

    SGD (``sgd``) or SGD with Nesterov momentum 0.9 (``sgdn``), learning rate from a cosine to 0 in every step. The
    loss is the sum over runs of their mean cross-entropies, so that the gradient of each run is its own. The same job
    on the same machine gives the same bits.

    Parameters
    ----------
    job : SyntheticJob
    data : PreparedData
    record : callable
        Called at the checkpoints with the numbers of the runs, their stack and the number of steps done.
    progress : bool
        Show a progress bar over all steps of all runs.
    """
    inputs, labels = as_inputs(data.train_images), torch.from_numpy(data.train_labels)
    scheduled = frozenset(checkpoint_steps(job, len(labels)).tolist())
    total = len(job.runs) * job.configuration.epochs * steps_in_epoch(job, len(labels))
    bar = tqdm(total=total, desc=job.configuration.id, disable=not progress, mininterval=1, unit="step")
    with reproducible(), zero_denormals(), bar:
        for first in range(0, len(job.runs), RUNS_AT_ONCE):
            numbers = range(first, min(first + RUNS_AT_ONCE, len(job.runs)))
            runs = [job.runs[number] for number in numbers]
            for step, stack in enumerate(steps_of(job, runs, inputs, labels, len(data.classes))):
                if step in scheduled:
                    record(numbers, stack, step)
                bar.update(len(numbers) * (step > 0))


@contextmanager
def zero_denormals():
    """Numbers below the smallest normal float32 count as zero: sloppy inputs have many, and they are slow."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def steps_of(job: SyntheticJob, runs: Sequence[Run], inputs: Tensor, labels: Tensor, n_classes: int) -> Iterator[Stack]:
    """The stack of the runs before the first and after every step."""
    configuration = job.configuration
    stack = Stack([initial_network(configuration, run, inputs.shape[1], n_classes) for run in runs])
    orders = [random_streams(run.seed)["order"] for run in runs]
    momentum = 0.9 if configuration.optimizer == "sgdn" else 0
    optimizer = torch.optim.SGD(
        [*stack.weights, *stack.biases], lr=configuration.learning_rate, momentum=momentum, nesterov=momentum > 0,
        weight_decay=configuration.weight_decay, fused=True,
    )  # fmt: skip
    n_steps = configuration.epochs * steps_in_epoch(job, len(labels))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    yield stack
    for _ in range(configuration.epochs):
        order = torch.stack([torch.randperm(len(labels), generator=generator) for generator in orders])
        for batch in order.split(configuration.batch_size, dim=1):
            logits = stack.logits(inputs[batch].transpose(1, 2), training=True)
            losses = functional.cross_entropy(logits, labels[batch], reduction="none").mean(dim=1)
            optimizer.zero_grad()
            losses.sum().backward()
            optimizer.step()
            schedule.step()
            yield stack


def steps_in_epoch(job: SyntheticJob, n_train: int) -> int:
    """Batches of an epoch, the last one perhaps smaller."""
    return -(-n_train // job.configuration.batch_size)


def checkpoint_steps(job: SyntheticJob, n_train: int) -> np.ndarray:
    """Steps at which predictions are recorded."""
    return job.checkpoints.steps(steps_in_epoch(job, n_train), job.configuration.epochs)


def train_synthetic(job: SyntheticJob, data: PreparedData, path: str | Path, *, progress: bool = False) -> None:
    """Train all runs of a job and write their prediction store, whose seeds are the numbers of the runs.

    Parameters
    ----------
    job : SyntheticJob
    data : PreparedData
    path : path
    progress : bool
        Show a progress bar.
    """
    splits = {"train": as_inputs(data.train_images), "test": as_inputs(data.test_images)}
    steps = checkpoint_steps(job, len(data.train_labels))
    writer = PredictionWriter(
        path, seeds=range(len(job.runs)), steps=steps, epochs=steps / steps_in_epoch(job, len(data.train_labels)),
        labels={"train": data.train_labels, "test": data.test_labels}, n_classes=len(data.classes),
        attributes={
            "job": job.model_dump(mode="json"), "configuration": job.configuration.id,
            "data_fingerprint": data.fingerprint, "versions": {name: version(name) for name in LIBRARIES},
        },
        overwrite=True,
    )  # fmt: skip

    def record(numbers: range, stack: Stack, step: int) -> None:
        for split, inputs in splits.items():
            for number, log_probs in zip(numbers, stack.log_probabilities(inputs).numpy(), strict=True):
                writer.write(split, number, step, log_probs)

    train_together(job, data, record, progress=progress)
    writer.close()


def as_inputs(images: np.ndarray) -> Tensor:
    """Images as vectors, (N, d)."""
    return torch.from_numpy(images).flatten(1)
