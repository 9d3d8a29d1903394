"""What one job is told whose networks are first taken into a corner, and then trained.

A *corner* is a point far from ignorance that is not the truth: predictions that fit random labels, or a small subset.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from paper.study.configuration import Epochs, Job, Schedule
from paper.study.strict import Count, Seed, Seeds, Strict
from paper.study.training import REFERENCE, Training


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
    checkpoints: Schedule
    fit: Fit | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"
    training: Training = REFERENCE

    @property
    def id(self) -> str:
        """``normal``, or the kind of corner and its label seed, such as ``random-1``."""
        return "normal" if self.fit is None else f"{self.fit.start}-{self.fit.label_seed}"
