"""The two-dimensional Ising model: a family whose Minkowski coordinates are exact, with a phase transition."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from paper.study.common import CommonStudy
from paper.study.rooms import Files, Room, Section
from paper.study.strict import Count, Different, Positive, Seed

Temperatures = Annotated[list[Positive], AfterValidator(sorted), Different, Field(min_length=3, max_length=100)]


class Ising(Section):
    """Which lattices are enumerated and sampled, where; nothing is trained."""

    temperatures: Temperatures = Field(
        default=[1.5, 1.75, 2.0, 2.1, 2.2, 2.3, 2.4, 2.6, 3.0, 3.5, 4.5, 6.0],
        description="in units of the coupling; the large lattice orders below 2.269",
    )
    fields: Annotated[list[Positive], AfterValidator(sorted), Different, Field(min_length=2, max_length=20)] = Field(
        default=[0.01, 0.03, 0.1, 0.3, 1.0], description="in units of the coupling; each also with the other sign"
    )
    side: int = Field(default=32, ge=8, le=256, description="of the lattice that is sampled")
    sweeps: Count = Field(default=4000, description="that are measured, after a quarter as many that are not")
    seed: Seed = Field(default=0, description="of the sampling")


def reads(study: CommonStudy, section: Section) -> Files:
    """Samples of a small lattice, whose means are known, and of a large one."""
    return {"small": "ising/small.nc", "large": "ising/large.nc"}


ROOM = Room(
    place=14,
    section=Ising,
    needs=(),
    reads=reads,
    figures=("exact", "spectra", "equilibration", "phases", "separation"),
    settings=("temperatures", "fields"),
)
