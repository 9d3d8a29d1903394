"""The workflow in folders of any name, from anywhere, and on studies that are not what they should be."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, SMOKE, copy_project, snakemake

from paper.study.study import read_study

RULES = sorted([*ROOT.glob("workflow/rules/*.smk"), *ROOT.glob("paper/rooms/*/rules.smk")])
SMOKE_LINES = len((ROOT / "config/smoke.yaml").read_text(encoding="utf-8").splitlines())
STORE = "results/smoke/predictions/main/fc-sgdn-b20-lr0.05-wd0-none.zarr"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The project in a folder whose name has a space, an umlaut, quotes and a dollar sign."""
    return copy_project(tmp_path_factory.mktemp("any") / "mañana ü 'dir' $HOME")


def said(done):
    """What a run that had to fail said, without a traceback."""
    shown = done.stdout + done.stderr
    assert done.returncode != 0 and "Traceback" not in shown
    return shown


def planned(done):
    shown = done.stdout + done.stderr
    assert done.returncode == 0, shown
    return {name: int(n) for name, n in re.findall(r"^(\w+) +(\d+)$", shown, re.M) if name != "total"}


def shell_lines(path: Path) -> list[str]:
    """The strings of all ``shell:`` directives of a file of rules."""
    blocks = re.findall(r"^ +shell:\n((?: +['\"].*\n)+)", path.read_text(encoding="utf-8"), re.M)
    return ["".join(re.findall(r"^ +['\"](.*)['\"]$", block, re.M)) for block in blocks]


@pytest.mark.parametrize("path", RULES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_field_of_a_shell_line_is_quoted(path):
    text = path.read_text(encoding="utf-8")
    lines = shell_lines(path)
    assert len(lines) == len(re.findall(r"^ +shell:$", text, re.M))
    for line in lines:
        fields = re.findall(r"(?<!\{)\{([^{}]+)\}(?!\})", line.replace("{{", "").replace("}}", ""))
        assert fields and not [name for name in fields if not name.endswith(":q") and name != "threads"], line
        assert re.search(r'python ("\$SCRIPTS"/\w+\.py|-P -m paper\.rooms\.\w+\.jobs\.\w+) ', line), line


def n_training_jobs(study):
    """Configurations of all experiments of a shipped study."""
    given = read_study(ROOT / f"config/{study}.yaml")
    return sum(len(given.configurations(name)) for name in given.experiments)


def test_the_workflow_runs_in_a_folder_of_any_name(project):
    done = snakemake(project, *SMOKE, "--", STORE)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert (project / STORE).is_dir() and (project / "results/smoke/dataset.npz").is_file()
    everything = planned(snakemake(project, *SMOKE, "--dry-run"))
    assert everything["train"] == n_training_jobs("smoke") - 1 and "dataset" not in everything


def test_the_workflow_runs_from_another_folder(project, tmp_path):
    elsewhere = tmp_path / "anders wo ö"
    elsewhere.mkdir()
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "-s", str(project / "Snakefile")]
    command += ["--configfile", str(project / "config/smoke.yaml"), "--", STORE]
    done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert (elsewhere / STORE).is_dir()
    other = tmp_path / "dritter 'Ort'"
    done = snakemake(project, *SMOKE, "--directory", str(other), "--", STORE)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert (other / STORE).is_dir()
    manifests = [(folder / STORE / "manifest.json").read_bytes() for folder in (elsewhere, other)]
    assert manifests[0] == manifests[1]
    assert planned(snakemake(project, "--directory", str(other), "--dry-run"))["train"] == n_training_jobs("fashion")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("study: smoke", ""), "mine.yaml is not a valid study:\n  study: is missing\n"),
        (
            lambda text: text.replace("study: smoke", "studdy: mine"),
            "mine.yaml is not a valid study:\n  top level: unknown key 'studdy'; did you mean 'study'? allowed: study, "
            "device, training, seed_shift, store, dataset, made_up, networks, experiments, analysis, notebooks\n",
        ),
        (
            lambda text: text + "device: cuda\n",
            f"mine.yaml, line {SMOKE_LINES + 1}: key 'device' occurs twice in one place, first in line 4\n",
        ),
        (
            lambda text: text.replace("  fc: {", '  "$(touch PWNED)": {kind: fc, widths: [3]}\n  fc: {'),
            "mine.yaml is not a valid study:\n  networks: '$(touch PWNED)' is not allowed as a name; allowed are 1 to "
            "40 characters: lower-case letters a to z, digits and _, a letter first\n",
        ),
        (
            lambda text: text.replace("[42, 43]", "[42, 42]", 1),
            "mine.yaml is not a valid study:\n  experiments.main.seeds: 42 is listed twice; list each value once\n",
        ),
    ],
    ids=["no study", "misspelt", "twice", "injection", "seeds"],
)
def test_a_study_that_is_none_stops_before_the_first_job(project, change, message):
    text = (project / "config/smoke.yaml").read_text(encoding="utf-8")
    (project / "mine.yaml").write_text(change(text), encoding="utf-8")
    assert message in said(snakemake(project, "--configfile", "mine.yaml", "--", STORE))
    assert not list(project.rglob("PWNED"))


