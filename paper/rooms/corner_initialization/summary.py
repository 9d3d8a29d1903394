"""Corner runs beside normal runs: models with their distances, and numbers of starts, approach, ends and stress."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import ttest_1samp, ttest_ind

from inpca.embedding.estimator import InPCA
from inpca.predictions.store import SPLITS
from paper.statistics import CONFIDENCE

#: Kinds of corner, and how they are named.
CORNERS = {"random": "random labels", "subset": "subset"}
#: Axes at which embeddings with and without corner runs are compared.
COMPARED_AXES = 10


def corner_models(
    table: pd.DataFrame,
    runs: pd.DataFrame,
    distances: Mapping[str, np.ndarray],
    paths: xr.Dataset,
    joined_factor: float,
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
    joined_factor : float
        Of ``<split>_bound``.

    Returns
    -------
    DataFrame
        With the columns ``start``, ``label_seed``, ``fit_error``, ``in_corner``; for each split
        ``<split>_to_ignorance``, ``<split>_to_truth``, ``<split>_to_trajectory`` (nearest normal trajectory at equal
        progress);
        ``<split>_permuted``, the distance to the nearest trajectory of the same run with its samples permuted within
        classes; ``<split>_bound``, ``joined_factor`` times the median over normal runs (to the others) of the distance
        to the nearest trajectory at the same step; ``<split>_joined`` and ``<split>_permuted_joined``, see
        :func:`joined`. Distances are in nats a sample.
    """
    points = table.merge(runs.drop(columns="seed"), on="run", how="left", validate="many_to_one")
    normal = (points["start"] == "normal").to_numpy()
    for split, D in distances.items():
        for kind in ("ignorance", "truth"):
            points[f"{split}_to_{kind}"] = D[:, np.flatnonzero(points["kind"] == kind)[0]].astype(float)
        points[f"{split}_to_trajectory"] = points["model"].map(paths[f"{split}_trajectory_distance"].to_series())
        points[f"{split}_permuted"] = points["model"].map(paths[f"{split}_permuted_distance"].to_series())
        usual = points[normal].groupby("step")[f"{split}_to_trajectory"].median()
        points[f"{split}_bound"] = joined_factor * points["step"].map(usual)
        points[f"{split}_joined"] = joined(points, split, "to_trajectory")
        points[f"{split}_permuted_joined"] = joined(points, split, "permuted")
    return points


def joined(points: pd.DataFrame, split: str, distance: str) -> pd.Series:
    """Whether a model's run has joined the normal trajectories: from here on it is as close to them as normal runs are.

    That is, at this and all later checkpoints its distance to the nearest normal trajectory at equal progress (the
    column ``<split>_<distance>``) is at most ``<split>_bound``. Every model that is not of a corner run has joined.
    """
    inside = (points[f"{split}_{distance}"] <= points[f"{split}_bound"]).astype(int)
    stays = inside[::-1].groupby(points["run"]).cummin().reindex(points.index)
    return stays.eq(1) | ~points["start"].isin(CORNERS)


def counted(points: pd.DataFrame) -> pd.DataFrame:
    """Models of runs that count in averages: those of normal runs, and of corner runs that reached their corner."""
    return points[(points["kind"] == "run") & ((points["start"] == "normal") | points["in_corner"].eq(True))]


def mean_with_interval(values: np.ndarray, normal: np.ndarray | None = None) -> dict[str, float]:
    """Mean over runs, or difference of two means, and the ends of its 95 % interval.

    Student's interval of a mean; Welch's, of unequal variances, of a difference. Both take runs as independent.

    Parameters
    ----------
    values : (n,) array
    normal : (m,) array, optional
        Values whose mean is subtracted.

    Returns
    -------
    dict
        ``mean``, ``low``, ``high``; NaN ends where there is only one value, of which no spread is known.

    Examples
    --------
    >>> {name: round(value, 3) for name, value in mean_with_interval([1.0, 2.0, 3.0]).items()}
    {'mean': 2.0, 'low': -0.484, 'high': 4.484}
    """
    samples = [np.asarray(sample, float) for sample in (values, normal) if sample is not None]
    mean = float(samples[0].mean() - (samples[1].mean() if len(samples) > 1 else 0))
    if min(map(len, samples)) < 2:
        return {"mean": mean, "low": float("nan"), "high": float("nan")}
    with warnings.catch_warnings():  # of equal values; their interval of no width is right
        warnings.simplefilter("ignore", RuntimeWarning)
        test = ttest_1samp(*samples, 0) if normal is None else ttest_ind(*samples, equal_var=False)
        low, high = test.confidence_interval(CONFIDENCE)
    return {"mean": mean, "low": float(low), "high": float(high)}


