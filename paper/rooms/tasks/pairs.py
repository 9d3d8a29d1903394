"""Distances between tasks, beside those of seeds of one task, and what tasks have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from paper.rooms.tasks.configuration import Task
from paper.statistics.intervals import CONFIDENCE, jackknife_interval
from paper.statistics.pairs import excess, group_distances


def described(tasks: Mapping[str, Mapping], n_classes: int) -> pd.DataFrame:
    """Tasks of a study, one row for each by its name.

    Parameters
    ----------
    tasks : mapping from name to mapping
        As the section of a study has them.
    n_classes : int
        Of the data.

    Returns
    -------
    DataFrame
        ``kind`` (:data:`paper.rooms.tasks.configuration.KINDS`), ``classes``, a frozenset of those of the data that it
        tells something of, ``left_out``, how many it does not, and ``labels``, their number.

    Examples
    --------
    >>> described({"all": {"groups": [0, 1, 2]}, "some": {"groups": [0, 2]}}, 3)[["kind", "left_out"]].values.tolist()
    [['whole', 0], ['subset', 1]]
    """
    rows = {}
    for name, given in tasks.items():
        task = Task.model_validate(dict(given))
        rows[name] = {
            "kind": task.kind(n_classes),
            "classes": frozenset(task.classes if task.images == "own" else ()),
            "left_out": n_classes - len(task.classes) if task.images == "own" else n_classes,
            "labels": len(task.members),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def task_distances(distance: np.ndarray, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Mean distance of runs on every two tasks, of different seeds, by network; on the diagonal, of one task.

    Parameters
    ----------
    distance : (R, R) array
        Between runs.
    runs : DataFrame
        One row for each, with ``network``, ``task`` and ``seed``.
    """
    found = {}
    for network in runs["network"].unique():
        rows = np.flatnonzero(runs["network"] == network)
        of_network = runs.iloc[rows]
        found[network] = group_distances(distance[np.ix_(rows, rows)], of_network["task"], of_network["seed"])
    return found