@pytest.mark.parametrize(
    ("file", "changes"),
    [("config/smoke.yaml", ["--config", "study=fashion"]), ("mine.yaml", []), ("config/copy.yaml", [])],
)
def test_a_study_cannot_have_the_name_of_another(project, file, changes):
    if not changes:
        text = (project / "config/smoke.yaml").read_text(encoding="utf-8").replace("study: smoke", "study: fashion")
        (project / file).write_text(text, encoding="utf-8")
    line = (
        f"{file}: study: the name 'fashion' is that of config/fashion.yaml, whose results would be overwritten; choose "
        "another name\n"
    )
    shown = said(snakemake(project, "--configfile", file, *changes, "--dry-run"))
    assert line in shown and "results/fashion" not in shown


@pytest.mark.parametrize(
    "target",
    [
        "embeddings/mian/train.nc",
        "predictions/main/fc.zarr",
        "predictions/main/a;touch PWNED.zarr",
        "corners.zarr",
        "predictions/corners/random-7.zarr",
        "synthetic/data/slopy.npz",
        "distances/main/train_manhattan.npy",
    ],
)
def test_a_file_that_the_study_does_not_have_is_named(project, target):
    done = snakemake(project, *SMOKE, "--", f"results/smoke/{target}")
    assert f"No rule to produce results/smoke/{target} " in said(done)
    assert not list(project.rglob("PWNED*"))


def test_a_study_is_one_file(project):
    done = snakemake(project, "--configfile", "config/smoke.yaml", "config/synthetic.yaml", "--dry-run")
    assert "a study is one file, not 2: give --configfile once; --config changes settings" in said(done)


@pytest.mark.parametrize("content", ["", "- a\n", "study: x\n\tdevice: cpu\n"], ids=["empty", "list", "tab"])
def test_a_file_without_keys_is_said_by_snakemake(project, content):
    (project / "mine.yaml").write_text(content, encoding="utf-8")
    assert "onfig file " in said(snakemake(project, "--configfile", "mine.yaml", "--dry-run"))


def test_settings_are_changed_on_the_command_line(project):
    for study in ([], SMOKE):
        assert planned(snakemake(project, *study, "--config", "analysis={spread_radius: 0.2}", "--dry-run"))["all"] == 1
        done = snakemake(project, *study, "--config", "analysis={spread_radius: -1}", "--dry-run")
        assert "analysis.spread_radius: -1 is not allowed: it should be greater than 0" in said(done)
    done = snakemake(project, "--config", "study=other", "--dry-run")
    assert "results/other/" in done.stdout and "results/fashion/" not in done.stdout


def test_other_experiments_are_trained_and_embedded(project):
    study = yaml.safe_load((project / "config/smoke.yaml").read_text(encoding="utf-8")) | {"study": "mine"}
    before = planned(snakemake(project, *SMOKE, "--dry-run", "--forceall"))
    study["experiments"]["extra"] = study["experiments"]["ensembles"] | {"seeds": [1]}
    (project / "mine.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    after = planned(snakemake(project, "--configfile", "mine.yaml", "--dry-run", "--forceall"))
    more = {name: n - before[name] for name, n in after.items() if n > before[name]}
    assert more == {"train": 1, "model_table": 1, "distances": 2, "embedding": 3}


def test_a_study_has_the_notebooks_that_it_names(project):
    study = yaml.safe_load((project / "config/smoke.yaml").read_text(encoding="utf-8")) | {"study": "mine"}
    main = study["experiments"]["main"] | {"seeds": [1]}
    main["grids"] = [main["grids"][0] | {"network": ["fc", "allcnn", "vit"]}]
    small = {key: study[key] for key in ("study", "dataset", "networks")} | {"experiments": {"main": main}}
    names = "schematic", "main_manifold", "test_embedding", "tangent_embeddings"
    for named in ((), names):
        text = yaml.safe_dump(small | {"notebooks": {name: {} for name in named}})
        (project / "mine.yaml").write_text(text, encoding="utf-8")
        jobs = planned(snakemake(project, "--configfile", "mine.yaml", "--dry-run"))
        assert {name.removeprefix("notebook_") for name in jobs if name.startswith("notebook_")} == set(named)
        assert jobs["train"] == jobs["embedding"] == 3
