"""Files of predictions that are none, are cut off, or do not go together: each is named, and stays as it is."""

import numpy as np
import pytest
from refusals import refused
from scipy.special import softmax

from inpca import read_predictions

N, C = 12, 4
LABELS = np.arange(N) % C
LOGITS = np.random.default_rng(0).normal(size=(3, N, C))
P = softmax(LOGITS, axis=2)


def put(folder, **files):
    """Write ``a=array`` as a.npy; a dict as an archive of its arrays."""
    for name, content in files.items():
        if isinstance(content, dict):
            np.savez(folder / name, **content)
        else:
            np.save(folder / name, content, allow_pickle=True)


def with_value(value, at=(1, 2, 3)):
    changed = P.copy()
    changed[at] = value
    return changed


def text(name, content):
    return lambda folder: (folder / name).write_text(content)


def archive(**arrays):
    return lambda folder: np.savez(folder / "a.npz", **arrays)


def array(values):
    return lambda folder: put(folder, a=values)


def cut(folder):
    put(folder, a=P)
    whole = (folder / "a.npy").read_bytes()
    (folder / "a.npy").write_bytes(whole[:-8])


def cut_archive(folder):
    archive(logits=LOGITS)(folder)
    whole = (folder / "a.npz").read_bytes()
    (folder / "a.npz").write_bytes(whole[: len(whole) // 2])


NO_ARRAY = "{folder}/a.npy is not an array of numbers that numpy reads: "
OBJECTS = "it holds Python objects, or is of another format"
NPY, NPZ, Z = ["a.npy"], ["a.npz"], {"kind": "logits"}
KINDS = "probabilities or probs or log_probabilities or log_probs or logits"
SHAPE = "{folder}/a.npy must have the shape ([[runs,] checkpoints,] samples, classes), not "
#: Files that are made, their names, how they are read, and what is said.
FILES = {
    "none": (lambda folder: None, [], {}, "no predictions are given: name .zarr stores, .npy or .npz files"),
    "missing": (lambda folder: None, NPY, {}, "there is no {folder}/a.npy; predictions are .zarr, .npy, .npz"),
    "another suffix": (
        text("a.pt", ""),
        ["a.pt"],
        {},
        "{folder}/a.pt: predictions are .zarr, .npy, .npz, not .pt",
    ),
    "no suffix": (text("a", ""), ["a"], {}, "{folder}/a: predictions are .zarr, .npy, .npz, not without a suffix"),
    "empty": (text("a.npy", ""), NPY, {}, f"{NO_ARRAY}No data left in file"),
    "text": (text("a.npy", "step,loss"), NPY, {}, f"{NO_ARRAY}{OBJECTS}"),
    "objects": (array(np.array([{"a": 1}], object)), NPY, {}, f"{NO_ARRAY}{OBJECTS}"),
    "cut off": (cut, NPY, {}, f"{NO_ARRAY}mmap length is greater than file size"),
    "a folder of predictions": (
        lambda folder: ((folder / "runs").mkdir(), put(folder / "runs", a=P)),
        ["runs"],
        {},
        "{folder}/runs is a folder of predictions; name what is in it, such as {folder}/runs/a.npy",
    ),
    "an archive by the name of an array": (
        lambda folder: (archive(logits=LOGITS)(folder), (folder / "a.npz").rename(folder / "a.npy")),
        NPY,
        {},
        "{folder}/a.npy is an archive of arrays; rename it to .npz",
    ),
    "an array by the name of an archive": (
        lambda folder: (put(folder, a=P), (folder / "a.npy").rename(folder / "a.npz")),
        NPZ,
        {},
        "{folder}/a.npz is a single array; rename it to .npy",
    ),
    "an archive cut off": (cut_archive, NPZ, {}, "{folder}/a.npz is not an array of numbers that numpy reads: …"),
    "an archive without predictions": (
        archive(accuracy=np.ones(3)),
        NPZ,
        {},
        f"{{folder}}/a.npz must hold one array of predictions, named {KINDS}; it holds accuracy",
    ),
    "an archive with two of them": (
        archive(logits=LOGITS, probs=P),
        NPZ,
        {},
        f"{{folder}}/a.npz must hold one array of predictions, named {KINDS}; it holds logits, probs",
    ),
    "an empty archive": (
        archive(),
        NPZ,
        {},
        f"{{folder}}/a.npz must hold one array of predictions, named {KINDS}; it holds none",
    ),
    "objects in an archive": (
        archive(logits=LOGITS, run=np.array([{}, {}, {}])),
        NPZ,
        {},
        f"{{folder}}/a.npz: its array 'run' cannot be read: {OBJECTS}",
    ),
    "another kind than the name": (
        archive(logits=LOGITS),
        NPZ,
        {"kind": "probabilities"},
        "{folder}/a.npz: logits are logits by their name, not probabilities; leave out the kind or rename them",
    ),
    "a column too short": (
        archive(logits=LOGITS, step=np.arange(2)),
        NPZ,
        {},
        "{folder}/a.npz: step must have one entry for each of 3 or 1, not (2,)",
    ),
    "runs too few": (
        archive(logits=LOGITS, run=["a", "b"]),
        NPZ,
        {},
        "{folder}/a.npz: run must have one entry for each of 3 models, not (2,)",
    ),
    "words": (array(np.array([["a", "b"]])), NPY, {}, "{folder}/a.npy must hold real numbers, not values of type <U1"),
    "complex numbers": (
        array(P + 0j),
        NPY,
        {},
        "{folder}/a.npy must hold real numbers, not values of type complex128",
    ),
    "one axis": (array(np.ones(3)), NPY, {}, f"{SHAPE}(3,)"),
    "five axes": (array(np.ones((1, 1, 1, 1, 1))), NPY, {}, f"{SHAPE}(1, 1, 1, 1, 1)"),
    "no samples": (array(np.ones((3, 0, 4))), NPY, {}, f"{SHAPE}(3, 0, 4)"),
    "an unknown kind": (
        array(LOGITS),
        NPY,
        {"kind": "logit"},
        "kind must be one of 'probabilities', 'log-probabilities', 'logits', or None, not 'logit'",
    ),
    "logits not named": (
        array(LOGITS),
        NPY,
        {},
        f"{{folder}}/a.npy holds neither probabilities nor log-probabilities (samples sum to {LOGITS[0, 0].sum():.3g}, "
        f"their exponentials to {np.exp(LOGITS[0, 0]).sum():.3g}); if they are logits, say kind='logits'",
    ),
    "NaN": (
        array(with_value(np.nan)),
        NPY,
        {},
        "run 'a'[0:] holds NaN or infinite values, the first at index (1, 2, 3)",
    ),
    "infinity": (
        array(with_value(np.inf)),
        NPY,
        {},
        "run 'a'[0:] holds NaN or infinite values, the first at index (1, 2, 3)",
    ),
    "NaN logits": (
        array(np.full((1, N, C), np.nan)),
        NPY,
        Z,
        "run 'a'[0:] holds NaN or infinite values, the first at index (0, 0, 0)",
    ),
    "logits too large for float16": (
        array(np.full((1, N, C), np.inf, np.float16)),
        NPY,
        Z,
        "run 'a'[0:] holds infinite logits; float16 ends at 65504, save such logits as float32",
    ),
    "negative": (
        array(with_value(-0.25)),
        NPY,
        {},
        "run 'a'[0:] holds negative probabilities, the lowest -0.25 at index (1, 2, 3)…",
    ),
    "not normalised": (array(with_value(0.9)), NPY, {}, "run 'a'[0:] is not normalised: the probabilities at index …"),
    "never written": (
        array(with_value(0, (2,))),
        NPY,
        {},
        "run 'a'[0:] is not normalised: the probabilities at index (2, 0) sum to 0, not to 1",
    ),
    "logits as log-probabilities": (
        array(LOGITS),
        NPY,
        {"kind": "log-probabilities"},
        "run 'a'[0:] holds log-probabilities above 0, …",
    ),
    "fewer samples": (
        lambda folder: put(folder, a=P, b=P[:, :5]),
        ["a.npy", "b.npy"],
        {},
        "run 'b' has 5 samples and 4 classes, run 'a' has 12 and 4; all predictions must be on the same samples",
    ),
    "fewer classes": (
        lambda folder: put(folder, a=P, b=softmax(LOGITS[:, :, :3], axis=2)),
        ["a.npy", "b.npy"],
        {},
        "run 'b' has 12 samples and 3 classes, run 'a' has 12 and 4; all predictions must be on the same samples",
    ),
    "samples in another order": (
        lambda folder: put(folder, a={"probs": P, "labels": LABELS}, b={"probs": P, "labels": LABELS[::-1]}),
        ["a.npz", "b.npz"],
        {},
        "{folder}/b.npz has other labels than {folder}/a.npz: predictions must be on the same samples",
    ),
    "the same run twice": (
        array(P),
        ["a.npy", "a.npy"],
        {},
        "several runs have the name '{name}/a'; names must differ",
    ),
    "labels too few": (array(P), NPY, {"truth": [0, 1]}, "truth has 2 labels for 12 samples"),
    "a label too high": (array(P), NPY, {"truth": [9] * N}, "truth: sample 0 has 9, not a class in 0 … 3…"),
    "a label too low": (array(P), NPY, {"truth": [0] * (N - 1) + [-1]}, "truth: sample 11 has -1, not a class in …"),
    "labels that are an archive": (
        lambda folder: put(folder, a=P, labels={"labels": LABELS}),
        NPY,
        {"truth": "labels.npz"},
        "{folder}/labels.npz is an archive of arrays; labels are read from a .npy file",
    ),
    "a label too high in a file": (
        lambda folder: put(folder, a=P, labels=np.full(N, 4)),
        NPY,
        {"truth": "labels.npy"},
        "{folder}/labels.npy: sample 0 has 4, not a class in 0 … 3…",
    ),
    "labels that are missing": (array(P), NPY, {"truth": "labels.npy"}, "there is no {folder}/labels.npy"),
    "labels that are text": (
        lambda folder: (put(folder, a=P), text("labels.npy", "")(folder)),
        NPY,
        {"truth": "labels.npy"},
        "{folder}/labels.npy is not an array of numbers that numpy reads: No data left in file",
    ),
}


@pytest.mark.parametrize("case", FILES)
def test_files_that_are_no_predictions_are_named(tmp_path, case):
    make, names, how, message = FILES[case]
    make(tmp_path)
    how = {key: tmp_path / value if isinstance(value, str) and "." in value else value for key, value in how.items()}
    missing = message.startswith("there is no")
    error = FileNotFoundError if missing else ValueError
    message = message.replace("{name}", tmp_path.name)
    refused(
        lambda: read_predictions(*(tmp_path / name for name in names), **how).log_probs[:], error, message, tmp_path
    )


TABLES = {
    "no column of runs": (
        "optimizer\nadam\n",
        "{folder}/f.csv has no column 'run', which names the runs; it has 'optimizer'",
    ),
    "another run": ("run,x\nb,1\n", "{folder}/f.csv must have one row of the run 'a', not 0; its runs are b"),
    "a run twice": ("run,x\na,1\na,2\n", "{folder}/f.csv must have one row of the run 'a', not 2; its runs are a, a"),
    "a row too short": ("run,x\na\n", "{folder}/f.csv: row 2 has 1 entries, the header 2"),
    "a column twice": ("run,run\na,a\n", "{folder}/f.csv names a column twice: run, run"),
    "a column of ours": (
        "run,model\na,b\n",
        "{folder}/f.csv: a column cannot be named 'model', which is one of the table of models",
    ),
    "empty": ("", "{folder}/f.csv is empty; its first line must name the columns, one of them 'run'"),
    "no text": ("run,x\na,\udcff\n", "{folder}/f.csv is not a CSV file in UTF-8: …"),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_table_of_factors_that_does_not_fit_is_named(tmp_path, case):
    content, message = TABLES[case]
    put(tmp_path, a=P)
    (tmp_path / "f.csv").write_text(content, encoding="utf-8", errors="surrogateescape")
    refused(lambda: read_predictions(tmp_path / "a.npy", factors=tmp_path / "f.csv"), ValueError, message, tmp_path)
