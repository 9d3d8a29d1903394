"""Judge the paper's claims by the numbers that a study's notebooks wrote."""

import json
from pathlib import Path
from typing import Annotated

from inpca.files import atomic
from paper.command import run
from paper.report.claims import ClaimsError
from paper.report.verdicts import claims_table, judge_files


def judge_study(
    claims: list[Path],
    numbers: Annotated[list[Path], "of the study's notebooks"],
    notice: Annotated[str, "what all pages of the study say first, if anything"],
    verdicts: Path,
    table: Path,
) -> None:
    """Judge the paper's claims by the numbers that a study's notebooks wrote."""
    judged = judge_files(claims, numbers)
    for path, text in (
        (verdicts, json.dumps(judged, indent=1, ensure_ascii=False) + "\n"),
        (table, claims_table(judged, notice)),
    ):
        with atomic(path) as partial:
            partial.write_text(text, encoding="utf-8")
    for claim in judged:
        print(f"{claim['verdict']:10}  {claim['id']}")


if __name__ == "__main__":
    run(judge_study, errors=(ClaimsError,))
