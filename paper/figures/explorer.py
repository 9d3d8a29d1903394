"""The page of a study in which a reader looks around in its embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import xarray as xr

from inpca.explorer import write_explorer
from inpca.predictions.store import SPLITS
from paper.figures.style import Palette
from paper.models import same_models

#: Factors of a run by which the page colours and filters, and what they are called.
FACTORS = {
    "network": "architecture",
    "optimizer": "optimiser",
    "batch_size": "batch size",
    "learning_rate": "learning rate",
    "weight_decay": "weight decay",
    "augmentation": "augmentation",
    "epochs": "epochs of training",
    "seed": "seed",
}
#: Numbers of a model for each split, and what they are called; the slider cuts the last.
COLUMNS = {"loss": "loss (nats)", "error": "error", "progress": "progress"}


def explore(
    path: str | Path,
    table: pd.DataFrame,
    embeddings: Mapping[str, xr.Dataset],
    title: str,
) -> None:
    """Write the page of an experiment.

    Parameters
    ----------
    path : path
    table : DataFrame
        Model table, with reference points, which are the geodesic.
    embeddings : mapping from name to Dataset
        Of the models of the table, in any order; a joint one has no metric of its own, that of its splits is meant.
    title : str
    """
    places = {name: same_models(table["model"], one["model"].values, name) for name, one in embeddings.items()}
    ordered = {name: one.isel(model=places[name]) for name, one in embeddings.items()}
    for name, one in ordered.items():
        if "mean_of" in one.attrs:
            ordered[name] = one.assign_attrs(metric="bhattacharyya")
    palette = Palette.of(table["network"].dropna().unique())
    factors = {called: table[factor] for factor, called in FACTORS.items() if table[factor].nunique() > 1}
    if "architecture" in factors:
        factors["architecture"] = table["network"].map(palette.label, na_action="ignore")
    columns = {called: {split: table[f"{split}_{name}"] for split in SPLITS} for name, called in COLUMNS.items()}
    line = table[table["kind"] != "run"].sort_values("t").index.to_numpy()
    colors = {palette.label(network): palette.colour(network) for network in palette.networks}
    write_explorer(
        path,
        ordered,
        runs=table["run"],
        columns={"epoch": table["epoch"]} | columns,
        factors=factors,
        geodesic=line,
        colors={"architecture": colors},
        title=title,
    )
