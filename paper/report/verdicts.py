"""What a study's numbers say of the claims: held, or not held, or that nobody can tell, or that the null passes too."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from operator import ge, gt, le, lt
from pathlib import Path

import pandas as pd

from paper.report.claims import (
    CONFIDENCES,
    OF_PAPER,
    PAPER_NUMBERS,
    Beside,
    Bound,
    Claim,
    ClaimsError,
    NumberName,
    paper_numbers,
    read_claims,
)

#: Keys of a rule, and what the number must be to the one beside it.
RULES: dict[str, Callable[[float, float], bool]] = {"at_least": ge, "at_most": le, "above": gt, "below": lt}
#: The same in tables.
WORDS = {"at_least": "at least", "at_most": "at most", "above": "more than", "below": "less than"}
#: Each verdict, and when it is given.
VERDICTS = {
    "held": "the number and its whole interval are as the rule asks, the null's number is not",
    "not held": "neither the number nor any of its interval is as the rule asks",
    "cannot tell": "the interval lies on both sides of the rule",
    "null passes too": "the number is as the rule asks, but so is that of the null or control: it is no evidence",
    "not tested": "the study does not have the numbers",
}


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
        Each claim with its ``notebook``, the ``paper``'s number, ``value``, ``ends`` of its interval, ``control_value``
        and ``bounds``, None where it has none or the study lacks it, and its ``verdict``, one of :data:`VERDICTS`.

    Raises
    ------
    ClaimsError
        If what a claim refers to is not a number.

    Examples
    --------
    >>> claim = Claim(
    ...     id="grows", text="It grows.", source="Fig. 1", paper=None, number="slope", interval="slope_interval",
    ...     rule={"above": 0}, control={"what": "shuffled", "number": "shuffled"}, scale="Not known.",
    ... )
    >>> numbers = {"slope": 0.3, "slope_interval": [0.1, 0.5], "shuffled": 0.0}
    >>> judge([claim], "growth", numbers)[0]["verdict"]
    'held'
    >>> judge([claim], "growth", numbers | {"slope_interval": [-0.1, 0.7]})[0]["verdict"]
    'cannot tell'
    >>> judge([claim], "growth", numbers | {"shuffled": 0.2})[0]["verdict"]
    'null passes too'
    """
    given = numbers or {}

    def known(value: Bound | NumberName | None) -> float | None:
        """A number that is named, or known beforehand."""
        value = value.number if isinstance(value, Beside) else value
        if isinstance(value, str) and value.startswith(OF_PAPER):
            return paper_numbers()[value.removeprefix(OF_PAPER)].value
        return number(notebook, value, given) if isinstance(value, str) else value

    judged = []
    for claim in claims:
        found = {
            "value": known(claim.number),
            "ends": claim.interval and [known(f"{claim.interval}.{end}") for end in (0, 1)],
            "bounds": {key: known(bound) for key, bound in claim.rule.items()},
            "control_value": known(claim.control),
        }
        paper = paper_numbers()[claim.paper].model_dump(exclude={"source"}) if claim.paper else None
        verdict = _verdict(claim, **found) if numbers is not None else "not tested"
        judged.append({"notebook": notebook, **claim.model_dump(), "paper": paper, **found, "verdict": verdict})
    return judged


def _verdict(
    claim: Claim, value: float | None, ends: list | None, bounds: dict[str, float | None], control_value: float | None
) -> str:
    """One of :data:`VERDICTS`."""
    needed = [value, *(ends or []), *bounds.values(), *([control_value] if claim.control else [])]
    if any(given is None for given in needed):
        return "not tested"

    def passes(given: float) -> bool:
        return all(RULES[key](given, bound) for key, bound in bounds.items())

    sides = {passes(given) for given in (value, *(ends or []))}
    if len(sides) == 2:
        return "cannot tell"
    if sides == {False}:
        return "not held"
    return "null passes too" if claim.control and passes(control_value) else "held"


