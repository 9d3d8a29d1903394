"""Embed an experiment's models by t-SNE and UMAP from the roots of their Bhattacharyya distances."""

from pathlib import Path
from typing import Annotated

import numpy as np
import xarray as xr

from paper.command import run
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
    roots = np.sqrt(np.load(distances, allow_pickle=False))
    start = load_dataset(embedding)["embedding"].values[:, :2]
    places = {"tsne": tsne(roots, start, perplexity), "umap": umap(roots, start, neighbours)}
    variables = {name: (("model", "axis"), place) for name, place in places.items()}
    save_dataset(xr.Dataset(variables, coords={"axis": [1, 2]}), output)
    print(f"{len(roots)} models by t-SNE and UMAP")


if __name__ == "__main__":
    run(embed_neighbours)
