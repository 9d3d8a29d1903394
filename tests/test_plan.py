"""What a study will train, store and take: against arithmetic of its grids, and against what the smoke study made."""

import re
import resource
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, snakemake

from inpca import PredictionStore
from paper.plan import COMMAND, in_a_line, in_words, of_studies, with_table
from paper.study.configuration import FullyConnected
from paper.study.plan import experiments, plan, planned
from paper.study.planned import PlannedRuns
from paper.study.study import read_study

STUDIES = sorted((ROOT / "config").glob("*.yaml"))
SMOKE = read_study(ROOT / "config/smoke.yaml")


def run(*arguments, folder=ROOT):
    command = [sys.executable, "-m", "paper.plan", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder)


def one_job(**changes):
    """Three runs of a network of 100 multiplications on 50 samples, two epochs in ten steps, recorded four times."""
    settings = {
        "experiment": "main",
        "network": FullyConnected(kind="fc", widths=[10]),
        "input_shape": (1, 2, 2),
        "n_classes": 6,
        "n_runs": 3,
        "n_checkpoints": 4,
        "n_train": 50,
        "n_test": 20,
        "trained": 100,
        "n_steps": 10,
    }
    return PlannedRuns(**settings | changes)


def test_a_job_takes_the_operations_and_bytes_of_its_samples():
    assert one_job().n_models == 12
    assert one_job().prediction_bytes == 12 * 70 * 6 * 4
    # of each run: 100 images in training, three times the operations, and 4 · 70 images that are predicted
    assert one_job().operations == 3 * 200 * (3 * 100 + 4 * 70)
    assert one_job(passes=1).operations == 3 * 200 * (3 * 100 + 4 * 120)
    assert one_job(network=None).operations == 0


def test_a_job_takes_the_time_of_its_operations_but_that_of_its_steps_at_least():
    operations = one_job().operations
    assert one_job().gpu_hours(operations / 7200, 0) == pytest.approx(2)
    assert one_job().gpu_hours(1e30, 60) == pytest.approx(3 * 10 * 60 / 3600)


def test_a_plan_adds_up_and_distances_grow_with_the_square_of_an_experiment():
    jobs = [one_job(), one_job(), one_job(experiment="other"), one_job(experiment="third", embedded=False)]
    total = plan(SMOKE, jobs)
    assert (total.n_configurations, total.n_runs, total.n_models) == (4, 12, 48)
    assert total.distance_bytes == 2 * 4 * (24**2 + 12**2)
    assert total.embedding_bytes == 3 * 8 * (24 * 20 + 12 * 12)  # of 20 axes, or as many as there are models
    assert 0 < total.gpu_hours[0] < total.gpu_hours[1]
    assert total.job_hours == pytest.approx([hours / len(jobs) for hours in total.gpu_hours])  # all are alike


def test_many_models_have_distances_to_landmarks_alone():
    changes = {"analysis": {"landmarks_above": 200, "landmarks": 60}}
    study = read_study(ROOT / "config/smoke.yaml", changes=changes)
    # to 60 models, the geodesic of 50 points and its ends; ensembles has no more than 200 models
    assert plan(study, [one_job(n_checkpoints=80)]).distance_bytes == 2 * 4 * 240 * (60 + 52)
    assert plan(study, [one_job(experiment="ensembles")]).distance_bytes == 2 * 4 * 12**2


def test_the_grids_of_the_smoke_study_are_counted():
    runs = [one for one in experiments(SMOKE) if one.experiment == "main"]
    assert len(runs) == 6 + 2 * 2 and sum(one.n_runs for one in runs) == 2 * 10
    assert sum(one.n_models for one in runs) == 2 * 10 * 12
    assert {(one.trained, one.n_steps) for one in runs} == {(6 * 300, 6 * 15), (6 * 300, 6 * 10)}


