"""Small made-up files in the format of the authors': they show that the way works, and say nothing of networks."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from inpca.files import atomic

#: Networks, optimisers, and what else names the runs, in the authors' words.
NETWORKS = ("allcnn", "fc", "convmixer", "vit", "wr-10-4-8", "wr-16-4-64")
OPTIMIZERS = ("sgd", "sgdn", "adam")
#: Points of the geodesic, and curves beside it in one direction for each network and one for each run.
GEODESIC_POINTS, OF_NETWORK, OF_RUN = 100, 0.3, 0.1
#: Rows of distances that are written at once.
ROWS = 512
#: How far the test split is from the train split: its curves are further from the geodesic.
TEST = 2.0


def made_up_models(n_runs: int, n_checkpoints: int) -> pd.DataFrame:
    """A table of models as the authors' scripts save it, with points of a geodesic at its end."""
    runs = pd.DataFrame(
        {
            "seed": 42 + np.arange(n_runs) // len(NETWORKS),
            "m": [NETWORKS[i % len(NETWORKS)] for i in range(n_runs)],
            "opt": [OPTIMIZERS[i % len(OPTIMIZERS)] for i in range(n_runs)],
            "bs": 200,
            "aug": "none",
            "lr": 0.1,
            "wd": 0.0,
        }
    ).astype(object)
    table = runs.loc[runs.index.repeat(n_checkpoints)].reset_index(drop=True)
    table["t"] = np.tile(np.linspace(0, 1, n_checkpoints), n_runs)
    end = {"seed": 0, "m": "geodesic", "opt": "geodesic", "bs": "na", "aug": "na", "lr": "na", "wd": "na"}
    geodesic = pd.DataFrame([end] * GEODESIC_POINTS).astype(object)
    geodesic["t"] = np.linspace(0.01, 1, GEODESIC_POINTS)
    table = pd.concat([table, geodesic], ignore_index=True)
    for error, loss, scale in (("err", "favg", 0.9), ("verr", "vfavg", 0.8)):
        table[error], table[loss] = scale * (1 - table["t"]), 2.3 * (1 - table["t"])
    table.columns = pd.Index(list(table.columns), dtype=object)  # text columns as pandas before 3 has them
    return table


def made_up_coordinates(table: pd.DataFrame, apart: float, seed: int) -> np.ndarray:
    """Curves that leave the geodesic, the first axis, in directions of their network and of their run, (m, 1 + d)."""
    rng, t = np.random.default_rng(seed), table["t"].to_numpy(float)
    runs = table[["seed", "m", "opt"]].astype(str).agg("-".join, axis=1)
    columns = [t]
    for names, size in ((table["m"], OF_NETWORK), (runs, OF_RUN)):
        directions = {name: size * apart * rng.normal(size=3) for name in dict.fromkeys(names) if name != "geodesic"}
        away = np.stack([directions.get(name, np.zeros(3)) for name in names])
        away[(table["m"] == "geodesic").to_numpy()] = 0
        columns.append(np.sin(np.pi * t)[:, None] * away)
    return np.column_stack(columns)


def write_made_up(folder: Path, n_runs: int, n_checkpoints: int, seed: int, names: dict[str, str]) -> None:
    """Write table, distances and embeddings of both splits into a folder.

    Parameters
    ----------
    folder : path
    n_runs, n_checkpoints, seed : int
    names : dict
        File of the models under ``models``; under ``train.distances``, ``train.embedding`` and so on, those of the
        splits. Distances are HDF5 or, by their suffix, ``.npy``.
    """
    table = made_up_models(n_runs, n_checkpoints)
    write_saved(folder / names["models"], table)
    for split, apart in (("train", 1.0), ("test", TEST)):
        x = made_up_coordinates(table, apart, seed)
        write_matrix(folder / names[f"{split}.distances"], x)
        if f"{split}.embedding" in names:
            write_saved(folder / names[f"{split}.embedding"], embedding_of(x))


def embedding_of(x: np.ndarray) -> dict[str, np.ndarray]:
    """What the authors' script saves of models at places x (m, d): 50 eigenvalues, 7 axes at most, the norm of W."""
    vectors, sizes, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    eigenvalues = np.zeros(50)
    eigenvalues[: len(sizes)] = sizes[:50] ** 2
    some = min(7, len(sizes))
    return {
        "es": eigenvalues.astype(np.float32),
        "e": eigenvalues[:some],
        "xp": vectors[:, :some] * sizes[:some],
        "tr": np.sum(sizes**2),
        "fn": np.sqrt(np.sum(sizes**4)),
    }


def write_matrix(path: Path, x: np.ndarray) -> None:
    """Write squared distances between places (m, d) as the dataset ``w`` of an HDF5 file in chunks, or as ``.npy``."""
    m, squares = len(x), (x**2).sum(axis=1)

    def fill(D) -> None:
        for first in range(0, m, ROWS):
            rows = np.arange(first, min(first + ROWS, m))
            block = np.clip(squares[rows, None] + squares - 2 * x[rows] @ x.T, 0, None)
            block[rows - first, rows] = 0
            D[first : rows[-1] + 1] = block

    with atomic(path) as partial:
        if path.suffix == ".npy":
            stored = np.lib.format.open_memmap(partial, "w+", np.float32, (m, m))
            fill(stored)
            stored.flush()
            return
        import h5py

        with h5py.File(partial, "w") as file:
            fill(file.create_dataset("w", (m, m), np.float32, maxshape=(None, None), chunks=True))


def write_saved(path: Path, value: object) -> None:
    """Write what ``torch.save`` would of a value without tensors, byte by byte the same at every run."""
    with atomic(path) as partial, zipfile.ZipFile(partial, "w") as archive:
        for name, content in (("data.pkl", pickle.dumps(value, protocol=2)), ("version", b"3\n")):
            archive.writestr(zipfile.ZipInfo(f"{path.stem}/{name}"), content)
