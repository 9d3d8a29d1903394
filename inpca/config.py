"""A study: one YAML file that says which data, which networks, which runs and which analysis.

The models here are the one definition of the configuration; ``config/schema.json`` is generated from them::

    python -m inpca.config > config/schema.json
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

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
from inpca.corner_configuration import CornerJob, Corners
from inpca.strict import Strict
from inpca.synthetic_study import Synthetic

#: Less than half of the way from P0 to P*.
Fraction = Annotated[float, Field(gt=0, lt=0.5)]


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


class Tangents(Strict):
    """The tangent embedding: P0, P* and two means of models weighted by their progress span its axes."""

    progress_at: Fraction = Field(
        default=0.2, description="progress of the initial mean; the final one is at 1 minus it"
    )
    progress_of: dict[str, Fraction] = Field(
        default={}, description="the same for the models of one architecture alone, where it differs"
    )
    width: PositiveFloat = Field(default=0.05, description="standard deviation of the weights, in units of progress")
    largest_loss: PositiveFloat = Field(default=4.0, description="models of at least this train loss are left out")
    n_draws: PositiveInt = Field(default=200, description="pairs of models of each kind that stand in for the means")
    n_sampled: int = Field(default=800, ge=4, description="random models on which the axes of such pairs are judged")
    seed: int = Field(default=0, ge=0, description="of pairs and sampled models")


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
    null_seed: int = Field(default=0, ge=0, description="seed of the permutations within classes")
    bootstrap_draws: PositiveInt = Field(default=1000, description="draws of runs behind an interval")
    bootstrap_seed: int = Field(default=0, ge=0)
    importance_splits: PositiveInt = Field(default=40, description="splits of configurations into known and held out")
    network_sizes: list[str] = Field(
        default=[], description="networks of one family, from small to large, to compare in network_size"
    )
    progress_levels: list[float] = Field(
        default=[0.25, 0.5, 0.75], description="progress whose times are compared between networks"
    )
    tangents: Tangents = Tangents()
    other_metrics: list[Literal["spherical", "jeffreys", "euclidean"]] = Field(
        default=["spherical", "jeffreys", "euclidean"],
        description="distances that are compared with Bhattacharyya and Hellinger",
    )
    progress_bins: PositiveInt = Field(default=20, description="bins of progress that weighted InPCA counts alike")
    tsne_perplexity: PositiveFloat = Field(default=30, description="effective number of neighbours in t-SNE")
    umap_neighbours: int = Field(
        default=15, ge=2, description="neighbours of a model in UMAP, and those counted as kept"
    )
    subset_models: int = Field(default=1000, ge=10, description="models that are embedded by subsets of the samples")
    subset_halvings: PositiveInt = Field(default=5, description="how often the training samples are halved")
    subset_draws: PositiveInt = Field(default=16, description="random subsets of each number of samples")


class Study(Strict):
    """The whole configuration file."""

    study: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="names the folders under results/ and figures/")
    device: Literal["auto", "cpu", "cuda"] = "auto"
    dataset: Dataset | None = None
    networks: dict[str, Network] = Field(default={})
    experiments: dict[str, Experiment] = Field(default={})
    corners: Corners | None = None
    synthetic: Synthetic | None = None
    analysis: Analysis = Analysis()

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        if self.dataset is None:
            if self.experiments or self.networks or self.corners:
                raise ValueError("networks, experiments and corners need a dataset")
            if self.synthetic is None:
                raise ValueError("a study needs a dataset with networks and experiments, or a synthetic section")
            return self
        if "main" not in self.experiments:
            raise ValueError(f"experiments has no 'main', only: {', '.join(self.experiments) or 'nothing'}")
        if unknown := self.analysis.tangents.progress_of.keys() - self.networks.keys():
            raise ValueError(
                f"analysis.tangents.progress_of: {', '.join(sorted(unknown))} is not defined; "
                f"allowed: {', '.join(self.networks)}"
            )
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
        if len(self.analysis.network_sizes) == 1:
            raise ValueError("analysis.network_sizes: one network cannot be compared; name two or more, or none")
        for network in self.analysis.network_sizes:
            if network not in self.networks:
                raise ValueError(
                    f"analysis.network_sizes: {network!r} is not defined; allowed: {', '.join(self.networks)}"
                )
        if "ensembles" in self.experiments:
            n_configurations, seeds = len(self.configurations("ensembles")), self.experiments["ensembles"].seeds
            if n_configurations != 1 or len(seeds) < 3:
                raise ValueError(
                    "experiments.ensembles must have one configuration with three seeds or more, "
                    f"not {n_configurations} with {len(seeds)}"
                )
        if not self.dataset.n_train >> self.analysis.subset_halvings:
            raise ValueError(
                f"analysis.subset_halvings: n_train {self.dataset.n_train} cannot be halved "
                f"{self.analysis.subset_halvings} times, only {self.dataset.n_train.bit_length() - 1}"
            )
        if "corners" in self.experiments:
            raise ValueError("experiments.corners: the name is kept for the section corners")
        if self.corners is not None:
            self.corners.check(self.networks, self.dataset.n_train)
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

    def corner_jobs(self) -> dict[str, CornerJob]:
        """The jobs of the section ``corners`` by id; none without it."""
        return {} if self.corners is None else self.corners.jobs(self.networks, self.device)


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
