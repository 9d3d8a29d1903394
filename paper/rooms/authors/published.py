"""The authors' published files: which model is which, distances between all of them, and their own embedding.

Formats are those of the authors' scripts (github.com/grasp-lyrl/low-dimensional-deepnets): models as a table of pandas,
embeddings as a dict of arrays, both saved with ``torch.save``; distances as the dataset ``w`` of an HDF5 file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from paper.data.datasets import DataError, reason
from paper.rooms.authors.pickled import read_saved

#: Name of the matrix in an HDF5 file of distances.
MATRIX = "w"
#: The authors' columns that name a run, by our names.
FACTORS = {
    "seed": "seed",
    "m": "network",
    "opt": "optimizer",
    "bs": "batch_size",
    "lr": "learning_rate",
    "wd": "weight_decay",
    "aug": "augmentation",
}
#: Other columns, by our names; those of losses are not in all of the authors' tables.
VALUES = {"t": "t", "err": "train_error", "verr": "test_error"}
LOSSES = {"favg": "train_loss", "vfavg": "test_loss"}
#: The authors' names of networks, by ours, which have colours.
NETWORKS = {"wr-10-4-8": "wrn_small", "wr-16-4-64": "wrn_large"}
GEODESIC = "geodesic"
#: Arrays of an embedding that are read: 50 eigenvalues, the norm of W, and coordinates.
EMBEDDING = ("es", "fn", "xp")


def read_models(path: str | Path) -> pd.DataFrame:
    """One row for each model, in the order of the distances.

    Parameters
    ----------
    path : path
        The authors' table, or a parquet file of the same columns.

    Returns
    -------
    DataFrame
        ``kind`` (run or geodesic); ``run``, a name made of :data:`FACTORS`, and these under our names, as text;
        ``t``, ``train_error``, ``test_error``; ``train_loss`` and ``test_loss`` in nats, NaN where the table lacks
        them.

    Raises
    ------
    DataError
        If it cannot be read, is no table, lacks a column, or a time or an error is no number.
    """
    found = _read_table(path)
    missing = [name for name in (*FACTORS, *VALUES) if name not in found.columns]
    if missing:
        raise DataError(f"{path} has no column {', '.join(missing)}, only: {', '.join(map(str, found.columns))}")
    if not len(found):
        raise DataError(f"{path} is empty: it names no model")
    table = pd.DataFrame({ours: found[theirs].astype(str) for theirs, ours in FACTORS.items()})
    table["network"] = table["network"].replace(NETWORKS)
    for theirs, ours in VALUES.items():
        table[ours] = pd.to_numeric(found[theirs], errors="coerce")
        if not np.isfinite(table[ours]).all():
            row = int(np.flatnonzero(~np.isfinite(table[ours]))[0])
            raise DataError(f"{path}: {theirs} of row {row} is {found[theirs].iloc[row]}; a finite number is expected")
    for theirs, ours in LOSSES.items():
        table[ours] = pd.to_numeric(found[theirs], errors="coerce") if theirs in found else np.nan
    table["kind"] = np.where(table["network"].str.endswith(GEODESIC), GEODESIC, "run")
    table["run"] = table[list(FACTORS.values())].agg("-".join, axis=1)
    return table.reset_index(drop=True)


def _read_table(path: str | Path) -> pd.DataFrame:
    if Path(path).suffix == ".parquet":
        try:
            return pd.read_parquet(path)
        except (OSError, ValueError) as error:
            raise DataError(
                f"{path} cannot be read ({reason(error) if isinstance(error, OSError) else error})"
            ) from None
    found = read_saved(path)
    if not isinstance(found, pd.DataFrame):
        raise DataError(f"{path} holds a {type(found).__name__}; a table of models is expected")
    return found


def _unreadable(path: str | Path, error: Exception) -> DataError:
    return DataError(f"{path} cannot be read ({reason(error) if isinstance(error, OSError) else error})")


@contextmanager
def open_distances(path: str | Path, m: int) -> Iterator[Any]:
    """A matrix of distances between m models, which is read where it is indexed and closed at the end of the block.

    Parameters
    ----------
    path : path
        HDF5 with the matrix as ``w``, or ``.npy``.
    m : int

    Raises
    ------
    DataError
        If it cannot be read, holds no such matrix, or that of another number of models; if it is HDF5 and h5py is not
        installed.
    """
    if Path(path).suffix == ".npy":
        try:
            D = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise DataError(
                f"{path} cannot be read ({reason(error) if isinstance(error, OSError) else error})"
            ) from None
        yield _checked(D, path, m)
        return
    try:
        import h5py
    except ImportError:
        raise DataError(f"{path} needs h5py: pip install --requirement envs/authors.lock, or save it as .npy") from None
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise DataError(f"{path} is no HDF5 file, or cannot be read ({error})") from None
    with file:
        if not isinstance(file.get(MATRIX), h5py.Dataset):
            raise DataError(f"{path} has no dataset {MATRIX!r}, only: {', '.join(file) or 'nothing'}")
        yield _checked(file[MATRIX], path, m)


def _checked(D: Any, path: str | Path, m: int) -> Any:
    """The matrix, after its shape and type were found right."""
    if len(D.shape) != 2 or D.shape[0] != D.shape[1]:
        raise DataError(f"{path} holds an array of shape {tuple(D.shape)}; a square matrix of distances is expected")
    if D.shape[0] != m:
        raise DataError(f"{path} has distances between {D.shape[0]} models, but the table names {m}")
    if D.dtype.kind != "f":
        raise DataError(f"{path} holds numbers of type {D.dtype}; real numbers are expected")
    return D


def read_embedding(path: str | Path, m: int) -> dict[str, np.ndarray]:
    """The authors' embedding of m models.

    Parameters
    ----------
    path : path
        A dict as their scripts save it, or ``.npz`` of the same arrays.
    m : int

    Returns
    -------
    dict
        ``eigenvalues`` (k,), by descending magnitude; ``squared_norm``, ‖W‖_F²; ``coordinates`` (m, axes).

    Raises
    ------
    DataError
        If it cannot be read, lacks an array, or that is of another shape or holds NaN.

    Notes
    -----
    One of the authors' scripts saves ‖W‖_F as ``fn`` and another ‖W‖_F². It is the square if it is not less than
    the sum of squared eigenvalues: the root would be, unless the norm is below 1.
    """
    if Path(path).suffix == ".npz":
        try:
            found = dict(np.load(path, allow_pickle=False))
        except (OSError, ValueError) as error:
            raise DataError(
                f"{path} cannot be read ({reason(error) if isinstance(error, OSError) else error})"
            ) from None
    else:
        found = read_saved(path)
    if not isinstance(found, dict):
        raise DataError(f"{path} holds a {type(found).__name__}; a dict of arrays is expected")
    missing = [name for name in EMBEDDING if name not in found]
    if missing:
        raise DataError(f"{path} has no {', '.join(missing)}, only: {', '.join(map(str, found))}")
    eigenvalues, norm, coordinates = (_numbers(found[name], name, path) for name in EMBEDDING)
    if eigenvalues.ndim != 1 or norm.size != 1:
        raise DataError(
            f"{path}: es and fn have the shapes {eigenvalues.shape}, {norm.shape}; (k,) and () are expected"
        )
    if coordinates.ndim != 2 or len(coordinates) != m:
        raise DataError(f"{path} has coordinates xp of shape {coordinates.shape}, but the table names {m} models")
    squares = float(np.sum(eigenvalues**2))
    norm = float(norm.item())
    return {
        "eigenvalues": eigenvalues[np.argsort(-np.abs(eigenvalues), kind="stable")],
        "squared_norm": norm if norm >= squares else norm**2,
        "coordinates": coordinates,
    }


def _numbers(value: Any, name: str, path: str | Path) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise DataError(f"{path}: {name} holds other than finite numbers")
    return array.astype(np.float64)
