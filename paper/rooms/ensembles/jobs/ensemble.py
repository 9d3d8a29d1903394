"""Average the runs of one configuration at each checkpoint, and embed members and averages on one split."""

from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.models import open_stores
from paper.rooms.ensembles.analysis import measure_ensemble
from paper.saving import load_table, save_dataset


def embed_ensemble(
    store: Path, models: Annotated[Path, "model table"], split: str, n_components: int, output: Path
) -> None:
    """Average the runs of one configuration at each checkpoint, and embed members and averages on one split."""
    (opened,) = open_stores([store])
    dataset = measure_ensemble(load_table(models), opened, split, n_components)
    save_dataset(dataset, output)
    print(f"{len(opened.seeds)} members, {dataset.sizes['model']} models")


if __name__ == "__main__":
    run(embed_ensemble)
