"""Claims, numbers and notebooks' parameters that are wrong: each is named with its place, and files stay."""

import json

import nbformat
import pytest
import run_notebook
import yaml
from refusals import refused

from paper.report.claims import ClaimsError, read_claims
from paper.report.comparison import compared, read_claims_of
from paper.report.verdicts import judge_files

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
INVALID = "{folder}/claims.yaml is not a valid list of claims:\n  "
PAPERS = "{folder}/claims.yaml: a_claim: paper_numbers.yaml has no number "
KEYS = "id, text, source, paper, number, interval, rule, control, why_no_control, scale"
CLAIMS = {
    "no rule": ({"rule": {}}, f"{INVALID}claims.0.rule: {{}} is not allowed: it should have at least 1 of them, not 0"),
    "another rule": ({"rule": {"over": 1}}, f"{INVALID}claims.0.rule…"),
    "a rule without words": ({"rule": {"below": "rows.0.x"}}, f"{INVALID}claims.0.rule.below…"),
    "an empty bound": ({"rule": {"below": ""}}, f"{INVALID}claims.0.rule.below…"),
    "an empty word": ({"rule": {"below": {"what": "", "number": "a"}}}, f"{INVALID}claims.0.rule.below…"),
    "no number of the paper": ({"paper": "none"}, f"{PAPERS}'none'"),
    "no bound of the paper": ({"rule": {"below": "paper.none"}}, f"{PAPERS}'none'"),
    "a number given twice": (
        {"paper": {"value": 1}},
        f"{INVALID}claims.0.paper: {{'value': 1}} is not allowed: it should be text",
    ),
    "a name of a number": ({"number": "a..b"}, f"{INVALID}claims.0.number: 'a..b' is not allowed: it should match …"),
    "a name of an interval": ({"interval": "a..b"}, f"{INVALID}claims.0.interval: 'a..b' is not allowed: it should …"),
    "an unknown key": (
        {"sourc": "x"},
        f"{INVALID}claims.0: unknown key 'sourc'; did you mean 'source'? allowed: {KEYS}",
    ),
    "an id": ({"id": "A b"}, f"{INVALID}claims.0.id: 'A b' is not allowed: it should match …"),
    "a control without words": ({"control": {"number": 1}}, f"{INVALID}claims.0.control.what: is missing"),
    "no scale": ({"scale": ""}, f"{INVALID}claims.0.scale: '' is not allowed: it should have 1 or more characters"),
    "a control and why none": (
        {"control": {"what": "none", "number": 1}},
        f"{INVALID}claims.0: claim a_claim: a claim with a control has no why_no_control",
    ),
    "neither": (
        {"why_no_control": None},
        f"{INVALID}claims.0: claim a_claim: a claim has a control, or says in why_no_control why it has none",
    ),
    **{
        f"without {key}": ({key: ...}, f"{INVALID}claims.0.{key}: is missing")
        for key in ("id", "text", "source", "paper", "number", "rule", "scale")
    },
}


@pytest.mark.parametrize("case", CLAIMS)
def test_a_wrong_claim_is_refused_with_its_place(tmp_path, case):
    change, message = CLAIMS[case]
    claim = {key: value for key, value in (ONE | change).items() if value is not ...}
    (tmp_path / "claims.yaml").write_text(yaml.safe_dump({"claims": [claim]}))
    refused(lambda: read_claims(tmp_path / "claims.yaml"), ClaimsError, message, tmp_path)


