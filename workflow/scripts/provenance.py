"""Checksums of the configuration, notebooks, scripts and library modules behind a study's figures."""

import argparse
import hashlib
import json
from pathlib import Path

from modules import PROJECT, library_modules, rule_files, rule_scripts

from inpca.files import atomic, sha256
from paper.study.study import read_study


def provenance(study: dict, notebooks: list[str]) -> dict[str, str]:
    """SHA-256 by name: of the validated study, and of each file that its figures depend on."""
    study = read_study(study)
    roots = [*rule_scripts(rule_files(study)), *(f"notebooks/{name}.ipynb" for name in notebooks)]
    files = sorted({file for root in roots for file in library_modules(root)} | {"envs/requirements.lock"})
    of_study = hashlib.sha256(study.model_dump_json().encode()).hexdigest()
    return {"study": of_study, **{file: sha256(PROJECT / file) for file in files}}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=json.loads, required=True, help="the study, as JSON")
    parser.add_argument("--notebooks", nargs="+", required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    with atomic(arguments.output) as partial:
        partial.write_text(
            json.dumps(provenance(arguments.study, arguments.notebooks), indent=1) + "\n", encoding="utf-8"
        )
