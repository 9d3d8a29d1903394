"""Linear networks: how many dimensions theory gives them, and how much of what others do lies in their axes."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from paper.study.checks import n_checkpoints
from paper.study.common import CommonStudy
from paper.study.configuration import (
    BatchSize,
    Checkpoints,
    Configuration,
    Epochs,
    LearningRate,
    Linear,
    Optimizer,
    TrainingJob,
    check_batch,
)
from paper.study.planned import PlannedRuns, planned_of
from paper.study.rooms import Files, Room, Section
from paper.study.strict import Different, Name, Positive, Seed, Strict

#: Name of the linear networks as an experiment.
EXPERIMENT = "linear"
#: Axes that are fitted, on linear networks and on half of the runs of the study.
AXES = 10
#: Of a decay of inputs, per input; 0 is flat.
Decays = Annotated[
    list[Annotated[float, Field(ge=0, le=10)]], AfterValidator(sorted), Different, Field(min_length=2, max_length=20)
]
Scales = Annotated[list[Positive], AfterValidator(sorted), Different, Field(min_length=2, max_length=20)]
Lengths = Annotated[
    list[Annotated[int, Field(ge=3, le=100_000)]],
    AfterValidator(sorted),
    Different,
    Field(min_length=1, max_length=10),
]


class Theory(Strict):
    """Linear models with Gaussian outputs, trained by gradient descent on squared errors."""

    dimension: int = Field(default=40, ge=5, le=500, description="inputs")
    n_samples: int = Field(default=100, ge=5, le=10_000, description="on which outputs are read; at least the inputs")
    decays: Decays = Field(default=[0, 0.05, 0.2, 0.5, 1.0], description="c of the spectrum exp(-c i)")
    scales: Scales = Field(default=[0.1, 1.0, 10.0], description="of initial weights, in units of the teacher's")
    lengths: Lengths = Field(default=[10, 100, 1000], description="of training, in steps")
    checkpoints: int = Field(default=20, ge=3, le=1000, description="of a run, even in the logarithm of the step")
    rate: float = Field(default=0.5, gt=0, lt=1, description="learning rate times the largest eigenvalue of inputs")
    runs: int = Field(default=500, ge=2, le=100_000, description="that are trained from different initial weights")
    replicates: int = Field(default=8, ge=2, le=100, description="each with other inputs, teacher and runs")
    seed: Seed = 0

    @model_validator(mode="after")
    def _inputs_can_be_told_apart(self) -> Theory:
        if self.n_samples < self.dimension:
            raise ValueError(f"n_samples: {self.n_samples} are fewer than the {self.dimension} inputs")
        if 0 not in self.decays or not any(self.decays):
            raise ValueError("decays: 0, a flat spectrum, is the control and must be there, beside others")
        return self


class LinearNetwork(Strict):
    """A linear network, and how it is trained."""

    network: Linear
    optimizer: Optimizer = "sgdn"
    batch_size: BatchSize
    learning_rate: LearningRate


class LinearNetworks(Section):
    """Theory of linear models; linear networks on the study's images, and the networks of the study in their axes."""

    theory: Theory = Theory()
    networks: dict[Name, LinearNetwork] = Field(min_length=1, description="on whose models axes are fitted")
    epochs: Epochs
    checkpoints: Checkpoints
    seeds: Annotated[list[Seed], Field(min_length=2), Different] = Field(description="of every linear network")
    models: int = Field(
        default=3000,
        ge=AXES,
        le=20_000,
        description="of the main experiment, most that are placed at once; beyond, a sample of each half of its runs",
    )
    null_seed: Seed = Field(default=0, description="draws the orders of the samples of nulls, and such a sample")

    def check(self, key: str, study: CommonStudy) -> None:
        """Whether networks can be built for the images, and batches fit.

        Raises
        ------
        ValueError
            If not, or a name is that of a network of the study, or half of the seeds of the main experiment have too
            few models for :data:`AXES` axes.
        """
        for name, one in self.networks.items():
            if name in study.networks:
                raise ValueError(
                    f"{key}.networks.{name}: the name is that of a network of the study; choose another name"
                )
            check_batch(f"{key}.networks.{name}.batch_size:", one.batch_size, "n_train", study.dataset.n_train)
        main = study.experiments["main"]
        half = sum(
            len(seeds) // 2 * n_checkpoints(main, one.steps_per_epoch(study.dataset.n_train), one.epochs)
            for one, seeds in study.runs("main").values()
        )
        if half < AXES:
            raise ValueError(
                f"{key}: half of the seeds of experiments.main have {half} models, too few for {AXES} axes; add seeds "
                "or checkpoints"
            )

    def stores(self, study: CommonStudy) -> dict[str, list[str]]:
        """One store for each linear network."""
        return {EXPERIMENT: list(self.networks)}

    def planned(self, study: CommonStudy) -> list[PlannedRuns]:
        """Runs of every linear network."""
        return [planned_of(EXPERIMENT, job, study.dataset) for job in self.jobs().values()]

    def jobs(self) -> dict[str, TrainingJob]:
        """Training jobs by the name of the network."""
        return {
            name: TrainingJob(
                configuration=Configuration(
                    name=name,
                    network=one.network,
                    optimizer=one.optimizer,
                    batch_size=one.batch_size,
                    learning_rate=one.learning_rate,
                    weight_decay=0,
                    augmentation="none",
                    epochs=self.epochs,
                ),
                seeds=self.seeds,
                checkpoints=self.checkpoints,
                batch_norm="running",  # there is none
                device="cpu",
            )
            for name, one in self.networks.items()
        }


def reads(study: CommonStudy, section: Section) -> Files:
    """Eigenvalues of trained linear models and of their theory; explained stress by axes; places of all models."""
    return {
        "theory": "linear_networks/theory.nc",
        "explained": "linear_networks/explained.nc",
        "places": "linear_networks/places.parquet",
    }


ROOM = Room(
    place=15,
    section=LinearNetworks,
    resident=True,
    trains=(EXPERIMENT,),
    reads=reads,
    figures=("eigenvalues", "axes_needed", "plane_train", "plane_test", "explained"),
)
