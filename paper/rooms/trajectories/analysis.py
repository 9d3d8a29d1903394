"""What tells trajectories apart: what each factor adds to the distance of runs, and its share of their variance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from paper.statistics import controlled, percentile_interval, with_interval
from paper.statistics.pairs import FACTOR_NAMES, excess, group_distances, mean_difference, partners
from paper.statistics.permanova import variance_shares

#: Trees of the random forest.
TREES = 100
#: What two runs can differ in, with its name for readers.
DIFFERENCES = {"seed": "seed", **FACTOR_NAMES}
#: Parts of the variance of trajectories, with their names for readers.
PARTS = {**FACTOR_NAMES, "interactions": "interactions of these", "within": "seeds of one configuration"}


@dataclass(frozen=True)
class Compared:
    """Configurations that differ in one factor only, with the distances of their runs on one split.

    Parameters
    ----------
    between, nulls : (c, c) arrays
        Mean distance of runs of different seeds, nats a sample, and that to the class-preserving null of the other.
    partners : dict of (c, c) arrays of bool
        From :func:`paper.statistics.pairs.partners`.
    settings : dict
        ``draws`` and ``rng`` of :func:`paper.statistics.pairs.mean_difference`.
    """

    between: pd.DataFrame
    nulls: pd.DataFrame
    partners: dict[str, np.ndarray]
    settings: dict

    @classmethod
    def of(cls, measured, runs: pd.DataFrame, *, draws: int, rng: int) -> Compared:
        """Configurations of some runs.

        Parameters
        ----------
        measured : Dataset
            From :func:`paper.trajectories.measure_trajectories`, of these runs.
        runs : DataFrame
            One row for each run, with its ``configuration``, ``seed`` and the columns of
            :data:`paper.statistics.pairs.FACTOR_NAMES`.
        draws, rng
            See :func:`paper.statistics.pairs.mean_difference`.
        """
        configurations = runs.drop_duplicates("configuration")
        distances, nulls = (measured[name].values for name in ("distance", "null_distance"))
        means = [group_distances((D + D.T) / 2, runs["configuration"], runs["seed"]) for D in (distances, nulls)]
        return cls(*means, partners(configurations), {"draws": draws, "rng": rng})

    def mean(self, values: pd.DataFrame, first: str, second: str | None = None) -> dict:
        """Mean of values over the pairs that differ in one thing, or its difference to that of another thing."""
        pairs = [(values.to_numpy(), self.partners[name]) for name in (first, second) if name]
        return mean_difference(*pairs, **self.settings)

    def distances(self) -> dict[str, dict[str, dict]]:
        """Mean distance of runs that differ in one thing only, by the names of :data:`DIFFERENCES`.

        Returns
        -------
        dict
            ``other`` run, its ``null``, in nats a sample, and the ``ratio`` of both, the geometric mean over pairs of
            configurations; each as :func:`paper.statistics.pairs.mean_difference` returns it.
        """
        logarithm = np.log(self.between / self.nulls)
        found = {}
        for name in DIFFERENCES:
            ratio = self.mean(logarithm, name)
            ratio |= {"mean": float(np.exp(ratio["mean"])), "interval": np.exp(ratio["interval"]).tolist()}
            found[name] = {"other": self.mean(self.between, name), "null": self.mean(self.nulls, name), "ratio": ratio}
        return found

    def excess(self) -> dict[str, dict]:
        """What a difference in one factor only adds to the distance of seeds, nats a sample, by factor."""
        return controlled({name: self.mean(excess(self.between), name) for name in FACTOR_NAMES})

    def architecture_against(self) -> dict[str, dict]:
        """How much more a difference in architecture adds than one in another factor, over the same configurations."""
        others = [name for name in FACTOR_NAMES if name != "network"]
        return controlled({name: self.mean(excess(self.between), "network", name) for name in others})

    def architecture_alone(self) -> dict[str, dict]:
        """``excess`` of another architecture, and how much more it is than that of two other factors."""
        added = excess(self.between)
        others = {name: self.mean(added, "network", name) for name in ("optimizer", "augmentation")}
        return {"excess": self.mean(added, "network")} | others


def shuffled(runs: pd.DataFrame, *, rng: int) -> pd.DataFrame:
    """The same runs, dealt at random to the configurations, each keeping its seed: a control that has no effects.

    Parameters
    ----------
    runs : DataFrame
        As for :meth:`Compared.of`.
    rng : int
    """
    order, seeds = np.arange(len(runs)), runs["seed"].to_numpy()
    generator = np.random.default_rng(rng)
    for seed in np.unique(seeds):
        rows = np.flatnonzero(seeds == seed)
        order[rows] = generator.permutation(rows)
    dealt = runs.copy()
    dealt[["configuration", *FACTOR_NAMES]] = runs[["configuration", *FACTOR_NAMES]].to_numpy()[order]
    return dealt


def shares_of_variance(distances: np.ndarray, runs: pd.DataFrame, *, permutations: int, rng: int) -> dict[str, dict]:
    """Share of the variance of trajectories of each of :data:`PARTS`, with its test.

    Parameters
    ----------
    distances : (m, m) array
        Between runs.
    runs : DataFrame
        One row for each run; configurations are permuted with all their seeds.
    permutations, rng
        See :func:`paper.statistics.permanova.variance_shares`.
    """
    factors, blocks = runs[list(FACTOR_NAMES)], runs["configuration"].to_numpy()
    found = variance_shares(distances, factors, blocks, permutations=permutations, rng=rng)
    return {name: dict(found[name]) for name in PARTS} | controlled({name: found[name] for name in FACTOR_NAMES})


def shares_table(shares: Mapping[str, dict]) -> pd.DataFrame:
    """Shares of variance with their tests, as text, one row for each of :data:`PARTS`.

    Parameters
    ----------
    shares : mapping
        From :func:`shares_of_variance`.
    """
    rows = {
        name: {
            "share": with_interval(found["share"], found["interval"], ".1%"),
            "95 % of permutations": _range(found.get("permuted", [np.nan] * 2), ".1%"),
            "pseudo-F": found.get("f", np.nan),
            "p": found.get("p", np.nan),
            "q": found.get("q", np.nan),
        }
        for name, found in ((PARTS[key], shares[key]) for key in PARTS)
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("part of the variance")


def distances_table(distances: Mapping[str, dict]) -> pd.DataFrame:
    """Mean distances to the other run and to its null, and their ratio, as text, by what runs differ in.

    Parameters
    ----------
    distances : mapping
        From :meth:`Compared.distances`.
    """
    rows = {
        name: {
            "configurations": distances[key]["other"]["configurations"],
            "to the other run": _with_interval(distances[key]["other"]),
            "to its null": _with_interval(distances[key]["null"]),
            "ratio": _with_interval(distances[key]["ratio"], ".2f"),
        }
        for key, name in DIFFERENCES.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("runs differ in")


def excess_table(added: Mapping[str, dict], against: Mapping[str, dict]) -> pd.DataFrame:
    """What each factor adds, and how much less than architecture, as text, in nats a sample.

    Parameters
    ----------
    added, against : mapping
        From :meth:`Compared.excess` and :meth:`Compared.architecture_against`.
    """
    rows = {
        FACTOR_NAMES[key]: {
            "adds to the distance of seeds": _with_interval(found),
            "q": found["q"],
            "architecture adds more by": _with_interval(against[key]) if key in against else "–",
            "q of this": against[key]["q"] if key in against else np.nan,
            "configurations of both": against[key]["configurations"] if key in against else found["configurations"],
        }
        for key, found in added.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("factor")


def _with_interval(found: Mapping, form: str = ".3g") -> str:
    return with_interval(found["mean"], found["interval"], form)


def _range(ends: list[float], form: str) -> str:
    return "–" if np.isnan(ends[0]) else f"{ends[0]:{form}} to {ends[1]:{form}}"


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
