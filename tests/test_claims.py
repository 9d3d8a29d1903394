"""Claims are read strictly and judged by numbers."""

import pytest
from conftest import ROOT

from paper.report.claims import Claim, ClaimsError, paper_numbers, paper_series, read_claims
from paper.report.verdicts import VERDICTS, claims_table, judge, judge_files, number
from paper.study.rooms import rooms
from paper.study.study import read_study

ONE = dict(
    id="a_claim",
    text="It is.",
    source="Fig. 1",
    paper=None,
    number="value",
    rule={"at_least": 1},
    why_no_control="nothing is shuffled",
    scale="Not known.",
)
NUMBERS = {"value": 1, "rows": [{"x": 2}], "none": float("nan"), "text": "a", "yes": True}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"at_least": 1}, "held"),
        ({"above": 1}, "not held"),
        ({"at_least": 0, "below": 1}, "not held"),
        ({"at_most": {"what": "that of another", "number": "rows.0.x"}}, "held"),
        ({"below": {"what": "no number", "number": "none"}}, "not tested"),
        ({"above": "paper.tangents_differ"}, "held"),
        ({"below": "paper.tangents_differ"}, "not held"),
        ({"below": {"what": "that of another", "number": "rows.0.x"}}, "held"),
        ({"below": {"what": "that of nobody", "number": "rows.1.x"}}, "not tested"),
    ],
)
def test_rules(rule, expected):
    (found,) = judge([Claim(**ONE | {"rule": rule})], "book", NUMBERS)
    assert found["verdict"] == expected and found["notebook"] == "book"


@pytest.mark.parametrize(
    ("ends", "null", "expected"),
    [
        ([1.5, 2.5], 0.5, "held"),
        ([1.5, 2.5], 1.5, "null passes too"),
        ([1.5, 2.5], "rows.0.x", "null passes too"),
        ([1.5, 2.5], None, "held"),
        ([0.5, 2.5], 0.5, "cannot tell"),
        ([0.5, 2.5], 1.5, "cannot tell"),  # what may fail is no evidence of its own
        ([1.5, float("inf")], 0.5, "held"),  # a time after the end has no upper end
        ([1.5, float("nan")], 0.5, "not tested"),
        ([1.5, 2.5], "absent", "not tested"),
    ],
)
def test_intervals_and_nulls(ends, null, expected):
    given = {} if null is None else {"control": {"what": "shuffled", "number": null}, "why_no_control": None}
    claim = Claim(**ONE | {"rule": {"above": 1}, "interval": "ends"} | given)
    assert judge([claim], "book", NUMBERS | {"value": 2, "ends": ends})[0]["verdict"] == expected


@pytest.mark.parametrize(("value", "ends", "expected"), [(0, [-1, 0.5], "not held"), (0, [-1, 1.5], "cannot tell")])
def test_a_claim_whose_interval_reaches_the_rule_is_not_refuted(value, ends, expected):
    claim = Claim(**ONE | {"rule": {"above": 1}, "interval": "ends"})
    assert judge([claim], "book", NUMBERS | {"value": value, "ends": ends})[0]["verdict"] == expected


def test_numbers_are_found_by_their_keys():
    assert number("book", "rows.0.x", NUMBERS) == 2 and number("book", "absent.x", NUMBERS) is None
    assert number("book", "rows.1.x", NUMBERS) is None and number("book", "value.x", NUMBERS) is None
    for name, value in (("text", "'a'"), ("yes", "True")):
        with pytest.raises(ClaimsError, match=f"book: {name} is not a number but {value}"):
            number("book", name, NUMBERS)


def test_the_table_shows_numbers_nulls_rules_and_what_was_not_tested():
    beside = {"what": "that of the others", "number": "rows.0.x"}
    null, scale = {"what": "samples shuffled", "number": 3}, "Grows with the number of samples."
    control = {"control": null, "why_no_control": None}
    claims = [
        Claim(**ONE | {"id": "below_a_number", "text": "It is less.", "rule": {"below": beside}} | control),
        Claim(**ONE | {"id": "too_small", "text": "It is two.", "rule": {"at_least": 2}, "paper": "tangents_differ"}),
        Claim(**ONE | {"id": "elsewhere", "number": "absent.x"}),
        Claim(**ONE | {"id": "wide", "text": "It is more.", "rule": {"above": "paper.tangents_differ"}}),
        Claim(**ONE | {"id": "low", "text": "It is high.", "rule": {"above": "paper.three_axes_explain_range.least"}}),
        Claim(**ONE | {"id": "unknown", "text": "It may be.", "interval": "ends", "scale": scale}),
    ]
    table = claims_table(judge(claims, "book", NUMBERS | {"ends": [0.5, 2]}))
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("|")]
    assert "\n3 held, 1 not held, 1 cannot tell, 1 not tested.\n" in table
    assert all(f"- *{verdict}*: {meaning}." in table for verdict, meaning in VERDICTS.items())
    value, source = "1<br><sub>book.value</sub>", "<sub>Fig. 1</sub>"
    none, unknown = "none: nothing is shuffled", "Not known."
    below = "less than 2<br><sub>that of the others</sub>"
    assert ["It is less.", value, "3<br><sub>samples shuffled</sub>", below, "held", source, unknown] in rows
    assert ["It is two.", value, none, "at least 2", "**not held**", f"0.1297 (exact)<br>{source}", unknown] in rows
    more = "more than 0.13<br><sub>the paper’s number</sub>"
    assert ["It is more.", value, none, more, "held", source, unknown] in rows
    least = "more than 0.7<br><sub>the least of the paper’s numbers</sub>"
    assert ["It is high.", value, none, least, "held", source, unknown] in rows
    maybe = "1 [0.5, 2]<br><sub>book.value</sub>"
    assert ["It may be.", maybe, none, "at least 1", "**cannot tell**", source, scale] in rows
    assert table.endswith("does not have the numbers: elsewhere.\n")


def files_of_claims():
    return [ROOT / f"paper/rooms/{name}/claims.yaml" for name in rooms()]


@pytest.mark.published
def test_every_claim_has_its_number_in_the_default_study():
    numbers = list((ROOT / "results/fashion/numbers").glob("*.json"))
    asked = read_study(ROOT / "config/fashion.yaml").sections()
    judged = judge_files([file for file in files_of_claims() if file.parent.name in asked], numbers)
    assert len(judged) >= 15
    assert not [claim["id"] for claim in judged if claim["verdict"] == "not tested"]


def test_every_number_of_the_paper_is_used_by_a_claim_or_named_in_a_text():
    claims = [claim for file in files_of_claims() for claim in read_claims(file)]
    claimed = {name for claim in claims for name in claim.numbers_of_the_paper()}
    files = [
        *(ROOT / "notebooks").glob("*.ipynb"),
        *(ROOT / "paper").rglob("*.py"),
        ROOT / "tests/test_readme.py",
    ]
    texts = "\n".join(path.read_text(encoding="utf-8") for path in files)
    unused = [
        name for name in paper_numbers() if name not in claimed and (name.rpartition(".")[0] or name) not in texts
    ]
    assert not unused


def test_numbers_of_one_kind_are_found_by_their_stem():
    assert str(paper_series("final_progress")["harmonic"]) == "0.784 (exact)"
    assert {"least", "most"} == set(paper_series("three_axes_explain_range"))
    with pytest.raises(ClaimsError, match=r"paper_numbers\.yaml has no number final\.…"):
        paper_series("final")
