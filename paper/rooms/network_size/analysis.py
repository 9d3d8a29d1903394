"""Networks of one family and different size: the same path, at what speed? And does progress tell the error?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import quantile_test

from paper.statistics import CONFIDENCE, jackknife_interval, percentile_interval, with_interval
from paper.statistics.pairs import excess, group_distances, mean_difference, partners

#: What the runs of two networks must share to be compared.
METHOD = ["optimizer", "batch_size", "weight_decay", "augmentation"]
#: Seeds that both networks of a pair must have trained with the same method; one is left out at a time.
FEWEST_SEEDS = 3


def size_excess(distances: np.ndarray, runs: pd.DataFrame, small: str, large: str) -> dict[str, float | list | int]:
    """What a difference in size adds to the distance between seeds, by the same method.

    Distances stand for squared ones (:mod:`paper.statistics.pairs`): the mean between runs of both networks, of
    different seeds, less the mean between seeds of each. The mean is over the methods that both networks were trained
    with, which are taken as they are; the interval says what other seeds would give, by the jackknife: a seed is left
    out of all of them at once.

    Parameters
    ----------
    distances : (m, m) array
    runs : DataFrame
        One row for each trajectory, with its network, method, configuration and seed.
    small, large : str
        The networks.

    Returns
    -------
    dict
        ``mean`` and ``interval`` in the unit of the distances; ``methods``: how many both networks share, with
        :data:`FEWEST_SEEDS` each. NaN without one.
    """
    chosen = runs["network"].isin([small, large]).to_numpy()
    n_seeds = runs[chosen].groupby([*METHOD, "network"])["seed"].nunique().unstack("network")
    n_seeds = n_seeds.reindex(columns=[small, large]).fillna(0)
    methods = n_seeds.index[(n_seeds >= FEWEST_SEEDS).all(axis=1)]
    chosen = chosen & runs.set_index(METHOD).index.isin(methods)
    if not len(methods):
        return {"mean": float("nan"), "interval": [float("nan")] * 2, "methods": 0}
    runs, distances = runs[chosen], distances[np.ix_(chosen, chosen)]

    def mean(kept: np.ndarray) -> float:
        left = runs[kept]
        between = group_distances(distances[np.ix_(kept, kept)], left["configuration"], left["seed"])
        same_method = partners(left.drop_duplicates("configuration"))["network"]
        return float(np.nanmean(excess(between).to_numpy()[same_method]))

    seeds = runs["seed"].to_numpy()
    value = mean(np.ones(len(runs), dtype=bool))
    without = np.array([mean(seeds != seed) for seed in np.unique(seeds)])
    return {"mean": value, "interval": jackknife_interval(value, without), "methods": len(methods)}


def architecture_excess(
    distances: np.ndarray, runs: pd.DataFrame, *, draws: int, rng: int | np.random.Generator
) -> dict[str, float | list | int]:
    """What a difference in architecture only adds to the distance between seeds: the scale of a difference in size.

    Parameters
    ----------
    distances : (m, m) array
    runs : DataFrame
        One row for each trajectory.
    draws, rng
        See :func:`paper.statistics.pairs.mean_difference`, which this returns.
    """
    between = group_distances(distances, runs["configuration"], runs["seed"])
    pairs = partners(runs.drop_duplicates("configuration"))["network"]
    return mean_difference((excess(between).to_numpy(), pairs), draws=draws, rng=rng)


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


def median_ratio(least: np.ndarray, most: np.ndarray) -> dict[str, float | list | int]:
    """Median of ratios of which some are known by their bounds only.

    The interval is that of the sign test (:func:`scipy.stats.quantile_test`), which needs nothing but the order: its
    lower end is taken among the least values, its upper end among the largest ones, so that it holds whatever the
    true ones are. Of ratios with different medians, as those of different methods, the interval covers more often.

    Parameters
    ----------
    least, most : (n,) arrays
        Of each ratio, the least and the largest that it may be: equal where it is known, 0 and infinity where nothing
        is.

    Returns
    -------
    dict
        ``ratio``, the median of the least, ``interval``, and ``pairs``, n. NaN without pairs; the interval is 0 to
        infinity for pairs that are too few for one.

    Examples
    --------
    >>> ratios = np.array([1.5, 2.0, 2.0, 2.5, 3.0, 3.5])
    >>> median_ratio(ratios, np.append(ratios[:-1], np.inf))
    {'ratio': 2.25, 'interval': [1.5, inf], 'pairs': 6}
    """
    if not len(least):
        return {"ratio": float("nan"), "interval": [float("nan")] * 2, "pairs": 0}
    ends = [quantile_test(values, q=1, p=0.5).confidence_interval(CONFIDENCE) for values in (least, most)]
    low, high = ends[0].low, ends[1].high
    interval = [0.0 if np.isnan(low) else float(low), float("inf") if np.isnan(high) else float(high)]
    return {"ratio": float(np.median(least)), "interval": interval, "pairs": len(least)}


def speed(
    points: pd.DataFrame, small: str, large: str, levels: Sequence[float], split: str
) -> dict[str, dict[str, float | list | int]]:
    """How many times the epochs of the large network the small one needs to reach given progress.

    Runs are paired by method and seed. A run that never gets there is not left out: its time is longer than its
    training, which bounds the ratio on one side (the ratio is *censored*).

    Parameters
    ----------
    points : DataFrame
        Rows of the model table that belong to runs.
    small, large : str
        The networks.
    levels : sequence of float
        Progress, in (0, 1).
    split : {"train", "test"}

    Returns
    -------
    dict
        By level in percent: its ``progress``, what :func:`median_ratio` returns (the ratio in steps is the same, as
        batches are), and ``never``: in how many pairs the small or the large one does not arrive.
    """
    found = {}
    runs = points[points["network"].isin([small, large])].groupby(["network", *METHOD, "seed"])
    end = runs["epoch"].max().unstack("network").dropna()
    for level in levels:
        times = pd.Series({key: time_to_progress(run, level, split, "epoch") for key, run in runs})
        times.index.names = ["network", *METHOD, "seed"]
        times = times.unstack("network").reindex(end.index)
        never = times[[small, large]].isna()
        at_least = times.fillna(end)
        ratio = at_least[small] / at_least[large]
        least, most = ratio.where(~never[large], 0), ratio.where(~never[small], np.inf)
        counts = {"small": int(never[small].sum()), "large": int(never[large].sum())}
        ends = median_ratio(least.to_numpy(), most.to_numpy())
        found[f"{100 * level:g}"] = {"progress": float(level), **ends, "never": counts}
    return found


def speed_table(speeds: Mapping[str, Mapping[str, Mapping]]) -> pd.DataFrame:
    """Ratios of epochs with their intervals, as text, one row for each pair of networks, split and progress.

    Parameters
    ----------
    speeds : mapping from pair and split to mapping
        From :func:`speed`.
    """
    rows = [
        {
            "larger in": what,
            "split": split,
            "progress": found["progress"],
            "pairs of runs": found["pairs"],
            "small never there": found["never"]["small"],
            "large never there": found["never"]["large"],
            "epochs of small / epochs of large": _bounded(found),
        }
        for what, by_split in speeds.items()
        for split, by_level in by_split.items()
        for found in by_level.values()
    ]
    return pd.DataFrame(rows)


def _bounded(found: Mapping) -> str:
    """A ratio with its interval; a dash where neither network arrives, which leaves it anything."""
    known = found["ratio"] > 0 or np.isfinite(found["interval"][1])
    return with_interval(found["ratio"] if known else np.nan, found["interval"], ".2f")


def progress_bands(points: pd.DataFrame, epochs: np.ndarray, split: str) -> pd.DataFrame:
    """Progress of the runs of a network at given epochs: median and quartiles.

    Parameters
    ----------
    points : DataFrame
        Rows of the model table of one network.
    epochs : (n,) array
    split : {"train", "test"}

    Returns
    -------
    DataFrame
        n rows, columns 0.25, 0.5 and 0.75; between checkpoints progress is interpolated linearly in the logarithm of
        1 + step, and a run that has ended is left out.
    """
    values = []
    for _, run in points.groupby("run", sort=False):
        per_epoch = run["step"].iloc[-1] / run["epoch"].iloc[-1]
        at = np.interp(np.log1p(epochs * per_epoch), np.log1p(run["step"]), run[f"{split}_progress"])
        values.append(np.where(epochs <= run["epoch"].iloc[-1], at, np.nan))
    return pd.DataFrame(values, columns=epochs).quantile([0.25, 0.5, 0.75]).T


def progress_and_error(
    points: pd.DataFrame, split: str, *, draws: int, rng: int | np.random.Generator
) -> dict[str, float | list]:
    """How well progress tells the error, and how well the number of the checkpoint alone does.

    All runs go from no progress to much of it while their error falls: any two quantities that change with time go
    together. The control is therefore the best that any function of the checkpoint's number can do, which knows
    nothing of the model; and what progress tells of the error beyond it is the squared correlation of their
    deviations from the means at the same checkpoint.

    Parameters
    ----------
    points : DataFrame
        Rows of the model table that belong to runs.
    split : {"train", "test"}
    draws : int
        Resamples of configurations with all their models.
    rng : int or Generator

    Returns
    -------
    dict
        ``progress``: squared correlation of progress and error over all models; ``checkpoint``: share of the variance
        of errors that lies between checkpoints; ``same_checkpoint``: squared correlation at the same checkpoint. The
        first and the last with ``…_interval``.
    """
    both = points[[f"{split}_progress", f"{split}_error"]]
    mean = both.groupby(points.groupby("run").cumcount()).transform("mean")
    configuration, names = pd.factorize(points["configuration"])
    times = np.random.default_rng(rng).multinomial(len(names), np.full(len(names), 1 / len(names)), size=draws)
    found: dict[str, float | list] = {}
    for name, table in (("progress", both - both.mean()), ("same_checkpoint", both - mean)):
        x, y = table.to_numpy().T
        moments = pd.DataFrame({"1": 1.0, "x": x, "y": y, "xx": x * x, "yy": y * y, "xy": x * y})
        by_configuration = moments.groupby(configuration).sum().to_numpy()
        found[name] = float(_squared_correlation(by_configuration.sum(axis=0)))
        found[f"{name}_interval"] = percentile_interval(_squared_correlation(times @ by_configuration))
    error = f"{split}_error"
    found["checkpoint"] = float(mean[error].var() / both[error].var())
    return found


def _squared_correlation(moments: np.ndarray) -> np.ndarray:
    """From the sums of 1, x, y, x², y² and xy along the last axis."""
    n, x, y, xx, yy, xy = np.moveaxis(moments, -1, 0)
    return (n * xy - x * y) ** 2 / ((n * xx - x**2) * (n * yy - y**2))
