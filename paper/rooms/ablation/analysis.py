"""Which component of a network moves its trajectory: shares of variance, tested against seeds; one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from paper.models import runs
from paper.rooms.ablation.experiment import COMPONENTS, components_of
from paper.statistics import jackknife_interval, with_interval
from paper.statistics.factorial import TIMES, effect_columns, effects, holm
from paper.statistics.pairs import excess, group_distances, mean_difference
from paper.statistics.permanova import permanova, shares, variance_shares

#: Components with their names for readers.
NAMES = {
    "depth": "depth",
    "width": "width",
    "mixing": "convolution or attention",
    "norm": "normalisation",
    "residual": "residual connections",
}
#: The label of a run that means nothing.
LABEL = "even_seed"
#: Parts of the variance that are no main effect and no interaction of two, with their names for readers.
REST = {"interactions": "interactions of three or more", "within": "seeds of one network"}


def runs_of(models: pd.DataFrame, levels: Mapping[str, Sequence], fitted_error: float) -> pd.DataFrame:
    """One row for each run: its last model, its components, and whether it is of the full design and has fitted.

    Parameters
    ----------
    models : DataFrame
        Model table.
    levels : mapping from component to sequence
        Its levels, of which the first two are crossed.
    fitted_error : float
        Train error up to which a run counts as fitted.

    Returns
    -------
    DataFrame
        The columns of the table, those of :data:`COMPONENTS`, ``even_seed``, ``crossed`` and ``fitted``.
    """
    last = runs(models).groupby("run", sort=False).tail(1).reset_index(drop=True)
    parts = pd.DataFrame([components_of(name) for name in last["network"]])
    crossed = np.all([parts[name].isin(list(given)[:2]) for name, given in levels.items()], axis=0)
    label = np.where(last["seed"] % 2 == 0, "even", "odd")
    found = {"fitted": last["train_error"] <= fitted_error, "crossed": crossed, LABEL: label}
    return pd.concat([last.drop(columns=list(COMPONENTS), errors="ignore"), parts], axis=1).assign(**found)


@dataclass(frozen=True)
class Design:
    """Runs of the full design with their distances on one split.

    Parameters
    ----------
    distances, nulls : (m, m) arrays
        Between runs, and to the class-preserving null of the other, nats a sample.
    factors : DataFrame
        m rows, the components that are crossed.
    networks : (m,) array
        Network of each run.
    labels : (m,) array
        A label that means nothing.
    """

    distances: np.ndarray
    nulls: np.ndarray
    factors: pd.DataFrame
    networks: np.ndarray
    labels: np.ndarray

    @classmethod
    def of(cls, measured, table: pd.DataFrame) -> Design:
        """Runs of the full design among all that were measured.

        Parameters
        ----------
        measured : Dataset
            From :func:`paper.trajectories.measure_trajectories`, of the runs of the table, in its order.
        table : DataFrame
            From :func:`runs_of`.
        """
        rows = np.flatnonzero(table["crossed"])
        chosen = table.iloc[rows].reset_index(drop=True)
        factors = chosen[[name for name in COMPONENTS if chosen[name].nunique() == 2]]
        both = (measured[name].values[np.ix_(rows, rows)] for name in ("distance", "null_distance"))
        distances, nulls = ((D + D.T) / 2 for D in both)
        return cls(distances, nulls, factors, chosen["network"].to_numpy(), chosen[LABEL].to_numpy())

    def parts(self, *, permutations: int, rng: int) -> dict[str, dict]:
        """Share of the variance of every main effect and interaction of two, tested against seeds, and of the rest.

        Returns
        -------
        dict
            By effect what :func:`paper.statistics.factorial.effects` returns, ``holm``, p adjusted for the number of
            effects, ``interval`` of the share (networks left out one at a time), and for a component ``contexts``, p
            when whole networks are permuted that agree in all other components: whether it moves all in one direction.
            ``interactions`` (of three or more) and ``within`` have shares and intervals.
        """
        columns = effect_columns(self.factors).astype(str)
        whole = variance_shares(self.distances, columns, self.networks, permutations=1, rng=rng)
        tested = effects(self.distances, self.factors, permutations=permutations, rng=rng)
        adjusted = holm({name: one["p"] for name, one in tested.items()})
        contexts = permanova(self.distances, self.factors, self.networks, permutations=permutations, rng=rng)
        found = {name: {key: whole[name][key] for key in ("share", "interval")} for name in (*columns, *REST)}
        for name, one in tested.items():
            found[name] |= {key: value for key, value in one.items() if key not in {"share", "flipped"}}
            found[name]["holm"] = adjusted[name]
        for name in self.factors:
            found[name]["contexts"] = contexts[name]["p"]
        return found

    def label(self, *, permutations: int, rng: int) -> dict:
        """The same label-wise: the share of a label that means nothing, permuted among the runs of each network."""
        factors = self.factors.astype(str).assign(**{LABEL: self.labels})
        return permanova(self.distances, factors, permutations=permutations, rng=rng)[LABEL]

    def margin(self, name: str, *, permutations: int, rng: int) -> dict[str, float | list]:
        """How much larger the share of a component is than the largest of the others.

        Returns
        -------
        dict
            ``value``, ``interval`` (networks left out one at a time), and ``flipped``: its mean when signs are flipped.
        """
        columns = effect_columns(self.factors).astype(str)

        def of(share: Mapping[str, float | np.ndarray]):
            return share[name] - np.max([share[other] for other in self.factors if other != name], axis=0)

        tested = effects(self.distances, self.factors, permutations=permutations, rng=rng)
        flipped = of({key: tested[key]["flipped"] for key in self.factors})
        return self._without(lambda found: float(of(found)), columns) | {"flipped": float(np.mean(flipped))}

    def additivity(self, *, rng: int, draws: int = 200) -> dict[str, float | list]:
        """Shares of all interactions of two over those of all components.

        Returns
        -------
        dict
            ``value``, ``interval`` (networks left out one at a time), and ``dealt``: its median when networks are dealt
            at random to the places of the design.
        """
        columns = effect_columns(self.factors).astype(str)

        def of(found: Mapping[str, float]) -> float:
            mains = sum(found[name] for name in self.factors)
            return float(sum(value for name, value in found.items() if TIMES in name) / mains)

        generator, names = np.random.default_rng(rng), pd.unique(self.networks)
        rows = {name: np.flatnonzero(self.networks == name) for name in names}
        dealt = []
        for _ in range(draws):
            order = np.empty(len(columns), int)
            for name, other in zip(names, generator.permutation(names), strict=True):
                order[rows[name]] = rows[other]
            dealt.append(of(shares(self.distances[np.ix_(order, order)], columns, self.networks)))
        return self._without(of, columns) | {"dealt": float(np.median(dealt))}

    def _without(self, statistic, columns: pd.DataFrame) -> dict[str, float | list]:
        """A statistic of shares, and its interval: networks are left out one at a time."""
        value, without = statistic(shares(self.distances, columns, self.networks)), []
        for name in pd.unique(self.networks):
            kept = np.flatnonzero(self.networks != name)
            part = shares(self.distances[np.ix_(kept, kept)], columns.iloc[kept], self.networks[kept])
            without.append(statistic(part))
        return {"value": value, "interval": jackknife_interval(value, np.array(without))}

    def fitted(self, fitted: np.ndarray) -> dict[str, float]:
        """Shares of components among the runs that have fitted, NaN where they do not determine it."""
        rows = np.flatnonzero(fitted)
        if len(rows) < 2:
            return dict.fromkeys(self.factors, float("nan"))
        distances = self.distances[np.ix_(rows, rows)]
        found = shares(distances, self.factors.iloc[rows].astype(str), self.networks[rows])
        return {name: found[name] for name in self.factors}

    def floor_and_excess(self, *, draws: int, rng: int) -> dict[str, dict]:
        """Distance of runs that differ in the seed alone, and what one component adds to it, nats a sample.

        Returns
        -------
        dict
            ``seeds`` and each component: ``mean`` and ``interval``, over networks drawn with all their runs.
        """
        between = group_distances(self.distances, self.networks)
        found = {"seeds": mean_difference((between.to_numpy(), np.eye(len(between), dtype=bool)), draws=draws, rng=rng)}
        for name, pairs in self.partners().items():
            found[name] = mean_difference((excess(between).to_numpy(), pairs), draws=draws, rng=rng)
        return found

    def ratio(self, *, draws: int, rng: int) -> dict[str, float | list]:
        """Distance of runs that differ in one component, over that to the other's null; geometric mean over pairs."""
        logs = np.log(group_distances(self.distances, self.networks) / group_distances(self.nulls, self.networks))
        pairs = np.any(list(self.partners().values()), axis=0)
        found = mean_difference((logs.to_numpy(), pairs), draws=draws, rng=rng)
        return {"mean": float(np.exp(found["mean"])), "interval": np.exp(found["interval"]).tolist()}

    def partners(self) -> dict[str, np.ndarray]:
        """By component, which networks differ in it alone: (c, c) arrays of bool, in order of appearance."""
        table = self.factors.assign(network=self.networks).drop_duplicates("network")[list(self.factors)]
        codes = np.stack([pd.factorize(table[name])[0] for name in table], axis=1)
        different = codes[:, None] != codes
        alone = different.sum(axis=2) == 1
        return {name: alone & different[..., place] for place, name in enumerate(table)}


