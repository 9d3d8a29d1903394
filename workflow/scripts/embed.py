"""Embed an experiment's models from their distances; from several matrices, their mean with a view of each."""

from pathlib import Path
from typing import Annotated

import numpy as np

from inpca.embedding import InPCA
from inpca.embedding.saved import with_models
from paper.command import run
from paper.saving import load_dataset, save_dataset


def embed(
    distances: list[Path],
    models: Annotated[list[Path], "labels and fingerprints, as --distances"],
    n_components: int,
    output: Path,
) -> None:
    """Embed an experiment's models from their distances; from several matrices, their mean with a view of each."""
    views = {path.stem: np.load(path, allow_pickle=False) for path in distances}
    mean = sum(np.asarray(view, np.float64) for view in views.values()) / len(views)
    inpca = InPCA(min(n_components, len(mean)), metric="precomputed").fit(mean)
    described = [load_dataset(path) for path in models]
    dataset = inpca.to_xarray(labels=described[0]["model"].values)
    if len(views) > 1:
        for split, view in views.items():
            dataset[f"{split}_view"] = (("model", "axis"), inpca.transform_view(view))
        dataset.attrs["mean_of"] = ", ".join(views)
    else:
        dataset = with_models(dataset, described[0])
    save_dataset(dataset, output)
    print(f"{len(mean)} models, stress explained by {inpca.n_components} axes {inpca.explained_stress_[-1]:.4f}")


if __name__ == "__main__":
    run(embed)
