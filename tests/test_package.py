"""What is installed is the whole library, needs little, and loads what it needs when that is used."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from browser import opened
from conftest import ROOT, copy_project

import inpca

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: What is installed in an environment with networks and notebooks, and not needed by the library.
HEAVY = (
    "torch",
    "torchvision",
    "matplotlib",
    "seaborn",
    "plotly",
    "umap",
    "pydantic",
    "snakemake",
    "papermill",
    "IPython",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of the project, built from a copy."""
    folder = tmp_path_factory.mktemp("wheel")
    project = copy_project(folder / "project")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, project]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    (found,) = folder.glob("*.whl")
    return found


@pytest.mark.slow
def test_a_wheel_holds_the_whole_library_and_nothing_of_the_paper(wheel):
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    library = {
        path
        for kind in ("*.py", "*.pyi", "py.typed", "*.html", "*.css", "*.js", "cli/project/*.md")
        for path in (ROOT / "inpca").rglob(kind)
    }
    assert held == {path.relative_to(ROOT).as_posix() for path in library}
    assert {"inpca/py.typed", "inpca/__init__.pyi", "inpca/distances/kernels.py"} <= held
    assert {"inpca/explorer/page.html", "inpca/explorer/explorer.css", "inpca/explorer/js/main.js"} <= held