def test_corners_take_the_steps_of_their_fit_as_well():
    corners = [one for one in planned(SMOKE) if one.experiment == "corners"]
    # from normal initialisations, random labels (300 samples) and a subset (60); 10 epochs after 150 of the fit
    assert [(one.n_runs, one.trained) for one in corners] == [
        (2, 10 * 300),
        (2, 10 * 300 + 150 * 300),
        (2, 10 * 300 + 150 * 60),
    ]
    assert [one.n_steps for one in corners] == [150, 150 + 150 * 15, 150 + 150 * 3]


def test_the_smoke_study_made_the_models_and_predictions_that_were_planned(smoke):
    results = smoke / "results/smoke"
    for experiment in ("main", "sizes", "ensembles", "corners", "synthetic", "own"):
        runs = [one for one in planned(SMOKE) if one.experiment == experiment]
        stores = [PredictionStore(path) for path in (results / "predictions" / experiment).glob("**/*.zarr")]
        arrays = [store.log_probs(split) for store in stores for split in ("train", "test")]
        assert len(stores) == len(runs)
        made, wanted = sum(4 * np.prod(array.shape) for array in arrays), sum(one.prediction_bytes for one in runs)
        # a learner that is no network may have fewer steps than checkpoints were asked for
        assert 0.9 * wanted < made <= wanted if experiment == "own" else made == wanted
    table = pd.read_parquet(results / "distances/main/models.parquet")
    assert (table["kind"] == "run").sum() == sum(one.n_models for one in planned(SMOKE) if one.experiment == "main")


def test_the_table_in_the_guide_is_the_one_that_the_studies_give():
    page = (ROOT / "docs/guide/scale.md").read_text("utf-8")
    table = of_studies([read_study(file) for file in STUDIES])
    assert with_table(page, f"{table}\n\n{in_words()}") == page, f"run: {COMMAND}"


def test_the_command_prints_each_experiment_and_needs_no_torch():
    done = run("config/smoke.yaml")
    assert done.returncode == 0, done.stderr
    rows = [line.split("|")[1].strip() for line in done.stdout.splitlines() if line.startswith("|")]
    of_rooms = ["corners", "synthetic", "sweep", "own", "linear", "layers", "tasks", "ablation"]
    assert rows == ["smoke", ":" + rows[1][1:], *SMOKE.experiments, *of_rooms, "in all"]
    light = "import sys, paper.plan; sys.exit(bool({'torch', 'pandas', 'matplotlib', 'xarray'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", light], cwd=ROOT).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.yaml"], "error: nothing.yaml cannot be read: No such file or directory"),
        (["config/smoke.yaml", "--page", "nothing.md"], "error: nothing.md: No such file or directory"),
        (["config/smoke.yaml", "--page", "README.md"], "error: the page has no lines '<!-- written by: python"),
    ],
)
def test_a_mistake_is_said_on_one_line(arguments, message):
    done = run(*arguments)
    assert done.returncode == 1 and done.stderr.startswith(message) and len(done.stderr.splitlines()) == 1


#: Longest time in seconds to plan a study, of the processor; the paper's 2,296 runs took 4
LONGEST_PLANNING = 60


def seconds_of_programs():
    """Processor time of all programs that were started from here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.slow
@pytest.mark.parametrize("name", ["smoke", "resnet_sizes", "fc_convmixer", "vit_resnet", "cifar10"])
def test_a_dry_run_says_what_the_study_takes_and_plans_every_configuration(name, tmp_path):
    files = "--snakefile", str(ROOT / "Snakefile"), "--configfile", str(ROOT / f"config/{name}.yaml")
    before = seconds_of_programs()
    done = snakemake(tmp_path, "--dry-run", "--quiet", "rules", *files)
    assert seconds_of_programs() - before < LONGEST_PLANNING
    assert done.returncode == 0, done.stderr[-2000:]
    study = read_study(ROOT / f"config/{name}.yaml")
    total = plan(study, planned(study))
    assert in_a_line(study) in done.stdout.splitlines()  # where Snakemake says what a dry-run would do
    assert in_a_line(study).startswith(f"{name}: {total.n_configurations:,} configurations, {total.n_runs:,} runs, ")
    trained = sum(len(study.configurations(experiment)) for experiment in study.experiments)
    assert re.search(rf"^train +{trained}$", done.stdout, re.M)
