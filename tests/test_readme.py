"""Every command and every example of the README and of the guide works."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from conftest import ROOT, copy_project

from paper.report.claims import paper_numbers
from paper.study.study import read_study

PAGES = {page.stem: page.read_text("utf-8") for page in (ROOT / "README.md", *(ROOT / "docs/guide").glob("*.md"))}
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
BLOCKS = [(name, *block) for name, text in PAGES.items() for block in BLOCK.findall(text)]
SHELL = [text for _, language, text in BLOCKS if language == "sh"]
#: Blocks with the commands of the library are run whole, in a folder of their own; of the rest each command is planned.
SCRIPTS = [text for text in SHELL if re.search("^inpca ", text, re.M)]
LINES = [line for text in SHELL if text not in SCRIPTS for line in text.splitlines()]
#: Without a server, not even a plan can be made.
NEED_A_SERVER = ("profiles/s3", "profiles/kubernetes")
PROSE = "\n".join(BLOCK.sub("", text) for text in PAGES.values())
SPANS = re.findall(r"`((?:snakemake|make|python|pip|source)(?: [^`]*)?)`", PROSE)
COMMANDS = list(dict.fromkeys(re.sub(r"\s+#.*", "", line) for line in [*LINES, *SPANS]))
PYTHON = {name: [text for page, language, text in BLOCKS if (page, language) == (name, "python")] for name in PAGES}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The project as a user has it who wrote a study, in a folder of any name."""
    folder = copy_project(tmp_path_factory.mktemp("readme") / "my projects, größer" / "inpca")
    text = (folder / "config/smoke.yaml").read_text(encoding="utf-8")
    (folder / "config/mine.yaml").write_text(text.replace("study: smoke", "study: mine"), encoding="utf-8")
    (folder / "path").mkdir()
    (folder / "path/to").symlink_to(folder)
    (folder / ".venv").symlink_to(Path(sys.executable).parent.parent)
    return folder


def run(folder, command):
    """A line of shell, with the environment's programs at hand."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euc", command], cwd=folder, capture_output=True, text=True, env=os.environ | {"PATH": path}
    )


def test_blocks_are_shell_or_python_and_all_commands_are_known():
    assert {language for _, language, _ in BLOCKS} == {"sh", "python"}
    assert len(PYTHON["README"]) >= 2 and len(PYTHON["own-networks"]) >= 4 and len(COMMANDS) >= 12 and len(SCRIPTS) >= 2
    programs = {command.split()[0] for command in COMMANDS}
    assert programs <= {"make", "snakemake", "source", "python", "pip"}
    for command in ("snakemake", "snakemake --unlock", "snakemake --summary", "make", "make smoke", "make test"):
        assert command in COMMANDS


def test_numbers_of_the_paper_are_those_of_its_file():
    train, test = (paper_numbers()[f"three_axes_explain_{split}"] for split in ("train", "test"))
    assert train.confidence == test.confidence == "recalled"
    found = f"as recalled: {100 * train.value:g} % (train) and {100 * test.value:g} % (test) of the stress"
    assert found in PAGES["README"]


def test_the_design_of_the_readme_is_that_of_the_default_study():
    study = read_study(ROOT / "config/fashion.yaml")
    data, (seeds,) = study.dataset, {len(study.experiments["main"].seeds)}
    side, numbers = 28 // data.pool, {4: "four"}
    text = " ".join(PAGES["README"].split())
    assert f"{data.n_train:,} train and {data.n_test:,} test images of {side}×{side} pixels" in text
    assert f"{numbers[seeds]} seeds of each" in text
    networks = {network for grid in study.experiments["main"].grids for network in grid.network}
    assert {5: "Five"}[len(networks)] + " architectures are crossed" in text


def test_the_readme_is_short():
    assert len(PAGES["README"].splitlines()) <= 150


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=range(len(SCRIPTS)))
def test_commands_of_the_library_run_from_training_to_placing(tmp_path, script):
    done = run(tmp_path, script)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert (tmp_path / "mine/map/explorer.html").is_file() and (tmp_path / "mine/placed.csv").is_file()


def where_it_can_be_planned(command):
    """A command, marked where its plan needs Snakemake's plugin for SLURM."""
    return pytest.param(command, marks=[pytest.mark.cluster] if "profiles/slurm" in command else [])


