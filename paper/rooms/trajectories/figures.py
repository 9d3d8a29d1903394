"""Figures of trajectories as wholes: which are alike, what tells them apart, how far they spread."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy.cluster.hierarchy import dendrogram

from paper.figures.intervals import point
from paper.figures.style import Palette, new_figure
from paper.rooms.trajectories.analysis import DIFFERENCES
from paper.statistics import FACTOR_NAMES

#: Marker of each optimiser; further ones take the spare markers in turn.
MARKERS = {"sgd": "o", "sgdn": "^", "adam": "s"}
SPARE_MARKERS = "DvPX"
OPTIMIZERS = {"sgd": "SGD", "sgdn": "SGD with Nesterov momentum", "adam": "Adam"}
#: Colour maps of the factors that are not architectures, from light to dark.
FACTOR_MAPS = {"optimizer": "Greys", "batch_size": "BuGn", "weight_decay": "Purples", "augmentation": "YlOrBr"}


def markers_of(optimizers) -> dict[str, str]:
    """Marker of each of these optimisers."""
    others = [name for name in dict.fromkeys(optimizers) if name not in MARKERS]
    spare = {name: SPARE_MARKERS[i % len(SPARE_MARKERS)] for i, name in enumerate(others)}
    return {name: marker for name, marker in (MARKERS | spare).items() if name in set(optimizers)}


def trajectory_map(coordinates: np.ndarray, runs: pd.DataFrame, labels: list[str], palette: Palette) -> Figure:
    """Trajectories as points, in two pairs of axes: colour is architecture, shape optimiser, hollow augmentation.

    Parameters
    ----------
    coordinates : (m, 3) array
    runs : DataFrame
        One row for each trajectory, with its factors.
    labels : list of str
        Of the three axes.
    palette : Palette
    """
    figure, panels = new_figure(2, width=4.6, height=4)
    markers = markers_of(runs["optimizer"])
    colours = runs["network"].map(palette.colour).to_numpy()
    plain = (runs["augmentation"] == "none").to_numpy()
    for axes, (x, y) in zip(panels, ((0, 1), (0, 2)), strict=True):
        for optimizer, marker in markers.items():
            for filled in (True, False):
                chosen = (runs["optimizer"] == optimizer).to_numpy() & (plain == filled)
                axes.scatter(
                    *coordinates[chosen][:, [x, y]].T,
                    marker=marker,
                    s=26,
                    linewidth=0.9,
                    alpha=0.85,
                    facecolors=colours[chosen] if filled else "none",
                    edgecolors=colours[chosen],
                )
        axes.set(xlabel=labels[x], ylabel=labels[y])
    entries = [
        Line2D([], [], linestyle="", marker="o", color=palette.colour(n), label=palette.label(n))
        for n in palette.networks
    ]
    entries += [
        Line2D([], [], linestyle="", marker=marker, color="0.3", label=OPTIMIZERS.get(name, name))
        for name, marker in markers.items()
    ]
    if not plain.all():
        entries.append(Line2D([], [], linestyle="", marker="o", markerfacecolor="none", color="0.3", label="augmented"))
    figure.legend(handles=entries, loc="outside upper center", ncols=5)
    return figure


def tree(linkage: np.ndarray, configurations: pd.DataFrame, palette: Palette) -> Figure:
    """Dendrogram of configurations with one strip of colours for each factor.

    Parameters
    ----------
    linkage : array
        From :func:`scipy.cluster.hierarchy.linkage`.
    configurations : DataFrame
        Factors of each configuration, by its name, in the order of the linkage.
    palette : Palette
    """
    figure, (branches, strips) = new_figure(
        2, width=4.6, height=1.2 + 0.2 * len(configurations), gridspec_kw={"width_ratios": [3, 1]}
    )
    found = dendrogram(linkage, ax=branches, orientation="left", color_threshold=0, above_threshold_color="0.35")
    branches.set(xlabel="mean trajectory distance (nats a sample)", yticks=[])
    branches.spines["left"].set_visible(False)
    ordered = configurations.iloc[found["leaves"]]
    legends = {}
    for column, (factor, title) in enumerate(FACTOR_NAMES.items()):
        colours = factor_colours(configurations[factor], factor, palette)
        legends[title] = {value_name(value, factor, palette): colour for value, colour in colours.items()}
        for row, value in enumerate(ordered[factor]):
            strips.barh(row, 0.92, left=column, height=0.92, color=colours[value], linewidth=0)
    strips.set(xlim=(0, len(FACTOR_NAMES)), ylim=(-0.5, len(ordered) - 0.5))
    strips.set_yticks(range(len(ordered)), ordered.index, fontsize=7, family="monospace")
    strips.yaxis.tick_right()
    strips.set_xticks(np.arange(len(FACTOR_NAMES)) + 0.46, list(FACTOR_NAMES.values()), rotation=90, fontsize=8)
    strips.tick_params(length=0)
    strips.spines[:].set_visible(False)
    branches.set_ylim(0, 10 * len(ordered))
    entries = [
        entry
        for title, values in legends.items()
        for entry in (
            Patch(alpha=0, label=f"$\\bf{{{title.replace(' ', '~')}}}$"),
            *(Patch(color=colour, label=str(value)) for value, colour in values.items()),
        )
    ]
    figure.legend(handles=entries, loc="outside right center", fontsize=8, handlelength=1)
    return figure


def value_name(value: object, factor: str, palette: Palette) -> str:
    """A factor's value as it stands in legends."""
    if factor == "network":
        return palette.label(value)
    return f"{value:g}" if isinstance(value, float) else OPTIMIZERS.get(value, str(value))


