"""Figures of networks on several tasks: their paths, their dimension, their distances, and what they gain."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from paper.figures.manifold import axis_label, draw_geodesic
from paper.figures.style import MUTED, SPACE_LIKE, TIME_LIKE, Palette, new_figure
from paper.models import runs
from paper.report.claims import paper_series
from paper.rooms.tasks.analysis import COMPARED, PUBLISHED
from paper.rooms.tasks.configuration import KINDS

#: Colour and marker of each kind of task (Okabe & Ito's palette).
LOOKS = {
    "whole": ("#000000", "*"),
    "permuted": ("#E69F00", "P"),
    "coarse": ("#009E73", "D"),
    "subset": ("#0072B2", "o"),
    "random": ("#D55E00", "X"),
    "digits": ("#CC79A7", "s"),
}
#: Axes of the embedding that are drawn.
VIEWS = ((1, 2), (1, 3))


def manifold(points: pd.DataFrame, embedding: xr.Dataset, tasks: pd.DataFrame, palette: Palette) -> Figure:
    """Paths of all tasks, means over seeds at equal checkpoints: by pair of axes (rows) and network (columns).

    Parameters
    ----------
    points : DataFrame
        Model table with coordinates, see :func:`paper.figures.manifold.place_models`.
    embedding : Dataset
    tasks : DataFrame
        From :func:`paper.rooms.tasks.pairs.described`.
    palette : Palette
    """
    networks = palette.networks
    figure, panels = new_figure(
        len(networks), len(VIEWS), width=4.8, height=3.4, squeeze=False, sharex=True, sharey="row"
    )
    models = runs(points)
    for row, pair in zip(panels, VIEWS, strict=True):
        columns = [f"pc{axis}" for axis in pair]
        for axes, network in zip(row, networks, strict=True):
            of_network = models[models["network"] == network]
            means = of_network.groupby(["task", "step"], sort=False)[columns].mean()
            for task in tasks.index:
                draw_path(axes, means.loc[task].to_numpy(), tasks.loc[task, "kind"])
            draw_geodesic(axes, points, pair)
            axes.set(xlabel=axis_label(embedding, pair[0]), ylabel=axis_label(embedding, pair[1]))
            axes.set_title(palette.label(network), fontsize=9)
    present = [kind for kind in KINDS if (tasks["kind"] == kind).any()]
    columns = 2 * min(len(networks), 3)
    figure.legend(handles=kind_legend(present), loc="outside upper center", ncols=columns, fontsize=8)
    return figure


def draw_path(axes: Axes, path: np.ndarray, kind: str) -> None:
    """The path (T, 2) of a task, its start hollow and its end marked."""
    colour, marker = LOOKS[kind]
    front = kind != "subset"
    axes.plot(*path.T, color=colour, linewidth=1.6 if front else 0.7, alpha=1 if front else 0.7, zorder=2 + front)
    axes.plot(*path[0], "o", color=colour, markerfacecolor="white", markersize=4, zorder=3 + front)
    axes.plot(*path[-1], marker, color=colour, markersize=10 if kind == "whole" else 5, zorder=4 + front)


def kind_legend(kinds: list[str]) -> list[Line2D]:
    """Legend entries of kinds of tasks."""
    return [
        Line2D([], [], color=LOOKS[kind][0], marker=LOOKS[kind][1], markersize=5, label=KINDS[kind]) for kind in kinds
    ]


def dimension(measured: xr.Dataset) -> Figure:
    """Explained stress by number of axes, of runs and of nulls, of all models and between runs; published values.

    Parameters
    ----------
    measured : Dataset
        Of one split, from :func:`paper.rooms.tasks.geometry.measured_tasks`.
    """
    figure, panels = new_figure(2, width=4.6, height=3.4, sharey=True)
    for axes, (of, title) in zip(panels, COMPARED.items(), strict=True):
        null = "null" if of == "models" else "between null"
        axis = measured["axis"].values
        styles = ((of, SPACE_LIKE, "-", "runs"), (null, TIME_LIKE, "--", "samples permuted within classes"))
        for kind, colour, dashes, label in styles:
            axes.plot(axis, 100 * measured["stress"].sel(kind=kind), dashes, color=colour, label=label)
        axes.set(xscale="log", xlabel="number of axes", ylim=(0, 100))
        axes.set_title(title, fontsize=9)
        axes.set_xticks([1, 2, 3, 5, 10, 20, 50], ["1", "2", "3", "5", "10", "20", "50"])
        axes.minorticks_off()
    for (stem, name), marker in zip(PUBLISHED.items(), "sD", strict=True):
        given = paper_series(stem)
        values = [100 * number.value for number in given.values()]
        panels[0].plot(
            list(map(int, given)), values, marker, color=MUTED, markerfacecolor="none", linestyle="", label=name
        )
    panels[0].set_ylabel("explained stress (%)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, fontsize=8)
    return figure


def distances(added: pd.DataFrame, tasks: pd.DataFrame) -> Figure:
    """Heat map of what another task adds to the distance of seeds, over that distance.

    Parameters
    ----------
    added : (tasks, tasks) DataFrame
        From :func:`paper.rooms.tasks.pairs.relative_excess`.
    tasks : DataFrame
    """
    figure, axes = new_figure(width=0.9 + 0.27 * len(tasks) + 1.4, height=1.3 + 0.24 * len(tasks))
    names = tasks.index.tolist()
    values = added.loc[names, names].to_numpy()
    image = axes.imshow(values, cmap="viridis", norm=Normalize(0, np.nanmax(values)))
    labels = [name.replace("_", " ") for name in names]
    axes.set_xticks(range(len(names)), labels, rotation=90, fontsize=7)
    axes.set_yticks(range(len(names)), labels, fontsize=7)
    for ticks in (axes.get_xticklabels(), axes.get_yticklabels()):
        for tick, kind in zip(ticks, tasks["kind"], strict=True):
            tick.set_color(LOOKS[kind][0])
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, label="excess distance / distance of seeds", shrink=0.8)
    return figure


def classes(added: pd.DataFrame, tasks: pd.DataFrame) -> Figure:
    """Excess distance: to the task of all classes by how many are left out; of two tasks by how many they do not share.

    Parameters
    ----------
    added, tasks
        As for :func:`distances`.
    """
    figure, (left, right) = new_figure(2, width=4.6, height=4.2)
    whole = tasks.index[tasks["kind"] == "whole"][0]
    spread = 0.12
    for kind, some in tasks[tasks["kind"] != "whole"].groupby("kind", sort=False):
        colour, marker = LOOKS[str(kind)]
        beside = some.groupby("left_out")["left_out"]
        place = some["left_out"] + spread * (beside.cumcount() - (beside.transform("size") - 1) / 2)
        left.plot(place, added.loc[some.index, whole], marker, color=colour, label=KINDS[str(kind)], markersize=5)
    left.axhline(0, color=MUTED, linewidth=0.8)
    left.set(xlabel="classes left out", ylabel="excess distance / distance of seeds")
    left.set_title("to the task of all classes", fontsize=9)
    subsets = tasks[tasks["kind"] == "subset"]
    pairs = [(a, b) for a, b in combinations(subsets.index, 2) if tasks.loc[a, "left_out"] == tasks.loc[b, "left_out"]]
    sizes = sorted({len(subsets.loc[a, "classes"]) for a, _ in pairs})
    for size, marker in zip(sizes, "^vosDPX", strict=False):
        of_size = [pair for pair in pairs if len(subsets.loc[pair[0], "classes"]) == size]
        apart = np.array([len(subsets.loc[a, "classes"] - subsets.loc[b, "classes"]) for a, b in of_size])
        place = apart + 0.06 * (np.arange(len(apart)) % 5 - 2)
        look = {"color": LOOKS["subset"][0], "markersize": 5, "alpha": 0.8, "label": f"{size} classes each"}
        right.plot(place, [added.loc[a, b] for a, b in of_size], marker, **look)
    right.set(xlabel="classes not shared")
    right.set_title("between two tasks with equally many classes", fontsize=9)
    for axes in (left, right):
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.margins(0.08)
    handles = [*left.get_legend_handles_labels()[0], *right.get_legend_handles_labels()[0]]
    figure.legend(handles=handles, loc="outside upper center", ncols=4, fontsize=8)
    return figure


def gains(found: Mapping[str, dict], tasks: pd.DataFrame) -> Figure:
    """Gain of progress from the untrained network to the end, by task: on its own classes, on the others, on all.

    Parameters
    ----------
    found : mapping
        From :func:`paper.rooms.tasks.analysis.gain_numbers`.
    tasks : DataFrame
    """
    names = tasks.index.tolist()
    figure, axes = new_figure(width=6.4, height=1.1 + 0.2 * len(names))
    styles = {"own": ("#0072B2", "o", "its own classes"), "others": ("#D55E00", "X", "classes that it leaves out")}
    for part, (colour, marker, label) in {**styles, "all": ("#000000", "|", "all classes")}.items():
        rows = [(found["by_task"][name][part], row) for row, name in enumerate(names) if part in found["by_task"][name]]
        if rows:
            axes.plot(*np.transpose(rows), marker, color=colour, label=label, linestyle="", markersize=7)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names], fontsize=8)
    axes.set(ylim=(len(names) - 0.5, -0.5), xlabel="gain of progress, test split")
    axes.grid(axis="y", color="0.92", linewidth=0.6)
    for tick, kind in zip(axes.get_yticklabels(), tasks["kind"], strict=True):
        tick.set_color(LOOKS[kind][0])
    figure.legend(loc="outside upper center", ncols=3, fontsize=8)
    return figure
