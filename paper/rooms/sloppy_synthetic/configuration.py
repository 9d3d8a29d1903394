"""What synthetic data and one training job on them are told.

This module holds only what data and training depend on, so that a change to the analysis does not train again.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from paper.study.configuration import BatchSize, Checkpoints, Epochs, Job, LearningRate, WeightDecay
from paper.study.strict import Count, Seed, Strict


def _computable(decay: float) -> float:
    if 0 < decay < 1e-6:
        raise ValueError(f"{decay!r} is not allowed: a decay is 0 (isotropic), or at least 1e-06")
    return decay


#: c of the variances of the inputs.
Decay = Annotated[float, Field(ge=0, le=1000), AfterValidator(_computable)]


class Teacher(Strict):
    """Random network that labels the inputs: one hidden layer of tanh units, no biases."""

    hidden: Count
    seed: Seed = Field(description="of the weights; choose one that gives every class some samples")
    directions: Count | None = Field(
        default=None,
        description="it reads the first so many of the numbers behind the inputs before these are scaled, so that data "
        "of all spectra have the same labels; none: it reads the inputs, as in the paper",
    )


class SyntheticSize(Strict):
    """How many inputs of how many dimensions, and who labels them."""

    dimension: Count
    n_classes: int = Field(ge=2, le=1000)
    n_train: Count
    n_test: Count
    seed: Seed = Field(description="of the inputs; those of different spectra differ in their scales only")
    teacher: Teacher


class Spectrum(Strict):
    """Variances of the inputs."""

    decay: Decay = Field(description="c of the variances e_i = 50 c exp(-c i); all 1 for c = 0 (isotropic)")
    sized_as: Decay | None = Field(
        default=None, description="scale them all to the same sum as with this decay: inputs are then as large"
    )


class SyntheticData(SyntheticSize, Spectrum):
    """One data set: its size and the variances of its inputs."""


class Run(Strict):
    """One training: the seed of its default initialisation and data order, and the corner it starts from."""

    seed: Seed
    corner: Seed | None = Field(default=None, description="seed of the corner; none: the run starts at ignorance")

    def shifted(self, by: int) -> Run:
        """The same run of another replicate."""
        return Run(seed=self.seed + by, corner=None if self.corner is None else self.corner + by)


class SyntheticJob(Job):
    """All runs of one configuration on one data set."""

    runs: list[Run] = Field(min_length=1)
    seed_shift: Seed = 0
    checkpoints: Checkpoints


class SyntheticSetting(Strict):
    """Optimiser, batch and number of epochs."""

    optimizer: Literal["sgd", "sgdn"]
    batch_size: BatchSize
    learning_rate: LearningRate
    weight_decay: WeightDecay
    epochs: Epochs
