"""Ensembles: averages of the predictions of many runs, as members of the same manifold."""

from __future__ import annotations

from paper.study.common import CommonStudy
from paper.study.rooms import Room, Section

#: An interval with one member left out needs as many.
FEWEST_MEMBERS = 3


class Ensembles(Section):
    """The averaged runs are those of the experiment ``ensembles``."""

    def check(self, key: str, study: CommonStudy) -> None:
        """Whether the averaged runs are enough, of one configuration; raises ValueError if not."""
        n_configurations = len(runs := study.runs("ensembles"))
        n_seeds = min(len(seeds) for _, seeds in runs.values())
        if n_configurations != 1 or n_seeds < FEWEST_MEMBERS:
            raise ValueError(
                "experiments.ensembles must have one configuration with three seeds or more, "
                f"not {n_configurations} with {n_seeds}"
            )


ROOM = Room(
    place=6,
    section=Ensembles,
    needs=("main", "ensembles"),
    reads=lambda study, section: {
        "train": "ensembles/ensembles/train.nc",
        "test": "ensembles/ensembles/test.nc",
        "final_train": "ensembles/main/final_train.parquet",
        "final_test": "ensembles/main/final_test.parquet",
    },
    figures=("paths", "scores", "final", "harmonic_gain"),
    analysis=("bootstrap_draws", "bootstrap_seed"),
)
