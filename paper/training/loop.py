"""The training loop: every run of the paper is optimised here, alone or in a stack of runs.

Data are resident as tensors, prepared once; batches are index look-ups and augmentation works on whole batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from paper.study.configuration import Configuration


def optimise(
    loss: Callable[[Tensor], Tensor], optimizer: torch.optim.Optimizer, batches: Iterable[Tensor], n_steps: int
) -> Iterator[Tensor]:
    """One optimiser step for each batch, with learning rate η(t) = η(0) (1 + cos(π t / n_steps)) / 2 in step t.

    Parameters
    ----------
    loss : callable
        Loss of a batch, a scalar that can be differentiated by what the optimiser holds.
    optimizer : torch.optim.Optimizer
    batches : iterable of Tensor
        Indices of the samples of each step.
    n_steps : int
        Number of batches.

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
        value.backward()
        optimizer.step()
        schedule.step()
        yield value.detach()


def batches(
    n_samples: int, configuration: Configuration, rng: torch.Generator, device: torch.device | str = "cpu"
) -> Iterator[Tensor]:
    """Indices of the samples of each step of a run: in every epoch all samples, in a new random order.

    Parameters
    ----------
    n_samples : int
    configuration : Configuration
    rng : torch.Generator
        On the CPU, whatever the device of the indices.
    device : torch.device

    Examples
    --------
    >>> configuration = Configuration(
    ...     name="fc", network={"kind": "fc", "widths": [8]}, optimizer="sgd", batch_size=2, learning_rate=0.1,
    ...     weight_decay=0, augmentation="none", epochs=1,
    ... )
    >>> [batch.tolist() for batch in batches(5, configuration, torch.Generator().manual_seed(0))]
    [[4, 0], [1, 3], [2]]
    """
    for _ in range(configuration.epochs):
        yield from torch.randperm(n_samples, generator=rng).to(device).split(configuration.batch_size)


def train_network(
    network: nn.Module,
    samples: tuple[Tensor, Tensor],
    configuration: Configuration,
    streams: dict[str, torch.Generator],
    *,
    crop_padding: int = 0,
) -> Iterator[Tensor]:
    """Train a network on cross-entropy, from where it is to the last epoch of a configuration.

    Parameters
    ----------
    network : nn.Module
    samples : (images, labels)
        On the device of the network.
    configuration : Configuration
    streams : dict
        Those of the run, see :func:`paper.training.random_streams.random_streams`; training that follows another goes
        on with its data order.
    crop_padding : int
        Of the augmentation, in pixels.

    Yields
    ------
    Tensor
        Loss of each step, when the step is done.
    """
    images, labels = samples

    def loss(batch: Tensor) -> Tensor:
        inputs = images[batch]
        if configuration.augmentation == "cropflip":
            inputs = crop_and_flip(inputs, crop_padding, streams["augmentation"])
        return functional.cross_entropy(network(inputs), labels[batch])

    order = batches(len(labels), configuration, streams["order"], images.device)
    optimizer = build_optimizer(configuration, network.parameters())
    yield from optimise(loss, optimizer, order, configuration.n_steps(len(labels)))


def build_optimizer(
    configuration: Configuration, parameters: Iterable[Tensor], *, fused: bool | None = None
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
    """
    settings = {"lr": configuration.learning_rate, "weight_decay": configuration.weight_decay, "fused": fused}
    if configuration.optimizer == "adam":
        return torch.optim.Adam(parameters, **settings)
    if configuration.optimizer == "sgdn":
        return torch.optim.SGD(parameters, momentum=0.9, nesterov=True, **settings)
    return torch.optim.SGD(parameters, **settings)


def crop_and_flip(images: Tensor, padding: int, rng: torch.Generator) -> Tensor:
    """Each image shifted by up to ``padding`` pixels (zeros move in) and, half the time, mirrored left to right.

    Parameters
    ----------
    images : Tensor (B, channels, height, width)
    padding : int
    rng : torch.Generator
        On the CPU; one draw of three numbers an image.

    Examples
    --------
    >>> image = torch.arange(4.0).reshape(1, 1, 2, 2)
    >>> crop_and_flip(image, 1, torch.Generator().manual_seed(1))[0, 0]
    tensor([[0., 1.],
            [0., 3.]])
    """
    n, _, height, width = images.shape
    down, right = torch.randint(0, 2 * padding + 1, (2, n, 1), generator=rng)
    mirrored = torch.rand((n, 1), generator=rng) < 0.5
    columns = torch.arange(width)
    rows = torch.arange(height) + down
    columns = torch.where(mirrored, columns.flip(0), columns) + right
    padded = functional.pad(images, (padding,) * 4)
    index = torch.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]
    index = tuple(i.to(images.device) for i in index)
    return padded.permute(0, 2, 3, 1)[index].permute(0, 3, 1, 2)
