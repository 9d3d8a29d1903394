"""How far learners are from networks beside their own null, and how well the map of networks holds them."""

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
#: Measures of a run, see :func:`ratios`, and their names in tables.
MEASURES = {
    "nearest": "to the nearest network",
    "null": "its null to that",
    "ratio": "ratio",
    "null_ratio": "of another null",
}


def under_way(measured: xr.Dataset) -> np.ndarray:
    """Whether a run moves at each value of progress, (run, s) array of bool: from its first model to its furthest."""
    s, start, reach = (measured[name].values for name in ("s", "start", "reach"))
    return (s >= start[:, None]) & (s <= reach[:, None])


def ratios(measured: xr.Dataset) -> pd.DataFrame:
    """How far each run is from the nearest network of another kind, as a fraction of how far its null is.

    Of means over the values of progress at which the run is under way: 1 for a run that agrees with networks on how
    many samples of a class it is right about, but not on which, and 0 for one that does as some network does.

    Parameters
    ----------
    measured : Dataset
        From :func:`paper.rooms.own_runs.places.nearest_networks`, of one split.

    Returns
    -------
    DataFrame
        One row for each run: ``run``, ``group``, ``kind``, ``seed``, and :data:`MEASURES`, distances in nats a sample;
        ``null_ratio`` is that of a second null, 1 but for chance. NaN for a run that is never under way.
    """
    counted = under_way(measured)
    n = counted.sum(axis=1)
    columns = {name: measured[name].values for name in ("run", "group", "kind", "seed")}
    with np.errstate(invalid="ignore", divide="ignore"):
        nearest, null, again = (
            np.where(counted, measured[name].values, 0).sum(axis=1) / n for name in ("nearest", "null", "null_again")
        )
        found = {"nearest": nearest, "null": null, "ratio": nearest / null, "null_ratio": again / null}
    return pd.DataFrame(columns | found)


def path_bound(table: pd.DataFrame, on_path: float) -> dict[str, float]:
    """Ratio below which a learner is on the path of networks: part of the way from that of networks to 1.

    Parameters
    ----------
    table : DataFrame
        From :func:`ratios`.
    on_path : float
        The part.

    Returns
    -------
    dict
        ``networks``, the mean ratio of networks, each to those of other architectures, and ``bound``.

    Examples
    --------
    >>> path_bound(pd.DataFrame({"kind": ["network", "rbf"], "ratio": [0.4, 0.9]}), 0.5)
    {'networks': 0.4, 'bound': 0.7}
    """
    networks = float(table.loc[table["kind"] == NETWORK, "ratio"].mean())
    return {"networks": networks, "bound": networks + on_path * (1 - networks)}


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
    """Ratio of each of :data:`SETS` that the study has, and of its second null, over seeds.

    ``trees_less_networks`` is the difference of the first two, if there are both.

    Parameters
    ----------
    table : DataFrame
        From :func:`ratios`.

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
                of_set.pivot(index="seed", columns="group", values=value) for value in ("ratio", "null_ratio")
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
        From :func:`ratios`.
    """
    found = {}
    for group, runs in table.groupby("group", sort=False):
        found[group] = {"n_runs": len(runs)} | {name: float(runs[name].mean()) for name in MEASURES}
        if (runs["kind"] != NETWORK).all():
            found[group]["interval"] = over_seeds(runs[["ratio"]])["interval"]
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


def ratio_table(groups: Mapping[str, dict], labels: Mapping[str, str]) -> pd.DataFrame:
    """Distances and ratios of one split as text, one row for each architecture and learner.

    Parameters
    ----------
    groups : mapping
        From :func:`group_numbers`.
    labels : mapping from group to str
    """
    rows = {}
    for group, found in groups.items():
        row = {"runs": found["n_runs"]} | {MEASURES[name]: found[name] for name in MEASURES}
        text = f"{found['ratio']:.2f}"
        row["ratio"] = with_interval(found["ratio"], found["interval"], ".2f") if "interval" in found else text
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
