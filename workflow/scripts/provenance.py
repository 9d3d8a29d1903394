"""Checksums of the configuration, notebooks, scripts and library modules behind a study's figures."""

import ast
import hashlib
import json
from pathlib import Path

from modules import PROJECT, claims_files, library_modules, rule_files, rule_jobs

from inpca.files import atomic, sha256
from paper.archive.record import origin
from paper.command import run
from paper.study.study import read_study


def provenance(study: dict, notebooks: list[str]) -> dict[str, str]:
    """SHA-256 by name: of the validated study, and of each file behind its figures, of modules their code alone."""
    study = read_study(study)
    roots = [*rule_jobs(rule_files(study)), *(f"notebooks/{name}.ipynb" for name in notebooks)]
    claims = {file for name in notebooks for file in claims_files(name)}
    files = sorted({file for root in roots for file in library_modules(root)} | claims | {"envs/requirements.lock"})
    # What a study does not have is left out, so that another notebook changes only the studies that want it.
    of_study = hashlib.sha256(study.model_dump_json(exclude_none=True).encode()).hexdigest()
    return {"study": of_study, **{file: checksum(PROJECT / file) for file in files}}


def checksum(file: Path) -> str:
    """SHA-256 of a file's bytes; of a Python module's code alone, whatever its comments, docstrings and layout."""
    if file.suffix != ".py":
        return sha256(file)
    return hashlib.sha256(repr(_code(ast.parse(file.read_text(encoding="utf-8")))).encode()).hexdigest()


def _code(node):
    """A syntax tree as lists of names and values, without docstrings and without what is empty (new versions of Python
    add fields to their trees, which are empty in old code)."""
    if isinstance(node, list):
        return [_code(item) for item in node]
    if not isinstance(node, ast.AST):
        return node
    fields = dict(ast.iter_fields(node))
    documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    if documented and ast.get_docstring(node, clean=False) is not None:
        fields["body"] = fields["body"][1:]
    return [type(node).__name__, *((name, _code(value)) for name, value in fields.items() if value not in (None, []))]


def write_provenance(study: dict, notebooks: list[str], output: Path) -> None:
    """Write the checksums of what a study's figures depend on, and of the archive that its predictions came from."""
    found, archive = provenance(study, notebooks), origin(output.parent)
    found |= {"archive": archive} if archive else {}
    with atomic(output) as partial:
        partial.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(write_provenance)
