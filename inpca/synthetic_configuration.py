"""What synthetic data and one training job on them are told.

This module holds only what data and training depend on, so that a change to the analysis does not train again.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PositiveInt

from inpca.configuration import Checkpoints, Configuration
from inpca.strict import Strict


class Teacher(Strict):
    """Random network that labels the inputs: one hidden layer of tanh units, no biases."""

    hidden: PositiveInt
    seed: int = Field(ge=0, description="of the weights; choose one that gives every class some samples")


class SyntheticSize(Strict):
    """How many inputs of how many dimensions, and who labels them."""

    dimension: PositiveInt
    n_classes: int = Field(ge=2)
    n_train: PositiveInt
    n_test: PositiveInt
    seed: int = Field(ge=0, description="of the inputs; those of different spectra differ in their scales only")
    teacher: Teacher


class Spectrum(Strict):
    """Variances of the inputs."""

    decay: float = Field(ge=0, description="c of the variances e_i = 50 c exp(-c i); all 1 for c = 0 (isotropic)")
    sized_as: float | None = Field(
        default=None, ge=0, description="scale them all to the same sum as with this decay: inputs are then as large"
    )


class SyntheticData(SyntheticSize, Spectrum):
    """One data set: its size and the variances of its inputs."""


class Run(Strict):
    """One training: the seed of its default initialisation and data order, and the corner it starts from."""

    seed: int = Field(ge=0)
    corner: int | None = Field(default=None, ge=0, description="seed of the corner; none: the run starts at ignorance")


class SyntheticJob(Strict):
    """All runs of one configuration on one data set."""

    configuration: Configuration
    runs: list[Run] = Field(min_length=1)
    checkpoints: Checkpoints


class SyntheticSetting(Strict):
    """Optimiser, batch and number of epochs."""

    optimizer: Literal["sgd", "sgdn"]
    batch_size: PositiveInt
    learning_rate: float = Field(gt=0)
    weight_decay: float = Field(ge=0)
    epochs: PositiveInt
