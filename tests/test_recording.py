"""Arguments, names, overwriting, locks, damage: what a recorder does with its store."""

import shutil
import warnings

import numpy as np
import pytest
import torch

from inpca import PredictionStore, Recorder
from inpca.predictions.store import PredictionStoreError, PredictionWriter
from inpca.recording import Evaluation

X, Y = torch.randn(6, 4, generator=torch.Generator().manual_seed(0)), torch.arange(6) % 3

CHECKPOINTS = {0: 0, 5: 1, 10: 2}


def network():
    torch.manual_seed(1)
    return torch.nn.Linear(4, 3)


def recorder(path, **changes):
    arguments = dict(splits={"train": (X, Y)}, checkpoints=CHECKPOINTS, n_classes=3) | changes
    return Recorder(path, arguments.pop("splits"), **arguments)


def finished(path, **changes):
    with recorder(path, **changes) as record:
        for step in range(11):
            record(network(), step)
    return path


def stop(path, **changes):
    """Record the first checkpoint, then fail."""
    with pytest.raises(ZeroDivisionError), recorder(path, **changes) as record:
        record(network(), 0)
        1 / 0  # noqa: B018


def names(folder):
    return sorted(path.name for path in folder.iterdir())


STEP, EPOCH = "a step of checkpoints must be a whole number", r"checkpoints\[0\] must be an epoch, .* from 0 on, "
ARGUMENTS = {
    "no steps": (dict(checkpoints={}), ValueError, r"checkpoints is empty: .*"),
    "a negative step": (dict(checkpoints={-1: 0}), ValueError, STEP + r" from 0 to 2\^63 - 1, not -1"),
    "a fraction": (dict(checkpoints={0: 0, 1.5: 1}), ValueError, STEP + ".*, not 1.5"),
    "NaN": (dict(checkpoints={float("nan"): 0}), ValueError, STEP + ".*, not nan"),
    "a text": (dict(checkpoints="123"), TypeError, r"checkpoints must map optimiser steps to epochs, .*, not '123'"),
    "texts": (dict(checkpoints={"1": 0}), TypeError, STEP + ", not '1'"),
    "a list of steps": (dict(checkpoints=[0, 5]), TypeError, r"checkpoints must map .*, not \[0, 5\]"),
    "a step twice": (dict(checkpoints={torch.tensor(5): 1, 5: 1}), ValueError, "checkpoints has step 5 twice"),
    "epoch < 0": (dict(checkpoints={0: -2}), ValueError, EPOCH + "not -2"),
    "epoch NaN": (dict(checkpoints={0: np.nan}), ValueError, EPOCH + "not nan"),
    "epoch text": (dict(checkpoints={0: "5"}), TypeError, EPOCH + "not '5'"),
    "epochs that fall": (dict(checkpoints={5: 1, 9: 0.5}), ValueError, "epochs of checkpoints must not fall, .* at 1"),
    "seed twice": (dict(seeds=[42, 42]), ValueError, r"seeds must differ, but 42 is there 2 times"),
    "seed < 0": (dict(seeds=[-1]), ValueError, r"seeds\[0\] must be a whole number .*, not -1"),
    "seed 1.5": (dict(seeds=[1.5]), ValueError, r"seeds\[0\] must be a whole number .*, not 1.5"),
    "seed 2^70": (dict(seeds=[2**70]), ValueError, r"seeds\[0\] must be a whole number .*"),
    "no seeds": (dict(seeds=[]), ValueError, r"seeds is empty: .*"),
    "one seed": (dict(seeds=42), TypeError, r"seeds must be a sequence .*, not 42"),
    "classes 0": (dict(n_classes=0), ValueError, r"n_classes must be a whole number from 2 on, not 0"),
    "classes 1": (dict(n_classes=1), ValueError, r"n_classes must be a whole number from 2 on, not 1"),
    "classes 3.0": (dict(n_classes=3.0), TypeError, r"n_classes must be a whole number from 2 on, not 3.0"),
    "classes '3'": (dict(n_classes="3"), TypeError, r"n_classes must be a whole number from 2 on, not '3'"),
    "attributes": (dict(attributes={"a": [1, X]}), TypeError, r"attributes\['a'\]\[1\] is of type Tensor, .*"),
    "attribute NaN": (dict(attributes={"a": np.nan}), ValueError, r"attributes\['a'\] is nan, which JSON cannot hold"),
    "attribute key": (dict(attributes={1: 2}), TypeError, r"attributes has the key 1; keys must be strings"),
    "attribute list": (dict(attributes=[1]), TypeError, r"attributes must be a mapping, not \[1\]"),
    "own versions": (dict(attributes={"versions": 1}), ValueError, r"attributes\['versions'\] is what .*"),
    "evaluation": (dict(evaluation="logits"), TypeError, r"evaluation must be an inpca.recording.Evaluation, not str"),
    "statistics of": (
        dict(evaluation=Evaluation(batch_norm="test")),
        ValueError,
        "batch_norm must be one of the splits train, or samples, not 'test'",
    ),
    "statistics of none": (dict(evaluation=Evaluation(batch_norm=(X, Y[:2]))), ValueError, "split 'batch_norm' has .*"),
    "no choice": (dict(if_exists="append"), ValueError, r"if_exists must be one of 'error', .*, not 'append'"),
    "no splits": (dict(splits={}), ValueError, r"splits is empty: it must map names to \(inputs, labels\) .*"),
    "a list of splits": (dict(splits=[X]), TypeError, r"splits must map names .*, not list"),
    "a split's name": (dict(splits={"a/b": (X, Y)}), ValueError, r"a split cannot be named 'a/b': .*"),
    "a reserved name": (dict(splits={"step": (X, Y)}), ValueError, r"a split cannot be named 'step': .*"),
}


