"""Settings of predictions that are computed from a formula instead of trained, to rehearse a study at its full size."""

from __future__ import annotations

from pydantic import Field

from paper.study.configuration import Configuration, Schedule
from paper.study.strict import Count, Seeds, Strict

#: What everything says first that is made of such predictions.
NOTICE = (
    "Made-up trajectories: these predictions come from a formula, no network was trained, and nothing here is evidence "
    "about networks."
)


class MadeUp(Strict):
    """Made-up trajectories: geodesics from P0 to P* with deviations in a known number of directions."""

    dimension: int = Field(ge=1, le=100, description="directions in which runs differ from each other")
    amplitude: float = Field(
        default=0.5, gt=0, le=0.5, description="largest deviation, as a part of the square roots of the probabilities"
    )
    epoch_samples: Count = Field(
        default=50_000, description="training samples of an epoch, from which steps and checkpoints are counted"
    )
    seed: int = Field(default=0, ge=0, description="of labels, directions and deviations")


class MadeUpJob(Strict):
    """One configuration whose predictions are made up."""

    configuration: Configuration
    seeds: Seeds
    checkpoints: Schedule
    made_up: MadeUp
