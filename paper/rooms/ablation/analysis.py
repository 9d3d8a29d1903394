"""Which component of a network moves its trajectory: shares of variance, tested against seeds; one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from paper.models import runs
from paper.rooms.ablation.design import LABEL, REST
from paper.rooms.ablation.experiment import COMPONENTS, components_of
from paper.statistics import jackknife_interval, with_interval
from paper.statistics.factorial import LEVEL, TIMES

#: Components with their names for readers.
NAMES = {
    "depth": "depth",
    "width": "width",
    "mixing": "convolution or attention",
    "norm": "normalisation",
    "residual": "residual connections",
}
#: Networks with runs that do not fit that a sentence names at most.
NAMED = 10
#: Components in pairs.
SHORT = NAMES | {"mixing": "attention", "residual": "residual"}


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
    parts = name.split(TIMES)
    return REST.get(name) or NAMES.get(name) or TIMES.join(SHORT[part] for part in parts)


def parts_table(parts: Mapping[str, dict]) -> pd.DataFrame:
    """Shares with their tests, as text, one row for each part.

    Parameters
    ----------
    parts : mapping
        From :meth:`paper.rooms.ablation.design.Design.parts`.
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
    worst = counts.sort_values("max", ascending=False, kind="stable")
    named = ", ".join(f"{name} ({n}, up to {most:.0%})" for name, n, most in worst[:NAMED].itertuples())
    named += f" and {len(worst) - NAMED} more networks" if len(worst) > NAMED else ""
    return (
        f"{len(wrong)} of {len(table)} runs do not fit: their train error stays above {fitted_error:.0%}. Runs of each "
        f"network: {named}."
    )


def with_components(points: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Models of the runs of the full design with their components, and the geodesic.

    Parameters
    ----------
    points : DataFrame
        Model table, with whatever columns.
    table : DataFrame
        From :func:`runs_of`.
    """
    crossed = table.loc[table["crossed"], ["run", *COMPONENTS]]
    kept = points[points["run"].isin(crossed["run"]) | (points["kind"] != "run")]
    return kept.drop(columns=list(COMPONENTS), errors="ignore").merge(crossed, on="run", how="left")


def checks_table(numbers: Mapping[str, dict]) -> pd.DataFrame:
    """Shares of components and of seeds in all runs of the design, in those that have fitted, and at common progress.

    Parameters
    ----------
    numbers : mapping
        ``parts``, ``fitted`` and ``common``, each by split; a split without common progress is not in the last.
    """
    columns = {}
    for split, fitted in numbers["fitted"].items():
        kinds = {"all": numbers["parts"][split], "common progress": numbers["common"].get(split, {})}
        shares = {kind: {name: one["share"] for name, one in found.items()} for kind, found in kinds.items()}
        for kind, found in (shares | {"fitted runs": fitted}).items():
            columns[f"{split}, {kind}"] = {effect_name(name): found.get(name, np.nan) for name in fitted}
    return pd.DataFrame(columns).rename_axis("share of")


def excess_table(found: Mapping[str, dict]) -> pd.DataFrame:
    """Distance of seeds, and what each component adds to it in all contexts, as text, nats a sample.

    Parameters
    ----------
    found : mapping from split to dict
        From :meth:`paper.rooms.ablation.design.Design.floor_and_excess`.
    """
    columns = {
        split: {
            NAMES.get(name, "distance of seeds"): with_interval(one["mean"], one["interval"])
            for name, one in by_name.items()
        }
        for split, by_name in found.items()
    }
    return pd.DataFrame(columns).rename_axis("adds to the distance of seeds")


#: What the notebook found, in two sentences; the second where runs share some progress.
ANSWER = (
    "The largest share of the variance of trajectories on train is that of {largest} ({share:.0%}; seeds {seeds:.0%}); "
    "{moving} of {n} effects are beyond seeds after correction, {mains} of components alone and the others of pairs."
)
COMMON = (
    " Over the progress that all runs make, which speed does not touch, it is that of {largest} ({share:.0%}; seeds "
    "{seeds:.0%}), and {moving} of {n} effects are beyond seeds."
)


def answer(numbers: Mapping) -> str:
    """The answer to the notebook's question, with its numbers."""
    text, common = ANSWER.format(**_found(numbers["parts"]["train"])), numbers["common"].get("train")
    return text + COMMON.format(**_found(common)) if common else text


def _found(parts: Mapping[str, dict]) -> dict:
    """Which component has most, and how many effects are beyond seeds."""
    tested = {name: one for name, one in parts.items() if "holm" in one}
    moving = [name for name, one in tested.items() if one["holm"] <= LEVEL]
    largest = max((name for name in tested if name in NAMES), key=lambda name: parts[name]["share"])
    return {
        "largest": NAMES[largest],
        "share": parts[largest]["share"],
        "seeds": parts["within"]["share"],
        "moving": len(moving),
        "mains": sum(name in NAMES for name in moving),
        "n": len(tested),
    }