def one_at_a_time(measured, table: pd.DataFrame, levels: Mapping[str, Sequence]) -> pd.DataFrame:
    """What each further level of a component adds to the distance of seeds, around the base network.

    Parameters
    ----------
    measured : Dataset
        Of the runs of the table, in its order.
    table : DataFrame
        From :func:`runs_of`.
    levels : mapping from component to sequence

    Returns
    -------
    DataFrame
        ``component``, ``level``, ``mean``, nats a sample, ``low`` and ``high`` (runs of either network left out one at
        a time), ``train_error``, its mean over runs.
    """
    D = measured["distance"].values
    D = (D + D.T) / 2
    base = {name: given[0] for name, given in levels.items()}
    rows = []
    for name, given in levels.items():
        for level in given[1:]:
            places = [_rows(table, one) for one in (base, base | {name: level})]
            mean, interval = _excess_of(D, *places)
            error = float(table.iloc[places[1]]["train_error"].mean())
            rows.append((name, level, mean, *interval, error))
    return pd.DataFrame(rows, columns=["component", "level", "mean", "low", "high", "train_error"])


def _rows(table: pd.DataFrame, components: Mapping) -> np.ndarray:
    """Positions of the runs of a network."""
    return np.flatnonzero(np.all([table[name] == level for name, level in components.items()], axis=0))


