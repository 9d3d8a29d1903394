"""Write the model table of all networks, their embedding on the train split, and their trajectories."""

from pathlib import Path
from typing import Annotated

from inpca.distances import pairwise_distances
from inpca.embedding import InPCA
from paper.command import run
from paper.models import model_table, open_stores, oriented
from paper.rooms.ablation.common_progress import with_common_progress
from paper.saving import save_dataset, save_table
from paper.stored import StoredModels
from paper.trajectories import measure_trajectories

#: Axes that are kept.
AXES = 10


def measure(
    stores: list[Path],
    crossed: Annotated[list[str], "networks of the full design"],
    geodesic_points: int,
    null_seed: int,
    models: Path,
    embedding: Path,
    train: Path,
    test: Path,
) -> None:
    """Write the model table of all networks, their embedding on the train split, and their trajectories."""
    opened = open_stores(stores, verify=True)
    table = model_table(opened, geodesic_points)
    save_table(table, models)
    log_probs = StoredModels(table, opened, "train").fitting()
    D = pairwise_distances(log_probs, log=True)
    inpca = InPCA(min(AXES, len(D)), metric="precomputed").fit(D)
    save_dataset(oriented(inpca.to_xarray(labels=table["model"].to_numpy())), embedding)
    for split, path in (("train", train), ("test", test)):
        measured = measure_trajectories(table, opened, split, null_seed=null_seed, n_jobs=1)
        save_dataset(with_common_progress(measured, table, opened, split, crossed), path)


if __name__ == "__main__":
    run(measure)
