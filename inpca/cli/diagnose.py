"""Diagnose runs: do they give the picture, or show low stress, diverging trajectories, or progress apart from error?

Says of three failure signatures whether the runs show them, each with its number, what a null gives for it, the bound,
and what that means. The page docs/guide/diagnose.md explains each under a heading of its name, with what to do. Needs
labels. Exit code 0 whatever is found; -o writes the table as .csv.
"""

from __future__ import annotations

import argparse

from inpca.cli.common import add_predictions, positive, print_table, read, stage, table_for, write_table
from inpca.diagnosis import Signature, diagnose

EXAMPLE = "inpca diagnose adam.npz sgd.npz -o diagnosis.csv"
#: The page that explains the signatures.
PAGE = "docs/guide/diagnose.md"
#: Most runs that are named on a line.
MOST_NAMES = 5


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_predictions(parser)
    parser.add_argument("-o", "--out", help="table to write, .csv")
    parser.add_argument("--draws", type=positive, default=3, help="nulls that are drawn (default: 3)")


def do(given: argparse.Namespace) -> None:
    """Diagnose, print, and write the table if one is named."""
    table = table_for(given.out, [*given.predictions, given.labels, given.factors]) if given.out else None
    predictions = read(given)
    with stage("diagnosing runs"):
        found = diagnose(predictions.runs, predictions.truth, log=True, draws=given.draws, rng=0)
    columns = {
        "signature": [one.name for one in found],
        "verdict": [one.verdict for one in found],
        "number": [f"{one.value:.3g}" for one in found],
        "null": [f"{one.null:.3g}" for one in found],
        "bound": [f"{one.bound:.3g}" for one in found],
    }
    print_table(columns)
    for one in found:
        print(f"\n{one.name}: {one.meaning}{in_words(one.runs)}\n  explained in {page_of(one)}")
    if table is not None:
        exact = {"number": "value", "null": "null", "bound": "bound", "meaning": "meaning"}
        rest = {column: [getattr(one, name) for one in found] for column, name in exact.items()}
        named = {"runs": [" ".join(one.runs) for one in found], "page": [page_of(one) for one in found]}
        write_table(table, columns | rest | named)


def page_of(signature: Signature) -> str:
    """Where a signature is explained."""
    return f"{PAGE}#{signature.name.replace(' ', '-')}"


def in_words(runs: tuple[str, ...]) -> str:
    """Runs that show a signature, a few of them by name.

    Examples
    --------
    >>> in_words(("sgd-1", "sgd-2"))
    ' (sgd-1, sgd-2)'
    """
    if not runs:
        return ""
    more = f" and {len(runs) - MOST_NAMES} more" if len(runs) > MOST_NAMES else ""
    return f" ({', '.join(runs[:MOST_NAMES])}{more})"
