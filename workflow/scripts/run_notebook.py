"""Run one notebook strictly: known parameters only; a result only if every cell ran and every figure was written."""

import argparse
import json
import re
import sys
from pathlib import Path

import nbformat
import papermill
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from inpca.files import TAKES_NO_MORE, DamagedFile, atomic
from paper.command import said, stop_for_room
from paper.pages.notebook_page import Place, notebook_page, with_answers
from paper.report.verdicts import judge_files

KERNEL = "python3"
#: Cell metadata that says when or in which run a cell was executed: it would change with every run.
VOLATILE = ("execution", "papermill")
#: What a parameter may be, by the type that its cell declares.
KINDS = {"str": str, "int": int, "float": (int, float), "bool": bool, "list": list, "dict": dict}
#: Errors whose message is for the user as it is.
SAID = (DamagedFile.__name__,)


def json_object(text: str) -> dict:
    """A JSON object, for argparse."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError
    return found


json_object.__name__ = "JSON object"  # what argparse calls it in errors


def check_parameters(notebook: Path, parameters: dict) -> dict[str, str]:
    """What each parameter is, by its line in the parameters cell; stop if one is not declared there, not given, or
    of another type."""
    try:
        declared = papermill.inspect_notebook(notebook)
    except (OSError, ValueError, KeyError, AttributeError, nbformat.ValidationError) as error:
        problem = " ".join((str(error).splitlines() or [type(error).__name__])[0].split())
        sys.exit(f"error: {notebook} is no notebook that can be run ({problem[:100]})")
    if unknown := parameters.keys() - declared.keys():
        known = ", ".join(sorted(declared)) or "none: a cell with assignments must be tagged 'parameters'"
        sys.exit(f"error: {notebook} has no parameter {', '.join(sorted(unknown))}; it declares {known}")
    if missing := declared.keys() - parameters.keys():
        sys.exit(f"error: {notebook} is run without its parameter {', '.join(sorted(missing))}")
    for name, value in parameters.items():
        kind = declared[name]["inferred_type_name"]
        if kind in KINDS and (not isinstance(value, KINDS[kind]) or (isinstance(value, bool) and kind != "bool")):
            sys.exit(f"error: {notebook}: the parameter {name} should be {kind}, not {json.dumps(value)}")
    return {name: line["help"] for name, line in declared.items()}


def execute(notebook: Path, live: Path, parameters: dict) -> nbformat.NotebookNode:
    """Run every cell; ``live`` holds what was run, whatever happens. Stop with one line if a cell or kernel fails."""
    kept = f"open {live} for what ran until then"
    try:
        return papermill.execute_notebook(notebook, live, parameters, kernel_name=KERNEL, progress_bar=False)
    except PapermillExecutionError as error:
        if error.ename in SAID:
            sys.exit(f"error: {notebook}: {error.evalue}")
        number = re.match(r"\[Errno (\d+)\]", error.evalue)
        if error.ename == "OSError" and number and int(number[1]) in TAKES_NO_MORE:
            stop_for_room(f"{notebook}: {error.evalue}")
        sys.exit(f"error: {notebook} failed; open {live} for the cell and its traceback\n{error}")
    except DeadKernelError:
        sys.exit(f"error: {notebook}: its kernel died, as when memory runs out; {kept}")
    except CellTimeoutError:
        sys.exit(f"error: {notebook}: a cell ran too long; {kept}")
    except NoSuchKernel:
        sys.exit(f"error: {notebook}: there is no kernel {KERNEL!r} here; install it: python -m pip install ipykernel")
    except RuntimeError as error:  # a kernel that does not start, or does not answer
        sys.exit(f"error: {notebook}: its kernel failed ({' '.join(str(error).split())}); {kept}")


def without_volatile(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The executed notebook without times and machine details, so that running it again gives the same file."""
    notebook.metadata.pop("papermill", None)
    notebook.metadata.get("language_info", {}).pop("version", None)
    for cell in notebook.cells:
        for name in VOLATILE:
            cell.metadata.pop(name, None)
    return notebook


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notebook", type=Path, required=True)
    parser.add_argument("--parameters", type=json_object, required=True, help="JSON object")
    parser.add_argument(
        "--live", type=Path, required=True, help="written while the notebook runs; survives its failure"
    )
    parser.add_argument("--executed", type=Path, required=True, help="the finished notebook; its HTML is put beside it")
    parser.add_argument("--before", required=True, help="the notebook to read before this one")
    parser.add_argument("--after", required=True, help="the notebook to read after this one")
    parser.add_argument("--again", required=True, help="command that makes a file again, when its name is added")
    parser.add_argument("--notice", default="", help="what all pages of the study say first, if anything")
    parser.add_argument("--outputs", type=Path, nargs="*", default=[], help="files the notebook must write")
    arguments = parser.parse_args()

    parameters = arguments.parameters
    meanings = check_parameters(arguments.notebook, parameters)
    arguments.live.parent.mkdir(parents=True, exist_ok=True)
    executed = without_volatile(execute(arguments.notebook, arguments.live, parameters))
    if missing := [str(path) for path in arguments.outputs if not path.is_file()]:
        sys.exit(f"error: {arguments.notebook} ran but did not write {', '.join(missing)}")
    place = Place(arguments.before, arguments.after, arguments.again, arguments.notice)
    judged = (
        judge_files([parameters["claims_file"]], [parameters["numbers_file"]]) if "claims_file" in parameters else []
    )
    executed = with_answers(executed, judged, place)
    with atomic(arguments.executed.with_suffix(".html")) as partial:
        partial.write_text(notebook_page(executed, parameters, meanings, place), encoding="utf-8")
    with atomic(arguments.executed) as partial:
        nbformat.write(executed, partial)


if __name__ == "__main__":
    with said():
        main()
