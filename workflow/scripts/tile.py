"""Write one tile of a matrix: the distances between two parts of an experiment's models on one split."""

from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.models import open_stores
from paper.saving import load_table
from paper.stored import StoredModels
from paper.tiles import save_tile


def measure_tile(
    stores: list[Path],
    models: Annotated[Path, "model table"],
    split: str,
    metric: str,
    tile: Annotated[list, "part of the rows, part of the columns, number of parts"],
    sample_step: Annotated[int, "distances are means over every so-manieth sample"],
    threads: int,
    output: Path,
) -> None:
    """Write the distances between two parts of an experiment's models on one split."""
    log_probs = StoredModels(load_table(models), open_stores(stores), split, sample_step=sample_step)
    row, column, parts = tile
    found = save_tile(log_probs, row, column, parts, output, metric=metric, n_jobs=threads)
    print(f"{found.shape[0]} by {found.shape[1]} models, largest distance {found.max():.6g}")


if __name__ == "__main__":
    run(measure_tile)
