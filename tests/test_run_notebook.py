"""Notebooks are run strictly: known parameters only, and a result only if every cell ran and wrote what it promises."""

import json
import os
import re
import subprocess
import sys

import matplotlib.image
import nbformat
import papermill
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import CellTimeoutError
from run_notebook import execute

pytestmark = pytest.mark.slow  # kernels are started


def notebook(source, tagged=True, kernel=True):
    cells = [
        nbformat.v4.new_code_cell("a: int = 1  # first\nb: str = 'x'  # second"),
        nbformat.v4.new_code_cell(source),
    ]
    cells[0].metadata["tags"] = ["parameters"] if tagged else []
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}} if kernel else {}
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata=metadata))


def run_notebook(folder, parameters, text=None):
    (folder / "n.ipynb").write_text(notebook("raise ValueError('no luck')") if text is None else text)
    command = [
        sys.executable,
        ROOT / "workflow/scripts/run_notebook.py",
        "--notebook",
        "n.ipynb",
        "--parameters",
        json.dumps(parameters),
        "--live",
        "live.ipynb",
        "--executed",
        "out/n.ipynb",
        *("--before", "m", "--after", "o", "--again", "snakemake"),
        "--outputs",
        "made.txt",
    ]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )


def test_unknown_and_missing_parameters_are_errors(tmp_path):
    assert "has no parameter c; it declares a, b" in run_notebook(tmp_path, {"a": 1, "b": "y", "c": 2}).stderr
    assert "is run without its parameter b" in run_notebook(tmp_path, {"a": 1}).stderr


def test_a_failing_notebook_survives_with_its_traceback_and_makes_no_result(tmp_path):
    done = run_notebook(tmp_path, {"a": 1, "b": "y"})
    assert done.returncode != 0 and "open live.ipynb" in done.stderr and "no luck" in done.stderr
    assert "no luck" in (tmp_path / "live.ipynb").read_text()
    assert not (tmp_path / "out/n.ipynb").exists()


def test_a_notebook_must_write_what_it_promises(tmp_path):
    done = run_notebook(tmp_path, {"a": 1, "b": "y"}, notebook("c = a"))
    assert done.returncode != 0 and "did not write made.txt" in done.stderr
    assert run_notebook(tmp_path, {"a": 2, "b": "y"}, notebook("open('made.txt', 'w').close()")).returncode == 0
    assert (tmp_path / "out/n.ipynb").exists() and (tmp_path / "out/n.html").exists()


def test_a_kernel_that_dies_is_said_on_one_line_and_what_ran_is_kept(tmp_path):
    done = run_notebook(tmp_path, {"a": 1, "b": "y"}, notebook("import os; print('so far'); os.kill(os.getpid(), 9)"))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    message = "error: n.ipynb: its kernel died, as when memory runs out; open live.ipynb for what ran until then"
    assert done.stderr.splitlines()[-1] == message
    assert nbformat.read(tmp_path / "live.ipynb", as_version=4).cells
    assert not (tmp_path / "out/n.ipynb").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "n.ipynb is no notebook that can be run (Notebook does not appear to be JSON: '')"),
        ("nonsense", "n.ipynb is no notebook that can be run (Notebook does not appear to be JSON: 'nonsense')"),
        (
            "{}",
            "n.ipynb is no notebook that can be run (Notebook could not be converted from version 1 to version 2 "
            "because it's missing a key: cells)",
        ),
        (
            notebook("1", tagged=False),
            "n.ipynb has no parameter a, b; it declares none: a cell with assignments must be tagged 'parameters'",
        ),
        (
            notebook("1", kernel=False),
            "n.ipynb is no notebook that can be run (No kernel name found in notebook and no override provided.)",
        ),
    ],
    ids=["empty", "text", "object", "no parameters", "no kernel"],
)
def test_what_is_no_notebook_is_said_on_one_line(tmp_path, text, message):
    done = run_notebook(tmp_path, {"a": 1, "b": "y"}, text)
    assert done.returncode == 1 and done.stderr.splitlines()[-1] == f"error: {message}"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (CellTimeoutError("slow"), "a cell ran too long; open l.ipynb for what ran until then"),
        (NoSuchKernel("x"), "there is no kernel 'python3' here; install it: python -m pip install ipykernel"),
        (
            RuntimeError("Kernel didn't respond\nin 60 seconds"),
            "its kernel failed (Kernel didn't respond in 60 seconds); open l.ipynb for what ran until then",
        ),
    ],
)
def test_a_kernel_that_fails_is_said_on_one_line(monkeypatch, error, message):
    def fail(*arguments, **settings):
        raise error

    monkeypatch.setattr(papermill, "execute_notebook", fail)
    with pytest.raises(SystemExit, match=f"^error: n.ipynb: {re.escape(message)}$"):
        execute("n.ipynb", "l.ipynb", {})


def test_images_of_the_page_have_the_alternative_text_of_their_figure(tmp_path):
    source = (
        "import matplotlib.pyplot as plt\nfrom paper.figures.style import save_figure\n"
        "figure, axes = plt.subplots()\nsave_figure(figure, '.', 'empty', 'Nothing is \"drawn\" here.')\n"
        "open('made.txt', 'w').close()"
    )
    done = run_notebook(tmp_path, {"a": 1, "b": "y"}, notebook(source))
    assert done.returncode == 0, done.stderr
    images = BeautifulSoup((tmp_path / "out/n.html").read_text(), "html.parser").find_all("img")
    assert [image["alt"] for image in images] == ['Nothing is "drawn" here.']
    assert matplotlib.image.imread(tmp_path / "empty.png").ndim == 3
    assert b"Nothing is" in (tmp_path / "empty.png").read_bytes()