def number(notebook: str, name: str, numbers: Mapping) -> float | None:
    """A number of a notebook, by its name such as ``explained_stress.3``; None if there is none of that name.

    Infinity is a number: that of a time after the end.

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
    return None if math.isnan(value) else float(value)


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
    """Claims that are tested, with their numbers, nulls and verdicts, as a table in Markdown."""
    rows = [
        {
            "claim": claim["text"],
            "here": f"{with_ends(claim)}<br><sub>{claim['notebook']}.{claim['number']}</sub>",
            "null or control": _control_text(claim),
            "holds if": "; ".join(_bound_text(claim, key) for key in claim["bounds"]),
            "verdict": claim["verdict"] if claim["verdict"] == "held" else f"**{claim['verdict']}**",
            "paper": _paper_text(claim),
            "with scale": claim["scale"],
        }
        for claim in judged
        if claim["verdict"] != "not tested"
    ]
    return pd.DataFrame(rows).to_markdown(index=False, tablefmt="pipe", disable_numparse=True) if rows else ""


def answers(judged: Sequence[dict]) -> str:
    """Claims that are tested, each with its number, that of its null and its verdict, as a short table in Markdown."""
    rows = [
        {
            "answer": claim["text"],
            "verdict": f"**{claim['verdict']}**",
            "here": with_ends(claim),
            "null": "–" if claim["control"] is None else f"{claim['control_value']:.3g}",
        }
        for claim in judged
        if claim["verdict"] != "not tested"
    ]
    return pd.DataFrame(rows).to_markdown(index=False, tablefmt="pipe", disable_numparse=True) if rows else ""


def with_ends(claim: dict) -> str:
    """The number of a judged claim with its interval, as text."""
    ends = f" [{claim['ends'][0]:.3g}, {claim['ends'][1]:.3g}]" if claim["ends"] else ""
    return f"{claim['value']:.3g}{ends}"


def _control_text(claim: dict) -> str:
    """What the null or control gives, or why there is none."""
    if claim["control"] is None:
        return f"none: {claim['why_no_control']}"
    return f"{claim['control_value']:.3g}<br><sub>{claim['control']['what']}</sub>"


def _paper_text(claim: dict) -> str:
    """The paper's number, and where the claim comes from."""
    given = f"{claim['paper']['value']:g} ({claim['paper']['confidence']})<br>" if claim["paper"] else ""
    return f"{given}<sub>{claim['source']}</sub>"


def _bound_text(claim: dict, key: str) -> str:
    """One bound of a claim's rule in words."""
    bound, value = claim["rule"][key], f"{claim['bounds'][key]:.3g}"
    if isinstance(bound, dict):
        return f"{WORDS[key]} {value}<br><sub>{bound['what']}</sub>"
    if isinstance(bound, str):
        word = bound.removeprefix("paper.").partition(".")[2]
        whose = f"the {word} of the paper’s numbers" if word else "the paper’s number"
        return f"{WORDS[key]} {value}<br><sub>{whose}</sub>"
    return f"{WORDS[key]} {value}"


def claims_table(judged: Sequence[dict], notice: str = "") -> str:
    """All claims of a study with their numbers and verdicts, in Markdown, below what all its pages say first."""
    count = {verdict: sum(claim["verdict"] == verdict for claim in judged) for verdict in VERDICTS}
    lines = [
        "# Claims, as this study finds them",
        "",
        *([f"> **{notice}**", ""] if notice else []),
        ", ".join(f"{n} {verdict}" for verdict, n in count.items() if n) + ".",
        "",
        *(f"- *{verdict}*: {meaning}." for verdict, meaning in VERDICTS.items()),
        "",
        "Intervals, in brackets, are of 95 %. The paper's numbers are of its own networks and data, and stand in "
        f"{PAPER_NUMBERS.name}. {CONFIDENCES}",
        "",
    ]
    if rows := claims_rows(judged):
        lines += [rows, ""]
    if untested := [claim["id"] for claim in judged if claim["verdict"] == "not tested"]:
        lines += [f"Not tested, because the study does not have the numbers: {', '.join(untested)}.", ""]
    return "\n".join(lines)
