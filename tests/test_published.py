"""The figures and notebooks in git are those that this tree makes, and the README shows them."""

import json
import re

import nbformat
import pytest
from conftest import ROOT
from provenance import provenance

from inpca.config import read_study

RESULTS, FIGURES = ROOT / "results/fashion", ROOT / "figures/fashion"
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
README = (ROOT / "README.md").read_text()


def test_published_figures_are_not_stale(monkeypatch):
    monkeypatch.chdir(ROOT)
    recorded = json.loads((RESULTS / "provenance.json").read_text())
    study = read_study("config/fashion.yaml").model_dump(mode="json")
    now = provenance(study, NOTEBOOKS)
    changed = sorted(name for name in recorded.keys() | now.keys() if recorded.get(name) != now.get(name))
    assert not changed, f"made from other versions of {', '.join(changed)}; run make and commit what it changes"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_executed_notebooks_are_whole(name):
    notebook = nbformat.read(RESULTS / f"notebooks/{name}.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert not any(output.output_type == "error" for cell in code for output in cell.outputs)


def test_published_files_are_small():
    files = [*FIGURES.rglob("*.png"), *(RESULTS / "notebooks").glob("*.ipynb")]
    assert len(files) > len(NOTEBOOKS) + 10
    assert max(file.stat().st_size for file in FIGURES.rglob("*.png")) < 1e6
    assert sum(file.stat().st_size for file in files) < 25e6


def test_readme_links_to_files_that_exist():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert any(link.endswith(".png") for link in links) and any(link.endswith(".ipynb") for link in links)
    assert not [link for link in links if not (ROOT / link).exists()]


def test_numbers_in_the_readme_are_those_of_the_metrics():
    train, test = (
        json.loads((RESULTS / f"metrics/{name}.json").read_text()) for name in ("main_manifold", "test_embedding")
    )
    rows = {
        "Runs": (train["n_runs"], test["n_runs"]),
        "Models": (train["n_models"], test["n_models"]),
        **{
            f"Explained stress, {k} axes": tuple(f"{numbers['explained_stress'][k]:.1%}" for numbers in (train, test))
            for k in ("1", "2", "3", "10", "50")
        },
    }
    for name, (left, right) in rows.items():
        row = next(line for line in README.splitlines() if line.startswith(f"| {name.replace('1 axes', '1 axis')} |"))
        assert [cell.strip() for cell in row.split("|")[2:4]] == [str(left), str(right)]