def corner_numbers(points: pd.DataFrame) -> dict:
    """Starts, approach and ends of corner runs and of normal runs.

    Parameters
    ----------
    points : DataFrame
        From :func:`corner_models`.

    Returns
    -------
    dict
        ``n_runs`` by start; ``not_in_corner``, the error on the fitted labels of runs that did not reach their corner
        and are in no average, by start and run; ``distance_ignorance_truth``; ``n_steps``; ``starts``, ``approach``
        and ``ends``, see :func:`start_numbers`, :func:`approach_numbers` and :func:`end_numbers`.
    """
    models = counted(points)
    runs = points[points["kind"] == "run"].drop_duplicates("run")
    whole = points.loc[points["kind"] == "truth", "train_to_ignorance"].item()
    left_out = runs[~runs["in_corner"].eq(True)]
    n_runs = runs.groupby("start", sort=False).size().to_dict()
    return {
        "n_runs": n_runs,
        "not_in_corner": {
            start: left_out[left_out["start"] == start].set_index("run")["fit_error"].to_dict()
            for start in CORNERS
            if start in n_runs
        },
        "distance_ignorance_truth": whole,
        "n_steps": int(models["step"].max()),
        "starts": start_numbers(models, whole),
        "approach": {split: approach_numbers(models, split) for split in SPLITS},
        "ends": end_numbers(models),
    }


def start_numbers(models: pd.DataFrame, whole: float) -> dict:
    """First models of the runs: medians by start and split, number of runs and largest error on the fitted labels.

    The distance to P0 is also a fraction of ``whole``, d_B(P0, P*).
    """
    numbers = {}
    for start, first in models.groupby("run", sort=False).nth(0).groupby("start", sort=False):
        numbers[start] = {"n": len(first)} | {
            split: {
                "distance_to_ignorance": float(first[f"{split}_to_ignorance"].median()),
                "fraction": float(first[f"{split}_to_ignorance"].median()) / whole,
                "error": float(first[f"{split}_error"].median()),
                "progress": float(first[f"{split}_progress"].median()),
            }
            for split in SPLITS
        }
        if start in CORNERS:
            numbers[start]["largest_fit_error"] = float(first["fit_error"].max())
    return numbers


def approach_numbers(models: pd.DataFrame, split: str) -> dict:
    """Distances to the nearest normal trajectory at equal progress, by start: medians of the first, largest and last.

    For corners also ``n_joined`` and ``joined``, the number and the fraction of runs that joined; ``median_step``, the
    median of the first recorded step at which they had; ``joined_within``, the bound at that step; ``last_bound``, the
    bound at the last. ``permuted`` has ``joined`` and ``last_distance`` of the same runs with their samples permuted
    within classes.
    """
    numbers = {}
    for start, of_start in models.groupby("start", sort=False):
        first, last = (of_start.groupby("run", sort=False).nth(index) for index in (0, -1))
        numbers[start] = {
            "first_distance": float(first[f"{split}_to_trajectory"].median()),
            "largest_distance": float(of_start.groupby("run")[f"{split}_to_trajectory"].max().median()),
            "last_distance": float(last[f"{split}_to_trajectory"].median()),
        }
        if start in CORNERS:
            steps = of_start[of_start[f"{split}_joined"]].groupby("run")["step"].first()
            median = float(steps.median()) if len(steps) else None
            numbers[start] |= {
                "n_joined": len(steps),
                "joined": len(steps) / len(last),
                "median_step": median,
                "joined_within": bound_at(models, split, median) if len(steps) else None,
                "last_bound": float(last[f"{split}_bound"].median()),
                "permuted": {
                    "joined": float(last[f"{split}_permuted_joined"].mean()),
                    "last_distance": float(last[f"{split}_permuted"].median()),
                },
            }
    return numbers


