"""Embedded models as points and runs as lines, coloured by what they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from mpl_toolkits.mplot3d import Axes3D

from inpca import plotting
from paper.figures.style import Palette
from paper.models import same_models

PAIRS = ((1, 2), (1, 3), (2, 3))


def place_models(table: pd.DataFrame, embedding: xr.Dataset, variable: str = "embedding") -> pd.DataFrame:
    """Model table with the coordinates of the embedding as columns ``pc1``, ``pc2``, ….

    Models are found by their labels, whatever their order. Axes lead from P0 to P* where the embedding was made by
    :func:`paper.models.oriented`.

    Raises
    ------
    ValueError
        If table and embedding are not of the same models.
    """
    coordinates = embedding[variable].values[same_models(table["model"], embedding["model"].values, "the embedding")]
    names = [f"pc{axis}" for axis in embedding["axis"].values]
    return pd.concat([table.reset_index(drop=True), pd.DataFrame(coordinates, columns=names)], axis=1)


def axis_label(embedding: xr.Dataset, axis: int, unit: str = "√nats") -> str:
    """Label such as ``PC2 (√nats, time-like)``; space-like axes, the usual ones, are not marked."""
    return plotting.axis_label(embedding, axis, unit)


def trajectories(points: pd.DataFrame, axes: Sequence[int]) -> list[np.ndarray]:
    """Coordinates (T, len(axes)) of each run, in the order of its checkpoints."""
    columns = [f"pc{axis}" for axis in axes]
    return [run[columns].to_numpy() for _, run in points.groupby("run", sort=False)]


def geodesic_points(points: pd.DataFrame, axes: Sequence[int]) -> np.ndarray:
    """Coordinates of P0, the geodesic and P*, in this order."""
    extra = points[points["kind"] != "run"].sort_values("t")
    return extra[[f"pc{axis}" for axis in axes]].to_numpy()


def architecture_legend(palette: Palette, *, marker: str = "o") -> list[Line2D]:
    """Legend entries of the architectures and the geodesic."""
    entries = [
        Line2D([], [], color=palette.colour(n), marker=marker, markersize=4, label=palette.label(n))
        for n in palette.networks
    ]
    return [*entries, Line2D([], [], color="black", linewidth=2, label="geodesic")]


def draw_geodesic(axes: Axes | Axes3D, points: pd.DataFrame, chosen: Sequence[int]) -> None:
    """Geodesic in black in two or three chosen axes, its ends marked, and named where few models lie."""
    models = points[[f"pc{axis}" for axis in chosen]].to_numpy()
    plotting.draw_geodesic(axes, geodesic_points(points, chosen), around=models)


def draw_models(axes: Axes, points: pd.DataFrame, chosen: Sequence[int], palette: Palette) -> None:
    """Models coloured by architecture in two or three chosen axes, runs joined by lines, and the geodesic."""
    coordinates = points[[f"pc{axis}" for axis in chosen]].to_numpy()
    colours = {network: palette.colour(network) for network in palette.networks}
    plotting.draw_groups(axes, coordinates, groups=points["network"], colours=colours, runs=points["run"])
    draw_geodesic(axes, points, chosen)
