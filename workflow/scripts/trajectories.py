"""Write what there is to know of the trajectories of an experiment on one split."""

from pathlib import Path
from typing import Annotated

import pandas as pd

from paper.command import run
from paper.models import open_stores, stored_runs
from paper.saving import save_dataset
from paper.trajectories import measure_trajectories


def write_trajectories(
    stores: list[Path],
    models: Annotated[Path, "model table"],
    split: str,
    null_seed: int,
    threads: int,
    output: Path,
) -> None:
    """Write what there is to know of the trajectories of an experiment on one split."""
    opened, table = open_stores(stores), pd.read_parquet(models)
    runs, labels = stored_runs(opened, split), opened[0].labels(split)
    dataset = measure_trajectories(runs, labels, table, split, null_seed, threads)
    save_dataset(dataset, output)
    print(f"{len(runs)} trajectories, median distance {float(dataset['distance'].median()):.6g} nats a sample")


if __name__ == "__main__":
    run(write_trajectories)
