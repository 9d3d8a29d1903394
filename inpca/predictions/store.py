"""The prediction store: what the runs of one configuration predicted at each checkpoint, as one zarr group.

Layout (zarr format 3, readable with zarr, xarray or anything else that reads it)::

    attributes            configuration, data fingerprint, library versions
    seed (S,), step (T,), epoch (T,)
    train/log_probs (S, T, N, C) float32    train/label (N,)
    test/log_probs  (S, T, N, C) float32    test/label  (N,)
    manifest.json         SHA-256 of every file above, written last

A store without a manifest is unfinished; a store that lacks a listed file, holds another content or a file that is not
listed, is damaged. Both are errors: a missing chunk is never read as numbers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
import zarr

from inpca.files import Lock
from inpca.predictions.contents import AXES, check_choice
from inpca.predictions.files import (
    MANIFEST,
    PARTIAL,
    PredictionStoreError,
    check_files,
    partial_path,
    read_journal,
    read_manifest,
    split_names,
    store_path,
)
from inpca.predictions.recorded import RecordedArray, keep_recorded
from inpca.predictions.writer import PredictionWriter

__all__ = ["MANIFEST", "SPLITS", "PredictionStore", "PredictionStoreError", "PredictionWriter"]

SPLITS = ("train", "test")


class PredictionStore:
    """A store, opened for reading.

    Parameters
    ----------
    path : path
    verify : bool
        Compare every file with its checksum (once, on opening); otherwise only that it is there.
    partial : bool
        Open what was recorded of an unfinished store, ``.partial-<name>``, by that name or by its own.

    Attributes
    ----------
    seeds, steps, epochs : ndarray
    recorded : (S, T) ndarray of bool
        Which checkpoint of which seed has every split; all are true in a finished store.
    splits : list of str
    attributes : dict

    Raises
    ------
    PredictionStoreError
        If the store is unfinished or damaged; the message names the file.
    """

    def __init__(self, path: str | Path, *, verify: bool = True, partial: bool = False):
        self.path = partial_path(store_path(path)) if partial else store_path(path)
        if partial:
            entries = self._partial_entries()
        else:
            manifest = read_manifest(self.path)
            check_files(self.path, manifest, verify=verify)
        self._group = open_arrays(self.path)
        self.attributes = dict(self._group.attrs)
        self.seeds, self.steps, self.epochs = (self._group[name][:] for name in AXES)
        self.splits = split_names(self.path)
        self._partial = partial
        self.recorded = np.ones((len(self.seeds), len(self.steps)), bool)
        if partial:
            done = {(entry["split"], *entry["index"]) for entry in entries}
            for seed, step in np.ndindex(self.recorded.shape):
                self.recorded[seed, step] = all((split, seed, step) in done for split in self.splits)
        else:
            check_chunks(self.path, self._group, self.splits, manifest)

    def _partial_entries(self) -> list[dict]:
        if not self.path.is_dir():
            final = self.path.with_name(self.path.name.removeprefix(PARTIAL))
            what = "it is finished: open it without partial=True" if final.is_dir() else "there is no such folder"
            raise PredictionStoreError(f"{self.path} is not an unfinished prediction store: {what}")
        return read_journal(self.path)[1:]

    def log_probs(self, split: str) -> zarr.Array | RecordedArray:
        """Log-probabilities (seed, checkpoint, sample, class); index it to read.

        Raises
        ------
        PredictionStoreError
            If there is no such split; in an unfinished store also when a checkpoint is read that was not recorded.
        """
        array = self._array(split, "log_probs")
        return RecordedArray(array, self) if self._partial else array

    def labels(self, split: str) -> np.ndarray:
        """Ground truth (sample,)."""
        return self._array(split, "label")[:]

    def _array(self, split: str, name: str) -> zarr.Array:
        if split not in self.splits:
            raise PredictionStoreError(f"{self.path} has no split {split!r}; it has {', '.join(self.splits)}")
        return self._group[f"{split}/{name}"]

    @property
    def n_models(self) -> int:
        """Number of models: seeds times checkpoints."""
        return len(self.seeds) * len(self.steps)

    def to_datatree(self) -> xr.DataTree:
        """The store as an xarray tree, with a group for each split; predictions are read when they are used.

        Each group has ``log_probs`` (seed, checkpoint, sample, class) with the coordinates ``seed``, ``step``,
        ``epoch`` and ``label``, by the first two of which it can be indexed; the root has the attributes.

        Returns
        -------
        xarray.DataTree

        Raises
        ------
        PredictionStoreError
            If the store is unfinished: xarray would read as NaN what was not recorded.

        See Also
        --------
        PredictionStore.log_probs : The same predictions as a zarr array.

        Examples
        --------
        >>> from inpca.predictions.examples import example_store
        >>> tree = example_store().to_datatree()
        >>> tree["train"]["log_probs"].sel(seed=1, step=100).shape
        (6, 3)
        >>> tree["train"]["epoch"].values
        array([0., 1.])
        """
        if self._partial:
            raise PredictionStoreError(f"{self.path} is unfinished; keep what was recorded with its finish() first")
        runs = {"seed": self.seeds, "step": ("checkpoint", self.steps), "epoch": ("checkpoint", self.epochs)}
        nodes = {"/": xr.Dataset(coords=runs, attrs=self.attributes).set_xindex("step")}
        for split in self.splits:
            arrays = xr.open_zarr(
                self.path.absolute(), group=split, consolidated=False, chunks=None, mask_and_scale=False
            )
            nodes[split] = arrays.set_coords("label").assign_coords(runs).set_xindex("step")
        return xr.DataTree.from_dict(nodes, name=self.path.name)

    def finish(self, path: str | Path | None = None, *, seeds=None, if_exists: str = "error") -> PredictionStore:
        """Make a finished store of what was recorded of an unfinished one.

        It holds the seeds of which anything was recorded, or the given ones, at the checkpoints that they share. If
        that is all that was recorded, the unfinished store is deleted, else it stays.

        Parameters
        ----------
        path : path, optional
            Name of the finished store; by default the one the unfinished store was to get.
        seeds : sequence of int, optional
        if_exists : {"error", "overwrite"}
            What to do with a finished store of that name.

        Raises
        ------
        PredictionStoreError
            If it is finished, is being written, or the seeds share no checkpoint.
        """
        if not self._partial:
            raise PredictionStoreError(f"{self.path} is finished already")
        check_choice(if_exists, ("error", "overwrite"), "if_exists")
        target = self.path.with_name(self.path.name.removeprefix(PARTIAL)) if path is None else store_path(path)
        try:
            lock = Lock(self.path.with_name(f"{self.path.name}.lock"))
        except BlockingIOError as error:
            raise PredictionStoreError(f"{self.path} is being written by {error}; close that recorder first") from None
        try:
            keep_recorded(self, target.absolute(), seeds=seeds, overwrite=if_exists == "overwrite")
        finally:
            lock.release()
        return PredictionStore(target)


def open_arrays(path: Path) -> zarr.Group:
    """The zarr group of a store whose arrays are all there and fit each other.

    Raises
    ------
    PredictionStoreError
        If not; the message names the array.
    """
    try:
        group = zarr.open_group(path.absolute(), mode="r")
        splits = split_names(path)
        names = [*AXES, *(f"{split}/{name}" for split in splits for name in ("label", "log_probs"))]
        arrays = {name: group[name] for name in names if name in group}
    except Exception as error:  # whatever zarr raises for metadata that are none
        raise PredictionStoreError(f"{path} is damaged: zarr cannot read it ({type(error).__name__})") from None
    for name in names:
        if not isinstance(arrays.get(name), zarr.Array):
            raise PredictionStoreError(f"{path} is not a prediction store: it has no array {name}")
    if not splits:
        raise PredictionStoreError(f"{path} is not a prediction store: it has no split")
    expected = {"seed": arrays["seed"].shape[:1], "step": arrays["step"].shape[:1], "epoch": arrays["step"].shape[:1]}
    for split in splits:
        labels = expected[f"{split}/label"] = arrays[f"{split}/label"].shape[:1]
        classes = arrays[f"{split}/log_probs"].shape[-1:]
        expected[f"{split}/log_probs"] = (*expected["seed"], *expected["step"], *labels, *classes)
    for name, shape in expected.items():
        if arrays[name].shape != shape or 0 in shape:
            raise PredictionStoreError(f"{path} is damaged: {name} has the shape {arrays[name].shape}, not {shape}")
    return group


def check_chunks(path: Path, group: zarr.Group, splits: list[str], manifest: dict[str, str]) -> None:
    """Raise a PredictionStoreError if a chunk of an array is not in the manifest: zarr would read it as NaN."""
    for name in (*AXES, *(f"{split}/{name}" for split in splits for name in ("label", "log_probs"))):
        array = group[name]
        counts = [-(-size // chunk) for size, chunk in zip(array.shape, array.chunks, strict=True)]
        for index in np.ndindex(*counts):
            chunk = f"{name}/{array.metadata.encode_chunk_key(index)}"
            if chunk not in manifest:
                raise PredictionStoreError(f"{path} is damaged: {chunk} is missing")
