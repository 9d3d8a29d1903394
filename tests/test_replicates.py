"""Runs of a study, and studies of growing size, are compared claim by claim."""

import json
import math
import subprocess
import sys

import pytest
from conftest import ROOT

from paper.report.claims import ClaimsError
from paper.report.comparison import compared, rows
from paper.report.replicates import comparison
from paper.report.scales import scales


def claims(**verdicts):
    return [
        {
            "id": name,
            "value": 1.5,
            "ends": [1.25, 1.75],
            "verdict": verdict,
            "paper": {"value": 0.7, "confidence": "exact"},
        }
        for name, verdict in verdicts.items()
    ]


def written(folder, **verdicts):
    folder.mkdir(parents=True)
    (folder / "claims.json").write_text(json.dumps(claims(**verdicts)))
    return folder


def test_verdicts_that_differ_come_first_and_what_one_study_alone_tested_is_left_out():
    table = compared(
        {
            "one": claims(a="held", b="held", c="not tested", d="cannot tell"),
            "two": claims(a="held", b="not held", c="held", d="cannot tell"),
            "three": claims(a="held", b="held", c="not tested", d="not tested"),
        }
    )
    assert table.index.tolist() == ["b", "a", "d"] and table["differs"].tolist() == [True, False, False]
    text = rows(table)
    assert text["claim"].tolist() == ["**b**", "a", "d"]
    assert text["two"].tolist() == [f"1.5 [1.25, 1.75]<br>{verdict}" for verdict in ("not held", "held", "cannot tell")]
    assert text["three"].tolist()[2] == "–"


def test_a_study_may_lack_claims_that_were_written_since_if_asked_for():
    studies = {"old": claims(a="held"), "new": claims(a="held", b="held"), "newer": claims(a="held", b="not held")}
    with pytest.raises(ClaimsError, match="only some of old, new, newer have the claims b; run them again"):
        compared(studies)
    table = compared(studies, written_since=True)
    assert table.index.tolist() == ["b", "a"] and rows(table)["old"].tolist()[0] == "–"


@pytest.mark.parametrize(("what", "other"), [("text", "B"), ("number", "b.value"), ("rule", {"above": 1})])
def test_claims_that_say_something_else_are_not_compared(what, other):
    studies = {"one": claims(a="held", b="held"), "two": claims(a="held", b="held")}
    studies["two"][1] |= {what: other}
    with pytest.raises(ClaimsError, match=f"the claim b has another {what} in one of one, two; run them again"):
        compared(studies)


def test_studies_without_a_common_claim_give_an_empty_table():
    assert compared({"x": claims(a="held"), "y": claims(a="not tested")}).empty


def test_the_table_of_replicates_is_printed(tmp_path):
    folders = [
        written(tmp_path / name, a=verdict, b="held") for name, verdict in (("one", "held"), ("two", "cannot tell"))
    ]
    done = subprocess.run(
        [sys.executable, "-m", "paper.report.replicates", *folders],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "1 of 2 claims have the same verdict in both runs, one and two. Claims with other verdicts, 1" in done.stdout
    assert "2 of 2 numbers agree within their tolerance" in done.stdout
    assert "**a**" in done.stdout.splitlines()[10]


@pytest.mark.parametrize(
    ("change", "within"),
    [
        ({"value": 1.85}, True),  # half intervals of 0.25 allow 0.354
        ({"value": 1.86}, False),
        ({"value": 1.65, "ends": None}, True),
        ({"value": 1.34, "ends": None}, False),
        ({"value": math.nan}, False),
        ({"value": -9.0, "ends": [-math.inf, 3]}, True),
    ],
)
def test_numbers_of_two_runs_agree_within_their_tolerance_or_the_check_names_them(tmp_path, change, within):
    folders = [written(tmp_path / name, a="held", b="held") for name in ("one", "two")]
    changed = claims(a="held", b="held")
    changed[1] |= change
    (folders[1] / "claims.json").write_text(json.dumps(changed))
    command = [sys.executable, "-m", "paper.report.replicates", "--check", *folders]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    said = "" if within else "error: 1 of 2 numbers are beyond their tolerance: b\n"
    assert (done.returncode == 0) == within and done.stderr == said
    assert [line.split("|")[-2].strip() for line in done.stdout.splitlines()[-2:]] == [
        "agree",
        "agree" if within else "**differ**",
    ]


def test_two_runs_of_one_name_are_not_compared_with_themselves(tmp_path):
    folders = [written(tmp_path / name / "fashion", a="held") for name in ("one", "two")]
    with pytest.raises(ClaimsError, match="both folders are called fashion; give the results of two runs"):
        comparison(folders)


def test_the_table_of_scales_has_the_sizes_of_studies_and_what_only_the_smallest_turns(tmp_path):
    for name, first, second in (
        ("smoke", "not held", "held"),
        ("fashion", "held", "held"),
        ("fashion_large", "held", "not held"),
    ):
        written(tmp_path / name, a=first, b=second, c="held")
    text = scales([ROOT / f"config/{name}.yaml" for name in ("smoke", "fashion", "fashion_large")], tmp_path)
    assert "tested 3 claims; 2 have another verdict" in text and "Of these, 1 differ only in smoke" in text
    assert "fashion_mnist, 28×28 pixels" in text and "10,000, 5,000" in text and "41 × 10" in text
    assert text.splitlines()[-1].endswith("| 0.7 (exact) |")


def test_a_study_that_was_not_run_is_named(tmp_path):
    with pytest.raises(ClaimsError, match=r"smoke/claims\.json holds no claims .*; run the study first"):
        scales([ROOT / "config/smoke.yaml"], tmp_path)
