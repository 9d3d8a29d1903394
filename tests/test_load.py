"""A study of thousands of runs is planned in little time, and what that takes is written into the guide."""

import json

import load
import pytest
from conftest import ROOT

from paper.rehearsal.record import Size, planned
from paper.study.common import Grid
from paper.study.study import read_study
from paper.study.yaml_file import read_yaml

TOOK = {"wall": 120.0, "own_cpu": 30.0, "started_cpu": 90.0, "memory": 3e9}
RECORD = {
    "planning": {"seconds": 7.4, "jobs": 70},
    "attempts": [TOOK, TOOK],
    "machine": {"cores": 2},
    "stages": [{"memory": 1.5e9}, {"memory": None}],
}


def test_the_study_has_2000_runs_and_60000_models():
    study = read_study(load.FILE)
    assert Size(study, load.FILE).counts == {"configurations": 50, "runs": 2000, "models": 60_000}
    changed = read_study(load.with_one_seed(read_yaml(load.FILE), 200))
    assert Size(changed, load.FILE).counts == {"configurations": 2000, "runs": 2000, "models": 60_000}


def test_a_job_does_not_expand_the_grids_of_its_study_again(monkeypatch):
    expanded, expand = [], Grid.expand
    monkeypatch.setattr(Grid, "expand", lambda grid, networks: expanded.append(grid) or expand(grid, networks))
    study = read_study(load.FILE)
    once = len(expanded)
    ids = [study.job("main", name).id for name in study.configurations("main")]
    assert len(ids) == 50 and len(expanded) == once == 1


def test_a_study_that_was_copied_has_its_own_runs():
    study = read_study(load.FILE)
    main = study.experiments["main"]
    study.runs("main")
    copied = study.model_copy(update={"experiments": {"main": main.model_copy(update={"seeds": [7]})}})
    assert {tuple(seeds) for _, seeds in copied.runs("main").values()} == {(7,)}
    assert len(next(iter(study.runs("main").values()))[1]) == 40
    assert read_study(load.FILE) == study  # whether it was asked for them or not
    assert read_study(ROOT / "config/smoke.yaml", changes={"seed_shift": 5}).job(
        "main", "fc-sgdn-b20-lr0.05-wd0-none"
    ).seeds == [47, 48]


def test_what_was_measured_is_written_into_the_guide(tmp_path, monkeypatch):
    many = {"configurations": 2000, "runs": 2000, "models": 60_000, "jobs": 2016, "seconds": 31.0, "cpu": 25.0}
    monkeypatch.setattr(load, "planned", lambda size, cores: many)
    monkeypatch.setattr(load, "run", lambda size, cores: json.loads(json.dumps(RECORD)))
    monkeypatch.setattr(load, "many_configurations", lambda: None)
    monkeypatch.setattr(load, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr("sys.argv", ["load.py", "--cores", "2"])
    (tmp_path / "page.md").write_text((ROOT / "docs/guide/promises.md").read_text("utf-8"), encoding="utf-8")
    load.main()
    text = (tmp_path / "page.md").read_text("utf-8").replace("\n", " ")
    assert "2,000 tiny runs of 50 configurations, 60,000 models, were trained and embedded: planned in 7 s" in text
    assert "run in 4 min (4 CPU-minutes) on 2 cores" in text and "3.0 GB in all processes together and 1.5 GB" in text
    assert "2,000 configurations, 2,016 jobs, were planned in 25 CPU-seconds, 31 s; none" in text
    assert load.text(None, {}, many).endswith("has not been measured.")


@pytest.mark.faults
def test_2000_jobs_are_planned_in_60_seconds(tmp_path, monkeypatch):
    command = Size.command
    there = ("--snakefile", str(ROOT / "Snakefile"))
    monkeypatch.setattr(Size, "command", lambda size, cores, *options: command(size, cores, *there, *options))
    monkeypatch.chdir(tmp_path)
    took = planned(load.many_configurations(), 2)
    assert took["jobs"] > 2000 and took["cpu"] < 60
