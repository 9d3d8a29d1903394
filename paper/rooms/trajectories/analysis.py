"""Which factor of a configuration tells trajectories apart: pairs that differ in one factor, and importance."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from paper.statistics import FACTOR_NAMES, median_distance, pairs_of_runs, percentile_interval, with_interval

#: Trees of the random forest.
TREES = 100
#: What two runs can differ in, with its name for readers.
DIFFERENCES = {"seed": "seed", **FACTOR_NAMES}


def one_factor_medians(
    distances: np.ndarray, runs: pd.DataFrame, *, draws: int, rng: int | np.random.Generator
) -> dict[str, dict[str, float | list | int]]:
    """Median distance of runs that differ in the seed only, and in each factor only.

    Parameters
    ----------
    distances : (m, m) array
        Between runs, nats a sample.
    runs : DataFrame
        See :func:`paper.statistics.pairs_of_runs`.
    draws, rng
        See :func:`paper.statistics.median_distance`.

    Returns
    -------
    dict
        By the names of :data:`DIFFERENCES`, what :func:`paper.statistics.median_distance` returns.
    """
    pairs = pairs_of_runs(runs)
    found = {}
    for name in DIFFERENCES:
        left, right = pairs.loc[pairs["differs"] == name, ["left", "right"]].to_numpy().T
        found[name] = median_distance(distances, left, right, draws=draws, rng=rng)
    return found


def median_table(medians: dict, nulls: dict) -> pd.DataFrame:
    """Median distances of runs that differ in one thing only, to each other and to the other's null.

    Parameters
    ----------
    medians, nulls : dict
        From :func:`one_factor_medians`, of distances between runs and of those to nulls.

    Returns
    -------
    DataFrame
        One row for each name of :data:`DIFFERENCES`: number of pairs, both medians with their intervals, as text, in
        nats a sample, and their ratio.
    """
    rows = {
        name: {
            "pairs": medians[key]["pairs"],
            "to the other run": with_interval(medians[key]["median"], medians[key]["interval"]),
            "to its null": with_interval(nulls[key]["median"], nulls[key]["interval"]),
            "ratio": medians[key]["median"] / nulls[key]["median"],
        }
        for key, name in DIFFERENCES.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("runs differ in")


def factor_importance(
    distances: pd.DataFrame, configurations: pd.DataFrame, *, splits: int, random_state: int
) -> dict[str, dict | list | float]:
    """How well each factor predicts the distance between two configurations: permutation importance.

    A random forest predicts the distance of a pair from the pair of values of each factor, whatever their order. In
    each split a third of the configurations is held out; the forest learns the pairs among the others, and is judged
    on the pairs among those held out, none of which it has seen: it cannot memorise configurations. Importance is the
    loss of R² when the values of one factor are shuffled among the pairs.

    Parameters
    ----------
    distances : (n, n) DataFrame
        Between configurations.
    configurations : DataFrame
        Factors of each configuration, by its name.
    splits : int
    random_state : int
        Of the choice of configurations and, plus the number of the split, of the forest.

    Returns
    -------
    dict
        ``importance`` of each factor: ``mean`` and ``interval`` over the splits; ``r2``: mean on pairs held out, and
        ``r2_interval``.

    Raises
    ------
    ValueError
        For fewer than nine configurations: three of them, and so three pairs, are held out at least.
    """
    names = list(distances.index)
    if len(names) < 9:
        raise ValueError(f"importance needs at least 9 configurations, not {len(names)}")
    factors = configurations.loc[names, list(FACTOR_NAMES)].astype(str).to_numpy()
    rng = np.random.default_rng(random_state)
    scores, losses = [], []
    for split in range(splits):
        held = np.isin(np.arange(len(names)), rng.choice(len(names), len(names) // 3, replace=False))
        known, unseen = (_pairs_as_rows(distances.to_numpy(), factors, np.flatnonzero(part)) for part in (~held, held))
        forest = make_pipeline(
            OneHotEncoder(handle_unknown="ignore"),
            RandomForestRegressor(TREES, random_state=random_state + split, n_jobs=1),
        ).fit(*known)
        scores.append(r2_score(unseen[1], forest.predict(unseen[0])))
        found = permutation_importance(forest, *unseen, scoring="r2", n_repeats=5, random_state=random_state + split)
        losses.append(found.importances_mean)
    return {
        "importance": {
            factor: {"mean": float(np.mean(loss)), "interval": percentile_interval(loss)}
            for factor, loss in zip(FACTOR_NAMES, np.transpose(losses), strict=True)
        },
        "r2": float(np.mean(scores)),
        "r2_interval": percentile_interval(scores),
    }


def importance_table(importance: dict) -> pd.DataFrame:
    """Permutation importance of each factor with its interval, as text.

    Parameters
    ----------
    importance : dict
        From :func:`factor_importance`.
    """
    rows = {
        FACTOR_NAMES[name]: {"importance (loss of R²)": with_interval(found["mean"], found["interval"], ".2f")}
        for name, found in importance["importance"].items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("factor")


def _pairs_as_rows(distances: np.ndarray, factors: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of configurations as (unordered pair of values of each factor, distance)."""
    pairs = list(combinations(chosen, 2))
    rows = [["|".join(sorted(values)) for values in zip(factors[i], factors[j], strict=True)] for i, j in pairs]
    return np.array(rows, dtype=object), np.array([distances[i, j] for i, j in pairs])
