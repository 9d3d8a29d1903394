"""Files of predictions, each as the runs that it holds."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from inpca.files import reason
from inpca.predictions.models import KINDS, kind_of
from inpca.predictions.store import PredictionStore, PredictionStoreError

#: Names that an array of predictions may have in an .npz file, and what its numbers are.
NAMES = {
    "probabilities": "probabilities",
    "probs": "probabilities",
    "log_probabilities": "log-probabilities",
    "log_probs": "log-probabilities",
    "logits": "logits",
}
SUFFIXES = (".zarr", ".npy", ".npz")


@dataclass(frozen=True, eq=False)
class Run:
    """Models of one training at its checkpoints.

    Attributes
    ----------
    name : str
    models : array (T, N, C)
        Read when it is sliced.
    kind : str
        What its numbers are, one of :data:`inpca.predictions.models.KINDS`.
    columns : dict from str to (T,) array
        Of each checkpoint, such as its step.
    factors : dict
        Of the run.
    """

    name: str
    models: Any
    kind: str
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    factors: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class OfSeed:
    """Checkpoints (T, N, C) of one seed of an array (S, T, N, C)."""

    array: Any
    seed: int
    path: Path

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.array.shape[1:])

    @property
    def dtype(self) -> np.dtype:
        return self.array.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key) -> np.ndarray:
        key = key if isinstance(key, tuple) else (key,)
        try:
            return np.asarray(self.array[(self.seed, *key)])
        except Exception as error:  # whatever a codec raises
            what = f"{self.path} is damaged: predictions cannot be decoded ({type(error).__name__})"
            raise PredictionStoreError(what) from None


def read_source(path: Path, *, kind: str | None, split: str | None) -> tuple[list[Run], np.ndarray | None]:
    """The runs of a file, and labels of their samples if it holds them; parameters and errors of `read_predictions`."""
    if not os.path.lexists(path):
        raise FileNotFoundError(f"there is no {path}; predictions are {', '.join(SUFFIXES)}")
    if path.is_dir():
        return _of_store(path, split)
    if path.suffix not in (".npy", ".npz"):
        raise ValueError(f"{path}: predictions are {', '.join(SUFFIXES)}, not {path.suffix or 'without a suffix'}")
    if path.suffix == ".npy":
        return runs_of_array(load_array(path), path.stem, kind, str(path)), None
    return _of_archive(load_arrays(path), path, kind)


def load_array(path: str | os.PathLike[str]) -> np.ndarray:
    """The array of a ``.npy`` file, memory-mapped.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no array of numbers, is cut off, or is an archive of arrays.
    """
    loaded = _loaded(path)
    if not isinstance(loaded, np.ndarray):
        loaded.close()
        raise ValueError(f"{path} is an archive of arrays; rename it to .npz")
    return loaded


def load_arrays(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """The arrays of a ``.npz`` file by name, in memory.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no archive of arrays of numbers, is cut off, or is a single array.
    """
    loaded = _loaded(path)
    if isinstance(loaded, np.ndarray):
        raise ValueError(f"{path} is a single array; rename it to .npy")
    arrays = {}
    with loaded:
        for name in loaded.files:
            try:
                array = loaded[name]
            except Exception as error:  # damaged bytes of an archive lead to errors of many kinds
                raise ValueError(f"{path}: its array {name!r} cannot be read: {_why(error)}") from None
            if not isinstance(array, np.ndarray):
                raise ValueError(f"{path}: {name!r} in it is no array of numpy")
            arrays[name] = array
    return arrays


def _loaded(path: str | os.PathLike[str]):
    """What numpy reads from a file, without unpickling anything."""
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no {path}") from None
    except Exception as error:  # a header of damaged bytes leads to errors of many kinds
        raise ValueError(f"{path} is not an array of numbers that numpy reads: {_why(error)}") from None


def _why(error: Exception) -> str:
    """Why numpy did not read a file; its advice to unpickle what it cannot read would run whatever the file holds."""
    text = reason(error)
    return "it holds Python objects, or is of another format" if "pickle" in text or "Python objects" in text else text


def _of_store(path: Path, split: str | None) -> tuple[list[Run], np.ndarray]:
    """Runs of a prediction store."""
    inside = sorted(entry for suffix in SUFFIXES for entry in path.glob(f"*{suffix}"))
    if inside and not (path / "zarr.json").is_file():
        raise ValueError(f"{path} is a folder of predictions; name what is in it, such as {inside[0]}")
    store = PredictionStore(path)
    if not store.n_models:
        raise ValueError(f"{path} holds no run: all of them diverged; leave it out")
    if split is None:
        split = "train" if "train" in store.splits else store.splits[0]
    array, name = store.log_probs(split), path.stem
    columns = {"step": store.steps, "epoch": store.epochs}
    factors = {key: value for key, value in store.attributes.items() if isinstance(value, str | int | float)}
    runs = [
        Run(
            name if len(store.seeds) == 1 else f"{name}-seed{seed}",
            OfSeed(array, position, path),
            "log-probabilities",
            columns,
            factors | {"seed": int(seed)},
        )
        for position, seed in enumerate(store.seeds)
    ]
    return runs, store.labels(split)


def runs_of_array(array, name: str, kind: str | None, where: str) -> list[Run]:
    """Runs of an array (runs, checkpoints, samples, classes), or of one run without the first or first two axes."""
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{where} must hold real numbers, not values of type {array.dtype}")
    if array.ndim not in (2, 3, 4) or 0 in array.shape:
        raise ValueError(
            f"{where} must have the shape ([[runs,] checkpoints,] samples, classes), not {tuple(array.shape)}"
        )
    array = array[None] if array.ndim == 2 else array
    first = array[(0,) * (array.ndim - 2)]
    kind = kind or kind_of(np.asarray(first), where)
    if array.ndim == 3:
        return [Run(name, array, kind)]
    return [Run(f"{name}-{number}", run, kind) for number, run in enumerate(array)]


def _of_archive(arrays: dict[str, np.ndarray], path: Path, kind: str | None) -> tuple[list[Run], np.ndarray | None]:
    """Runs of the arrays of an .npz file; see :func:`inpca.predictions.read_predictions`."""
    named = [name for name in arrays if name in NAMES]
    if len(named) != 1:
        held = ", ".join(arrays) or "none"
        raise ValueError(f"{path} must hold one array of predictions, named {' or '.join(NAMES)}; it holds {held}")
    values, labels = arrays.pop(named[0]), arrays.pop("labels", None)
    where = f"{path}: {named[0]}"
    if kind is not None and kind != NAMES[named[0]]:
        raise ValueError(f"{where} are {NAMES[named[0]]} by their name, not {kind}; leave out the kind or rename them")
    runs = runs_of_array(values, path.stem, NAMES[named[0]], where)
    if "run" in arrays and values.ndim == 3:
        return _separated(runs[0], arrays, path), labels
    names = arrays.pop("run", None)
    if names is not None and names.shape != (len(runs),):
        raise ValueError(f"{path}: run must name each of the {len(runs)} runs, it has the shape {names.shape}")
    of_checkpoint: dict[str, np.ndarray] = {}
    of_run: dict[str, np.ndarray] = {}
    lengths = {len(runs[0].models): of_checkpoint, len(runs): of_run}
    for name, column in arrays.items():
        if column.ndim != 1 or len(column) not in lengths:
            raise ValueError(
                f"{path}: {name} must have one entry for each of {' or '.join(map(str, lengths))}, not {column.shape}"
            )
        (of_checkpoint if values.ndim == 3 else lengths[len(column)])[name] = column
    return [
        Run(
            run.name if names is None else str(names[i]),
            run.models,
            run.kind,
            of_checkpoint,
            {name: column[i] for name, column in of_run.items()},
        )
        for i, run in enumerate(runs)
    ], labels


def _separated(stacked: Run, arrays: dict[str, np.ndarray], path: Path) -> list[Run]:
    """Runs of an .npz file whose array ``run`` names the run of each model; other arrays have an entry for each too."""
    for name, column in arrays.items():
        if column.shape != (len(stacked.models),):
            raise ValueError(
                f"{path}: {name} must have one entry for each of {len(stacked.models)} models, not {column.shape}"
            )
    names = arrays.pop("run").astype(str)
    found = []
    for name in dict.fromkeys(names.tolist()):
        rows = np.flatnonzero(names == name)
        columns = {key: column[rows] for key, column in arrays.items()}
        factors = {key: column[0] for key, column in columns.items() if key not in ("step", "epoch")}
        constant = {key: value for key, value in factors.items() if (columns[key] == value).all()}
        varying = {key: column for key, column in columns.items() if key not in constant}
        found.append(Run(name, stacked.models[rows], stacked.kind, varying, constant))
    return found


def check_kind(kind: str | None) -> None:
    """Raise a ValueError if numbers of predictions cannot be of that kind."""
    if kind is not None and kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(map(repr, KINDS))}, or None, not {kind!r}")
