"""The figures and notebooks in git are whole and agree with their numbers; published: this tree makes them."""

import json
import re

import nbformat
import pytest
from conftest import ROOT
from provenance import checksum, provenance

from paper.report.verdicts import VERDICTS, claims_table, judge_files, with_ends
from paper.study.rooms import rooms
from paper.study.study import read_study

RESULTS = ROOT / "results/fashion"
NOTEBOOKS = {
    study: list(read_study(ROOT / f"config/{study}.yaml").sections())
    for study in ("fashion", "fashion_large_reduced", "synthetic", "beyond")
}
README = (ROOT / "README.md").read_text()


@pytest.mark.published
@pytest.mark.parametrize("study", NOTEBOOKS)
def test_published_figures_are_not_stale(study, monkeypatch):
    monkeypatch.chdir(ROOT)
    recorded = json.loads((ROOT / f"results/{study}/provenance.json").read_text())
    recorded.pop("archive", None)  # which says whence the predictions came, not what made them
    now = provenance(read_study(f"config/{study}.yaml").model_dump(mode="json"), NOTEBOOKS[study])
    changed = sorted(name for name in recorded.keys() | now.keys() if recorded.get(name) != now.get(name))
    assert not changed, (
        f"made from other versions of {', '.join(changed)}; run {study} again, after a change of the lock file with "
        "--forceall, and commit what changes"
    )


MODULE = """\"\"\"What it is for.\"\"\"
import math  # roots

class Root:
    \"\"\"A root.\"\"\"

    def of(self, x: float = 1) -> float:
        \"\"\"The root of x.\"\"\"
        return math.sqrt(x)
"""


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("  # roots", "", True),
        ("The root of x.", "Its root.", True),
        ('\n    """A root."""\n', "", True),
        ("x: float = 1", "x: float=1", True),
        ("math.sqrt(x)", "math.sqrt(\n            x,\n        )", True),
        ("x: float = 1", "x: float = 2", False),
        ("math.sqrt", "math.cbrt", False),
        ("return math", "math", False),
        ('"""The root of x."""', "x = x", False),
        ("import math", "import cmath as math", False),
    ],
)
def test_results_are_stale_after_edits_of_code_not_of_what_is_said_about_it(tmp_path, old, new, same):
    before, after = tmp_path / "before.py", tmp_path / "after.py"
    before.write_text(MODULE)
    assert old in MODULE
    after.write_text(MODULE.replace(old, new))
    assert (checksum(before) == checksum(after)) is same


