"""A study of which some networks diverge is made to its end, without them; one of which all do stops with one line."""

import json
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import snakemake
from mini_study import copied

from inpca import PredictionStore

pytestmark = pytest.mark.faults
MINI = ("--configfile", "config/mini.yaml", "--quiet", "all")


def with_grid(folder, only=False):
    """The mini study of that folder with a network that cannot be trained at its rate, beside the others or alone."""
    path = folder / "config/mini.yaml"
    study = yaml.safe_load(path.read_text("utf-8"))
    convolutional = ["conv", "conv_5", "conv_6"] if only else ["conv"]  # fewer than three configurations are refused
    study["networks"] |= {name: {"kind": "allcnn", "c1": 4, "c2": 4 + n} for n, name in enumerate(convolutional)}
    grids = study["experiments"]["main"]["grids"]
    too_fast = grids[0] | {"network": convolutional, "batch": [{"size": 20, "learning_rate": 1000}]}
    study["experiments"]["main"]["grids"] = [too_fast] if only else [*grids, too_fast]
    path.write_text(yaml.safe_dump(study), encoding="utf-8")


def test_what_diverges_is_left_out_and_counted_and_the_rest_is_made(tmp_path):
    folder = copied(tmp_path / "study")
    with_grid(folder)
    done = snakemake(folder, *MINI)
    assert done.returncode == 0, done.stderr[-4000:]
    results = folder / "results/mini"
    (lost,) = (results / "predictions/main").glob("conv-*.zarr")
    assert PredictionStore(lost).n_models == 0 and set(PredictionStore(lost).attributes["diverged"]) == {"1", "2"}
    table = pd.read_parquet(results / "distances/main/models.parquet")
    assert [run["network"] for run in table.attrs["diverged"]] == ["conv", "conv"]
    assert table["run"].nunique() == 6 and "conv" not in set(table["network"])
    assert np.load(results / "distances/main/train.npy").shape == (len(table), len(table))
    numbers = json.loads((results / "numbers/main_manifold.json").read_text("utf-8"))
    assert numbers["n_diverged_runs"] == 2 and numbers["n_runs"] == 6
    page = (results / "notebooks/main_manifold.html").read_text("utf-8")
    assert "2 of 8 runs diverged" in page and f"{lost.stem}-seed1" in page


def test_a_study_of_which_all_diverges_stops_with_one_line(tmp_path):
    folder = copied(tmp_path / "study")
    with_grid(folder, only=True)
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", *MINI[:2]], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode != 0 and "Traceback" not in done.stderr, done.stderr[-3000:]
    (said,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert re.fullmatch(r"error: all runs of \S+/conv-\S+ and 2 more diverged; train with smaller learning rates", said)
