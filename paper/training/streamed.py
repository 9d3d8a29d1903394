"""Batches of images that workers read from disk while a network is trained, or recorded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from inpca.recording.samples import EVALUATION_BATCH
from paper.data.datasets import DataError, reason
from paper.data.image_folder import StreamedImages
from paper.study.configuration import Configuration
from paper.training.batches import Drawn, batches

#: Mean and deviation of the colours of ImageNet, by which images are normalised.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
#: The shorter side of an image, for one of the square that is cut out of its middle.
SHORTER = 256 / 224


class Streamed:
    """A source of batches, see :class:`paper.training.batches.Batches`, whose images stay on disk.

    The order of a run is that of images in memory. With augmentation, each image of each step has a seed that the
    run's stream of augmentation draws, so that batches do not depend on the number of workers.

    Parameters
    ----------
    data : StreamedImages
    device : torch.device
    memory_format : torch.memory_format
        Of batches.

    Attributes
    ----------
    images : Tensor (0, 3, side, side)
        None of them; it has the shape, device and type of all.
    """

    def __init__(self, data: StreamedImages, device: torch.device, memory_format: torch.memory_format):
        self._data, self.device, self._format = data, device, memory_format
        self.images = torch.empty((0, 3, data.side, data.side), device=device)

    def __len__(self) -> int:
        return len(self._data.train_labels)

    def drawn(self, configuration: Configuration, streams: dict[str, torch.Generator]) -> Iterator[Drawn]:
        """Images and labels of each step of a run, on the device; workers are some batches ahead."""
        order = batches(len(self), configuration, streams["order"])
        augmentation = None if configuration.augmentation == "none" else streams["augmentation"]
        squares = Squares(self._data, self._data.train_files, self._data.train_labels)
        is_cuda = self.device.type == "cuda"
        loader = loader_of(squares, self._data.workers, batch_sampler=keys(order, augmentation), pin_memory=is_cuda)
        for images, labels in loader:
            yield (
                images.to(self.device, memory_format=self._format, non_blocking=is_cuda),
                labels.to(self.device, non_blocking=is_cuda),
            )

    def batch(self, drawn: Drawn) -> tuple[Tensor, Tensor]:
        """Images and labels: what was drawn."""
        images, labels = drawn
        return images, labels


def recorded_splits(data: StreamedImages) -> dict[str, DataLoader]:
    """Images that a recorder predicts, without augmentation: all of test, and those of train that are recorded."""
    files = {
        "train": (data.train_files[data.recorded], data.train_labels[data.recorded]),
        "test": (data.test_files, data.test_labels),
    }
    return {
        split: loader_of(Squares(data, *of_split), data.workers, batch_size=EVALUATION_BATCH)
        for split, of_split in files.items()
    }


def keys(order: Iterator[Tensor], augmentation: torch.Generator | None) -> Iterator[list[tuple[int, int | None]]]:
    """Position and seed of the images of each step; no seed where there is no augmentation.

    Examples
    --------
    >>> list(keys(iter([torch.tensor([4, 0])]), None))
    [[(4, None), (0, None)]]
    """
    for positions in order:
        seeds = [None] * len(positions)
        if augmentation is not None:
            seeds = torch.randint(2**62, (len(positions),), generator=augmentation).tolist()
        yield list(zip(positions.tolist(), seeds, strict=True))


class Squares(Dataset):
    """Images as networks see them, (3, side, side) float32, with their labels.

    One is had by its position, or, augmented, by (position, seed); what it is depends on nothing else.

    Parameters
    ----------
    data : StreamedImages
        Has folder and side.
    files, labels : (n,) array
        Some of its files.
    """

    def __init__(self, data: StreamedImages, files: np.ndarray, labels: np.ndarray):
        self._folder, self._files, self._labels = Path(data.folder), files, labels
        colours = [transforms.ToTensor(), transforms.Normalize(MEAN, DEVIATION)]
        middle = [transforms.Resize(round(SHORTER * data.side)), transforms.CenterCrop(data.side)]
        augmented = [transforms.RandomResizedCrop(data.side), transforms.RandomHorizontalFlip()]
        self._middle, self._augmented = (transforms.Compose(first + colours) for first in (middle, augmented))

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, key: int | tuple[int, int | None]) -> tuple[Tensor, int]:
        position, seed = key if isinstance(key, tuple) else (key, None)
        image, label = self._image(position), int(self._labels[position])
        if seed is None:
            return self._middle(image), label
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            return self._augmented(image), label

    def _image(self, position: int) -> Image.Image:
        path = self._folder / str(self._files[position])
        try:
            with Image.open(path) as image:
                return image.convert("RGB")
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise DataError(f"{path} cannot be read as an image ({reason(error)}); copy it again") from None


class Loader(DataLoader):
    """A loader whose workers' errors are what they say, without traces."""

    def __iter__(self):
        try:
            yield from super().__iter__()
        except DataError as error:
            raise DataError(str(error).rpartition("DataError: ")[2].strip()) from None


def loader_of(squares: Squares, workers: int, **settings) -> Loader:
    """Loader with so many processes, or as many as there are cores, and with a generator of its own."""
    return Loader(squares, num_workers=min(workers, os.cpu_count() or 1), generator=torch.Generator(), **settings)
