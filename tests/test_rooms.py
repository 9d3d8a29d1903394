"""Rooms are found by their folders: what a new one needs is a folder, a notebook and a section in a study."""

import json
import re
from pathlib import Path

import nbformat
import pytest
import yaml
from conftest import ROOT, snakemake

from paper.report.claims import read_claims
from paper.study.rooms import rooms

EXPERIMENT = """
from pydantic import Field

from paper.study import files
from paper.study.rooms import Room, Section


class Counts(Section):
    largest: int = Field(default=5, ge=1, description="error above which a run counts, in percent")


ROOM = Room(
    place=99,
    section=Counts,
    reads=lambda study, section: {"models": files.models("main"), "counts": "counts.json"},
    figures=("errors",),
    analysis=("fitted_error",),
    settings=("largest",),
)
"""
JOB = """
from pathlib import Path

from paper.command import run


def count(largest: int, output: Path) -> None:
    output.write_text(f'{{"largest": {largest}}}')


if __name__ == "__main__":
    run(count)
"""
RULES = """
rule count:
    input:
        code=library_modules("paper/rooms/counts/jobs/count.py"),
    output:
        f"{RESULTS}/counts.json",
    params:
        largest=study.sections()["counts"].largest,
    shell:
        "python -P -m paper.rooms.counts.jobs.count --largest {params.largest:q} --output {output:q}"
"""
CLAIMS = """
claims:
  - id: most_runs_err
    text: Most models err more than that.
    source: no paper
    paper: null
    number: above
    rule: {at_least: 1}
    why_no_control: a count of models
    scale: Not known.
"""
PARAMETERS = """models: str = ""  # model table
counts: str = ""  # made by the room's job
figures: str = ""  # where figures are written
numbers_file: str = ""  # where numbers are written
claims_file: str = ""  # claims that the numbers bear on
fitted_error: float = 0.1  # train error up to which a run counts as fitted
largest: int = 5  # in percent"""
CELLS = (
    """import json
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from paper.figures.style import save_figure
from paper.report.numbers import show_claims, write_numbers""",
    """assert json.loads(Path(counts).read_text()) == {"largest": largest}
errors = pd.read_parquet(models)["test_error"]
figure, axes = plt.subplots()
axes.hist(errors)
save_figure(figure, figures, "errors", "How many models have which test error.")""",
    """write_numbers(numbers_file, {"above": int((100 * errors > largest).sum()), "fitted_error": fitted_error})
show_claims(claims_file, numbers_file)""",
)


def add_room(folder: Path) -> None:
    """The room ``counts``, its notebook, and its section in the smoke study."""
    room = folder / "paper/rooms/counts"
    (room / "jobs").mkdir(parents=True)
    files = {"experiment.py": EXPERIMENT, "jobs/count.py": JOB, "rules.smk": RULES, "claims.yaml": CLAIMS}
    for name, text in files.items() | {("__init__.py", ""), ("jobs/__init__.py", "")}:
        (room / name).write_text(text)
    parameters = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    notebook = nbformat.v4.new_notebook(cells=[parameters, *map(nbformat.v4.new_code_cell, CELLS)])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, folder / "notebooks/counts.ipynb")
    path = folder / "config/smoke.yaml"
    study = yaml.safe_load(path.read_text())
    study["notebooks"]["counts"] = {"largest": 7}
    path.write_text(yaml.safe_dump(study, sort_keys=False))


def following(path: Path) -> str:
    """The notebook that an executed one links to at its end."""
    links = nbformat.read(path, as_version=4).cells[-1].source
    return re.search(r"Next: \[(\w+)\]\(\1\.ipynb\)$", links)[1]


def test_a_new_experiment_is_a_folder_a_notebook_and_a_section(finished):
    add_room(finished)
    done = snakemake(finished, "--configfile", "config/smoke.yaml")
    shown = done.stdout + done.stderr
    assert done.returncode == 0, shown[-4000:]
    results = finished / "results/smoke"
    assert json.loads((results / "numbers/counts.json").read_text())["fitted_error"] == 0.9
    assert (finished / "figures/smoke/counts/errors.pdf").is_file()
    assert "Most models err more than that." in (results / "claims.md").read_text()
    assert "Most models err more than that." in (results / "notebooks/counts.html").read_text()
    assert "paper/rooms/counts/jobs/count.py" in json.loads((results / "provenance.json").read_text())
    links = {name: following(results / f"notebooks/{name}.ipynb") for name in [*rooms(), "counts"]}
    assert list(links.values()) == [*list(links)[1:], "schematic"]
    assert not any(rule in shown for rule in ("rule train:", "rule distances:", "rule notebook_main_manifold:"))
    done = snakemake(finished, "--configfile", "config/smoke.yaml", "--config", "notebooks={counts: {largest: 0}}")
    assert "notebooks.counts.largest: 0 is not allowed" in done.stdout + done.stderr


@pytest.mark.parametrize("name", rooms())
def test_every_room_has_its_notebook_and_its_claims(name):
    assert (ROOT / f"notebooks/{name}.ipynb").is_file()
    read_claims(ROOT / f"paper/rooms/{name}/claims.yaml")


def test_rooms_are_the_notebooks_in_an_order_of_their_own():
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} == set(rooms())
    places = [room.place for room in rooms().values()]
    assert places == sorted(set(places))


def test_the_shared_part_knows_no_room_by_name():
    shared = [
        ROOT / "Snakefile",
        *(ROOT / "workflow").rglob("*"),
        *(ROOT / "paper").glob("*/*.py"),
        *ROOT.glob("paper/*.py"),
    ]
    texts = {path: path.read_text() for path in shared if path.suffix in (".py", ".smk", "") and path.is_file()}
    for name in rooms():
        named = [str(path) for path, text in texts.items() if f"rooms.{name}" in text or f"rooms/{name}" in text]
        assert not named, name
