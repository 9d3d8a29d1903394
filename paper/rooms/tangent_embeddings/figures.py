"""Tangent axes beside those of InPCA: models in both, what they explain, and pairs of models in place of the means."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from paper.figures.manifold import PAIRS, architecture_legend, draw_geodesic
from paper.figures.style import MUTED, Palette, new_figure
from paper.models import runs, same_models
from paper.report.claims import paper_numbers
from paper.rooms.tangent_embeddings.analysis import ALL
from paper.rooms.tangent_embeddings.summary import COSINE_OF, PAPER_GROUPS, paper_explained

#: Letters before the number of an axis, and colour, of InPCA and of the tangent axes.
VIEWS = {"original": ("PC", "#000000"), "tangent": ("T", "#882255")}
VIEW_NAMES = {"original": "InPCA", "tangent": "tangent axes"}
#: Panels in three dimensions, in which marks hide what is drawn before them.
SPACE = {"projection": "3d", "computed_zorder": False}
PAIR_COLOURS = {"random": "#9A9A9A", "near": "#88CCEE"}
PAIR_NAMES = {"random": "P₀, any two models, P*", "near": "P₀, a model near each mean, P*"}
#: Boxes of quartiles, whiskers from 5 to 95 %.
BOX_STYLE = {
    "widths": 0.3,
    "orientation": "horizontal",
    "whis": (5, 95),
    "showfliers": False,
    "patch_artist": True,
    "manage_ticks": False,
    "medianprops": {"color": "black"},
}
#: How the two means are marked, and their name beside that of pairs of models.
MEAN_STYLE = {"marker": "o", "markersize": 6, "color": "white", "markeredgecolor": "black", "markeredgewidth": 1.5}
MEANS_NAME = "P₀, the two means, P*"


def group_label(name: str, palette: Palette) -> str:
    """Name of a group of models."""
    return "all models" if name == ALL else palette.label(name)


def group_points(table: pd.DataFrame, group: xr.Dataset, view: str) -> pd.DataFrame:
    """Rows of the model table that are in a group, with their coordinates as ``pc1``, ``pc2``, ``pc3``."""
    rows = same_models(table["model"], group["model"].values, "the tangent embedding")
    coordinates = pd.DataFrame(group[view].values[rows], columns=["pc1", "pc2", "pc3"], index=table.index)
    return pd.concat([table, coordinates], axis=1)[coordinates["pc1"].notna()]


def view_label(group: xr.Dataset, view: str, axis: int) -> str:
    """Label such as ``T3 (√nats, time-like)``."""
    time_like = group[f"{view}_eigenvalue"].values[axis - 1] < 0
    return f"{VIEWS[view][0]}{axis} (√nats{', time-like' if time_like else ''})"


def means_legend() -> Line2D:
    """Legend entry of the two means."""
    return Line2D([], [], linestyle="", **MEAN_STYLE, label="means near both ends")


def means_and_geodesic() -> list[Line2D]:
    """Legend of the figures of single architectures, whose titles name them."""
    return [means_legend(), Line2D([], [], color="black", linewidth=2, label="geodesic")]


def draw_3d(axes: Axes, table: pd.DataFrame, group: xr.Dataset, view: str, palette: Palette, zoom: float) -> None:
    """Models of a group in three axes of one view; ``zoom`` sets how much of the panel the box fills."""
    points = group_points(table, group, view)
    models = runs(points)
    for network in models["network"].unique():
        chosen, colour = models[models["network"] == network], palette.colour(network)
        place = chosen[["pc1", "pc2", "pc3"]].to_numpy().T
        axes.scatter(*place, color=colour, s=3, linewidth=0, depthshade=False, rasterized=True)
    draw_geodesic(axes, points, (1, 2, 3))
    axes.plot(*group[f"{view}_point"].values[1:3].T, linestyle="", zorder=11, **MEAN_STYLE)
    labels = [view_label(group, view, axis) for axis in (1, 2, 3)]
    axes.set(**dict(zip(("xlabel", "ylabel", "zlabel"), labels, strict=True)))
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_major_locator(MaxNLocator(3))
        axis.set_pane_color("white")
        axis.label.set_size(8)
    axes.tick_params(labelsize=7)
    axes.view_init(elev=25, azim=-72)
    axes.set_box_aspect((4, 4, 3), zoom=zoom)


def draw_pair(axes: Axes, table: pd.DataFrame, group: xr.Dataset, view: str, pair, palette: Palette) -> None:
    """Models of a group in two axes of one view."""
    points = group_points(table, group, view)
    models = runs(points)
    for network in models["network"].unique():
        chosen, colour = models[models["network"] == network], palette.colour(network)
        place = chosen[[f"pc{axis}" for axis in pair]].to_numpy().T
        axes.scatter(*place, color=colour, s=3, linewidth=0, rasterized=True)
    draw_geodesic(axes, points, pair)
    means = group[f"{view}_point"].sel(axis=list(pair)).values[1:3]
    axes.plot(*means.T, linestyle="", zorder=5, **MEAN_STYLE)
    axes.set(xlabel=view_label(group, view, pair[0]), ylabel=view_label(group, view, pair[1]))


def manifold_3d(table: pd.DataFrame, dataset: xr.Dataset, palette: Palette) -> Figure:
    """All models in the first three axes of InPCA (left) and in the tangent axes (right)."""
    figure, panels = new_figure(2, width=5.4, height=4.8, subplot_kw=SPACE)
    for axes, (view, title) in zip(panels, VIEW_NAMES.items(), strict=True):
        draw_3d(axes, table, dataset.sel(group=ALL), view, palette, zoom=0.98)
        axes.set_title(title)
    handles = [*architecture_legend(palette), means_legend()]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure


def pairs(table: pd.DataFrame, dataset: xr.Dataset, palette: Palette) -> Figure:
    """All models in pairs of the axes of InPCA (above) and of the tangent axes (below)."""
    figure, panels = new_figure(3, 2, width=3.6, height=2.9)
    for row, view in zip(panels, VIEWS, strict=True):
        for axes, pair in zip(row, PAIRS, strict=True):
            draw_pair(axes, table, dataset.sel(group=ALL), view, pair, palette)
    handles = [*architecture_legend(palette), means_legend()]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure


def architecture_pairs(table: pd.DataFrame, dataset: xr.Dataset, palette: Palette) -> Figure:
    """Each architecture alone, a row each: axes 1–2 and 1–3 of its InPCA, then of its tangent axes."""
    columns = [(view, pair) for view in VIEWS for pair in PAIRS[:2]]
    figure, panels = new_figure(len(columns), len(palette.networks), width=2.3, height=1.7, squeeze=False)
    for row, network in zip(panels, palette.networks, strict=True):
        for axes, (view, pair) in zip(row, columns, strict=True):
            draw_pair(axes, table, dataset.sel(group=network), view, pair, palette)
            axes.tick_params(labelsize=7)
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_locator(MaxNLocator(3))
                axis.label.set_size(8)
        row[0].set_title(palette.label(network), loc="left", fontsize=9, fontweight="bold", y=1.2)
    figure.legend(handles=means_and_geodesic(), loc="outside upper center", ncols=2)
    return figure


def explained(dataset: xr.Dataset, palette: Palette) -> Figure:
    """Explained pairwise distance against the number of axes, of all models and of each architecture.

    Filled circles: the last axis is space-like; hollow triangles: it is time-like. Dashed: the paper's, on CIFAR-10.
    """
    names = [ALL, *palette.networks]
    rows = -(-(len(names) + 1) // 4)  # one panel is left for the legend
    figure, panels = new_figure(4, rows, width=3, height=2.6, sharex=True, sharey=True)
    panels = panels.ravel()
    for axes, name in zip(panels, names, strict=False):
        group = dataset.sel(group=name)
        for view, (_, colour) in VIEWS.items():
            value = group[f"{view}_explained_distance"].values
            space_like = group[f"{view}_eigenvalue"].values > 0
            k = np.arange(1, len(value) + 1)
            axes.plot(k, value, color=colour, linewidth=1, zorder=2)
            axes.scatter(k[space_like], value[space_like], color=colour, s=18, zorder=3)
            hollow = {"facecolors": "white", "edgecolors": colour, "marker": "^", "s": 32}
            axes.scatter(k[~space_like], value[~space_like], zorder=3, **hollow)
            if name in PAPER_GROUPS:
                paper = paper_explained(name, view)
                values = [number.value for number in paper.values()]
                axes.plot([int(k) for k in paper], values, color=colour, linewidth=1, linestyle="--", alpha=0.6)
        known = f"; paper's {paper['1'].confidence}" if name in PAPER_GROUPS else ""
        axes.set_title(group_label(name, palette) + known, fontsize=9)
        axes.grid(axis="y", linewidth=0.4)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.tick_params(labelbottom=True)
    for axes in panels[len(names) :]:
        axes.set_axis_off()
    legend = [
        *(
            Line2D([], [], color=colour, marker="o", markersize=4, label=label)
            for (_, colour), label in zip(VIEWS.values(), VIEW_NAMES.values(), strict=True)
        ),
        Line2D([], [], color=MUTED, linestyle="", marker="^", markerfacecolor="white", label="time-like axis added"),
        Line2D([], [], color=MUTED, linestyle="--", label="paper, CIFAR-10, in the colour of its axes"),
    ]
    panels[-1].legend(handles=legend, loc="center")
    figure.supxlabel("number of axes", fontsize=10)
    figure.supylabel("explained pairwise distance", fontsize=10)
    return figure


def random_pairs(dataset: xr.Dataset, palette: Palette) -> Figure:
    """What axes from random pairs of models explain (box: quartiles, whiskers: 5 to 95 %), and those from the means."""
    names = [ALL, *palette.networks]
    n_axes = dataset.sizes["axis"]
    figure, panels = new_figure(n_axes, width=4, height=0.5 * len(names) + 1.2, sharey=True)
    places = np.arange(len(names))
    for axes, k in zip(panels, dataset["axis"].values, strict=True):
        chosen = dataset.sel(axis=k, group=names)
        for shift, (kind, colour) in zip((-0.18, 0.18), PAIR_COLOURS.items(), strict=True):
            axes.boxplot(
                chosen["pair_explained_distance"].sel(kind=kind).values.T,
                positions=places + shift,
                boxprops={"facecolor": colour},
                **BOX_STYLE,
            )
        means = chosen["sampled_explained_distance"].sel(view="tangent")
        axes.plot(means, places, "*", markersize=12, color=VIEWS["tangent"][1], markeredgecolor="white")
        axes.set(xlabel=f"explained pairwise distance, {k} {'axis' if k == 1 else 'axes'}")
        axes.set_xlim(left=max(axes.get_xlim()[0], 0))
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.grid(axis="x", linewidth=0.4)
    panels[0].set_yticks(places, [group_label(name, palette) for name in names])
    panels[0].invert_yaxis()
    legend = [
        *(
            Line2D([], [], linestyle="", marker="s", markersize=9, color=PAIR_COLOURS[kind], label=PAIR_NAMES[kind])
            for kind in PAIR_COLOURS
        ),
        Line2D([], [], linestyle="", marker="*", markersize=10, color=VIEWS["tangent"][1], label=MEANS_NAME),
    ]
    figure.legend(handles=legend, loc="outside upper center", ncols=3)
    return figure


def cosines(dataset: xr.Dataset, palette: Palette) -> Figure:
    """Cosine of both tangents of each group with its interval, those of nulls, and the paper's."""
    names = [ALL, *palette.networks]
    figure, axes = new_figure(width=6.4, height=0.35 * len(names) + 1)
    for place, name in enumerate(names):
        group = dataset.sel(group=name)
        nulls = group["null_cosine"].values
        axes.plot(nulls, np.full(len(nulls), place), "|", color=PAIR_COLOURS["random"], markersize=10)
        low, high = group["cosine_low"].item(), group["cosine_high"].item()
        axes.plot([low, high], [place, place], color=VIEWS["tangent"][1], linewidth=2)
        axes.plot(group["cosine"].item(), place, "o", color=VIEWS["tangent"][1])
    paper = paper_numbers()["tangents_differ"]
    if COSINE_OF in names:
        axes.plot(paper.value, names.index(COSINE_OF), "D", color="0.4", markersize=7, markerfacecolor="none")
    axes.set_yticks(range(len(names)), [group_label(name, palette) for name in names])
    axes.invert_yaxis()
    axes.set(xlabel="cosine of the initial and the final tangent")
    axes.grid(axis="x", linewidth=0.4)
    legend = [
        Line2D([], [], color=VIEWS["tangent"][1], marker="o", label="runs, 95 % interval"),
        Line2D([], [], linestyle="", marker="|", color=PAIR_COLOURS["random"], markersize=10, label="samples permuted"),
        Line2D([], [], linestyle="", marker="D", color="0.4", markerfacecolor="none", label="paper"),
    ]
    figure.legend(handles=legend, loc="outside upper center", ncols=3)
    return figure
