"""The training loop: every run of the paper is optimised here, alone or in a stack of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from paper.study.configuration import Configuration
from paper.study.training import REFERENCE, Training
from paper.training.batches import Batches, Drawn
from paper.training.graphs import optimise_in_graphs
from paper.training.stack import stack_of

Function = TypeVar("Function", bound=Callable)


def optimise(
    loss: Callable[[Any], Tensor],
    optimizer: torch.optim.Optimizer,
    batches: Iterable[Any],
    n_steps: int,
    scaler: torch.amp.GradScaler | None = None,
) -> Iterator[Tensor]:
    """One optimiser step for each batch, with learning rate η(t) = η(0) (1 + cos(π t / n_steps)) / 2 in step t.

    Nothing here waits for a GPU.

    Parameters
    ----------
    loss : callable
        Loss of a batch, a scalar that can be differentiated by what the optimiser holds.
    optimizer : torch.optim.Optimizer
    batches : iterable
        What the loss takes in each step, such as indices of samples.
    n_steps : int
        Number of batches.
    scaler : torch.amp.GradScaler, optional
        Scales the loss, so that gradients stay in the range of float16.

    Yields
    ------
    Tensor
        Loss of the batch of each step, when the step is done.

    Examples
    --------
    >>> x = torch.tensor([2.0], requires_grad=True)
    >>> steps = optimise(lambda batch: (x**2).sum(), torch.optim.SGD([x], lr=0.25), range(2), 2)
    >>> [loss.item() for loss in steps], x.item()
    ([4.0, 1.0], 0.75)
    """
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    for batch in batches:
        value = loss(batch)
        optimizer.zero_grad()
        if scaler is None:
            value.backward()
            optimizer.step()
        else:
            scaler.scale(value).backward()
            scaler.step(optimizer)
            scaler.update()
        schedule.step()
        yield value.detach()


def train_networks(
    networks: Sequence[nn.Module],
    source: Batches,
    configuration: Configuration,
    streams: Sequence[dict[str, torch.Generator]],
    training: Training = REFERENCE,
) -> Iterator[Tensor]:
    """Train networks of one shape together on cross-entropy, from where they are to the last epoch of a configuration.

    Parameters
    ----------
    networks : sequence of nn.Module
        In training mode, on the device of the source. One is trained as it is, several are a stack.
    source : Batches
        The same samples for all.
    configuration : Configuration
    streams : sequence of dict
        Those of the run of each network, see :func:`paper.training.random_streams.random_streams`; training that
        follows another goes on with its data order.
    training : Training

    Yields
    ------
    Tensor
        Loss of each step, summed over networks, when the step is done.
    """
    device = source.device
    of_runs = [source.drawn(configuration, of_one) for of_one in streams]
    if len(networks) == 1:
        (drawn,), losses = of_runs, partial(loss_of, compiled(networks[0], training))
        parameters = list(networks[0].parameters())
    else:
        drawn, stack = map(side_by_side, zip(*of_runs, strict=True)), stack_of(networks)
        losses, parameters = compiled(stack.losses, training), list(stack.weights.values())

    def loss(batch: Drawn) -> Tensor:
        inputs, labels = source.batch(batch)
        with autocast(device, training):
            # each network's gradient is that of its own loss
            return losses(inputs, labels).sum()

    n_steps = configuration.n_steps(len(source))
    if training.cuda_graphs:
        rate = torch.tensor(configuration.learning_rate, device=device)
        optimizer = build_optimizer(configuration, parameters, fused=True, rate=rate)
        yield from optimise_in_graphs(loss, optimizer, drawn, n_steps)
        return
    scaler = torch.amp.GradScaler(device.type) if training.precision == "float16" else None
    # one network on a CPU keeps the optimiser, and so the bits, that published results have
    fused = len(networks) > 1 or scaler is not None or device.type == "cuda"
    optimizer = build_optimizer(configuration, parameters, fused=fused or None)
    if scaler is not None:
        begin_momentum(optimizer)
    yield from optimise(loss, optimizer, drawn, n_steps, scaler)


def loss_of(network: Callable[[Tensor], Tensor], inputs: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of a network over a batch."""
    return functional.cross_entropy(network(inputs), labels)


def side_by_side(drawn: Sequence[Drawn]) -> Drawn:
    """What several runs draw for a step, as one tensor of each kind whose first dimension is the run."""
    return tuple(torch.stack(same) for same in zip(*drawn, strict=True))


def compiled(function: Function, training: Training) -> Function:
    """A function, or a network, as torch compiles it; as it is, unless that is asked for."""
    return torch.compile(function, dynamic=False) if training.compile else function


def autocast(device: torch.device, training: Training) -> torch.autocast:
    """Context in which products are computed with the precision that is asked for; does nothing for float32."""
    dtype = getattr(torch, training.precision)
    is_lower = dtype != torch.float32
    # Every weight is used once a step, so that a cache of weights that were cast serves nothing.
    return torch.autocast(device.type, dtype if is_lower else None, enabled=is_lower, cache_enabled=False)


def begin_momentum(optimizer: torch.optim.Optimizer) -> None:
    """Start the momentum of SGD from 0, which changes no step.

    Unless it has a start, torch's fused SGD takes memory as it is for it when the scaler skips the first step.
    """
    for group in optimizer.param_groups:
        if group.get("momentum"):
            for weight in group["params"]:
                optimizer.state[weight]["momentum_buffer"] = torch.zeros_like(weight)


def build_optimizer(
    configuration: Configuration,
    parameters: Iterable[Tensor],
    *,
    fused: bool | None = None,
    rate: Tensor | None = None,
) -> torch.optim.Optimizer:
    """SGD (``sgd``), SGD with Nesterov momentum 0.9 (``sgdn``) or Adam (``adam``).

    Parameters
    ----------
    configuration : Configuration
        Its optimizer, learning rate (of the first step) and weight decay.
    parameters : iterable of Tensor
        What is optimised.
    fused : bool, optional
        Whether torch updates all numbers in one kernel.
    rate : Tensor, optional
        Holds the learning rate where a CUDA graph reads it in every step.
    """
    learning_rate = configuration.learning_rate if rate is None else rate
    settings = {"lr": learning_rate, "weight_decay": configuration.weight_decay, "fused": fused}
    if configuration.optimizer == "adam":
        return torch.optim.Adam(parameters, **settings, capturable=rate is not None)
    if configuration.optimizer == "sgdn":
        return torch.optim.SGD(parameters, momentum=0.9, nesterov=True, **settings)
    return torch.optim.SGD(parameters, **settings)
