"""What was recorded of an unfinished prediction store: read, and made a finished one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import zarr

from inpca.files import remove
from inpca.predictions.contents import checked_seeds
from inpca.predictions.files import PARTIAL, PredictionStoreError, check_target, read_journal, replace_store
from inpca.predictions.half import as_stored
from inpca.predictions.half_writer import WRITERS


class UnfinishedStore(Protocol):
    """What is needed of a :class:`inpca.PredictionStore` that is opened with ``partial=True``."""

    path: Path
    seeds: np.ndarray
    steps: np.ndarray
    epochs: np.ndarray
    recorded: np.ndarray
    splits: list[str]
    attributes: dict[str, Any]

    def labels(self, split: str) -> np.ndarray: ...

    def log_probs(self, split: str) -> Any: ...


def recorded_entries(path: Path) -> list[dict]:
    """What the journal of an unfinished store says of each split of each checkpoint.

    Raises
    ------
    PredictionStoreError
        If this is no unfinished store, or it is damaged.
    """
    if not path.is_dir():
        final = path.with_name(path.name.removeprefix(PARTIAL))
        what = "it is finished: open it without partial=True" if final.is_dir() else "there is no such folder"
        raise PredictionStoreError(f"{path} is not an unfinished prediction store: {what}")
    return read_journal(path)[1:]


def which_recorded(entries: list[dict], splits: list[str], shape: tuple[int, int]) -> np.ndarray:
    """Whether each checkpoint of each seed has every split, (S, T)."""
    done = {(entry["split"], *entry["index"]) for entry in entries}
    found = [all((split, *index) in done for split in splits) for index in np.ndindex(shape)]
    return np.reshape(found, shape)


class RecordedArray:
    """Log-probabilities of an unfinished store; a checkpoint that was not recorded is never read.

    Parameters
    ----------
    array : zarr.Array (S, T, N, C)
    store : UnfinishedStore
    """

    def __init__(self, array: zarr.Array, store: UnfinishedStore):
        self._array, self._store = array, store
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key) -> np.ndarray:
        """Entries by whole numbers, slices, lists or masks along each axis.

        Raises
        ------
        PredictionStoreError
            If a checkpoint among them was not recorded.
        """
        key = key if isinstance(key, tuple) else (key,)
        if any(part is Ellipsis for part in key):
            at = next(i for i, part in enumerate(key) if part is Ellipsis)
            key = (*key[:at], *[slice(None)] * (5 - len(key)), *key[at + 1 :])
        key = (*key, *[slice(None)] * (4 - len(key)))
        picked = [np.arange(n)[part] for n, part in zip(self.shape, key, strict=True)]
        for seed, step in product(np.atleast_1d(picked[0]), np.atleast_1d(picked[1])):
            if not self._store.recorded[seed, step]:
                raise PredictionStoreError(
                    f"{self._store.path}: seed {self._store.seeds[seed]}, step {self._store.steps[step]} was not "
                    "recorded; choose by the attribute recorded of the store"
                )
        return np.asarray(self._array.oindex[tuple(int(part) if part.ndim == 0 else part for part in picked)])

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.asarray(self[:], dtype)


def finish_recorded(
    store: UnfinishedStore,
    target: Path,
    *,
    seeds: Iterable[int] | None = None,
    overwrite: bool = False,
    diverged: Mapping[int, int] | None = None,
) -> None:
    """Write what an unfinished store holds as a finished one; see :meth:`inpca.PredictionStore.finish`.

    The caller holds the lock of the unfinished store. It is deleted if everything in it went over, but for seeds that
    diverged at some step: of these the finished one has its attribute ``diverged``, and no run may be left.
    """
    check_target(target, overwrite=overwrite)
    diverged = diverged or {}
    found = store.recorded & ~np.isin(store.seeds, list(diverged))[:, None]
    rows = np.flatnonzero(found.any(axis=1))
    if seeds is not None:
        seeds = checked_seeds(seeds)
        for seed in seeds:
            if seed not in store.seeds:
                raise PredictionStoreError(f"{store.path} has no seed {seed}; it has {store.seeds.tolist()}")
        rows = np.array([store.seeds.tolist().index(seed) for seed in seeds])
    if not len(rows) and not diverged:
        raise PredictionStoreError(f"{store.path}: no checkpoint was recorded, so there is nothing to finish")
    columns = np.flatnonzero(store.recorded[rows].all(axis=0))
    if not len(columns):
        raise PredictionStoreError(
            f"{store.path}: seeds {store.seeds[rows].tolist()} have no checkpoint in common; finish some of "
            f"them with PredictionStore({target.name!r}, partial=True).finish(seeds=...)"
        )
    arrays = {split: as_stored(store.log_probs(split)) for split in store.splits}
    first = arrays[store.splits[0]]
    temporary = WRITERS[first.dtype.name](
        target.with_name(f".finished-{target.name}"),
        seeds=store.seeds[rows],
        checkpoints=dict(zip(store.steps[columns].tolist(), store.epochs[columns].tolist(), strict=True)),
        labels={split: store.labels(split) for split in store.splits},
        n_classes=first.shape[-1],
        attributes=store.attributes | diverged_attribute(diverged),
        if_exists="overwrite",
    )
    try:
        for split, row, column in product(store.splits, rows, columns):
            values = np.asarray(arrays[split][int(row), int(column)])
            temporary.write(split, int(store.seeds[row]), int(store.steps[column]), values)
        temporary.close()
        check_target(target, overwrite=overwrite)
        replace_store(temporary.path, target)
    finally:
        remove(temporary.partial)
        remove(temporary.path)
        temporary.release()
    if found.sum() == len(rows) * len(columns):
        remove(store.path)


def diverged_attribute(diverged: Mapping[int, int]) -> dict[str, dict[str, int]]:
    """Attributes of a store from which seeds are left out that diverged; none if none did.

    Examples
    --------
    >>> diverged_attribute({7: 100}), diverged_attribute({})
    ({'diverged': {'7': 100}}, {})
    """
    return {"diverged": {str(seed): step for seed, step in sorted(diverged.items())}} if diverged else {}


def diverged_seeds(attributes: Mapping[str, Any]) -> dict[int, int]:
    """Step at which each seed diverged that a store leaves out, as its attributes tell.

    Examples
    --------
    >>> diverged_seeds(diverged_attribute({7: 100}))
    {7: 100}
    """
    told = attributes.get("diverged")
    try:
        return {int(seed): int(step) for seed, step in (told or {}).items()}
    except (AttributeError, TypeError, ValueError):
        return {}  # an attribute of the user's own
