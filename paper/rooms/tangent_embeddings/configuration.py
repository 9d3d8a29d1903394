"""What the jobs that embed tangents are told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paper.study.analysis import Repeats
from paper.study.strict import LARGEST_COUNT, Name, Positive, Seed, Strict

#: Less than half of the way from P0 to P*.
LessThanHalf = Annotated[float, Field(gt=0, lt=0.5)]


class TangentSettings(Strict):
    """Which means of models span the tangent axes, and what they are compared with."""

    progress_at: LessThanHalf = Field(
        default=0.2, description="progress of the initial mean; the final one is at 1 minus it"
    )
    progress_of: dict[Name, LessThanHalf] = Field(
        default={}, description="the same for the models of one architecture alone, where it differs"
    )
    width: float = Field(
        default=0.05, ge=1e-6, le=10, description="standard deviation of the weights, in units of progress"
    )
    largest_loss: Positive = Field(default=4.0, description="models of at least this train loss are left out")
    n_pairs: Repeats = Field(default=200, description="pairs of models of each kind that take the place of the means")
    n_sampled: int = Field(
        default=800, ge=4, le=LARGEST_COUNT, description="random models on which the axes of such pairs are judged"
    )
    n_nulls: Repeats = Field(default=20, description="nulls of the cosine: samples of runs permuted within classes")
    seed: Seed = Field(default=0, description="of pairs, sampled models and nulls")
