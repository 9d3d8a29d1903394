"""A study: one YAML file that says which data, which networks, which runs and which analysis.

The models here are the one definition of the configuration; ``config/schema.json`` is generated from them::

    python -m paper.study.study > config/schema.json
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError, create_model, model_validator

from paper.study.checks import (
    check_analysis,
    check_dimension,
    check_experiments,
    check_images,
    check_made_up,
    check_networks,
)
from paper.study.common import CommonStudy
from paper.study.replicate import with_shifted_seeds
from paper.study.rooms import Section, rooms
from paper.study.strict import Strict, problems
from paper.study.yaml_file import YamlError, merged, read_yaml


class ConfigError(ValueError):
    """The study's configuration is wrong; the message names each key, its value and what is allowed."""


#: One optional section for each room of the paper.
Notebooks = create_model(
    "Notebooks",
    __base__=Strict,
    __doc__="The notebooks that the study has, each with its settings; {} where it needs none.",
    **{name: (room.section | None, None) for name, room in rooms().items()},
)


class Study(CommonStudy):
    """The whole configuration file."""

    notebooks: Notebooks = Notebooks()

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        if self.study == "benchmarks":
            raise ValueError("study: the name 'benchmarks' is kept for the folder of measured times")
        check_made_up(self)
        if self.training.cuda_graphs and self.device == "cpu":
            raise ValueError(
                "training.cuda_graphs needs a CUDA device, and device: cpu has none; leave one of them out"
            )
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
            if self.made_up is not None and (section.stores(self) or rooms()[name].trains):
                raise ValueError(f"notebooks.{name}: trains networks, which a study with made_up predictions does not")
            check_images(name, self)
            section.check(f"notebooks.{name}", self)
            check_dimension(f"notebooks.{name}", rooms()[name].reads(self, section), self)
        return self

    def sections(self) -> dict[str, Section]:
        """Sections of the notebooks that the study has, by name, in the order of reading."""
        return {name: section for name, section in self.notebooks if section is not None}

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
        study = Study.model_validate(data)
        return with_shifted_seeds(study, study.seed_shift) if study.seed_shift else study
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
