"""Matrices of distances as files: numbers that can be memory-mapped, and beside them which models they are of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from inpca.files import DamagedFile, atomic
from paper.models import same_models
from paper.saving import load_dataset, save_dataset
from paper.study import files


def save_distances(distances: np.ndarray, described: xr.Dataset, path: str | Path) -> None:
    """Write distances as float32, and a description of their models beside them.

    Parameters
    ----------
    distances : (m, m) array
    described : Dataset
        From :func:`inpca.embedding.saved.describe_models`: labels and fingerprints of the models.
    path : path
        Ends in ``.npy``; the description is written to :func:`paper.study.files.described` of it.
    """
    with atomic(path) as partial:
        np.save(partial, distances.astype(np.float32), allow_pickle=False)
    save_dataset(described, files.described(path))


def load_description(path: str | Path) -> xr.Dataset:
    """What :func:`save_distances` wrote beside the distances of some path."""
    return load_dataset(files.described(path))


def load_distances(path: str | Path, models: Sequence[str], *, mapped: bool = False) -> np.ndarray:
    """Distances between the models of a table, in its order.

    Parameters
    ----------
    path : path
        Written by :func:`save_distances`.
    models : sequence of m str
        Column ``model`` of the model table.
    mapped : bool
        Leave them in the file until they are used, unless the table has another order than the file.

    Returns
    -------
    (m, m) array of float32

    Raises
    ------
    DamagedFile
        If the file is not whole.
    ValueError
        If the file holds distances of other models than the table; the message names some.
    """
    try:
        D = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, EOFError) as error:
        raise DamagedFile(path, error) from None
    order = same_models(models, load_description(path)["model"].values, str(path))
    return D if np.array_equal(order, np.arange(len(D))) else D[np.ix_(order, order)]
