"""Figures of trajectories as wholes: which are alike, what tells them apart, how far they spread."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from inpca.plotting import dendrogram
from paper.figures.intervals import SPLITS, point
from paper.figures.style import OPTIMIZERS, Palette, new_figure, optimizer_looks
from paper.rooms.trajectories.analysis import DIFFERENCES, PARTS
from paper.statistics.pairs import FACTOR_NAMES

AUGMENTATIONS = {"none": "–", "cropflip": "crop, flip"}


def trajectory_map(
    coordinates: np.ndarray, geodesic: np.ndarray, runs: pd.DataFrame, labels: list[str], palette: Palette
) -> Figure:
    """Trajectories as points, in two pairs of axes of equal scale: colour is architecture, shape optimiser.

    Runs of one configuration, which differ in the seed, are joined to their mean; hollow ones are augmented.

    Parameters
    ----------
    coordinates : (m, 3) array
    geodesic : (3,) array
        Of the geodesic, as a trajectory.
    runs : DataFrame
        One row for each trajectory, with its configuration and factors.
    labels : list of str
        Of the three axes.
    palette : Palette
    """
    figure, panels = new_figure(2, width=4.6, height=4.2)
    configuration = runs["configuration"].to_numpy()
    means = pd.DataFrame(coordinates).groupby(configuration).transform("mean").to_numpy()
    colours = runs["network"].map(palette.colour).to_numpy()
    for axes, pair in zip(panels, ([0, 1], [0, 2]), strict=True):
        spokes = np.stack([coordinates[:, pair], means[:, pair]], axis=1)
        axes.add_collection(LineCollection(spokes, colors=colours, linewidths=0.7, alpha=0.6))
        _draw_runs(axes, coordinates[:, pair], runs, colours)
        axes.plot(*geodesic[pair], "*", color="black", markersize=12)
        axes.set(xlabel=labels[pair[0]], ylabel=labels[pair[1]])
        axes.set_aspect("equal", adjustable="datalim")
    entries = [_entry("o", palette.colour(name), palette.label(name)) for name in palette.networks]
    looks = optimizer_looks(runs["optimizer"])
    entries += [_entry(look.marker, "0.3", OPTIMIZERS.get(name, name)) for name, look in looks.items()]
    if (runs["augmentation"] != "none").any():
        entries.append(_entry("o", "0.3", "augmented", markerfacecolor="none"))
    entries.append(_entry("*", "black", "geodesic", markersize=10))
    figure.legend(handles=entries, loc="outside upper center", ncols=6)
    return figure


def _draw_runs(axes: Axes, places: np.ndarray, runs: pd.DataFrame, colours: np.ndarray) -> None:
    """Runs as points whose shape is that of their optimiser."""
    plain = (runs["augmentation"] == "none").to_numpy()
    for optimizer, look in optimizer_looks(runs["optimizer"]).items():
        for filled in (True, False):
            chosen = (runs["optimizer"] == optimizer).to_numpy() & (plain == filled)
            faces = colours[chosen] if filled else "none"
            axes.scatter(
                *places[chosen].T, marker=look.marker, s=20, linewidth=0.9, facecolors=faces, edgecolors=colours[chosen]
            )


def _entry(marker: str, colour: str, label: str, **style) -> Line2D:
    """A marker in a legend."""
    return Line2D([], [], linestyle="", marker=marker, color=colour, label=label, **style)


def tree(distances: np.ndarray, configurations: pd.DataFrame, palette: Palette) -> Figure:
    """Dendrogram of configurations, with their factors written beside it.

    Parameters
    ----------
    distances : (n, n) array
    configurations : DataFrame
        Factors of each of the n configurations.
    palette : Palette
        Colours of the architectures; the values of other factors are told apart by shades of grey.
    """
    values, colours = {}, {}
    for factor, name in FACTOR_NAMES.items():
        title, column = name.replace(" ", "\n"), configurations[factor]
        values[title] = [value_name(value, factor, palette) for value in column]
        shades = factor_colours(column, factor, palette)
        colours[title] = {value_name(value, factor, palette): shade for value, shade in shades.items()}
    return dendrogram(distances, factors=values, colors=colours, label="mean trajectory distance (nats a sample)")


def value_name(value: object, factor: str, palette: Palette) -> str:
    """A factor's value as it stands in figures."""
    if factor == "network":
        return palette.label(value)
    return f"{value:g}" if isinstance(value, float) else (OPTIMIZERS | AUGMENTATIONS).get(value, str(value))


def factor_colours(values: pd.Series, factor: str, palette: Palette) -> dict:
    """Colour of each value of a factor: the architecture's own, paler; shades of grey for others."""
    if factor == "network":
        return {value: to_rgba(palette.colour(value), 0.55) for value in dict.fromkeys(values)}
    order = [*OPTIMIZERS, *AUGMENTATIONS]
    distinct = sorted(set(values), key=lambda value: (order.index(value) if value in order else len(order), value))
    return {value: str(shade) for value, shade in zip(distinct, np.linspace(0.96, 0.72, len(distinct)), strict=True)}


