"""Averages of runs: scored, embedded, compared."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from scipy.stats import t as student
from test_models import CONFIGURATION

from inpca.centroids import KINDS, centroid
from inpca.geometry import ignorance, truth
from inpca.predictions.store import PredictionStore, PredictionWriter
from paper.models import reference_points, store_table
from paper.rooms.ensembles.analysis import final_averages, final_numbers, gain, gain_table, measure_ensemble
from paper.rooms.ensembles.networks import PROPER, architecture_table, by_architecture, network_gains
from paper.rooms.ensembles.scores import KIND_NAMES, SCORE_NAMES, averages, calibration_error, scores, sharpened

LABELS = np.arange(30) % 3


@pytest.fixture
def store(tmp_path, rng):
    path = tmp_path / "c.zarr"
    attributes = {"configuration": "c", "job": {"configuration": CONFIGURATION | {"name": "n"}}}
    labels = {"train": LABELS, "test": LABELS}
    checkpoints = {step: step for step in range(4)}
    writer = PredictionWriter(
        path, seeds=range(5), checkpoints=checkpoints, labels=labels, n_classes=3, attributes=attributes
    )
    for seed in range(5):
        for step in range(4):
            for split in labels:
                logits = step * (np.eye(3)[LABELS] + rng.standard_normal((30, 3)))
                writer.write(split, seed, step, logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))
    writer.close()
    return PredictionStore(path)


def test_scores_at_the_ends():
    found = scores(np.stack([ignorance(30, 3), truth(LABELS, 3), truth((LABELS + 1) % 3, 3)]), LABELS)
    assert found["progress"].tolist()[:2] == pytest.approx([0, 1])
    assert found["expected_error"].tolist() == pytest.approx([2 / 3, 0, 1])
    assert found["error"].tolist() == pytest.approx([2 / 3, 0, 1])
    assert found["nll"].tolist() == pytest.approx([np.log(3), 0, 100])
    assert found["brier"].tolist() == pytest.approx([2 / 3, 0, 2])
    assert found["confidence"].tolist() == pytest.approx([1 / 3, 1, 1])
    assert found["calibration"].tolist() == pytest.approx([0, 0, 1])


def test_proper_scores_are_least_for_the_true_probabilities(rng):
    true = rng.dirichlet(np.ones(3), 4000)
    labels = np.array([rng.choice(3, p=p) for p in true])
    models = np.stack([true, sharpened(true, 0.85), sharpened(true, 0.5)])
    found = scores(models, labels)
    for score in ("nll", "brier", "calibration"):
        assert found[score].argmin() == 0
    assert found["expected_error"].argmin() == 1  # sharper is better there


def test_a_sharpened_model_is_as_confident_and_errs_alike(rng):
    model = rng.dirichlet(np.ones(4), 50)
    for confidence in (0.4, 0.6, 0.95):
        found = sharpened(model, confidence)
        assert found.max(axis=1).mean() == pytest.approx(confidence)
        assert (found.argsort(axis=1) == model.argsort(axis=1)).all() and np.allclose(found.sum(axis=1), 1)
    np.testing.assert_allclose(sharpened(model, model.max(axis=1).mean()), model, rtol=1e-6)


def test_calibration_is_the_gap_between_confidence_and_accuracy():
    model = np.array([[0.9, 0.1]] * 10 + [[0.6, 0.4]] * 10)
    labels = np.array([0] * 9 + [1] + [0] * 10)
    assert calibration_error(model, labels) == pytest.approx((0 + 10 * 0.4) / 20)


def test_the_control_is_the_arithmetic_mean_as_sharp_as_the_harmonic_one(rng):
    members = rng.dirichlet(np.full(3, 0.5), (5, 40))
    found = dict(zip(KIND_NAMES, averages(members), strict=True))
    confidence = {kind: model.max(axis=1).mean() for kind, model in found.items()}
    assert (
        confidence["sharpened"] == pytest.approx(confidence["harmonic"])
        and confidence["harmonic"] > confidence["arithmetic"]
    )
    assert (found["sharpened"].argmax(axis=1) == found["arithmetic"].argmax(axis=1)).all()


def test_ensemble_is_embedded_with_its_averages_and_the_geodesic(store):
    found = measure_ensemble(pd.concat([store_table(store), reference_points(6)]), store, "test", 4)
    assert found.sizes["model"] == 5 * 4 + 6 * 4 + 8
    path = found["path"].values
    assert found["path"].sel(model="harmonic/step2") == "harmonic" and found["step"].sel(model="c-seed3/step1") == 1
    assert (found["embedding"].sel(model="truth") >= found["embedding"].sel(model="ignorance")).all()
    assert (path == "member 3").sum() == 4 and (path == "jeffreys").sum() == 4 and (path == "geodesic").sum() == 8
    assert found["step"].values[path == "harmonic"].tolist() == [0, 1, 2, 3]
    last = found["step"].values == 3
    final = np.exp(store.log_probs("test")[:, -1])
    for kind in KINDS:
        expected = scores(centroid(final, kind)[None], LABELS)
        for score in expected:
            assert found[score].values[last & (path == kind)].item() == pytest.approx(expected[score].item(), abs=1e-5)
    assert found["without"].shape == (len(KIND_NAMES), len(SCORE_NAMES), 5)
    numbers = final_numbers(found)
    assert list(numbers) == list(KIND_NAMES)
    for score, row in numbers["harmonic"].items():
        assert row["value"] == pytest.approx(found[score].values[last & (path == "harmonic")].item(), abs=1e-5)
        assert row["interval"][0] <= row["value"] <= row["interval"][1]
    without = scores(centroid(final[1:], "sqrt")[None], LABELS)
    assert found["without"].sel(kind="sqrt", score="expected_error", left_out=0).item() == pytest.approx(
        without["expected_error"].item(), abs=1e-5
    )
    wrong = round(30 * numbers["harmonic"]["error"]["value"])
    wilson = binomtest(wrong, 30).proportion_ci(method="wilson")
    assert numbers["harmonic"]["error"]["interval"] == pytest.approx([wilson.low, wilson.high])


def test_final_averages_have_a_row_for_each_kind(store):
    table = final_averages([store], "train")
    assert (
        table["kind"].tolist() == list(KIND_NAMES) and set(table["network"]) == {"n"} and set(table["members"]) == {5}
    )


def test_gain_is_a_mean_over_configurations_with_its_interval():
    rows = [
        dict(
            configuration=f"c{i}",
            kind=kind,
            error=0.2 - (0.01 * (1 + i % 2) if kind == "harmonic" else 0),
            expected_error=0.3,
        )
        for i in range(10)
        for kind in ("arithmetic", "harmonic")
    ]
    table = pd.DataFrame(rows)
    gains = {
        score: gain(table, "harmonic", "arithmetic", score, draws=200, rng=0) for score in ("error", "expected_error")
    }
    error = gains["error"]
    assert error["mean"] == pytest.approx(-0.015) and error["lower"] == 1 and error["higher"] == 0
    assert -0.02 <= error["interval"][0] < -0.015 < error["interval"][1] <= -0.01
    assert gains["expected_error"]["interval"] == [0, 0] and gains["expected_error"]["lower"] == 0
    rows = gain_table({"arithmetic": {"test": gains}})
    assert rows["split"].tolist() == ["test", "test"] and rows["lower in"].tolist() == ["100%", "0%"]
    assert rows["mean difference"][0].startswith("-0.0150 [")
    assert rows["mean difference"][1] == "+0.0000 [+0.0000, +0.0000]"


def scored(gains):
    """Final averages of two configurations or more of each network, whose harmonic mean scores so much lower."""
    rows = [
        {"network": network, "configuration": f"{network}{i}", "kind": kind} | dict.fromkeys(PROPER, value)
        for network, lower in gains.items()
        for i, gain_of in enumerate(lower)
        for kind, value in (("sharpened", 1.0), ("harmonic", 1.0 - gain_of))
    ]
    return pd.DataFrame(rows)


def test_the_least_favourable_architecture_is_asked():
    table = scored({"fc": [0.3, 0.3, 0.3], "vit": [0.1, 0.12, 0.08], "alone": [-9.0]})
    found = by_architecture(table, "harmonic", "sharpened", draws=400, rng=0)["nll"]
    assert found["least"]["network"] == "vit" and found["least"]["mean"] == pytest.approx(-0.1)
    low, high = found["least"]["interval"]
    sample = np.array([-0.1, -0.12, -0.08])
    assert (low, high) == pytest.approx(student.interval(0.95, 2, sample.mean(), sample.std(ddof=1) / np.sqrt(3)))
    assert found["networks"]["fc"]["interval"] == pytest.approx([-0.3, -0.3])
    assert np.isnan(found["networks"]["alone"]["interval"]).all()
    assert found["null"] > 0  # of several means of random signs the largest is above 0
    rows = architecture_table({score: found for score in PROPER}, {"fc": "fully connected", "vit": "ViT"})
    assert rows["architecture"].tolist() == ["fully connected", "ViT"] and rows["configurations"].tolist() == [3, 3]
    rows = architecture_table({score: found for score in PROPER}, {"alone": "alone"})
    assert rows["Brier score"].tolist() == ["+9.0000"]  # one configuration has no interval


def test_a_network_gains_what_its_configurations_gain_on_average():
    table = scored({"fc": [0.1, 0.3], "vit": [0.5, 0.7, 0.9]})
    gains = network_gains(table, "harmonic", "sharpened", "brier")
    overall = gain(table, "harmonic", "sharpened", "brier", draws=10, rng=0)
    weighted = sum(one["mean"] * one["configurations"] for one in gains.values()) / 5
    assert weighted == pytest.approx(overall["mean"]) and overall["configurations"] == 5
