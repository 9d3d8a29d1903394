"""Write how much the embedding of some models changes when only some of the samples are used."""

from pathlib import Path
from typing import Annotated

import numpy as np

from paper.command import run
from paper.models import open_stores
from paper.rooms.distances.subsets import subset_errors
from paper.saving import load_table, save_table
from paper.stored import StoredModels

#: Of the choice of models and of samples.
SEED = 0


def compare_subsets(
    stores: list[Path],
    split: str,
    models: Annotated[Path, "model table"],
    n_models: Annotated[int, "models that are embedded, chosen at random"],
    halvings: Annotated[int, "how often the samples are halved"],
    draws: int,
    output: Path,
) -> None:
    """Write how much the embedding of some models changes when only some of the samples are used."""
    rng = np.random.default_rng(SEED)
    table = load_table(models)
    table = table.iloc[np.sort(rng.permutation(len(table))[:n_models])]
    chosen = StoredModels(table, open_stores(stores), split)[:]
    sizes = [chosen.shape[1] >> halving for halving in range(1, halvings + 1)]
    save_table(subset_errors(chosen, sizes, draws, rng=rng), output)
    print(f"{len(chosen)} models, {draws} draws of {', '.join(map(str, sizes))} samples")


if __name__ == "__main__":
    run(compare_subsets)
