r"""Distances between configurations that differ in one thing only, and intervals of their differences.

A distance :math:`d_B` stands for a *squared* one, as in InPCA: of two runs, configurations :math:`a \ne b`, it is on
average

.. math:: E\,D(a_i, b_j) = \delta_{ab} + \tfrac12 (w_a + w_b),\qquad w_a = E\,D(a_i, a_j),

if runs scatter about their configuration. The floor :math:`w`, the scatter of seeds, is in each distance, and is
subtracted: the *excess* :math:`\delta_{ab}` is what the configurations add. This holds for means; a median of distances
has no such parts, which is why means are used. The two runs of a pair always have different seeds, for those of equal
seed share their random numbers, and the floor is that of different ones.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import DegenerateDataWarning, bootstrap

from paper.statistics.intervals import percentile_interval

#: What configurations differ in, with its name for readers. The learning rate goes with optimiser and batch size, the
#: epochs with augmentation.
FACTOR_NAMES = {
    "network": "architecture",
    "optimizer": "optimiser",
    "batch_size": "batch size",
    "weight_decay": "weight decay",
    "augmentation": "augmentation",
}


def group_distances(distances: np.ndarray, groups: Sequence, apart: Sequence | None = None) -> pd.DataFrame:
    """Mean distance between the members of every two groups, such as the seeds of configurations.

    Parameters
    ----------
    distances : (m, m) array
    groups : (m,) sequence
        Group of each trajectory.
    apart : (m,) sequence, optional
        Two members with the same value, such as the same seed, are no pair; by default only a member and itself.

    Returns
    -------
    DataFrame
        Square, by group in order of appearance. On the diagonal the mean over pairs of different members; NaN where
        there is no pair.

    Examples
    --------
    >>> D = np.array([[0, 1, 4], [1, 0, 6], [4, 6, 0]])
    >>> group_distances(D, ["a", "a", "b"]).round(1).values.tolist()
    [[1.0, 5.0], [5.0, nan]]
    >>> group_distances(D, ["a", "a", "b"], apart=[1, 2, 1]).loc["a", "b"].item()
    6.0
    """
    names = list(dict.fromkeys(groups))
    member = np.array([[group == name for name in names] for group in groups], float)
    own = pd.factorize(np.arange(len(member)) if apart is None else np.asarray(apart))[0]
    pair = own[:, None] != own
    with np.errstate(invalid="ignore"):
        mean = member.T @ np.where(pair, distances, 0) @ member / (member.T @ pair @ member)
    return pd.DataFrame(mean, index=names, columns=names)


def excess(between: pd.DataFrame) -> pd.DataFrame:
    """What configurations add to the floor of their seeds, see the head of this module.

    Parameters
    ----------
    between : (c, c) DataFrame
        From :func:`group_distances`, seeds apart.

    Returns
    -------
    DataFrame
        In the unit of the distances; 0 on the diagonal, NaN for a configuration of one run. Below 0 by chance only.

    Examples
    --------
    >>> excess(pd.DataFrame([[1.0, 5.0], [5.0, 3.0]])).values.tolist()
    [[0.0, 3.0], [3.0, 0.0]]
    """
    own = np.diag(between)
    return between - (own[:, None] + own) / 2


def partners(configurations: pd.DataFrame) -> dict[str, np.ndarray]:
    """Which configurations differ in one factor only.

    Parameters
    ----------
    configurations : DataFrame
        Columns of :data:`FACTOR_NAMES`.

    Returns
    -------
    dict of (c, c) arrays of bool
        By ``seed``, each configuration itself, whose runs differ in nothing but the seed, and by the names of
        :data:`FACTOR_NAMES`.
    """
    codes = np.stack([pd.factorize(configurations[factor])[0] for factor in FACTOR_NAMES], axis=1)
    different = codes[:, None] != codes
    one = different.sum(axis=2) == 1
    alone = np.eye(len(codes), dtype=bool)
    return {"seed": alone} | {name: one & different[..., i] for i, name in enumerate(FACTOR_NAMES)}


def crossed(runs: pd.DataFrame, factor: str) -> pd.DataFrame:
    """Runs of configurations that have a partner from which they differ in one factor only; all if none has.

    Values of the factor are compared over the same values of all others, where each has all its partners.

    Parameters
    ----------
    runs : DataFrame
        One row for each run, with its ``configuration`` and the columns of :data:`FACTOR_NAMES`.
    factor : str
        One of these columns.

    Examples
    --------
    >>> rows = [("a", "fc", "sgd"), ("b", "fc", "adam"), ("c", "vit", "sgd")]
    >>> runs = pd.DataFrame(rows, columns=["configuration", "network", "optimizer"])
    >>> runs = runs.assign(batch_size=50, weight_decay=0, augmentation="none")
    >>> crossed(runs, "optimizer")["configuration"].tolist()
    ['a', 'b']
    """
    configurations = runs.drop_duplicates("configuration")
    has_partner = partners(configurations)[factor].any(axis=1)
    kept = configurations.loc[has_partner, "configuration"]
    return runs[runs["configuration"].isin(kept)] if has_partner.any() else runs


def mean_over_partners(values: np.ndarray, chosen: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Mean over the partners of each configuration.

    Parameters
    ----------
    values, chosen : (c, c) arrays
        Of each pair, and whether the second is a partner of the first; values that are NaN are left out.
    times : (..., c) array of int
        How often each configuration was drawn.

    Returns
    -------
    (..., c) array
        NaN for a configuration without partners among those drawn.
    """
    known = chosen & np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (times @ np.where(known, values, 0).T) / (times @ known.T)


