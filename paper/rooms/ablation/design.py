"""Runs of a full design of components: shares of the variance of their trajectories, tested against seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from paper.rooms.ablation.experiment import COMPONENTS
from paper.statistics import jackknife_interval
from paper.statistics.factorial import TIMES, effect_columns, effects, holm
from paper.statistics.pairs import excess, group_distances, mean_difference
from paper.statistics.permanova import permanova, shares, variance_shares

#: The label of a run that means nothing.
LABEL = "even_seed"
#: Parts of the variance that are no main effect and no interaction of two, with their names for readers.
REST = {"interactions": "interactions of three or more", "within": "seeds of one network"}


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
    common : (m, m) array
        Distances over the progress that all runs make.
    """

    distances: np.ndarray
    nulls: np.ndarray
    factors: pd.DataFrame
    networks: np.ndarray
    labels: np.ndarray
    common: np.ndarray

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
        names = ("distance", "null_distance", "common_distance")
        distances, nulls, common = (
            (D + D.T) / 2 for D in (measured[name].values[np.ix_(rows, rows)] for name in names)
        )
        return cls(distances, nulls, factors, chosen["network"].to_numpy(), chosen[LABEL].to_numpy(), common)

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

    def at_common_progress(self) -> Design | None:
        """The same runs with their distances over the progress that all make; None where they share none."""
        return replace(self, distances=self.common) if np.isfinite(self.common).all() else None

    def label(self, *, permutations: int, rng: int) -> dict:
        """Share of a label that means nothing, permuted among the runs of each network; see :func:`permanova`."""
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

    def _without(
        self, statistic: Callable[[Mapping[str, float]], float], columns: pd.DataFrame
    ) -> dict[str, float | list]:
        """A statistic of shares, and its interval: networks are left out one at a time."""
        value, without = statistic(shares(self.distances, columns, self.networks)), []
        for name in pd.unique(self.networks):
            kept = np.flatnonzero(self.networks != name)
            part = shares(self.distances[np.ix_(kept, kept)], columns.iloc[kept], self.networks[kept])
            without.append(statistic(part))
        return {"value": value, "interval": jackknife_interval(value, np.array(without))}

    def fitted(self, fitted: np.ndarray) -> dict[str, float]:
        """Shares of components and of seeds among runs that have fitted, NaN where these do not determine it."""
        rows, names = np.flatnonzero(fitted), [*self.factors, "within"]
        if len(rows) < 2:
            return dict.fromkeys(names, float("nan"))
        distances = self.distances[np.ix_(rows, rows)]
        found = shares(distances, self.factors.iloc[rows].astype(str), self.networks[rows])
        return {name: found[name] for name in names}

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
