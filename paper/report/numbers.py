"""Numbers of a notebook, as JSON for machines and as text for readers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from inpca.files import atomic
from paper.report.claims import CONFIDENCES
from paper.report.verdicts import claims_rows, judge_files

#: Digits of a stored number; more would differ between machines.
DIGITS = 6


def write_numbers(path: str | Path, numbers: dict) -> None:
    """Write numbers as JSON, rounded to :data:`DIGITS` significant digits."""
    with atomic(path) as partial:
        partial.write_text(json.dumps(rounded(numbers), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def rounded(value):
    """The same nested numbers with :data:`DIGITS` significant digits."""
    if isinstance(value, dict):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.{DIGITS}g}")
    return value.item() if isinstance(value, np.generic) else value


def show_claims(claims: str | Path, numbers: str | Path) -> None:
    """Show the claims of a notebook, judged by the numbers that it wrote, and what the paper's confidences mean.

    Parameters
    ----------
    claims : path
        ``claims.yaml`` of the notebook's room.
    numbers : path
        From :func:`write_numbers`, named after the notebook.
    """
    rows = claims_rows(judge_files([claims], [numbers]))
    show_text(f"{rows}\n\n{CONFIDENCES}" if rows else "This notebook makes no claim.")


def show_table(frame: pd.DataFrame, formats: str | Mapping[str, str] = ".3g", *, index: bool = True) -> None:
    """Show a table; see :func:`markdown_table`."""
    display(Markdown(markdown_table(frame, formats, index=index)))


def markdown_table(frame: pd.DataFrame, formats: str | Mapping[str, str] = ".3g", *, index: bool = True) -> str:
    """A table in Markdown.

    Parameters
    ----------
    frame : DataFrame
        What stands in it, under the names of its columns. Texts and whole numbers stand as they are, NaN and None as a
        dash.
    formats : str, or mapping from column to str
        How numbers with a fraction are written, in all columns or in each of some, as for :func:`format`; those of
        columns without one have three digits.
    index : bool
        Whether the names of rows are the first column, under the index's own name.

    Returns
    -------
    str

    Examples
    --------
    >>> frame = pd.DataFrame({"stress": [0.956], "axes": [3]}, index=pd.Index(["train"], name="split"))
    >>> print(markdown_table(frame, {"stress": ".1%"}))
    | split   | stress   | axes   |
    |:--------|:---------|:-------|
    | train   | 95.6%    | 3      |
    """
    by_column = dict.fromkeys(frame.columns, formats) if isinstance(formats, str) else formats
    cells = {name: [_cell(value, by_column.get(name, ".3g")) for value in frame[name]] for name in frame.columns}
    rows = pd.DataFrame(cells, index=frame.index, dtype=object)
    return rows.to_markdown(index=index, tablefmt="pipe", disable_numparse=True)


def _cell(value: object, form: str) -> str:
    """One value of a table as text."""
    if pd.isna(value):
        return "–"
    return format(value, form) if isinstance(value, float | np.floating) else str(value)


def show_text(text: str) -> None:
    """Show a paragraph in Markdown, with computed numbers filled in."""
    display(Markdown(text))
