"""Write a prediction store checkpoint by checkpoint; the layout is that of :mod:`inpca.predictions.store`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import zarr

from inpca.files import remove
from inpca.predictions.arrays import array_of
from inpca.predictions.contents import StoreContents, check_choice
from inpca.predictions.files import (
    JOURNAL,
    MANIFEST,
    PredictionStoreError,
    append_to_journal,
    check_target,
    checksums,
    claim,
    foreign_file,
    list_files,
    partial_path,
    read_journal,
    replace_store,
    split_names,
    store_path,
    write_manifest,
)
from inpca.predictions.half import rounded
from inpca.probabilities import check_models

#: Largest chunk of a log-probability array, in bytes; a chunk never spans two checkpoints.
CHUNK_BYTES = 2**26
#: What to do with a store that has the name of a new one.
IF_EXISTS = ("error", "overwrite", "resume")


class PredictionWriter:
    """Writes a store checkpoint by checkpoint; it appears under its name when :meth:`close` found it complete.

    One writer at a time may have a name, by a lock that ends with the process. Only prediction stores are replaced.

    Parameters
    ----------
    path : path
        Name of the store. Until it is complete it is ``.partial-<name>`` beside it.
    seeds : sequence of int
    checkpoints : mapping from int to float
        Epoch of each optimiser step that is stored, a fraction where it falls inside one.
    labels : mapping from split to (N,) array of int
        Ground truth of each split, or one-hot rows (N, C).
    n_classes : int
    attributes : mapping
        Anything that JSON holds.
    if_exists : {"error", "overwrite", "resume"}
        What to do with a store of that name: stop; replace a finished one, once this one is complete, and an unfinished
        one at once; or go on with the unfinished one, which must have been made for the same.
    origin : mapping from str to str, optional
        What the predictions are made of, compared on resuming; the finished store does not hold it.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it must be.
    PredictionStoreError
        If something else has that name, another writer has it, or what there is does not fit.

    See Also
    --------
    inpca.Recorder : Writes what a network of torch predicts while it is trained.
    inpca.PredictionStore : Reads what was written.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from inpca import PredictionStore
    >>> from inpca.predictions import PredictionWriter
    >>> path = tempfile.mkdtemp() + "/run.zarr"
    >>> writer = PredictionWriter(path, seeds=[0], checkpoints={0: 0, 50: 0.5}, labels={"test": [1, 0]}, n_classes=2)
    >>> for step in writer.steps:
    ...     writer.write("test", 0, step, np.log([[0.4, 0.6], [0.7, 0.3]]))
    >>> writer.close()
    >>> PredictionStore(path).log_probs("test").shape
    (1, 2, 2, 2)
    """

    stored = "float32"

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        seeds: Iterable[int],
        checkpoints: Mapping[int, float],
        labels: Mapping[str, Any],
        n_classes: int,
        attributes: Mapping[str, Any] | None = None,
        if_exists: str = "error",
        origin: Mapping[str, str] | None = None,
    ):
        check_choice(if_exists, IF_EXISTS, "if_exists")
        self._contents = StoreContents.checked(
            seeds=seeds, checkpoints=checkpoints, labels=labels, n_classes=n_classes, attributes=attributes
        )
        self._origin = {**(origin or {}), "type of numbers": self.stored}
        self.if_exists, self.closed = if_exists, False
        self.path = store_path(path).absolute()
        self.partial = partial_path(self.path)
        self._lock = claim(self.path, overwrite=if_exists == "overwrite")
        try:
            if self._partly_recorded():
                self._continue()
            else:
                self._create()
        except BaseException as error:
            self.release()
            if isinstance(error, OSError):
                raise PredictionStoreError(f"{self.path}: cannot be written: {error.strerror or error}") from None
            raise

    def _partly_recorded(self) -> bool:
        """Whether to go on with what another writer left; what may be replaced is deleted."""
        if not os.path.lexists(self.partial):
            return False
        foreign = foreign_file(self.partial)
        if foreign is not None:
            raise PredictionStoreError(f"{self.partial} holds {foreign}, which is not of a prediction store; move it")
        recorded = 0
        if (self.partial / JOURNAL).is_file() and self.if_exists != "overwrite":
            recorded = len(read_journal(self.partial)) - 1
        if recorded and self.if_exists == "error":
            raise PredictionStoreError(
                f"{self.path.name}: an unfinished store, {self.partial}, holds recorded predictions; pass "
                "if_exists='resume' to go on with it, if_exists='overwrite' to replace it, or keep them with "
                "PredictionStore(path, partial=True).finish()"
            )
        if not recorded:
            remove(self.partial)
        return recorded > 0

    def _create(self) -> None:
        contents = self._contents
        self._group = zarr.create_group(self.partial, attributes=contents.attributes)
        self._write("seed", np.array(contents.seeds, np.int64), ("seed",))
        self._write("step", np.array(contents.steps, np.int64), ("checkpoint",))
        self._write("epoch", contents.epochs, ("checkpoint",))
        for split, label in contents.labels.items():
            self._write(f"{split}/label", label, ("sample",))
            samples = min(len(label), max(1, CHUNK_BYTES // (4 * contents.n_classes)))
            self._group.create_array(
                f"{split}/log_probs",
                shape=(len(contents.seeds), len(contents.steps), len(label), contents.n_classes),
                chunks=(1, 1, samples, contents.n_classes),
                dtype=self.stored,
                fill_value=np.nan,
                dimension_names=("seed", "checkpoint", "sample", "class"),
                config={"write_empty_chunks": True},
            )
        self._entries = [{"files": checksums(self.partial, list_files(self.partial)), "origin": self._origin}]
        append_to_journal(self.partial, self._entries[0])
        self._find_pending()

    def _continue(self) -> None:
        """Open what another writer left, without files that it was killed over."""
        remove(self.partial / MANIFEST)
        self._entries = read_journal(self.partial)
        known = {name for entry in self._entries for name in entry["files"]}
        for name in list_files(self.partial):
            if name not in known:
                remove(self.partial / name)
        remove(self.partial / JOURNAL)
        for entry in self._entries:
            append_to_journal(self.partial, entry)
        self._group = zarr.open_group(self.partial, mode="r+")
        part = StoreContents.of(self._group, split_names(self.partial)).difference(self._contents)
        begun = {"type of numbers": "float32"} | self._entries[0].get("origin", {})
        part = part or next((key for key, value in self._origin.items() if begun.get(key) != value), None)
        if part is not None:
            raise PredictionStoreError(
                f"{self.path.name} cannot be resumed: {part} differ from those it was begun with"
            )
        self._find_pending()

    def _find_pending(self) -> None:
        contents = self._contents
        pairs = [(seed, step) for seed in range(len(contents.seeds)) for step in range(len(contents.steps))]
        self._pending = {(split, *pair) for split in contents.labels for pair in pairs}
        self._pending -= {(entry["split"], *entry["index"]) for entry in self._entries[1:]}

    def _write(self, name: str, values: np.ndarray, dimensions: tuple[str, ...]) -> None:
        array = self._group.create_array(
            name,
            shape=values.shape,
            dtype=values.dtype,
            dimension_names=dimensions,
            config={"write_empty_chunks": True},
        )
        array[:] = values

    @property
    def seeds(self) -> list[int]:
        """Seeds of the store."""
        return self._contents.seeds

    @property
    def steps(self) -> list[int]:
        """Steps of the checkpoints."""
        return self._contents.steps

    def recorded(self, seed: int) -> list[int]:
        """Steps of a seed whose checkpoints have every split."""
        pending = {step for _, row, step in self._pending if row == self.seeds.index(seed)}
        return [step for number, step in enumerate(self.steps) if number not in pending]

    def n_recorded(self) -> int:
        """Number of checkpoints of all seeds that have every split."""
        return sum(len(self.recorded(seed)) for seed in self.seeds)

    def is_pending(self, split: str, seed: int, step: int) -> bool:
        """Whether a split of a checkpoint is still to be written."""
        return (split, self.seeds.index(seed), self.steps.index(step)) in self._pending

    def write(self, split: str, seed: int, step: int, log_probs: np.ndarray) -> None:
        """Store the (N, C) log-probabilities, in nats, of one run on one split at one checkpoint.

        Raises
        ------
        PredictionStoreError
            If the writer is closed, the split, seed or step is none of the store or was written before, or the values
            have another shape, hold NaN, or are not log-probabilities; then it can be written again.
        """
        where = f"{split}, seed {seed}, step {step}"
        if self.closed:
            raise PredictionStoreError(f"{self.path.name} is closed: {where} cannot be recorded")
        if split not in self._contents.labels or seed not in self.seeds or step not in self.steps:
            raise PredictionStoreError(f"{self.path.name}: {where} is not a split, seed and step of this store")
        if (index := (split, self.seeds.index(seed), self.steps.index(step))) not in self._pending:
            raise PredictionStoreError(f"{self.path.name}: {where} was written before")
        log_probs, shape = np.asarray(log_probs), (len(self._contents.labels[split]), self._contents.n_classes)
        if log_probs.shape != shape:
            raise PredictionStoreError(
                f"{self.path.name}: {where}: predictions have the shape {log_probs.shape}, not {shape}"
            )
        try:
            check_models(log_probs, log=True, name="log_probs")
        except (TypeError, ValueError) as error:
            raise PredictionStoreError(
                f"{self.path.name}: {where}: predictions hold NaN or are not log-probabilities ({error})"
            ) from None
        array = array_of(self._group, f"{split}/log_probs")
        chunks = range(-(-shape[0] // array.chunks[2]))
        try:
            array[index[1:]] = rounded(log_probs, self.stored)
            names = [f"{split}/log_probs/{array.metadata.encode_chunk_key((*index[1:], n, 0))}" for n in chunks]
            entry = {"split": split, "index": index[1:], "files": checksums(self.partial, names)}
            append_to_journal(self.partial, entry)
        except OSError as error:
            raise PredictionStoreError(
                f"{self.path.name}: {where} cannot be written: {error.strerror or error}"
            ) from None
        self._entries.append(entry)
        self._pending.remove(index)

    def close(self) -> None:
        """Check every file, write the manifest and give the store its name; a second call does nothing.

        Raises
        ------
        PredictionStoreError
            If a checkpoint of a seed was not recorded, or a file is not what was written; then nothing is moved.
        """
        if self.closed:
            return
        if self._pending:
            split, seed, step = min(self._pending)
            raise PredictionStoreError(
                f"{self.path.name}: {len(self._pending)} checkpoints were not recorded, the first is {split}, seed "
                f"{self.seeds[seed]}, step {self.steps[step]}; the unfinished store is {self.partial}"
            )
        manifest = {name: checksum for entry in self._entries for name, checksum in entry["files"].items()}
        written = checksums(self.partial, list_files(self.partial))
        for name in sorted(manifest.keys() | written.keys()):
            if manifest.get(name) != written.get(name):
                raise PredictionStoreError(f"{self.partial} is damaged: {name} is not what was written")
        check_target(self.path, overwrite=self.if_exists == "overwrite")
        write_manifest(self.partial, written)
        replace_store(self.partial, self.path)
        remove(self.path / JOURNAL)
        self.release()

    def release(self) -> None:
        """Stop writing and let others write; what was recorded stays, an unfinished store without any is deleted."""
        if not self.closed and not getattr(self, "_entries", [None, None])[1:]:
            remove(self.partial)
        self.closed = True
        self._lock.release()
