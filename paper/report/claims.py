"""The paper's claims, each with the number of this project that bears on it and the rule that says whether it holds."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import ge, gt, le, lt
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field, RootModel, StringConstraints, ValidationError, model_validator

from paper.study.strict import Strict, problems
from paper.study.yaml_file import YamlError, read_yaml

#: Keys of a rule, and what the number must be to the one beside it.
RULES: dict[str, Callable[[float, float], bool]] = {"at_least": ge, "at_most": le, "above": gt, "below": lt}
#: The same in tables.
SIGNS = {"at_least": "≥", "at_most": "≤", "above": ">", "below": "<"}
VERDICTS = ("held", "not held", "not tested")
#: All numbers of the paper that this project compares with.
PAPER_NUMBERS = Path(__file__).with_name("paper_numbers.yaml")
#: What its confidence means, for readers of a table.
CONFIDENCES = (
    "How well a number of the paper is known: exact, from the authors' code or its output; digitised, read off a plot; "
    "seed, from the summary of the paper that this project started from; recalled, from memory and not checked."
)
#: What the name of a rule's bound begins with if it is one of those.
OF_PAPER = "paper."


class ClaimsError(ValueError):
    """Claims that cannot be read, or what they refer to is not a number."""


#: Keys that lead to a number among those of the notebook, joined by dots.
NumberName = Annotated[str, StringConstraints(pattern=r"^\w[^.]*(\.[^.]+)*$")]


class PaperNumber(Strict):
    """A number of the paper, and how it is known."""

    value: float
    confidence: Literal["exact", "digitised", "seed", "recalled"]
    source: str = Field(min_length=1, description="where it stands")

    def __str__(self) -> str:
        return f"{self.value:g} ({self.confidence})"


class PaperNumbers(RootModel[dict[str, PaperNumber]]):
    """The file of the paper's numbers, by name."""


class Claim(Strict):
    """One claim."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    text: str = Field(min_length=1)
    source: str = Field(min_length=1, description="where the paper makes it")
    paper: str | None = Field(description="name of the paper's number, null where it gives none")
    number: NumberName = Field(description="which number of the notebook bears on it")
    rule: dict[Literal["at_least", "at_most", "above", "below"], float | NumberName] = Field(
        min_length=1,
        description="bounds, each a number, the name of another one of the notebook, or paper. and one of the paper's",
    )


class Claims(Strict):
    """The claims of one notebook."""

    claims: list[Claim]

    @model_validator(mode="after")
    def _ids_differ(self) -> Claims:
        ids = [claim.id for claim in self.claims]
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"claims with the same id: {', '.join(twice)}")
        return self


@cache
def paper_numbers() -> dict[str, PaperNumber]:
    """Numbers of the paper, by name; raises ClaimsError if the file is not what it should be."""
    return _validated(PAPER_NUMBERS, PaperNumbers, "list of numbers").root


def paper_series(stem: str) -> dict[str, PaperNumber]:
    """Numbers of the paper whose names are a stem, a dot and one word more, by that word.

    Raises
    ------
    ClaimsError
        If there are none.

    Examples
    --------
    >>> print(paper_series("final_progress")["harmonic"])
    0.784 (exact)
    """
    numbers = {name: number for name, number in paper_numbers().items() if name.rpartition(".")[0] == stem}
    if not numbers:
        raise ClaimsError(f"{PAPER_NUMBERS.name} has no number {stem}.…")
    return {name.rpartition(".")[2]: number for name, number in numbers.items()}


def read_claims(path: str | Path) -> list[Claim]:
    """Claims of a YAML file.

    Raises
    ------
    ClaimsError
        If the file is not what :class:`Claims` describes: one line for each wrong key, after its place; or if it names
        a number of the paper that is not known.
    """
    claims = _validated(path, Claims, "list of claims").claims
    for claim in claims:
        bounds = [bound.removeprefix(OF_PAPER) for bound in claim.rule.values() if str(bound).startswith(OF_PAPER)]
        for name in [*bounds, *([claim.paper] if claim.paper is not None else [])]:
            if name not in paper_numbers():
                raise ClaimsError(f"{path}: {claim.id}: {PAPER_NUMBERS.name} has no number {name!r}")
    return claims


def _validated(path: str | Path, model, what: str):
    """What a YAML file holds, as a model; raises ClaimsError if it is not valid."""
    data = None
    try:
        data = read_yaml(path)
        return model.model_validate(data)
    except YamlError as error:
        raise ClaimsError(str(error)) from None
    except ValidationError as error:
        lines = [f"  {problem}" for problem in problems(error, data)]
        raise ClaimsError("\n".join([f"{path} is not a valid {what}:", *lines])) from None


def number(notebook: str, name: str, numbers: Mapping) -> float | None:
    """A number of a notebook, by its name such as ``explained_stress.3``; None if there is none of that name.

    Raises
    ------
    ClaimsError
        If what is there is not a number.
    """
    value, keys = numbers, name.split(".")
    for key in keys:
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ClaimsError(f"{notebook}: {name} is not a number but {value!r}")
    return float(value) if math.isfinite(value) else None


def _bound(notebook: str, name: str, numbers: Mapping | None) -> float | None:
    """What a rule's bound that has a name is: a number of the paper, or of the notebook."""
    if name.startswith(OF_PAPER):
        return paper_numbers()[name.removeprefix(OF_PAPER)].value
    return number(notebook, name, numbers or {})


