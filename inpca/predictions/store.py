"""The prediction store: what the runs of one configuration predicted at each checkpoint, as one zarr group.

Layout (zarr format 3, readable with zarr, xarray or anything else that reads it)::

    attributes            configuration, data fingerprint, library versions
    seed (S,), step (T,), epoch (T,)
    train/log_probs (S, T, N, C) float32 or float16    train/label (N,)
    test/log_probs  (S, T, N, C) float32 or float16    test/label  (N,)
    manifest.json         SHA-256 of every file above, written last

A store without a manifest is unfinished; a store that lacks a listed file, holds another content or a file that is not
listed, is damaged. Both are errors: a missing chunk is never read as numbers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr

from inpca.files import Lock
from inpca.predictions.arrays import attributes_of, check_chunks, decoded, open_arrays
from inpca.predictions.contents import AXES, check_choice
from inpca.predictions.files import (
    MANIFEST,
    PARTIAL,
    PredictionStoreError,
    check_files,
    partial_path,
    read_manifest,
    split_names,
    store_path,
)
from inpca.predictions.half import HalfArray, as_float32
from inpca.predictions.recorded import RecordedArray, finish_recorded, recorded_entries, which_recorded
from inpca.predictions.writer import PredictionWriter

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["MANIFEST", "SPLITS", "PredictionStore", "PredictionStoreError", "PredictionWriter"]

SPLITS = ("train", "test")


class PredictionStore:
    """What S runs of one configuration predicted at T checkpoints, opened for reading.

    Of each split it holds ln p[s, t, n, c], the log-probability in nats of class c for sample n by the model of seed s
    at checkpoint t, and the label of each sample.

    Parameters
    ----------
    path : path
        Folder of the store.
    verify : bool
        Compare every file with its checksum, which once is enough; otherwise see only that it is there.
    partial : bool
        Open what was recorded of an unfinished store, ``.partial-<name>``, by that name or by its own.

    Attributes
    ----------
    path : Path
    seeds : (S,) array of int
    steps : (T,) array of int
        Optimiser steps of the checkpoints.
    epochs : (T,) array of float
    recorded : (S, T) array of bool
        Which checkpoint of which seed has every split; all are true in a finished store.
    splits : list of str
    attributes : dict

    Raises
    ------
    TypeError, ValueError
        If the path is none of a folder of this machine.
    PredictionStoreError
        If the store is unfinished or damaged; the message names the file.

    See Also
    --------
    inpca.Recorder : Makes a store while networks are trained.
    inpca.predictions.PredictionWriter : Makes a store of predictions from elsewhere.

    Examples
    --------
    >>> from inpca import InPCA, PredictionStore
    >>> from inpca.predictions.examples import example_store
    >>> store = PredictionStore(example_store().path)
    >>> store.splits, store.seeds.tolist(), store.steps.tolist(), store.epochs.tolist()
    (['test', 'train'], [0, 1], [0, 100], [0.0, 1.0])
    >>> log_probs = store.log_probs("train")[:].reshape(store.n_models, 6, 3)
    >>> InPCA(1, log=True).fit_transform(log_probs).shape
    (4, 1)
    """

    path: Path
    seeds: np.ndarray
    steps: np.ndarray
    epochs: np.ndarray
    recorded: np.ndarray
    splits: list[str]
    attributes: dict[str, Any]

    def __init__(self, path: str | os.PathLike[str], *, verify: bool = True, partial: bool = False):
        self.path = partial_path(store_path(path)) if partial else store_path(path)
        entries = recorded_entries(self.path) if partial else []
        manifest = {} if partial else read_manifest(self.path)
        if not partial:
            check_files(self.path, manifest, verify=verify)
        self._arrays = open_arrays(self.path)
        self.attributes = attributes_of(self.path)
        self.seeds, self.steps, self.epochs = (decoded(self.path, name, self._arrays[name]) for name in AXES)
        self.splits = split_names(self.path)
        self._partial = partial
        self.recorded = np.ones((len(self.seeds), len(self.steps)), bool)
        if partial:
            self.recorded = which_recorded(entries, self.splits, self.recorded.shape)
        else:
            check_chunks(self.path, self._arrays, manifest, decode=verify)

    def log_probs(self, split: str) -> zarr.Array | RecordedArray | HalfArray:
        """Log-probabilities of a split; index them to read.

        Parameters
        ----------
        split : str

        Returns
        -------
        (S, T, N, C) array
            By seed, checkpoint, sample and class; float32, in nats, normalised if the store holds float16.

        Raises
        ------
        PredictionStoreError
            If there is no such split; in an unfinished store also when a checkpoint is read that was not recorded.

        See Also
        --------
        PredictionStore.to_datatree : The same with labels.

        Examples
        --------
        >>> from inpca.predictions.examples import example_store
        >>> example_store().log_probs("test")[0, 1].round(3)
        array([[-0.405, -1.792, -1.792],
               [-1.792, -0.405, -1.792],
               [-1.792, -1.792, -0.405]], dtype=float32)
        """
        array = self._array(split, "log_probs")
        return as_float32(RecordedArray(array, self) if self._partial else array)

    def labels(self, split: str) -> np.ndarray:
        """Ground truth of a split.

        Parameters
        ----------
        split : str

        Returns
        -------
        (N,) array of int

        Raises
        ------
        PredictionStoreError
            If there is no such split.

        See Also
        --------
        inpca.truth : The model of perfect prediction, of these labels.

        Examples
        --------
        >>> from inpca.predictions.examples import example_store
        >>> example_store().labels("test")
        array([0, 1, 2])
        """
        return decoded(self.path, f"{split}/label", self._array(split, "label"))

    def _array(self, split: str, name: str) -> zarr.Array:
        if split not in self.splits:
            raise PredictionStoreError(f"{self.path} has no split {split!r}; it has {', '.join(self.splits)}")
        return self._arrays[f"{split}/{name}"]

    @property
    def n_models(self) -> int:
        """Number of models: seeds times checkpoints.

        Examples
        --------
        >>> from inpca.predictions.examples import example_store
        >>> example_store().n_models
        4
        """
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
            raise PredictionStoreError(f"{self.path} is unfinished; finish what was recorded with its finish() first")
        import xarray as xr  # a third of a second that no training should wait for

        runs = {"seed": self.seeds, "step": ("checkpoint", self.steps), "epoch": ("checkpoint", self.epochs)}
        path, nodes = self.path.absolute(), {"/": xr.Dataset(coords=runs, attrs=self.attributes).set_xindex("step")}
        for split in self.splits:
            group = xr.open_zarr(path, group=split, consolidated=False, chunks=None, mask_and_scale=False)
            nodes[split] = group.set_coords("label").assign_coords(runs).set_xindex("step")
        return xr.DataTree.from_dict(nodes, name=self.path.name)

    def finish(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        seeds: Iterable[int] | None = None,
        if_exists: str = "error",
    ) -> PredictionStore:
        """Make a finished store of what was recorded of an unfinished one.

        It holds the seeds of which anything was recorded, or the given ones, at the checkpoints that they have in
        common. If that is all that was recorded, the unfinished store is deleted, else it stays.

        Parameters
        ----------
        path : path, optional
            Name of the finished store; by default the one the unfinished store was to get.
        seeds : sequence of int, optional
        if_exists : {"error", "overwrite"}
            What to do with a finished store of that name.

        Returns
        -------
        PredictionStore
            The finished one.

        Raises
        ------
        TypeError, ValueError, PredictionStoreError
            For wrong arguments; if it is finished, is being written, or the seeds have no checkpoint in common.

        See Also
        --------
        inpca.Recorder.close : Does the same for a recorder that goes well.

        Examples
        --------
        >>> import tempfile
        >>> import numpy as np
        >>> from inpca.predictions import PredictionStore, PredictionWriter
        >>> path = tempfile.mkdtemp() + "/run.zarr"
        >>> writer = PredictionWriter(path, seeds=[0], checkpoints={0: 0, 9: 1}, labels={"test": [1]}, n_classes=2)
        >>> writer.write("test", 0, 0, np.log([[0.5, 0.5]]))
        >>> writer.release()  # as when the process ends here
        >>> PredictionStore(path, partial=True).finish().steps
        array([0])
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
            finish_recorded(self, target.absolute(), seeds=seeds, overwrite=if_exists == "overwrite")
        finally:
            lock.release()
        return PredictionStore(target)
