"""A rehearsal measures a study at several sizes, goes on after an interruption, and tells how what it takes grows."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import ROOT
from PIL import Image

from paper.rehearsal import __main__ as rehearsal
from paper.rehearsal import record
from paper.rehearsal.figure import draw, largest
from paper.rehearsal.growth import BenchmarkError, exponent, stages
from paper.rehearsal.measured import Measured, measure
from paper.rehearsal.record import RECORD, RehearsalError, Size
from paper.rehearsal.report import ALT
from paper.rehearsal.sizes import with_levels, with_seeds
from paper.study.made_up import NOTICE
from paper.study.study import read_study
from paper.study.yaml_file import read_yaml

FULL = ROOT / "config/rehearsal.yaml"
HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
STUDY = {
    "study": "tried",
    "dataset": {"name": "made_up", "n_train": 40, "n_test": 40},
    "made_up": {"dimension": 2},
    "networks": {"a": {"kind": "fc", "widths": [4]}, "b": {"kind": "fc", "widths": [8]}},
    "experiments": {
        "main": {
            "seeds": [1, 2, 3, 4],
            "checkpoints": {"schedule": "log", "number": 8},
            "grids": [
                {
                    "network": ["a", "b"],
                    "optimizer": ["sgd", "adam"],
                    "batch": [{"size": 20, "learning_rate": 0.1}],
                    "weight_decay": [0, 1e-3],
                    "augmentation": ["none", "cropflip"],
                    "epochs": 2,
                }
            ],
        }
    },
}


def benchmark(folder, name, seconds, memory="100.00", cpu=None):
    path = folder / f"{name}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    cpu = f"{seconds / 2:.2f}" if cpu is None else cpu
    path.write_text(f"{HEADER}{seconds:.4f}\t0:00:01\t{memory}\t1\t1\t1\t0\t0\t50.0\t{cpu}\n")


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    Path("tried.yaml").write_text(yaml.safe_dump(STUDY))
    return Path("tried.yaml")


class Snakemake:
    """Stands for Snakemake: of n runs, jobs take n seconds, but stages of another power; plans n jobs."""

    def __init__(self):
        self.ran, self.fails = [], None

    def __call__(self, command, log, told=None, every=1.0):
        study = read_study(command[command.index("--configfile") + 1])
        n = sum(len(seeds) for _, seeds in study.runs("main").values())
        log.parent.mkdir(parents=True, exist_ok=True)
        took = Measured(0.5 * n, 0.1 * n, 0.9 * n, 10**8, 10**9, True)
        if "--dry-run" in command:
            log.write_text(f"job  count\nmade_up  1\ntotal  {n}\n")
            return took
        self.ran.append(study.study)
        told(replace(took, ended=False))
        if self.fails == study.study:
            return replace(took, ended=False)
        results = Path("results") / study.study
        for name, power in {"made_up/main/x": 1, "distances/main/train": 2, "notebooks/one_room": 0}.items():
            benchmark(results / "benchmarks", name, float(n) ** power)
        (results / "predictions").mkdir()
        (results / "predictions/x").write_bytes(bytes(4096 * n))
        both = {"between": 1.9, "between_null": 30.0}
        stress = {"between": {"3": 0.9}, "between_null": {"3": 0.1}}
        numbers = {"dimension": {"participation": both, "stress": stress}}
        (results / "numbers").mkdir()
        for room in ("main_manifold", "test_embedding"):
            (results / f"numbers/{room}.json").write_text(json.dumps(numbers))
        return took


@pytest.fixture
def snakemake(monkeypatch):
    stand_in = Snakemake()
    monkeypatch.setattr(record, "measure", stand_in)
    monkeypatch.setattr(rehearsal, "draw", lambda sizes, folder: None)
    return stand_in


@pytest.mark.parametrize("power", [0, 0.5, 1, 2])
def test_the_exponent_of_a_power_law_is_its_own(power):
    n = np.array([600, 1200, 2296])
    found = exponent(n, 3.5 * n**power)
    assert found.value == pytest.approx(power) and found.error == pytest.approx(0, abs=1e-6)


def test_the_error_of_an_exponent_is_that_of_least_squares(rng):
    n, noise = np.geomspace(10, 1000, 5), rng.normal(size=5) / 10
    x, y = np.log(n), np.log(n) + noise
    design = np.stack([np.ones(5), x], axis=1)
    fit, squares, *_ = np.linalg.lstsq(design, y)
    found = exponent(n, np.exp(y))
    assert found.value == pytest.approx(fit[1])
    assert found.error == pytest.approx(np.sqrt(squares[0] / 3 * np.linalg.inv(design.T @ design)[1, 1]))


def test_two_sizes_have_an_exponent_without_an_error_and_one_has_none():
    assert str(exponent([1, 2], [1, 4])) == "2.00"
    with pytest.raises(ValueError, match="two sizes or more"):
        exponent([5, 5], [1, 2])


def test_stages_are_sums_over_their_jobs_and_memory_is_that_of_the_largest(tmp_path):
    benchmark(tmp_path, "made_up/main/a", 1.5, "100.00", "1.00")
    benchmark(tmp_path, "made_up/main/b", 2.5, "300.00", "2.00")
    benchmark(tmp_path, "made_up/other/c", 0.1, "NA", "NA")
    benchmark(tmp_path, "notebooks/one_room", 9.0)
    benchmark(tmp_path, "dataset", 0.2, "NA", "NA")
    found = stages(tmp_path)
    assert list(found.index) == ["notebooks: one room", "made up", "dataset"]
    made_up = found.loc["made up"]
    assert (made_up["jobs"], made_up["cpu"], made_up["memory"]) == (3, 3, 300 * 2**20)
    assert made_up["seconds"] == pytest.approx(4.1)
    assert found.loc["dataset"].isna().tolist() == [False, False, True, True]


def test_benchmarks_that_are_missing_or_damaged_are_named(tmp_path):
    with pytest.raises(BenchmarkError, match=r"benchmarks has no benchmarks: run the study first"):
        stages(tmp_path / "benchmarks")
    for text in ("", HEADER, "s\tcpu_time\n1\t2\n", "no\ttable\n"):
        (tmp_path / "dataset.tsv").write_text(text)
        with pytest.raises(BenchmarkError, match=r"dataset\.tsv is no benchmark of Snakemake"):
            stages(tmp_path)


def test_sizes_of_the_rehearsal_are_those_of_the_paper_and_about_a_half_and_a_quarter(tmp_path, monkeypatch):
    data, full = read_yaml(FULL), read_study(FULL)
    monkeypatch.chdir(tmp_path)
    sizes = [Size.of(with_seeds(data, n), FULL) for n in rehearsal.SEEDS]
    counts = [size.counts for size in sizes]
    assert [one["runs"] for one in counts] == [693, 1151, 2296]
    assert {one["configurations"] for one in counts} == {231} and counts[-1]["models"] == 151407
    assert sizes[-1].study == full and sizes[-1].file == FULL
    assert [size.study.study for size in sizes] == ["rehearsal_693", "rehearsal_1151", "rehearsal"]
    for size in sizes[:2]:  # the same study but for its seeds
        assert size.study.networks == full.networks and size.study.notebooks == full.notebooks
        assert size.study.experiments["ensembles"] == full.experiments["ensembles"]
        assert read_study(size.file) == size.study
    fewer = [read_study(with_levels(data, levels)) for levels in rehearsal.LEVELS]
    assert [len(one.configurations("main")) for one in fewer] == [60, 117]


def test_a_rehearsal_runs_all_sizes_and_tells_how_they_grow(study, snakemake):
    Path("figures/tried").mkdir(parents=True)
    rehearsal.rehearse(study, (1, 2, 4), cores=2)
    assert snakemake.ran == ["tried_16", "tried_32", "tried"]
    text = Path("results/tried/report.md").read_text(encoding="utf-8")
    assert NOTICE in text and "what 64 runs take" in text and "in **2** directions" in text
    rows = rows_of(text)
    assert rows["time"] == ["8.0 s", "16 s", "32 s", "1.00 ± 0.00"]
    assert rows["Snakemake's share"] == ["10.0%", "10.0%", "10.0%", ""]
    assert rows["memory of all at once"][-1] == "0.00 ± 0.00" and rows["of that predictions"][-1] == "1.00 ± 0.00"
    assert rows["made up"] == ["1", "16 s", "32 s", "64 s", "1.00 ± 0.00", "32 s", "1.00 ± 0.00", "105 MB"]
    assert rows["distances"][4] == "2.00 ± 0.00" and rows["notebooks: one room"][4] == "0.00 ± 0.00"
    assert rows["train"] == rows["test"] == ["1.9", "30", "90.0%", "10.0%"]
    assert "Exponent of the time in the number of jobs: 1.00 ± 0.00." in text
    measured = json.loads(Path("results/tried/growth.json").read_text())
    assert [one["planning"]["runs"] for one in measured["sizes"]] == [16, 32, 64]
    assert [one["runs"] for one in measured["planning"]] == [16, 32, 64]


def test_the_figure_shows_what_grows_and_says_so(study, snakemake, tmp_path):
    records = [record.run(size, 2) for size in rehearsal.sizes_of(study, (1, 2, 4))]
    assert largest(records) == {"distances": [256.0, 1024.0, 4096.0]}  # the others take less than a fiftieth
    draw(records[:1], tmp_path)
    draw(records, tmp_path)
    with Image.open(tmp_path / "growth.png") as image:
        assert image.info["Description"] == ALT and image.size[0] > 800


def rows_of(text):
    """Cells of the tables' rows by the first, of rows that begin alike the first."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    return {first: rest for first, *rest in reversed(rows)}


