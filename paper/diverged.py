"""Runs whose training diverged: no store has their models, and the model table tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from inpca.predictions.arrays import attributes_of
from inpca.predictions.recorded import diverged_seeds
from paper.models import FACTORS, run_name
from paper.study.training import LARGEST_LOSS

#: Where a model table, and its file, keeps :func:`diverged_runs`, if there are any.
ATTRIBUTE = "diverged"
TEXT = """
**{n} of {all} runs diverged** and are left out of everything here: their predictions became NaN or infinite, or their
loss ended above {loss:g} times that of ignorance, ln C. The step is that of the checkpoint at which it was seen.
"""


def diverged_runs(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Runs that prediction stores leave out because they diverged.

    Parameters
    ----------
    paths : sequence of path
        Stores that were verified.

    Returns
    -------
    DataFrame
        One row for each: ``run``, ``configuration``, the factors of it that the store tells, ``seed``, and ``step``,
        the checkpoint at which it was seen; no row if there are none.
    """
    rows = []
    for path in paths:
        attributes = attributes_of(Path(path))
        for seed, step in diverged_seeds(attributes).items():
            name = attributes["configuration"]
            factors = {key: value for key, value in attributes["job"]["configuration"].items() if key in FACTORS}
            row = {"run": run_name(name, seed), "configuration": name, **factors, "seed": seed, "step": step}
            rows.append(row)
    return pd.DataFrame(rows).rename(columns={"name": "network"})


def with_diverged(table: pd.DataFrame, diverged: pd.DataFrame) -> pd.DataFrame:
    """A model table that tells which runs diverged; as it is if none did."""
    if len(diverged):
        table.attrs[ATTRIBUTE] = diverged.to_dict("records")
    return table


def diverged_of(table: pd.DataFrame) -> pd.DataFrame:
    """Runs that diverged, as a model table tells: see :func:`diverged_runs`.

    Examples
    --------
    >>> table = with_diverged(pd.DataFrame(), pd.DataFrame({"run": ["vit-seed1"], "step": [9]}))
    >>> diverged_of(table)["run"].tolist(), len(diverged_of(pd.DataFrame()))
    (['vit-seed1'], 0)
    """
    return pd.DataFrame(table.attrs.get(ATTRIBUTE, []))


def diverged_text(table: pd.DataFrame) -> str:
    """How many runs diverged.

    Examples
    --------
    >>> diverged_text(pd.DataFrame())
    'No run diverged.'
    """
    n = len(diverged_of(table))
    return TEXT.format(n=n, loss=LARGEST_LOSS, all=n + table["run"].nunique()) if n else "No run diverged."


def diverged_numbers(table: pd.DataFrame) -> dict[str, int]:
    """How many runs diverged, for the numbers of a notebook; nothing where none did.

    Examples
    --------
    >>> diverged_numbers(pd.DataFrame())
    {}
    """
    n = len(diverged_of(table))
    return {"n_diverged_runs": n} if n else {}
