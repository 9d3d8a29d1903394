"""Distances as files: numbers that can be memory-mapped, and beside them which models and landmarks they are of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from inpca.files import DamagedFile, atomic
from paper.models import same_models
from paper.saving import load_dataset, save_dataset
from paper.study import files


@dataclass(frozen=True, eq=False)
class Distances:
    """Distances of the models of a table to all of them, or to the landmarks of a large experiment.

    Attributes
    ----------
    values : (m, n) array
    landmarks : (n,) array of int, or None
        Position of the model of each column; None where all models have one, in the same order.
    """

    values: np.ndarray
    landmarks: np.ndarray | None = None

    def to(self, row: int) -> np.ndarray:
        """Distances (m,) of all models to one of them, which is a landmark, as reference points always are.

        Examples
        --------
        >>> Distances(np.array([[0.0], [2.0]]), np.array([0])).to(0)
        array([0., 2.])
        """
        if self.landmarks is None:
            return np.asarray(self.values[row])
        (column,) = np.flatnonzero(self.landmarks == row)
        return np.array(self.values[:, column])


def save_distances(distances: np.ndarray, described: xr.Dataset, path: str | Path) -> None:
    """Write distances as float32, and a description of their models beside them.

    Parameters
    ----------
    distances : (m, m) array, or (m, n) of distances to landmarks
    described : Dataset
        From :func:`inpca.embedding.saved.describe_models`: labels and fingerprints of the models; of landmarks from
        :func:`described_landmarks`.
    path : path
        Ends in ``.npy``; the description is written to :func:`paper.study.files.described` of it.
    """
    with atomic(path) as partial:
        np.save(partial, distances.astype(np.float32, copy=False), allow_pickle=False)
    save_dataset(described, files.described(path))


def described_landmarks(described: xr.Dataset, models: Sequence[str], weight: np.ndarray) -> xr.Dataset:
    """The description of distances of many models to landmarks, from that of the landmarks.

    Parameters
    ----------
    described : Dataset
        Of the n landmarks, from :func:`inpca.embedding.saved.describe_models`.
    models : sequence of m str
        Labels of all models.
    weight : (n,) array
        How many models each landmark stands for.
    """
    renamed = described.rename(model="landmark").assign_coords(model=np.asarray(models, str))
    return renamed.assign(weight=("landmark", weight))


def load_description(path: str | Path) -> xr.Dataset:
    """What :func:`save_distances` wrote beside the distances of some path."""
    return load_dataset(files.described(path))


def open_distances(path: str | Path, models: Sequence[str], *, mapped: bool = True) -> Distances:
    """Distances of the models of a table, in its order, to all of them or to landmarks.

    Parameters
    ----------
    path : path
        Written by :func:`save_distances`.
    models : sequence of m str
        Column ``model`` of the model table.
    mapped : bool
        Leave them in the file until they are used, unless the table has another order than the file.

    Raises
    ------
    DamagedFile
        If the file is not whole.
    ValueError
        If the file holds distances of other models than the table; the message names some.
    """
    D, described = load_array(path, mapped=mapped), load_description(path)
    order = same_models(models, described["model"].values, str(path))
    columns = described.sizes["landmark" if "landmark" in described.coords else "model"]
    if D.shape != (len(order), columns):
        raise DamagedFile(path, ValueError(f"it has the shape {D.shape}, not {(len(order), columns)}"))
    moved = not np.array_equal(order, np.arange(len(D)))
    if "landmark" not in described.coords:
        return Distances(D[np.ix_(order, order)] if moved else D)
    columns = np.argsort(order)[same_positions(described)]
    return Distances(D[order] if moved else D, columns)


def load_array(path: str | Path, *, mapped: bool = False) -> np.ndarray:
    """The numbers of a file; raises DamagedFile if it is not whole."""
    try:
        return np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except FileNotFoundError:
        raise
    except Exception as error:  # a header of damaged bytes leads to errors of many kinds
        raise DamagedFile(path, error) from None


def same_positions(described: xr.Dataset) -> np.ndarray:
    """Position of each landmark among the models of a description."""
    place = {label: position for position, label in enumerate(described["model"].values)}
    return np.array([place[label] for label in described["landmark"].values])


def load_distances(path: str | Path, models: Sequence[str], *, mapped: bool = False) -> np.ndarray:
    """Distances between the models of a table, in its order.

    Parameters
    ----------
    path, models, mapped
        As for :func:`open_distances`.

    Returns
    -------
    (m, m) array of float32

    Raises
    ------
    DamagedFile
        If the file is not whole.
    ValueError
        If the file holds distances of other models than the table, or those to landmarks only.
    """
    found = open_distances(path, models, mapped=mapped)
    if found.landmarks is not None:
        raise ValueError(
            f"{path} holds distances to {len(found.landmarks)} landmarks, not between all {len(found.values)} models; "
            "analysis.landmarks_above says up to how many models all are computed"
        )
    return found.values
