"""Corner initialisation: networks that first fit random labels or a subset, and then the truth.

A *corner* is a point far from ignorance that is not the truth.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paper.rooms.corner_initialization.configuration import CornerJob, Fit
from paper.study import files
from paper.study.checks import check_defined, n_checkpoints
from paper.study.common import CommonStudy
from paper.study.configuration import (
    BatchNorm,
    BatchSize,
    Configuration,
    Epochs,
    LearningRate,
    Schedule,
    WeightDecay,
    check_batch,
)
from paper.study.planned import PlannedRuns, recorded
from paper.study.rooms import Room, Section
from paper.study.strict import Count, Different, Name, Positive, Seed, Seeds


class Corners(Section):
    """Corner runs, and runs from normal initialisations beside them: SGD Nesterov, cosine schedule, no augmentation."""

    network: Name = Field(description="name of a network of the study")
    batch_size: BatchSize
    learning_rate: LearningRate
    weight_decay: WeightDecay = 0
    epochs: Epochs = Field(description="epochs on the true labels")
    checkpoints: Schedule
    batch_norm: BatchNorm = "running"
    fit_epochs: Epochs = Field(description="epochs of the fit that comes before, with its own cosine schedule")
    largest_fit_error: float = Field(
        default=0.1, gt=0, lt=1, description="error on the fitted labels up to which a run counts as in its corner"
    )
    joined_factor: Positive = Field(
        default=2.0,
        description="a corner run has joined the normal trajectories when it stays within this many times the median "
        "distance of normal runs to each other",
    )
    subset: Count = Field(description="samples of the second kind of corner")
    label_seeds: Seeds = Field(description="each draws random labels and a subset")
    run_seeds: Seeds = Field(description="one fit for each label seed and run seed")
    normal_seeds: Annotated[list[Seed], Field(min_length=2), Different] = Field(
        description="runs from normal initialisations"
    )

    def check(self, key: str, study: CommonStudy) -> None:
        """Whether the section fits the rest of the study.

        Raises
        ------
        ValueError
            If the network is not defined, the subset is larger than the training split, or a batch does not fit either.
        """
        check_defined(f"{key}.network", self.network, study)
        n_train = study.dataset.n_train
        if self.subset > n_train:
            raise ValueError(f"{key}.subset: {self.subset} samples are more than n_train {n_train}")
        for name, size in (("n_train", n_train), ("subset", self.subset)):
            check_batch(f"{key}.batch_size:", self.batch_size, name, size)

    def stores(self, study: CommonStudy) -> dict[str, list[str]]:
        """One store for each job."""
        return {"corners": list(self.jobs(study))}

    def planned(self, study: CommonStudy) -> list[PlannedRuns]:
        """Runs of each job; those that are first taken into a corner take the steps of that as well."""
        found, n_train = [], study.dataset.n_train
        for job in self.jobs(study).values():
            configuration, fit = job.configuration, job.fit
            fitted = 0 if fit is None else fit.samples or n_train
            fit_epochs = 0 if fit is None else fit.epochs
            n_steps = configuration.n_steps(n_train) + fit_epochs * configuration.steps_per_epoch(fitted)
            found.append(
                PlannedRuns(
                    experiment="corners",
                    network=configuration.network,
                    n_runs=len(job.seeds),
                    n_checkpoints=n_checkpoints(self, configuration.steps_per_epoch(n_train), configuration.epochs),
                    trained=configuration.epochs * n_train + fit_epochs * fitted,
                    n_steps=n_steps,
                    passes=int(self.batch_norm == "reestimated"),
                    **recorded(study),
                )
            )
        return found

    def jobs(self, study: CommonStudy) -> dict[str, CornerJob]:
        """Jobs by id: normal initialisations, then each kind of corner with each label seed."""
        configuration = Configuration(
            name=self.network,
            network=study.networks[self.network],
            optimizer="sgdn",
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            augmentation="none",
            epochs=self.epochs,
        )
        common = {
            "configuration": configuration,
            "checkpoints": self.checkpoints,
            "batch_norm": self.batch_norm,
            "store": study.store,
            "device": study.device,
            "training": study.training,
        }
        jobs = [CornerJob(seeds=self.normal_seeds, **common)]
        for start, samples in (("random", None), ("subset", self.subset)):
            for seed in self.label_seeds:
                fit = Fit(
                    start=start,
                    label_seed=seed,
                    samples=samples,
                    epochs=self.fit_epochs,
                    largest_error=self.largest_fit_error,
                )
                jobs.append(CornerJob(seeds=self.run_seeds, fit=fit, **common))
        return {job.id: job for job in jobs}


ROOM = Room(
    place=9,
    section=Corners,
    resident=True,
    trains=("corners",),
    reads=lambda study, section: {
        "models": files.models("corners"),
        "runs": "distances/corners/runs.parquet",
        "paths": "distances/corners/paths.nc",
        **{f"{split}_distances": files.distances("corners", split) for split in ("train", "test")},
        **{f"{split}_embedding": files.embedding("corners", split) for split in ("train", "test")},
        **{f"{split}_dimension": files.dimension("corners", split) for split in ("train", "test")},
    },
    figures=(
        "manifold_3d_train",
        "manifold_3d_test",
        "pairs_train",
        "pairs_test",
        "approach",
        "cone",
        "final_errors",
        "explained_stress",
    ),
    settings=("joined_factor",),
)