@pytest.mark.parametrize(("study", "name"), [(study, name) for study in NOTEBOOKS for name in NOTEBOOKS[study]])
def test_executed_notebooks_are_whole(study, name):
    notebook = nbformat.read(ROOT / f"results/{study}/notebooks/{name}.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert not any(output.output_type == "error" for cell in code for output in cell.outputs)


@pytest.mark.published
@pytest.mark.parametrize("study", NOTEBOOKS)
def test_published_verdicts_are_those_of_the_published_numbers(study):
    claims = [ROOT / f"paper/rooms/{name}/claims.yaml" for name in rooms()]
    notice = read_study(ROOT / f"config/{study}.yaml").notice
    judged = judge_files(claims, sorted((ROOT / f"results/{study}/numbers").glob("*.json")))
    assert json.loads((ROOT / f"results/{study}/claims.json").read_text()) == judged
    assert (ROOT / f"results/{study}/claims.md").read_text() == claims_table(judged, notice)


@pytest.mark.published
def test_the_published_explorer_has_the_scripts_and_the_style_of_this_tree():
    page = (ROOT / "figures/fashion/explorer.html").read_text(encoding="utf-8")
    sources = [*ROOT.glob("inpca/explorer/js/*.js"), ROOT / "inpca/explorer/explorer.css"]
    assert len(sources) > 8
    assert not [file.name for file in sources if file.read_text(encoding="utf-8").strip() not in page]


@pytest.mark.parametrize("study", NOTEBOOKS)
def test_published_files_are_small(study):
    notebooks = [ROOT / f"results/{study}/notebooks/{name}.ipynb" for name in NOTEBOOKS[study]]
    figures = list((ROOT / f"figures/{study}").rglob("*.png"))
    assert len(figures) > 2 * len(notebooks)
    assert max(file.stat().st_size for file in figures) < 1e6
    assert sum(file.stat().st_size for file in [*notebooks, *figures]) < 24e6


def test_readme_links_to_files_that_exist():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert any(link.endswith(".png") for link in links) and any(link.endswith(".ipynb") for link in links)
    assert not [link for link in links if not (ROOT / link).exists()]


def test_numbers_in_the_readme_are_those_of_the_notebooks():
    both = [json.loads((RESULTS / f"numbers/{name}.json").read_text()) for name in ("main_manifold", "test_embedding")]

    def stress(kind: str, k: str) -> tuple[str, str]:
        return tuple(f"{one['dimension']['stress'][kind][k]:.1%}" for one in both)

    def participation(kind: str) -> tuple[str, str]:
        return tuple(f"{one['dimension']['participation'][kind]:.3g}" for one in both)

    rows = [
        ("Runs", *(str(one["n_runs"]) for one in both)),
        ("Models", *(str(one["n_models"]) for one in both)),
        ("Explained stress, 3 axes", *stress("models", "3")),
        ("Explained stress, 3 axes, from the end of epoch 1 on", *stress("from_epoch_1", "3")),
        ("Participation ratio between runs at equal progress", *participation("between")),
    ]
    nulls = [stress("null", "3"), stress("from_epoch_1_null", "3"), participation("between_null")]
    cells = [tuple(cell.strip() for cell in line.split("|")[1:-1]) for line in README.splitlines()]
    assert set(rows) <= set(cells)
    assert [cell[1:] for cell in cells if cell[:1] == ("the same for its null",)] == nulls


def test_counts_of_claims_in_the_readme_are_those_of_the_verdicts():
    judged = [claim for claim in json.loads((RESULTS / "claims.json").read_text()) if claim["verdict"] != "not tested"]
    n = {verdict: sum(claim["verdict"] == verdict for claim in judged) for verdict in VERDICTS}
    counts = " ".join(README.split())
    assert f"Of {len(judged)} claims {n['held']} hold in the default study and {n['not held']} do not" in counts
    assert f"{n['null passes too']} are met by the null as well, which is no evidence" in counts
    assert f"and {n['cannot tell']} cannot be decided" in counts
    same = re.search(r"(\d+ of \d+) claims have the same verdict", (RESULTS / "replicate.md").read_text()).group(1)
    assert f"[with other seeds](results/fashion/replicate.md) {same} are the same" in counts
    turned = set(re.findall(r"^\| \*\*(\w+)\*\* ", (RESULTS / "replicate.md").read_text(), re.MULTILINE))
    stay = [claim["verdict"] for claim in judged if claim["id"] not in turned]
    *others, undecided = (stay.count(verdict) for verdict in ("held", "not held", "null passes too", "cannot tell"))
    left = ", ".join(map(str, others))
    assert f"count as *cannot tell*, which leaves {left} and {undecided + len(turned)}; on another" in counts
    assert "on another processor [all are](results/fashion/other_processor.md)" in counts
    all_of_them, table = f"{len(judged)} of {len(judged)}", (RESULTS / "other_processor.md").read_text()
    assert f"{all_of_them} claims have the same verdict" in table and f"{all_of_them} numbers agree" in table


@pytest.mark.parametrize("table", ["replicate", "other_processor"])
def test_tables_of_other_runs_compare_the_published_one(table):
    judged = [claim for claim in json.loads((RESULTS / "claims.json").read_text()) if claim["verdict"] != "not tested"]
    lines = (RESULTS / f"{table}.md").read_text().splitlines()
    cells = [[cell.strip(" *") for cell in line.split("|")[1:3]] for line in lines if line.startswith("| ")][1:]
    assert sorted(cells) == sorted([claim["id"], f"{with_ends(claim)}<br>{claim['verdict']}"] for claim in judged)
