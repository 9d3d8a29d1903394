"""The manifold at one scale on all axes: views of it, and a picture in three dimensions.

InPCA keeps distances, so that a nat is as long on every axis.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

from inpca import plotting
from inpca.plotting.embedding import Models
from inpca.plotting.frame import beyond, frame_of
from inpca.plotting.means import mean_trajectories
from inpca.plotting.models import MOST_DRAWN, MOST_RUNS
from paper.figures.manifold import architecture_legend, axis_label, geodesic_points, place_models
from paper.figures.style import Palette
from paper.models import runs

#: Axes of the views from above, from the front and from the side: horizontal, vertical.
VIEWS = ((1, 2), (1, 3), (3, 2))
#: Columns of the coordinates of the first three axes.
COLUMNS = ["pc1", "pc2", "pc3"]
#: Line of each split's view of the models.
DASHES = {"train": "-", "test": (0, (3, 1.5))}

DRAWN_TEXT = """
A panel draws {0} models at most, chosen at random, and the lines of {1} runs; frames, means and numbers are of all.
"""


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


def drawn_text(n_models: int) -> str:
    """That figures draw only some of so many models; nothing if they draw all.

    Examples
    --------
    >>> drawn_text(3000)
    ''
    """
    return DRAWN_TEXT.format(MOST_DRAWN, MOST_RUNS) if n_models > MOST_DRAWN else ""


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


def by_value(points: pd.DataFrame, embedding: xr.Dataset, palette: Palette, values: dict[str, str]) -> Figure:
    """Views from above and from the front, one column for each quantity that colours the models, all at one scale.

    Parameters
    ----------
    points : DataFrame
        From :func:`paper.figures.manifold.place_models`.
    embedding : Dataset
    palette : Palette
    values : mapping from column to label
        Columns that end in ``loss`` get a logarithmic colour scale, others a linear one from 0, in percent.
    """
    models = Models.of(placed(points, embedding), **of_models(points, palette, "train"))
    frame, of_runs, line = frame_of(models, [0, 1, 2]), runs(points), geodesic_points(points, (1, 2, 3))
    wide, high, deep = np.ptp(frame, axis=1)
    size = (4.6 * len(values), 3.9 * (high + deep) / wide + 1.9)
    figure, panels = plt.subplots(2, len(values), figsize=size, height_ratios=[high, deep], squeeze=False)
    for column, (name, label) in zip(panels.T, values.items(), strict=True):
        value = of_runs[name].to_numpy() * (1 if name.endswith("loss") else 100)
        norm = LogNorm(value.min(), value.max()) if name.endswith("loss") else Normalize(0, value.max())
        for axes, (x, y) in zip(column, VIEWS, strict=False):
            place = of_runs[[COLUMNS[x - 1], COLUMNS[y - 1]]].to_numpy()
            plotting.draw_values(axes, place, value, norm)
            plotting.draw_geodesic(axes, line[:, [x - 1, y - 1]], around=place)
            show_frame(axes, embedding, (x, y), frame)
        bar = figure.colorbar(ScalarMappable(norm, "viridis"), ax=column, location="bottom", aspect=40, label=label)
        if name.endswith("loss"):
            bar.ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        bar.ax.minorticks_off()
        bar.ax.xaxis.set_major_formatter("{x:g}")
    if outside := beyond(models, [0, 1, 2], frame):
        figure.legend(handles=outside, loc="outside upper right")
    return figure


def show_frame(axes: Axes, embedding: xr.Dataset, pair: tuple[int, int], frame: np.ndarray) -> None:
    """Names, units and limits of two axes, at one scale."""
    x, y = pair
    axes.set(xlabel=axis_label(embedding, x), ylabel=axis_label(embedding, y), aspect="equal")
    axes.set(xlim=frame[x - 1], ylim=frame[y - 1])


def joint(common: xr.Dataset, train_view: pd.DataFrame, test_view: pd.DataFrame, palette: Palette) -> Figure:
    """Both views of the models in the joint embedding, at one scale, from above and from the front.

    Lines are the means of all runs of an architecture at equal progress on the split. Of every run the last model is
    drawn, filled on train and hollow on test, with a line that ties its two views. The geodesic is that of both splits.

    Parameters
    ----------
    common : Dataset
        The joint embedding.
    train_view, test_view : DataFrame
        From :func:`paper.figures.manifold.place_models`, of both views.
    palette : Palette
    """
    views = {"train": train_view, "test": test_view}
    models = {
        split: Models.of(placed(view, common), **of_models(view, palette, split)) for split, view in views.items()
    }
    line = geodesic_points(place_models(train_view.drop(columns=COLUMNS), common), (1, 2, 3))
    last = [runs(view).groupby("run", sort=False).tail(1) for view in views.values()]
    ties = np.stack([models[COLUMNS].to_numpy() for models in last], axis=1)
    means = {split: means_of(one) for split, one in models.items()}
    shown = np.vstack([line, *ties, *(mean for one in means.values() for mean in one.values())])
    frame = np.stack([shown.min(axis=0), shown.max(axis=0)], axis=1) + 0.08 * np.ptp(shown[:, 0]) * np.array([-1, 1])
    wide, high, deep = np.ptp(frame, axis=1)
    figure, panels = plt.subplots(2, 1, figsize=(8, 7 * (high + deep) / wide + 2.2), height_ratios=[high, deep])
    for axes, (x, y) in zip(panels, VIEWS, strict=False):
        pair = [x - 1, y - 1]
        draw_ties(axes, ties[:, :, pair], last[0]["network"].map(palette.colour).to_numpy())
        for split, one in means.items():
            for group, mean in one.items():
                colour = models[split].colours[group]
                axes.plot(*mean[:, pair].T, color=colour, linestyle=DASHES[split], linewidth=2, zorder=4)
        plotting.draw_geodesic(axes, line[:, pair], around=shown[:, pair])
        show_frame(axes, common, (x, y), frame)
    figure.legend(handles=[*view_legend(), *architecture_legend(palette)], loc="outside upper center", ncols=4)
    return figure


def means_of(models: Models) -> dict:
    """Mean trajectory of each group in the first three axes."""
    names = {"groups": models.groups, "runs": models.runs, "progress": models.progress}
    return mean_trajectories(models.coordinates[:, :3], **names)


def draw_ties(axes: Axes, ties: np.ndarray, colours: np.ndarray) -> None:
    """Two views (n, 2, 2) of models: filled and hollow points, tied by a line."""
    axes.add_collection(LineCollection(list(ties), colors=colours, linewidths=0.5, alpha=0.4, zorder=2))
    look = {"s": 14, "alpha": 0.7, "rasterized": True}
    axes.scatter(*ties[:, 0].T, c=colours, linewidth=0, zorder=3, **look)
    axes.scatter(*ties[:, 1].T, facecolors="white", edgecolors=colours, linewidth=0.8, zorder=3, **look)


def view_legend() -> list[Line2D]:
    """What lines and points of both views are."""
    point = {"linestyle": "", "marker": "o", "color": "0.3"}
    return [
        Line2D([], [], color="0.3", linewidth=2, linestyle=DASHES["train"], label="train view, mean"),
        Line2D([], [], color="0.3", linewidth=2, linestyle=DASHES["test"], label="test view, mean"),
        Line2D([], [], **point, label="train view, last model of a run"),
        Line2D([], [], **point, markerfacecolor="white", label="test view, last model of a run"),
    ]
