import json

import numpy as np
import pandas as pd

from paper.report.embedding import fit_verdict, path_verdict, stress_verdict
from paper.report.numbers import markdown_table, rounded, write_numbers

NUMBERS = {
    "explained_stress": {"1": 0.8, "2": 0.9, "3": 0.955, "5": 0.97},
    "explained_distance": {"3": 0.9},
    "signature": [1, -1, 1],
    "n_models": 12,
    "n_runs": 3,
}


def final(errors):
    names = [f"fc-{index}-cropflip" if error > 0.1 else f"fc-{index}-none" for index, error in enumerate(errors)]
    return pd.DataFrame({"kind": "run", "run": names, "configuration": names, "train_error": errors})


def test_sentences_follow_the_numbers():
    text = stress_verdict(NUMBERS)
    assert "Three axes explain 95.5%" in text and "12 models from 3 runs" in text and "2 is time-like" in text
    assert "none is time-like" in stress_verdict(NUMBERS | {"signature": [1, 1]})
    assert "2, 3 are time-like" in stress_verdict(NUMBERS | {"signature": [1, -1, -1]})
    path = dict(distance_ignorance_truth=1.151, median_start_fraction=0.02, median_end_fraction=0.1,
                median_start_progress=0.01, median_end_progress=0.9)  # fmt: skip
    assert "starts 2.0% away from $P_0$" in path_verdict(path) and "ends 10.0% away" in path_verdict(path)


def test_configurations_that_did_not_fit_are_listed_with_their_error():
    text = fit_verdict(final([0.02, 0.25, 0.3]), 0.1)
    assert "1 of 3 runs" in text and "| `fc-2-cropflip` | 30.0% |" in text and "2 of these 2 are trained on" in text
    assert "fc-0-none" not in text
    assert "Every configuration does" in fit_verdict(final([0.02, 0.05]), 0.1)


def test_metrics_are_rounded_json(tmp_path):
    write_numbers(tmp_path / "m.json", {"a": np.float32(1 / 3), "b": [np.int64(2), True], "c": {"d": "x"}})
    assert json.loads((tmp_path / "m.json").read_text()) == {"a": 0.333333, "b": [2, True], "c": {"d": "x"}}
    assert rounded(1234567.0) == 1234570.0


def test_a_table_has_numbers_as_they_are_asked_for_and_dashes_where_there_are_none():
    frame = pd.DataFrame({"a": [0.12345, np.nan], "b": [3, 4], "c": ["x", None]}, index=["one", "two"])
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in markdown_table(frame).splitlines()]
    assert rows[0] == ["", "a", "b", "c"] and rows[2:] == [["one", "0.123", "3", "x"], ["two", "–", "4", "–"]]
    assert "| 12.3% | 3   | x   |" in markdown_table(frame, {"a": ".1%"}, index=False)
