"""Landmarks: the models to whose distances a large experiment is restricted, the same for all splits and metrics."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Of the start of the sequence of quantiles; a study has no choice of landmarks, so that its files fit each other.
SEED = 0
GOLDEN_RATIO = (np.sqrt(5) - 1) / 2


def choose_landmarks(table: pd.DataFrame, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Landmarks spread over runs and progress: all reference points, and n models of runs.

    Models of runs, run after run, are cut into n intervals of equal length, of the length of a run or so. Of each
    interval one model is taken: that of a quantile of progress in it, and successive quantiles are spread evenly (the
    sequence of the golden ratio). So each model has the same chance, and both runs and progress are covered evenly.

    Parameters
    ----------
    table : DataFrame
        Model table.
    n : int
        Of more than there are models of runs, all are taken.

    Returns
    -------
    landmarks : (n',) array of int
        Positions in the table, ascending.
    weight : (n',) array
        How many models each stands for: 1 of a reference point.

    Examples
    --------
    >>> rows = {"kind": ["run"] * 6 + ["truth"], "train_progress": [0.1, 0.5, 0.9, 0.2, 0.6, 0.8, 1.0]}
    >>> landmarks, weight = choose_landmarks(pd.DataFrame(rows), 2)
    >>> len(landmarks), weight.tolist()
    (3, [3.0, 3.0, 1.0])
    """
    is_run = (table["kind"] == "run").to_numpy()
    models, progress = np.flatnonzero(is_run), table["train_progress"].to_numpy()
    n = min(n, len(models))
    edges = np.arange(n + 1) * len(models) // max(n, 1)
    quantiles = (np.random.default_rng(SEED).random() + GOLDEN_RATIO * np.arange(n)) % 1
    chosen = [
        members[np.argsort(progress[members], kind="stable")[int(quantile * len(members))]]
        for quantile, members in zip(quantiles, np.split(models, edges[1:-1]), strict=True)
    ]
    landmarks = np.sort(np.concatenate([np.array(chosen, int), np.flatnonzero(~is_run)]))
    return landmarks, np.where(is_run[landmarks], len(models) / max(n, 1), 1.0)