def mean_difference(
    first: tuple[np.ndarray, np.ndarray],
    second: tuple[np.ndarray, np.ndarray] | None = None,
    *,
    draws: int,
    rng: int | np.random.Generator,
) -> dict[str, float | list | int]:
    """Mean over pairs of configurations, or the difference of two such means over the same configurations.

    Each configuration has the mean over its partners; the mean over configurations is taken of those that have
    partners of both kinds, so that both means are of the same ones. Configurations are drawn with replacement, with
    all their seeds (:func:`scipy.stats.bootstrap`): their runs are no independent draws, and a configuration takes
    part in many pairs. A pair counts as often as the product of the numbers of times that its two were drawn.

    Parameters
    ----------
    first, second : tuple of (c, c) arrays
        Values of the pairs of configurations, and which are partners (:func:`partners`).
    draws : int
        Resamples.
    rng : int or Generator

    Returns
    -------
    dict
        ``mean``, ``interval`` (percentiles) and ``p``, two-sided, of a mean of 0, from the share of resamples on the
        other side of 0; ``configurations``, how many have partners of both kinds. NaN for fewer than two.

    References
    ----------
    Davison & Hinkley, Bootstrap Methods and their Application, 1997, section 3.8 (drawing groups whole).

    Examples
    --------
    >>> values = np.array([[1.0, 3, 3], [3, 1, 3], [3, 3, 1]])
    >>> alone = np.eye(3, dtype=bool)
    >>> found = mean_difference((values, ~alone), (values, alone), draws=99, rng=0)
    >>> found["mean"], found["interval"], found["configurations"]
    (2.0, [2.0, 2.0], 3)
    """
    sides = [first] if second is None else [first, second]
    count = len(first[0])
    numbers = np.arange(count)

    def statistic(drawn: np.ndarray, axis: int = -1) -> np.ndarray:
        times = (np.moveaxis(drawn, axis, -1)[..., None] == numbers).sum(axis=-2)
        means = [mean_over_partners(*side, times) for side in sides]
        value = means[0] if second is None else means[0] - means[1]
        counted = np.where(np.isfinite(value), times, 0)
        with np.errstate(invalid="ignore"):
            return (counted * np.nan_to_num(value)).sum(axis=-1) / counted.sum(axis=-1)

    once = np.ones(count, dtype=int)
    usable = np.all([np.isfinite(mean_over_partners(*side, once)) for side in sides], axis=0)
    if usable.sum() < 2:
        return {"mean": float("nan"), "interval": [float("nan")] * 2, "p": float("nan"), "configurations": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateDataWarning)  # of resamples without a pair, and of equal values
        found = bootstrap((numbers,), statistic, n_resamples=draws, batch=100, method="percentile", rng=rng)
    drawn = found.bootstrap_distribution[np.isfinite(found.bootstrap_distribution)]
    beyond = min((drawn <= 0).sum(), (drawn >= 0).sum())
    return {
        "mean": float(statistic(numbers)),
        "interval": percentile_interval(drawn),
        "p": float(min(1, 2 * (beyond + 1) / (len(drawn) + 1))),
        "configurations": int(usable.sum()),
    }
