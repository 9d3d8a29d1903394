"""Models near chosen points of the geodesic, with the radius within which they lie."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke

from inpca.plotting.embedding import Models
from inpca.plotting.frame import beyond, frame_of
from paper.figures.manifold import axis_label, draw_geodesic
from paper.figures.style import MUTED, Palette
from paper.figures.views import of_models, placed
from paper.report.embedding import on_geodesic

#: Columns of the coordinates of the first three axes, and the axes seen from above and from the side.
NAMES, VIEWS = ["pc1", "pc2", "pc3"], ((1, 2), (3, 2))
MARKERS = "o^Dv"
RIM = [withStroke(linewidth=2.5, foreground="white")]


def spread(
    points: pd.DataFrame, embedding: xr.Dataset, near: Mapping[float, np.ndarray], radius: float, palette: Palette
) -> Figure:
    """Models close to chosen points of the geodesic, from above and from the side, and how many of each architecture.

    d_B is the square of what is drawn: models within r of a point lie, up to time-like axes, within the circle of
    radius sqrt(r) around it. A point without such models has a circle, but no entry in the legend.

    Parameters
    ----------
    points : DataFrame
    embedding : Dataset
    near : mapping from t to (m,) array of bool
        From :func:`paper.report.embedding.models_near_geodesic`.
    radius : float
        The one of these, nats a sample.
    palette : Palette
    """
    looks = dict(zip(near, zip(sns.color_palette("viridis", len(near)), MARKERS, strict=False), strict=True))
    by_size = sorted(near, key=lambda t: -near[t].sum())  # so that a large group hides no small one
    occupied = {t: looks[t] for t in near if near[t].any()}
    centres = {t: points.loc[on_geodesic(points, t), NAMES].to_numpy(float) for t in near}
    models = Models.of(placed(points, embedding), **of_models(points, palette, "train"))
    frame = frame_around(frame_of(models, [0, 1, 2]), centres, np.sqrt(radius))
    wide, high, deep = np.ptp(frame, axis=1)
    figure, panels = plt.subplots(
        1, 3, figsize=(11, 7.6 * high / (wide + deep) + 1.4), width_ratios=[wide, deep, 0.22 * (wide + deep)]
    )
    for axes, pair in zip(panels, VIEWS, strict=False):
        columns = [axis - 1 for axis in pair]
        draw_near(axes, points, columns, {t: (near[t], *looks[t]) for t in by_size if t in occupied})
        for t, centre in centres.items():
            draw_circle(axes, centre[columns], np.sqrt(radius), looks[t][0], f"t = {t:g}" if pair == (1, 2) else "")
        draw_geodesic(axes, points, pair)
        axes.set(xlabel=axis_label(embedding, pair[0]), ylabel=axis_label(embedding, pair[1]), aspect="equal")
        axes.set(xlim=frame[columns[0]], ylim=frame[columns[1]])
    draw_counts(panels[2], points, {t: (near[t], look[0]) for t, look in occupied.items()}, palette)
    entries = [
        Line2D([], [], linestyle="", marker=marker, color=colour, label=f"models around t = {t:g}")
        for t, (colour, marker) in occupied.items()
    ]
    entries.append(Line2D([], [], linestyle="--", color="0.3", label=f"$d_B$ = {radius:g} nats around it"))
    entries += beyond(models, [0, 1, 2], frame)
    figure.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    return figure


def frame_around(frame: np.ndarray, centres: Mapping[float, np.ndarray], reach: float) -> np.ndarray:
    """Limits of three axes, (3, 2), wide enough for balls around some points as well."""
    places, rim = np.array(list(centres.values())), 1.12 * reach
    return np.stack(
        [np.minimum(frame[:, 0], places.min(0) - rim), np.maximum(frame[:, 1], places.max(0) + rim)], axis=1
    )


def draw_near(axes: Axes, points: pd.DataFrame, columns: list[int], near: Mapping[float, tuple]) -> None:
    """All models in grey, and over them those chosen, each choice with its colour and marker."""
    names = [NAMES[column] for column in columns]
    models = points.loc[points["kind"] == "run", names].to_numpy()
    axes.scatter(*models.T, color=MUTED, s=3, linewidth=0, alpha=0.35, rasterized=True)
    for chosen, colour, marker in near.values():
        look = {"color": [colour], "marker": marker, "s": 12, "linewidth": 0.2, "edgecolor": "white"}
        axes.scatter(*points.loc[chosen, names].to_numpy().T, rasterized=True, **look)


def draw_circle(axes: Axes, centre: np.ndarray, radius: float, colour, name: str) -> None:
    """A dashed circle with its name above it."""
    axes.add_patch(Circle(centre, radius, fill=False, edgecolor=colour, linestyle="--", linewidth=1.6, zorder=5))
    axes.text(centre[0], centre[1] + radius, name, ha="center", va="bottom", fontsize=9, path_effects=RIM)


def draw_counts(axes: Axes, points: pd.DataFrame, near: Mapping[float, tuple], palette: Palette) -> None:
    """How many of the chosen models are of each architecture, one bar for each choice."""
    labels = [palette.label(network) for network in palette.networks]
    for place, (t, (chosen, colour)) in enumerate(near.items()):
        counts = points[chosen].groupby("network").size().reindex(palette.networks, fill_value=0)
        height = 0.8 / len(near)
        rows = np.arange(len(labels)) + (place + 0.5) * height - 0.4
        axes.barh(rows, counts, height, color=colour, label=f"t = {t:g}")
    axes.set_yticks(range(len(labels)), labels)
    axes.invert_yaxis()
    axes.set(xlabel="models inside")
