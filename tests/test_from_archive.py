"""The smoke study, archived, and made again from its archive: no network is trained, and numbers are the same bytes."""

import json
import re
import shutil
import subprocess
import sys
import zipfile

import pytest
from conftest import ROOT, SMOKE, copy_finished, copy_project, snakemake
from test_crate import check_crate
from test_workflow import dry_run

from inpca.files import sha256
from paper.archive.reading import read_archive

RESULTS = "results/smoke"


@pytest.fixture(scope="module")
def published(smoke, tmp_path_factory):
    """The finished smoke study with its archive and its crate."""
    folder = copy_finished(smoke, tmp_path_factory.mktemp("published") / "project")
    done = snakemake(folder, *SMOKE, "--", "archive", "crate")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert set(re.findall(r"^(?:local)?rule (\w+):", done.stderr, re.M)) == {"archive", "crate"}
    return folder


@pytest.fixture(scope="module")
def again(published, tmp_path_factory):
    """A fresh clone in which the study was made from the archive, as make from-archive does but on one core."""
    folder = copy_project(tmp_path_factory.mktemp("again") / "fresh clone")
    archive = published / RESULTS / "predictions.tar"
    unpack = [sys.executable, "-m", "paper.archive", "unpack", str(archive), "--study", "config/smoke.yaml"]
    done = subprocess.run(unpack, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    done = snakemake(folder, *SMOKE, "--touch", "--forceall", "--", "trained")
    assert done.returncode == 0, done.stderr
    done = snakemake(folder, *SMOKE, cores=1)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return folder, done.stdout + done.stderr


def jobs_that_train(shown):
    """Rules that ran and train networks, or prepare data for that."""
    ran = set(re.findall(r"^(?:local)?rule (\w+):", shown, re.M))
    assert {"model_table", "notebook_sloppy_synthetic", "embed_synthetic", "provenance"} <= ran
    return {name for name in ran if name.startswith(("train", "sweep")) or name in ("dataset", "synthetic_data")}


def test_nothing_is_trained_and_no_data_set_is_read(again):
    folder, shown = again
    assert not jobs_that_train(shown)
    assert not (folder / "data").exists()


def test_rules_that_train_are_those_whose_jobs_load_torch():
    """Whatever trains is in the archive: the rules that add to it are all that run a job of training."""
    rules = [*ROOT.glob("workflow/rules/*.smk"), *ROOT.glob("paper/rooms/*/rules.smk")]
    training = {
        file for file in rules if re.search(r"library_modules\(\"[\w/]*(train|sweep|make_up)\.py\"\)", file.read_text())
    }
    assert training == {file for file in rules if "TRAINED +=" in file.read_text()}


def test_numbers_and_claims_are_those_of_the_original_run(again, published):
    folder, _ = again
    numbers = sorted((published / RESULTS / "numbers").glob("*.json"))
    assert len(numbers) == len(list((ROOT / "notebooks").glob("*.ipynb")))
    for file in [*numbers, published / RESULTS / "claims.json"]:
        assert (folder / file.relative_to(published)).read_bytes() == file.read_bytes()


def test_results_are_the_same_bits_for_one_core_and_in_another_folder(again, published):
    folder, _ = again
    kinds = ["numbers/*.json", "notebooks/*", "embeddings/*/*.nc", "distances/*/*", "dimension/*/*", "trajectories/*/*"]
    kinds = [f"{RESULTS}/{kind}" for kind in kinds] + ["figures/smoke/**/*.*"]
    files = [path.relative_to(published) for kind in kinds for path in published.glob(kind)]
    assert len(files) > 150
    assert not [str(file) for file in files if (folder / file).read_bytes() != (published / file).read_bytes()]


def test_nothing_is_left_to_do(again):
    folder, _ = again
    assert "Nothing to be done" in snakemake(folder, *SMOKE, "--dry-run").stdout


def test_new_times_of_the_code_plan_nothing(again, tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(again[0], folder)
    for file in [*folder.rglob("*.py"), *folder.rglob("*.ipynb")]:
        file.touch()
    assert "Nothing to be done" in snakemake(folder, *SMOKE, "--dry-run").stdout


def test_settings_of_training_train_again(again):
    jobs = dry_run(again[0], "--config", "notebooks={corner_initialization: {fit_epochs: 151}}")
    assert jobs["train_corner"] == 2 and not {"dataset", "train"} & set(jobs)


def test_provenance_names_the_archive(again, published):
    folder, _ = again
    ours, theirs = (json.loads((one / RESULTS / "provenance.json").read_text()) for one in (folder, published))
    assert ours.pop("archive") == sha256(published / RESULTS / "predictions.tar")
    assert ours == theirs and "archive" not in theirs


def test_the_archive_is_found_sound_and_compares_as_the_same(again, published):
    archive = published / RESULTS / "predictions.tar"
    assert read_archive(archive)["study"] == "smoke"
    compare = [sys.executable, "-m", "paper.archive", "compare", str(archive), "--study", "config/smoke.yaml"]
    done = subprocess.run(compare, cwd=again[0], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "byte for byte" in done.stdout and not done.stderr


def test_packing_again_gives_the_same_bytes(published):
    archive = published / RESULTS / "predictions.tar"
    before = sha256(archive)
    done = snakemake(published, *SMOKE, "--force", "--", "archive")
    assert done.returncode == 0, done.stderr
    assert sha256(archive) == before


def test_the_crate_describes_the_run(published):
    with zipfile.ZipFile(published / RESULTS / "crate.zip") as crate:
        graph = check_crate(crate)
    action = next(entity for entity in graph.values() if entity["@type"] == "CreateAction")
    results = {one["@id"] for one in action["result"]}
    figures = {file.relative_to(published).as_posix() for file in (published / "figures/smoke").rglob("*.png")}
    numbers = {file.relative_to(published).as_posix() for file in (published / RESULTS / "numbers").glob("*")}
    assert figures | numbers | {f"{RESULTS}/claims.md", f"{RESULTS}/provenance.json", "#predictions"} <= results
    assert graph["#predictions"]["sha256"] == sha256(published / RESULTS / "predictions.tar")
    assert {"config/smoke.yaml", "#prepared-data"} <= {one["@id"] for one in action["object"]}
    assert action["startTime"] < action["endTime"]