def test_a_size_that_fails_is_begun_again_and_others_are_not(study, snakemake):
    snakemake.fails = "tried_32"
    with pytest.raises(RehearsalError, match=r"tried_32 failed; results/tried_32/logs/snakemake.log says why"):
        rehearsal.rehearse(study, (1, 2, 4), cores=2)
    text = Path("results/tried/report.md").read_text(encoding="utf-8")
    assert "what 16 runs take" in text and "Not run to their end: the sizes of 32 and 64 runs." in text
    snakemake.fails = None
    rehearsal.rehearse(study, (1, 2, 4), cores=2)
    assert snakemake.ran == ["tried_16", "tried_32", "tried_32", "tried"]
    text = Path("results/tried/report.md").read_text(encoding="utf-8")
    assert "Begun again after an interruption, which is in their times: 32 runs in 2 parts." in text
    rows = rows_of(text)
    assert rows["time"][:3] == ["8.0 s", "32 s", "32 s"]
    rehearsal.rehearse(study, (1, 2, 4), cores=2)
    assert len(snakemake.ran) == 4


def test_a_report_needs_a_size_that_was_run(study, snakemake):
    with pytest.raises(RehearsalError, match="no size has been run to its end"):
        rehearsal.write(study, (1, 2), cores=2)


def test_what_was_not_measured_as_a_whole_or_was_changed_is_not_taken_for_it(study, snakemake):
    benchmark(Path("results/tried/benchmarks"), "dataset", 1.0)
    with pytest.raises(RehearsalError, match=r"results/tried holds jobs that ran, but .*; delete it to measure them"):
        rehearsal.rehearse(study, (2, 4), cores=2)
    assert snakemake.ran == []
    Path("results/tried/benchmarks/dataset.tsv").unlink()
    rehearsal.rehearse(study, (4,), cores=2)
    study.write_text(yaml.safe_dump(STUDY | {"analysis": {"geodesic_points": 5}}))
    with pytest.raises(RehearsalError, match=r"measured.json is of another configuration than tried.yaml has now"):
        rehearsal.rehearse(study, (4,), cores=2)
    Path("results/tried", RECORD).write_text("[]")
    with pytest.raises(RehearsalError, match=r"measured.json is no record of a rehearsal"):
        rehearsal.rehearse(study, (4,), cores=2)


