"""Checks of readers of predictions: each is made in a folder, and given changes of the files there."""

import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from mutations import changed, edited

from inpca import PredictionStore, read_predictions
from inpca.predictions.damages import damages
from inpca.predictions.examples import example_store
from inpca.predictions.files import JOURNAL, MANIFEST, PredictionStoreError
from inpca.predictions.store import PredictionWriter


def finished_store(folder):
    """A finished store, a file of which was changed, and its checksum as well where it is forged."""
    path = example_store(folder).path
    names = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
    whole = {name: (path / name).read_bytes() for name in names}

    def check(given):
        number, forged, edits, changes = given
        name = names[number % len(names)]
        tree = forged and name.endswith(".json")
        content = dumped(changed(json.loads(whole[name]), changes)) if tree else edited(whole[name], edits)
        (path / name).write_bytes(content)
        if forged and name != MANIFEST:
            checksums = json.loads(whole[MANIFEST]) | {name: hashlib.sha256(content).hexdigest()}
            (path / MANIFEST).write_text(json.dumps(checksums))
        try:
            PredictionStore(path)
        except PredictionStoreError as error:
            assert "run.zarr" in str(error)
        else:
            assert forged or name == MANIFEST or content == whole[name], "the change was not noticed"
            looked_at(lambda: read_predictions(path))
        try:
            damages(path)
        except PredictionStoreError as error:
            assert "run.zarr" in str(error)
        for file in (name, MANIFEST):
            (path / file).write_bytes(whole[file])

    return check


def unfinished_store(folder):
    """An unfinished store, of which a file or a line of its journal was changed."""
    writer = PredictionWriter(
        folder / "run.zarr", seeds=[3, 4], checkpoints={0: 0, 9: 1}, labels={"test": [0, 1]}, n_classes=2
    )
    for seed, step in ((3, 0), (3, 9), (4, 0)):
        writer.write("test", seed, step, np.log([[0.25, 0.75], [0.5, 0.5]]))
    writer.release()
    path = folder / ".partial-run.zarr"
    whole = {file: file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}
    lines = whole[path / JOURNAL].splitlines()

    def check(given):
        number, of_journal, edits, changes = given
        file = path / JOURNAL if of_journal else list(whole)[number % len(whole)]
        at = number % len(lines)
        line = dumped(changed(json.loads(lines[at]), changes))
        file.write_bytes(
            b"\n".join([*lines[:at], line, *lines[at + 1 :]]) if of_journal else edited(whole[file], edits)
        )
        try:
            store = PredictionStore(path, partial=True)
            values = store.log_probs("test")
            store.labels("test")
            for seed, step in np.argwhere(store.recorded):
                assert np.isfinite(values[seed, step]).all(), "what was not recorded was read"
        except PredictionStoreError as error:
            assert "run.zarr" in str(error)
        file.write_bytes(whole[file])

    return check


def dumped(tree) -> bytes:
    return json.dumps(tree, default=repr, skipkeys=True).encode()


def looked_at(read: Callable[[], Any]) -> None:
    """Read predictions as commands do; what is wrong names the file or its run."""
    try:
        found = read()
        assert found.log_probs[:].shape == found.log_probs.shape
        found.measured()
    except (TypeError, ValueError, OSError, PredictionStoreError) as error:
        assert any(name in str(error) for name in ("run.", "run '")), repr(error)


LOGITS = np.random.default_rng(1).normal(size=(3, 4, 2)).astype(np.float32)


def arrays(suffix: str, **how):
    """A check of a file of predictions of some suffix."""

    def of(folder):
        content, path = io.BytesIO(), folder / f"run{suffix}"
        if suffix == ".npy":
            np.save(content, LOGITS)
        else:
            np.savez(content, logits=LOGITS, labels=[0, 1, 0, 1], run=["a", "a", "b"], step=[1, 2, 1])

        def check(edits):
            path.write_bytes(edited(content.getvalue(), edits))
            looked_at(lambda: read_predictions(path, **how))

        return check

    return of


def beside(name: str, content: bytes):
    """A check of a file of labels or factors beside predictions."""

    def of(folder):
        np.save(folder / "a.npy", LOGITS)
        option = "truth" if name.endswith(".npy") else "factors"
        path = folder / name

        def check(edits):
            path.write_bytes(edited(content, edits))
            looked_at(lambda: read_predictions(folder / "a.npy", kind="logits", **{option: path}))

        return check

    return of


def saved(array) -> bytes:
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()
