"""The prediction store: what the runs of one configuration predicted at each checkpoint, as one zarr group.

Layout (zarr format 3, readable with zarr, xarray or anything else that reads it)::

    attributes            configuration, data fingerprint, library versions
    seed (S,), step (T,), epoch (T,)
    train/log_probs (S, T, N, C) float32    train/label (N,)
    test/log_probs  (S, T, N, C) float32    test/label  (N,)
    manifest.json         SHA-256 of every file above, written last

A store without a manifest is unfinished; a store that lacks a listed file, or holds another content, is damaged.
Both are errors: a missing chunk is never read as numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from inpca.files import remove, sha256

SPLITS = ("train", "test")
MANIFEST = "manifest.json"
#: Largest chunk of a log-probability array, in bytes; a chunk never spans two checkpoints.
CHUNK_BYTES = 2**26


class PredictionStoreError(RuntimeError):
    """A store that is unfinished, damaged, or written against its own schedule."""


class PredictionWriter:
    """Writes a store checkpoint by checkpoint; it appears under its name when :meth:`close` found it complete.

    Parameters
    ----------
    path : path
        Name of the store. Until it is complete it is ``.partial-<name>`` beside it.
    seeds : sequence of int
    steps : sequence of int
        Optimiser steps of the checkpoints.
    epochs : sequence of float
        Epochs of the checkpoints, as fractions where they fall inside one.
    labels : mapping from split to (N,) array of int
        Ground truth of each split.
    n_classes : int
    attributes : mapping
        Anything that JSON holds.
    """

    def __init__(self, path, *, seeds, steps, epochs, labels: Mapping[str, Any], n_classes: int, attributes=None):
        self.path = Path(path)
        self.partial = self.path.with_name(f".partial-{self.path.name}")
        self.seeds, self.steps = list(map(int, seeds)), list(map(int, steps))
        self._pending = {
            (split, seed, step)
            for split in labels
            for seed in range(len(self.seeds))
            for step in range(len(self.steps))
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        remove(self.partial)
        self._group = zarr.create_group(self.partial, attributes=dict(attributes or {}))
        self._write("seed", np.array(self.seeds, np.int64), ("seed",))
        self._write("step", np.array(self.steps, np.int64), ("checkpoint",))
        self._write("epoch", np.asarray(epochs, np.float64), ("checkpoint",))
        for split, label in labels.items():
            label = np.asarray(label, np.int64)
            self._write(f"{split}/label", label, ("sample",))
            samples = min(len(label), max(1, CHUNK_BYTES // (4 * n_classes)))
            self._group.create_array(
                f"{split}/log_probs",
                shape=(len(self.seeds), len(self.steps), len(label), n_classes),
                chunks=(1, 1, samples, n_classes),
                dtype="float32",
                fill_value=np.nan,
                dimension_names=("seed", "checkpoint", "sample", "class"),
                config={"write_empty_chunks": True},
            )

    def _write(self, name: str, values: np.ndarray, dimensions: tuple[str, ...]) -> None:
        array = self._group.create_array(
            name,
            shape=values.shape,
            dtype=values.dtype,
            dimension_names=dimensions,
            config={"write_empty_chunks": True},
        )
        array[:] = values

    def write(self, split: str, seed: int, step: int, log_probs: np.ndarray) -> None:
        """Store the (N, C) log-probabilities of one run at one checkpoint.

        Raises
        ------
        PredictionStoreError
            If the seed or step is not in the schedule, was written before, or a value is NaN or above 0.
        """
        where = f"{split}, seed {seed}, step {step}"
        if seed not in self.seeds or step not in self.steps:
            raise PredictionStoreError(f"{self.path.name}: {where} is not in the schedule of this store")
        index = (split, self.seeds.index(seed), self.steps.index(step))
        if index not in self._pending:
            raise PredictionStoreError(f"{self.path.name}: {where} was written before")
        if not np.all(log_probs <= 1e-6):
            raise PredictionStoreError(f"{self.path.name}: {where}: predictions hold NaN or are not log-probabilities")
        self._group[f"{split}/log_probs"][index[1:]] = log_probs
        self._pending.remove(index)

    def close(self) -> None:
        """Write the manifest and give the store its name.

        Raises
        ------
        PredictionStoreError
            If a checkpoint of a seed was not recorded; the unfinished store stays where it is.
        """
        if self._pending:
            split, seed, step = min(self._pending)
            raise PredictionStoreError(
                f"{self.path.name}: {len(self._pending)} checkpoints were not recorded, the first is {split}, seed "
                f"{self.seeds[seed]}, step {self.steps[step]}; the unfinished store is {self.partial}"
            )
        files = sorted(path for path in self.partial.rglob("*") if path.is_file())
        manifest = {path.relative_to(self.partial).as_posix(): sha256(path) for path in files}
        (self.partial / MANIFEST).write_text(json.dumps(manifest, indent=0) + "\n", encoding="utf-8")
        remove(self.path)
        self.partial.rename(self.path)


class PredictionStore:
    """A finished store, opened for reading.

    Parameters
    ----------
    path : path
    verify : bool
        Compare every file with its checksum (once, on opening); otherwise only that it is there.

    Attributes
    ----------
    seeds, steps, epochs : ndarray
    attributes : dict

    Raises
    ------
    PredictionStoreError
        If the store is unfinished or damaged; the message names the file.
    """

    def __init__(self, path: str | Path, *, verify: bool = True):
        self.path = Path(path)
        try:
            manifest = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
        except OSError:
            raise PredictionStoreError(
                f"{self.path} is not a finished prediction store: it has no {MANIFEST}"
            ) from None
        for name, checksum in manifest.items():
            file = self.path / name
            if not file.is_file():
                raise PredictionStoreError(f"{self.path} is damaged: {name} is missing")
            if verify and sha256(file) != checksum:
                raise PredictionStoreError(f"{self.path} is damaged: {name} is not what was written")
        self._group = zarr.open_group(self.path, mode="r")
        self.attributes = dict(self._group.attrs)
        self.seeds, self.steps, self.epochs = (self._group[name][:] for name in ("seed", "step", "epoch"))

    def log_probs(self, split: str) -> zarr.Array:
        """Log-probabilities (seed, checkpoint, sample, class); index it to read."""
        return self._group[f"{split}/log_probs"]

    def labels(self, split: str) -> np.ndarray:
        """Ground truth (sample,)."""
        return self._group[f"{split}/label"][:]

    @property
    def n_models(self) -> int:
        """Number of models: seeds times checkpoints."""
        return len(self.seeds) * len(self.steps)
