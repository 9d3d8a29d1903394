"""Generalisation: does where a run sits on the train manifold tell its test error, beyond its train loss?"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paper.study import files
from paper.study.common import CommonStudy
from paper.study.rooms import Room, Section
from paper.study.strict import Different, Positive, Seed

#: Fewest configurations that a regression is fitted to and held out of.
FEWEST = 6


class Generalisation(Section):
    """How test error is predicted from the train manifold; the runs are those of the experiment ``main``."""

    axes: int = Field(default=10, ge=1, le=50, description="coordinates of the train embedding that are a position")
    epochs: Annotated[list[Positive], Different] = Field(
        default=[1, 3, 10],
        min_length=1,
        max_length=10,
        description="epochs from whose positions the final test error is predicted",
    )
    folds: int = Field(default=10, ge=2, le=100, description="parts of the configurations that are held out in turn")
    like: int = Field(
        default=6, ge=2, le=100, description="configurations next in train loss whose positions the null exchanges"
    )
    null_draws: int = Field(default=100, ge=2, le=10_000, description="exchanges of positions")
    seed: Seed = Field(default=0, description="of the parts held out and of the exchanges")

    def check(self, key: str, study: CommonStudy) -> None:
        """Whether there are enough configurations, trained for long enough; raises ValueError if not."""
        configurations = study.configurations("main").values()
        if len(configurations) < max(FEWEST, self.folds):
            raise ValueError(
                f"{key}.folds: experiments.main has {len(configurations)} configurations, which should be {FEWEST} or "
                f"more and not fewer than the {self.folds} parts that they are held out in"
            )
        shortest = min(one.epochs for one in configurations)
        if max(self.epochs) >= shortest:
            raise ValueError(
                f"{key}.epochs: {max(self.epochs):g} is not allowed: the shortest training of experiments.main has "
                f"{shortest} epochs, and positions should be from before its end"
            )
        if self.axes > study.analysis.n_components:
            raise ValueError(
                f"{key}.axes: {self.axes} is not allowed: an embedding has {study.analysis.n_components} axes "
                "(analysis.n_components)"
            )


ROOM = Room(
    place=19,
    section=Generalisation,
    reads=lambda study, section: files.geometry("main", "train"),
    figures=("held_out", "gains", "ends"),
    analysis=("bootstrap_draws",),
    settings=("axes", "epochs", "folds", "like", "null_draws", "seed"),
)
