import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from browser import browser  # noqa: F401 -- one for all modules: two at a time are refused
from filelock import FileLock

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "workflow/scripts"), str(ROOT / "benchmarks")]
#: Programs that tests start find this tree, as those that make starts do.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))


def pytest_collection_modifyitems(items):
    """What asks for the finished smoke study, or for a copy of the project to run Snakemake in, is slow."""
    for item in items:
        if {"smoke", "project"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def models(rng):
    """Forty models on 30 samples and 4 classes, from confident to ignorant."""
    sharpness = rng.uniform(0.05, 3, size=(40, 1, 1))
    weights = rng.gamma(np.broadcast_to(sharpness, (40, 30, 4))) + 1e-12
    return weights / weights.sum(axis=-1, keepdims=True)


def copy_project(target: Path) -> Path:
    """The project as a fresh clone would have it, with uncommitted edits, without results."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith(("results/", "figures/")):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def snakemake(folder: Path, *arguments: str, cores: int = 2) -> subprocess.CompletedProcess:
    """Run snakemake on the project copy in ``folder``."""
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


SMOKE = ("--configfile", "config/smoke.yaml")


@pytest.fixture(scope="session")
def smoke(tmp_path_factory):
    """A copy of the project in which the smoke study was run; one for all processes that run tests, never changed."""
    together = "PYTEST_XDIST_WORKER" in os.environ
    root = tmp_path_factory.getbasetemp().parent if together else tmp_path_factory.getbasetemp()
    folder, said = root / "smoke", root / "smoke.txt"
    with FileLock(root / "smoke.lock"):
        if not said.exists():
            done = snakemake(copy_project(folder), *SMOKE)
            said.write_text(f"{done.returncode}\n{done.stdout[-4000:]}{done.stderr[-8000:]}")
    assert said.read_text().startswith("0\n"), said.read_text()
    return folder


def copy_finished(smoke: Path, target: Path) -> Path:
    """A copy of a finished study, without the locks of what may look at it at this moment."""
    return shutil.copytree(smoke, target, symlinks=True, ignore=shutil.ignore_patterns("locks"))


@pytest.fixture
def finished(smoke, tmp_path):
    """A copy of the finished smoke study that a test may change."""
    return copy_finished(smoke, tmp_path / "project")


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """The mini study run once without a fault: its folder, and the checksums of what it promises."""
    from mini_study import copied, promised, run

    folder = copied(tmp_path_factory.mktemp("undisturbed") / "study")
    done = run(folder)
    assert done.returncode == 0, done.stderr[-4000:]
    manifest = promised(folder)
    assert len(manifest) > 60
    return folder, manifest


@pytest.fixture
def disturbed(undisturbed, tmp_path):
    """A copy of the finished mini study that a test may damage, and the checksums."""
    folder, manifest = undisturbed
    return copy_finished(folder, tmp_path / "study"), manifest
