"""A job's command line is the function that it runs."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
from conftest import ROOT

from inpca.files import DamagedFile
from inpca.predictions import PredictionStoreError
from paper.command import run, said
from paper.study.configuration import Checkpoints

SEEN = {}


class WrongData(ValueError):
    """What a user should read without a traceback."""


def job(
    stores: list[Path],
    checkpoints: Checkpoints,
    settings: Annotated[dict, "of the analysis"],
    geodesic_points: int,
    radius: float,
) -> None:
    """Do something with stores."""
    if geodesic_points < 0:
        raise WrongData("no points")
    SEEN.update(locals())


GIVEN = ["--stores", "a.zarr", "b.zarr", "--checkpoints", '{"schedule": "log", "number": 5}', "--settings", '{"x": 1}']
GIVEN += ["--geodesic-points", "7", "--radius", "0.5"]


def called(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["job", *arguments])
    run(job, errors=(WrongData,))


def test_options_are_the_parameters_with_their_types(monkeypatch):
    called(monkeypatch, *GIVEN)
    assert {
        "stores": [Path("a.zarr"), Path("b.zarr")],
        "checkpoints": Checkpoints(schedule="log", number=5),
        "settings": {"x": 1},
        "geodesic_points": 7,
        "radius": 0.5,
    } == SEEN


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (GIVEN[2:], "the following arguments are required: --stores"),
        ([*GIVEN, "--points", "3"], "unrecognized arguments: --points 3"),
        ([*GIVEN, "--geodesic-points", "many"], "argument --geodesic-points: invalid int value: 'many'"),
        ([*GIVEN, "--checkpoints", '{"schedule": "linear"}'], "argument --checkpoints: invalid"),
        ([*GIVEN, "--settings", "{"], "argument --settings: invalid"),
    ],
    ids=["missing", "unknown", "number", "model", "JSON"],
)
def test_a_wrong_option_is_named(monkeypatch, capsys, arguments, message):
    with pytest.raises(SystemExit):
        called(monkeypatch, *(arguments if "--stores" in arguments else arguments[1:]))
    assert message in capsys.readouterr().err


def test_help_says_what_the_job_does(monkeypatch, capsys):
    with pytest.raises(SystemExit, match="0"):
        called(monkeypatch, "--help")
    shown = capsys.readouterr().out
    assert "Do something with stores." in shown and "of the analysis" in shown


def test_errors_for_the_user_are_one_line(monkeypatch):
    with pytest.raises(SystemExit, match=r"^error: no points$"):
        called(monkeypatch, *GIVEN[:-4], "--geodesic-points=-1", "--radius", "1")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (DamagedFile("a.npz", ValueError("cut off")), "a.npz is damaged (cut off); delete it and run again"),
        (PredictionStoreError("a.zarr is unfinished"), "a.zarr is unfinished"),
    ],
    ids=["file", "store"],
)
def test_what_lies_on_the_disk_and_cannot_be_used_is_one_line_of_any_job(error, message):
    with pytest.raises(SystemExit) as stopped, said():
        raise error
    assert stopped.value.code == f"error: {message}"


def test_a_mistake_of_ours_keeps_its_traceback():
    with pytest.raises(RuntimeError, match="unexpected"), said():
        raise RuntimeError("unexpected")


WRITES = "with open('/dev/full', 'w') as file: file.write('1')"


@pytest.mark.parametrize(
    "statement",
    [
        "print('what the log takes no more')",
        WRITES,
        f"try:\n        {WRITES}\n    except OSError as error: raise RuntimeError('a store is lost') from error",
        f"try:\n        {WRITES}\n    except OSError: raise RuntimeError('a store is lost') from None",
    ],
    ids=["log", "file", "error raised from it", "error raised in place of it"],
)
def test_a_full_disk_is_said_beside_the_log_that_lies_on_it(statement):
    reader, beside = os.pipe()
    program = f"from paper.command import said\nwith said():\n    {statement}"
    with open("/dev/full", "wb") as log:
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"BESIDE_LOG": str(beside), "PYTHONPATH": str(ROOT)},
            pass_fds=[beside],
            stdout=log,
            stderr=log,
        )
    os.close(beside)
    with os.fdopen(reader) as told:
        assert done.returncode and "cannot be written: No space left on device; make room" in told.read()
