"""What is known of a run on the train split at a moment: its loss, its place on the manifold, and its factors.

Nothing here is of the test split: *training* is what everyone sees of a run, the logarithm of its train loss, its train
error and its progress; the *position* are its coordinates in the train embedding and how far it is from the geodesic,
:math:`\\min_t d_B(P, \\gamma_t)`. The embedding is of all runs together, those held out later included, which takes
their predictions on the train split and no test error.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from paper.distances import Distances
from paper.models import runs

#: What everyone sees of a run.
TRAINING = ["log_train_loss", "train_error", "train_progress"]
#: Settings of a configuration that have names or levels.
FACTORS = ["network", "optimizer", "batch_size", "weight_decay", "augmentation"]
#: What is predicted, by name, and how it is called.
TARGETS = {"error": "test error", "loss": "log of test loss"}
#: Least loss whose logarithm is taken, in nats.
SMALLEST_LOSS = 1e-6


def position_names(axes: int) -> list[str]:
    """Columns of a position of so many axes.

    Examples
    --------
    >>> position_names(2)
    ['pc1', 'pc2', 'off_geodesic']
    """
    return [*(f"pc{axis}" for axis in range(1, axes + 1)), "off_geodesic"]


def measured(points: pd.DataFrame, distances: Distances) -> pd.DataFrame:
    """Models of runs with what is known of them.

    Parameters
    ----------
    points : DataFrame
        Model table with coordinates, from :func:`paper.figures.manifold.place_models`, in the order of the distances.
    distances : Distances
        Bhattacharyya's on the train split.

    Returns
    -------
    DataFrame
        The rows of runs, with ``log_train_loss`` (of nats) and ``off_geodesic`` (nats a sample) as well.
    """
    line = np.flatnonzero((points["kind"] != "run").to_numpy())
    off = np.min([distances.to(int(place)) for place in line], axis=0)
    return runs(points.assign(off_geodesic=off, log_train_loss=np.log(np.maximum(points["train_loss"], SMALLEST_LOSS))))


def at_end(models: pd.DataFrame) -> pd.DataFrame:
    """Last model of each run, by run, with the targets.

    Parameters
    ----------
    models : DataFrame
        From :func:`measured`.

    Returns
    -------
    DataFrame
        One row for each run; :data:`TARGETS` are the test error (fraction) and the logarithm of the test loss.
    """
    last = models.groupby("run", sort=False).tail(1).set_index("run")
    return last.assign(error=last["test_error"], loss=np.log(np.maximum(last["test_loss"], SMALLEST_LOSS)))


def at_epoch(models: pd.DataFrame, epoch: float, columns: list[str]) -> pd.DataFrame:
    """What is known of each run at an epoch, with its final targets.

    Parameters
    ----------
    models : DataFrame
        From :func:`measured`.
    epoch : float
        Between checkpoints, columns are interpolated linearly in the logarithm of 1 + step.
    columns : list of str

    Returns
    -------
    DataFrame
        As :func:`at_end`, with these columns at the epoch.

    Raises
    ------
    ValueError
        If a run ends before.
    """
    ends = at_end(models)
    if (short := ends.index[ends["epoch"] < epoch]).size:
        raise ValueError(f"{short[0]} ends before epoch {epoch:g}")
    rows = []
    for _, run in models.groupby("run", sort=False):
        step = epoch * run["step"].iloc[-1] / run["epoch"].iloc[-1]
        at, known = np.log1p(step), np.log1p(run["step"].to_numpy(float))
        rows.append([np.interp(at, known, run[column].to_numpy(float)) for column in columns])
    return ends.assign(**dict(zip(columns, np.transpose(rows), strict=True)))


def factor_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Factors as columns of 0 and 1, one for each level of those that have several.

    Parameters
    ----------
    table : DataFrame
        From :func:`at_end`.
    """
    several = [name for name in FACTORS if table[name].nunique() > 1]
    return pd.get_dummies(table[several].astype(str)).astype(float)
