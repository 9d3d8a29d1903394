"""Whole optimiser steps as CUDA graphs: recorded once, then repeated without Python in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

#: Steps of each shape of a batch that are taken as they are before the step is recorded, as torch asks for.
STEPS_BEFORE = 3


class StepGraph:
    """A step that can be repeated: what it takes and what it gives lie where they lay when it was recorded.

    Parameters
    ----------
    step : callable
        Takes tensors, returns one; on a CUDA device, without waiting for it.
    inputs : tuple of Tensor
        Of the shapes that all later ones have.
    """

    def __init__(self, step: Callable[[tuple[Tensor, ...]], Tensor], inputs: tuple[Tensor, ...]):
        self._inputs = tuple(part.clone() for part in inputs)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._value = step(self._inputs)

    def __call__(self, inputs: tuple[Tensor, ...]) -> Tensor:
        for kept, part in zip(self._inputs, inputs, strict=True):
            kept.copy_(part)
        self._graph.replay()
        return self._value.clone()


def optimise_in_graphs(
    loss: Callable[[tuple[Tensor, ...]], Tensor],
    optimizer: torch.optim.Optimizer,
    batches: Iterable[tuple[Tensor, ...]],
    n_steps: int,
) -> Iterator[Tensor]:
    """What :func:`paper.training.loop.optimise` does, with one graph for each shape of a batch (the last is smaller).

    Parameters
    ----------
    loss : callable
        Loss of a batch.
    optimizer : torch.optim.Optimizer
        Fused; its learning rate is a tensor on the device.
    batches : iterable of tuple of Tensor
        What the loss takes in each step, on the device.
    n_steps : int
        Number of batches.

    Yields
    ------
    Tensor
        Loss of the batch of each step.
    """
    (rate,) = {id(group["lr"]): group["lr"] for group in optimizer.param_groups}.values()

    def step(batch: tuple[Tensor, ...]) -> Tensor:
        # Without gradients the graph has memory of its own for them, which each repetition writes anew.
        optimizer.zero_grad(set_to_none=True)
        value = loss(batch)
        value.backward()
        optimizer.step()
        return value.detach()

    graphs, taken = {}, {}
    for batch, present in zip(batches, cosine_rates(float(rate), n_steps), strict=True):
        rate.fill_(present)
        shapes = tuple(part.shape for part in batch)
        taken[shapes] = taken.get(shapes, 0) + 1
        if taken[shapes] <= STEPS_BEFORE:
            with beside():
                value = step(batch)
            yield value
            continue
        if shapes not in graphs:
            graphs[shapes] = StepGraph(step, batch)
        yield graphs[shapes](batch)


def cosine_rates(rate: float, n_steps: int) -> Iterator[float]:
    """Learning rate of each step, as torch's own schedule has it.

    Examples
    --------
    >>> [round(rate, 3) for rate in cosine_rates(0.4, 4)]
    [0.4, 0.341, 0.2, 0.059]
    """
    stand_in = torch.optim.SGD([torch.zeros(1)], lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(stand_in, n_steps)
    for _ in range(n_steps):
        yield stand_in.param_groups[0]["lr"]
        stand_in.step()
        schedule.step()


@contextmanager
def beside() -> Iterator[None]:
    """A stream of its own on a CUDA device, as torch asks for steps before a graph; nothing elsewhere."""
    if not torch.cuda.is_available():
        yield
        return
    before, stream = torch.cuda.current_stream(), torch.cuda.Stream()
    stream.wait_stream(before)
    with torch.cuda.stream(stream):
        yield
    before.wait_stream(stream)
