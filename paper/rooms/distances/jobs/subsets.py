"""Write how much the embedding of some models changes when only some of the samples are used."""

from pathlib import Path
from typing import Annotated

import numpy as np

from paper.command import run
from paper.models import open_stores, stack_log_probs
from paper.rooms.distances.subsets import subset_errors
from paper.saving import save_table

#: Of the choice of models and of samples.
SEED = 0


def compare_subsets(
    stores: list[Path],
    split: str,
    geodesic_points: int,
    models: Annotated[int, "models that are embedded, chosen at random"],
    halvings: Annotated[int, "how often the samples are halved"],
    draws: int,
    output: Path,
) -> None:
    """Write how much the embedding of some models changes when only some of the samples are used."""
    rng = np.random.default_rng(SEED)
    chosen = stack_log_probs(open_stores(stores), split, geodesic_points)
    chosen = chosen[np.sort(rng.permutation(len(chosen))[:models])]
    sizes = [chosen.shape[1] >> halving for halving in range(1, halvings + 1)]
    save_table(subset_errors(chosen, sizes, draws, rng=rng), output)
    print(f"{len(chosen)} models, {draws} draws of {', '.join(map(str, sizes))} samples")


if __name__ == "__main__":
    run(compare_subsets)
