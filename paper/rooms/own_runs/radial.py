"""A network that is none of the study's, trained in a plain loop and recorded as anyone records their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from inpca.recording.diverged import Diverged
from inpca.recording.recorder import Recorder
from paper.data.datasets import PreparedData
from paper.rooms.own_runs.configuration import LearnerJob, RadialBasis
from paper.training.random_streams import random_streams, reproducible


class RadialNetwork(nn.Module):
    r"""Logits :math:`W \exp(-\|x - z_j\|^2 / 2 h^2) + b`, with centres z, width h, W and b that are learnt.

    Parameters
    ----------
    centres : (k, D) Tensor
        Where the centres start, such as some of the samples; h starts at the root of half their mean squared distance.
    n_classes : int

    Examples
    --------
    >>> RadialNetwork(torch.eye(3), n_classes=2)(torch.zeros(4, 3)).shape
    torch.Size([4, 2])
    """

    def __init__(self, centres: Tensor, n_classes: int):
        super().__init__()
        squares = torch.cdist(centres, centres).square()
        self.centres = nn.Parameter(centres.clone())
        self.log_precision = nn.Parameter(-squares.mean().log())
        self.readout = nn.Linear(len(centres), n_classes)
        nn.init.normal_(self.readout.weight, std=0.01)
        nn.init.zeros_(self.readout.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, C) of inputs (N, D)."""
        squares = x.square().sum(1, keepdim=True) - 2 * x @ self.centres.T + self.centres.square().sum(1)
        return self.readout(torch.exp(-squares * self.log_precision.exp()))


def train_radial(job: LearnerJob, data: PreparedData, path: str | Path, attributes: dict) -> None:
    """Train a :class:`RadialNetwork` from every seed and record it, in one thread.

    Parameters
    ----------
    job : LearnerJob
        Of a learner of the kind ``rbf``.
    data : PreparedData
    path : path
        Name of the prediction store; one of that name is replaced.
    attributes : dict
        What the store says of itself.
    """
    learner = job.learner
    if not isinstance(learner, RadialBasis):
        raise TypeError(f"the learner must be of the kind rbf, not {learner.kind}")
    splits = {name: (torch.as_tensor(x).flatten(1), torch.as_tensor(y)) for name, (x, y) in data.splits.items()}
    x, y = splits["train"]
    recorder = Recorder(
        path,
        splits,
        checkpoints=job.epochs(len(y)),
        n_classes=len(data.classes),
        seeds=job.seeds,
        attributes=attributes,
        if_exists="overwrite",
    )
    with reproducible(), recorder as record:
        for seed in job.seeds:
            streams = random_streams(seed)
            torch.manual_seed(streams["initialisation"].initial_seed())
            model = RadialNetwork(x[torch.randperm(len(x))[: learner.centres]], len(data.classes))
            for step in steps(model, learner, x, y, streams["order"]):
                try:
                    record(model, step, seed)
                except Diverged:
                    record.diverged(step, seed)
                    break
        record.close(strict=True)


def steps(model: nn.Module, learner: RadialBasis, x: Tensor, y: Tensor, order: torch.Generator) -> Iterator[int]:
    """Train a network on samples (N, D) and labels (N,); yields the number of steps done, 0 before the first."""
    optimizer, step = torch.optim.Adam(model.parameters(), lr=learner.learning_rate), 0
    yield step
    for _ in range(learner.epochs):
        for batch in torch.randperm(len(x), generator=order).split(learner.batch_size):
            optimizer.zero_grad()
            functional.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()
            step += 1
            yield step
