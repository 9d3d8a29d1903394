"""Claims are read strictly and judged by numbers."""

import json

import pytest
import yaml
from conftest import ROOT

from paper.report.claims import Claim, ClaimsError, claims_table, judge, metric, read_claims

ONE = dict(id="a_claim", text="It is.", source="Fig. 1", paper=None, metric="book.value", rule={"at_least": 1})


INVALID = " is not a valid list of claims:"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "book.json").write_text(
        json.dumps({"value": 1, "rows": [{"x": 2}], "none": float("nan"), "text": "a", "yes": True})
    )
    return [tmp_path / "book.json"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [({"at_least": 1}, "held"), ({"above": 1}, "not held"), ({"at_least": 0, "below": 1}, "not held"),
     ({"at_most": "book.rows.0.x"}, "held"), ({"at_least": "other.x"}, "not tested"),
     ({"below": "book.none"}, "not tested")],
)  # fmt: skip
def test_rules(files, rule, expected):
    (found,) = judge([Claim(**ONE | {"rule": rule})], files)
    assert found["verdict"] == expected


def test_metrics_are_found_by_notebook_and_keys(files):
    book = {"book": files[0]}
    assert metric("book.rows.0.x", book) == 2 and metric("absent.x", book) is None
    assert metric("book.rows.1.x", book) is None and metric("book.value.x", book) is None
    for name, value in (("text", "'a'"), ("yes", "True")):
        with pytest.raises(ClaimsError, match=f"{name} is not a number but {value}"):
            metric(f"book.{name}", book)


def test_the_table_shows_numbers_bounds_and_what_was_not_tested(files):
    claims = [
        Claim(**ONE | {"id": "below_a_number", "text": "It is less.", "rule": {"below": "book.rows.0.x"}}),
        Claim(**ONE | {"id": "too_small", "text": "It is two.", "rule": {"at_least": 2},
                       "paper": {"value": 2.5, "confidence": "exact"}}),
        Claim(**ONE | {"id": "elsewhere", "metric": "absent.x"}),
    ]  # fmt: skip
    table = claims_table(judge(claims, files))
    assert "1 held, 1 not held, 1 not tested." in table
    assert "| It is less. | Fig. 1 | – | 1<br><sub>book.value</sub> | < 2<br><sub>book.rows.0.x</sub> | held |" in table
    assert "| It is two. | Fig. 1 | 2.5 (exact) | 1<br><sub>book.value</sub> | ≥ 2 | **not held** |" in table
    assert table.endswith("does not have the numbers: elsewhere.\n")


@pytest.mark.parametrize(
    ("change", "message"),
    [({"rule": {}}, "rule"), ({"rule": {"over": 1}}, "over"), ({"paper": {"value": 1, "confidence": "sure"}}, "sure"),
     ({"metric": "book"}, "metric"), ({"rule": {"below": "book"}}, "below"),
     ({"sourc": "x"}, "sourc"), ({"id": "A b"}, "id")],
)  # fmt: skip
def test_bad_claims_are_refused(tmp_path, change, message):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": [ONE | change]}))
    with pytest.raises(ClaimsError, match=message):
        read_claims(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", " is empty"),
        ("claims: [", ", line 1: expected the node content, but found '<stream end>'"),
        ("claims: []", f"{INVALID}\n  claims: [] is not allowed: it should have at least 1 of them, not 0"),
        ("claim: []", f"{INVALID}\n  top level: unknown key 'claim'; did you mean 'claims'? allowed: claims"),
        ("- a", " holds a list; it should hold keys with values"),
        ("claims: []\nclaims: []", ", line 2: key 'claims' occurs twice in one place, first in line 1"),
    ],
)
def test_a_file_that_holds_no_claims_is_named(tmp_path, text, message):
    path = tmp_path / "claims.yaml"
    path.write_text(text)
    with pytest.raises(ClaimsError) as error:
        read_claims(path)
    assert str(error.value) == f"{path}{message}"


def test_metrics_that_are_no_json_are_named(files):
    files[0].write_text("{")
    with pytest.raises(ClaimsError, match=r"book\.json holds no metrics \(.*\); delete it and run again"):
        metric("book.value", {"book": files[0]})
    with pytest.raises(ClaimsError, match=r"no\.json holds no metrics"):
        metric("no.value", {"no": files[0].with_name("no.json")})


def test_ids_differ(tmp_path):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": [ONE, ONE]}))
    with pytest.raises(ClaimsError, match="same id: a_claim"):
        read_claims(path)


def test_every_claim_of_the_paper_has_its_number_in_the_default_study():
    claims = read_claims(ROOT / "claims.yaml")
    assert len(claims) >= 15
    judged = judge(claims, list((ROOT / "results/fashion/metrics").glob("*.json")))
    assert not [claim["id"] for claim in judged if claim["verdict"] == "not tested"]
