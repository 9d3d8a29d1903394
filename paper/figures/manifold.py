"""Embedded models as points and runs as lines: in three dimensions, in pairs of axes, coloured by what they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from inpca import plotting
from paper.figures.style import Palette, new_figure
from paper.models import runs, same_models

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


def draw_geodesic(axes: Axes, points: pd.DataFrame, pair: Sequence[int]) -> None:
    """Geodesic in black with its ends marked and named."""
    plotting.draw_geodesic(axes, geodesic_points(points, pair))


def draw_models(axes: Axes, points: pd.DataFrame, chosen: Sequence[int], palette: Palette) -> None:
    """Models coloured by architecture in two or three chosen axes, runs joined by lines, and the geodesic."""
    coordinates = points[[f"pc{axis}" for axis in chosen]].to_numpy()
    colours = {network: palette.colour(network) for network in palette.networks}
    plotting.draw_groups(axes, coordinates, groups=points["network"], colours=colours, runs=points["run"])
    draw_geodesic(axes, points, chosen)


def pairs_by_value(points: pd.DataFrame, embedding: xr.Dataset, values: dict[str, str]) -> Figure:
    """The three pairs of axes, one row for each quantity that colours the models.

    Parameters
    ----------
    points : DataFrame
        From :func:`place_models`.
    embedding : Dataset
    values : mapping from column to label
        Columns that end in ``loss`` get a logarithmic colour scale, others a linear one from 0.
    """
    figure, panels = new_figure(3, len(values), width=4, height=3.3, squeeze=False)
    models = runs(points)
    for row, (column, label) in zip(panels, values.items(), strict=True):
        value = models[column].to_numpy()
        norm = LogNorm(value.min(), value.max()) if column.endswith("loss") else Normalize(0, value.max())
        for axes, pair in zip(row, PAIRS, strict=True):
            plotting.draw_values(axes, models[[f"pc{axis}" for axis in pair]].to_numpy(), value, norm)
            draw_geodesic(axes, points, pair)
            axes.set(xlabel=axis_label(embedding, pair[0]), ylabel=axis_label(embedding, pair[1]))
        figure.colorbar(ScalarMappable(norm, "viridis"), ax=row, label=label, pad=0.01)
    return figure


def joint(train_view: pd.DataFrame, test_view: pd.DataFrame, embedding: xr.Dataset, palette: Palette) -> Figure:
    """Both views of every model in the joint embedding, train filled and test hollow; a line ties those of last models.

    One run of each architecture is drawn as a trajectory, for legibility; all last models are.
    """
    figure, panels = new_figure(2, width=6, height=5)
    shown = runs(train_view).groupby("network")["run"].first()
    for axes, pair in zip(panels, ((1, 2), (1, 3)), strict=True):
        columns = [f"pc{axis}" for axis in pair]
        for view, style in ((train_view, "-"), (test_view, (0, (2, 1.2)))):
            for network in palette.networks:
                lines = trajectories(view[view["run"] == shown[network]], pair)
                axes.add_collection(
                    LineCollection(lines, colors=palette.colour(network), linestyles=[style], linewidths=1.2)
                )
        ends = [runs(view).groupby("run", sort=False).tail(1) for view in (train_view, test_view)]
        colours = ends[0]["network"].map(palette.colour)
        ties = np.stack([end[columns].to_numpy() for end in ends], axis=1)
        axes.add_collection(LineCollection(list(ties), colors=colours, linewidths=0.5, alpha=0.6))
        axes.scatter(*ties[:, 0].T, c=colours, s=16, zorder=3, linewidth=0)
        axes.scatter(*ties[:, 1].T, facecolors="white", edgecolors=colours, s=16, zorder=3, linewidth=0.9)
        draw_geodesic(axes, train_view, pair)
        axes.set(xlabel=axis_label(embedding, pair[0]), ylabel=axis_label(embedding, pair[1]))
    views = [
        Line2D([], [], color="0.3", marker="o", label="train view"),
        Line2D(
            [],
            [],
            color="0.3",
            linestyle=(0, (2, 1.2)),
            marker="o",
            markerfacecolor="white",
            label="test view",
        ),
    ]
    figure.legend(handles=[*views, *architecture_legend(palette)], loc="outside upper center", ncols=5)
    return figure
