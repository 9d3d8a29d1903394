"""Which verdicts of a study another run of it has too: one with other seeds, or on another processor.

``python -m paper.report.replicates results/fashion/claims.json results/again/claims.json`` prints the table.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from paper.report.claims import ClaimsError

TEXT = """# The same study, run again

{same} of {n} claims have the same verdict in both runs, {name} and {other}; {differ} differ. A claim whose verdict
chance can turn should say *cannot tell*.

"""


def compared(claims: Sequence[Mapping], again: Sequence[Mapping]) -> pd.DataFrame:
    """Numbers and verdicts of the same claims in two runs.

    Parameters
    ----------
    claims, again : sequence of mapping
        From :func:`paper.report.verdicts.judge_files`.

    Returns
    -------
    DataFrame
        One row for each claim that both tested: ``claim``, both numbers and both verdicts, ``differs``; those that
        differ first.

    Raises
    ------
    ClaimsError
        If the two have other claims.
    """
    left, right = ({claim["id"]: claim for claim in run} for run in (claims, again))
    if left.keys() != right.keys():
        raise ClaimsError(f"only one of the two runs has the claims {', '.join(sorted(left.keys() ^ right.keys()))}")
    rows = [
        {
            "claim": one["id"],
            "number": one["value"],
            "verdict": one["verdict"],
            "number again": right[name]["value"],
            "verdict again": right[name]["verdict"],
            "differs": one["verdict"] != right[name]["verdict"],
        }
        for name, one in left.items()
        if "not tested" not in (one["verdict"], right[name]["verdict"])
    ]
    return pd.DataFrame(rows).sort_values("differs", ascending=False, kind="stable", ignore_index=True)


def report(files: Sequence[Path]) -> str:
    """The comparison as Markdown, of two files ``claims.json``, each in the folder of its study's results."""
    claims, again = (json.loads(file.read_text(encoding="utf-8")) for file in files)
    table = compared(claims, again)
    differ = int(table["differs"].sum())
    name, other = (file.parent.name for file in files)
    head = TEXT.format(same=len(table) - differ, n=len(table), name=name, other=other, differ=differ)
    shown = table.assign(differs=table["differs"].map({True: "**differs**", False: ""}))
    return head + shown.to_markdown(index=False, floatfmt=".3g") + "\n"


if __name__ == "__main__":
    print(report([Path(name) for name in sys.argv[1:3]]), end="")
