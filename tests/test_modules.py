"""What a job or a notebook depends on is found through everything that it imports."""

import subprocess
import sys

from conftest import ROOT
from modules import library_modules, rule_files, rule_jobs

from paper.study.study import read_study


def test_modules_are_followed_through_the_library(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # names are relative to the project wherever one is
    found = library_modules("workflow/scripts/embed.py")
    assert {
        "inpca/embedding/estimator.py",
        "inpca/distances/pairwise.py",
        "inpca/probabilities.py",
        "inpca/files.py",
    } <= set(found)
    assert not {"paper/training/runs.py", "paper/study/study.py", "paper/figures/style.py"} & set(found)


def test_names_that_the_library_loads_late_have_their_modules_as_dependencies(tmp_path):
    (tmp_path / "script.py").write_text("from inpca import InPCA, Recorder")
    assert {"inpca/embedding/estimator.py", "inpca/embedding/spectral.py", "inpca/recording/recorder.py"} <= set(
        library_modules(tmp_path / "script.py")
    )


def test_a_package_that_loads_its_modules_late_stands_for_all_of_them():
    found = library_modules("paper/figures/spectrum.py")
    assert {"inpca/plotting/__init__.py", "inpca/plotting/spectrum.py", "inpca/plotting/pairs.py"} <= set(found)
    assert not {"inpca/recording/recorder.py", "inpca/embedding/estimator.py"} & set(found)


def test_a_study_depends_on_the_jobs_of_its_rooms_alone():
    of_synthetic = rule_jobs(rule_files(read_study(ROOT / "config/synthetic.yaml")))
    jobs = [f"paper/rooms/sloppy_synthetic/jobs/{name}.py" for name in ("data", "geometry", "sweep", "train")]
    assert of_synthetic == [*jobs, "workflow/scripts/claims.py", "workflow/scripts/run_notebook.py"]
    studies = ("fashion", "authors", "rehearsal", "beyond")
    everything = {job for name in studies for job in rule_jobs(rule_files(read_study(ROOT / f"config/{name}.yaml")))}
    scripts = [*ROOT.glob("workflow/scripts/*.py"), *ROOT.glob("paper/rooms/*/jobs/*.py")]
    no_jobs = ("__init__", "modules", "captions", "provenance", "archive", "crate")
    assert sorted(everything) == sorted(str(path.relative_to(ROOT)) for path in scripts if path.stem not in no_jobs)


def test_packages_of_a_module_are_among_what_it_needs():
    found = library_modules("paper/rooms/ensembles/jobs/ensemble.py")
    packages = "paper/__init__.py", "paper/rooms/__init__.py", "paper/rooms/ensembles/__init__.py", "inpca/__init__.py"
    assert {*packages, "paper/rooms/ensembles/analysis.py", "inpca/centroids.py"} <= set(found)


def test_analysis_does_not_import_torch():
    code = (
        "import sys, paper.report.embedding, paper.models, paper.figures.interactive; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