def factor_effects(shares: Mapping[str, dict], added: Mapping[str, dict]) -> Figure:
    """Shares of variance with what chance gives, and what each factor adds to the distance of seeds.

    Parameters
    ----------
    shares, added : mapping from split to dict
        From :func:`paper.rooms.trajectories.analysis.shares_of_variance` and
        :meth:`paper.rooms.trajectories.analysis.Compared.excess`.
    """
    figure, (left, right) = new_figure(2, width=5.2, height=3.4)
    for offset, split in zip((-0.17, 0.17), shares, strict=False):
        for row, name in enumerate(PARTS):
            found, first = shares[split][name], row == 0
            by_chance = 100 * np.array(found.get("permuted", [np.nan] * 2))
            label = "95 % of permutations" if first and offset > 0 else None
            left.plot(by_chance, [row + offset] * 2, color="0.75", linewidth=7, solid_capstyle="butt", label=label)
            percent = 100 * np.array([found["share"], *found["interval"]])
            point(left, percent[0], percent[1:], row + offset, SPLITS[split], split if first else None)
        for row, name in enumerate(FACTOR_NAMES):
            found = added[split][name]
            point(right, found["mean"], found["interval"], row + offset, SPLITS[split], split if row == 0 else None)
    left.set_yticks(range(len(PARTS)), list(PARTS.values()))
    left.set(xlabel="share of the variance of trajectories (%)", xlim=(0, None))
    right.set_yticks(range(len(FACTOR_NAMES)), [f"{name} only" for name in FACTOR_NAMES.values()])
    right.axvline(0, color="0.6", linewidth=0.8)
    right.set(xlabel="added to the distance of seeds (nats a sample)")
    for axes in (left, right):
        axes.invert_yaxis()
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def null_figure(distances: Mapping[str, dict]) -> Figure:
    """Mean distance of runs that differ in one thing only, and to the class-preserving null of the other run.

    Parameters
    ----------
    distances : mapping from split to dict
        From :meth:`paper.rooms.trajectories.analysis.Compared.distances`.
    """
    figure, panels = new_figure(len(distances), width=4.4, height=3, sharey=True, squeeze=False)
    looks = {"other": (-0.14, "#0072B2", "o", "to the other run"), "null": (0.14, "0.4", "D", "to its null")}
    for axes, (split, found) in zip(panels[0], distances.items(), strict=True):
        for row, name in enumerate(DIFFERENCES):
            for kind, (offset, colour, marker, label) in looks.items():
                one = found[name][kind]
                point(axes, one["mean"], one["interval"], row + offset, colour, None if row else label, marker)
        axes.set(xlabel="mean trajectory distance (nats a sample)", title=split, xlim=(0, None))
        axes.set_yticks(range(len(DIFFERENCES)), [f"{name} only" for name in DIFFERENCES.values()])
    panels[0, 0].invert_yaxis()
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def tube(tables: Mapping[str, pd.DataFrame], palette: Palette) -> Figure:
    """Distance to the geodesic and tube width against progress: median and quartiles over an architecture's runs.

    Parameters
    ----------
    tables : mapping from split to DataFrame
        Columns ``network``, ``s``, ``geodesic_distance``, ``tube_width``; where runs are under way.
    palette : Palette
    """
    looks = {name: (palette.label(name), palette.colour(name), "-") for name in palette.networks}
    return _tube_by(tables, "network", looks)


def tube_of_optimizers(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """The same over an optimiser's runs, in the column ``optimizer``."""
    found = optimizer_looks(pd.concat(tables.values())["optimizer"])
    looks = {name: (OPTIMIZERS.get(name, name), look.colour, look.dashes) for name, look in found.items()}
    return _tube_by(tables, "optimizer", looks)


def _tube_by(tables: Mapping[str, pd.DataFrame], column: str, looks: Mapping[str, tuple]) -> Figure:
    """A line with a band for each value of a column, whose label, colour and dashes are given."""
    values = {"geodesic_distance": "distance to the geodesic", "tube_width": "distance to the mean over seeds"}
    figure, panels = new_figure(2, len(tables), width=4.4, height=2.9, squeeze=False)
    for row, (split, table) in zip(panels, tables.items(), strict=True):
        for axes, (value, name) in zip(row, values.items(), strict=True):
            for member, (label, colour, dashes) in looks.items():
                by_s = table[table[column] == member].groupby("s")[value]
                middle, low, high = (by_s.quantile(part) for part in (0.5, 0.25, 0.75))
                axes.plot(middle, color=colour, linestyle=dashes, label=label, linewidth=1.5)
                axes.fill_between(middle.index, low, high, color=colour, alpha=0.15, linewidth=0)
            axes.set(xlabel="progress", ylabel=f"{name}\n(nats a sample)", title=split, xlim=(0, 1), ylim=(0, None))
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=len(looks))
    return figure
