"""Numbers of networks on several tasks: their dimension, their distances, and what one task teaches of another."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from paper.models import runs
from paper.report.claims import paper_series
from paper.rooms.tasks.configuration import KINDS
from paper.rooms.tasks.pairs import rank_correlation, relative_excess, task_distances
from paper.statistics.intervals import bootstrap_interval, with_interval
from paper.statistics.permanova import variance_shares

#: Numbers of axes whose explained stress is given.
STRESS_AXES = (1, 2, 3, 10)
#: What is compared with its null, with its name for readers.
COMPARED = {"models": "all models", "between": "runs less their mean, at equal checkpoints"}
#: Published stress that one, two and three axes explain, by the stem of its name.
PUBLISHED = {"tasks_explained.first": "Ramesh et al., one set", "tasks_explained.second": "Ramesh et al., another set"}


def run_rows(table: pd.DataFrame) -> pd.DataFrame:
    """One row for each run of a model table, in its order, with its errors and progress at the end and the start."""
    models = runs(table)
    first, last = (models.groupby("run", sort=False).nth(place).reset_index(drop=True) for place in (0, -1))
    kept = last[["run", "network", "task", "seed"]].copy()
    for split in ("train", "test"):
        kept[f"{split}_error"], kept[f"{split}_progress"] = last[f"{split}_error"], last[f"{split}_progress"]
        kept[f"first_{split}_error"] = first[f"{split}_error"]
        kept[f"first_{split}_progress"] = first[f"{split}_progress"]
    return kept


def dimension_numbers(measured: xr.Dataset, excess_margin: float, fewer_margin: float) -> dict:
    """Explained stress, its excess over that of nulls, and dimensions, of one split.

    Parameters
    ----------
    measured : Dataset
        Of one split, from :func:`paper.rooms.tasks.geometry.measured_tasks`.
    excess_margin : float
        Smallest excess that counts, as a fraction of the stress that the null leaves unexplained.
    fewer_margin : float
        How many times fewer dimensions than their null runs must fill to count.
    """

    def at(name: str, k: int, **chosen: str) -> float:
        return measured[name].sel(axis=k, **chosen).item()

    kinds = {"models": "null", "between": "between null"}
    numbers: dict = {"fewer_margin": fewer_margin}
    for of, null in kinds.items():
        one = measured.sel(of=of)
        numbers[of] = {
            "stress": {str(k): at("stress", k, kind=of) for k in STRESS_AXES},
            "null_stress": {str(k): at("stress", k, kind=null) for k in STRESS_AXES},
            "excess": {str(k): at("excess_stress", k, of=of) for k in STRESS_AXES},
            "excess_interval": {
                str(k): [at(f"excess_stress{end}", k, of=of) for end in ("_low", "_high")] for k in STRESS_AXES
            },
            "excess_margin": {str(k): excess_margin * (1 - at("stress", k, kind=null)) for k in STRESS_AXES},
            "control_excess": {str(k): at("control_excess_stress", k, of=of) for k in STRESS_AXES},
            "participation": measured["participation"].sel(kind=of).item(),
            "null_participation": measured["participation"].sel(kind=null).item(),
            "fewer": one["fewer_dimensions"].item(),
            "fewer_interval": [one[f"fewer_dimensions{end}"].item() for end in ("_low", "_high")],
            "control_fewer": one["control_fewer_dimensions"].item(),
        }
    return numbers


def share_numbers(distance: np.ndarray, rows: pd.DataFrame, *, permutations: int, rng: int) -> dict:
    """Shares of the variance of paths (PERMANOVA): task and, of several networks, network, both together; seeds.

    Parameters
    ----------
    distance : (R, R) array
        Between runs, d_B standing for squared distances.
    rows : DataFrame
        One row for each run, with ``network``, ``task``.
    permutations, rng
        See :func:`paper.statistics.permanova.variance_shares`.
    """
    several = rows["network"].nunique() > 1
    factors = rows[["task", "network"]] if several else rows[["task"]]
    # of several networks, tasks are permuted among configurations, with all their seeds; of one, among runs
    blocks = rows["network"] + "-" + rows["task"] if several else rows["run"]
    found = variance_shares(distance, factors, blocks.to_numpy(), permutations=permutations, rng=rng)
    if several:
        return {name: dict(one) for name, one in found.items()}
    return {"task": dict(found["task"]), "within": dict(found["interactions"])}  # what is left to single runs


def gain_numbers(
    of_classes: xr.DataArray, rows: pd.DataFrame, tasks: pd.DataFrame, *, draws: int, rng: int
) -> dict[str, dict]:
    """Gain of what is measured of each class from the first to the last checkpoint, on some classes, of one split.

    Parameters
    ----------
    of_classes : (run, checkpoint, class) DataArray
        Such as progress on the samples of each class.
    rows : DataFrame
        One row for each run.
    tasks : DataFrame
        From :func:`paper.rooms.tasks.pairs.described`.
    draws, rng : int
        Of bootstrap intervals.

    Returns
    -------
    dict
        ``left_out``: of tasks of half of the classes or fewer, on the others, over tasks; ``learned``: on their own;
        ``digits`` and ``random``: on all classes, over runs. Each with ``value``, ``interval`` and how many ``n``.
        ``by_task``: on ``all`` classes and, where a task leaves some out, on its ``own`` and on the ``others``.
    """
    gained = of_classes.values[:, -1] - of_classes.values[:, 0]
    n_classes = gained.shape[1]

    def of_task(name: str, classes: list[int]) -> np.ndarray:
        return gained[(rows["task"] == name).to_numpy()][:, classes].mean(axis=1)

    def summary(values: np.ndarray) -> dict:
        value = float(np.mean(values)) if len(values) else float("nan")
        return {"value": value, "interval": bootstrap_interval(values, draws=draws, rng=rng), "n": len(values)}

    half = tasks[(tasks["kind"] == "subset") & (2 * tasks["left_out"] >= n_classes)]
    others = {name: sorted(set(range(n_classes)) - one) for name, one in half["classes"].items()}
    found = {
        "left_out": summary(np.array([of_task(name, rest).mean() for name, rest in others.items()])),
        "learned": summary(np.array([of_task(name, sorted(one)).mean() for name, one in half["classes"].items()])),
    }
    every = list(range(n_classes))
    for kind in ("digits", "random"):
        names = tasks.index[tasks["kind"] == kind]
        found[kind] = summary(np.concatenate([of_task(name, every) for name in names]) if len(names) else np.empty(0))
    by_task = {name: {"all": float(of_task(name, every).mean())} for name in tasks.index}
    for name, one in tasks.loc[tasks["kind"] == "subset", "classes"].items():
        rest = sorted(set(every) - one)
        by_task[name] |= {"own": float(of_task(name, sorted(one)).mean()), "others": float(of_task(name, rest).mean())}
    return found | {"by_task": by_task}


def gain_table(gains: Mapping[str, dict], correct: Mapping[str, dict]) -> pd.DataFrame:
    """Gains of progress and of the fraction of samples that are classified correctly, as text."""
    names = {
        "learned": "half of the classes or fewer: on these",
        "left_out": "half of the classes or fewer: on the others",
        "digits": "digits: on all classes",
        "random": "random labels: on all classes",
    }
    rows = {
        name: {
            "progress": with_interval(gains[key]["value"], gains[key]["interval"], "+.3f"),
            "correct": with_interval(correct[key]["value"], correct[key]["interval"], "+.3f"),
        }
        for key, name in names.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("gain of networks that learn")


def scale_numbers(measured: xr.Dataset, rows: pd.DataFrame) -> dict:
    """What other scales of the imprinted heads do: stress of three axes, and the order of distances between tasks."""
    upper = np.triu_indices(rows["task"].nunique(), 1)
    first = relative_excess(task_distances(measured["distance"].values, rows)).to_numpy()[upper]
    found = {}
    for factor in measured["factor"].values:
        one = measured.sel(factor=factor)
        other = relative_excess(task_distances(one["scaled_distance"].values, rows)).to_numpy()[upper]
        found[f"times_{factor:g}".replace(".", "_")] = {
            "factor": float(factor),
            "stress": one["scaled_stress"].sel(axis=3).item(),
            "rank_correlation": rank_correlation(first.tolist(), other.tolist()),
        }
    return found


def task_table(rows: pd.DataFrame, tasks: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    """Each task with its classes, errors of imprinted heads, and its distance to the task of all classes."""
    whole = tasks.index[tasks["kind"] == "whole"][0]
    by_task = rows.groupby("task", sort=False)
    means = by_task[["first_test_error", "test_error", "train_error", "test_progress"]].mean()
    found = pd.DataFrame(
        {
            "is told": tasks["kind"].map(KINDS),
            "labels": tasks["labels"],
            "classes left out": tasks["left_out"],
            "test error, untrained": means["first_test_error"],
            "test error": means["test_error"],
            "train error": means["train_error"],
            "progress, test": means["test_progress"],
            "excess distance": added[whole],
        }
    )
    return found.loc[tasks.index].rename_axis("task")


def stress_table(numbers: Mapping[str, dict]) -> pd.DataFrame:
    """Stress that one, two, three and ten axes explain: here, of nulls, and as published of other data."""
    rows = {}
    for split, found in numbers.items():
        rows[f"here, {split}"] = found["models"]["stress"]
        rows[f"its null, {split}"] = found["models"]["null_stress"]
    for stem, name in PUBLISHED.items():
        rows[name] = {key: number.value for key, number in paper_series(stem).items()}
    columns = {str(k): f"k = {k}" for k in STRESS_AXES}
    return pd.DataFrame.from_dict(rows, orient="index").rename(columns=columns).rename_axis("models")


def shares_table(shares: Mapping[str, dict]) -> pd.DataFrame:
    """Shares of the variance of paths, with their tests, as text."""
    names = {"task": "task", "network": "network", "interactions": "task with network", "within": "seeds"}
    rows = {
        names[key]: {
            "share": with_interval(found["share"], found["interval"], ".1%"),
            "95 % of permutations": "{:.1%} to {:.1%}".format(*found["permuted"]) if "permuted" in found else "–",
            "p": found.get("p", float("nan")),
        }
        for key, found in shares.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("part of the variance")


def scale_table(numbers: Mapping[str, dict]) -> pd.DataFrame:
    """What other scales of the imprinted heads do."""
    rows = [
        {"scale, times": one["factor"], "stress of 3 axes": one["stress"], "rank correlation": one["rank_correlation"]}
        for one in numbers.values()
    ]
    return pd.DataFrame(rows).set_index("scale, times")


#: Three relations between tasks, in words.
RELATIONS = (
    "Classes left out, and distance to the task of all classes: rank correlation {left_out[value]:.2f} over "
    "{left_out[tasks]} tasks (p = {left_out[p]:.2g}). Classes not shared, and distance: {shared[value]:.2f} over "
    "{shared[pairs]} pairs of tasks (p = {shared[p]:.2g}); pairs that share none are at {shared[none]:.2f}, others at "
    "{shared[some]:.2f} distances of seeds. Labels in another order add {same_path[value]:+.3f} distances of seeds "
    "[{same_path[interval][0]:+.3f}, {same_path[interval][1]:+.3f}], the nearest task that leaves out a class "
    "({same_path[name]}) {same_path[nearest]:+.2f}."
)
#: What the notebook found, in two sentences.
ANSWER = (
    "On test samples three axes explain {stress:.1%} of the stress of all models (of their null {null:.1%}), and at "
    "equal checkpoints runs differ in {between:.3g} dimensions (their null in {between_null:.3g}). The task is "
    "{share:.0%} of the variance of paths, and half of the classes or fewer bring {gain:+.3f} of progress on the "
    "others (random labels {random:+.3f})."
)


def answer(numbers: dict) -> str:
    """The answer to the notebook's question, with its numbers."""
    dimension = numbers["dimension"]["test"]
    return ANSWER.format(
        stress=dimension["models"]["stress"]["3"],
        null=dimension["models"]["null_stress"]["3"],
        between=dimension["between"]["participation"],
        between_null=dimension["between"]["null_participation"],
        share=numbers["shares"]["task"]["share"],
        gain=numbers["gains"]["left_out"]["value"],
        random=numbers["gains"]["random"]["value"],
    )
