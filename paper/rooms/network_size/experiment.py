"""Network size: do a small and a large network of one family take the same path, and how fast?"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paper.study import files
from paper.study.analysis import Between
from paper.study.checks import check_trained
from paper.study.common import CommonStudy
from paper.study.rooms import Room, Section
from paper.study.strict import Different, Name


class NetworkSize(Section):
    """Which networks are compared, and where on their way."""

    networks: Annotated[list[Name], Different] = Field(
        min_length=2, description="networks of one family, from small to large"
    )
    progress_levels: Annotated[list[Between], Different] = Field(
        default=[0.25, 0.5, 0.75],
        min_length=1,
        max_length=100,
        description="progress whose times are compared between networks",
    )

    def check(self, key: str, study: CommonStudy) -> None:
        """Whether the networks are trained, and smallest and largest in the same way; raises ValueError if not."""
        for network in self.networks:
            check_trained(f"{key}.networks", network, study)
        smallest, largest = (
            {
                (one.optimizer, one.batch_size, one.weight_decay, one.augmentation)
                for one in study.configurations("main").values()
                if one.name == network
            }
            for network in (self.networks[0], self.networks[-1])
        )
        if not smallest & largest:
            raise ValueError(
                f"{key}.networks: {self.networks[0]} and {self.networks[-1]} share no optimizer, batch size, weight "
                "decay and augmentation in experiments.main, so no two runs can be compared"
            )


ROOM = Room(
    place=5,
    section=NetworkSize,
    reads=lambda study, section: files.trajectories("main"),
    figures=("same_path", "progress", "progress_error"),
    analysis=("fitted_error", "bootstrap_draws", "bootstrap_seed"),
    settings=("networks", "progress_levels"),
)
