"""Networks of one family and different size: the same path, at what speed?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from paper.statistics import interval, median_distance, pairs_of_runs, with_interval

#: What the runs of two networks must share to be compared.
METHOD = ["optimizer", "batch_size", "weight_decay", "augmentation", "seed"]


def time_to_progress(run: pd.DataFrame, level: float, split: str, time: str) -> float:
    """When a run first reaches a progress, interpolated linearly between checkpoints; NaN if it never does.

    Parameters
    ----------
    run : DataFrame
        Rows of the model table of one run, in the order of its checkpoints.
    level : float
    split : {"train", "test"}
    time : {"step", "epoch"}
    """
    progress = np.maximum.accumulate(run[f"{split}_progress"].to_numpy())
    if progress[-1] < level:
        return float("nan")
    after = int(np.argmax(progress >= level))
    times = run[time].to_numpy()
    if after == 0:
        return float(times[0])
    share = (level - progress[after - 1]) / (progress[after] - progress[after - 1])
    return float(times[after - 1] + share * (times[after] - times[after - 1]))


def speed(
    points: pd.DataFrame, networks: Sequence[str], levels: Sequence[float], *, draws: int, seed: int
) -> list[dict]:
    """How many times faster the last of some networks reaches given progress than the first.

    Runs are paired by method and seed; the ratio is the time of the first network over that of the last.

    Parameters
    ----------
    points : DataFrame
        Rows of the model table that belong to runs.
    networks : sequence of str
        From small to large.
    levels : sequence of float
    draws : int
        Bootstrap draws of pairs.
    seed : int

    Returns
    -------
    list of dict
        For each split and level: ``ratio`` (median) and ``interval`` in epochs (that in steps is the same, as
        batches are); ``pairs`` that both reach the level.
    """
    rng = np.random.default_rng(seed)
    chosen = points[points["network"].isin([networks[0], networks[-1]])]
    found = []
    for split in ("train", "test"):
        for level in levels:
            times = chosen.groupby(["network", *METHOD]).apply(
                lambda run, level=level, split=split: time_to_progress(run, level, split, "epoch")
            )
            pairs = times.unstack("network").dropna()
            if not len(pairs):
                found.append({"split": split, "progress": level, "pairs": 0})
                continue
            ratio = (pairs[networks[0]] / pairs[networks[-1]]).to_numpy()
            drawn = np.median(ratio[rng.integers(0, len(ratio), (draws, len(ratio)))], axis=1)
            found.append({"split": split, "progress": level, "pairs": len(ratio),
                          "ratio": float(np.median(ratio)), "interval": interval(drawn)})  # fmt: skip
    return found


def path_groups(
    distances: np.ndarray, runs: pd.DataFrame, networks: Sequence[str], *, draws: int, seed: int
) -> dict[str, dict]:
    """Median distance of trajectories within a family and outside of it.

    Parameters
    ----------
    distances : (m, m) array
    runs : DataFrame
        One row for each trajectory.
    networks : sequence of str
        The family.
    draws, seed : int
        See :func:`paper.statistics.median_distance`.

    Returns
    -------
    dict
        For two runs of the family that differ in the seed only, in the size only, and for two runs that differ in the
        architecture only, one of them or both outside of the family.
    """
    pairs = pairs_of_runs(runs)
    inside = [runs["network"].isin(networks).to_numpy()[pairs[side]] for side in ("left", "right")]
    family, architecture = inside[0] & inside[1], (pairs["differs"] == "network").to_numpy()
    groups = {
        "same network, another seed": family & (pairs["differs"] == "seed").to_numpy(),
        "same family, another size": family & architecture,
        "another architecture": ~family & architecture,
    }
    return {
        name: median_distance(distances, *pairs.loc[chosen, ["left", "right"]].to_numpy().T, draws=draws, seed=seed)
        for name, chosen in groups.items()
    }


def progress_error_r2(points: pd.DataFrame) -> dict[str, float]:
    """R² (squared correlation) of progress and error over all models, by split."""
    return {
        split: float(np.corrcoef(points[f"{split}_progress"], points[f"{split}_error"])[0, 1] ** 2)
        for split in ("train", "test")
    }


def size_verdict(groups: dict, speeds: list[dict], r2: dict, networks: list[str]) -> str:
    """Do a small and a large network take the same path, and which is faster? From the train split's numbers."""
    seed, size, other = groups.values()
    overlap = size["interval"][0] <= seed["median"] and other["median"] <= size["interval"][1]
    nearer = size["median"] - seed["median"] < other["median"] - size["median"]
    text = (
        f"On the train split, runs of `{networks[0]}` and `{networks[-1]}` trained the same way are "
        f"{with_interval(size)} nats a sample apart, two seeds of one of them {with_interval(seed)}, runs of different "
        f"architectures {with_interval(other)}: "
        + ("the interval of the size holds both of the others" if overlap else "size counts "
           + ("about as little as the seed" if nearer else "rather like another architecture"))
        + ". "
    )  # fmt: skip
    reached = [found for found in speeds if found["pairs"]]
    if not reached:
        text += "No two runs that can be compared both reach a progress asked for. "
    elif all(found["interval"][0] > 1 for found in reached):
        text += "**The large network is faster** to every progress compared. "
    elif all(found["interval"][1] < 1 for found in reached):
        text += "**The large network is slower** to every progress compared. "
    else:
        text += "The large network is **not faster to every progress** beyond the intervals. "
    for split in dict.fromkeys(found["split"] for found in reached):
        times = (
            f"{found['ratio']:.2f} [{found['interval'][0]:.2f}, {found['interval'][1]:.2f}] times as many epochs to "
            f"{found['progress']:g}"
            for found in reached
            if found["split"] == split
        )
        text += f"For {split} progress, the small one takes {'; '.join(times)}. "
    return text + (
        f"Over all models, progress and error go together with R² = {r2['train']:.3f} on train and {r2['test']:.3f} on "
        "test (the paper: .95 and .88; confidence: seed)."
    )
