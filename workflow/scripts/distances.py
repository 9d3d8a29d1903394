"""Write the matrix of distances between all models of an experiment on one split, and which models these are."""

from pathlib import Path
from typing import Annotated

from inpca.distances import pairwise_distances
from inpca.embedding.saved import describe_models
from paper.command import run
from paper.distances import save_distances
from paper.models import open_stores
from paper.saving import load_table
from paper.stored import StoredModels


def measure_distances(
    stores: list[Path],
    models: Annotated[Path, "model table"],
    split: str,
    metric: str,
    threads: int,
    output: Path,
) -> None:
    """Write the distances between all models of an experiment on one split, and their labels and fingerprints."""
    table = load_table(models)
    log_probs = StoredModels(table, open_stores(stores), split)[:]
    distances = pairwise_distances(log_probs, metric=metric, log=True, n_jobs=threads)
    described = describe_models(log_probs, labels=table["model"].to_numpy(), metric=metric, log=True)
    save_distances(distances, described, output)
    print(f"{len(distances)} models, largest distance {distances.max():.6g}")


if __name__ == "__main__":
    run(measure_distances)
