"""Place learners on the map of the networks, and measure how far they are from the nearest of these."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import xarray as xr

from inpca.predictions.store import SPLITS
from paper.command import run
from paper.distances import open_distances
from paper.models import open_stores
from paper.rooms.own_runs.places import TooFewNetworks, nearest_networks, placed_models
from paper.saving import load_dataset, load_table, save_dataset, save_table


def place_learners(
    learners: Annotated[list[Path], "their prediction stores"],
    networks: Annotated[list[Path], "prediction stores of the main experiment"],
    models: Annotated[Path, "model table of the main experiment"],
    embeddings: Annotated[list[Path], "on train and on test"],
    distances: Annotated[list[Path], "on train and on test"],
    settings: Annotated[dict, "fitted_error and null_seed"],
    placed: Path,
    nearest: Path,
) -> None:
    """Place learners on the map of the networks, and measure how far they are from the nearest of these."""
    stores = {"learners": open_stores(learners, verify=True), "networks": open_stores(networks)}
    open_stores([of_kind[0].path for of_kind in stores.values()])  # both are on the same samples
    table = load_table(models)
    fitted = dict(zip(SPLITS, map(load_dataset, embeddings), strict=True))
    matrices = dict(zip(SPLITS, (open_distances(path, table["model"]) for path in distances), strict=True))
    found = placed_models(table, stores, fitted, matrices, null_seed=settings["null_seed"])
    measured = [nearest_networks(table, stores, split, **settings) for split in SPLITS]
    save_table(found, placed)
    save_dataset(xr.concat(measured, pd.Index(SPLITS, name="split")), nearest)
    print(f"{len(found)} models on the map; {measured[0].sizes['run']} runs to the nearest network")


if __name__ == "__main__":
    run(place_learners, errors=(TooFewNetworks,))
