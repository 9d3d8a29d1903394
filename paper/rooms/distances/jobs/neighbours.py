"""Embed an experiment's models by t-SNE and UMAP from the roots of their Bhattacharyya distances."""

from pathlib import Path
from typing import Annotated

import numpy as np
import xarray as xr

from paper.command import run
from paper.distances import load_distances
from paper.models import oriented
from paper.rooms.distances.neighbours import tsne, umap
from paper.saving import load_dataset, save_dataset


def embed_neighbours(
    distances: Path,
    embedding: Annotated[Path, "InPCA, whose first two axes both start from"],
    perplexity: float,
    neighbours: int,
    output: Path,
) -> None:
    """Embed an experiment's models by t-SNE and UMAP from the roots of their Bhattacharyya distances."""
    start = load_dataset(embedding)["embedding"][:, :2]
    roots = np.sqrt(load_distances(distances, start["model"].values))
    places = {"tsne": tsne(roots, start.values, perplexity), "umap": umap(roots, start.values, neighbours)}
    dataset = xr.Dataset(
        {
            name: oriented(xr.Dataset({"embedding": start.copy(data=place)}))["embedding"]
            for name, place in places.items()
        }
    )
    save_dataset(dataset, output)
    print(f"{len(roots)} models by t-SNE and UMAP")


if __name__ == "__main__":
    run(embed_neighbours)