def factor_colours(values: pd.Series, factor: str, palette: Palette) -> dict:
    """Colour of each value of a factor: that of the architecture everywhere, or steps of the factor's own map."""
    distinct = list(dict.fromkeys(values)) if factor in ("network", "optimizer") else sorted(set(values))
    if factor == "network":
        return {value: palette.colour(value) for value in palette.networks if value in distinct}
    return dict(zip(distinct, sns.color_palette(FACTOR_MAPS[factor], len(distinct) + 1)[1:], strict=True))


def factor_effects(importance: dict, medians: Mapping[str, dict]) -> Figure:
    """Two panels: permutation importance of each factor, and median distance of runs that differ in one thing only.

    Parameters
    ----------
    importance : dict
        From :func:`paper.rooms.trajectories.analysis.factor_importance`.
    medians : mapping from split to dict
        From :func:`paper.rooms.trajectories.analysis.one_factor_medians`.
    """
    figure, (left, right) = new_figure(2, width=4.8, height=3)
    rows = importance["importance"]
    bars(
        left,
        {FACTOR_NAMES[factor]: row["mean"] for factor, row in rows.items()},
        [row["interval"] for row in rows.values()],
    )
    left.axvline(0, color="0.6", linewidth=0.8)
    left.set(xlabel="permutation importance (loss of R² on held-out pairs)")
    for offset, (split, found), colour in zip((-0.15, 0.15), medians.items(), ("#0072B2", "#D55E00"), strict=False):
        for row, name in enumerate(DIFFERENCES):
            point(right, found[name], row + offset, colour, split if row == 0 else None)
    right.set_yticks(range(len(DIFFERENCES)), [f"{name} only" for name in DIFFERENCES.values()])
    right.invert_yaxis()
    right.set(xlabel="median distance of trajectories that differ in\nthis factor only (nats a sample)", xlim=(0, None))
    right.legend()
    return figure


def bars(axes, values: Mapping[str, float], intervals: list) -> None:
    """Horizontal bars with intervals, the first on top."""
    rows = np.arange(len(values))
    axes.barh(rows, list(values.values()), color="0.75")
    for row, ends in zip(rows, intervals, strict=True):
        axes.plot(ends, [row, row], color="black", linewidth=1.2)
    axes.set_yticks(rows, list(values))
    axes.invert_yaxis()


def null_figure(medians: Mapping[str, dict], nulls: Mapping[str, dict]) -> Figure:
    """Median distance of runs that differ in one thing only, and to the class-preserving null of the other run.

    Parameters
    ----------
    medians, nulls : mapping from split to dict
        From :func:`paper.rooms.trajectories.analysis.one_factor_medians`.
    """
    figure, panels = new_figure(len(medians), width=4.4, height=3, sharey=True, squeeze=False)
    for axes, split in zip(panels[0], medians, strict=True):
        for row, name in enumerate(DIFFERENCES):
            first = row == 0
            point(axes, medians[split][name], row - 0.14, "#0072B2", "to the other run" if first else None)
            point(axes, nulls[split][name], row + 0.14, "0.4", "to its class-preserving null" if first else None, "D")
        axes.set(xlabel="median trajectory distance (nats a sample)", title=split, xlim=(0, None))
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
    values = {"geodesic_distance": "distance to the geodesic", "tube_width": "distance to the mean over seeds"}
    figure, panels = new_figure(2, len(tables), width=4.4, height=2.9, squeeze=False)
    for row, (split, table) in zip(panels, tables.items(), strict=True):
        for axes, (value, label) in zip(row, values.items(), strict=True):
            for network in palette.networks:
                by_s = table[table["network"] == network].groupby("s")[value]
                axes.plot(by_s.median(), color=palette.colour(network), label=palette.label(network), linewidth=1.5)
                axes.fill_between(
                    by_s.median().index,
                    by_s.quantile(0.25),
                    by_s.quantile(0.75),
                    color=palette.colour(network),
                    alpha=0.15,
                    linewidth=0,
                )
            axes.set(xlabel="progress", ylabel=f"{label}\n(nats a sample)", title=split, xlim=(0, 1), ylim=(0, None))
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=len(palette.networks))
    return figure
