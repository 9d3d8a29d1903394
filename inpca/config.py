"""A study: one YAML file that says which data, which networks, which runs and which analysis.

The models here are the one definition of the configuration; ``config/schema.json`` is generated from them::

    python -m inpca.config > config/schema.json
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, PositiveFloat, PositiveInt, ValidationError, model_validator

from inpca.configuration import (
    Augmentation,
    Checkpoints,
    Configuration,
    Network,
    Optimizer,
    TrainingJob,
)
from inpca.strict import Strict
from inpca.synthetic_study import Synthetic


class ConfigError(ValueError):
    """The study's configuration is wrong; the message names each key, its value and what is allowed."""


class Dataset(Strict):
    """Which images, how many, and how they are prepared."""

    name: Literal["fashion_mnist", "digits"]
    n_train: PositiveInt = Field(description="training samples, the same number of each class")
    n_test: PositiveInt = Field(description="test samples, the same number of each class")
    pool: PositiveInt = Field(default=1, description="side of the squares of pixels that are averaged into one")
    normalize: bool = Field(
        default=True, description="subtract the mean of the training pixels, divide by their deviation"
    )


class Batch(Strict):
    """A batch size and the learning rate that goes with it."""

    size: PositiveInt
    learning_rate: PositiveFloat


class Grid(Strict):
    """All combinations of the listed factors."""

    network: list[str] = Field(min_length=1)
    optimizer: list[Optimizer] = Field(min_length=1)
    batch: list[Batch] = Field(min_length=1)
    weight_decay: list[float] = Field(min_length=1)
    augmentation: list[Augmentation] = Field(min_length=1)
    epochs: PositiveInt

    def expand(self, networks: dict[str, Network]) -> list[Configuration]:
        """Configurations of the grid, in the order of its factors."""
        factors = product(self.network, self.optimizer, self.batch, self.weight_decay, self.augmentation)
        return [
            Configuration(
                name=name, network=networks[name], optimizer=optimizer, batch_size=batch.size,
                learning_rate=batch.learning_rate, weight_decay=weight_decay, augmentation=augmentation,
                epochs=self.epochs,
            )
            for name, optimizer, batch, weight_decay, augmentation in factors
        ]  # fmt: skip


class Experiment(Strict):
    """Grids of configurations, each trained from every seed."""

    seeds: list[int] = Field(min_length=1)
    checkpoints: Checkpoints
    crop_padding: int = Field(default=1, ge=0, description="pixels of padding of the random crop")
    grids: list[Grid] = Field(min_length=1)


class Analysis(Strict):
    """Parameters of the geometry stage and of the notebooks."""

    n_components: PositiveInt = Field(default=50, description="axes of an embedding that are computed and kept")
    geodesic_points: PositiveInt = Field(
        default=100, description="points of the geodesic from P0 to P* that are embedded"
    )
    spread_points: list[float] = Field(
        default=[0.25, 0.5, 0.75], description="points of the geodesic, as fractions of its length"
    )
    spread_radius: PositiveFloat = Field(default=0.1, description="largest Bhattacharyya distance to such a point")
    outlier_distance: PositiveFloat = Field(
        default=2.0, description="Bhattacharyya distance to P* from which a model is an outlier"
    )
    fitted_error: float = Field(default=0.1, gt=0, lt=1, description="train error up to which a run counts as fitted")


class Study(Strict):
    """The whole configuration file."""

    study: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="names the folders under results/ and figures/")
    device: Literal["auto", "cpu", "cuda"] = "auto"
    dataset: Dataset | None = None
    networks: dict[str, Network] = Field(default={})
    experiments: dict[str, Experiment] = Field(default={})
    synthetic: Synthetic | None = None
    analysis: Analysis = Analysis()

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        if self.dataset is None:
            if self.experiments or self.networks:
                raise ValueError("networks and experiments need a dataset")
            if self.synthetic is None:
                raise ValueError("a study needs a dataset with networks and experiments, or a synthetic section")
            return self
        if "main" not in self.experiments:
            raise ValueError(f"experiments has no 'main', only: {', '.join(self.experiments) or 'nothing'}")
        for name, experiment in self.experiments.items():
            for index, grid in enumerate(experiment.grids):
                key = f"experiments.{name}.grids.{index}"
                for network in grid.network:
                    if network not in self.networks:
                        raise ValueError(
                            f"{key}.network: {network!r} is not defined; allowed: {', '.join(self.networks)}"
                        )
                for batch in grid.batch:
                    if batch.size > self.dataset.n_train or self.dataset.n_train % batch.size == 1:
                        raise ValueError(
                            f"{key}.batch: size {batch.size} does not fit n_train {self.dataset.n_train} "
                            "(larger than it, or a last batch of one sample, on which BatchNorm is undefined)"
                        )
            self.configurations(name)
        return self

    def configurations(self, experiment: str) -> dict[str, Configuration]:
        """Configurations of an experiment by id, in the order of its grids.

        Raises
        ------
        ValueError
            If two grids give the same id with different settings (an id does not hold the number of epochs).
        """
        found: dict[str, Configuration] = {}
        for grid in self.experiments[experiment].grids:
            for configuration in grid.expand(self.networks):
                if found.setdefault(configuration.id, configuration) != configuration:
                    raise ValueError(
                        f"experiments.{experiment}: {configuration.id} occurs twice, "
                        f"with {found[configuration.id].epochs} and with {configuration.epochs} epochs"
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


def read_study(source: str | Path | dict[str, Any]) -> Study:
    """Study from a YAML file or from the dictionary it parses to.

    Raises
    ------
    ConfigError
        One line for each wrong key: where it is, its value, and what is allowed.
    """
    if isinstance(source, dict):
        data, name = source, "configuration"
    else:
        name = str(source)
        try:
            data = yaml.safe_load(Path(source).read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise ConfigError(f"{name}: {error}") from None
    try:
        return Study.model_validate(data)
    except ValidationError as error:
        lines = [f"  {_where(e['loc'])}: {_what(e)}" for e in error.errors(include_url=False)]
        raise ConfigError("\n".join([f"{name} is not a valid study:", *lines])) from None


def _where(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "top level"


def _what(error: dict[str, Any]) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "missing":
        return "is missing"
    return f"{error['input']!r} is not allowed: {error['msg'][0].lower()}{error['msg'][1:]}"


def schema() -> str:
    """JSON schema of a study, as ``config/schema.json`` holds it."""
    return json.dumps(Study.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(schema(), end="")