def relative_excess(distances: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What another task adds to the distance of seeds (:func:`paper.statistics.pairs.excess`), over that of seeds.

    0 for a task of equal paths, 1 where it adds as much as another seed does; the mean over networks.

    Parameters
    ----------
    distances : mapping from network to (tasks, tasks) DataFrame
        From :func:`task_distances`.

    Examples
    --------
    >>> relative_excess({"fc": pd.DataFrame([[1.0, 5.0], [5.0, 3.0]])}).values.tolist()
    [[0.0, 1.5], [1.5, 0.0]]
    """
    parts = [excess(one) / np.diag(one.to_numpy()).mean() for one in distances.values()]
    return pd.DataFrame(np.mean(parts, axis=0), index=parts[0].index, columns=parts[0].columns)


def jackknifed(statistic: Callable[[list[str]], float], names: Sequence[str], *, bound: float = np.inf) -> dict:
    """A statistic of tasks, with its interval from leaving out one task at a time; none is larger than a bound."""
    names = list(names)
    value = statistic(names)
    without = np.array([statistic([other for other in names if other != name]) for name in names])
    interval = np.clip(jackknife_interval(value, without), -bound, bound).tolist()
    return {"value": value, "interval": interval, "tasks": len(names)}


def against_permuted(
    statistic: Callable[[list[str]], float],
    names: Sequence[str],
    strata: Sequence,
    *,
    permutations: int,
    rng: int,
) -> dict:
    """A statistic whose argument is which task stands for which, beside its values when tasks are permuted.

    Parameters
    ----------
    statistic : callable
        Of the names of tasks that take the places of ``names``.
    names : sequence of str
    strata : sequence
        Tasks are permuted among those of the same value.
    permutations, rng : int

    Returns
    -------
    dict
        ``p``, one-sided, of values as large; ``bound``, the upper end of the central 95 % of permuted values, and
        ``permuted``, the value of one permutation more.
    """
    generator = np.random.default_rng(rng)
    places, keys = np.array(names), np.array(strata)

    def permuted() -> float:
        order = np.arange(len(places))
        for key in np.unique(keys):
            rows = np.flatnonzero(keys == key)
            order[rows] = generator.permutation(rows)
        return statistic(places[order].tolist())

    value, drawn = statistic(list(names)), np.array([permuted() for _ in range(permutations)])
    return {
        "p": float((np.sum(drawn >= value - 1e-12) + 1) / (permutations + 1)),
        "bound": float(np.quantile(drawn, (1 + CONFIDENCE) / 2)),
        "permuted": permuted(),
    }


def rank_correlation(a: Sequence[float], b: Sequence[float]) -> float:
    """Spearman's rank correlation; 0 where one is constant, which orders nothing."""
    if len(set(a)) < 2 or len(set(b)) < 2:
        return 0.0
    return float(spearmanr(a, b)[0])


def left_out_numbers(added: pd.DataFrame, tasks: pd.DataFrame, *, permutations: int, rng: int) -> dict:
    """Rank correlation of how many classes a task leaves out with how far it leads from that of all classes.

    Parameters
    ----------
    added : (tasks, tasks) DataFrame
        From :func:`relative_excess`.
    tasks : DataFrame
        From :func:`described`.
    permutations, rng : int
    """
    whole = tasks.index[tasks["kind"] == "whole"][0]
    names = tasks.index[tasks["kind"] == "subset"].tolist()

    def statistic(some: list[str], places: list[str] | None = None) -> float:
        return rank_correlation(tasks.loc[places or some, "left_out"], added.loc[some, whole])

    test = against_permuted(
        lambda places: statistic(names, places), names, [0] * len(names), permutations=permutations, rng=rng
    )
    return jackknifed(statistic, names, bound=1) | test


def shared_numbers(added: pd.DataFrame, tasks: pd.DataFrame, *, permutations: int, rng: int) -> dict:
    """Rank correlation of how many classes two tasks of one size do not share with how far they are from each other.

    A Mantel test: tasks are permuted among those of their size.

    Parameters
    ----------
    added, tasks, permutations, rng
        As for :func:`left_out_numbers`.

    Returns
    -------
    dict
        With ``pairs``, how many there are, and the mean of those that share ``none`` and of those that share ``some``.
    """
    subsets = tasks[tasks["kind"] == "subset"]
    sizes = subsets.groupby("left_out")["left_out"].transform("size")
    subsets = subsets[sizes > 1]
    names, size, classes = subsets.index.tolist(), subsets["left_out"], subsets["classes"]

    def pairs(some: list[str]) -> list[tuple[int, int]]:
        return [(i, j) for i, j in combinations(range(len(some)), 2) if size[some[i]] == size[some[j]]]

    def statistic(some: list[str], places: list[str] | None = None) -> float:
        stand = places or some
        chosen = pairs(some)
        apart = [len(classes[stand[i]] - classes[stand[j]]) for i, j in chosen]
        return rank_correlation(apart, [added.loc[some[i], some[j]] for i, j in chosen])

    test = against_permuted(
        lambda places: statistic(names, places), names, size.tolist(), permutations=permutations, rng=rng
    )
    by_share: dict[bool, list[float]] = {True: [], False: []}
    for i, j in pairs(names):
        by_share[bool(classes[names[i]] & classes[names[j]])].append(added.loc[names[i], names[j]])
    means = {key: float(np.mean(found)) if found else float("nan") for key, found in by_share.items()}
    found = jackknifed(statistic, names, bound=1)
    return found | test | {"pairs": len(pairs(names)), "none": means[False], "some": means[True]}


def same_path_numbers(added: pd.DataFrame, tasks: pd.DataFrame, margin: float) -> dict:
    """Whether all classes with their labels in another order take the same path: an equivalence test.

    Of one network with another last layer, whose weights are drawn alike, they are other seeds and no more: the excess
    is 0 on average. Two one-sided tests: the interval must lie between both margins.

    Parameters
    ----------
    added, tasks
        As for :func:`left_out_numbers`.
    margin : float
        As a part of the distance of seeds.

    Returns
    -------
    dict
        ``value``, the mean relative excess over all pairs of orders, with its ``interval``; ``lower`` and ``upper``
        margin; ``nearest``, the same of the nearest task that leaves out a class, and its ``name``.
    """
    names = tasks.index[tasks["kind"].isin(["whole", "permuted"])].tolist()
    whole = tasks.index[tasks["kind"] == "whole"][0]

    def statistic(some: list[str]) -> float:
        of_pairs = [added.loc[a, b] for a, b in combinations(some, 2)]
        return float(np.mean(of_pairs)) if of_pairs else float("nan")

    others = added.loc[tasks.index[tasks["kind"] == "subset"], whole]
    nearest = {"nearest": float(others.min()), "name": str(others.idxmin())} if len(others) else {}
    return jackknifed(statistic, names) | {"lower": -margin, "upper": margin} | nearest
