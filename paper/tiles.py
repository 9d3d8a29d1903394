"""A matrix of distances in tiles: each the distances between two parts of the models, computed by a job of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from inpca.distances import pairwise_distances
from inpca.files import DamagedFile, atomic, sha256
from paper.distances import load_array
from paper.study.checks import TILE_MODELS


def tile_edges(n_models: int, parts: int) -> np.ndarray:
    """Bounds of parts of the models, (parts + 1,), multiples of :data:`paper.study.checks.TILE_MODELS` but the last.

    Raises
    ------
    ValueError
        If a part would have less than so many models.

    Examples
    --------
    >>> tile_edges(1700, 2)
    array([   0,  512, 1700])
    """
    whole = n_models // TILE_MODELS
    if parts > max(1, whole):
        raise ValueError(
            f"{n_models} models cannot be divided into {parts} parts of {TILE_MODELS} or more; allowed: 1 to "
            f"{max(1, whole)} (analysis.tiles)"
        )
    edges = TILE_MODELS * (np.arange(parts + 1) * whole // parts)
    edges[-1] = n_models
    return edges


def tile_pairs(parts: int) -> list[tuple[int, int]]:
    """Parts of rows and of columns of all tiles: those on the diagonal and above."""
    return [(row, column) for row in range(parts) for column in range(row, parts)]


def save_tile(X, row: int, column: int, parts: int, path: str | Path, *, metric: str, n_jobs: int) -> np.ndarray:
    """Write the distances between two parts of models as float32, and the checksum of the file beside it.

    Parameters
    ----------
    X : (m, N, C) array
        Log-probabilities of all models, read by blocks.
    row, column : int
        Parts, ``row`` not after ``column``.
    parts : int
    path : path
    metric : str
    n_jobs : int

    Returns
    -------
    (r, c) array of float32
    """
    edges = tile_edges(X.shape[0], parts)
    rows, columns = (slice(edges[part], edges[part + 1]) for part in (row, column))
    left = X[rows]
    right = None if row == column else X[columns]
    tile = pairwise_distances(left, right, metric=metric, log=True, n_jobs=n_jobs).astype(np.float32)
    with atomic(path) as partial:
        np.save(partial, tile, allow_pickle=False)
    with atomic(checksum_file(path)) as partial:
        partial.write_text(sha256(path) + "\n")
    return tile


def checksum_file(path: str | Path) -> Path:
    """The file beside a tile that holds its checksum, by which a torn tile is known."""
    return Path(f"{path}.sha256")


def gather(tiles: Mapping[tuple[int, int], str | Path], n_models: int, parts: int, path: str | Path) -> None:
    """Write the matrix of all distances from its tiles, one of which is in memory at a time.

    Parameters
    ----------
    tiles : mapping from (row, column) to path
        All of :func:`tile_pairs`.
    n_models, parts : int
    path : path
        A memory-mapped file ``.npy`` of float32.

    Raises
    ------
    DamagedFile
        If a tile is not what was written, or not of these models; the message names it. No matrix is left then.
    """
    edges = tile_edges(n_models, parts)
    with atomic(path) as partial:
        D = np.lib.format.open_memmap(partial, "w+", np.float32, (n_models, n_models))
        for row, column in tile_pairs(parts):
            rows, columns = (slice(edges[part], edges[part + 1]) for part in (row, column))
            shape = rows.stop - rows.start, columns.stop - columns.start
            D[rows, columns] = tile = load_tile(tiles[row, column], shape)
            if row != column:
                D[columns, rows] = tile.T
        D.flush()


def load_tile(path: str | Path, shape: Sequence[int]) -> np.ndarray:
    """A tile, after its checksum and shape were compared; DamagedFile if they are others."""
    wanted = checksum_file(path).read_text().strip()
    if sha256(path) != wanted:
        raise DamagedFile(path, ValueError("its checksum is not that of what was written"))
    tile = load_array(path)
    if tile.shape != tuple(shape):
        raise DamagedFile(path, ValueError(f"it holds {tile.shape} distances, not {tuple(shape)}"))
    return tile
