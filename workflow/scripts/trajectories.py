"""Write what there is to know of the trajectories of an experiment on one split."""

from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.models import open_stores
from paper.saving import load_table, save_dataset
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
    table = load_table(models)
    dataset = measure_trajectories(table, open_stores(stores), split, null_seed=null_seed, n_jobs=threads)
    save_dataset(dataset, output)
    print(
        f"{dataset.sizes['run']} trajectories, median distance {float(dataset['distance'].median()):.6g} nats a sample"
    )


if __name__ == "__main__":
    run(write_trajectories)
