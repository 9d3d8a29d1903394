"""Processor time and memory that the authors' distances take to embed: made-up ones in their number.

The matrix, 92 GB, is on no disk: its rows are made from places of the models as they are read, so that the time of
making them stands beside that of everything else. Each number of runs is measured in a process of its own. Usage::

    python benchmarks/authors.py 300 1000 2296 > results/benchmarks/authors.md
"""

import argparse
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from paper.rooms.authors.analysis import choose, embed
from paper.rooms.authors.gathering import gather
from paper.rooms.authors.made_up import embedding_of, made_up_coordinates, made_up_models
from paper.rooms.authors.published import FACTORS, GEODESIC

#: Checkpoints of a run, landmarks and axes, as in the study; rows of a chunk as HDF5 has them at this size.
CHECKPOINTS, LANDMARKS, AXES, CHUNK = 66, 2000, 50, 512


class MadeRows:
    """Squared distances between places x (m, d), a symmetric matrix whose rows are made when they are read."""

    dtype = np.dtype(np.float32)

    def __init__(self, x: np.ndarray):
        self.x, self.squares, self.seconds = x, (x**2).sum(axis=1), 0.0
        self.shape, self.chunks = (len(x), len(x)), (CHUNK, CHUNK)

    def __getitem__(self, rows: slice) -> np.ndarray:
        start = time.process_time()
        block = (-2 * self.x[rows]).astype(np.float32) @ self.x.T.astype(np.float32)
        block += self.squares[rows, None].astype(np.float32)
        block += self.squares.astype(np.float32)
        np.clip(block, 0, None, out=block)
        here = np.arange(len(self.x))[rows]
        block[here - here[0], here] = 0
        self.seconds += time.process_time() - start
        return block


def measured(n_runs: int) -> str:
    """A row of the table: one split of so many runs."""
    table = made_up_models(n_runs, CHECKPOINTS)
    x = made_up_coordinates(table, 1.0, 0)
    table = table.rename(columns=FACTORS | {"favg": "train_loss"}).assign(kind="run")
    table["kind"] = np.where(table["network"] == GEODESIC, GEODESIC, "run")
    table["run"] = table[["seed", "network", "optimizer"]].astype(str).agg("-".join, axis=1)
    start, D = time.process_time(), MadeRows(x)
    chosen = choose(table, LANDMARKS, 0)
    gathered = gather(D, chosen.landmarks, chosen.alone)
    read = time.process_time() - start
    saved = embedding_of(x)
    theirs = {"eigenvalues": saved["es"], "squared_norm": saved["fn"] ** 2, "coordinates": saved["xp"]}
    found = embed(table, gathered, chosen, theirs, AXES, 0)
    whole = time.process_time() - start
    off = np.abs(found["published_stress"] - found["explained_stress"]).sel(axis=[1, 2, 3]).max().item()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    size = 4e-9 * len(x) ** 2
    return (
        f"| {n_runs:,} | {len(x):,} | {size:.1f} | {D.seconds:.0f} | {read - D.seconds:.0f} | {whole - read:.0f} | "
        f"{peak:.1f} | {off:.1e} |"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=int, nargs="+")
    print(f"One split of {CHECKPOINTS} checkpoints a run, {LANDMARKS:,} landmarks, {AXES} axes; CPU-seconds.\n")
    columns = "runs", "models", "matrix (GB)", "rows made", "read once", "embedded", "memory (GB)", "stress off by"
    print(f"| {' | '.join(columns)} |\n{'|--:' * len(columns)}|")
    for n_runs in parser.parse_args().runs:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            print(pool.submit(measured, n_runs).result(), flush=True)
