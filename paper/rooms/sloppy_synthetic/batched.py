"""Train many small networks on synthetic inputs, stacked (see :mod:`paper.training.stack`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from inpca.predictions.store import PredictionWriter
from inpca.recording.diverged import finish_without
from inpca.recording.recorder import EVALUATION_BATCH, LIBRARIES
from paper.data.datasets import PreparedData
from paper.rooms.sloppy_synthetic.configuration import Run, SyntheticJob
from paper.rooms.sloppy_synthetic.data import CORNER
from paper.study.configuration import Configuration
from paper.training.batches import batches
from paper.training.loop import build_optimizer, optimise
from paper.training.random_streams import random_streams, reproducible
from paper.training.runs import bar_of_steps, initial_network, store_attributes
from paper.training.stack import FullyConnectedStack

#: Runs that are trained together: enough to spread the overhead of a step, few enough for activations to stay in cache.
RUNS_AT_ONCE = 10

#: Means and variances of every hidden layer, over runs · width channels.
Statistics = tuple[list[Tensor], list[Tensor]]


class SyntheticStack(FullyConnectedStack):
    """The networks of some runs before training, and what all of them predict."""

    def __init__(self, runs: Sequence[Run], configuration: Configuration, dimension: int, n_classes: int):
        super().__init__([starting_network(configuration, run, dimension, n_classes) for run in runs])

    def losses(self, inputs: Tensor, labels: Tensor) -> Tensor:
        """Mean cross-entropy (R,) of every run over its batch, of inputs (R, B, d) and labels (R, B).

        Samples stay last, as the layers have them: on a GPU that loss would not be the same each time.
        """
        logits = self.products(inputs.transpose(1, 2), (self.means, self.variances), training=True)
        return functional.cross_entropy(logits, labels, reduction="none").mean(dim=1)

    @torch.inference_mode()
    def statistics(self, inputs: Tensor) -> Statistics:
        """Means and variances of every layer over the same inputs (N, d) of every run, under the present weights."""
        found: Statistics = ([], [])
        values = inputs.T.expand(len(self.networks), -1, -1)
        for layer in self.layers[:-1]:
            active = self.active(layer, values)
            channels = active.view(1, -1, active.shape[2])
            for of_layers, of_layer in zip(found, (channels.mean((0, 2)), channels.var((0, 2))), strict=True):
                of_layers.append(of_layer)
            values = functional.batch_norm(channels, None, None, training=True).view(active.shape)
        return found

    @torch.inference_mode()
    def log_probabilities(self, inputs: Tensor, statistics: Statistics | None = None) -> Tensor:
        """Log-probabilities (R, N, C) of the same inputs (N, d) under every run, in evaluation mode.

        Batch normalisation has its running statistics unless others are given.
        """
        used = statistics or (self.means, self.variances)
        parts = [
            self.products(part.T.expand(len(self.networks), -1, -1), used, training=False)
            for part in inputs.split(EVALUATION_BATCH)
        ]
        return torch.log_softmax(torch.cat(parts, dim=2), dim=1).transpose(1, 2)


def starting_network(configuration: Configuration, run: Run, dimension: int, n_classes: int) -> nn.Sequential:
    """Network of one run before training.

    At ignorance it has torch's default initialisation, from the run's seed. In a corner the same is added to weights
    that are standard normal and depend on the corner's seed only; they make its predictions confident and random.
    """
    network = initial_network(configuration, random_streams(run.seed), (1, 1, dimension), n_classes)
    if run.corner is not None:
        rng = np.random.default_rng((run.corner, CORNER))
        for layer in network:
            if isinstance(layer, nn.Linear):
                corner = rng.standard_normal(tuple(layer.weight.shape), dtype=np.float32)
                layer.weight.data += torch.from_numpy(corner)
    return network


def train_synthetic(job: SyntheticJob, data: PreparedData, path: str | Path, *, progress_bar: bool = False) -> None:
    """Train all runs of a job and write their prediction store, whose seeds are the numbers of the runs.

    Runs that diverge, whose predictions become NaN, are left out.

    Parameters
    ----------
    job : SyntheticJob
    data : PreparedData
    path : path
    progress_bar : bool
        Show a progress bar over all steps of all runs.
    """
    versions = {name: version(name) for name in LIBRARIES}
    writer = PredictionWriter(
        path,
        seeds=range(len(job.runs)),
        checkpoints=job.checkpoints.epochs_of(job.configuration, len(data.train_labels)),
        labels={split: labels for split, (_, labels) in data.splits.items()},
        n_classes=len(data.classes),
        attributes=store_attributes(job, data) | {"versions": versions},
        if_exists="overwrite",
    )
    diverged: dict[int, int] = {}

    def record(split: str, number: int, step: int, log_probs: np.ndarray) -> None:
        if np.isnan(log_probs).any():
            diverged.setdefault(number, step)
        if number not in diverged:
            writer.write(split, number, step, log_probs)

    train_together(job, data, record, progress_bar=progress_bar)
    finish_without(writer, writer.steps, diverged, strict=True)
    writer.release()


def train_together(
    job: SyntheticJob,
    data: PreparedData,
    record: Callable[[str, int, int, np.ndarray], None],
    *,
    progress_bar: bool = False,
) -> None:
    """Train all runs of a job, :data:`RUNS_AT_ONCE` at a time, each from its initialisation to the last epoch.

    The same job on the same machine gives the same bits.

    Parameters
    ----------
    job : SyntheticJob
    data : PreparedData
    record : callable
        Called at the checkpoints with split, number of the run, number of steps done and log-probabilities (N, C).
    progress_bar : bool
        Show a progress bar over all steps of all runs.
    """
    inputs = {split: as_inputs(images) for split, (images, _) in data.splits.items()}
    labels = torch.from_numpy(data.train_labels)
    scheduled = frozenset(job.checkpoints.steps_of(job.configuration, len(labels)).tolist())
    n_steps = len(job.runs) * job.configuration.n_steps(len(labels))
    with reproducible(), zero_denormals(), bar_of_steps(job, n_steps, progress_bar) as bar:
        for first in range(0, len(job.runs), RUNS_AT_ONCE):
            numbers = range(first, min(first + RUNS_AT_ONCE, len(job.runs)))
            runs = [job.runs[number].shifted(job.seed_shift) for number in numbers]
            stack = SyntheticStack(runs, job.configuration, inputs["train"].shape[1], len(data.classes))
            for step in steps_of(stack, runs, job.configuration, inputs["train"], labels):
                if step in scheduled:
                    statistics = stack.statistics(inputs["train"]) if job.batch_norm == "reestimated" else None
                    for split in inputs:
                        found = stack.log_probabilities(inputs[split], statistics)
                        for number, log_probs in zip(numbers, found, strict=True):
                            record(split, number, step, log_probs.numpy())
                bar.update(len(numbers) * (step > 0))


@contextmanager
def zero_denormals():
    """Numbers below the smallest normal float32 count as zero: sloppy inputs have many, and they are slow."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def steps_of(
    stack: SyntheticStack, runs: Sequence[Run], configuration: Configuration, inputs: Tensor, labels: Tensor
) -> Iterator[int]:
    """Train the stack of some runs; yields the number of steps done, 0 before the first.

    SGD (``sgd``) or SGD with Nesterov momentum 0.9 (``sgdn``). The loss is the sum over runs of their mean
    cross-entropies, so that the gradient of each run is its own; each has its own order of data. The loop is that of a
    network trained alone, :func:`paper.training.loop.optimise`, with the same schedule and optimiser.
    """

    def loss(batch: Tensor) -> Tensor:
        return stack.losses(inputs[batch], labels[batch]).sum()

    orders = [batches(len(labels), configuration, random_streams(run.seed)["order"]) for run in runs]
    optimizer = build_optimizer(configuration, stack.weights.values(), fused=True)
    losses = optimise(loss, optimizer, map(torch.stack, zip(*orders, strict=True)), configuration.n_steps(len(labels)))
    yield 0
    for step, _ in enumerate(losses, start=1):
        yield step


def as_inputs(images: np.ndarray) -> Tensor:
    """Images as vectors, (N, d)."""
    return torch.from_numpy(images).flatten(1)
