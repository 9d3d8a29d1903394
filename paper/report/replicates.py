"""Which verdicts of a study another run of it has too: one with other seeds, or on another processor.

``python -m paper.report.replicates results/fashion results/fashion_again`` prints the table.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

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


if __name__ == "__main__":
    print(replicates([Path(name) for name in sys.argv[1:3]]), end="")
