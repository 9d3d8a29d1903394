"""Ablation: around one network its components are exchanged one at a time, and crossed; which of them moves it?"""

from __future__ import annotations

from itertools import product
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from paper.study.analysis import Repeats
from paper.study.checks import check_network
from paper.study.common import CommonStudy
from paper.study.configuration import (
    BatchSize,
    BlockNetwork,
    Checkpoints,
    Configuration,
    Epochs,
    LearningRate,
    Optimizer,
    TrainingJob,
    check_batch,
)
from paper.study.dataset import ResidentSet
from paper.study.planned import PlannedRuns, planned_of
from paper.study.rooms import Files, Room, Section
from paper.study.strict import Count, Different, Seed

#: Name of the networks as an experiment.
EXPERIMENT = "ablation"
#: Components of a network, by the names of their fields.
COMPONENTS = ("depth", "width", "mixing", "norm", "residual")
#: Fewest and most components that are crossed: with fewer there are no two, more make too many networks.
CROSSED = (2, 5)

Levels = Field(min_length=1, max_length=6)


class Ablation(Section):
    """Levels of each component: the first is the base network's, the second is crossed, further ones come alone."""

    images: ResidentSet
    depth: Annotated[list[Count], Different, Levels] = Field(description="blocks")
    width: Annotated[list[Count], Different, Levels] = Field(description="channels")
    mixing: Annotated[list[Literal["conv1", "conv3", "conv5", "conv7", "attention"]], Different, Levels]
    norm: Annotated[list[Literal["batch", "layer", "none"]], Different, Levels]
    residual: Annotated[list[bool], Different, Levels] = Field(description="whether inputs of blocks are added")
    optimizer: Optimizer
    batch_size: BatchSize
    learning_rate: LearningRate
    epochs: Epochs
    checkpoints: Checkpoints
    runs: int = Field(ge=2, le=100, description="of each network, each from a seed of its own")
    seed: Seed = Field(default=1, description="of the first run")
    permutations: Repeats = Field(default=1999, description="permutations behind a test")

    @model_validator(mode="after")
    def _is_crossed(self) -> Ablation:
        if not CROSSED[0] <= len(self.crossed()) <= CROSSED[1]:
            raise ValueError(f"{' and '.join(COMPONENTS)}: two of them or more need two levels, which are crossed")
        return self

    def crossed(self) -> list[str]:
        """Components that have two levels or more; the first two of each are crossed with those of all others."""
        return [name for name in COMPONENTS if len(getattr(self, name)) > 1]

    def in_full_design(self) -> list[str]:
        """Names of the networks that are crossed."""
        return list(self.networks())[: 2 ** len(self.crossed())]

    def networks(self) -> dict[str, BlockNetwork]:
        """Networks by name: the base, the others of the full factorial design, those with one further level."""
        levels: dict[str, list[Any]] = {name: getattr(self, name) for name in COMPONENTS}
        designs = [dict(zip(levels, values, strict=True)) for values in product(*(two[:2] for two in levels.values()))]
        base = designs[0]
        designs += [base | {name: level} for name, given in levels.items() for level in given[2:]]
        return {name_of(one): BlockNetwork(kind="blocks", **one) for one in designs}

    def parts(self) -> dict[str, list[str]]:
        """Names of the networks that one job trains, by what mixes pixels and the norm."""
        found: dict[str, list[str]] = {}
        for name, network in self.networks().items():
            found.setdefault(f"{network.mixing}_{network.norm}", []).append(name)
        return found

    def check(self, key: str, study: CommonStudy) -> None:
        """Whether networks can be built for the images, and batches fit; raises ValueError if not."""
        for network in self.networks().values():
            check_network(key, network, self.images.side)
        check_batch(f"{key}.batch_size:", self.batch_size, "n_train", self.images.n_train)

    def stores(self, study: CommonStudy) -> dict[str, list[str]]:
        """One store for each network."""
        return {EXPERIMENT: list(self.networks())}

    def planned(self, study: CommonStudy) -> list[PlannedRuns]:
        """Runs of every network."""
        return [planned_of(EXPERIMENT, job, self.images) for job in self.jobs().values()]

    def jobs(self) -> dict[str, TrainingJob]:
        """Training jobs by the name of the network, which are all told the same but for network and seeds.

        No two runs share a seed, and so no random numbers: they are independent draws.
        """
        return {
            name: TrainingJob(
                configuration=Configuration(
                    name=name,
                    network=network,
                    optimizer=self.optimizer,
                    batch_size=self.batch_size,
                    learning_rate=self.learning_rate,
                    weight_decay=0,
                    augmentation="none",
                    epochs=self.epochs,
                ),
                seeds=[self.seed + self.runs * place + run for run in range(self.runs)],
                checkpoints=self.checkpoints,
                batch_norm="reestimated",
                device="cpu",
            )
            for place, (name, network) in enumerate(self.networks().items())
        }


def name_of(design: dict[str, Any]) -> str:
    """Name of the network that has some components.

    Examples
    --------
    >>> name_of({"depth": 2, "width": 8, "mixing": "conv3", "norm": "batch", "residual": True})
    'd2_w8_conv3_batch_residual'
    """
    end = "residual" if design["residual"] else "plain"
    return f"d{design['depth']}_w{design['width']}_{design['mixing']}_{design['norm']}_{end}"


def components_of(name: str) -> dict[str, Any]:
    """Components of a network by its name, the inverse of :func:`name_of`.

    Examples
    --------
    >>> components_of("d2_w8_conv3_batch_plain")
    {'depth': 2, 'width': 8, 'mixing': 'conv3', 'norm': 'batch', 'residual': False}
    """
    depth, width, mixing, norm, end = name.split("_")
    sizes = {"depth": int(depth[1:]), "width": int(width[1:])}
    return sizes | {"mixing": mixing, "norm": norm, "residual": end == "residual"}


def reads(study: CommonStudy, section: Section) -> Files:
    """Table of models and their embedding on the train split; trajectories on both splits; networks of the design."""
    return {
        "models": f"{EXPERIMENT}/models.parquet",
        "embedding": f"{EXPERIMENT}/embedding.nc",
        "train": f"{EXPERIMENT}/train.nc",
        "test": f"{EXPERIMENT}/test.nc",
    }


ROOM = Room(
    place=18,
    section=Ablation,
    needs=(),
    trains=(EXPERIMENT,),
    reads=reads,
    figures=("shares", "one_at_a_time", "manifold", "runs"),
    analysis=("fitted_error", "bootstrap_draws"),
    settings=(*COMPONENTS, "seed", "permutations"),
)
