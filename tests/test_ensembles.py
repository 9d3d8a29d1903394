"""Averages of runs: scored, embedded, compared."""

import numpy as np
import pandas as pd
import pytest
from test_models import CONFIGURATION

from inpca.centroids import KINDS, centroid
from inpca.geometry import ignorance, truth
from inpca.predictions.store import PredictionStore, PredictionWriter
from paper.models import reference_points, store_table
from paper.rooms.ensembles.analysis import (
    final_averages,
    final_numbers,
    gain_over_arithmetic,
    gain_table,
    measure_ensemble,
    scores,
)

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
    found = scores(np.stack([ignorance(30, 3), truth(LABELS, 3)]), LABELS)
    assert found["progress"].tolist() == pytest.approx([0, 1])
    assert found["expected_error"].tolist() == pytest.approx([2 / 3, 0])
    assert found["error"].tolist() == pytest.approx([2 / 3, 0])


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
    assert found["final"].shape == (6, 3, 5)
    numbers = final_numbers(found)
    assert list(numbers) == list(KINDS)
    for score, row in numbers["harmonic"].items():
        assert row["value"] == found[score].values[last & (path == "harmonic")].item()
        assert row["interval"][0] <= row["value"] <= row["interval"][1]
    without = scores(centroid(final[1:], "sqrt")[None], LABELS)
    assert found["final"].sel(kind="sqrt", score="expected_error", left_out=0).item() == pytest.approx(
        without["expected_error"].item()
    )


def test_final_averages_have_a_row_for_each_kind(store):
    table = final_averages([store], "train")
    assert table["kind"].tolist() == list(KINDS) and set(table["network"]) == {"n"} and set(table["members"]) == {5}


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
        score: gain_over_arithmetic(table, "harmonic", score, draws=200, rng=0) for score in ("error", "expected_error")
    }
    error = gains["error"]
    assert error["mean"] == pytest.approx(-0.015) and error["lower"] == 1 and error["higher"] == 0
    assert -0.02 <= error["interval"][0] < -0.015 < error["interval"][1] <= -0.01
    assert gains["expected_error"]["interval"] == [0, 0] and gains["expected_error"]["lower"] == 0
    rows = gain_table({"test": gains})
    assert rows["split"].tolist() == ["test", "test"] and rows["lower in"].tolist() == ["100%", "0%"]
    assert rows.iloc[0, 2].startswith("-1.50 [") and rows.iloc[1, 2] == "+0.00 [+0.00, +0.00]"
