"""What the corner runs say: their numbers beside those of normal runs, and the sentences made from them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import t as student

from inpca.embedding.estimator import InPCA
from inpca.predictions.store import SPLITS

CORNERS = {"random": "random labels", "subset": "subset"}
CONFIDENCE = 0.95
#: A corner run has joined when it stays within this many times the usual distance of a normal run to the others.
JOINED_FACTOR = 2.0
#: Share of the way from ignorance to truth from which a start counts as far from ignorance.
FAR = 0.25
#: Axes at which embeddings with and without corner runs are compared.
STRESS_AXES = 10


def corner_models(
    table: pd.DataFrame, runs: pd.DataFrame, distances: dict[str, np.ndarray], paths: xr.Dataset
) -> pd.DataFrame:
    """Model table with what is known of each run, and with distances from each model of a run.

    Parameters
    ----------
    table : DataFrame
        Model table of the corner runs.
    runs : DataFrame
        From :func:`paper.rooms.corner_initialization.geometry.corner_runs`.
    distances : mapping from split to (m, m) array
        Bhattacharyya distances in the order of the table.
    paths : Dataset
        With ``<split>_trajectory_distance``, as :mod:`paper.rooms.corner_initialization.geometry` computes it.

    Returns
    -------
    DataFrame
        With the columns ``start``, ``label_seed``, ``fit_error``, ``in_corner``; for each split
        ``<split>_to_ignorance``, ``<split>_to_truth``, ``<split>_to_trajectory`` (nearest normal trajectory at equal
        progress), ``<split>_to_model`` (nearest model of a normal run; of another one, for a model of a normal run) and
        ``<split>_joined``, see :func:`joined`.
    """
    points = table.merge(runs.drop(columns="seed"), on="run", how="left", validate="many_to_one")
    is_run = (points["kind"] == "run").to_numpy()
    normal = (points["start"] == "normal").to_numpy()
    own = points["run"].to_numpy()[:, None] == points["run"].to_numpy()[normal]
    for split, D in distances.items():
        for kind in ("ignorance", "truth"):
            points[f"{split}_to_{kind}"] = D[:, np.flatnonzero(points["kind"] == kind)[0]].astype(float)
        points.loc[is_run, f"{split}_to_trajectory"] = paths[f"{split}_trajectory_distance"].values
        points[f"{split}_to_model"] = np.where(own, np.inf, D[:, normal]).min(axis=1).astype(float)
        points[f"{split}_joined"] = joined(points, split)
    return points


def counted(points: pd.DataFrame) -> pd.DataFrame:
    """Models of runs that count: those of normal runs, and of corner runs that reached their corner."""
    return points[(points["kind"] == "run") & ((points["start"] == "normal") | points["in_corner"].eq(True))]


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean and the ends of its 95 % interval, from Student's distribution over runs; all equal for a single value."""
    values = np.asarray(values, float)
    mean = float(values.mean())
    if len(values) < 2:
        return mean, mean, mean
    half = student.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return mean, mean - float(half), mean + float(half)


def difference(values: np.ndarray, normal: np.ndarray) -> tuple[float, float, float]:
    """Difference of the means and the ends of its 95 % interval (Welch, unequal variances), over runs."""
    samples = [np.asarray(sample, float) for sample in (values, normal)]
    mean = float(samples[0].mean() - samples[1].mean())
    if min(map(len, samples)) < 2:
        return mean, mean, mean
    variances = np.array([sample.var(ddof=1) / len(sample) for sample in samples])
    if variances.sum() == 0:
        return mean, mean, mean
    freedom = variances.sum() ** 2 / sum(v**2 / (len(sample) - 1) for v, sample in zip(variances, samples, strict=True))
    half = float(student.ppf((1 + CONFIDENCE) / 2, freedom) * np.sqrt(variances.sum()))
    return mean, mean - half, mean + half


def joined(points: pd.DataFrame, split: str) -> pd.Series:
    """Whether a model's run has joined the normal trajectories: from here on it is as close to them as normal runs are.

    That is, at this and all later checkpoints its distance to the nearest normal trajectory at equal progress is at
    most :data:`JOINED_FACTOR` times the median over normal runs (to the others) at the same step. Every model that is
    not of a corner run has joined.
    """
    column = f"{split}_to_trajectory"
    usual = points[points["start"] == "normal"].groupby("step")[column].median()
    inside = (points[column] <= JOINED_FACTOR * points["step"].map(usual)).astype(int)
    stays = inside[::-1].groupby(points["run"]).cummin().reindex(points.index)
    return stays.eq(1) | ~points["start"].isin(CORNERS)


