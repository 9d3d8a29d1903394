"""What all notebooks of a study share: its data, its networks, the experiments that train them, common settings."""

from __future__ import annotations

from functools import cached_property
from itertools import product
from typing import Annotated, Literal

from pydantic import Field

from paper.study.analysis import Analysis
from paper.study.configuration import (
    Augmentation,
    BatchNorm,
    BatchSize,
    Configuration,
    Epochs,
    LearningRate,
    Network,
    Optimizer,
    Schedule,
    Stored,
    TrainingJob,
    WeightDecay,
)
from paper.study.dataset import Dataset
from paper.study.made_up import NOTICE, MadeUp, MadeUpJob
from paper.study.strict import Different, Name, Seeds, Strict
from paper.study.training import REFERENCE, Training


class Batch(Strict):
    """A batch size and the learning rate that goes with it."""

    size: BatchSize
    learning_rate: LearningRate


class Grid(Strict):
    """All combinations of the listed factors."""

    network: Annotated[list[Name], Different] = Field(min_length=1)
    optimizer: Annotated[list[Optimizer], Different] = Field(min_length=1)
    batch: Annotated[list[Batch], Different] = Field(min_length=1)
    weight_decay: Annotated[list[WeightDecay], Different] = Field(min_length=1)
    augmentation: Annotated[list[Augmentation], Different] = Field(min_length=1)
    epochs: Epochs
    seeds: Seeds | None = Field(default=None, description="of the grid's runs; those of the experiment by default")

    def expand(self, networks: dict[str, Network]) -> list[Configuration]:
        """Configurations of the grid, in the order of its factors."""
        factors = product(self.network, self.optimizer, self.batch, self.weight_decay, self.augmentation)
        return [
            Configuration(
                name=name,
                network=networks[name],
                optimizer=optimizer,
                batch_size=batch.size,
                learning_rate=batch.learning_rate,
                weight_decay=weight_decay,
                augmentation=augmentation,
                epochs=self.epochs,
            )
            for name, optimizer, batch, weight_decay, augmentation in factors
        ]


class Experiment(Strict):
    """Grids of configurations, each trained from every seed, of its grid or else of the experiment."""

    seeds: Seeds
    checkpoints: Schedule
    batch_norm: BatchNorm = "running"
    crop_padding: int = Field(default=1, ge=0, description="pixels of padding of the random crop")
    grids: list[Grid] = Field(min_length=1)


class CommonStudy(Strict):
    """A study without its notebooks."""

    study: Name = Field(description="names the folders under results/ and figures/")
    device: Literal["auto", "cpu", "cuda"] = "auto"
    training: Training = REFERENCE
    seed_shift: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        default=0, description="is added to every seed but those of data: gives another replicate of the study"
    )
    store: Stored = "float32"
    dataset: Dataset | None = None
    made_up: MadeUp | None = Field(
        default=None, description="predictions are computed from a formula instead of trained, to rehearse a study"
    )
    networks: dict[Name, Network] = Field(default={})
    experiments: dict[Name, Experiment] = Field(default={})
    analysis: Analysis = Analysis()

    @property
    def notice(self) -> str:
        """What notebooks, tables and pages of the study say first; nothing where networks are trained."""
        return "" if self.made_up is None else NOTICE

    @property
    def epoch_samples(self) -> int:
        """Training samples of an epoch."""
        return self.dataset.n_train if self.made_up is None else self.made_up.epoch_samples

    def configurations(self, experiment: str) -> dict[str, Configuration]:
        """Configurations of an experiment by id, in the order of its grids.

        Raises
        ------
        ValueError
            If two grids give the same id with different settings (an id holds no epochs, and six digits of a rate).
        """
        return {name: one for name, (one, _) in self.runs(experiment).items()}

    def runs(self, experiment: str) -> dict[str, tuple[Configuration, Seeds]]:
        """Configurations of an experiment by id, as :meth:`configurations` has them, and the seeds of each."""
        settings = self.experiments[experiment]
        of, networks, found = self._expanded.get(experiment, (None, None, {}))
        if of is settings and networks is self.networks:  # not those of a study that this one was copied from
            return found
        found = {}
        for grid in settings.grids:
            seeds = settings.seeds if grid.seeds is None else grid.seeds
            for configuration in grid.expand(self.networks):
                first, first_seeds = found.setdefault(configuration.id, (configuration, seeds))
                if first != configuration:
                    raise ValueError(
                        f"experiments.{experiment}: {configuration.id} occurs twice, with {first.epochs} and with "
                        f"{configuration.epochs} epochs, or with rates that differ after six digits"
                    )
                if first_seeds != seeds:
                    raise ValueError(f"experiments.{experiment}: {configuration.id} occurs twice, with other seeds")
        self._expanded[experiment] = settings, self.networks, found
        return found

    @cached_property
    def _expanded(self) -> dict[str, tuple[Experiment, dict[str, Network], dict[str, tuple[Configuration, Seeds]]]]:
        """What :meth:`runs` found, since each of thousands of jobs asks for its own; and of what."""
        return {}

    def job(self, experiment: str, configuration: str) -> TrainingJob | MadeUpJob:
        """The job of one configuration of an experiment, which trains it or makes it up."""
        settings = self.experiments[experiment]
        found, seeds = self.runs(experiment)[configuration]
        if self.made_up is not None:
            return MadeUpJob(configuration=found, seeds=seeds, checkpoints=settings.checkpoints, made_up=self.made_up)
        return TrainingJob(
            configuration=found,
            seeds=seeds,
            checkpoints=settings.checkpoints,
            batch_norm=settings.batch_norm,
            store=self.store,
            crop_padding=settings.crop_padding,
            device=self.device,
            training=self.training,
        )
