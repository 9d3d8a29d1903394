"""Hidden layers: what each layer of a network says of the classes, while the network is trained.

A probe makes a probabilistic model of a layer; is the path of deep layers that of the output, and depth like time?
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paper.rooms.hidden_layers.configuration import PROBES, Blocks, LayersJob, n_layers
from paper.study.analysis import Between
from paper.study.checks import check_network
from paper.study.common import CommonStudy
from paper.study.configuration import (
    BatchSize,
    Checkpoints,
    Configuration,
    Epochs,
    LearningRate,
    Optimizer,
    check_batch,
)
from paper.study.dataset import ResidentSet
from paper.study.planned import PlannedRuns, planned_of
from paper.study.rooms import Files, Room, Section
from paper.study.strict import Different, Name, Positive, Seed, Strict

#: Name of the networks as an experiment.
EXPERIMENT = "layers"


class Setting(Strict):
    """An optimiser with its batch size and learning rate."""

    batch_size: BatchSize
    learning_rate: LearningRate


class HiddenLayers(Section):
    """Networks whose layers are read by probes; they are trained on images of the section's own."""

    images: ResidentSet
    networks: dict[Name, Blocks] = Field(min_length=1, max_length=4)
    optimizers: dict[Optimizer, Setting] = Field(min_length=1)
    epochs: Epochs
    checkpoints: Checkpoints
    seeds: Annotated[list[Seed], Field(min_length=3), Different] = Field(
        description="of every network with every optimiser; layers of one are compared with outputs of the others"
    )
    penalty: Positive = Field(
        default=0.01, description="of the linear probe: λ/2 times the sum of its squared weights, beside the mean loss"
    )
    side: int = Field(
        default=4, ge=1, le=100, description="features of a convolution are means over side × side parts of it"
    )
    null_seed: Seed = Field(default=0, description="draws the orders of the samples of nulls")
    on_path: Between = Field(
        default=0.5,
        description="part of the way from the ratio of outputs of other seeds to that of the null, below which layers "
        "are on the path of the output",
    )

    def check(self, key: str, study: CommonStudy) -> None:
        """Whether networks can be built for the images, and batches fit.

        Raises
        ------
        ValueError
            If not; the message names the key.
        """
        for name, network in self.networks.items():
            check_network(f"{key}.networks.{name}", network, self.images.side)
        for name, setting in self.optimizers.items():
            check_batch(f"{key}.optimizers.{name}.batch_size:", setting.batch_size, "n_train", self.images.n_train)

    def stores(self, study: CommonStudy) -> dict[str, list[str]]:
        """One store for each network with each optimiser."""
        return {EXPERIMENT: list(self.jobs())}

    def planned(self, study: CommonStudy) -> list[PlannedRuns]:
        """Runs of every network with every optimiser; what probes compute is not counted, what they predict is."""
        return [
            planned_of(EXPERIMENT, job, self.images, tables=1 + len(PROBES) * (1 + n_layers(job.configuration)))
            for job in self.jobs().values()
        ]

    def jobs(self) -> dict[str, LayersJob]:
        """Jobs by network and optimiser, such as ``fc-sgdn``; BatchNorm is estimated again at each checkpoint."""
        found = {}
        for name, network in self.networks.items():
            for optimizer, setting in self.optimizers.items():
                configuration = Configuration(
                    name=name,
                    network=network,
                    optimizer=optimizer,
                    batch_size=setting.batch_size,
                    learning_rate=setting.learning_rate,
                    weight_decay=0,
                    augmentation="none",
                    epochs=self.epochs,
                )
                found[f"{name}-{optimizer}"] = LayersJob(
                    configuration=configuration,
                    seeds=self.seeds,
                    checkpoints=self.checkpoints,
                    batch_norm="reestimated",
                    device="cpu",
                    penalty=self.penalty,
                    side=self.side,
                )
        return found

    def of_network(self, name: str) -> list[str]:
        """Names of the jobs of one network."""
        return [job for job, one in self.jobs().items() if one.configuration.name == name]


def reads(study: CommonStudy, section: HiddenLayers) -> Files:
    """Of each network, how far its layers are from its outputs, and a map of all for each probe."""
    return {
        "paths": [f"hidden_layers/{name}.nc" for name in section.networks],
        "maps": [f"hidden_layers/{name}_{probe}.nc" for name in section.networks for probe in PROBES],
    }


ROOM = Room(
    place=16,
    section=HiddenLayers,
    needs=(),
    trains=(EXPERIMENT,),
    reads=reads,
    figures=("map_linear", "map_means", "over_time", "by_depth", "progress"),
    settings=("on_path",),
)
