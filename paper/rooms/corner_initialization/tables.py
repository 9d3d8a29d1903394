"""Tables of corner runs beside normal runs, from their numbers."""

from __future__ import annotations

import pandas as pd

from inpca.predictions.store import SPLITS

#: Embeddings whose stress is compared, and their names in a table.
EMBEDDINGS = {
    "without_corners": "without corner runs",
    "with_joined": "with corner runs that have joined",
    "with_corners": "with corner runs",
    "null": "with corner runs, samples permuted within classes",
}
#: Numbers of an approach, and their names in a table.
APPROACH = {
    "first_distance": "first",
    "largest_distance": "largest",
    "last_distance": "last",
    "n_joined": "joined",
    "median_step": "at step",
    "joined_within": "within",
    "last_bound": "within at the last",
    "permuted": "last, samples permuted",
}


def start_table(numbers: dict) -> pd.DataFrame:
    """Starts: distance from P0, also as a fraction of d_B(P0, P*), and error on the truth, medians over runs.

    The last column names runs that did not reach their corner, with their error on the fitted labels.
    """
    rows = {}
    for start, found in numbers["starts"].items():
        row = {"runs": found["n"], "largest error on the fitted labels": found.get("largest_fit_error")}
        for split in SPLITS:
            row[f"$d_B$ to $P_0$, {split}"] = found[split]["distance_to_ignorance"]
            row[f"fraction, {split}"] = f"{found[split]['fraction']:.1%}"
            row[f"error on the truth, {split}"] = found[split]["error"]
        left_out = numbers["not_in_corner"].get(start, {})
        row["not in their corner"] = ", ".join(f"`{run}` ({error:.1%})" for run, error in left_out.items())
        rows[start] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("start")


def approach_table(numbers: dict) -> pd.DataFrame:
    """How close runs come to the nearest normal trajectory at equal progress, and when corner runs joined."""
    rows = [
        {
            "split": split,
            "start": start,
            "runs": numbers["starts"][start]["n"],
            **way,
            "permuted": way.get("permuted", {}).get("last_distance"),
        }
        for split, by_start in numbers["approach"].items()
        for start, way in by_start.items()
    ]
    frame = pd.DataFrame(rows, columns=["split", "start", "runs", *APPROACH])
    return frame.astype({"n_joined": "Int64"}).rename(columns=APPROACH)


def cone_table(numbers: dict) -> pd.DataFrame:
    """Distance to P* of first and last models, and its two parts in the embedding: medians over runs."""
    rows = [
        {
            "split": split,
            "start": start,
            "model": name,
            "$d_B$ to $P_*$": found["distance"],
            "space-like": found["space"],
            "time-like": found["time"],
            "time-like / space-like": found["ratio"],
        }
        for split, by_start in numbers["cone"].items()
        for start, ends in by_start.items()
        for name, found in ends.items()
    ]
    return pd.DataFrame(rows)


def end_table(numbers: dict) -> pd.DataFrame:
    """Final errors and distances to P*: means over runs with 95 % intervals, and differences from normal runs."""
    rows = []
    for start, by_split in numbers["ends"].items():
        for split, found in by_split.items():
            error = found["error"]
            row = {"start": start, "split": split, "$d_B$ to $P_*$": f"{found['to_truth']['mean']:.3f}"}
            row |= {"error": error["mean"], "interval": "{low:.1%} to {high:.1%}".format(**error)}
            if difference := error.get("difference"):
                row["minus normal runs"] = "{mean:+.1%}".format(**difference)
                row["its interval"] = "{low:+.1%} to {high:+.1%}".format(**difference)
            rows.append(row)
    return pd.DataFrame(rows)


def stress_table(numbers: dict) -> pd.DataFrame:
    """Explained stress of three axes, with and without corner runs."""
    rows = {
        split: {name: stress[embedding]["3"] for embedding, name in EMBEDDINGS.items()}
        for split, stress in numbers["explained_stress"].items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("split")
