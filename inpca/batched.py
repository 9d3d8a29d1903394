"""Train many small networks of one shape together: their weights are stacked, a layer is one batched product.

Every run keeps its own initialisation, data order and statistics of BatchNorm, so that it follows the trajectory that
it has when trained alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from inpca.configuration import Configuration
from inpca.datasets import PreparedData
from inpca.networks import build_network
from inpca.predictions import PredictionWriter
from inpca.recording import EVALUATION_BATCH, LIBRARIES
from inpca.synthetic import CORNER
from inpca.synthetic_configuration import Run, SyntheticJob
from inpca.training import random_streams, reproducible

#: Runs that are trained together: enough to spread the overhead of a step, few enough for activations to stay in cache.
RUNS_AT_ONCE = 10


class Stack:
    """Fully connected networks of one shape (see :func:`inpca.networks.fully_connected`) as one.

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
    configuration: Configuration,
    runs: Sequence[Run],
    inputs: Tensor,
    labels: Tensor,
    n_classes: int,
    record: Callable[[Stack, int], None],
) -> Stack:
    """Train runs together, from their initialisation to the last epoch.

    SGD (``sgd``) or SGD with Nesterov momentum 0.9 (``sgdn``), learning rate from a cosine to 0 in every step. The
    loss is the sum over runs of their mean cross-entropies, so that the gradient of each run is its own.

    Parameters
    ----------
    configuration : Configuration
    runs : sequence of Run
    inputs : (N, d) Tensor
    labels : (N,) Tensor
    n_classes : int
    record : callable
        Called with the stack and the number of steps done, before the first step and after every one.
    """
    stack = Stack([initial_network(configuration, run, inputs.shape[1], n_classes) for run in runs])
    orders = [random_streams(run.seed)["order"] for run in runs]
    momentum = 0.9 if configuration.optimizer == "sgdn" else 0
    optimizer = torch.optim.SGD(
        [*stack.weights, *stack.biases], lr=configuration.learning_rate, momentum=momentum, nesterov=momentum > 0,
        weight_decay=configuration.weight_decay, fused=True,
    )  # fmt: skip
    steps_per_epoch = -(-len(labels) // configuration.batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, configuration.epochs * steps_per_epoch)
    step = 0
    record(stack, step)
    for _ in range(configuration.epochs):
        order = torch.stack([torch.randperm(len(labels), generator=generator) for generator in orders])
        for batch in order.split(configuration.batch_size, dim=1):
            logits = stack.logits(inputs[batch].transpose(1, 2), training=True)
            losses = functional.cross_entropy(logits, labels[batch], reduction="none").mean(dim=1)
            optimizer.zero_grad()
            losses.sum().backward()
            optimizer.step()
            schedule.step()
            step += 1
            record(stack, step)
    return stack


def train_synthetic(job: SyntheticJob, data: PreparedData, path: str | Path, *, progress: bool = False) -> None:
    """Train all runs of a job and write their prediction store, whose seeds are the numbers of the runs.

    The same job on the same machine gives the same bits.

    Parameters
    ----------
    job : SyntheticJob
    data : PreparedData
    path : path
    progress : bool
        Show a progress bar over all steps of all runs.
    """
    configuration = job.configuration
    splits = {"train": as_inputs(data.train_images), "test": as_inputs(data.test_images)}
    labels = {"train": data.train_labels, "test": data.test_labels}
    steps_per_epoch = -(-len(data.train_labels) // configuration.batch_size)
    steps = job.checkpoints.steps(steps_per_epoch, configuration.epochs)
    writer = PredictionWriter(
        path, seeds=range(len(job.runs)), steps=steps, epochs=steps / steps_per_epoch, labels=labels,
        n_classes=len(data.classes),
        attributes={
            "job": job.model_dump(mode="json"), "configuration": job.case,
            "data_fingerprint": data.fingerprint, "versions": {name: version(name) for name in LIBRARIES},
        },
    )  # fmt: skip
    scheduled = frozenset(steps.tolist())
    n_steps = configuration.epochs * steps_per_epoch
    with reproducible(), tqdm(total=len(job.runs) * n_steps, desc=job.case, disable=not progress, mininterval=1,
                              unit="step") as bar:  # fmt: skip
        for first in range(0, len(job.runs), RUNS_AT_ONCE):
            runs = job.runs[first : first + RUNS_AT_ONCE]
            numbers = range(first, first + len(runs))

            def record(stack: Stack, step: int, numbers=numbers) -> None:
                bar.update(len(numbers) * (step > 0))
                if step in scheduled:
                    for split, inputs in splits.items():
                        for number, log_probs in zip(numbers, stack.log_probabilities(inputs).numpy(), strict=True):
                            writer.write(split, number, step, log_probs)

            train_together(
                configuration, runs, splits["train"], torch.from_numpy(labels["train"]), len(data.classes), record
            )
    writer.close()


def as_inputs(images: np.ndarray) -> Tensor:
    """Images as vectors, (N, d)."""
    return torch.from_numpy(images).flatten(1)
