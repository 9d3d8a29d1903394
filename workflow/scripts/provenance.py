"""Checksums of the configuration, notebooks, scripts and library modules behind a study's figures."""

import argparse
import hashlib
import json
from pathlib import Path

from modules import library_modules

from inpca.config import read_study
from inpca.files import atomic, sha256

#: Scripts of the stages that every figure passes through.
STAGES = (
    "prepare_data", "train", "model_table", "distances", "embed", "run_notebook",
    "synthetic_data", "train_synthetic", "embed_synthetic", "sweep_synthetic",
)  # fmt: skip


def provenance(study: dict, notebooks: list[str]) -> dict[str, str]:
    """SHA-256 by name: of the validated study, and of each file that its figures depend on."""
    roots = [f"workflow/scripts/{stage}.py" for stage in STAGES] + [f"notebooks/{name}.ipynb" for name in notebooks]
    files = sorted({file for root in roots for file in library_modules(root)} | {"envs/requirements.lock"})
    text = read_study(study).model_dump_json()
    return {"study": hashlib.sha256(text.encode()).hexdigest(), **{file: sha256(file) for file in files}}


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
