"""Which verdicts and numbers of a study another run of it has too: one with other seeds, or on another processor.

``python -m paper.report.replicates results/fashion results/fashion_again`` prints the table; with ``--check``, a number
beyond its tolerance is an error.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from paper.report.claims import ClaimsError
from paper.report.comparison import compared, read_claims_of, rows

#: Tolerance of a number without an interval, as a share of the larger one.
WITHOUT_INTERVAL = 0.1
TEXT = """# The same study, run again

{same} of {n} claims have the same verdict in both runs, {names}. Claims with other verdicts, {differ} here, come first
and count as *cannot tell*: chance alone can turn them. Intervals, in brackets, are of 95 %.

{agree} of {n} numbers agree within their tolerance: √(h² + k²) for half intervals h and k, in which 95 % of the
differences of independent runs are, and {share:.0%} for numbers without an interval, which is a convention.

"""


def tolerance(first: Mapping, second: Mapping) -> float:
    """How far two runs may be apart in the number of a claim, to agree.

    Parameters
    ----------
    first, second : mapping
        The claim in both runs, with ``value`` and ``ends``, the interval or None.

    Examples
    --------
    >>> tolerance({"value": 1.0, "ends": [0.7, 1.3]}, {"value": 1.2, "ends": [0.8, 1.6]})
    0.5
    >>> tolerance({"value": 1.0, "ends": None}, {"value": -2.0, "ends": None})
    0.2
    """
    if first["ends"] and second["ends"]:
        return math.hypot(*(float(claim["ends"][1] - claim["ends"][0]) / 2 for claim in (first, second)))
    return WITHOUT_INTERVAL * max(abs(claim["value"]) for claim in (first, second))


def agree(first: Mapping, second: Mapping) -> bool:
    """Whether two runs have the same number of a claim, within its tolerance."""
    return bool(abs(first["value"] - second["value"]) <= tolerance(first, second))


def comparison(folders: Sequence[Path]) -> pd.DataFrame:
    """Claims of two runs as :func:`paper.report.comparison.compared`, and whether their numbers ``agree``.

    Raises
    ------
    ClaimsError
        If the folders have one name, or hold no claims that can be compared.
    """
    one, another = (folder.name for folder in folders)
    if one == another:
        raise ClaimsError(f"both folders are called {one}; give the results of two runs")
    table = compared({folder.name: read_claims_of(folder) for folder in folders})
    return table.assign(agree=list(map(agree, table[one].tolist(), table[another].tolist())))


def replicates(table: pd.DataFrame) -> str:
    """The comparison of two runs as Markdown."""
    differ, agreeing = (sum(map(bool, table[what])) for what in ("differs", "agree"))
    head = TEXT.format(
        same=len(table) - differ,
        n=len(table),
        differ=differ,
        agree=agreeing,
        names=" and ".join(map(str, table.columns[:2])),
        share=WITHOUT_INTERVAL,
    )
    text = rows(table.drop(columns="agree"))
    text["numbers"] = ["agree" if agrees else "**differ**" for agrees in table["agree"]]
    return head + text.to_markdown(index=False, disable_numparse=True) + "\n"


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(prog="python -m paper.report.replicates", description=__doc__)
    parser.add_argument("results", nargs=2, type=Path, help="folders of results of two runs")
    parser.add_argument("--check", action="store_true", help="stop with an error if a number is beyond its tolerance")
    options = parser.parse_args()
    try:
        table = comparison(options.results)
    except ClaimsError as error:
        sys.exit(f"error: {error}")
    print(replicates(table), end="")
    beyond = [str(name) for name, agrees in zip(table.index, table["agree"], strict=True) if not agrees]
    if options.check and beyond:
        sys.exit(f"error: {len(beyond)} of {len(table)} numbers are beyond their tolerance: {', '.join(beyond)}")


if __name__ == "__main__":
    main()
