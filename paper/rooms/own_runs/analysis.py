"""Where learners stand between networks and their own null, and how well the map of networks holds them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from inpca.predictions.store import SPLITS
from paper.rooms.own_runs.places import NETWORK, QUALITY
from paper.statistics import jackknife_interval, with_interval
from paper.statistics.pairs import group_distances

#: What kinds of learner are taken together.
SETS = {"trees": ("boosting", "forest"), "networks": ("mlp", "rbf"), "neighbours": ("neighbours",)}
#: Measures of a position, see :func:`positions`, and their names in tables.
MEASURES = {
    "nearest": "to the nearest network",
    "usual": "networks to each other",
    "null": "its null",
    "position": "position",
    "null_position": "of another null",
}


def under_way(measured: xr.Dataset) -> np.ndarray:
    """Whether a run moves at each value of progress, (run, s) array of bool: from its first model to its furthest."""
    s, start, reach = (measured[name].values for name in ("s", "start", "reach"))
    return (s >= start[:, None]) & (s <= reach[:, None])


def usual_distance(measured: xr.Dataset) -> np.ndarray:
    """How far networks are from the nearest of another architecture, (s,): mean over those under way, NaN for none."""
    counted = under_way(measured) & (measured["kind"] == NETWORK).values[:, None]
    n = counted.sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.where(counted, measured["nearest"].values, 0).sum(axis=0) / n


def positions(measured: xr.Dataset) -> pd.DataFrame:
    r"""Position of each run between the networks and its null.

    With means over the values of progress at which it is under way, as some network is,

    .. math:: \frac{\text{nearest} - \text{usual}}{\text{null} - \text{usual}},

    0 as far from the nearest network of another kind as these are from each other, 1 as far as a run that is as good
    and errs on other samples.

    Parameters
    ----------
    measured : Dataset
        From :func:`paper.rooms.own_runs.places.nearest_networks`, of one split.

    Returns
    -------
    DataFrame
        One row for each run: ``run``, ``group``, ``kind``, ``seed``, and :data:`MEASURES`, distances in nats a sample;
        ``null_position`` is that of the second null, which is 1 but for chance. NaN for a run that is never under way.
    """
    usual = usual_distance(measured)
    counted = under_way(measured) & np.isfinite(usual)
    n = counted.sum(axis=1)
    columns = {name: measured[name].values for name in ("run", "group", "kind", "seed")}
    values = {name: measured[name].values for name in ("nearest", "null", "null_again")} | {"usual": usual}
    with np.errstate(invalid="ignore", divide="ignore"):
        means = {name: np.where(counted, value, 0).sum(axis=1) / n for name, value in values.items()}
        apart = means["null"] - means["usual"]
        position, again = ((means[name] - means["usual"]) / apart for name in ("nearest", "null_again"))
    kept = {name: means[name] for name in ("nearest", "usual", "null")}
    return pd.DataFrame(columns | kept | {"position": position, "null_position": again})


def over_seeds(values: pd.DataFrame) -> dict[str, float | list]:
    """Mean of the values of some learners, and its 95 % interval over their seeds (Student).

    Parameters
    ----------
    values : DataFrame
        By seed; the mean over its columns is one value of each seed.

    Examples
    --------
    >>> over_seeds(pd.DataFrame({"a": [1.0, 2.0, 3.0]}))["value"]
    2.0
    """
    of_seed = values.mean(axis=1).to_numpy()
    value = float(of_seed.mean())
    without = (of_seed.sum() - of_seed) / (len(of_seed) - 1)
    return {"value": value, "interval": jackknife_interval(value, without)}


def set_numbers(table: pd.DataFrame) -> dict[str, dict]:
    """Position of each of :data:`SETS` that the study has, and of its second null, over seeds.

    ``trees_less_networks`` is the difference of the first two, if there are both.

    Parameters
    ----------
    table : DataFrame
        From :func:`positions`.

    Returns
    -------
    dict
        Each with ``value``, ``interval`` and ``null``.
    """
    by_seed = {}
    for name, kinds in SETS.items():
        of_set = table[table["kind"].isin(kinds)]
        if not of_set.empty:
            by_seed[name] = [
                of_set.pivot(index="seed", columns="group", values=value) for value in ("position", "null_position")
            ]
    found = {name: over_seeds(own) | {"null": over_seeds(null)["value"]} for name, (own, null) in by_seed.items()}
    if {"trees", "networks"} <= by_seed.keys():
        own, null = (
            pd.DataFrame({"difference": first.mean(axis=1) - second.mean(axis=1)})
            for first, second in zip(by_seed["trees"], by_seed["networks"], strict=True)
        )
        found["trees_less_networks"] = over_seeds(own) | {"null": over_seeds(null)["value"]}
    return found


def group_numbers(table: pd.DataFrame) -> dict[str, dict]:
    """Number of runs and mean of :data:`MEASURES` of each architecture and learner; an interval over seeds of learners.

    Parameters
    ----------
    table : DataFrame
        From :func:`positions`.
    """
    found = {}
    for group, runs in table.groupby("group", sort=False):
        found[group] = {"n_runs": len(runs)} | {name: float(runs[name].mean()) for name in MEASURES}
        if (runs["kind"] != NETWORK).all():
            found[group]["interval"] = over_seeds(runs[["position"]])["interval"]
    return found


def placed_numbers(placed: pd.DataFrame) -> dict[str, dict[str, dict]]:
    """How well the axes hold models, by split and group: medians over models, and over their nulls if they have any."""
    found = {}
    for split in SPLITS:
        names = [f"{prefix}{name}" for prefix in ("", "null_") for name in QUALITY]
        medians = placed.groupby("network", sort=False)[[f"{split}_{name}" for name in names]].median()
        medians.columns = names
        found[split] = {group: row.dropna().to_dict() for group, row in medians.iterrows()}
    return found


def position_table(groups: Mapping[str, dict], labels: Mapping[str, str]) -> pd.DataFrame:
    """Distances and positions of one split as text, one row for each architecture and learner.

    Parameters
    ----------
    groups : mapping
        From :func:`group_numbers`.
    labels : mapping from group to str
    """
    rows = {}
    for group, found in groups.items():
        row = {"runs": found["n_runs"]} | {MEASURES[name]: found[name] for name in MEASURES}
        text = f"{found['position']:.2f}"
        row["position"] = with_interval(found["position"], found["interval"], ".2f") if "interval" in found else text
        rows[labels[group]] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("runs of")


def placed_table(placed: Mapping[str, dict], labels: Mapping[str, str]) -> pd.DataFrame:
    """Explained distance and residual of placed models, and of their nulls, one row for each architecture and learner.

    Parameters
    ----------
    placed : mapping
        Of one split, from :func:`placed_numbers`.
    labels : mapping from group to str
    """
    names = {"explained_distance": "explained distance", "residual": "residual (nats)"}
    rows = {
        labels[group]: {names[name]: found[name] for name in QUALITY}
        | {f"{names[name]}, null": found.get(f"null_{name}") for name in QUALITY}
        for group, found in placed.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("models of").astype(float)
    return table[sorted(table.columns)]


def kinds_apart(measured: xr.Dataset) -> tuple[pd.DataFrame, np.ndarray]:
    """Mean distance of the runs of every two groups at equal progress, and the tree of groups (complete linkage).

    On the diagonal is that between different runs of a group; the tree takes 0 there.
    """
    D = measured["distance"].values
    between = group_distances((D + D.T) / 2, measured["group"].values)
    apart = between.to_numpy().copy()
    np.fill_diagonal(apart, 0)
    return between, linkage(squareform(apart, checks=False), "complete", optimal_ordering=True)
