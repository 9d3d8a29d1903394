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
        ("embed missing.npz -o map", 2, "there is no missing.npz; predictions are .zarr, .npy, .npz"),
        ("embed adam.npz -o run.zarr", 2, "run.zarr is a prediction store; name another folder for the results"),
        ("embed adam.npz -o adam.npz", 2, "adam.npz is a file; name a folder for the results"),
        (
            "embed adam.npz --color lr -o map",
            2,
            "there is no column 'lr' to colour by; there are model, run, checkpoint, step, optimizer, "
            "progress, loss, error",
        ),
        ("embed adam.npz --axes 2 -o map", 2, "there are 21 models and 2 axes; an embedding takes three axes"),
        (
            "embed adam.npz --labels sgd.npz -o map",
            2,
            "sgd.npz is an archive of arrays; labels are read from a .npy file",
        ),
        (
            "compare adam.npz --by lr -o compared",
            2,
            "there is no column 'lr'; there are 'model', 'run', 'checkpoint', 'step', 'optimizer'",
        ),
        (
            "compare adam.npz --by progress -o compared",
            2,
            "there is no column 'progress'; there are 'model', 'run', 'checkpoint', 'step', 'optimizer'",
        ),
        (
            "compare adam.npz --by step -o compared",
            2,
            "'step' differs between checkpoints of 'adam-0'; it is no factor of runs",
        ),
        (
            "place adam.npz --on nowhere -o placed.csv",
            2,
            "there is no nowhere; --on takes a folder of inpca embed, or an embedding of to_xarray",
        ),
        (
            "place adam.npz --on adam.npz -o placed.csv",
            2,
            "adam.npz is not an embedding, or damaged; --on takes one that to_xarray was saved in",
        ),
        ("place adam.npz --on adam.npz -o .", 2, ". is a folder; name a table to write, such as placed.csv"),
        (
            "place adam.npz --on map -o adam.npz",
            2,
            "adam.npz: a table is written as .csv; name one, such as placed.csv",
        ),
        (
            "place adam.npz --on map --factors half.csv -o half.csv",
            2,
            "half.csv is read, and would be written over; name another table",
        ),
        (
            "place adam.npz --on map --of adam.npz -o placed.csv",
            2,
            "there is no map; --on takes a folder of inpca embed, or an embedding of to_xarray",
        ),
        ("embed . -o map", 2, ". is a folder of predictions; name what is in it, such as adam.npz"),
        ("embed notes -o map", 1, "notes is not a finished prediction store: it has no manifest.json"),
        (
            "embed empty.npz -o map",
            2,
            "empty.npz must hold one array of predictions, named probabilities or probs or log_probabilities "
            "or log_probs or logits; it holds none",
        ),
        ("embed nan.npz -o map", 2, "run 'adam-1'[0:] holds NaN or infinite values, the first at index (3, 5, 0)"),
        (
            "embed adam.npz --kind probabilities -o map",
            2,
            "adam.npz: logits are logits by their name, not probabilities; leave out the kind or rename them",
        ),
        (
            "embed logits.npy -o map",
            2,
            "logits.npy holds neither probabilities nor log-probabilities (samples sum to 0, their "
            "exponentials to 4); if they are logits, say kind='logits'",
        ),
        (
            "embed logits.npy --kind probabilities -o map",
            2,
            "run 'logits'[0:] holds negative probabilities, the lowest -3.23191 at index (3, 34, 1); are "
            "these logits? then take their softmax first",
        ),
        (
            "embed text.npy -o map",
            2,
            "text.npy is not an array of numbers that numpy reads: it holds Python objects, or is of another format",
        ),
        ("embed words.npy -o map", 2, "words.npy must hold real numbers, not values of type <U1"),
        ("embed words.csv -o map", 2, "words.csv: predictions are .zarr, .npy, .npz, not .csv"),
        ("embed adam.npz adam.npz -o map", 2, "several runs have the name 'adam-0'; names must differ"),
        (
            "embed adam.npz other.npz -o map",
            2,
            "run 'other-0' has 20 samples and 4 classes, run 'adam-0' has 40 and 4; all predictions must be "
            "on the same samples",
        ),
        (
            "embed adam.npz --factors half.csv -o map",
            2,
            "half.csv must have one row of the run 'adam-2', not 0; its runs are adam-0, adam-1",
        ),
        ("embed adam.npz --factors nothing.csv -o map", 2, "there is no nothing.csv"),
        ("embed adam.npz --factors adam.npz -o map", 2, "adam.npz: a table of factors is .csv or .parquet, not .npz"),
        ("embed adam.npz --labels few.npy -o map", 2, "few.npy has 3 labels for 40 samples"),
        ("embed adam.npz --null 1 -o map", 2, "draws is 1; their spread takes two or more"),
        ("embed adam.npz --landmarks 500 -o map", 2, "n_landmarks must lie in 1 … 21 (the number of models), not 500"),
        (
            "embed adam.npz --split test -o notes",
            2,
            "notes holds other files, which are left as they are; name a new folder for the results",
        ),
        ("embed run.zarr --split other -o map", 1, "run.zarr has no split 'other'; it has test, train"),
        (
            "compare adam.npz --set a sgd.npz -o compared",
            2,
            "with --set, files are named after the name of their set; adam.npz is in none",
        ),
        (
            "compare --set a adam.npz --set a sgd.npz -o compared",
            2,
            "several sets have the name 'a'; name all files of a set after one --set",
        ),
        (
            "compare --set a --set b sgd.npz -o compared",
            2,
            "the set 'a' has no files; name them after it: --set NAME FILE ...",
        ),
        ("compare adam.npz --by optimizer --draws 1 -o compared", 2, "draws is 1; their spread takes two or more"),
        ("compare --by optimizer -o compared", 2, "no predictions are given: name .zarr stores, .npy or .npz files"),
        ("diagnose missing.npz", 2, "there is no missing.npz; predictions are .zarr, .npy, .npz"),
        ("diagnose adam.npz -o adam.npz", 2, "adam.npz: a table is written as .csv; name one, such as placed.csv"),
        (
            "diagnose adam.npz --factors half.csv -o half.csv",
            2,
            "half.csv is read, and would be written over; name another table",
        ),
        ("verify nothing.zarr", 2, "there is no nothing.zarr"),
        (
            "new-study notes",
            2,
            "notes holds other files, which are left as they are; name a new folder for the results",
        ),
        ("embed damaged.zarr -o map", 1, "damaged.zarr is not a finished prediction store: it has no manifest.json"),
        ("verify damaged.zarr", 1, "damaged.zarr is not a finished prediction store: it has no manifest.json"),
    ],
)
def test_mistakes_and_damages_are_one_line_and_an_exit_code(mistaken, command, code, says, capsys):
    assert main(shlex.split(command)) == code
    lines = [line for line in capsys.readouterr().err.splitlines() if "inpca" in line]
    assert lines == [f"inpca {command.split()[0]}: error: {says}"]


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
