"""Which verdicts of a study another run of it has too: one with other seeds, or on another processor.

``python -m paper.report.replicates results/fashion results/fashion_again`` prints the table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from paper.report.claims import ClaimsError
from paper.report.comparison import compared, read_claims_of, rows

TEXT = """# The same study, run again

{same} of {n} claims have the same verdict in both runs, {names}. Claims with other verdicts, {differ} here, come first
and count as *cannot tell*: chance alone can turn them. Intervals, in brackets, are of 95 %.

"""


def replicates(folders: Sequence[Path]) -> str:
    """The comparison of two runs as Markdown, from the folders of their results."""
    table = compared({folder.name: read_claims_of(folder) for folder in folders})
    differ = int(table["differs"].sum())
    names = " and ".join(folder.name for folder in folders)
    head = TEXT.format(same=len(table) - differ, n=len(table), names=names, differ=differ)
    return head + rows(table).to_markdown(index=False, disable_numparse=True) + "\n"


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(prog="python -m paper.report.replicates", description=__doc__)
    parser.add_argument("results", nargs=2, type=Path, help="folders of results of two runs")
    try:
        print(replicates(parser.parse_args().results), end="")
    except ClaimsError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