def test_a_study_that_cannot_be_planned_is_said(study, monkeypatch):
    def failing(command, log, told=None, every=1.0):
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("no")
        return Measured()

    monkeypatch.setattr(record, "measure", failing)
    with pytest.raises(RehearsalError, match=r"study.yaml cannot be planned; .*planning.log says why"):
        rehearsal.rehearse(study, (1, 2), cores=2)


def test_the_commands_mistakes_are_said_on_one_line(study, monkeypatch, capsys):
    for arguments, message in {
        ("nowhere.yaml",): "error: nowhere.yaml cannot be read: No such file or directory",
        ("--report", "tried.yaml"): "error: no size has been run to its end",
        ("--seeds", "0"): "--seeds and --cores are numbers from 1 on",
    }.items():
        monkeypatch.setattr(sys, "argv", ["rehearsal", *arguments])
        monkeypatch.setattr(rehearsal, "plannings", lambda *_: [])
        with pytest.raises(SystemExit) as stopped:
            rehearsal.main()
        assert message in f"{stopped.value.code}{capsys.readouterr().err}"


BUSY = "t = time.process_time\nwhile t() < {}: pass\n"


def test_cpu_times_are_those_of_the_program_and_of_what_it_started(tmp_path):
    child = f"import time\n{BUSY.format(0.6)}"
    start = f"import subprocess, sys, time\nsubprocess.run([sys.executable, '-c', {child!r}])\n"
    code = f"{start}{BUSY.format(0.3)}print('said')"
    looks = []
    took = measure([sys.executable, "-c", code], tmp_path / "logs/log.txt", looks.append, every=0.05)
    assert took.ended and 0.25 < took.own_cpu < 0.55 < took.started_cpu < 0.9
    assert took.wall > 0.4 and took.memory > took.own_memory > 5e6
    assert looks and not any(look.ended for look in looks)
    assert (tmp_path / "logs/log.txt").read_text() == "said\n"


def test_a_program_that_fails_has_not_ended_well(tmp_path):
    assert not measure([sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "log.txt", every=0.05).ended


def test_a_rehearsal_that_is_asked_to_end_ends_its_program_and_keeps_what_it_knows(tmp_path):
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom paper.rehearsal.measured import measure\n"
        "measure([sys.executable, '-c', 'import time; time.sleep(600)'], 'log.txt',"
        " lambda took: Path('told').write_text(str(took.wall)), every=0.05)"
    )
    stopped = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    while not (tmp_path / "told").exists() and stopped.poll() is None:
        time.sleep(0.05)
    children = Path(f"/proc/{stopped.pid}/task/{stopped.pid}/children").read_text().split()
    stopped.send_signal(signal.SIGTERM)
    assert stopped.wait(60) == 128 + signal.SIGTERM
    assert children and not any(os.path.exists(f"/proc/{child}") for child in children)
