"""Write the matrix of distances between all models of an experiment on one split, and which models these are."""

from pathlib import Path

import numpy as np

from inpca.distances import pairwise_distances
from inpca.embedding.saved import describe_models
from inpca.files import atomic
from paper.command import run
from paper.models import model_labels, open_stores, stack_log_probs
from paper.saving import save_dataset


def measure_distances(
    stores: list[Path], split: str, metric: str, geodesic_points: int, threads: int, output: Path, models: Path
) -> None:
    """Write the distances between all models of an experiment on one split, and their labels and fingerprints."""
    opened = open_stores(stores)
    log_probs = stack_log_probs(opened, split, geodesic_points)
    distances = pairwise_distances(log_probs, metric=metric, log=True, n_jobs=threads)
    with atomic(output) as partial:
        np.save(partial, distances.astype(np.float32), allow_pickle=False)
    labels = model_labels(opened, geodesic_points)
    save_dataset(describe_models(log_probs, labels=labels, metric=metric, log=True), models)
    print(f"{len(distances)} models, largest distance {distances.max():.6g}")


if __name__ == "__main__":
    run(measure_distances)
