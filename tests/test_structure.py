"""The project stays small in its parts: modules, functions, cells; and imports go one way."""

import ast
import json
import subprocess
import sys

from conftest import ROOT

MODULES = sorted(
    path.relative_to(ROOT)
    for folder in ("inpca", "paper", "workflow", "benchmarks", "tests")
    for path in (ROOT / folder).rglob("*.py")
)
NOTEBOOKS = sorted(path.relative_to(ROOT) for path in (ROOT / "notebooks").glob("*.ipynb"))
LONGEST_MODULE, LONGEST_FUNCTION, MOST_ARGUMENTS = 300, 60, 8


def functions(path):
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def code_lines(function):
    """Lines of a function but for its docstring."""
    first = function.body[0]
    of_docstring = first.end_lineno - first.lineno + 1 if ast.get_docstring(function) else 0
    return function.end_lineno - function.lineno + 1 - of_docstring


def n_arguments(function):
    given = function.args
    names = [argument.arg for argument in [*given.posonlyargs, *given.args, *given.kwonlyargs]]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def test_modules_are_short():
    lengths = {str(path): len((ROOT / path).read_text("utf-8").splitlines()) for path in MODULES}
    assert not {name: n for name, n in lengths.items() if n > LONGEST_MODULE}


def test_functions_are_short_and_take_few_arguments():
    found = {f"{path}: {function.name}": function for path in MODULES for function in functions(path)}
    assert len(found) > 500
    assert not {name: code_lines(one) for name, one in found.items() if code_lines(one) > LONGEST_FUNCTION}
    assert not {name: n_arguments(one) for name, one in found.items() if n_arguments(one) > MOST_ARGUMENTS}


def test_the_formatter_is_accepted():
    skips = "# fmt: " + "skip"
    assert not [str(path) for path in [*MODULES, *NOTEBOOKS] if skips in (ROOT / path).read_text("utf-8")]


def test_cells_of_notebooks_are_short():
    for path in NOTEBOOKS:
        cells = json.loads((ROOT / path).read_text("utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        written = [cell for cell in code if "parameters" not in cell["metadata"].get("tags", [])]
        assert len(written) == len(code) - 1  # parameters have a line each, however many there are
        assert max(len("".join(cell["source"]).splitlines()) for cell in written) <= 15


def test_geometry_loads_neither_torch_nor_matplotlib_nor_the_workflow():
    code = "import sys, inpca; inpca.InPCA, inpca.progress, inpca.reindex, inpca.PredictionStore; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "inpca" in loaded and not loaded & {"torch", "matplotlib", "seaborn", "snakemake", "pydantic", "paper"}
