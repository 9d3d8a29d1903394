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

from paper.statistics import FACTORS, interval, median_distance, pairs_of_runs, with_interval

#: Trees of the random forest.
TREES = 100


def one_factor_medians(
    distances: np.ndarray, runs: pd.DataFrame, *, draws: int, seed: int
) -> dict[str, dict[str, float | list | int]]:
    """Median distance of runs that differ in the seed only, and in each factor only; see :func:`median_distance`."""
    pairs = pairs_of_runs(runs)
    return {
        name: median_distance(distances, *pairs.loc[pairs["differs"] == name, ["left", "right"]].to_numpy().T,
                              draws=draws, seed=seed)
        for name in ("seed", *FACTORS)
    }  # fmt: skip


def factor_importance(
    distances: pd.DataFrame, configurations: pd.DataFrame, *, splits: int, seed: int
) -> dict[str, dict | list | float]:
    """How much each factor says about the distance between two configurations: permutation importance.

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
    seed : int

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
    factors = configurations.loc[names, list(FACTORS)].astype(str).to_numpy()
    rng = np.random.default_rng(seed)
    scores, losses = [], []
    for split in range(splits):
        held = np.isin(np.arange(len(names)), rng.choice(len(names), len(names) // 3, replace=False))
        known, unseen = (_pairs_as_rows(distances.to_numpy(), factors, np.flatnonzero(part)) for part in (~held, held))
        forest = make_pipeline(
            OneHotEncoder(handle_unknown="ignore"), RandomForestRegressor(TREES, random_state=seed + split, n_jobs=1)
        ).fit(*known)
        scores.append(r2_score(unseen[1], forest.predict(unseen[0])))
        found = permutation_importance(forest, *unseen, scoring="r2", n_repeats=5, random_state=seed + split)
        losses.append(found.importances_mean)
    return {
        "importance": {
            factor: {"mean": float(np.mean(loss)), "interval": interval(loss)}
            for factor, loss in zip(FACTORS, np.transpose(losses), strict=True)
        },
        "r2": float(np.mean(scores)),
        "r2_interval": interval(scores),
    }


def _pairs_as_rows(distances: np.ndarray, factors: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of configurations as (unordered pair of values of each factor, distance)."""
    pairs = list(combinations(chosen, 2))
    rows = [["|".join(sorted(values)) for values in zip(factors[i], factors[j], strict=True)] for i, j in pairs]
    return np.array(rows, dtype=object), np.array([distances[i, j] for i, j in pairs])


def trajectory_verdict(medians: dict, nulls: dict) -> str:
    """Does architecture separate trajectories more than the other factors, and how much of it is the metric's doing?"""
    ranking = sorted(FACTORS, key=lambda name: -np.nan_to_num(medians[name]["median"]))
    architecture, seed = medians["network"], medians["seed"]
    low = architecture["interval"][0]
    beaten = [FACTORS[name] for name in FACTORS if medians[name]["interval"][1] < low]
    open_ = [FACTORS[name] for name in FACTORS
             if name != "network" and medians[name]["pairs"] and FACTORS[name] not in beaten]  # fmt: skip
    place = f"the largest of {len(FACTORS)}" if ranking[0] == "network" else (
        f"number {ranking.index('network') + 1} of {len(FACTORS)}, after "
        + ", ".join(FACTORS[name] for name in ranking[: ranking.index("network")]))  # fmt: skip
    against_seed = (
        "Seeds of one configuration are closer than architectures, beyond the intervals. " if seed["interval"][1] < low
        else "Seeds of one configuration are further apart than architectures, beyond the intervals. "
        if seed["interval"][0] > architecture["interval"][1]
        else "Even against seeds of one configuration the intervals overlap. "
    )  # fmt: skip
    return (
        f"Two runs that differ in **architecture** only are {with_interval(architecture)} nats a sample apart in the "
        f"median, {place}; two that differ in the **seed** only, {with_interval(seed)}. Beyond the intervals, "
        f"architecture separates more than {', '.join(beaten) or 'none of the other factors'}"
        + (f"; against {', '.join(open_)} the intervals leave it open. " if open_ else ". ")
        + against_seed
        + "To the class-preserving null of the run of the other architecture it is "
        f"{with_interval(nulls['network'])}: what separates architectures is "
        f"{architecture['median'] / nulls['network']['median']:.0%} of what being equally good at every progress would "
        "allow at random."
    )  # fmt: skip


def importance_verdict(importance: dict) -> str:
    """Which factors the regressor needs, and how much it explains."""
    values = importance["importance"]
    order = sorted(values, key=lambda name: -values[name]["mean"])
    low, high = importance["r2_interval"]
    return (
        f"On pairs of configurations that it never saw, the regressor explains R² = {importance['r2']:.2f} "
        f"[{low:.2f}, {high:.2f}] of the logarithm of the distance. By the loss of R² when a factor is "
        "shuffled, the order is " + ", ".join(f"{FACTORS[name]} ({values[name]['mean']:.2f})" for name in order) + "."
    )
