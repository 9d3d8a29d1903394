"""Embed an experiment's models from their distances; from several files, their mean with a view of each."""

from pathlib import Path
from typing import Annotated

from inpca.embedding.saved import with_models
from paper.command import run
from paper.distances import load_description
from paper.embedding import embed_distances
from paper.models import oriented
from paper.samples import rows_of
from paper.saving import load_table, save_dataset


def embed(
    distances: list[Path],
    models: Annotated[Path, "model table"],
    n_components: int,
    output: Path,
) -> None:
    """Embed an experiment's models from their distances; from several files, their mean with a view of each."""
    labels = rows_of(load_table(models), load_description(distances[0])["model"].values)["model"].to_numpy()
    dataset = embed_distances({path.stem: path for path in distances}, labels, n_components)
    if len(distances) == 1:
        dataset = with_models(dataset, load_description(distances[0]).sel(model=labels))
    save_dataset(oriented(dataset), output)
    explained = dataset["explained_stress"].values
    print(f"{len(labels)} models, stress explained by {len(explained)} axes {explained[-1]:.4f}")


if __name__ == "__main__":
    run(embed)