def corner_numbers(points: pd.DataFrame) -> dict:
    """Starts, approach and ends of corner runs and of normal runs.

    Runs that missed their corner are listed, and are in no average.

    Returns
    -------
    dict
        ``missed_corner``; ``starts``: for each start and split, medians of d_B(P0, first model), also as a fraction of
        d_B(P0, P*), and of error and progress; ``approach``: for each split and start the median first, largest and
        last distance to the nearest normal trajectory at equal progress, for corners the number of runs that joined,
        the median of the first recorded step at which they had, and the distance that counted as joined then;
        ``ends``: for each start and split distance to P*, progress and error, means with 95 % intervals, and for
        corners their difference from normal runs.
    """
    models = counted(points)
    runs = points[points["kind"] == "run"].drop_duplicates("run")
    whole = points.loc[points["kind"] == "truth", "train_to_ignorance"].item()
    missed = runs[(runs["start"] != "normal") & ~runs["in_corner"].eq(True)]
    numbers = {
        "n_runs": runs.groupby("start", sort=False).size().to_dict(),
        "missed_corner": dict(zip(missed["run"], missed["fit_error"], strict=True)),
        "distance_ignorance_truth": whole,
        "n_steps": int(models["step"].max()),
        "starts": {}, "approach": {split: {} for split in SPLITS}, "ends": {},
    }  # fmt: skip
    firsts, lasts = (models.groupby("run", sort=False).nth(index) for index in (0, -1))
    for start, first in firsts.groupby("start", sort=False):
        numbers["starts"][start] = {"n": len(first)} | {
            split: {
                "distance_to_ignorance": float(first[f"{split}_to_ignorance"].median()),
                "fraction": float(first[f"{split}_to_ignorance"].median()) / whole,
                "error": float(first[f"{split}_error"].median()),
                "progress": float(first[f"{split}_progress"].median()),
            }
            for split in SPLITS
        }
        if start != "normal":
            numbers["starts"][start]["largest_fit_error"] = float(first["fit_error"].max())
    for split in SPLITS:
        for start, of_start in models.groupby("start", sort=False):
            first, last = (of_start.groupby("run", sort=False).nth(index) for index in (0, -1))
            way = {
                "first_distance": float(first[f"{split}_to_trajectory"].median()),
                "largest_distance": float(of_start.groupby("run")[f"{split}_to_trajectory"].max().median()),
                "last_distance": float(last[f"{split}_to_trajectory"].median()),
            }
            if start != "normal":
                steps = of_start[of_start[f"{split}_joined"]].groupby("run")["step"].first()
                way |= {"n_joined": len(steps), "median_step": float(steps.median()) if len(steps) else None}
                way["joined_within"] = bound_at(models, split, way["median_step"]) if len(steps) else None
            numbers["approach"][split][start] = way
    for start, last in lasts.groupby("start", sort=False):
        numbers["ends"][start] = {
            split: {
                column: measured(last, lasts[lasts["start"] == "normal"], f"{split}_{column}", start)
                for column in ("error", "progress", "to_truth")
            }
            for split in SPLITS
        }
    return numbers


def bound_at(models: pd.DataFrame, split: str, step: float) -> float:
    """Distance to the normal trajectories within which a run counts as joined, at the first recorded step from this."""
    normal = models[(models["start"] == "normal") & (models["step"] >= step)]
    first = normal[normal["step"] == normal["step"].min()]
    return JOINED_FACTOR * float(first[f"{split}_to_trajectory"].median())


def measured(last: pd.DataFrame, normal: pd.DataFrame, column: str, start: str) -> dict:
    """Mean of a column with its interval, and for a corner its difference from normal runs."""
    value = dict(zip(("mean", "low", "high"), interval(last[column]), strict=True))
    if start != "normal":
        value["difference"] = dict(zip(("mean", "low", "high"), difference(last[column], normal[column]), strict=True))
    return value


def stress_with_and_without(points: pd.DataFrame, D: np.ndarray, fitted: xr.Dataset, split: str) -> dict:
    """Explained stress of the first axes of an embedding, and of two of a part of its models.

    Returns
    -------
    dict
        ``with_corners``, all models; ``with_joined``, without those of corner runs that had not joined yet;
        ``without_corners``; each from the number of axes to the explained stress.
    """
    parts = {"with_joined": points[f"{split}_joined"], "without_corners": ~points["start"].isin(CORNERS)}
    axes = min(STRESS_AXES, fitted.sizes["axis"], *(int(part.sum()) for part in parts.values()))
    stress = {"with_corners": fitted["explained_stress"].values}
    for name, part in parts.items():
        keep = part.to_numpy()
        inpca = InPCA(axes, metric="precomputed").fit(np.asarray(D[np.ix_(keep, keep)], np.float64))
        stress[name] = inpca.explained_stress_
    return {name: {str(k): float(values[k - 1]) for k in range(1, axes + 1)} for name, values in stress.items()}


def start_table(numbers: dict) -> str:
    """Starts as a table: distance from ignorance and error on the truth."""
    head = (
        "| start | runs | error on the fitted labels, at most | $d_B(P_0, \\cdot)$ train | test "
        "| error on the truth, train | test |\n|---|---|---|---|---|---|---|"
    )
    rows = [
        f"| {start} | {row['n']} | {fit_error(row)} | "
        + " | ".join(f"{row[s]['distance_to_ignorance']:.3f} ({row[s]['fraction']:.0%})" for s in SPLITS)
        + " | " + " | ".join(f"{row[s]['error']:.1%}" for s in SPLITS) + " |"
        for start, row in numbers["starts"].items()
    ]  # fmt: skip
    note = (
        "Medians over runs; in brackets as a fraction of the way from ignorance to truth, "
        f"$d_B(P_0, P_*)$ = {numbers['distance_ignorance_truth']:.3f} nats."
    )
    missed = [f"`{run}` ({error:.1%})" for run, error in numbers["missed_corner"].items()]
    if missed:
        note += f" **Not in their corner, and in no average: {', '.join(missed)}.**"
    return "\n".join([head, *rows, "", note])


