"""Intensive geometry: why distances of many samples at once fail, their intensive limit, and light cones."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from paper.study.rooms import Room, Section
from paper.study.strict import Seed


def _odd(number: int) -> int:
    if number % 2 == 0:
        raise ValueError(f"{number} is not allowed: it should be odd, so that the fair coin is one of the coins")
    return number


class IntensiveGeometry(Section):
    """Models that are made of a formula; nothing is trained."""

    coins: Annotated[int, AfterValidator(_odd)] = Field(
        default=41, ge=5, le=401, description="coins from tails to heads, an odd number"
    )
    models: int = Field(
        default=60, ge=4, le=400, description="logistic models that are compared on more and more samples"
    )
    samples: int = Field(default=10_000, ge=100, le=100_000, description="the most samples that they are compared on")
    seed: Seed = Field(default=0, description="of the logistic models and of their samples")
    classes: int = Field(default=10, ge=3, le=100, description="corners, each certain of another class of every sample")


ROOM = Room(
    place=13,
    section=IntensiveGeometry,
    needs=(),
    reads=lambda study, section: {},
    figures=("curse", "replicas", "coin", "light_cones", "corners"),
    settings=("coins", "models", "samples", "seed", "classes"),
)