@pytest.mark.parametrize(
    "command",
    [
        where_it_can_be_planned(command)
        for command in COMMANDS
        if command.startswith("snakemake") and not any(profile in command for profile in NEED_A_SERVER)
    ],
)
def test_commands_of_snakemake_plan_their_jobs(project, command):
    planning = "" if {"--unlock", "--summary"} & set(command.split()) else " --dry-run --quiet rules"
    done = run(project, command + planning)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    shown = done.stdout + done.stderr
    assert "Traceback" not in shown
    if planning:
        assert re.search(r"^total +\d+$", shown, re.M)
    elif "--unlock" in command:
        assert "Unlocked working directory" in shown
    else:
        assert re.search(r"^results/fashion/claims\.md\t.*update pending$", shown, re.M)


@pytest.mark.parametrize("profile", NEED_A_SERVER)
def test_profiles_of_commands_that_need_a_server_are_there(profile):
    assert any(profile in command for command in COMMANDS)
    options = yaml.safe_load((ROOT / profile / "config.yaml").read_text("utf-8"))
    assert options["default-storage-provider"] == "s3" and options["default-storage-prefix"].startswith("s3://")


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("make")])
def test_commands_of_make_name_what_it_makes(project, command):
    done = run(project, command.replace("make", "make --dry-run", 1))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_other_commands_name_files_that_are_there(project):
    for command in COMMANDS:
        program, *rest = command.split()
        if command.startswith("python -m "):
            module = project / rest[1].replace(".", "/")
            assert module.with_suffix(".py").is_file() or (module / "__main__.py").is_file()
        elif program in ("source", "python"):
            assert (project / rest[0]).is_file()
        elif program == "pip":
            *_, folder = shlex.split(command)
            extras = tomllib.loads((project / "pyproject.toml").read_text())["project"]["optional-dependencies"]
            assert set(re.findall(r"\w+", folder)) <= {"inpca", *extras}, command
    assert shutil.which("make")


@pytest.mark.slow
@pytest.mark.parametrize("page", [name for name, blocks in PYTHON.items() if blocks])
def test_python_blocks_run_in_their_order(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    generator = torch.Generator().manual_seed(0)
    x, u = (torch.randn(n, 6, generator=generator) for n in (200, 100))
    y, v = (inputs[:, :5].argmax(dim=1) for inputs in (x, u))
    torch.manual_seed(0)
    model = torch.nn.Linear(6, 10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def train_step(model, batch):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()

    batches = [torch.randint(0, len(x), (20,), generator=generator) for _ in range(1000)]
    sharpness = np.random.default_rng(0).uniform(0.1, 3, (2100, 1, 1))
    many = np.random.default_rng(1).standard_normal((2100, 4, 3)) * sharpness
    many_log_probs = many - np.log(np.exp(many).sum(axis=2, keepdims=True))
    names = dict(x=x, y=y, u=u, v=v, model=model, train_step=train_step, batches=batches, many_log_probs=many_log_probs)
    for number, block in enumerate(PYTHON[page], start=1):
        exec(compile(block, f"Python block {number} of {page}", "exec"), names)
    models = names["log_probs"]
    assert len(models) >= 4 and models.shape[1:] == (200, 10)
    assert names["inpca"].embedding_.shape == (len(models), 3)
    if page == "README":
        return
    assert np.allclose(names["D"][:], names["inpca"].distances_, atol=1e-6)
    assert names["tube"].shape == (len(names["store"].seeds), 100, 200, 10)
