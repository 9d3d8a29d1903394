"""Two runs of a study are compared claim by claim."""

import json
import subprocess
import sys

import pytest
from conftest import ROOT

from paper.report.claims import ClaimsError
from paper.report.replicates import compared


def claims(**verdicts):
    return [{"id": name, "value": 1.5, "verdict": verdict} for name, verdict in verdicts.items()]


def test_verdicts_that_differ_come_first_and_untested_claims_are_left_out():
    found = compared(
        claims(a="held", b="held", c="not tested", d="cannot tell"),
        claims(a="held", b="not held", c="held", d="cannot tell"),
    )
    assert found["claim"].tolist() == ["b", "a", "d"] and found["differs"].tolist() == [True, False, False]


def test_runs_with_other_claims_are_not_compared():
    with pytest.raises(ClaimsError, match="only one of the two runs has the claims b"):
        compared(claims(a="held"), claims(a="held", b="held"))


def test_the_table_is_printed(tmp_path):
    files = []
    for name, verdict in (("one", "held"), ("two", "cannot tell")):
        (tmp_path / name).mkdir()
        files.append(tmp_path / name / "claims.json")
        files[-1].write_text(json.dumps(claims(a=verdict, b="held")))
    done = subprocess.run(
        [sys.executable, "-m", "paper.report.replicates", *files], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "1 of 2 claims have the same verdict in both runs, one and two; 1 differ." in done.stdout
    assert "**differs**" in done.stdout.splitlines()[7]
