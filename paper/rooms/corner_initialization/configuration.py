"""What one job is told whose networks are first taken into a corner, and then trained.

A *corner* is a point far from ignorance that is not the truth: predictions that fit random labels, or a small subset.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from paper.study.configuration import (
    BatchSize,
    Checkpoints,
    Configuration,
    Epochs,
    Job,
    LearningRate,
    Network,
    WeightDecay,
    check_batch,
)
from paper.study.strict import Count, Different, Name, Seed, Seeds, Strict


class Fit(Strict):
    """The fit that takes a network into its corner."""

    start: Literal["random", "subset"] = Field(description="fully random labels, or true labels of a random subset")
    label_seed: Seed = Field(description="draws the random labels, or the subset")
    samples: Count | None = Field(default=None, description="size of the subset (start: subset)")
    epochs: Epochs
    largest_error: float = Field(gt=0, lt=1, description="error on the fitted labels up to which it is a corner")

    @model_validator(mode="after")
    def _samples_go_with_subset(self) -> Fit:
        if (self.start == "subset") != (self.samples is not None):
            raise ValueError("start: subset takes a number of samples, start: random fits all")
        return self


class CornerJob(Job):
    """One job: a configuration, its seeds, the fit before the training (none: normal initialisation)."""

    seeds: Seeds
    checkpoints: Checkpoints
    fit: Fit | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"

    @property
    def id(self) -> str:
        """``normal``, or the kind of corner and its label seed, such as ``random-1``."""
        return "normal" if self.fit is None else f"{self.fit.start}-{self.fit.label_seed}"


class Corners(Strict):
    """Corner runs, and runs from normal initialisations beside them: SGD Nesterov, cosine schedule, no augmentation."""

    network: Name = Field(description="name of a network of the study")
    batch_size: BatchSize
    learning_rate: LearningRate
    weight_decay: WeightDecay = 0
    epochs: Epochs = Field(description="epochs on the true labels")
    checkpoints: Checkpoints
    fit_epochs: Epochs = Field(description="epochs of the fit that comes before, with its own cosine schedule")
    largest_fit_error: float = Field(
        default=0.1, gt=0, lt=1, description="error on the fitted labels up to which a run counts as in its corner"
    )
    subset: Count = Field(description="samples of the second kind of corner")
    label_seeds: Seeds = Field(description="each draws random labels and a subset")
    run_seeds: Seeds = Field(description="one fit for each label seed and run seed")
    normal_seeds: Annotated[list[Seed], Field(min_length=2), Different] = Field(
        description="runs from normal initialisations"
    )

    def check(self, networks: dict[str, Network], n_train: int) -> None:
        """Whether the section fits the rest of the study.

        Raises
        ------
        ValueError
            If the network is not defined, the subset is larger than the training split, or a batch does not fit either.
        """
        if self.network not in networks:
            raise ValueError(f"corners.network: {self.network!r} is not defined; allowed: {', '.join(networks)}")
        if self.subset > n_train:
            raise ValueError(f"corners.subset: {self.subset} samples are more than n_train {n_train}")
        for name, size in (("n_train", n_train), ("subset", self.subset)):
            check_batch("corners.batch_size:", self.batch_size, name, size)

    def jobs(self, networks: dict[str, Network], device: Literal["auto", "cpu", "cuda"]) -> dict[str, CornerJob]:
        """Jobs by id: normal initialisations, then each kind of corner with each label seed."""
        configuration = Configuration(
            name=self.network, network=networks[self.network], optimizer="sgdn", batch_size=self.batch_size,
            learning_rate=self.learning_rate, weight_decay=self.weight_decay, augmentation="none", epochs=self.epochs,
        )  # fmt: skip
        common = {"configuration": configuration, "checkpoints": self.checkpoints, "device": device}
        fits = [
            Fit(start=start, label_seed=seed, samples=samples, epochs=self.fit_epochs,
                largest_error=self.largest_fit_error)
            for start, samples in (("random", None), ("subset", self.subset)) for seed in self.label_seeds
        ]  # fmt: skip
        jobs = [
            CornerJob(seeds=self.normal_seeds, **common),
            *(CornerJob(seeds=self.run_seeds, fit=fit, **common) for fit in fits),
        ]
        return {job.id: job for job in jobs}
