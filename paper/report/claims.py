"""The paper's claims, each with the number of this project that bears on it, its null, and the rule that decides.

How they are judged by numbers is in :mod:`paper.report.verdicts`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, RootModel, StringConstraints, ValidationError, model_validator

from paper.study.strict import Strict, problems
from paper.study.yaml_file import YamlError, read_yaml

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


class Beside(Strict):
    """A number that stands beside that of a claim, with words for it."""

    what: str = Field(min_length=1, description="what it is, in words")
    number: float | NumberName = Field(description="name of a number of the notebook, or a number known beforehand")


#: Name of a number of the paper, after paper and a dot.
PaperName = Annotated[str, StringConstraints(pattern=r"^paper\.\w+(\.\w+)*$")]
#: What the number of a claim is compared with.
Bound = float | PaperName | Beside


class Claim(Strict):
    """One claim: it holds if its number is as the rule asks, and the null's is not."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    text: str = Field(min_length=1)
    source: str = Field(min_length=1, description="where the paper makes it")
    paper: str | None = Field(description="name of the paper's number, null where it gives none")
    number: NumberName = Field(description="which number of the notebook bears on it")
    interval: NumberName | None = Field(
        default=None, description="name of the ends of its interval, [low, high]; null where it has none"
    )
    rule: dict[Literal["at_least", "at_most", "above", "below"], Bound] = Field(
        min_length=1,
        description="bounds, each a number known beforehand, one of the notebook with words for it, or paper. and one "
        "of the paper's",
    )
    control: Beside | None = Field(default=None, description="what a null model or a control gives for the same number")
    why_no_control: str | None = Field(default=None, min_length=1, description="why there is none, where there is none")
    scale: str = Field(
        min_length=1, description="what more samples, classes, larger networks or longer training do to it"
    )

    @model_validator(mode="after")
    def _has_a_control_or_says_why_not(self) -> Claim:
        if self.control is not None and self.why_no_control is not None:
            raise ValueError(f"claim {self.id}: a claim with a control has no why_no_control")
        if self.control is None and self.why_no_control is None:
            raise ValueError(f"claim {self.id}: a claim has a control, or says in why_no_control why it has none")
        return self

    def numbers_of_the_paper(self) -> list[str]:
        """Names of the paper's numbers that the claim refers to."""
        bounds = [bound.removeprefix(OF_PAPER) for bound in self.rule.values() if str(bound).startswith(OF_PAPER)]
        return bounds if self.paper is None else [*bounds, self.paper]


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
        for name in claim.numbers_of_the_paper():
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