@pytest.mark.slow
def test_a_wheel_says_who_may_use_it_and_what_it_needs(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        metadata = archive.read(name).decode()
        (licence,) = [name for name in archive.namelist() if name.endswith("LICENSE")]
        assert archive.read(licence) == (ROOT / "LICENSE").read_bytes()
    assert "License-Expression: BSD-3-Clause" in metadata and f"Version: {inpca.__version__}" in metadata
    needed = {
        line.split()[1].split(">")[0]
        for line in metadata.splitlines()
        if line.startswith("Requires-Dist") and "extra" not in line
    }
    assert needed == {
        "lazy-loader",
        "numpy",
        "scipy",
        "numba",
        "threadpoolctl",
        "scikit-learn",
        "xarray",
        "zarr",
        "tqdm",
    }


def test_the_library_needs_no_more_than_it_says():
    """Importing every public name but the recorder, which is for networks of PyTorch, loads nothing heavy."""
    code = f"""
import sys
import inpca
assert not {{"numpy", "sklearn", "numba", "scipy", "zarr", "xarray"}} & set(sys.modules), "loaded before use"
for name in inpca.__all__:
    if name != "Recorder":
        getattr(inpca, name)
print(*(name for name in {HEAVY} if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


def test_every_name_of_the_stub_is_there_and_no_other():
    stub = ast.parse((ROOT / "inpca/__init__.pyi").read_text(encoding="utf-8"))
    names = {alias.name for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert set(inpca.__all__) == names <= set(dir(inpca))
    assert all(getattr(inpca, name).__name__ == name for name in names)
    with pytest.raises(AttributeError, match="Inpca"):
        inpca.Inpca  # noqa: B018


def test_the_version_is_said_once():
    assert "version" in PROJECT["dynamic"] and "version" not in PROJECT
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert str(citation["version"]) == inpca.__version__
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{inpca.__version__}]" in changes or "## [Unreleased]" in changes


USE = """
import sys, time
start = time.perf_counter()
import inpca
seconds = time.perf_counter() - start
import numpy as np
from inpca import InPCA, PredictionStore, Trajectory, pairwise_distances, progress, reindex, trajectory_distances, truth

with np.load(sys.argv[1]) as file:
    runs, labels = file["runs"], file["labels"]
models = np.concatenate([*runs, truth(labels, runs.shape[-1])[None]])
inpca_ = InPCA(n_components=3).fit(models)
s = [progress(run, labels) for run in runs]
trajectories = [Trajectory(run, index, truth=labels) for run, index in zip(runs, s)]
np.savez(
    sys.argv[2], seconds=seconds, distances=pairwise_distances(models), explained=inpca_.explained_stress_, s=s,
    norms=np.abs(inpca_.embedding_), between=trajectory_distances(trajectories),
    path=reindex(runs[0], s[0], truth=labels),
)
try:
    inpca.Recorder
except ModuleNotFoundError as error:
    print(error)
"""


def pip(environment: Path, *arguments) -> subprocess.CompletedProcess:
    """pip of an environment, isolated: it does not see this project."""
    command = [environment / "bin/python", "-I", "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def environment(wheel, tmp_path):
    """An empty environment with the wheel and what it asks for."""
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    done = pip(environment, "install", "--quiet", wheel)
    if done.returncode and pip(environment, "download", "--quiet", "--no-deps", "--dest", tmp_path, "tqdm").returncode:
        pytest.skip("no package index can be reached, so the wheel cannot be installed into an empty environment")
    assert done.returncode == 0, done.stderr[-4000:]
    return environment


@pytest.mark.slow
def test_the_library_works_where_nothing_else_is_installed(environment, tmp_path, rng):
    """Same numbers as here, in an empty environment with the wheel and what it asks for: no torch, no matplotlib."""
    python = environment / "bin/python"
    installed = pip(environment, "list").stdout.lower()
    assert not [name for name in (*HEAVY, "pyarrow") if name in installed.split()]

    sharpness = np.linspace(0, 4, 12)[:, None, None]
    labels = rng.integers(0, 3, 30)
    logits = rng.standard_normal((4, 1, 30, 3)) * 0.3 + np.eye(3)[labels]
    runs = np.exp(logits * sharpness)
    np.savez(tmp_path / "runs.npz", runs=runs / runs.sum(axis=-1, keepdims=True), labels=labels)
    for program, name in ((python, "there"), (Path(sys.executable), "here")):
        command = [program, *(["-I"] if name == "there" else []), "-c", USE, tmp_path / "runs.npz", tmp_path / name]
        done = subprocess.run(command, cwd=tmp_path if name == "there" else ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-4000:]
        assert ("pip install 'inpca[torch]'" in done.stdout) is (name == "there")
    there, here = (dict(np.load(tmp_path / f"{name}.npz")) for name in ("there", "here"))
    assert there.pop("seconds") <= 1
    assert all(np.allclose(there[name], here[name], rtol=1e-5, atol=1e-7) for name in there)


@pytest.mark.slow
def test_one_command_takes_probabilities_to_a_table_figures_and_a_page(wheel, environment, browser, tmp_path, rng):
    """In an environment without torch; without matplotlib, there are no figures, and a line says how to get them."""
    labels = rng.integers(0, 3, 60)
    ways = np.linspace(0, 4, 9)[:, None, None] * (np.eye(3)[labels] + 0.5 * rng.standard_normal((4, 1, 60, 3)))
    names = [f"run {number}" for number in range(4)]
    probabilities = np.exp(ways) / np.exp(ways).sum(axis=-1, keepdims=True)
    np.savez(tmp_path / "x.npz", probabilities=probabilities, labels=labels, run=names, optimizer=["sgd", "adam"] * 2)
    command, alone = [environment / "bin/inpca", "embed", "x.npz", "-o"], {"PATH": "/usr/bin:/bin"}

    def embedded(folder):
        done = subprocess.run([*command, folder], cwd=tmp_path, env=alone, capture_output=True, text=True)
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr[-4000:]
        with opened(browser, tmp_path / folder / "explorer.html") as page:
            page.get_by_text("4 of 4 runs, 36 of 36 models shown").wait_for()
            assert page.get_by_label("Colour").locator("option:checked").inner_text() == "optimizer"
        return done.stdout, {path.name for path in (tmp_path / folder).iterdir()}

    said, plain = embedded("plain")
    assert "pip install 'inpca[plot]'" in said
    assert plain == {"models.csv", "spectrum.csv", "embedding.nc", "predictions.json", "explorer.html"}
    done = pip(environment, "install", "--quiet", f"{wheel}[plot]")
    assert done.returncode == 0, done.stderr[-4000:]
    said, figures = embedded("with figures")
    assert "pip install" not in said
    assert figures - plain == {"manifold.png", "spectrum.png", "progress.png", "dimension.png"}


def test_commits_are_checked_with_the_versions_of_the_lock_file():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    versions = {repository["repo"].rsplit("/", 1)[1]: repository["rev"].removeprefix("v") for repository in hooks}
    lock = (ROOT / "envs/requirements.lock").read_text(encoding="utf-8")
    for name, package in {"ruff-pre-commit": "ruff", "snakefmt": "snakefmt"}.items():
        assert f"\n{package}=={versions[name]} " in lock


def test_packages_of_the_lock_file_have_checksums_and_no_index():
    lock = (ROOT / "envs/requirements.lock").read_text(encoding="utf-8")
    packages = re.split(r"^(?=[a-z0-9])", lock, flags=re.M)[1:]
    assert len(packages) > 100 and all("--hash=sha256:" in package for package in packages)
    assert "://" not in lock
    named = {re.match(r"[\w.-]+", package)[0] for package in packages}
    beyond = {"cluster", "kubernetes", "s3"}  # what one machine has no use for; that of cluster has a lock of its own
    extras = [extra for name, extra in PROJECT["optional-dependencies"].items() if name not in beyond]
    wanted = [*PROJECT["dependencies"], *(name for extra in extras for name in extra)]
    assert {re.match(r"[\w.-]+", name)[0] for name in wanted} - {"inpca"} <= named
