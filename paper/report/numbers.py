"""Numbers of a notebook, as JSON for machines and as text for readers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from IPython.display import Markdown, display

from inpca.files import atomic
from paper.report.claims import claims_rows, judge_files

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
    """Show what the numbers that a notebook wrote say of its claims.

    Parameters
    ----------
    claims : path
        ``claims.yaml`` of the notebook's room.
    numbers : path
        From :func:`write_numbers`, named after the notebook.
    """
    display(Markdown(claims_rows(judge_files([claims], [numbers])) or "This notebook makes no claim."))


def say(text: str) -> None:
    """Show a sentence that was made from computed numbers."""
    display(Markdown(text))
