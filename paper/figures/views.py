"""The manifold at one scale on all axes: three views of it, and a picture in three dimensions.

InPCA keeps distances, so that a nat is as long on every axis.
"""

from __future__ import annotations

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from inpca import plotting
from paper.figures.style import Palette

#: Axes of the views from above, from the front and from the side: horizontal, vertical.
VIEWS = ((1, 2), (1, 3), (3, 2))


def of_models(points: pd.DataFrame, palette: Palette, split: str) -> dict:
    """What the library's figures are told of the models of a table: groups, runs, colours, geodesic and progress."""
    line = points[points["kind"] != "run"].sort_values("t")
    return {
        "groups": points["network"].map(palette.label, na_action="ignore"),
        "runs": points["run"],
        "color": {palette.label(network): palette.colour(network) for network in palette.networks},
        "geodesic": line.index.to_numpy(),
        "progress": points[f"{split}_progress"],
    }


def placed(points: pd.DataFrame, embedding: xr.Dataset) -> xr.Dataset:
    """Embedding whose models are those of a table with coordinates: some of them, or more that were placed in it."""
    names = [f"pc{axis}" for axis in embedding["axis"].values]
    models = embedding.drop_dims("model").assign(embedding=(("model", "axis"), points[names].to_numpy()))
    return models.assign_coords(model=points["model"].fillna("").to_numpy())


def views(points: pd.DataFrame, embedding: xr.Dataset, palette: Palette, split: str = "train") -> Figure:
    """Three views of the first three axes, at one scale, as of a body: from above, from the front, from the side.

    Parameters
    ----------
    points : DataFrame
        From :func:`paper.figures.manifold.place_models`.
    embedding : Dataset
    palette : Palette
    split : {"train", "test"}
        Whose progress mean trajectories are taken at.
    """
    return plotting.pairs(placed(points, embedding), **of_models(points, palette, split), axes=VIEWS)


def in_perspective(points: pd.DataFrame, embedding: xr.Dataset, palette: Palette, split: str = "train") -> Figure:
    """The same three axes in three dimensions, at one scale."""
    return plotting.three_dimensional(placed(points, embedding), **of_models(points, palette, split))
