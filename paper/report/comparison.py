"""The same claims in several runs or studies, side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from inpca.files import reason
from paper.report.claims import ClaimsError
from paper.report.verdicts import with_ends


def read_claims_of(folder: Path) -> list[dict]:
    """The judged claims of a study, from the folder of its results.

    Raises
    ------
    ClaimsError
        If the study has not been run, or the file is damaged.
    """
    file = folder / "claims.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ClaimsError(f"{file} holds no claims ({reason(error)}); run the study first") from None
    except (ValueError, RecursionError) as error:
        raise ClaimsError(f"{file} holds no claims ({reason(error)}); delete it and run again") from None
    if not isinstance(found, list) or not all(isinstance(one, dict) and {"id", "verdict"} <= set(one) for one in found):
        raise ClaimsError(f"{file} holds no claims (it is no list of them); delete it and run again")
    return found


#: What two studies must say alike of a claim, for its verdicts to be comparable.
ALIKE = ("text", "number", "rule")


def compared(studies: Mapping[str, Sequence[Mapping]], *, written_since: bool = False) -> pd.DataFrame:
    """Verdicts of claims in several studies.

    Parameters
    ----------
    studies : mapping
        For each study its claims, from :func:`paper.report.verdicts.judge_files`.
    written_since : bool
        Whether a study may lack claims that others have: those written after it was run, which it did not test.

    Returns
    -------
    DataFrame
        One row for each claim that at least two of the studies tested, by its id: the claim of each study, None where
        it did not test it, and ``differs``, whether two verdicts do. Those that differ come first.

    Raises
    ------
    ClaimsError
        If the studies were judged by other claims.
    """
    by_id = {name: {claim["id"]: claim for claim in claims} for name, claims in studies.items()}
    ids = [set(claims) for claims in by_id.values()]
    only = sorted(set().union(*ids) - set.intersection(*ids))
    if only and not written_since:
        raise ClaimsError(f"only some of {', '.join(studies)} have the claims {', '.join(only)}; run them again")
    rows = {}
    for name in dict.fromkeys(name for claims in by_id.values() for name in claims):
        row = {
            study: claims[name]
            for study, claims in by_id.items()
            if name in claims and claims[name]["verdict"] != "not tested"
        }
        if len(row) > 1:
            for what in ALIKE:
                if any(claim.get(what) != next(iter(row.values())).get(what) for claim in row.values()):
                    raise ClaimsError(f"the claim {name} has another {what} in one of {', '.join(row)}; run them again")
            verdicts = {claim["verdict"] for claim in row.values()}
            rows[name] = {study: row.get(study) for study in studies} | {"differs": len(verdicts) > 1}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=[*studies, "differs"]).rename_axis("claim")
    return table.sort_values("differs", ascending=False, kind="stable")


def _cell(claim: Mapping | None) -> str:
    """Number and verdict of a claim in one study."""
    return "–" if claim is None else f"{with_ends(claim)}<br>{claim['verdict']}"


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """A comparison as text, claims that differ in bold.

    Parameters
    ----------
    table : DataFrame
        From :func:`compared`.
    """
    names = [f"**{name}**" if differs else name for name, differs in table["differs"].items()]
    cells = {study: [_cell(claim) for claim in table[study]] for study in table.columns.drop("differs")}
    return pd.DataFrame({"claim": names} | cells)
