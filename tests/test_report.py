import json

import numpy as np
import pandas as pd
import pytest

from inpca import InPCA
from paper.distances import Distances
from paper.report.claims import paper_numbers
from paper.report.embedding import models_near_geodesic, path_text, stress_table, stress_text, unfitted
from paper.report.numbers import markdown_table, rounded, write_numbers

NUMBERS = {
    "explained_stress": {"1": 0.8, "2": 0.9, "3": 0.955, "5": 0.97},
    "n_models": 12,
    "n_runs": 3,
    "distance_ignorance_truth": 1.151,
    "median_start_fraction": 0.02,
    "median_end_fraction": 0.1,
    "median_start_progress": 0.01,
    "median_end_progress": 0.9,
}


def test_texts_have_the_numbers_and_those_of_the_paper():
    text = stress_text(NUMBERS, "test")
    assert "95.5% of the stress** of 12 models from 3 runs" in text
    for name in ("three_axes_explain_test", "three_axes_explain_range.least", "three_axes_explain_range.most"):
        assert str(paper_numbers()[name]) in text
    text = path_text(NUMBERS)
    assert "starts at progress 0.010 and ends at 0.900" in text and "2.0% of $d_B(P_0, P_*)$ = 1.151 nats" in text


def test_stress_table_counts_time_like_axes(models):
    embedding = InPCA(10).fit(models).to_xarray()
    table = stress_table(embedding)
    assert table["axes"].tolist() == [1, 2, 3, 5, 10]
    assert table["explained stress"].tolist() == [embedding["explained_stress"][k - 1].item() for k in table["axes"]]
    signs = embedding["signature"].values
    assert table["time-like among them"].tolist() == [(signs[:k] < 0).sum() for k in table["axes"]]


def test_configurations_that_did_not_fit_are_listed_by_their_mean_error():
    names = ["fc-0-none", "fc-1-cropflip", "fc-1-cropflip", "fc-2-cropflip"]
    table = pd.DataFrame({"kind": "run", "run": list("abcd"), "configuration": names})
    table["augmentation"] = table["configuration"].str.split("-").str[-1]
    table["train_error"] = [0.02, 0.2, 0.3, 0.4]
    found = unfitted(table, 0.1)
    assert found["configuration"].tolist() == ["fc-2-cropflip", "fc-1-cropflip"]
    assert found["train error"].tolist() == pytest.approx([0.4, 0.25])
    assert set(found["augmentation"]) == {"cropflip"} and unfitted(table, 0.5).empty


def test_models_near_a_point_of_the_geodesic_are_those_of_runs_within_the_radius():
    points = pd.DataFrame({"kind": ["run", "run", "ignorance", "geodesic", "truth"], "t": [np.nan] * 2 + [0, 0.5, 1]})
    place = np.array([0.1, 0.52, 0, 0.5, 1])
    found = models_near_geodesic(points, Distances(np.abs(place[:, None] - place)), [0, 0.6], 0.15)
    assert {t: near.tolist() for t, near in found.items()} == {
        0: [True, False, False, False, False],
        0.6: [False, True, False, False, False],
    }


def test_numbers_are_rounded_json(tmp_path):
    write_numbers(tmp_path / "m.json", {"a": np.float32(1 / 3), "b": [np.int64(2), True], "c": {"d": "x"}})
    assert json.loads((tmp_path / "m.json").read_text()) == {"a": 0.333333, "b": [2, True], "c": {"d": "x"}}
    assert rounded(1234567.0) == 1234570.0


def test_a_table_has_numbers_as_they_are_asked_for_and_dashes_where_there_are_none():
    frame = pd.DataFrame({"a": [0.12345, np.nan], "b": [3, 4], "c": ["x", None]}, index=["one", "two"])
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in markdown_table(frame).splitlines()]
    assert rows[0] == ["", "a", "b", "c"] and rows[2:] == [["one", "0.123", "3", "x"], ["two", "–", "4", "–"]]
    assert "| 12.3% | 3   | x   |" in markdown_table(frame, {"a": ".1%"}, index=False)