def _excess_of(D: np.ndarray, first: np.ndarray, second: np.ndarray) -> tuple[float, list[float]]:
    """Excess of two networks and its interval."""

    def of(a: np.ndarray, b: np.ndarray) -> float:
        within = [D[np.ix_(rows, rows)][np.triu_indices(len(rows), 1)].mean() for rows in (a, b)]
        return float(D[np.ix_(a, b)].mean() - np.mean(within))

    if min(len(first), len(second)) < 3:
        return of(first, second), [float("nan")] * 2
    without = [of(np.delete(first, i), second) for i in range(len(first))]
    without += [of(first, np.delete(second, i)) for i in range(len(second))]
    return of(first, second), jackknife_interval(of(first, second), np.array(without))


def effect_name(name: str) -> str:
    """An effect, or another part of the variance, for readers."""
    return REST.get(name) or TIMES.join(NAMES[part] if part == name else part for part in name.split(TIMES))


def parts_table(parts: Mapping[str, dict]) -> pd.DataFrame:
    """Shares with their tests, as text, one row for each part.

    Parameters
    ----------
    parts : mapping
        From :meth:`Design.parts`.
    """
    rows = {
        effect_name(name): {
            "share": with_interval(found["share"], found["interval"], ".1%"),
            "chance exceeds": found.get("threshold", np.nan),
            "p, Holm": found.get("holm", np.nan),
            "p, same in all contexts": found.get("contexts", np.nan),
        }
        for name, found in parts.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("part of the variance")


def left_unfitted(table: pd.DataFrame, fitted_error: float) -> str:
    """Which networks have runs whose train error stays high, in words."""
    wrong = table[~table["fitted"]]
    if wrong.empty:
        return f"The train error of all {len(table)} runs ends at {fitted_error:.0%} or below."
    counts = wrong.groupby("network", sort=False)["train_error"].agg(["size", "max"])
    named = ", ".join(f"{name} ({n}, up to {most:.0%})" for name, n, most in counts.itertuples())
    return (
        f"{len(wrong)} of {len(table)} runs do not fit: their train error stays above {fitted_error:.0%}. Runs of each "
        f"network: {named}."
    )


def pairs_of(names: Sequence[str]) -> list[str]:
    """Names of the interactions of two components."""
    return [f"{a}{TIMES}{b}" for a, b in combinations(names, 2)]