def judge(claims: Sequence[Claim], notebook: str, numbers: Mapping | None) -> list[dict]:
    """The claims of one notebook, judged by the numbers of a study.

    Parameters
    ----------
    claims : sequence of Claim
    notebook : str
    numbers : mapping, or None
        Numbers of the notebook; None for a study without it.

    Returns
    -------
    list of dict
        Each claim with its ``notebook``, the ``paper``'s number, ``value`` and ``bounds``, None where the study has no
        such number, and ``verdict``: ``held``, ``not held``, or ``not tested`` where a number is missing.

    Raises
    ------
    ClaimsError
        If what a claim refers to is not a number.
    """
    judged = []
    for claim in claims:
        value = number(notebook, claim.number, numbers or {})
        bounds = {
            key: _bound(notebook, name, numbers) if isinstance(name, str) else name for key, name in claim.rule.items()
        }
        if any(given is None for given in (value, *bounds.values())):
            verdict = "not tested"
        else:
            verdict = "held" if all(RULES[key](value, bound) for key, bound in bounds.items()) else "not held"
        paper = paper_numbers()[claim.paper].model_dump(exclude={"source"}) if claim.paper else None
        found = {"paper": paper, "value": value, "bounds": bounds, "verdict": verdict}
        judged.append({"notebook": notebook, **claim.model_dump(), **found})
    return judged


def judge_files(claims: Sequence[str | Path], numbers: Sequence[str | Path]) -> list[dict]:
    """All claims, judged by the numbers of a study.

    Parameters
    ----------
    claims : sequence of path
        ``claims.yaml`` of each room, in a folder of the room's name.
    numbers : sequence of path
        Numbers of the study's notebooks, each named after its notebook.

    Raises
    ------
    ClaimsError
        If a file is not what it should be, or two claims have the same id.
    """
    by_notebook = {Path(file).stem: Path(file) for file in numbers}
    judged = []
    for path in map(Path, claims):
        notebook = path.parent.name
        given = read_numbers(by_notebook[notebook]) if notebook in by_notebook else None
        judged += judge(read_claims(path), notebook, given)
    ids = [claim["id"] for claim in judged]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise ClaimsError(f"claims with the same id in several notebooks: {', '.join(twice)}")
    return judged


def read_numbers(path: Path) -> dict:
    """Numbers that a notebook wrote; raises ClaimsError if the file holds none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ClaimsError(f"{path} holds no numbers ({error}); delete it and run again") from None


def claims_rows(judged: Sequence[dict]) -> str:
    """Claims that are tested, with their numbers and verdicts, as a table in Markdown."""
    rows = [
        {
            "claim": claim["text"],
            "source": claim["source"],
            "paper": f"{claim['paper']['value']:g} ({claim['paper']['confidence']})" if claim["paper"] else "–",
            "here": f"{claim['value']:.3g}<br><sub>{claim['notebook']}.{claim['number']}</sub>",
            "holds if": "; ".join(_bound_text(claim, key) for key in claim["bounds"]),
            "": f"**{claim['verdict']}**" if claim["verdict"] == "not held" else claim["verdict"],
        }
        for claim in judged
        if claim["verdict"] != "not tested"
    ]
    return pd.DataFrame(rows).to_markdown(index=False, tablefmt="pipe", disable_numparse=True) if rows else ""


def _bound_text(claim: dict, key: str) -> str:
    """One bound of a claim's rule, with the name of the number that it is."""
    name = claim["rule"][key]
    whole = name if str(name).startswith(OF_PAPER) else f"{claim['notebook']}.{name}"
    named = f"<br><sub>{whole}</sub>" if isinstance(name, str) else ""
    return f"{SIGNS[key]} {claim['bounds'][key]:.3g}{named}"


def claims_table(judged: Sequence[dict]) -> str:
    """All claims of a study with their numbers and verdicts, in Markdown."""
    count = {verdict: sum(claim["verdict"] == verdict for claim in judged) for verdict in VERDICTS}
    lines = [
        "# Claims, as this study finds them",
        "",
        ", ".join(f"{n} {verdict}" for verdict, n in count.items()) + ". A claim holds if the number here is as the "
        "rule asks; a rule's bound may be another number of the study, whose name stands below it; interval.0 and .1 "
        "are the ends of a 95 % interval, low and high a value less and plus two standard errors. The paper's numbers "
        f"are of its own networks and data, and stand in {PAPER_NUMBERS.name}. {CONFIDENCES}",
        "",
    ]
    if rows := claims_rows(judged):
        lines += [rows, ""]
    if untested := [claim["id"] for claim in judged if claim["verdict"] == "not tested"]:
        lines += [f"Not tested, because the study does not have the numbers: {', '.join(untested)}.", ""]
    return "\n".join(lines)
