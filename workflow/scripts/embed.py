"""Embed an experiment's models from their distances; from several matrices, their mean with a view of each."""

from pathlib import Path
from typing import Annotated

import numpy as np

from inpca.embedding import InPCA
from inpca.embedding.saved import with_models
from paper.command import run
from paper.distances import load_description, load_distances
from paper.models import oriented
from paper.saving import load_table, save_dataset


def embed(
    distances: list[Path],
    models: Annotated[Path, "model table"],
    n_components: int,
    output: Path,
) -> None:
    """Embed an experiment's models from their distances; from several matrices, their mean with a view of each."""
    labels = load_table(models)["model"].to_numpy()
    views = {path.stem: load_distances(path, labels) for path in distances}
    mean = sum(np.asarray(view, np.float64) for view in views.values()) / len(views)
    inpca = InPCA(min(n_components, len(mean)), metric="precomputed").fit(mean)
    dataset = inpca.to_xarray(labels=labels)
    if len(views) > 1:
        for split, view in views.items():
            dataset[f"{split}_view"] = (("model", "axis"), inpca.transform_view(view))
        dataset.attrs["mean_of"] = ", ".join(views)
    else:
        dataset = with_models(dataset, load_description(distances[0]).sel(model=labels))
    save_dataset(oriented(dataset), output)
    print(f"{len(mean)} models, stress explained by {inpca.n_components} axes {inpca.explained_stress_[-1]:.4f}")


if __name__ == "__main__":
    run(embed)
