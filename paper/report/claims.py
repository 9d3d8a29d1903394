"""The paper's claims, each with the number of this project that bears on it and the rule that says whether it holds."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from operator import ge, gt, le, lt
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError, model_validator

from paper.study.strict import Strict, problems
from paper.study.yaml_file import YamlError, read_yaml

#: Keys of a rule, and what the metric must be to the number beside it.
RULES: dict[str, Callable[[float, float], bool]] = {"at_least": ge, "at_most": le, "above": gt, "below": lt}
#: The same in tables.
SIGNS = {"at_least": "≥", "at_most": "≤", "above": ">", "below": "<"}
VERDICTS = ("held", "not held", "not tested")


class ClaimsError(ValueError):
    """Claims that cannot be read, or a metric that is not a number."""


Metric = Annotated[str, StringConstraints(pattern=r"^\w+(\.[^.]+)+$")]


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
    metric: Metric = Field(description="notebook and keys in its metrics, joined by dots")
    rule: dict[Literal["at_least", "at_most", "above", "below"], float | Metric] = Field(
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
        If the file is not what :class:`Claims` describes: one line for each wrong key, after its place.
    """
    try:
        data = read_yaml(path)
        return Claims.model_validate(data).claims
    except YamlError as error:
        raise ClaimsError(str(error)) from None
    except ValidationError as error:
        lines = [f"  {problem}" for problem in problems(error, data)]
        raise ClaimsError("\n".join([f"{path} is not a valid list of claims:", *lines])) from None


def metric(name: str, files: Mapping[str, Path]) -> float | None:
    """A number that a notebook wrote, by its name such as ``main_manifold.explained_stress.3``.

    Parameters
    ----------
    name : str
    files : mapping from notebook to path
        Metrics of the study's notebooks.

    Returns
    -------
    float, or None if the study does not have that notebook, or the notebook has no such number in this study

    Raises
    ------
    ClaimsError
        If what is there is not a number, or the file is no JSON.
    """
    notebook, *keys = name.split(".")
    if notebook not in files:
        return None
    try:
        value = json.loads(files[notebook].read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ClaimsError(f"{files[notebook]} holds no metrics ({error}); delete it and run again") from None
    for key in keys:
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ClaimsError(f"{files[notebook]}: {'.'.join(keys)} is not a number but {value!r}")
    return float(value)


def judge(claims: Sequence[Claim], files: Sequence[str | Path]) -> list[dict]:
    """What a study says of claims.

    Parameters
    ----------
    claims : sequence of Claim
    files : sequence of path
        Metrics of the study's notebooks, each named after its notebook.

    Returns
    -------
    list of dict
        Each claim with ``value`` and ``bounds``, None where the study has no such number, and ``verdict``: ``held``,
        ``not held``, or ``not tested`` where a number is missing.
    """
    by_notebook = {Path(file).stem: Path(file) for file in files}
    judged = []
    for claim in claims:
        value = finite(metric(claim.metric, by_notebook))
        bounds = {key: finite(metric(b, by_notebook)) if isinstance(b, str) else b for key, b in claim.rule.items()}
        if any(number is None for number in (value, *bounds.values())):
            verdict = "not tested"
        else:
            verdict = "held" if all(RULES[key](value, bound) for key, bound in bounds.items()) else "not held"
        judged.append(claim.model_dump() | {"value": value, "bounds": bounds, "verdict": verdict})
    return judged


def finite(value: float | None) -> float | None:
    """The number, None if it is none."""
    return value if value is not None and math.isfinite(value) else None


def claims_table(judged: Sequence[dict]) -> str:
    """Claims with their numbers and verdicts, in Markdown."""
    count = {verdict: sum(claim["verdict"] == verdict for claim in judged) for verdict in VERDICTS}
    tested = [claim for claim in judged if claim["verdict"] != "not tested"]
    rows = []
    for claim in tested:
        paper = claim["paper"]
        bounds = "; ".join(
            f"{SIGNS[key]} {bound:.3g}" + (f"<br><sub>{claim['rule'][key]}</sub>" * isinstance(claim["rule"][key], str))
            for key, bound in claim["bounds"].items()
        )
        cells = (
            claim["text"],
            claim["source"],
            f"{paper['value']:g} ({paper['confidence']})" if paper else "–",
            f"{claim['value']:.3g}<br><sub>{claim['metric']}</sub>",
            bounds,
            f"**{claim['verdict']}**" if claim["verdict"] == "not held" else claim["verdict"],
        )
        rows.append(f"| {' | '.join(cells)} |")
    lines = [
        "# Claims, as this study finds them",
        "",
        ", ".join(f"{n} {verdict}" for verdict, n in count.items()) + ". A claim holds if the number here is as the "
        "rule asks; a rule's bound may be another number of the study, whose name stands below it; interval.0 and .1 "
        "are the ends of a 95 % interval, low and high a value less and plus two standard errors. The paper's numbers "
        "are of its own networks and data; claims.yaml says how well they are known.",
        "",
    ]
    if tested:
        head = "| claim | source | paper | here | holds if | |\n|---|---|---|---|---|---|"
        lines += [head, *rows, ""]
    if missed := [claim["id"] for claim in judged if claim["verdict"] == "not tested"]:
        lines += [f"Not tested, because the study does not have the numbers: {', '.join(missed)}.", ""]
    return "\n".join(lines)