FILE = "{folder}/claims.yaml"
FILES = {
    "empty": ("", f"{FILE} is empty"),
    "cut off": ("claims: [", f"{FILE}, line 1: expected the node content, but found '<stream end>'"),
    "another key": ("claim: []", f"{INVALID}top level: unknown key 'claim'; did you mean 'claims'? allowed: claims"),
    "a list": ("- a", f"{FILE} holds a list; it should hold keys with values"),
    "a key twice": (
        "claims: []\nclaims: []",
        f"{FILE}, line 2: key 'claims' occurs twice in one place, first in line 1",
    ),
    "a program": (
        "claims: !!python/object/apply:os.system [id]",
        f"{FILE}, line 1: could not determine a constructor for the tag "
        "'tag:yaml.org,2002:python/object/apply:os.system'",
    ),
    "an id twice": (yaml.safe_dump({"claims": [ONE, ONE]}), f"{INVALID}claims with the same id: a_claim"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_holds_no_claims_is_named(tmp_path, case):
    content, message = FILES[case]
    (tmp_path / "claims.yaml").write_text(content)
    refused(lambda: read_claims(tmp_path / "claims.yaml"), ClaimsError, message, tmp_path)


NUMBERS = {
    "cut off": ("{", "{folder}/book.json holds no numbers (…"),
    "text for a number": ('{"value": "much"}', "book: value is not a number but 'much'"),
    "true for a number": ('{"value": true}', "book: value is not a number but True"),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_that_are_none_are_named(tmp_path, case):
    content, message = NUMBERS[case]
    (tmp_path / "book").mkdir()
    claims, numbers = tmp_path / "book/claims.yaml", tmp_path / "book.json"
    claims.write_text(yaml.safe_dump({"claims": [ONE]}))
    numbers.write_text(content)
    refused(lambda: judge_files([claims], [numbers]), ClaimsError, message, tmp_path)
    numbers.write_text('{"value": 1}')
    assert [claim["verdict"] for claim in judge_files([claims], [numbers])] == ["held"]
    assert [claim["verdict"] for claim in judge_files([claims], [])] == ["not tested"]


def test_ids_of_several_notebooks_differ(tmp_path):
    for room in ("one", "other"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "claims.yaml").write_text(yaml.safe_dump({"claims": [ONE]}))
    files = [tmp_path / "one/claims.yaml", tmp_path / "other/claims.yaml"]
    message = "claims with the same id in several notebooks: a_claim"
    refused(lambda: judge_files(files, []), ClaimsError, message, tmp_path)


JUDGED = "{folder}/claims.json holds no claims ("
RUN, DELETE = "); run the study first", "); delete it and run again"
VERDICTS = {
    "missing": (None, f"{JUDGED}No such file or directory{RUN}"),
    "cut off": ("[", f"{JUDGED}Expecting value: line 1 column 2 (char 1){DELETE}"),
    "a mapping": ("{}", f"{JUDGED}it is no list of them{DELETE}"),
    "no verdict": ('[{"id": "a"}]', f"{JUDGED}it is no list of them{DELETE}"),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_verdicts_of_a_study_that_are_none_are_named(tmp_path, case):
    content, message = VERDICTS[case]
    if content is not None:
        (tmp_path / "claims.json").write_text(content)
    refused(lambda: read_claims_of(tmp_path), ClaimsError, message, tmp_path)


def test_runs_with_other_claims_are_not_compared(tmp_path):
    found = {"x": [{"id": "a", "verdict": "held"}], "y": [{"id": name, "verdict": "held"} for name in "ab"]}
    message = "only some of x, y have the claims b; run them again"
    refused(lambda: compared(found), ClaimsError, message, tmp_path)


SOURCE = "a: int = 1  # first\nb: str = 'x'\nc: float = 0.5\nd: list = []\ne: bool = True"
GIVEN = {"a": 1, "b": "x", "c": 0.5, "d": [1], "e": False}
PARAMETERS = {
    "unknown": ({"f": 1}, "error: {folder}/n.ipynb has no parameter f; it declares a, b, c, d, e"),
    "missing": ({"b": ...}, "error: {folder}/n.ipynb is run without its parameter b"),
    "text for a whole number": ({"a": "1"}, 'error: {folder}/n.ipynb: the parameter a should be int, not "1"'),
    "a real for a whole number": ({"a": 1.5}, "error: {folder}/n.ipynb: the parameter a should be int, not 1.5"),
    "true for a whole number": ({"a": True}, "error: {folder}/n.ipynb: the parameter a should be int, not true"),
    "null for text": ({"b": None}, "error: {folder}/n.ipynb: the parameter b should be str, not null"),
    "text for a number": ({"c": "x"}, 'error: {folder}/n.ipynb: the parameter c should be float, not "x"'),
    "text for a list": ({"d": "x"}, 'error: {folder}/n.ipynb: the parameter d should be list, not "x"'),
    "a number for true": ({"e": 1}, "error: {folder}/n.ipynb: the parameter e should be bool, not 1"),
}


@pytest.mark.parametrize("case", PARAMETERS)
def test_parameters_of_a_notebook_are_those_that_it_declares(tmp_path, case):
    change, message = PARAMETERS[case]
    cell = nbformat.v4.new_code_cell(SOURCE, metadata={"tags": ["parameters"]})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})
    nbformat.write(notebook, tmp_path / "n.ipynb")
    given = {key: value for key, value in (GIVEN | change).items() if value is not ...}
    refused(lambda: run_notebook.check_parameters(tmp_path / "n.ipynb", given), SystemExit, message, tmp_path)
    assert set(run_notebook.check_parameters(tmp_path / "n.ipynb", GIVEN | {"c": 1})) == set(GIVEN)


@pytest.mark.parametrize("text", ["{", "[1]", "7", '"a"'])
def test_parameters_that_are_no_object_are_no_option(text):
    with pytest.raises(ValueError):
        run_notebook.json_object(text)
    assert run_notebook.json_object(json.dumps(GIVEN)) == GIVEN
