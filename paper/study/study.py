"""A study: one YAML file that says which data, which networks, which runs and which analysis.

The models here are the one definition of the configuration; ``config/schema.json`` is generated from them::

    python -m paper.study.study > config/schema.json
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, create_model, model_validator

from paper.data.image_sets import IMAGE_SETS
from paper.study.analysis import Analysis
from paper.study.checks import check_analysis, check_experiments, check_networks
from paper.study.configuration import (
    Augmentation,
    BatchSize,
    Checkpoints,
    Configuration,
    Epochs,
    LearningRate,
    Network,
    Optimizer,
    TrainingJob,
    WeightDecay,
)
from paper.study.room import Section
from paper.study.rooms import rooms
from paper.study.strict import Count, Different, Name, Seeds, Strict, problems
from paper.study.yaml_file import YamlError, merged, read_yaml


class ConfigError(ValueError):
    """The study's configuration is wrong; the message names each key, its value and what is allowed."""


class Dataset(Strict):
    """Which images, how many, and how they are prepared."""

    name: Literal["fashion_mnist", "digits"]
    n_train: Count = Field(description="training samples, the same number of each class")
    n_test: Count = Field(description="test samples, the same number of each class")
    pool: Count = Field(default=1, description="side of the squares of pixels that are averaged into one")
    normalize: bool = Field(
        default=True, description="subtract the mean of the training pixels, divide by their deviation"
    )

    @model_validator(mode="after")
    def _can_be_had(self) -> Dataset:
        IMAGE_SETS[self.name].check(self.n_train, self.n_test, self.pool)
        return self

    @property
    def side(self) -> int:
        """Height and width of the prepared images."""
        return IMAGE_SETS[self.name].side // self.pool


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
    """Grids of configurations, each trained from every seed."""

    seeds: Seeds
    checkpoints: Checkpoints
    crop_padding: int = Field(default=1, ge=0, description="pixels of padding of the random crop")
    grids: list[Grid] = Field(min_length=1)


#: One optional section for each room of the paper.
Notebooks = create_model(
    "Notebooks",
    __base__=Strict,
    __doc__="The notebooks that the study has, each with its settings; {} where it needs none.",
    **{name: (room.section | None, None) for name, room in rooms().items()},
)


class Study(Strict):
    """The whole configuration file."""

    study: Name = Field(description="names the folders under results/ and figures/")
    device: Literal["auto", "cpu", "cuda"] = "auto"
    dataset: Dataset | None = None
    networks: dict[Name, Network] = Field(default={})
    experiments: dict[Name, Experiment] = Field(default={})
    analysis: Analysis = Analysis()
    notebooks: Notebooks = Notebooks()

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        if self.study == "benchmarks":
            raise ValueError("study: the name 'benchmarks' is kept for the folder of measured times")
        if self.dataset is not None:
            check_networks(self)
            check_experiments(self)
            check_analysis(self)
        elif self.experiments or self.networks:
            raise ValueError("networks and experiments need a dataset")
        elif not self.sections():
            raise ValueError("a study needs a dataset with experiments, or a notebook that has data of its own")
        for name, section in self.sections().items():
            for experiment in rooms()[name].needs:
                if experiment not in self.experiments:
                    raise ValueError(f"notebooks.{name}: needs experiments.{experiment}, which the study does not have")
            section.check(f"notebooks.{name}", self)
        return self

    def sections(self) -> dict[str, Section]:
        """Sections of the notebooks that the study has, by name, in the order of reading."""
        return {name: section for name, section in self.notebooks if section is not None}

    def configurations(self, experiment: str) -> dict[str, Configuration]:
        """Configurations of an experiment by id, in the order of its grids.

        Raises
        ------
        ValueError
            If two grids give the same id with different settings (an id holds no epochs, and six digits of a rate).
        """
        found: dict[str, Configuration] = {}
        for grid in self.experiments[experiment].grids:
            for configuration in grid.expand(self.networks):
                if found.setdefault(configuration.id, configuration) != configuration:
                    raise ValueError(
                        f"experiments.{experiment}: {configuration.id} occurs twice, with "
                        f"{found[configuration.id].epochs} and with {configuration.epochs} epochs, or with rates that "
                        "differ after six digits"
                    )
        return found

    def job(self, experiment: str, configuration: str) -> TrainingJob:
        """The training job of one configuration of an experiment."""
        settings = self.experiments[experiment]
        return TrainingJob(
            configuration=self.configurations(experiment)[configuration],
            seeds=settings.seeds,
            checkpoints=settings.checkpoints,
            crop_padding=settings.crop_padding,
            device=self.device,
        )

    def stores(self) -> dict[str, list[str]]:
        """Names of the prediction stores of each experiment, those that notebooks train themselves included."""
        found = {name: list(self.configurations(name)) for name in self.experiments}
        for section in self.sections().values():
            found |= section.stores(self)
        return found


def read_study(
    source: str | Path | dict[str, Any], *, changes: dict[str, Any] | None = None, name: str | Path | None = None
) -> Study:
    """Study from a YAML file or from the dictionary it parses to.

    Parameters
    ----------
    source : path or dict
    changes : dict, optional
        Values that replace those of the source, key by key; text stands for what it is in YAML.
    name : path, optional
        What messages call the source; its path by default.

    Raises
    ------
    ConfigError
        One line for each wrong key: where it is, its value, and what is allowed.
    """
    name = name or ("configuration" if isinstance(source, dict) else source)
    try:
        data = merged(source if isinstance(source, dict) else read_yaml(source), changes or {})
        return Study.model_validate(data)
    except YamlError as error:
        raise ConfigError(str(error)) from None
    except ValidationError as error:
        lines = [f"  {problem}" for problem in problems(error, data)]
        raise ConfigError("\n".join([f"{name} is not a valid study:", *lines])) from None


def check_name(study: Study, file: str | Path, shipped: str | Path) -> None:
    """Whether the results of a study are its own: no file of another study has its name.

    Parameters
    ----------
    study : Study
    file : path
        Where it was read from.
    shipped : path
        Folder of the studies that have results already, each in a file of its name.

    Raises
    ------
    ConfigError
        If one of them has the name of the study and is another file.
    """
    owner = Path(shipped) / f"{study.study}.yaml"
    if owner.is_file() and not owner.samefile(file):
        raise ConfigError(
            f"{file}: study: the name {study.study!r} is that of {owner.parent.name}/{owner.name}, whose results would "
            "be overwritten; choose another name"
        )


def schema() -> str:
    """JSON schema of a study, as ``config/schema.json`` holds it."""
    return json.dumps(Study.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(schema(), end="")
