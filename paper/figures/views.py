"""The manifold at one scale on all axes: three views of it, and a picture in three dimensions.

InPCA keeps distances, so that a nat is as long on every axis. Models are faint points in random order, so that no
colour hides another; thick lines are the means over the runs of a group at equal progress.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from mpl_toolkits.mplot3d import Axes3D

from inpca import plotting
from paper.figures.manifold import architecture_legend, axis_label, geodesic_points
from paper.figures.style import Palette, new_figure
from paper.models import runs

#: Axes of the views from above, from the front and from the side: horizontal, vertical.
VIEWS = ((1, 2), (1, 3), (3, 2))
AXES = (1, 2, 3)
#: Fraction of the models that may lie beyond the frame at either end of an axis.
BEYOND = 0.005
#: Progress at which runs are averaged; the mean ends where fewer than half of the runs get to.
LEVELS = np.linspace(0, 1, 101)
#: Of the figure of the three views, in inches: its width, and room for the labels of a panel.
WIDTH, LABELS = 9.0, 0.75


def columns(axes: Sequence[int]) -> list[str]:
    """Names of the coordinates of some axes in the model table."""
    return [f"pc{axis}" for axis in axes]


def frame(points: pd.DataFrame) -> np.ndarray:
    """Least and largest coordinate of each of the three axes that is shown, (3, 2).

    All of the geodesic is, and all models but :data:`BEYOND` of them at either end.
    """
    models, line = runs(points)[columns(AXES)], geodesic_points(points, AXES)
    least = models.quantile(BEYOND, interpolation="higher").to_numpy()
    most = models.quantile(1 - BEYOND, interpolation="lower").to_numpy()
    low, high = np.minimum(least, line.min(axis=0)), np.maximum(most, line.max(axis=0))
    margin = 0.06 * (high - low).max()
    return np.stack([low - margin, high + margin], axis=1)


def beyond(points: pd.DataFrame, limits: np.ndarray) -> int:
    """How many models of runs lie beyond a frame."""
    coordinates = runs(points)[columns(AXES)].to_numpy()
    return int(((coordinates < limits[:, 0]) | (coordinates > limits[:, 1])).any(axis=1).sum())


def mean_paths(points: pd.DataFrame, split: str) -> dict[str, np.ndarray]:
    """Mean over the runs of each network of their coordinates at equal progress, (levels, 3) each.

    A run's coordinates are interpolated between its checkpoints, of which those that fall back are passed over. Levels
    that fewer than half of the runs get to are left out.

    Parameters
    ----------
    points : DataFrame
        Model table with coordinates.
    split : {"train", "test"}
        Whose progress is meant.
    """
    found = {}
    for network, of_network in runs(points).groupby("network", sort=False):
        lines = []
        for _, run in of_network.groupby("run", sort=False):
            s, place = run[f"{split}_progress"].to_numpy(), run[columns(AXES)].to_numpy()
            ahead = s > np.maximum.accumulate(np.concatenate([[-np.inf], s[:-1]]))
            s, place = s[ahead], place[ahead]
            at = [np.interp(LEVELS, s, coordinate, left=np.nan, right=np.nan) for coordinate in place.T]
            lines.append(np.stack(at, axis=1))
        there = np.isfinite(lines).all(axis=2).mean(axis=0) >= 0.5
        found[str(network)] = np.nanmean(np.array(lines)[:, there], axis=0)
    return found


def draw(axes: Axes, points: pd.DataFrame, chosen: Sequence[int], palette: Palette, split: str) -> None:
    """Models, mean paths and geodesic in two or three axes."""
    models = runs(points)
    order = np.random.default_rng(0).permutation(len(models))
    colours = np.array([to_rgba(palette.colour(network)) for network in models["network"]])
    solid = isinstance(axes, Axes3D)
    settings = {"depthshade": False} if solid else {"rasterized": True}
    place = models[columns(chosen)].to_numpy()[order]
    axes.scatter(*place.T, c=colours[order], s=4, alpha=0.25, linewidth=0, **settings)
    outline = [withStroke(linewidth=4, foreground="white")]
    for network, path in mean_paths(points, split).items():
        line = path[:, [axis - 1 for axis in chosen]].T
        axes.plot(*line, color=palette.colour(network), linewidth=2.2, path_effects=outline, zorder=8 if solid else 3)
    plotting.draw_geodesic(axes, geodesic_points(points, chosen))


def views(points: pd.DataFrame, embedding: xr.Dataset, palette: Palette, split: str = "train") -> Figure:
    """Three views of the first three axes, at one scale, as of a body: from above, from the front, from the side.

    Parameters
    ----------
    points : DataFrame
        From :func:`paper.figures.manifold.place_models`.
    embedding : Dataset
    palette : Palette
    split : {"train", "test"}
        Whose progress mean paths are taken at.
    """
    limits = frame(points)
    size = np.diff(limits, axis=1).ravel()
    scale = (WIDTH - 2 * LABELS) / (size[0] + size[2])
    figure, grid = new_figure(
        2,
        2,
        width=WIDTH / 2,
        height=(size[1] + size[2]) * scale / 2 + LABELS,
        gridspec_kw={"width_ratios": size[[0, 2]], "height_ratios": size[[1, 2]]},
    )
    for axes, pair in zip((grid[0, 0], grid[1, 0], grid[0, 1]), VIEWS, strict=True):
        draw(axes, points, pair, palette, split)
        axes.set(aspect="equal", xlim=limits[pair[0] - 1], ylim=limits[pair[1] - 1])
        axes.set(xlabel=axis_label(embedding, pair[0]), ylabel=axis_label(embedding, pair[1]))
    grid[1, 1].set_axis_off()
    entries = architecture_legend(palette, marker="")
    grid[1, 1].legend(handles=entries, loc="upper left", fontsize=8, title="means at equal\nprogress", title_fontsize=8)
    note_beyond(grid[1, 1], beyond(points, limits))
    return figure


def note_beyond(axes: Axes, number: int) -> None:
    """Say how many models are not shown."""
    write = axes.text2D if isinstance(axes, Axes3D) else axes.text
    write(0, 0, f"models beyond the frame: {number}", transform=axes.transAxes, fontsize=8)


def in_perspective(points: pd.DataFrame, embedding: xr.Dataset, palette: Palette, split: str = "train") -> Figure:
    """The same three axes in three dimensions, at one scale."""
    limits = frame(points)
    figure, axes = new_figure(width=8.6, height=4.8, subplot_kw={"projection": "3d", "computed_zorder": False})
    inside = (points[columns(AXES)] >= limits[:, 0]).all(axis=1) & (points[columns(AXES)] <= limits[:, 1]).all(axis=1)
    draw(axes, points[inside | (points["kind"] != "run")], AXES, palette, split)
    axes.set(xlim=limits[0], ylim=limits[1], zlim=limits[2])
    axes.set_box_aspect(np.diff(limits, axis=1).ravel(), zoom=1.1)
    axes.set(xlabel=axis_label(embedding, 1), ylabel=axis_label(embedding, 2), zlabel=axis_label(embedding, 3))
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color("white")
        axis.label.set_size(9)
    axes.tick_params(labelsize=7)
    axes.locator_params(nbins=4)
    axes.view_init(elev=22, azim=-64)
    figure.legend(handles=architecture_legend(palette, marker=""), loc="outside upper center", ncols=4)
    note_beyond(axes, beyond(points, limits))
    return figure
