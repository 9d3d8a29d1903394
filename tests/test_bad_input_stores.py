"""Prediction stores that are damaged or forged, and predictions that are none: each is named, and files stay."""

import hashlib
import json
import shutil
from functools import partial

import numpy as np
import pytest
from refusals import refused

from inpca import PredictionStore, read_predictions
from inpca.predictions.damages import damages
from inpca.predictions.examples import example_store
from inpca.predictions.store import PredictionStoreError, PredictionWriter


def of_manifest(change):
    """Change what the manifest of a store lists."""

    def make(store):
        manifest = json.loads((store / "manifest.json").read_text())
        change(manifest)
        (store / "manifest.json").write_text(json.dumps(manifest))

    return make


def linked(store):
    """A folder of the store that is a link to elsewhere, where the same files are."""
    shutil.move(store / "train", store.parent / "elsewhere")
    (store / "train").symlink_to(store.parent / "elsewhere", target_is_directory=True)


def leading_to_itself(name):
    """A name of the store that is a link to itself."""

    def make(store):
        (store / name).unlink(missing_ok=True)
        (store / name).symlink_to(store / name)

    return make


def forged(name, change):
    """Change a file of a store, and its checksum as well."""

    def make(store):
        file = store / name
        file.write_bytes(change(file.read_bytes()))
        of_manifest(lambda manifest: manifest.update({name: hashlib.sha256(file.read_bytes()).hexdigest()}))(store)

    return make


def written(name, content):
    return lambda store: (store / name).write_text(content)


CHUNK, DAMAGED = "train/log_probs/c/0/1/0/0", "{folder}/run.zarr is damaged: "
OUTSIDE = "manifest.json lists {!r}, outside of the store"
STORES = {
    "no manifest": (
        lambda store: (store / "manifest.json").unlink(),
        "{folder}/run.zarr is not a finished prediction store: it has no manifest.json",
    ),
    "nothing": (shutil.rmtree, "{folder}/run.zarr is not a finished prediction store: there is no such folder"),
    "no JSON": (written("manifest.json", "{"), f"{DAMAGED}manifest.json is not JSON"),
    "JSON that never ends": (written("manifest.json", "[" * 100_000), f"{DAMAGED}manifest.json is not JSON"),
    "a list": (written("manifest.json", "[]"), f"{DAMAGED}manifest.json does not list the files of a store"),
    "no checksum": (
        of_manifest(lambda manifest: manifest.update({CHUNK: "1"})),
        f"{DAMAGED}manifest.json has no SHA-256 of '{CHUNK}'",
    ),
    "a chunk missing": (lambda store: (store / CHUNK).unlink(), f"{DAMAGED}{CHUNK} is missing"),
    "a chunk not listed": (of_manifest(lambda manifest: manifest.pop(CHUNK)), f"{DAMAGED}it holds {CHUNK}, which …"),
    "a chunk changed": (lambda store: (store / CHUNK).write_bytes(b""), f"{DAMAGED}{CHUNK} is not what was written"),
    "a file more": (
        written("notes.txt", "mine"),
        f"{DAMAGED}it holds notes.txt, which manifest.json does not list",
    ),
    "a path outside": (
        of_manifest(lambda manifest: manifest.update({"../secret": "0" * 64})),
        DAMAGED + OUTSIDE.format("../secret"),
    ),
    "an absolute path": (
        of_manifest(lambda manifest: manifest.update({"/etc/passwd": "0" * 64})),
        DAMAGED + OUTSIDE.format("/etc/passwd"),
    ),
    "a path that no file can have": (
        of_manifest(lambda manifest: manifest.update({"x" * 300: "0" * 64})),
        f"{DAMAGED}{'x' * 300} is missing",
    ),
    "a link to elsewhere": (
        linked,
        "{folder}/run.zarr is refused: train is a link that leads outside of the store",
    ),
    "a link to itself": (leading_to_itself(CHUNK), f"{DAMAGED}{CHUNK} is missing"),
    "one more link to itself": (
        leading_to_itself("train/more"),
        f"{DAMAGED}it holds train/more, which manifest.json does not list",
    ),
    "another type": (
        forged("train/label/zarr.json", lambda content: content.replace(b"int64", b"float64")),
        f"{DAMAGED}train/label holds values of type float64, not whole numbers",
    ),
    "bytes that are no numbers": (
        forged("step/c/0", lambda content: b"text"),
        f"{DAMAGED}step cannot be decoded (…",
    ),
    "no metadata": (forged("zarr.json", lambda content: b"text"), f"{DAMAGED}zarr cannot read it (…"),
}


