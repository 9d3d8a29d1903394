"""A study's page knows models by their labels, and says factors, units and colours as its figures do."""

import numpy as np
import pandas as pd
import pytest
from test_explorer import held

from inpca import InPCA
from paper.figures.explorer import explore
from paper.figures.style import ARCHITECTURES
from paper.models import reference_points


@pytest.fixture
def table(models):
    """Model table of four runs of nine models, and of P0, two points of the geodesic and P*."""
    run, step = np.repeat(np.arange(4), 9), np.tile(np.arange(9), 4)
    table = pd.DataFrame({"kind": "run", "run": [f"run{r}" for r in run], "step": step, "epoch": step / 2})
    table["model"] = table["run"] + "/step" + table["step"].astype(str)
    table["network"], table["optimizer"] = np.array(["wrn", "mine"])[run % 2], "sgd"
    table["batch_size"], table["learning_rate"], table["seed"] = np.array([50, 200])[run // 2], 0.1, 42
    table["weight_decay"], table["augmentation"], table["epochs"] = 0.0, "none", 4
    table = pd.concat([table, reference_points(2)], ignore_index=True)
    for name in ("train_loss", "train_error", "train_progress", "test_loss", "test_error", "test_progress"):
        table[name] = np.linspace(1, 0.1, len(models))
    return table


def test_models_are_found_by_their_labels(table, models, rng, tmp_path):
    shuffled = rng.permutation(40)
    embedding = InPCA(3).fit(models[shuffled]).to_xarray(labels=table["model"].to_numpy()[shuffled])
    joint = embedding.assign_attrs(metric="precomputed", mean_of="train, test")
    explore(tmp_path / "page.html", table, {"train": embedding, "joint": joint}, "A study")
    header, arrays = held(tmp_path / "page.html")
    for number, places in enumerate(header["embeddings"]):
        read = np.array(places["middle"]) + places["scale"] * arrays[f"embedding{number}"].reshape(3, 40).T / 32767
        known = embedding["embedding"].sel(model=table["model"].to_numpy()).values
        assert np.abs(read - known).max() <= places["scale"] / 32767
        assert all("√nats" in name for name in places["axes"])
    assert header["runs"] == ["run0", "run1", "run2", "run3"]


def test_factors_that_do_not_vary_are_left_out_and_colours_are_those_of_the_figures(table, models, tmp_path):
    embedding = InPCA(3).fit(models).to_xarray(labels=table["model"].to_numpy())
    explore(tmp_path / "page.html", table, {"train": embedding}, "A study")
    header, _ = held(tmp_path / "page.html")
    assert [factor["name"] for factor in header["factors"]] == ["architecture", "batch size"]
    name, colour = ARCHITECTURES["wrn"]
    (architecture, batch) = header["factors"]
    assert architecture["levels"] == [name, "mine"] and architecture["colours"][0] == colour
    assert batch["levels"] == ["50", "200"] and batch["codes"] == [0, 0, 1, 1]
    assert [column["name"] for column in header["columns"]][:3] == ["epoch", "loss (nats), train", "loss (nats), test"]
