"""Network size: do a small and a large network of one family take the same path, and how fast?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from paper.study import files
from paper.study.analysis import Between
from paper.study.checks import check_defined
from paper.study.common import CommonStudy
from paper.study.rooms import Files, Room, Section
from paper.study.strict import Different, Name, Strict


class Pair(Strict):
    """Two networks of one family, and in what the second is larger."""

    larger_in: Literal["width", "depth"]
    small: Name
    large: Name


def _each_once(pairs: list[Pair]) -> list[Pair]:
    if twice := {pair.larger_in for pair in pairs if sum(other.larger_in == pair.larger_in for other in pairs) > 1}:
        raise ValueError(f"two pairs are larger in {', '.join(sorted(twice))}; give one pair for each")
    return pairs


class NetworkSize(Section):
    """Which networks are compared, and where on their way."""

    experiment: Name = Field(default="main", description="experiment that trains the networks")
    pairs: Annotated[list[Pair], AfterValidator(_each_once)] = Field(
        min_length=1, max_length=2, description="a small and a large network of one family, wider or deeper"
    )
    equivalence_margin: Between = Field(
        default=0.5,
        description="what a difference in size may add to the distance of trajectories and still count as the same "
        "path, as a fraction of what a difference in architecture adds in the experiment main",
    )
    progress_levels: Annotated[list[Between], Different] = Field(
        default=[0.25, 0.5, 0.75],
        min_length=1,
        max_length=100,
        description="progress whose times are compared between networks",
    )

    def check(self, key: str, study: CommonStudy) -> None:
        """Whether the networks of each pair are trained in the same way; raises ValueError if not."""
        if self.experiment not in study.experiments:
            raise ValueError(
                f"{key}.experiment: {self.experiment!r} is not defined; allowed: {', '.join(study.experiments)}"
            )
        configurations = study.configurations(self.experiment).values()
        trained = sorted({one.name for one in configurations})
        for place, pair in enumerate(self.pairs):
            methods = []
            for size, network in (("small", pair.small), ("large", pair.large)):
                where = f"{key}.pairs.{place}.{size}"
                check_defined(where, network, study)
                if network not in trained:
                    raise ValueError(
                        f"{where}: {network!r} is in no grid of experiments.{self.experiment}; "
                        f"allowed: {', '.join(trained)}"
                    )
                methods.append(
                    {
                        (one.optimizer, one.batch_size, one.weight_decay, one.augmentation)
                        for one in configurations
                        if one.name == network
                    }
                )
            if pair.small == pair.large or not methods[0] & methods[1]:
                raise ValueError(
                    f"{key}.pairs.{place}: {pair.small} and {pair.large} should be two networks that share optimizer, "
                    f"batch size, weight decay and augmentation in experiments.{self.experiment}; no two of their runs "
                    "can be compared"
                )


def reads(study: CommonStudy, section: NetworkSize) -> Files:
    """Model tables and trajectories, each of the sizes and of the architectures that they are compared with."""
    sizes, architectures = files.trajectories(section.experiment), files.trajectories("main")
    return {name: [sizes[name], architectures[name]] for name in sizes}


ROOM = Room(
    place=5,
    section=NetworkSize,
    reads=reads,
    figures=("same_path", "progress", "progress_error"),
    analysis=("fitted_error", "bootstrap_draws", "bootstrap_seed"),
    settings=("pairs", "equivalence_margin", "progress_levels"),
)
