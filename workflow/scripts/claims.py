"""Judge the paper's claims by the numbers that a study's notebooks wrote."""

import argparse
import json
import sys
from pathlib import Path

from inpca.files import atomic
from paper.report.claims import ClaimsError, claims_table, judge, read_claims

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--claims", type=Path, required=True)
parser.add_argument("--metrics", type=Path, nargs="+", required=True, help="the notebooks' metrics")
parser.add_argument("--verdicts", type=Path, required=True)
parser.add_argument("--table", type=Path, required=True)
arguments = parser.parse_args()
try:
    judged = judge(read_claims(arguments.claims), arguments.metrics)
except ClaimsError as error:
    sys.exit(f"error: {error}")
for path, text in (
    (arguments.verdicts, json.dumps(judged, indent=1, ensure_ascii=False) + "\n"),
    (arguments.table, claims_table(judged)),
):
    with atomic(path) as partial:
        partial.write_text(text, encoding="utf-8")
for claim in judged:
    print(f"{claim['verdict']:10}  {claim['id']}")
