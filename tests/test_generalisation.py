"""Whether a position tells test error: what is held out is not seen, and noise adds nothing."""

import copy

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ROOT

from paper.distances import Distances
from paper.figures.style import Palette
from paper.report.claims import read_claims
from paper.report.verdicts import judge
from paper.rooms.generalisation import features, figures, prediction, report
from paper.rooms.generalisation.features import TRAINING
from paper.study.study import ConfigError, read_study

SETTINGS = {"folds": 5, "like": 5, "null_draws": 4, "bootstrap_draws": 200, "seed": 0}
POSITION = features.position_names(2)
SMOKE = yaml.safe_load((ROOT / "config/smoke.yaml").read_text())


def table_of(rng, n=30, seeds=2, *, told=0.0):
    """Runs whose test error is told in part by their train loss, and in part by where they are."""
    loss, first, second = rng.normal(size=(3, n))
    own = np.repeat(np.arange(n), seeds)
    table = pd.DataFrame(
        {
            "configuration": [f"c{i:02}" for i in own],
            "network": np.where(own % 2, "fc", "vit"),
            "log_train_loss": loss[own],
            "train_error": np.exp(loss[own]) / 100,
            "train_progress": 1 - np.exp(loss[own]) / 50,
            "pc1": first[own],
            "pc2": second[own],
            "off_geodesic": np.exp(second[own] / 4),
        },
        index=[f"c{i:02}-seed{j}" for i in range(n) for j in range(seeds)],
    )
    table["error"] = 0.1 + 0.01 * (table["log_train_loss"] + told * table["pc1"]) + 0.002 * rng.normal(size=n * seeds)
    return table.assign(loss=np.log(5 * table["error"]))


def test_what_is_held_out_is_not_seen(rng):
    table = table_of(rng)
    folds = prediction.folds_of(table["configuration"].tolist(), 6, 0)
    assert folds.value_counts().tolist() == [5] * 6
    before = prediction.held_out(table, TRAINING + POSITION, folds)
    one = (table["configuration"].map(folds) == 2).to_numpy()
    after = prediction.held_out(table.assign(error=table["error"] + 5 * one), TRAINING + POSITION, folds)
    np.testing.assert_array_equal(before[one], after[one])
    assert (np.abs(before - after)[~one, 0] > 1e-6).all()


def test_without_columns_the_mean_of_the_other_configurations_is_predicted(rng):
    table = table_of(rng, n=7, seeds=3)
    folds = prediction.folds_of(table["configuration"].tolist(), 7, 0)
    mean = prediction.held_out(table, [], folds)[:, 0]
    others = table.loc[table["configuration"] != "c00", "error"].mean()
    assert mean[(table["configuration"] == "c00").to_numpy()] == pytest.approx(others)
    assert prediction.r2(table["error"].to_numpy(), mean, mean) == 0


def test_exchanged_positions_are_those_of_configurations_of_like_loss(rng):
    table = table_of(rng)
    found = prediction.exchanged(table, POSITION, 5, np.random.default_rng(1))
    kept = [name for name in table if name not in POSITION]
    pd.testing.assert_frame_equal(found[kept], table[kept])
    assert sorted(found["pc1"]) == sorted(table["pc1"]) and (found["pc1"] != table["pc1"]).mean() > 0.5
    first = table.groupby("configuration").first()
    rank = first["log_train_loss"].rank().astype(int) - 1
    owner = {position: name for name, position in first["pc1"].items()}
    for name, position in found.groupby("configuration")["pc1"].first().items():
        assert rank[name] // 5 == rank[owner[position]] // 5
    rows = found.groupby("configuration")[POSITION].first().to_numpy()
    assert {tuple(row) for row in rows} == {tuple(row) for row in first[POSITION].to_numpy()}  # a position stays whole


def test_a_position_that_tells_is_found_and_one_that_does_not_is_not(rng):
    told = prediction.added_by_position(table_of(rng, told=1.0), TRAINING, POSITION, SETTINGS)["error"]
    assert told["gain"] == told["r2"]["with"] - told["r2"]["without"]
    assert report.answered(told) is True and told["interval"][0] > 0.1 > told["control"]
    assert told["mae"]["with"] < told["mae"]["without"] < told["mae"]["mean"]
    noise = prediction.added_by_position(table_of(rng, told=0.0), TRAINING, POSITION, SETTINGS)["error"]
    assert report.answered(noise) is not True and noise["gain"] < 0.05


def test_what_factors_tell_is_no_gain_of_the_position(rng):
    table = table_of(rng)
    group = (table["network"] == "vit").to_numpy()
    table = table.assign(error=table["error"] + 0.05 * group, pc1=group + 0.01 * rng.normal(size=len(table)))
    names = pd.get_dummies(table[["network"]]).astype(float)
    alone = prediction.added_by_position(table, TRAINING, POSITION, SETTINGS)["error"]
    beside = prediction.added_by_position(table, TRAINING, POSITION, SETTINGS, names)["error"]
    assert report.answered(alone) is True and alone["gain"] > 0.5
    assert report.answered(beside) is not True and beside["gain"] < 0.05


