"""Samples of an experiment for what takes the square of its models: whole runs, or some checkpoints of some runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from paper.models import runs

#: Fewest checkpoints of a run that are kept before runs are left out, if there are more than so many of these.
FEWEST_CHECKPOINTS, FEW_RUNS = 5, 100
#: Fewest whole runs of a sample.
FEWEST_WHOLE = 12

SAMPLE_TEXT = """
Of {} runs {} are taken, evenly spread over the configurations, with all their {} models: all distances between these.

"""


def evenly(n: int, k: int) -> np.ndarray:
    """k of n positions, evenly spread and ascending; all of them if there are no more.

    Examples
    --------
    >>> evenly(10, 3)
    array([1, 5, 8])
    """
    return np.arange(n) if n <= k else ((np.arange(k) + 0.5) * n / k).astype(int)


def whole_runs(table: pd.DataFrame, largest: int) -> pd.DataFrame:
    """Rows of reference points and of whole runs, evenly spread over the table, that have about ``largest`` models.

    Parameters
    ----------
    table : DataFrame
        Model table.
    largest : int
        Models of runs; :data:`FEWEST_WHOLE` runs are taken if they have more.

    Returns
    -------
    DataFrame
        In the order of the table.

    Examples
    --------
    >>> table = pd.DataFrame({"kind": ["run"] * 40 + ["truth"], "run": [*np.repeat(np.arange(20), 2), None]})
    >>> len(whole_runs(table, 26))
    27
    """
    of_runs = runs(table)
    names = of_runs["run"].unique()
    kept = names[evenly(len(names), max(FEWEST_WHOLE, largest * len(names) // max(len(of_runs), 1)))]
    return table[(table["kind"] != "run") | table["run"].isin(kept)].reset_index(drop=True)


def rows_of(table: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    """Rows of a model table whose models are among some, such as those of a sample, in the order of the table."""
    return table[table["model"].isin(models)].reset_index(drop=True)


def sample_text(table: pd.DataFrame, sample: pd.DataFrame) -> str:
    """That only some runs of a table are shown, and how many; nothing if they are all.

    Examples
    --------
    >>> table = pd.DataFrame({"kind": ["run"] * 4, "run": ["a", "a", "b", "b"]})
    >>> print(sample_text(table, table[:2]).strip())
    Of 2 runs 1 are taken, evenly spread over the configurations, with all their 2 models: all distances between these.
    >>> sample_text(table, table)
    ''
    """
    if len(sample) == len(table):
        return ""
    counts = runs(table)["run"].nunique(), runs(sample)["run"].nunique(), len(runs(sample))
    return SAMPLE_TEXT.format(*counts)


def some_checkpoints(lengths: Sequence[int], largest: int) -> tuple[np.ndarray, int]:
    """Which runs, and every how many of their checkpoints, make about ``largest`` models.

    All runs, unless they are more than :data:`FEW_RUNS` and would keep less than :data:`FEWEST_CHECKPOINTS` each.

    Parameters
    ----------
    lengths : sequence of int
        Checkpoints of each run.
    largest : int

    Returns
    -------
    kept : (r,) array of int
        Positions of the runs.
    every : int

    Examples
    --------
    >>> some_checkpoints([20] * 100, 1000)[1]
    2
    >>> kept, every = some_checkpoints([67] * 2000, 1000)
    >>> len(kept), every
    (200, 14)
    """
    kept = evenly(len(lengths), max(FEW_RUNS, largest // FEWEST_CHECKPOINTS))
    models = int(np.asarray(lengths)[kept].sum())
    return kept, -(-models // largest)
