"""Mistakes at the command line: one line, an exit code, and no file changed."""

import shlex

import numpy as np
import pytest
from test_cli import LABELS, files, trajectories  # noqa: F401

from inpca.cli import main


@pytest.fixture
def mistaken(files):  # noqa: F811
    """Files as users name them by mistake; they must be the same afterwards."""
    (files / "damaged.zarr").mkdir()
    (files / "notes").mkdir()
    (files / "notes/notes.txt").write_text("my own")
    (files / "half.csv").write_text("run,half\nadam-0,1\nadam-1,2\n")
    (files / "words.csv").write_text("a,b\n")
    (files / "text.npy").write_text("1 2 3")
    np.save("words.npy", np.full((2, 3), "a"))
    np.save("few.npy", np.arange(3))
    np.save("logits.npy", trajectories("adam")[0])
    np.savez("empty.npz")
    np.savez("other.npz", logits=trajectories("adam")[:, :, :20])
    broken = trajectories("adam")
    broken[1, 3, 5] = np.nan
    np.savez("nan.npz", logits=broken, labels=LABELS, run=[f"adam-{number}" for number in range(3)])
    before = {path: path.read_bytes() for path in files.rglob("*") if path.is_file()}
    yield
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    "command, code, says",
    [
        ("embed missing.npz -o map", 2, "there is no missing.npz"),
        ("embed adam.npz -o run.zarr", 2, "run.zarr is a prediction store; name another folder"),
        ("embed adam.npz -o adam.npz", 2, "adam.npz is a file; name a folder"),
        ("embed adam.npz --color lr -o map", 2, "no column 'lr' to colour by; there are model, run"),
        ("embed adam.npz --axes 2 -o map", 2, "an embedding takes three axes"),
        ("embed adam.npz --labels sgd.npz -o map", 2, "labels are read from a .npy file"),
        ("compare adam.npz --by lr -o compared", 2, "there is no column 'lr'"),
        ("compare adam.npz --by progress -o compared", 2, "there is no column 'progress'"),
        ("compare adam.npz --by step -o compared", 2, "'step' differs between checkpoints of 'adam-0'"),
        ("place adam.npz --on nowhere -o placed.csv", 2, "there is no nowhere"),
        ("place adam.npz --on adam.npz -o placed.csv", 2, "adam.npz is not an embedding"),
        ("place adam.npz --on adam.npz -o .", 2, "is a folder; name a table"),
        ("place adam.npz --on map -o adam.npz", 2, "a table is written as .csv"),
        ("place adam.npz --on map --factors half.csv -o half.csv", 2, "half.csv is read, and would be written over"),
        ("place adam.npz --on map --of adam.npz -o placed.csv", 2, "there is no map"),
        ("embed . -o map", 2, "is a folder of predictions; name what is in it"),
        ("embed notes -o map", 1, "is not a finished prediction store"),
        ("embed empty.npz -o map", 2, "it holds none"),
        ("embed nan.npz -o map", 2, "adam-1"),
        ("embed adam.npz --kind probabilities -o map", 2, "are logits by their name, not probabilities"),
        ("embed logits.npy -o map", 2, "logits"),
        ("embed logits.npy --kind probabilities -o map", 2, "probabilities"),
        ("embed text.npy -o map", 2, "is not an array of numbers"),
        ("embed words.npy -o map", 2, "must hold real numbers"),
        ("embed words.csv -o map", 2, "predictions are .zarr, .npy, .npz"),
        ("embed adam.npz adam.npz -o map", 2, "several runs have the name 'adam-0'"),
        ("embed adam.npz other.npz -o map", 2, "samples"),
        ("embed adam.npz --factors half.csv -o map", 2, "must have one row of the run 'adam-2', not 0"),
        ("embed adam.npz --factors nothing.csv -o map", 2, "nothing.csv"),
        ("embed adam.npz --factors adam.npz -o map", 2, "a table of factors is .csv or .parquet"),
        ("embed adam.npz --labels few.npy -o map", 2, "has 3 labels for 40 samples"),
        ("embed adam.npz --null 1 -o map", 2, "draws is 1; their spread takes two or more"),
        ("embed adam.npz --landmarks 500 -o map", 2, "landmarks"),
        ("embed adam.npz --split test -o notes", 2, "notes holds other files"),
        ("embed run.zarr --split other -o map", 1, "run.zarr has no split 'other'; it has test, train"),
        ("compare adam.npz --set a sgd.npz -o compared", 2, "adam.npz is in none"),
        ("compare --set a adam.npz --set a sgd.npz -o compared", 2, "several sets have the name 'a'"),
        ("compare --set a --set b sgd.npz -o compared", 2, "the set 'a' has no files"),
        ("compare adam.npz --by optimizer --draws 1 -o compared", 2, "draws is 1; their spread takes two or more"),
        ("compare --by optimizer -o compared", 2, "no predictions are given"),
        ("diagnose missing.npz", 2, "there is no missing.npz"),
        ("diagnose adam.npz -o adam.npz", 2, "a table is written as .csv"),
        ("diagnose adam.npz --factors half.csv -o half.csv", 2, "half.csv is read, and would be written over"),
        ("verify nothing.zarr", 2, "there is no nothing.zarr"),
        ("new-study notes", 2, "notes holds other files"),
        ("embed damaged.zarr -o map", 1, "is not a finished prediction store"),
        ("verify damaged.zarr", 1, "is not a finished prediction store"),
    ],
)
def test_mistakes_and_damages_are_one_line_and_an_exit_code(mistaken, command, code, says, capsys):
    assert main(shlex.split(command)) == code
    lines = [line for line in capsys.readouterr().err.splitlines() if "inpca" in line]
    assert len(lines) == 1 and lines[0].startswith(f"inpca {command.split()[0]}: error: ") and says in lines[0]


@pytest.mark.parametrize(
    "command",
    [
        "",
        "fly",
        "embed adam.npz",
        "compare adam.npz -o compared",
        "embed adam.npz --metric cosine -o map",
        "plan --runs 0 --samples 1 --classes 2 --last-step 1",
    ],
)
def test_options_that_are_none_end_with_two(command, capsys):
    with pytest.raises(SystemExit) as done:
        main(shlex.split(command))
    assert done.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