def fit_error(row: dict) -> str:
    """Largest error on the fitted labels, as it is written in a table."""
    return f"{row['largest_fit_error']:.1%}" if "largest_fit_error" in row else "–"


def end_table(numbers: dict) -> str:
    """Final errors with their intervals, and differences from normal runs, as a table."""
    head = "| start | train error | difference | test error | difference |\n|---|---|---|---|---|"
    rows = []
    for start, row in numbers["ends"].items():
        cells = []
        for split in SPLITS:
            error = row[split]["error"]
            cells += [percent(error), percent(error["difference"], sign="+") if "difference" in error else "–"]
        rows.append(f"| {start} | {' | '.join(cells)} |")
    note = (
        "Means with 95 % intervals over runs; differences are from normal runs, in points. Runs count as independent, "
        "although some share their label seed or their run seed."
    )
    return "\n".join([head, *rows, "", note])


def percent(value: dict, sign: str = "") -> str:
    """Mean and interval in per cent; with a sign, a difference in points."""
    unit = "" if sign else " %"
    return f"{100 * value['mean']:{sign}.1f}{unit} ({100 * value['low']:{sign}.1f} to {100 * value['high']:{sign}.1f})"


def corner_verdict(numbers: dict) -> str:
    """Does a corner run start far from P0, join the manifold, end near P*, and does it cost test error?"""
    sentences = [f"- {sentence_of(start, numbers)}" for start in CORNERS if start in numbers["starts"]]
    return "\n".join(sentences) or "No run reached its corner: nothing can be said."


def sentence_of(start: str, numbers: dict) -> str:
    """The verdict on one kind of corner, on the train split but for the test error."""
    begin, normal = (numbers["starts"][name]["train"] for name in (start, "normal"))
    way, usual = (numbers["approach"]["train"][name] for name in (start, "normal"))
    ends, n = numbers["ends"][start], numbers["starts"][start]["n"]
    far = "far from" if begin["fraction"] > FAR else "not far from"
    joining = {0: "None joins", n: "All join"}.get(way["n_joined"], f"{way['n_joined']} of them join")
    when = (
        f" (the median one at step {way['median_step']:.0f} of {numbers['n_steps']}, when that means within "
        f"{way['joined_within']:.2f} nats)"
        if way["n_joined"]
        else ""
    )
    cost = ends["test"]["error"]["difference"]
    if cost["low"] <= 0 <= cost["high"]:
        effect = "No difference of test error from normal runs can be told from zero"
    else:
        effect = f"The start {'costs' if cost['low'] > 0 else 'lowers the'} test error"
    return (
        f"**{CORNERS[start].capitalize()}**, {n} run{'s' * (n > 1)}. They start {far} $P_0$: "
        f"{begin['fraction']:.0%} of $d_B(P_0, P_*)$ away (normal runs {normal['fraction']:.1%}), and "
        f"{way['first_distance']:.3f} nats from the nearest normal trajectory at equal progress. {joining} the normal "
        f"trajectories{when}; at the end they are {way['last_distance']:.3f} nats from them, normal runs from each "
        f"other {usual['last_distance']:.3f}. They end {ends['train']['to_truth']['mean']:.3f} nats from $P_*$, "
        f"normal runs {numbers['ends']['normal']['train']['to_truth']['mean']:.3f}. "
        f"{effect}: {percent(cost, '+')} points."
    )


def approach_verdict(numbers: dict) -> str:
    """How close corner runs come to normal trajectories, and when; one line for each split and kind of corner."""
    lines = [
        f"- {split}, {CORNERS[start]}: {way['n_joined']} of {numbers['starts'][start]['n']} runs join"
        + (
            f", the median one at step {way['median_step']:.0f}, within {way['joined_within']:.2f} nats"
            if way["n_joined"]
            else ""
        )
        + f"; median distance {way['first_distance']:.3f} nats at the start, {way['largest_distance']:.3f} where it is "
        f"largest, {way['last_distance']:.3f} at the end (normal runs from each other "
        f"{by_start['normal']['last_distance']:.3f})."
        for split, by_start in numbers["approach"].items()
        for start, way in by_start.items()
        if start != "normal"
    ]
    return "\n".join(lines)


def stress_verdict(numbers: dict) -> str:
    """Explained stress of three axes with and without corner runs, on both splits."""
    parts = [
        f"{split}: {stress['without_corners']['3']:.1%} without corner runs, {stress['with_joined']['3']:.1%} with "
        f"what they do after joining, {stress['with_corners']['3']:.1%} with all they do"
        for split, stress in numbers["explained_stress"].items()
    ]
    return f"Stress explained by three axes, {'; '.join(parts)}."
