"""What one training job is told: network, optimiser, data order and checkpoints.

A *configuration* is everything that the runs of one job share; with a seed it is a run. This module holds only what
training depends on, so that a change to the analysis settings of a study does not re-train its networks.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from paper.study.strict import Count, Name, Seeds, Strict
from paper.study.training import REFERENCE, Training

Optimizer = Literal["sgd", "sgdn", "adam"]
Augmentation = Literal["none", "cropflip"]
Epochs = Annotated[int, Field(ge=1, le=100_000)]
BatchNorm = Annotated[
    Literal["running", "reestimated"],
    Field(
        description="statistics of batch normalisation that are recorded: running, as training left them, or "
        "reestimated over the train split at each checkpoint"
    ),
]
Stored = Annotated[
    Literal["float32", "float16"],
    Field(
        description="type of the log-probabilities in stores of networks: float16 takes half the space, and moves the "
        "distance d of two models by 0.0005 · (d + 2 ln C) at most"
    ),
]
#: Of each step; beyond these, the predictions of a network are no numbers.
LearningRate = Annotated[float, Field(gt=0, le=1000)]
WeightDecay = Annotated[float, Field(ge=0, le=1000)]
#: On a batch of one sample BatchNorm is undefined.
BatchSize = Annotated[int, Field(ge=2, le=1_000_000)]


def check_batch(key: str, size: int, of: str, n: int) -> None:
    """Whether ``n`` samples can be had in batches of that size.

    Raises
    ------
    ValueError
        If a batch is larger than all samples, or the last has a single one.
    """
    if size > n or n % size == 1:
        raise ValueError(
            f"{key} {size} does not fit {of} {n} "
            "(larger than it, or a last batch of one sample, on which BatchNorm is undefined)"
        )


class FullyConnected(Strict):
    """Multilayer perceptron with the given hidden widths."""

    kind: Literal["fc"]
    widths: list[Count] = Field(min_length=1)


class Linear(Strict):
    """Linear layers through the given hidden widths, nothing between them; without widths, logistic regression."""

    kind: Literal["linear"]
    widths: list[Count] = Field(default=[], description="of hidden layers")


class AllCNN(Strict):
    """All-convolutional network with ``c1`` channels before and ``c2`` after the first stride."""

    kind: Literal["allcnn"]
    c1: Count
    c2: Count


class ConvMixer(Strict):
    """ConvMixer of ``depth`` blocks on patches of ``patch`` pixels."""

    kind: Literal["convmixer"]
    dim: Count
    depth: Count
    kernel: Count
    patch: Count

    @model_validator(mode="after")
    def _kernel_has_a_middle(self) -> ConvMixer:
        if self.kernel % 2 == 0:
            raise ValueError(
                f"kernel {self.kernel} is even; it must be odd (1, 3, 5, …), to have a pixel in its middle"
            )
        return self


class WideResNet(Strict):
    """WRN-``depth``-``widen`` whose first convolution has ``planes`` channels."""

    kind: Literal["wrn"]
    depth: Count
    planes: Count
    widen: Count

    @model_validator(mode="after")
    def _depth_fits_blocks(self) -> WideResNet:
        if self.depth < 10 or (self.depth - 4) % 6:
            raise ValueError(f"depth of a wide ResNet is 6·n + 4 with n ≥ 1 (10, 16, 22, …), not {self.depth}")
        return self


class ResNet(Strict):
    """ResNet-``depth`` as torchvision has it, BatchNorm with affine parameters included."""

    kind: Literal["resnet"]
    depth: Literal[18, 34, 50, 101]
    stem: Literal["imagenet", "small"] = Field(
        default="imagenet",
        description="first layers: a 7×7 convolution of every second pixel and a maximum over 3×3 ones, as for images "
        "of 224×224 pixels, or a 3×3 convolution of every pixel, as for images of 32×32",
    )


class VisionTransformerSize(Strict):
    """Vision transformer on patches of ``patch`` pixels; images are zero-padded to a multiple of ``patch``."""

    kind: Literal["vit"]
    patch: Count
    dim: Count
    depth: Count
    heads: Count
    mlp: Count

    @model_validator(mode="after")
    def _heads_divide_dim(self) -> VisionTransformerSize:
        if self.dim % self.heads:
            raise ValueError(f"dim {self.dim} is not a multiple of heads {self.heads}")
        return self


#: Of self-attention in a network of blocks.
ATTENTION_HEADS = 2


class BlockNetwork(Strict):
    """``depth`` equal blocks of ``width`` channels, of which every component can be exchanged alone."""

    kind: Literal["blocks"]
    depth: Count = Field(description="blocks")
    width: Count = Field(description="channels")
    mixing: Literal["conv1", "conv3", "conv5", "conv7", "attention"] = Field(
        description="of pixels, in each block: a convolution of that kernel, or self-attention"
    )
    norm: Literal["batch", "layer", "none"]
    residual: bool = Field(description="whether the input of a block is added to its output")

    @property
    def kernel(self) -> int | None:
        """Side of the kernel of a convolution; None for self-attention."""
        return None if self.mixing == "attention" else int(self.mixing.removeprefix("conv"))

    @model_validator(mode="after")
    def _heads_divide_width(self) -> BlockNetwork:
        if self.kernel is None and self.width % ATTENTION_HEADS:
            raise ValueError(
                f"width {self.width} is not a multiple of {ATTENTION_HEADS}, the heads of mixing: attention"
            )
        return self


Network = Annotated[
    FullyConnected | Linear | AllCNN | ConvMixer | WideResNet | ResNet | VisionTransformerSize | BlockNetwork,
    Field(discriminator="kind"),
]


class Configuration(Strict):
    """One point of the grid: all that the runs of one training job share except the seed."""

    name: Name = Field(description="name of the network in the study, such as wrn_small")
    network: Network
    optimizer: Optimizer
    batch_size: BatchSize
    learning_rate: LearningRate
    weight_decay: WeightDecay
    augmentation: Augmentation
    epochs: Epochs

    @property
    def id(self) -> str:
        """Readable, file-safe name such as ``allcnn-sgdn-b200-lr0.1-wd0-none``."""
        return (
            f"{self.name}-{self.optimizer}-b{self.batch_size}-lr{self.learning_rate:g}"
            f"-wd{self.weight_decay:g}-{self.augmentation}"
        )

    def steps_per_epoch(self, n_samples: int) -> int:
        """Batches of an epoch of that many samples, ⌈n_samples / batch_size⌉; the last one may be smaller."""
        return -(-n_samples // self.batch_size)

    def n_steps(self, n_samples: int) -> int:
        """Optimiser steps of a run on that many samples."""
        return self.epochs * self.steps_per_epoch(n_samples)


class Checkpoints(Strict):
    """Steps known beforehand: ``paper`` as the authors recorded, ``log`` with ``number`` log-spaced ones."""

    schedule: Literal["paper", "log"]
    number: int | None = Field(default=None, ge=2, le=1000, description="checkpoints in all (schedule: log)")

    @model_validator(mode="after")
    def _number_goes_with_log(self) -> Checkpoints:
        if (self.schedule == "log") != (self.number is not None):
            raise ValueError("schedule: log takes a number of checkpoints, schedule: paper takes none")
        return self

    def steps(self, steps_per_epoch: int, epochs: int) -> np.ndarray:
        """Steps at which predictions are recorded, ascending, from 0 to the last.

        Parameters
        ----------
        steps_per_epoch, epochs : int

        Returns
        -------
        ndarray of int64
            ``log``: 0 and ``number`` - 1 different steps that are as evenly spaced in ln(step) as whole numbers
            allow (all steps, where there are fewer). ``paper``: 0; in epochs 0–4 after every batch whose index a
            quarter of an epoch divides; at the end of every epoch 5–25, of epochs 26–65 that 4 divides, of later
            ones that 15 divides, and of the last. Epochs count from 0: epoch e ends at step (e + 1)·n.

        Examples
        --------
        >>> Checkpoints(schedule="log", number=6).steps(steps_per_epoch=10, epochs=10)
        array([  0,   1,   3,  10,  32, 100])
        >>> Checkpoints(schedule="paper").steps(steps_per_epoch=8, epochs=2)
        array([ 0,  1,  3,  5,  7,  9, 11, 13, 15, 16])
        """
        last = steps_per_epoch * epochs
        if self.schedule == "log":
            wanted = min(self.number - 1, last)
            steps = np.array([], dtype=np.int64)
            for trial in range(wanted, 2 * last * wanted):
                if len(steps) >= wanted:
                    break
                steps = np.unique(np.rint(np.geomspace(last, 1, trial)).astype(np.int64))
            return np.concatenate([[0], steps])
        quarter = max(1, steps_per_epoch // 4)
        early = [epoch * steps_per_epoch + i + 1 for epoch in range(5) for i in range(0, steps_per_epoch, quarter)]
        whole = [
            (epoch + 1) * steps_per_epoch
            for epoch in range(5, epochs)
            if epoch <= 25 or (epoch <= 65 and epoch % 4 == 0) or (epoch > 65 and epoch % 15 == 0)
        ]
        steps = np.array([0, *early, *whole, last], dtype=np.int64)
        return np.unique(steps[steps <= last])

    def steps_of(self, configuration: Configuration, n_samples: int) -> np.ndarray:
        """Steps at which the runs of a configuration on that many samples are recorded; see :meth:`steps`."""
        return self.steps(configuration.steps_per_epoch(n_samples), configuration.epochs)

    def epochs_of(self, configuration: Configuration, n_samples: int) -> dict[int, float]:
        """Epoch of each of these steps."""
        steps = self.steps_of(configuration, n_samples)
        return dict(zip(steps.tolist(), (steps / configuration.steps_per_epoch(n_samples)).tolist(), strict=True))


class EvenCheckpoints(Strict):
    """Predictions are recorded where the progress of a run has moved; the first seed of a job decides the steps."""

    schedule: Literal["even"]
    delta: float = Field(gt=0, lt=1, description="recorded when progress on a probe has moved by so much")
    number: int = Field(ge=2, le=1000, description="checkpoints at most")


#: When predictions are recorded.
Schedule = Annotated[Checkpoints | EvenCheckpoints, Field(discriminator="schedule")]


class Job(Strict):
    """What every training job has; its runs are named after its ``id``."""

    configuration: Configuration
    batch_norm: BatchNorm = "running"
    store: Stored = "float32"

    @property
    def id(self) -> str:
        """Name of the runs without their seed: that of the configuration."""
        return self.configuration.id


class TrainingJob(Job):
    """One job: a configuration, its seeds, when to record and where to compute."""

    seeds: Seeds
    checkpoints: Schedule
    crop_padding: int = Field(default=0, ge=0, description="pixels of padding of the random crop")
    device: Literal["auto", "cpu", "cuda"] = "auto"
    training: Training = REFERENCE