@pytest.mark.parametrize(("changes", "kind", "message"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments_are_refused_at_once(changes, kind, message, tmp_path):
    with pytest.raises(kind, match=f"^{message}$"):
        recorder(tmp_path / "r.zarr", **changes)
    assert list(tmp_path.iterdir()) == []


PATHS = {
    "s3://bucket/run.zarr": (ValueError, "is a URL"),
    "https://a.b/run.zarr": (ValueError, "is a URL"),
    "": (ValueError, "path must be the name of a folder"),
    None: (TypeError, "path must be the name of a folder"),
    b"run": (TypeError, "path must be the name of a folder"),
    ".": (ValueError, "'.' does not name a store"),
    "/": (ValueError, "'/' does not name a store"),
    "..": (ValueError, "'..' does not name a store"),
    "a\0b": (ValueError, "path must be the name of a folder"),
    "~nobody-of-that-name/r.zarr": (ValueError, "begins with '~nobody-of-that-name', which is no home folder here$"),
    "x" * 250: (ValueError, "is longer than 230 bytes"),
    ".partial-run": (ValueError, "are those of unfinished stores"),
    "/proc/run.zarr": (PredictionStoreError, "^/proc/run.zarr: cannot be written: No such file or directory$"),
    "/dev/null/run.zarr": (PredictionStoreError, "^/dev/null/run.zarr: cannot be written: "),
}


@pytest.mark.parametrize("path", PATHS, ids=[repr(path)[:20] for path in PATHS])
def test_paths_are_refused_at_once(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kind, message = PATHS[path]
    with pytest.raises(kind, match=message):
        recorder(path)
    assert list(tmp_path.iterdir()) == []


def test_a_slash_at_the_end_is_no_part_of_the_name(tmp_path):
    assert PredictionStore(finished(f"{tmp_path}/run.zarr/")).n_models == 3


def test_a_path_may_begin_with_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    finished("~/r.zarr")
    assert PredictionStore("~/r.zarr").path == tmp_path / "r.zarr"


def test_nothing_is_written_inside_a_store(tmp_path):
    path = finished(tmp_path / "b.zarr")
    (tmp_path / "link").symlink_to(path)
    stop(tmp_path / "c.zarr")
    stopped = PredictionStore(tmp_path / "c.zarr", partial=True)
    for inside in (path / "in.zarr", path / "train/in.zarr", tmp_path / "link/in.zarr", stopped.path / "in.zarr"):
        with pytest.raises(
            PredictionStoreError, match=r"in\.zarr is inside of the prediction store .*; choose another"
        ):
            recorder(inside)
        with pytest.raises(
            PredictionStoreError, match=r"in\.zarr is inside of the prediction store .*; choose another"
        ):
            stopped.finish(inside)
    assert PredictionStore(path).n_models == 3 and stopped.finish().n_models == 1


@pytest.mark.parametrize(
    "steps", [np.geomspace(1, 10, 12).astype(int), torch.tensor([10, 1, 5]), np.array([5, 1, 10.0]), [1.0, 5, 10]]
)
def test_steps_are_sorted_and_count_once(steps, tmp_path):
    store = PredictionStore(finished(tmp_path / "r.zarr", checkpoints={step: step / 5 for step in steps}))
    assert np.all(np.diff(store.steps) > 0) and {1, 5, 10} <= set(store.steps.tolist())
    assert np.allclose(store.epochs, store.steps / 5)


@pytest.mark.parametrize("if_exists", ["error", "overwrite", "resume"])
def test_what_is_no_store_is_never_replaced(if_exists, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/cat.jpg").write_text("cat")
    (tmp_path / "file").write_text("text")
    (tmp_path / "empty").mkdir()
    finished(tmp_path / "mixed")
    (tmp_path / "mixed/cat.jpg").write_text("cat")
    for name in ("photos", "file", "empty", "mixed"):
        with pytest.raises(PredictionStoreError, match=f"{name} exists and is not a prediction store"):
            recorder(tmp_path / name, if_exists=if_exists)
    (tmp_path / ".partial-new").mkdir()
    (tmp_path / ".partial-new/cat.jpg").write_text("cat")
    with pytest.raises(PredictionStoreError, match=r"\.partial-new holds cat\.jpg, which is not of a prediction store"):
        recorder(tmp_path / "new", if_exists=if_exists)
    assert len(list(tmp_path.rglob("cat.jpg"))) == 3 and (tmp_path / "file").read_text() == "text"


def test_a_finished_store_is_replaced_on_request_and_only_by_a_complete_one(tmp_path):
    path = finished(tmp_path / "r.zarr")
    with pytest.raises(
        PredictionStoreError, match="a finished prediction store; pass if_exists='overwrite' to replace it"
    ):
        recorder(path)
    with pytest.raises(ZeroDivisionError), recorder(path, if_exists="overwrite"):
        1 / 0  # noqa: B018
    assert PredictionStore(path).steps.tolist() == [0, 5, 10]
    finished(path, checkpoints={3: 0}, if_exists="overwrite")
    assert PredictionStore(path).steps.tolist() == [3] and [p.name for p in tmp_path.iterdir()] == ["r.zarr"]


def test_one_recorder_at_a_time(tmp_path):
    first = recorder(tmp_path / "r.zarr")
    for changes in ({}, dict(if_exists="overwrite"), dict(if_exists="resume")):
        with pytest.raises(PredictionStoreError, match=r"^r.zarr is being written by process \d+ on .*; close that"):
            recorder(tmp_path / "r.zarr", **changes)
    for step in (0, 5, 10):
        first(network(), step)
    first.close()
    first.close()
    assert PredictionStore(tmp_path / "r.zarr").n_models == 3
    with pytest.raises(PredictionStoreError, match=r"^r.zarr is closed: seed 0, step 5 cannot be recorded$"):
        first(network(), 5)


def test_one_seed_need_not_be_named_and_several_must(tmp_path):
    with recorder(tmp_path / "one.zarr", seeds=[42], checkpoints={0: 0}) as record:
        assert record(network(), 0)
        with pytest.raises(PredictionStoreError, match=r"^one.zarr: seed 42, step 0 was recorded before$"):
            record(network(), 0)
    assert PredictionStore(tmp_path / "one.zarr").seeds.tolist() == [42]
    record = recorder(tmp_path / "two.zarr", seeds=[1, 2])
    for seed in (None, 3):
        with pytest.raises(ValueError, match=f"^pass seed= one of 1, 2, not {seed}$"):
            record(network(), 0, seed)
    with pytest.raises(TypeError, match=r"^step must be a whole number, not '0'$"):
        record(network(), "0", 1)


@pytest.mark.parametrize(
    "damage",
    [
        (lambda path: (path / "manifest.json").write_text("{}"), "does not list the files of a store"),
        (lambda path: (path / "manifest.json").write_text("[]"), "does not list the files of a store"),
        (lambda path: (path / "manifest.json").write_text(""), "manifest.json is not JSON"),
        (lambda path: (path / "manifest.json").write_text('{"seed/zarr'), "manifest.json is not JSON"),
        (lambda path: (path / "manifest.json").write_text('{"zarr.json": 1}'), "has no SHA-256 of 'zarr.json'"),
        (lambda path: (path / "manifest.json").write_text('{"../x": "' + "0" * 64 + '"}'), "lists '../x', outside of"),
        (
            lambda path: (path / "manifest.json").write_text('{"/etc/passwd": "' + "0" * 64 + '"}'),
            "outside of the store",
        ),
        (lambda path: (path / "notes.txt").write_text(""), "it holds notes.txt, which manifest.json does not list"),
        (lambda path: shutil.rmtree(path / "train"), "is damaged: train/label/c/0 is missing"),
        (lambda path: shutil.rmtree(path), "there is no such folder"),
    ],
)
def test_a_damaged_store_is_refused_on_opening(damage, tmp_path):
    change, message = damage
    path = finished(tmp_path / "r.zarr")
    change(path)
    with pytest.raises(PredictionStoreError, match=message):
        PredictionStore(path)


def test_an_unknown_split_names_the_splits(tmp_path):
    store = PredictionStore(finished(tmp_path / "r.zarr", splits={"train": (X, Y), "test": (X, Y)}))
    for read in (store.log_probs, store.labels):
        with pytest.raises(PredictionStoreError, match=r"r.zarr has no split 'valid'; it has test, train$"):
            read("valid")
    with pytest.raises(ValueError, match="'s3://bucket/x' is a URL"):
        PredictionStore("s3://bucket/x")


def test_a_writer_refuses_epochs_that_fall_and_values_of_another_shape(tmp_path):
    arguments = dict(seeds=[0], labels={"train": [0, 1]}, n_classes=2)
    for epochs in ([0, np.nan], [1, 0], [-1, 0]):
        with pytest.raises(ValueError, match=r"^(checkpoints\[[01]\] must be an epoch|epochs of checkpoints must not)"):
            PredictionWriter(tmp_path / "w", checkpoints=dict(enumerate(epochs)), **arguments)
    writer = PredictionWriter(tmp_path / "w", checkpoints={0: 0}, **arguments)
    with pytest.raises(PredictionStoreError, match=r"predictions have the shape \(1, 2\), not \(2, 2\)"):
        writer.write("train", 0, 0, np.log([[0.5, 0.5]]))
    writer.write("train", 0, 0, np.log([[0.5, 0.5]] * 2))
    next((tmp_path / ".partial-w/train/log_probs/c").rglob("0/0/0/0")).unlink()
    with pytest.raises(PredictionStoreError, match="is damaged: train/log_probs/c/0/0/0/0 is not what was written"):
        writer.close()


def test_reading_a_store_warns_of_nothing(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert PredictionStore(finished(tmp_path / "r.zarr")).splits == ["train"]