def test_equal_predictions_have_a_gain_of_nothing(rng):
    squares = pd.DataFrame(rng.random((12, 1)).repeat(3, axis=1), columns=["without", "with", "mean"])
    assert prediction.gain_interval(squares, list("aabbccddeeff"), draws=50, rng=0) == [0, 0]


@pytest.fixture
def points():
    """Two runs of three checkpoints, and the geodesic."""
    run = {"kind": "run", "configuration": "c", "step": [0, 10, 100], "epoch": [0.0, 1.0, 10.0]}
    values = {"train_loss": [2.0, 1.0, 0.0], "train_error": [0.9, 0.5, 0.1], "train_progress": [0.0, 0.4, 0.9]}
    of_test = {"test_loss": [2.0, 1.5, 1.2], "test_error": [0.9, 0.6, 0.3], "pc1": [0.0, 1.0, 3.0]}
    runs = [pd.DataFrame(run | values | of_test | {"run": f"c-seed{seed}"}) for seed in (0, 1)]
    line = pd.DataFrame({"kind": ["ignorance", "geodesic", "truth"], "pc1": [0.0, 1.5, 3.0]})
    return pd.concat([*runs, line], ignore_index=True)


def test_a_run_is_known_at_its_end_and_between_checkpoints(points):
    D = (points["pc1"].to_numpy()[:, None] - points["pc1"].to_numpy()) ** 2
    models = features.measured(points, Distances(D))
    assert models["off_geodesic"].tolist() == [0, 0.25, 0] * 2
    assert models["log_train_loss"].iloc[2] == pytest.approx(np.log(features.SMALLEST_LOSS))
    end = features.at_end(models)
    assert end["error"].tolist() == [0.3, 0.3] and end["loss"].tolist() == pytest.approx([np.log(1.2)] * 2)
    early = features.at_epoch(models, 3, ["train_error", "off_geodesic"])
    part = np.log(31 / 11) / np.log(101 / 11)
    assert early["train_error"].tolist() == pytest.approx([0.5 - 0.4 * part] * 2)
    assert early["off_geodesic"].iloc[0] == pytest.approx(0.25 * (1 - part)) and early["error"].iloc[0] == 0.3
    with pytest.raises(ValueError, match="c-seed0 ends before epoch 11"):
        features.at_epoch(models, 11, ["train_error"])


def test_only_factors_of_several_levels_are_columns():
    same = {name: ["a", "a", "a"] for name in features.FACTORS[1:]}
    found = features.factor_columns(pd.DataFrame(same | {"network": ["fc", "vit", "fc"]}))
    assert found.to_numpy().tolist() == [[1, 0], [0, 1], [1, 0]]


def test_figures_and_sentences_say_what_was_found(rng):
    table = table_of(rng, n=12, told=1.0)
    found = prediction.added_by_position(table, TRAINING, POSITION, SETTINGS | {"null_draws": 2})
    palette = Palette.of(table["network"])
    panels = figures.held_out(table, found["error"], palette).axes
    for name, axes in zip(figures.PANELS, panels, strict=True):
        assert f"R² = {found['error']['r2'][name]:.2f}" in axes.get_title()
    assert len(figures.gains({"the end": found}).axes[0].lines) == 7  # null, interval and mark of two targets, and zero
    rows = report.gain_table({"the end": found})
    assert rows["predicted"].tolist() == list(features.TARGETS.values())
    said = report.answer(found["error"], found["error"], 3, found["error"])
    assert said.count("R²") == 2 and said.count(report.ANSWERS[report.answered(found["error"])]) == 2
    assert "predicted" not in report.numbers_of(found)["error"]


def test_claims_are_judged_by_the_numbers():
    claims = read_claims(ROOT / "paper/rooms/generalisation/claims.yaml")
    one = {"gain": 0.3, "interval": [0.1, 0.5], "bound": 0.05, "control": -0.02}
    targets = {"error": one, "loss": one | {"control": 0.2}}
    numbers = {"end": targets, "beyond_factors": {"error": one | {"interval": [0.0, 0.5]}}, "early": {"3": targets}}
    verdicts = {claim["id"]: claim["verdict"] for claim in judge(claims, "generalisation", numbers)}
    assert verdicts["position_tells_final_test_error"] == verdicts["early_position_tells_final_test_error"] == "held"
    assert verdicts["position_tells_final_test_loss"] == "null passes too"
    assert verdicts["position_tells_more_than_factors"] == "cannot tell"


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"folds": 11}, "notebooks.generalisation.folds: experiments.main has 10 configurations"),
        ({"folds": 5, "epochs": [6]}, "notebooks.generalisation.epochs: 6 is not allowed: the shortest training"),
        (
            {"folds": 5, "epochs": [1], "axes": 21},
            "notebooks.generalisation.axes: 21 is not allowed: an embedding has 20",
        ),
        ({"folds": 5, "epochs": [1, 1]}, "notebooks.generalisation.epochs: 1.* is listed twice"),
        ({"like": 1}, "notebooks.generalisation.like: 1 is not allowed"),
    ],
)
def test_wrong_sections_are_said_before_any_job(section, message):
    data = copy.deepcopy(SMOKE) | {"study": "mine"}
    data["notebooks"]["generalisation"] = section
    with pytest.raises(ConfigError, match=message):
        read_study(data)
