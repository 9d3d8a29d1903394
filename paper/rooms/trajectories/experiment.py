"""Trajectories: how far apart runs are, and which factors of their configurations move them."""

from __future__ import annotations

from pydantic import Field

from paper.study import files
from paper.study.analysis import Repeats
from paper.study.common import CommonStudy
from paper.study.rooms import Room, Section

#: What a forest learns of factors is judged on three configurations that it has not seen.
FEWEST_CONFIGURATIONS = 9
#: Ten axes need as many runs.
FEWEST_RUNS = 10


class Trajectories(Section):
    """Settings of the notebook on trajectories."""

    permutations: Repeats = Field(default=999, description="permutations behind the test of a factor's share")
    importance_splits: Repeats = Field(default=40, description="splits of configurations into known and held out")

    def check(self, key: str, study: CommonStudy) -> None:
        """Whether the main experiment has configurations and runs enough; raises ValueError if not."""
        n_configurations = len(runs := study.runs("main"))
        n_runs = sum(len(seeds) for _, seeds in runs.values())
        if n_configurations < FEWEST_CONFIGURATIONS or n_runs < FEWEST_RUNS:
            raise ValueError(
                f"{key}: needs {FEWEST_CONFIGURATIONS} configurations and {FEWEST_RUNS} runs in experiments.main, "
                f"which has {n_configurations} and {n_runs}; leave the notebook out or add some"
            )


ROOM = Room(
    place=4,
    section=Trajectories,
    reads=lambda study, section: files.trajectories("main"),
    figures=("map", "spectrum", "dendrogram", "dendrogram_test", "factors", "null", "tube", "tube_optimizers"),
    analysis=("fitted_error", "bootstrap_draws", "bootstrap_seed"),
    settings=("permutations", "importance_splits"),
)
