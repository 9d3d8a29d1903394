"""The paper's claims, each with the number of this project that bears on it and the rule that says whether it holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from operator import ge, gt, le, lt
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from inpca.strict import Strict

#: Keys of a rule, and what the metric must be to the number beside it.
RULES: dict[str, Callable[[float, float], bool]] = {"at_least": ge, "at_most": le, "above": gt, "below": lt}


class ClaimsError(ValueError):
    """Claims that cannot be read, or a metric that a claim names and nothing wrote."""


class PaperNumber(Strict):
    """A number of the paper, and how it is known."""

    value: float
    confidence: Literal["exact", "digitised", "seed", "recalled"]


class Claim(Strict):
    """One claim."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    text: str = Field(min_length=1)
    source: str = Field(min_length=1, description="where the paper makes it")
    paper: PaperNumber | None = Field(description="the paper's number, null where it gives none")
    metric: str = Field(pattern=r"^\w+(\.[^.]+)+$", description="notebook and keys in its metrics, joined by dots")
    rule: dict[Literal["at_least", "at_most", "above", "below"], float | str] = Field(
        min_length=1, description="bounds, each a number or another metric"
    )


class Claims(Strict):
    """The whole file."""

    claims: list[Claim] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_differ(self) -> Claims:
        ids = [claim.id for claim in self.claims]
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"claims with the same id: {', '.join(twice)}")
        return self


def read_claims(path: str | Path) -> list[Claim]:
    """Claims of a YAML file.

    Raises
    ------
    ClaimsError
        If the file is not what :class:`Claims` describes; the message names the claim and the key.
    """
    try:
        data = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        return TypeAdapter(Claims).validate_python(data).claims
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ClaimsError(f"{path}: {error}") from None


def metric(name: str, folder: str | Path) -> float | None:
    """A number that a notebook wrote, by its name such as ``main_manifold.explained_stress.3``.

    Parameters
    ----------
    name : str
    folder : path
        Of the notebooks' metrics.

    Returns
    -------
    float, or None if the study does not have that notebook

    Raises
    ------
    ClaimsError
        If the notebook's metrics lack the key or it is not a number.
    """
    notebook, *keys = name.split(".")
    file = Path(folder) / f"{notebook}.json"
    if not file.is_file():
        return None
    value = json.loads(file.read_text(encoding="utf-8"))
    for key in keys:
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, ValueError, TypeError):
            raise ClaimsError(f"{file} has no {'.'.join(keys)}") from None
    if not isinstance(value, int | float):
        raise ClaimsError(f"{file}: {'.'.join(keys)} is not a number but {value!r}")
    return float(value)


def verdict(claim: Claim, folder: str | Path) -> Literal["held", "not held", "not tested"]:
    """Whether a claim holds in a study: ``not tested`` where a number is missing or not a number."""
    value = metric(claim.metric, folder)
    bounds = {key: metric(b, folder) if isinstance(b, str) else b for key, b in claim.rule.items()}
    if any(number is None or number != number for number in (value, *bounds.values())):
        return "not tested"
    return "held" if all(RULES[key](value, bound) for key, bound in bounds.items()) else "not held"
