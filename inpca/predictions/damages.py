"""Everything that is wrong with stored predictions, named by what it is of."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import zarr

from inpca.files import sha256
from inpca.predictions.arrays import check_chunks, open_arrays
from inpca.predictions.files import (
    JOURNAL,
    MANIFEST,
    PredictionStoreError,
    below,
    check_links,
    list_files,
    read_manifest,
)
from inpca.predictions.models import as_log_probabilities
from inpca.predictions.sources import read_source
from inpca.predictions.store import PredictionStore


def damages(path: Path) -> list[str]:
    """What is missing, changed or too much in a store, one text for each file.

    Parameters
    ----------
    path : Path
        Of a finished store, or of an unfinished one, which is named as such.

    Raises
    ------
    PredictionStoreError
        If it is no store.

    Examples
    --------
    >>> from inpca.predictions.damages import damages
    >>> from inpca.predictions.examples import example_store
    >>> path = example_store().path
    >>> damages(path)
    []
    >>> (path / "train/log_probs/c/1/0/0/0").unlink()
    >>> damages(path)
    ['missing: train/log_probs/c/1/0/0/0 (train, seed 1, step 0)']
    """
    if (path / JOURNAL).is_file() and not (path / MANIFEST).is_file():
        store = PredictionStore(path, partial=True)
        return [f"unfinished: {store.recorded.sum()} of {store.recorded.size} checkpoints were recorded"]
    manifest = read_manifest(path)
    found = [name for name in manifest if not os.path.isfile(path / name)]
    changed = [name for name in manifest if name not in found and sha256(path / name) != manifest[name]]
    try:
        arrays = open_arrays(path)
    except PredictionStoreError:
        arrays = {}
    texts = [f"missing: {name}{where(name, arrays)}" for name in found]
    texts += [f"changed: {name}{where(name, arrays)}{content(name, arrays)}" for name in changed]
    texts += [f"not listed in {MANIFEST}: {name}" for name in list_files(path) if name not in manifest]
    if not texts:
        try:
            check_links(path, below(path))
            check_chunks(path, arrays or open_arrays(path), manifest)
        except PredictionStoreError as error:
            texts.append(str(error))
    return texts


def chunk(name: str, arrays: dict[str, zarr.Array]) -> tuple[zarr.Array, list[slice]] | None:
    """The array that a file is a chunk of, and the part that it holds."""
    array, _, index = name.partition("/c/")
    numbers = index.split("/")
    if array not in arrays or len(numbers) != arrays[array].ndim or not all(map(str.isdecimal, numbers)):
        return None
    places = zip(numbers, arrays[array].chunks, strict=True)
    return arrays[array], [slice(int(place) * size, (int(place) + 1) * size) for place, size in places]


def where(name: str, arrays: dict[str, zarr.Array]) -> str:
    """Split, seed and step of a chunk of predictions."""
    held = chunk(name, arrays)
    if held is None or not name.partition("/c/")[0].endswith("log_probs"):
        return ""
    try:
        seed, step = (int(np.asarray(arrays[axis][held[1][i]])[0]) for i, axis in enumerate(("seed", "step")))
    except Exception:  # whatever zarr raises where these are damaged too
        return f" ({name.split('/')[0]})"
    return f" ({name.split('/')[0]}, seed {seed}, step {step})"


def content(name: str, arrays: dict[str, zarr.Array]) -> str:
    """What a chunk that was changed holds."""
    held = chunk(name, arrays)
    if held is None:
        return ""
    try:
        values = np.asarray(held[0][tuple(held[1])])
    except Exception:  # whatever a codec raises
        return ": it cannot be decoded"
    return ": it holds only zeros" if not values.any() else ": it holds other numbers"


def unwritten(path: Path, *, kind: str | None = None) -> list[str]:
    """Models of a ``.npy`` or ``.npz`` file that are none, one text for each.

    Probabilities, and log-probabilities, that are all 0 were never written; logits that are all 0 are ignorance.

    Parameters
    ----------
    path : Path
    kind : str, optional
        As in :func:`inpca.read_predictions`.
    """
    runs, _ = read_source(path, kind=kind, split=None)
    texts = []
    for run in runs:
        for checkpoint in range(len(run.models)):
            model, name = np.asarray(run.models[checkpoint]), f"run {run.name!r}, checkpoint {checkpoint}"
            if run.kind != "logits" and not model.any():
                texts.append(f"{name} holds only zeros: it was never written")
                continue
            try:
                as_log_probabilities(model, run.kind, name)
            except (TypeError, ValueError) as error:
                texts.append(str(error))
    return texts
