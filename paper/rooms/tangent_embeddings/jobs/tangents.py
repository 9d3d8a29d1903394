"""Write the tangent axes of an experiment on one split, beside its ordinary axes."""

from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.distances import load_description, load_distances
from paper.models import open_stores
from paper.rooms.tangent_embeddings.analysis import tangent_embeddings
from paper.rooms.tangent_embeddings.configuration import TangentSettings
from paper.samples import rows_of
from paper.saving import load_table, save_dataset
from paper.stored import StoredModels


def embed_tangents(
    stores: list[Path],
    models: Annotated[Path, "model table"],
    distances: Path,
    split: str,
    settings: TangentSettings,
    output: Path,
) -> None:
    """Write the tangent axes of an experiment on one split, beside its ordinary axes."""
    described = load_description(distances)
    table, step = rows_of(load_table(models), described["model"].values), int(described.attrs["sample_step"])
    D = load_distances(distances, table["model"])
    opened = open_stores(stores)
    log_probs = StoredModels(table, opened, split, sample_step=step).fitting()
    dataset = tangent_embeddings(table, D, log_probs, opened[0].labels(split)[::step], split, settings)
    save_dataset(dataset, output)
    explained = dataset["tangent_explained_distance"].sel(group="all", axis=3).item()
    print(f"{dataset.sizes['group']} groups, distance explained by the tangent axes of all models {explained:.4f}")


if __name__ == "__main__":
    run(embed_tangents)