def bound_at(models: pd.DataFrame, split: str, step: float) -> float:
    """Distance to the normal trajectories within which a run has joined, at the first recorded step from this one."""
    later = models[(models["start"] == "normal") & (models["step"] >= step)]
    return float(later.loc[later["step"].idxmin(), f"{split}_bound"])


def end_numbers(models: pd.DataFrame) -> dict:
    """Last models of the runs: error, progress and distance to P* by start and split, as :func:`mean_with_interval`.

    For corners also their ``difference`` from normal runs. Its interval takes the mean over the runs of each corner
    (label seed) as one value: its runs share their labels. ``halves``, of normal runs: every second less the others.
    """
    last = models.groupby("run", sort=False).nth(-1)
    normal = last[last["start"] == "normal"]
    numbers = {}
    for start, of_start in last.groupby("start", sort=False):
        numbers[start] = {split: {} for split in SPLITS}
        for split in SPLITS:
            for name in ("error", "progress", "to_truth"):
                column = f"{split}_{name}"
                numbers[start][split][name] = mean_with_interval(of_start[column])
                if start in CORNERS:
                    of_corners = of_start.groupby("label_seed")[column].mean()
                    found = mean_with_interval(of_corners, normal[column])
                    numbers[start][split][name]["difference"] = found | {"interval": [found["low"], found["high"]]}
                else:
                    halves = mean_with_interval(normal[column][1::2], normal[column][::2])
                    numbers[start][split][name]["halves"] = halves
    return numbers


def cone_distances(points: pd.DataFrame, embedding: xr.Dataset) -> pd.DataFrame:
    """Models of runs with both parts of their squared distance to P* in an embedding.

    d_B(P, P*) is the sum of squared differences of space-like coordinates, ``space``, less that of time-like ones,
    ``time``, up to axes that are not kept. Where the two are nearly equal, models are far apart in the picture though
    close to each other: their separation is nearly light-like.
    """
    at = pd.Index(embedding["model"].values)
    coordinates, signature = embedding["embedding"].values, embedding["signature"].values
    squares = (coordinates - coordinates[at.get_loc("truth")]) ** 2
    models = points[points["kind"] == "run"]
    place = at.get_indexer(models["model"])
    return models.assign(
        space=squares[place][:, signature > 0].sum(axis=1), time=squares[place][:, signature < 0].sum(axis=1)
    )


def cone_numbers(models: pd.DataFrame, split: str) -> dict:
    """First and last models of the runs by start: medians of both parts of the distance to P*, and of their ratio.

    ``distance`` is d_B to P*, ``ratio`` the time-like part over the space-like one, 1 where light-like.

    Parameters
    ----------
    models : DataFrame
        From :func:`cone_distances`, of runs that count.
    split : {"train", "test"}
    """
    numbers = {}
    for start, of_start in models.groupby("start", sort=False):
        numbers[start] = {}
        for name, position in (("first", 0), ("last", -1)):
            some = of_start.groupby("run", sort=False).nth(position)
            numbers[start][name] = {
                "distance": float(some[f"{split}_to_truth"].median()),
                "space": float(some["space"].median()),
                "time": float(some["time"].median()),
                "ratio": float((some["time"] / some["space"]).median()),
            }
    return numbers


def stress_with_and_without(
    points: pd.DataFrame, D: np.ndarray, fitted: xr.Dataset, dimension: xr.Dataset, split: str
) -> dict:
    """Explained stress of the first axes of an embedding, of two of a part of its models, and of their null.

    Returns
    -------
    dict
        ``with_corners``, all models; ``with_joined``, without those of corner runs that had not joined yet;
        ``without_corners``; ``null``, the models of all runs with their samples permuted within classes; each from the
        number of axes to the explained stress.
    """
    parts = {"with_joined": points[f"{split}_joined"], "without_corners": ~points["start"].isin(CORNERS)}
    axes = min(COMPARED_AXES, fitted.sizes["axis"], *(int(part.sum()) for part in parts.values()))
    stress = {"with_corners": fitted["explained_stress"].values}
    stress["null"] = dimension["stress"].sel(kind="null").values
    for name, part in parts.items():
        keep = part.to_numpy()
        inpca = InPCA(axes, metric="precomputed").fit(np.asarray(D[np.ix_(keep, keep)], np.float64))
        stress[name] = inpca.explained_stress_
    return {name: {str(k): float(values[k - 1]) for k in range(1, axes + 1)} for name, values in stress.items()}
