"""Figures of layers beside the output: maps over depth and time, distances to the output's path, progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from inpca.predictions.store import SPLITS
from paper.figures.manifold import axis_label
from paper.figures.style import MUTED, Palette, new_figure
from paper.rooms.hidden_layers.analysis import layer_name
from paper.rooms.hidden_layers.configuration import PROBES

#: Colours of depth, from the images to the last hidden layer; the output is black.
COLOURS, OUTPUT = "viridis", "#000000"
#: Where the last hidden layer is on that scale, whose end is too pale.
DEEPEST = 0.92
#: The path over depth at the end of training, and the colour and marker of each probe.
DEPTH = "#D55E00"
LOOKS = {"linear": ("#0072B2", "o"), "means": ("#CC79A7", "s")}
#: Axes of the views of a map.
VIEWS = ((1, 2), (1, 3))


def colours_of(n_layers: int) -> list:
    """Colour of each layer: the images first, the output last."""
    return [*mpl.colormaps[COLOURS](np.linspace(0, DEEPEST, n_layers - 1)), OUTPUT]


def label_of(network: str) -> str:
    """Name of a network in titles."""
    return Palette.of([network]).label(network)


def maps(found: Sequence[xr.Dataset]) -> Figure:
    """Layers over time, and over depth at the end, from above and from the front; one column for each network.

    Parameters
    ----------
    found : sequence of Dataset
        From :func:`paper.rooms.hidden_layers.paths.map_of`, of one probe. Lines are means over the seeds of the first
        configuration; points are the last models of all runs.
    """
    size = np.max([extent(one) for one in found], axis=0)
    width = 5.2
    heights = [width * size[axis - 1] / size[0] for _, axis in VIEWS]
    figure, grid = plt.subplots(
        2,
        len(found),
        figsize=(width * len(found), sum(heights) + 1.9),
        height_ratios=heights,
        squeeze=False,
    )
    for column, one in zip(grid.T, found, strict=True):
        for axes, (x, y) in zip(column, VIEWS, strict=True):
            draw_map(axes, one, [x - 1, y - 1])
            axes.set(xlabel=axis_label(one, x), ylabel=axis_label(one, y), aspect="equal")
        column[0].set_title(label_of(one.attrs["network"]))
    figure.legend(handles=map_legend(), fontsize=8, ncols=4, loc="outside upper center")
    scale = ScalarMappable(Normalize(0, 1), COLOURS)
    bar = figure.colorbar(
        scale, ax=grid, location="right", aspect=40, shrink=0.8, boundaries=np.linspace(0, DEEPEST, 200)
    )
    bar.set_ticks([0, DEEPEST], labels=["images", "last hidden\nlayer"])
    return figure


def map_legend() -> list[Line2D]:
    """Entries of a map that are not layers."""
    last = {"linestyle": "", "marker": ".", "color": "0.5"}
    return [
        Line2D([], [], color=OUTPUT, linewidth=2.2, label="output over time"),
        Line2D([], [], color=DEPTH, marker="D", markersize=4.5, label="over depth, at the end"),
        Line2D([], [], **last, label="single runs, at the end"),
        Line2D([], [], color=MUTED, linestyle="--", label="geodesic"),
    ]


def extent(one: xr.Dataset) -> np.ndarray:
    """Length of each axis of a map, in √nats."""
    points = np.concatenate([one["place"].values.reshape(-1, one.sizes["axis"]), one["geodesic"].values])
    return np.ptp(points, axis=0)


def draw_map(axes: Axes, one: xr.Dataset, pair: list[int]) -> None:
    """Layers over time and over depth in two axes of a map, with P0, P* and the geodesic between them."""
    place = one["place"].values[..., pair]  # configuration, seed, layer, checkpoint, axis
    mean = place[0].mean(axis=0)
    line = one["geodesic"].values[:, pair]
    axes.plot(*line.T, color=MUTED, linestyle="--", linewidth=1.2, zorder=1)
    colours = colours_of(len(mean))
    for layer, colour in enumerate(colours):
        look = {"color": colour, "zorder": 3 + layer}
        axes.plot(*place[:, :, layer, -1].reshape(-1, 2).T, ".", markersize=3, alpha=0.5, **look)
        width = 2.2 if layer == len(colours) - 1 else 1.4
        axes.plot(*mean[layer].T, linewidth=width, marker="o", markersize=2.2, **look)
    axes.plot(*mean[:, -1].T, color=DEPTH, linewidth=1.6, marker="D", markersize=3.5, zorder=30)
    for name, point in zip(("$P_0$", "$P_*$"), line[[0, -1]], strict=True):
        axes.plot(*point, "k*", markersize=9, zorder=31)
        axes.annotate(name, point, xytext=(5, 5), textcoords="offset points", fontsize=9)


def layer_legend(n_layers: int) -> list[Line2D]:
    """Entries of layers over time."""
    return [
        Line2D([], [], color=colour, linewidth=1.8, label=named(layer, n_layers))
        for layer, colour in enumerate(colours_of(n_layers))
    ]


def named(layer: int, n_layers: int) -> str:
    """``images``, ``layer 3`` or ``output``."""
    name = layer_name(layer, n_layers)
    return f"layer {name}" if name.isdecimal() else name


def over_time(networks: Sequence[xr.Dataset], split: str) -> Figure:
    """Distance of each layer to paths of outputs of other seeds by epoch; one row for each network, a column a probe.

    Means over runs of all configurations; dotted, in grey, the mean null of hidden layers.
    """
    figure, grid = new_figure(len(PROBES), len(networks), width=4.6, height=3.1, squeeze=False, sharey="row")
    for row, network in zip(grid, networks, strict=True):
        epochs = network["epoch"].mean("configuration").values
        others = network["seed"].values[:, None] != network["other"].values
        shown = np.where(epochs > 0, epochs, epochs[1] / 3)
        for axes, (probe, words) in zip(row, PROBES.items(), strict=True):
            one = network.sel(split=split, probe=probe)
            dims = ("layer", "checkpoint", "configuration", "seed", "other")
            distance, null = (
                one[name].transpose(*dims).values[..., others].mean((2, 3)) for name in ("distance", "null")
            )
            for layer, colour in enumerate(colours_of(len(distance))):
                width = 2.2 if layer == len(distance) - 1 else 1.4
                axes.plot(shown, distance[layer], color=colour, linewidth=width, marker="o", markersize=2.5)
            axes.plot(shown, null[1:-1].mean(axis=0), color="0.45", linestyle=":", linewidth=1.8)
            axes.set(
                xscale="log", xlabel="epoch (0 at the left end)", title=f"{label_of(network.attrs['network'])}: {words}"
            )
        row[0].set_ylim(0, None)
        row[0].set_ylabel("$d_B$ to the output's path\n(nats a sample)")
        null_entry = Line2D([], [], color="0.45", linestyle=":", linewidth=1.8, label="null of hidden layers")
        entries = [*layer_legend(len(distance)), null_entry]
        row[-1].legend(handles=entries, fontsize=7, loc="center left", bbox_to_anchor=(1.02, 0.5))
    return figure


def by_depth(tables: Mapping[str, Mapping[str, pd.DataFrame]], numbers: Mapping) -> Figure:
    """Distance to paths of outputs over that of the null, by depth, one panel for each network.

    Parameters
    ----------
    tables : mapping from network to mapping from probe to DataFrame
        From :func:`paper.rooms.hidden_layers.analysis.by_layer`.
    numbers : mapping
        Of the same split, by probe; from :func:`paper.rooms.hidden_layers.analysis.numbers_of`.
    """
    figure, panels = new_figure(len(tables), width=4.8, height=3.4, squeeze=False, sharey=True)
    for axes, (network, of_probes) in zip(panels[0], tables.items(), strict=True):
        for probe, table in of_probes.items():
            colour, marker = LOOKS[probe]
            x = table["layer"] + (0.08 if probe == "means" else -0.08)
            ends = np.abs(table[["low", "high"]].to_numpy().T - table["ratio"].to_numpy())
            axes.errorbar(x, table["ratio"], ends, color=colour, marker=marker, markersize=5, linewidth=1.6)
            axes.plot(x, table["end"], color=colour, marker=marker, mfc="white", markersize=4.5, linestyle="--")
            axes.plot(x[:-1], table["start"][:-1], color=colour, marker=marker, markersize=2.5, linestyle=":")
        axes.axhline(1, color="0.3", linewidth=1, linestyle=":")
        axes.axhline(numbers["linear"]["bound"], color="0.3", linewidth=1, linestyle=(0, (6, 2)))
        n = len(table)
        axes.set_xticks(range(n), [layer_name(layer, n) for layer in range(n)])
        axes.set(xlabel="hidden layer", title=label_of(network), ylim=(0, 1.15))
    panels[0, 0].set_ylabel("distance to the output's path\nover that of the null")
    entries = [
        Line2D([], [], color=colour, marker=marker, label=f"{PROBES[probe]}, all checkpoints, 95 %")
        for probe, (colour, marker) in LOOKS.items()
    ]
    entries += [
        Line2D([], [], color="0.3", marker="o", mfc="white", linestyle="--", label="at the end of training"),
        Line2D([], [], color="0.3", marker="o", markersize=2.5, linestyle=":", label="before training"),
        Line2D([], [], color="0.3", linewidth=1, linestyle=(0, (6, 2)), label="on the path: below"),
        Line2D([], [], color="0.3", linewidth=1, linestyle=":", label="null: 1"),
    ]
    figure.legend(handles=entries, loc="outside upper center", ncols=3, fontsize=8)
    return figure


def progress(networks: Sequence[xr.Dataset]) -> Figure:
    """Progress by depth, one line for each checkpoint; a row for each network, a column for each split and probe."""
    columns = [(split, probe) for probe in PROBES for split in SPLITS]
    figure, grid = new_figure(
        len(columns), len(networks), width=3, height=2.8, squeeze=False, sharey=True, sharex="row"
    )
    for row, network in zip(grid, networks, strict=True):
        epochs = network["epoch"].mean("configuration").values
        for axes, (split, probe) in zip(row, columns, strict=True):
            of_layers = network["progress"].sel(split=split, probe=probe).mean(("configuration", "seed"))
            draw_progress(axes, of_layers.transpose("layer", "checkpoint").values)
            axes.set_title(f"{label_of(network.attrs['network'])}\n{PROBES[probe]}, {split}", fontsize=9)
        row[0].set(ylabel="progress", ylim=(0, 1))
        entries = [
            Line2D([], [], color=colour, label=f"epoch {epoch:.2g}")
            for colour, epoch in zip(time_colours(len(epochs)), epochs, strict=True)
        ]
        row[-1].legend(handles=entries, fontsize=7, loc="center left", bbox_to_anchor=(1.02, 0.5))
    for axes in grid[-1]:
        axes.set_xlabel("hidden layer")
    return figure


def time_colours(n: int) -> list:
    """Colour of each checkpoint."""
    return list(mpl.colormaps["plasma"](np.linspace(0, 0.88, n)))


def draw_progress(axes: Axes, values: np.ndarray) -> None:
    """Lines over depth of (layer, checkpoint) values; those of the images and of the output stand apart."""
    n = len(values)
    for column, colour in zip(values.T, time_colours(values.shape[1]), strict=True):
        axes.plot(range(1, n - 1), column[1:-1], color=colour, linewidth=1.3)
        axes.plot(n - 1, column[-1], "D", color=colour, markersize=4)
    axes.plot(0, values[0, 0], "s", color="0.4", markersize=4)
    axes.set_xticks([0, 1, n - 2, n - 1], ["images", "1", str(n - 2), "output"], fontsize=7, rotation=45)
