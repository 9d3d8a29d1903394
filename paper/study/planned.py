"""Runs before they are trained: how many, of what, and what they will take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paper.study.configuration import Network, TrainingJob
from paper.study.dataset import Dataset, ResidentSet
from paper.study.operations import multiplications

if TYPE_CHECKING:
    from paper.study.common import CommonStudy

#: Operations a second that a GPU sustains in training, from few to many: a quarter of the peak that NVIDIA gives for an
#: A100 in float32 (19.5·10¹²) and in bfloat16 (312·10¹²). That a quarter is reached is an assumption.
RATES = (4.9e12, 78e12)
#: Seconds that a step takes at least, from slow to fast, since a small network waits for its kernels to start. Assumed.
STEP_SECONDS = (5e-3, 1e-3)
#: Operations of a training step for one of a prediction: gradients take twice as many.
TRAINING = 3
#: Bytes of a number in a store, by its type.
STORED = {"float32": 4, "float16": 2}


@dataclass(frozen=True)
class PlannedRuns:
    """Runs of one training job.

    Attributes
    ----------
    experiment : str
    network : Network or None
        None for a learner that is no network; what it computes is not counted.
    input_shape : (channels, height, width)
    n_classes : int
    n_runs : int
    n_checkpoints : int
        Of each run; at most so many where training decides.
    n_train, n_test : int
        Samples whose predictions are recorded at each.
    trained : int
        Samples that a run is trained on, counted in every epoch.
    n_steps : int
        Optimiser steps of a run.
    passes : int
        Predictions of the train split at each checkpoint beyond those that are recorded, which re-estimate BatchNorm.
    embedded : bool
        Whether all models of the experiment are embedded together, and their distances kept.
    store : str
        Type of the stored log-probabilities.
    resident : bool
        Whether all images are in memory.
    workers : int
        Processes of the job that read images.
    tables : int
        Predictions that are stored of a model: its own, and those of probes of its layers.
    """

    experiment: str
    network: Network | None
    input_shape: tuple[int, int, int]
    n_classes: int
    n_runs: int
    n_checkpoints: int
    n_train: int
    n_test: int
    trained: int
    n_steps: int
    passes: int = 0
    embedded: bool = True
    store: str = "float32"
    resident: bool = True
    workers: int = 0
    tables: int = 1

    @property
    def n_models(self) -> int:
        """Checkpoints of all runs."""
        return self.n_runs * self.n_checkpoints

    @property
    def prediction_bytes(self) -> int:
        """Log-probabilities of all models, before they are compressed."""
        return self.n_models * self.tables * (self.n_train + self.n_test) * self.n_classes * STORED[self.store]

    @property
    def operations(self) -> float:
        """Floating-point operations of training and recording."""
        if self.network is None:
            return 0.0
        of_image = 2.0 * multiplications(self.network, self.input_shape, self.n_classes)
        recorded = self.n_checkpoints * (self.n_test + self.n_train * (1 + self.passes))
        return self.n_runs * of_image * (TRAINING * self.trained + recorded)

    def gpu_hours(self, rate: float, step_seconds: float) -> float:
        """Hours on one GPU of that many operations a second, whose steps take at least some seconds."""
        if self.network is None:
            return 0.0
        return max(self.operations / rate, self.n_runs * self.n_steps * step_seconds) / 3600


def planned_of(experiment: str, job: TrainingJob, images: Dataset, **others: Any) -> PlannedRuns:
    """Runs of a training job of a room, whose models are not embedded with those of the study.

    Parameters
    ----------
    experiment : str
    job : TrainingJob
    images : Dataset
        Those that it trains on.
    **others
        Attributes of :class:`PlannedRuns` that are not as usual.
    """
    one = job.configuration
    return PlannedRuns(
        experiment=experiment,
        network=one.network,
        n_runs=len(job.seeds),
        n_checkpoints=len(job.checkpoints.steps_of(one, images.n_train)),
        trained=one.epochs * images.n_train,
        n_steps=one.n_steps(images.n_train),
        passes=int(job.batch_norm == "reestimated"),
        embedded=False,
        **recorded_of(images) | {"store": job.store} | others,
    )


def recorded(study: CommonStudy) -> dict:
    """What of a study's images is recorded at each checkpoint, by the names of :class:`PlannedRuns`."""
    return recorded_of(study.dataset) | {"store": study.store}


def recorded_of(images: Dataset) -> dict:
    """The same of any images, but for the type that is stored."""
    return {
        "input_shape": images.input_shape,
        "n_classes": images.n_classes,
        "n_train": images.n_recorded,
        "n_test": images.n_test,
        "resident": isinstance(images, ResidentSet),
        "workers": images.workers,
    }
