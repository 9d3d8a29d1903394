"""Networks of one family and different size: the same path, at what speed?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from paper.statistics import bootstrap_interval, median_distance, pairs_of_runs, with_interval

#: What the runs of two networks must share to be compared.
METHOD = ["optimizer", "batch_size", "weight_decay", "augmentation", "seed"]
#: Groups of pairs of runs, with their names for readers.
GROUPS = {
    "seed": "same network, another seed",
    "size": "same family, another size",
    "architecture": "another architecture",
}


def time_to_progress(run: pd.DataFrame, level: float, split: str, time: str) -> float:
    """When a run first reaches a progress, interpolated linearly between checkpoints; NaN if it never does.

    Parameters
    ----------
    run : DataFrame
        Rows of the model table of one run, in the order of its checkpoints.
    level : float
    split : {"train", "test"}
    time : {"step", "epoch"}

    Returns
    -------
    float
        In steps or epochs.

    Examples
    --------
    >>> run = pd.DataFrame({"train_progress": [0, 0.4, 0.8], "epoch": [0, 1, 2]})
    >>> round(time_to_progress(run, 0.6, "train", "epoch"), 6)
    1.5
    """
    progress = np.maximum.accumulate(run[f"{split}_progress"].to_numpy())
    if progress[-1] < level:
        return float("nan")
    after = int(np.argmax(progress >= level))
    times = run[time].to_numpy()
    if after == 0:
        return float(times[0])
    return float(np.interp(level, progress[after - 1 : after + 1], times[after - 1 : after + 1]))


def speed(
    points: pd.DataFrame,
    networks: Sequence[str],
    levels: Sequence[float],
    *,
    draws: int,
    rng: int | np.random.Generator,
) -> dict[str, dict[str, dict]]:
    """How many times faster the last of some networks reaches given progress than the first.

    Runs are paired by method and seed; the ratio is the time of the first network over that of the last.

    Parameters
    ----------
    points : DataFrame
        Rows of the model table that belong to runs.
    networks : sequence of str
        From small to large.
    levels : sequence of float
        Progress, in (0, 1).
    draws, rng
        See :func:`paper.statistics.bootstrap_interval`; pairs are drawn.

    Returns
    -------
    dict
        By split, then by level in percent: ``progress``, the level; ``pairs``, how many both reach it; ``ratio``, its
        median in epochs (that in steps is the same, as batches are), and ``interval``, both NaN without pairs.
    """
    rng = np.random.default_rng(rng)
    chosen = points[points["network"].isin([networks[0], networks[-1]])]
    found: dict[str, dict[str, dict]] = {}
    for split in ("train", "test"):
        found[split] = {}
        for level in levels:
            times = chosen.groupby(["network", *METHOD]).apply(
                lambda run, level=level, split=split: time_to_progress(run, level, split, "epoch")
            )
            pairs = times.unstack("network").dropna()
            ratio = (pairs[networks[0]] / pairs[networks[-1]]).to_numpy()
            found[split][f"{100 * level:g}"] = {
                "progress": level,
                "pairs": len(ratio),
                "ratio": float(np.median(ratio)) if len(ratio) else float("nan"),
                "interval": bootstrap_interval(ratio, np.median, draws=draws, rng=rng),
            }
    return found


def speed_table(speeds: dict) -> pd.DataFrame:
    """Ratios of epochs with their intervals, as text, one row for each split and progress.

    Parameters
    ----------
    speeds : dict
        From :func:`speed`.
    """
    rows = [
        {
            "split": split,
            "progress": found["progress"],
            "pairs of runs": found["pairs"],
            "epochs of the small over those of the large network": with_interval(
                found["ratio"], found["interval"], ".2f"
            ),
        }
        for split, by_level in speeds.items()
        for found in by_level.values()
    ]
    return pd.DataFrame(rows)


def path_groups(
    distances: np.ndarray, runs: pd.DataFrame, networks: Sequence[str], *, draws: int, rng: int | np.random.Generator
) -> dict[str, dict]:
    """Median distance of trajectories within a family and outside of it.

    Parameters
    ----------
    distances : (m, m) array
    runs : DataFrame
        One row for each trajectory.
    networks : sequence of str
        The family.
    draws, rng
        See :func:`paper.statistics.median_distance`.

    Returns
    -------
    dict
        By the names of :data:`GROUPS`: for two runs of the family that differ in the seed only, in the size only, and
        for two runs that differ in the architecture only, one of them or both outside of the family.
    """
    pairs = pairs_of_runs(runs)
    inside = [runs["network"].isin(networks).to_numpy()[pairs[side]] for side in ("left", "right")]
    family, architecture = inside[0] & inside[1], (pairs["differs"] == "network").to_numpy()
    chosen = (family & (pairs["differs"] == "seed").to_numpy(), family & architecture, ~family & architecture)
    return {
        name: median_distance(distances, *pairs.loc[group, ["left", "right"]].to_numpy().T, draws=draws, rng=rng)
        for name, group in zip(GROUPS, chosen, strict=True)
    }


def group_table(groups: dict[str, dict[str, dict]]) -> pd.DataFrame:
    """Median distances of groups of pairs of trajectories with their intervals, as text, in nats a sample.

    Parameters
    ----------
    groups : mapping from split to dict
        From :func:`path_groups`.
    """
    columns = {
        split: {
            GROUPS[name]: f"{with_interval(found['median'], found['interval'])}, {found['pairs']} pairs"
            for name, found in by_name.items()
        }
        for split, by_name in groups.items()
    }
    return pd.DataFrame(columns).rename_axis("two runs")


def progress_error_r2(points: pd.DataFrame) -> dict[str, float]:
    """R² (squared correlation) of progress and error over all models, by split."""
    return {
        split: float(np.corrcoef(points[f"{split}_progress"], points[f"{split}_error"])[0, 1] ** 2)
        for split in ("train", "test")
    }
