r"""Prediction of test error for configurations that were held out, and what a position adds to it.

One regressor for all sets of columns, chosen before any was fitted: each column is replaced by its rank among
configurations (a number from 0 to 1), and a quadratic spline of it with a knot in the middle enters a ridge regression,
whose penalty is the best of :data:`PENALTIES` by leave-one-out within what it is fitted to. It is fitted to means of
configurations, so that seeds do not count as independent, and judged by the single runs of others. With
:math:`\hat y` the predictions for held-out runs and :math:`\bar y` the mean of what they were fitted to,

.. math:: R^2 = 1 - \frac{\sum (y-\hat y)^2}{\sum (y-\bar y)^2},

which is below 0 where a prediction is worse than the mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import QuantileTransformer, SplineTransformer, StandardScaler

from paper.rooms.generalisation.features import TARGETS
from paper.statistics import percentile_interval

#: Penalties of the ridge regression, of standardised columns.
PENALTIES = np.logspace(-2, 4, 13)
#: Knots of the spline of each column, on its ranks.
KNOTS = (0.0, 0.5, 1.0)


def regressor(n: int, smooth: Sequence[int], names: Sequence[int]) -> Pipeline:
    """The one regressor of all comparisons.

    Parameters
    ----------
    n : int
        Rows that it will be fitted to.
    smooth, names : sequences of int
        Columns that enter by a spline of their rank, and those of 0 and 1 that enter as they are.
    """
    spline = SplineTransformer(
        degree=2, knots=np.tile(np.array(KNOTS)[:, None], len(smooth)), include_bias=False, extrapolation="linear"
    )
    ranks = QuantileTransformer(n_quantiles=n, subsample=None)
    columns = [("smooth", make_pipeline(ranks, spline), list(smooth)), ("names", "passthrough", list(names))]
    return make_pipeline(ColumnTransformer(columns), StandardScaler(), RidgeCV(alphas=PENALTIES, alpha_per_target=True))


def folds_of(configurations: Sequence[str], folds: int, rng: int | np.random.Generator) -> pd.Series:
    """Which part each configuration is held out with, by configuration; parts differ by at most one in size."""
    names = np.random.default_rng(rng).permutation(np.unique(np.asarray(configurations)))
    return pd.Series(np.arange(len(names)) % folds, index=names)


def held_out(table: pd.DataFrame, smooth: list[str], folds: pd.Series, names: pd.DataFrame | None = None) -> np.ndarray:
    """Predictions of the targets for every run, by regressors that saw no run of its configuration.

    Parameters
    ----------
    table : DataFrame
        One row for each run, with its ``configuration``, the columns and the targets.
    smooth : list of str
        Columns that enter by a spline; none for the mean of what is fitted to.
    folds : Series
        From :func:`folds_of`.
    names : DataFrame, optional
        Columns of 0 and 1, a row for each of the table.

    Returns
    -------
    (n, 2) array
        In the order of :data:`paper.rooms.generalisation.features.TARGETS`.
    """
    targets = list(TARGETS)
    columns = table[smooth].to_numpy(float)
    if names is not None:
        columns = np.hstack([columns, names.to_numpy(float)])
    part = table["configuration"].map(folds).to_numpy()
    group = table["configuration"].to_numpy()
    predicted = np.empty((len(table), len(targets)))
    for fold in range(folds.max() + 1):
        out = part == fold
        seen = pd.DataFrame(np.hstack([columns, table[targets].to_numpy(float)]))[~out].groupby(group[~out]).mean()
        x, y = np.split(seen.to_numpy(), [columns.shape[1]], axis=1)
        if not columns.shape[1]:
            predicted[out] = y.mean(axis=0)
            continue
        which = np.arange(columns.shape[1])
        fitted = regressor(len(x), which[: len(smooth)], which[len(smooth) :]).fit(x, y)
        predicted[out] = fitted.predict(columns[out])
    return predicted


def exchanged(table: pd.DataFrame, columns: list[str], like: int, rng: np.random.Generator) -> pd.DataFrame:
    """The null: positions exchanged between configurations of like train loss.

    Configurations are sorted by the mean of the logarithm of their train loss and cut into groups of neighbours. In a
    group each takes the positions of another, or keeps its own, at random; its loss, its error and its factors stay.

    Parameters
    ----------
    table : DataFrame
        One row for each run.
    columns : list of str
        Of a position.
    like : int
        Configurations in a group; a rest joins the last one.
    rng : Generator

    Returns
    -------
    DataFrame
        The table with these columns exchanged. Where another configuration has fewer seeds, they are taken in turn.
    """
    order = table.groupby("configuration")["log_train_loss"].mean().sort_values(kind="stable").index.to_numpy()
    groups = np.array_split(order, max(1, len(order) // like))
    source = {name: other for group in groups for name, other in zip(group, rng.permutation(group), strict=True)}
    rows = table.reset_index(drop=True).groupby("configuration").indices
    taken = np.empty(len(table), dtype=int)
    for name, own in rows.items():
        taken[own] = np.resize(rows[source[name]], len(own))
    return table.assign(**{column: table[column].to_numpy()[taken] for column in columns})


def r2(y: np.ndarray, predicted: np.ndarray, mean: np.ndarray) -> float:
    """Share of the variance that predictions explain, 1 - Σ(y - ŷ)² / Σ(y - ȳ)².

    Examples
    --------
    >>> r2(np.array([1.0, 3.0]), np.array([1.0, 2.0]), np.array([2.0, 2.0]))
    0.5
    """
    return float(1 - np.sum((y - predicted) ** 2) / np.sum((y - mean) ** 2))


def gain_interval(
    squares: pd.DataFrame, group: Sequence[str], *, draws: int, rng: int | np.random.Generator
) -> list[float]:
    """Interval of a gain in R² over configurations, drawn with all their runs; predictions stay as they are.

    Parameters
    ----------
    squares : DataFrame
        Squared errors of each run, columns ``without``, ``with`` and ``mean``.
    group : sequence of str
        Configuration of each.
    draws, rng
        Of the bootstrap.
    """
    sums = squares.groupby(np.asarray(group)).sum()
    n = len(sums)
    times = np.random.default_rng(rng).multinomial(n, np.full(n, 1 / n), size=draws)
    drawn = times @ sums[["without", "with", "mean"]].to_numpy()
    return percentile_interval((drawn[:, 0] - drawn[:, 1]) / drawn[:, 2])


def added_by_position(
    table: pd.DataFrame,
    training: list[str],
    position: list[str],
    settings: Mapping[str, int],
    names: pd.DataFrame | None = None,
) -> dict[str, dict]:
    """What the position adds to what training tells of the targets, beside its null.

    Parameters
    ----------
    table : DataFrame
        One row for each run.
    training, position : lists of str
        Columns of both.
    settings : mapping
        ``folds``, ``like``, ``null_draws``, ``bootstrap_draws`` and ``seed``.
    names : DataFrame, optional
        Columns of 0 and 1 that both regressions have.

    Returns
    -------
    dict
        By target: ``r2`` and ``mae``, the mean absolute error, ``without`` and ``with`` the position; ``gain``, the
        difference of R², and its ``interval``; of the exchanged positions' gains ``null_mean``, and ``null_high``,
        which they exceed one time in forty; ``bound``, that or 0 if it is less; ``control``, the gain of one exchange
        more; ``predicted``, ``without`` and ``with``, an array of runs each.
    """
    folds = folds_of(table["configuration"].tolist(), settings["folds"], settings["seed"])
    rng = np.random.default_rng(settings["seed"])
    mean, without = held_out(table, [], folds), held_out(table, training, folds, names)
    both = held_out(table, training + position, folds, names)
    nulls = [
        held_out(exchanged(table, position, settings["like"], rng), training + position, folds, names)
        for _ in range(settings["null_draws"] + 1)
    ]
    found = {}
    for place, target in enumerate(TARGETS):
        y, base = table[target].to_numpy(float), mean[:, place]
        score = {"without": r2(y, without[:, place], base), "with": r2(y, both[:, place], base)}
        *null, control = [r2(y, one[:, place], base) - score["without"] for one in nulls]
        errors = {"without": y - without[:, place], "with": y - both[:, place], "mean": y - base}
        squares = pd.DataFrame(errors) ** 2
        interval = gain_interval(
            squares, table["configuration"].tolist(), draws=settings["bootstrap_draws"], rng=settings["seed"]
        )
        null_high = percentile_interval(np.array(null))[1]
        found[target] = {
            "r2": score,
            "mae": {name: float(np.abs(errors[name]).mean()) for name in ("without", "with", "mean")},
            "gain": score["with"] - score["without"],
            "interval": interval,
            "null_mean": float(np.mean(null)),
            "null_high": null_high,
            "bound": max(0.0, null_high),
            "control": control,
            "predicted": {"without": without[:, place], "with": both[:, place]},
        }
    return found
