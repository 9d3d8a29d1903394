"""Figures of exchanged components: shares of variance, one at a time, models and runs coloured by component."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper.figures.intervals import SPLITS, point
from paper.figures.manifold import axis_label, draw_geodesic
from paper.figures.style import MUTED, Look, new_figure
from paper.rooms.ablation.analysis import NAMES, effect_name
from paper.rooms.ablation.design import LABEL, REST
from paper.statistics.factorial import TIMES

#: Of the first and of the second level of a component.
LEVELS = (Look("#0072B2", "-", "o"), Look("#D55E00", "--", "^"))
#: Values of components, for readers.
VALUES = {"conv1": "1×1", "conv3": "3×3", "conv5": "5×5", "conv7": "7×7", True: "yes", False: "no"}
LABEL_NAME = "seed even or odd (means nothing)"


def level_name(level: object) -> str:
    """A level of a component."""
    known = level in VALUES and not (isinstance(level, int) and not isinstance(level, bool))
    return VALUES[level] if known else str(level)


def shares_of_parts(parts: Mapping[str, Mapping[str, dict]], labels: Mapping[str, dict]) -> Figure:
    """Bars of the share of each effect with intervals, beside what chance reaches; interactions of two on the right.

    Parameters
    ----------
    parts, labels : mapping from split to mapping
        From :meth:`paper.rooms.ablation.design.Design.parts` and of the label that means nothing.
    """
    names = list(next(iter(parts.values())))
    pairs = [name for name in names if TIMES in name]
    alone = [name for name in names if name not in pairs and name not in REST]
    figure, (left, right) = new_figure(2, width=5.6, height=1.2 + 0.33 * max(len(pairs), len(alone) + len(REST) + 1))
    for place, (split, found) in enumerate(parts.items()):
        with_label = {**found, LABEL: labels[split] | {"threshold": labels[split]["permuted"][1]}}
        for axes, rows in ((left, [*alone, LABEL, *REST]), (right, pairs)):
            for row, name in enumerate(rows):
                _bar(axes, with_label[name], row + 0.38 * place - 0.19, SPLITS[split], None if row else split)
    for axes, rows in ((left, [*alone, LABEL, *REST]), (right, pairs)):
        axes.set_yticks(range(len(rows)), [LABEL_NAME if name == LABEL else effect_name(name) for name in rows])
        axes.invert_yaxis()
        axes.set(xlabel="share of the variance of trajectories (%)", xlim=(0, None))
    left.set_title("components, and what is left")
    right.set_title("interactions of two components")
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def _bar(axes: Axes, found: Mapping, y: float, colour: str, label: str | None) -> None:
    """A share with its interval, and the share that chance hardly exceeds."""
    axes.barh(y, 100 * found["share"], height=0.36, color=colour, alpha=0.55, label=label)
    if "interval" in found:
        axes.plot(100 * np.array(found["interval"]), [y, y], color="black", linewidth=1.2)
    if "threshold" in found:
        chance = "what chance hardly exceeds" if label == "train" else None
        axes.plot(100 * found["threshold"], y, "D", color="#009E73", markersize=4, label=chance)


def one_at_a_time(tables: Mapping[str, pd.DataFrame], floors: Mapping[str, float], base: Mapping) -> Figure:
    """What each level adds to the distance of seeds around the base network; dashed, that distance itself.

    Parameters
    ----------
    tables : mapping from split to DataFrame
        From :func:`paper.rooms.ablation.analysis.one_at_a_time`.
    floors : mapping from split to float
        Mean distance of seeds of one network.
    base : mapping
        Components of the base network.
    """
    rows = next(iter(tables.values()))
    figure, panels = new_figure(2, width=5, height=1.3 + 0.3 * len(rows), sharey=True)
    names = [
        f"{'pixels mixed by' if name == 'mixing' else NAMES[name]}: {level_name(base[name])} → {level_name(level)}"
        for name, level in zip(rows["component"], rows["level"], strict=True)
    ]
    for axes, (split, table) in zip(panels, tables.items(), strict=True):
        for y, row in enumerate(table.itertuples()):
            point(axes, row.mean, [row.low, row.high], y, SPLITS[split], None)
        axes.axvline(0, color="0.6", linewidth=0.8)
        axes.axvline(floors[split], color=MUTED, linestyle="--", linewidth=1.2, label="distance of seeds")
        axes.set(title=split, xlabel="added to the distance of seeds (nats a sample)")
    panels[0].set_yticks(range(len(names)), names)
    panels[0].invert_yaxis()
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center")
    return figure


def manifold(points: pd.DataFrame, embedding: xr.Dataset, levels: Mapping[str, Sequence]) -> Figure:
    """Models in the first two axes, once for each component: faint by its level, and the mean run of each level.

    The mean is over the places of runs at the same checkpoint.

    Parameters
    ----------
    points : DataFrame
        Model table with components and coordinates; rows that are no runs are the geodesic.
    embedding : Dataset
    levels : mapping from component to sequence
        The two levels that are crossed.
    """
    figure, panels = _panels(levels)
    names = ["pc1", "pc2"]
    models = points[points["kind"] == "run"]
    order = models.groupby("run").cumcount()
    for axes, (component, two) in zip(panels, levels.items(), strict=False):
        for look, level in zip(LEVELS, two, strict=False):
            chosen = models[component] == level
            axes.scatter(*models.loc[chosen, names].to_numpy().T, s=3, color=look.colour, alpha=0.15, linewidths=0)
            mean = models[chosen].groupby(order[chosen])[names].mean().to_numpy()
            marks = {"color": look.colour, "linestyle": look.dashes, "marker": look.marker, "markersize": 4}
            axes.plot(*mean.T, **marks, linewidth=1.8, label=level_name(level), zorder=3)
        draw_geodesic(axes, points, (1, 2))
        _titled(axes, component, [axis_label(embedding, axis) for axis in (1, 2)])
    return figure


def map_of_runs(
    coordinates: np.ndarray, table: pd.DataFrame, labels: list[str], levels: Mapping[str, Sequence]
) -> Figure:
    """Whole runs as points, by the distance of their trajectories, once for each component; large, means of levels.

    Parameters
    ----------
    coordinates : (m, 2) array
    table : DataFrame
        One row for each run, with its components.
    labels : list of str
        Of the two axes.
    levels : mapping from component to sequence
        The two levels that are crossed.
    """
    figure, panels = _panels(levels)
    for axes, (component, two) in zip(panels, levels.items(), strict=False):
        for look, level in zip(LEVELS, two, strict=False):
            chosen = coordinates[(table[component] == level).to_numpy()]
            marks = {"color": look.colour, "marker": look.marker}
            axes.scatter(*chosen.T, s=11, alpha=0.5, linewidths=0, **marks)
            mean = chosen.mean(axis=0)
            axes.scatter(*mean, s=110, edgecolors="black", linewidths=1, label=level_name(level), zorder=3, **marks)
        _titled(axes, component, labels)
    return figure


def _panels(levels: Mapping[str, Sequence]) -> tuple[Figure, list[Axes]]:
    """One panel for each component that is crossed, at most three in a row."""
    columns = min(3, len(levels))
    count = -(-len(levels) // columns)
    figure, panels = new_figure(columns, count, width=3.9, height=3.7, sharex=True, sharey=True, squeeze=False)
    for spare in panels.ravel()[len(levels) :]:
        spare.set_axis_off()
    for axes in panels.ravel():
        axes.tick_params(labelbottom=True, labelleft=True)
    return figure, list(panels.ravel())


def _titled(axes: Axes, component: str, labels: list[str]) -> None:
    """Labels of a panel, its levels above it."""
    axes.set(xlabel=labels[0], ylabel=labels[1])
    axes.legend(title=NAMES[component], loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