@pytest.mark.parametrize("case", STORES)
def test_a_store_that_is_damaged_or_forged_is_named(tmp_path, case):
    make, message = STORES[case]
    make(example_store(tmp_path).path)
    refused(lambda: PredictionStore(tmp_path / "run.zarr"), PredictionStoreError, message, tmp_path)
    refused(lambda: read_predictions(tmp_path / "run.zarr"), *of_a_folder(case, message), tmp_path)


def of_a_folder(case, message):
    """What reading any predictions says, which knows what a missing file is."""
    if case == "nothing":
        return FileNotFoundError, "there is no {folder}/run.zarr; predictions are .zarr, .npy, .npz"
    return PredictionStoreError, message


FOUND = {
    "a link to elsewhere": (linked, ["{folder}/run.zarr is refused: train is a link that leads outside of the store"]),
    "a chunk of no array": (
        of_manifest(lambda manifest: manifest.update({"train/log_probs/c/x/0": "0" * 64})),
        ["missing: train/log_probs/c/x/0"],
    ),
    "a name that no file can have": (
        of_manifest(lambda manifest: manifest.update({"x" * 300: "0" * 64})),
        [f"missing: {'x' * 300}"],
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_what_is_wrong_with_a_store_is_listed(tmp_path, case):
    make, texts = FOUND[case]
    make(example_store(tmp_path).path)
    assert damages(tmp_path / "run.zarr") == [text.replace("{folder}", str(tmp_path)) for text in texts]


FLAT = np.log(np.full((2, 2), 0.5))
WRITES = {
    "NaN": (("test", 0, 0, FLAT * np.nan), "run.zarr: test, seed 0, step 0: predictions hold NaN or are not log-…"),
    "not normalised": (("test", 0, 0, FLAT - 1), "run.zarr: test, seed 0, step 0: predictions hold NaN or are not …"),
    "other samples": (
        ("test", 0, 0, FLAT[:1]),
        "run.zarr: test, seed 0, step 0: predictions have the shape (1, 2), not (2, 2)",
    ),
    "other classes": (
        ("test", 0, 0, np.log(np.full((2, 3), 1 / 3))),
        "run.zarr: test, seed 0, step 0: predictions have the shape (2, 3), not (2, 2)",
    ),
    "another split": (
        ("train", 0, 0, FLAT),
        "run.zarr: train, seed 0, step 0 is not a split, seed and step of this store",
    ),
    "another step": (
        ("test", 0, 5, FLAT),
        "run.zarr: test, seed 0, step 5 is not a split, seed and step of this store",
    ),
    "written before": (("test", 0, 9, FLAT), "run.zarr: test, seed 0, step 9 was written before"),
}


@pytest.mark.parametrize("case", WRITES)
def test_predictions_that_are_none_are_not_written(tmp_path, case):
    given, message = WRITES[case]
    writer = PredictionWriter(
        tmp_path / "run.zarr", seeds=[0], checkpoints={0: 0, 9: 1}, labels={"test": [0, 1]}, n_classes=2
    )
    writer.write("test", 0, 9, FLAT)
    refused(partial(writer.write, *given), PredictionStoreError, message, tmp_path)
    missing = (
        "run.zarr: 1 checkpoints were not recorded, the first is test, seed 0, step 0; the unfinished store is "
        "{folder}/.partial-run.zarr"
    )
    refused(writer.close, PredictionStoreError, missing, tmp_path)
    writer.write("test", 0, 0, FLAT)
    writer.close()
    assert PredictionStore(tmp_path / "run.zarr").n_models == 2
