"""Where the batches of training come from: samples that are resident on the device, and how they are augmented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from paper.study.configuration import Configuration

#: What a step takes, drawn for one run; of several runs, each tensor has one dimension more, which comes first.
Drawn = tuple[Tensor, ...]


class Batches(Protocol):
    """A source of batches: what is drawn at random comes first, and is turned into samples on the device."""

    device: torch.device

    def __len__(self) -> int:
        """Number of samples of an epoch."""
        ...

    def drawn(self, configuration: Configuration, streams: dict[str, torch.Generator]) -> Iterator[Drawn]:
        """What each step of a run takes, on the device."""
        ...

    def batch(self, drawn: Drawn) -> tuple[Tensor, Tensor]:
        """Inputs and labels: a function of what was drawn, and of nothing else, that leaves it as it is."""
        ...


class Resident:
    """Images and labels that are on the device already.

    Parameters
    ----------
    images : Tensor (N, channels, height, width)
    labels : Tensor (N,)
        On the same device.
    crop_padding : int
        Of the augmentation, in pixels.
    """

    def __init__(self, images: Tensor, labels: Tensor, crop_padding: int = 0):
        self.images, self.labels, self.crop_padding = images, labels, crop_padding
        self.device = images.device

    def __len__(self) -> int:
        return len(self.labels)

    def drawn(self, configuration: Configuration, streams: dict[str, torch.Generator]) -> Iterator[Drawn]:
        """Indices of the samples of each step; with augmentation, its shifts as well."""
        order = batches(len(self), configuration, streams["order"], self.device)
        if configuration.augmentation == "none":
            return ((indices,) for indices in order)
        rng = streams["augmentation"]
        return ((i, on(self.device, drawn_shifts(len(i), self.crop_padding, rng))) for i in order)

    def batch(self, drawn: Drawn) -> tuple[Tensor, Tensor]:
        """Images, as they are or as they are shifted, and their labels."""
        indices, *shifts = drawn
        images = self.images[indices]
        return shifted(images, *shifts, self.crop_padding) if shifts else images, self.labels[indices]


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
        yield from on(device, torch.randperm(n_samples, generator=rng)).split(configuration.batch_size)


def on(device: torch.device | str, tensor: Tensor) -> Tensor:
    """A tensor of the CPU on a device; the CPU does not wait until a GPU has it."""
    if torch.device(device).type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def drawn_shifts(n: int, padding: int, rng: torch.Generator) -> Tensor:
    """Of each of n images: pixels down and to the right, from 0 to 2 ``padding``, and whether it is mirrored.

    Parameters
    ----------
    n : int
    padding : int
    rng : torch.Generator
        On the CPU, so that every device gets the same.

    Returns
    -------
    Tensor of int64 (n, 3)
    """
    offsets = torch.randint(0, 2 * padding + 1, (2, n, 1), generator=rng)
    mirrored = torch.rand((n, 1), generator=rng) < 0.5
    return torch.cat([*offsets, mirrored.long()], dim=1)


def shifted(images: Tensor, shifts: Tensor, padding: int) -> Tensor:
    """Each image shifted by some pixels (zeros move in), and mirrored left to right or not.

    Parameters
    ----------
    images : Tensor (…, channels, height, width)
    shifts : Tensor of int64 (…, 3)
        As :func:`drawn_shifts` has them: ``padding`` means that an image stays where it is.
    padding : int

    Examples
    --------
    >>> image = torch.arange(4.0).reshape(1, 1, 2, 2)
    >>> shifted(image, torch.tensor([[1, 1, 1]]), padding=1)[0, 0]  # mirrored, and not moved
    tensor([[1., 0.],
            [3., 2.]])
    """
    *which, channels, height, width = images.shape
    down, right, mirrored = shifts.reshape(-1, 3, 1).unbind(1)
    columns = torch.arange(width, device=images.device)
    rows = torch.arange(height, device=images.device) + down
    columns = torch.where(mirrored.bool(), columns.flip(0), columns) + right
    padded = functional.pad(images.reshape(-1, channels, height, width), (padding,) * 4).permute(0, 2, 3, 1)
    index = torch.arange(len(padded), device=images.device)[:, None, None], rows[:, :, None], columns[:, None, :]
    return padded[index].permute(0, 3, 1, 2).reshape(*which, channels, height, width)
