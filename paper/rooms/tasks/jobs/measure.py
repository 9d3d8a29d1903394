"""Embed the models of all tasks, and measure their dimension, their distances and their progress on each class."""

from pathlib import Path
from typing import Annotated

from inpca.predictions.store import SPLITS
from paper.command import run
from paper.rooms.tasks.geometry import measured_tasks
from paper.saving import save_dataset, save_table


def measure(
    stores: list[Path],
    settings: Annotated[dict, "of measured_tasks"],
    models: Path,
    measured: Path,
    embeddings: Annotated[list[Path], "of train and of test"],
) -> None:
    """Embed the models of all tasks, and measure their dimension, their distances and their progress on each class."""
    table, found, placed = measured_tasks(stores, **settings)
    save_table(table, models)
    save_dataset(found, measured)
    for split, path in zip(SPLITS, embeddings, strict=True):
        save_dataset(placed[split], path)
    print(found["participation"].to_pandas())


if __name__ == "__main__":
    run(measure)
