"""Figures of learners among the networks of a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import Normal, withStroke
from scipy.cluster.hierarchy import dendrogram

from inpca import plotting
from inpca.plotting.embedding import Models
from inpca.plotting.frame import RIM as RIM_OF_FRAME
from inpca.plotting.frame import frame_of
from inpca.plotting.means import mean_trajectories
from inpca.plotting.pairs import panels_of
from paper.figures.manifold import geodesic_points
from paper.figures.style import MUTED, Palette, new_figure
from paper.figures.views import VIEWS, placed, show_frame
from paper.rooms.own_runs.analysis import under_way
from paper.rooms.own_runs.places import NETWORK

#: Name, colour and marker of each kind of learner.
KINDS = {
    "boosting": ("boosted trees", "#882255", "^"),
    "forest": ("random forest", "#8B4513", "s"),
    "neighbours": ("vote of neighbours", "#332288", "D"),
    "mlp": ("perceptron of scikit-learn", "#444444", "v"),
    "rbf": ("radial basis network", "#117733", "P"),
}
#: How the null of a learner is drawn.
NULL = {"linestyle": ":", "linewidth": 1.8}
#: Quantiles of the band of networks, and how it is drawn.
BAND, BAND_LOOK = (0.1, 0.9), {"color": MUTED, "alpha": 0.35, "linewidth": 0}
RIM = [withStroke(linewidth=4.5, foreground="white"), Normal()]


@dataclass(frozen=True)
class Groups:
    """Names and colours of architectures and learners, the same in every figure.

    Parameters
    ----------
    networks : Palette
    learners : dict from name to kind
    """

    networks: Palette
    learners: dict[str, str]

    @classmethod
    def of(cls, models: pd.DataFrame) -> Groups:
        """Those of a table with the columns ``network`` and ``learner``."""
        kinds = models.drop_duplicates("network").set_index("network")["learner"]
        return cls(Palette.of(kinds.index[kinds == NETWORK]), kinds[kinds != NETWORK].to_dict())

    def label(self, group: str) -> str:
        """Name in legends: that of its kind, unless the study gave it another."""
        kind = self.learners.get(group)
        if kind is None:
            return self.networks.label(group)
        return KINDS[kind][0] if group == kind else f"{KINDS[kind][0]} ({group})"

    def colour(self, group: str) -> str:
        """Colour, that of its kind."""
        return KINDS[self.learners[group]][1] if group in self.learners else self.networks.colour(group)

    def labels(self) -> dict[str, str]:
        """Names of all, networks first."""
        return {group: self.label(group) for group in (*self.networks.networks, *self.learners)}

    def legend(self) -> list[Line2D]:
        """Entries of all, networks first, and of the geodesic."""
        networks = [
            Line2D([], [], color=self.colour(n), linewidth=1.6, label=self.label(n)) for n in self.networks.networks
        ]
        learners = [
            Line2D([], [], color=self.colour(name), marker=KINDS[kind][2], linewidth=2.2, label=self.label(name))
            for name, kind in self.learners.items()
        ]
        return [*networks, *learners, Line2D([], [], color="black", linewidth=2, label="geodesic")]


def pairs(models: pd.DataFrame, table: pd.DataFrame, embedding: xr.Dataset, groups: Groups, split: str) -> Figure:
    """Learners on the map of networks from three sides, at one scale: means over runs at equal progress.

    Faint are the models of networks; lines with markers, in the colours of learners, go over the thinner ones of
    architectures.

    Parameters
    ----------
    models : DataFrame
        From :func:`paper.rooms.own_runs.places.placed_models`.
    table : DataFrame
        Model table of the networks with coordinates, from :func:`paper.figures.manifold.place_models`.
    embedding : Dataset
    groups : Groups
    split : {"train", "test"}
    """
    axes_of = {f"{split}_pc{axis}": f"pc{axis}" for axis in (1, 2, 3)}
    points = models[["network", "run", "model", f"{split}_progress", *axes_of]].rename(columns=axes_of)
    coordinates = points[["pc1", "pc2", "pc3"]].to_numpy()
    names = {"groups": points["network"].to_numpy(object), "runs": points["run"].to_numpy(object)}
    line = geodesic_points(table, (1, 2, 3))
    means = mean_trajectories(coordinates, **names, progress=points[f"{split}_progress"].to_numpy())
    shown = np.vstack([line, *means.values()])
    everything = Models.of(placed(points, embedding.sel(axis=[1, 2, 3])))
    frame = frame_of(everything, [0, 1, 2])
    rim = RIM_OF_FRAME * np.ptp(frame[0])
    frame = np.stack([np.minimum(frame[:, 0], shown.min(0) - rim), np.maximum(frame[:, 1], shown.max(0) + rim)], axis=1)
    figure, panels, corner = panels_of(VIEWS, dict(zip((1, 2, 3), np.ptp(frame, axis=1), strict=True)))
    is_network = (models["learner"] == NETWORK).to_numpy()
    colours = {name: groups.colour(name) for name in groups.networks.networks}
    background = {key: value[is_network] for key, value in names.items()}
    for axes, (x, y) in zip(panels, VIEWS, strict=True):
        columns = [x - 1, y - 1]
        plotting.draw_groups(axes, coordinates[is_network][:, columns], **background, colours=colours, faint=True)
        draw_means(axes, {name: mean[:, columns] for name, mean in means.items()}, groups)
        plotting.draw_geodesic(axes, line[:, columns], shown[:, columns])
        show_frame(axes, embedding, (x, y), frame)
    if corner is not None:
        corner.legend(handles=groups.legend(), loc="center", frameon=False, fontsize=8)
    return figure


def draw_means(axes: Axes, means: Mapping[str, np.ndarray], groups: Groups) -> None:
    """Mean trajectories (n, 2): thin ones of networks, bold ones with markers of learners over them."""
    for name in groups.networks.networks:
        axes.plot(*means[name].T, color=groups.colour(name), linewidth=1.6, path_effects=RIM, zorder=6)
    for name, kind in groups.learners.items():
        look = {"marker": KINDS[kind][2], "markersize": 5.5, "markeredgecolor": "white", "markeredgewidth": 0.6}
        axes.plot(
            *means[name].T, color=groups.colour(name), linewidth=2.2, markevery=8, path_effects=RIM, zorder=8, **look
        )


def nearest(measured: Mapping[str, xr.Dataset], groups: Groups) -> Figure:
    """Distance to the nearest network at equal progress: of a learner, of its null, and of networks among themselves.

    One column for each learner, one row for each split. Thin lines are runs, the thick one their mean; dotted the mean
    of their nulls. The band holds the middle 80 % of networks, measured to those of other architectures, the grey line
    their median.

    Parameters
    ----------
    measured : mapping from split to Dataset
        From :func:`paper.rooms.own_runs.places.nearest_networks`.
    groups : Groups
    """
    n = len(groups.learners)
    figure, grid = new_figure(n, len(measured), width=2.4, height=2.6, squeeze=False, sharex=True, sharey="row")
    for row, (split, of_split) in zip(grid, measured.items(), strict=True):
        s, moving = of_split["s"].values, under_way(of_split)
        values = {name: np.where(moving, of_split[name].values, np.nan) for name in ("nearest", "null")}
        among = quantiles(values["nearest"][(of_split["kind"] == NETWORK).values])
        for axes, learner in zip(row, groups.learners, strict=True):
            axes.fill_between(s, among[0], among[2], **BAND_LOOK)
            axes.plot(s, among[1], color="0.45", linewidth=1.2)
            own, colour = (of_split["group"] == learner).values, groups.colour(learner)
            axes.plot(s, values["nearest"][own].T, color=colour, linewidth=0.6, alpha=0.5)
            axes.plot(s, mean_of_all(values["nearest"][own]), color=colour, linewidth=2.2)
            axes.plot(s, mean_of_all(values["null"][own]), color=colour, **NULL)
        row[0].set(xlim=(0, 1), ylim=(0, None))
        row[0].set_ylabel(f"$d_B$ to the nearest network\n(nats a sample), {split}")
    for axes, learner in zip(grid[0], groups.learners, strict=True):
        axes.set_title(groups.label(learner), fontsize=9, color=groups.colour(learner))
    for axes in grid[-1]:
        axes.set_xlabel("progress")
    entries = [
        Line2D([], [], color="0.2", linewidth=2.2, label="learner"),
        Line2D([], [], color="0.2", label="its null: samples permuted within classes", **NULL),
        Patch(label="networks, to those of other architectures", **BAND_LOOK),
    ]
    figure.legend(handles=entries, loc="outside upper center", ncols=3)
    return figure


def quantiles(values: np.ndarray) -> np.ndarray:
    """Low end, median and high end over runs (m, s), NaN where none is under way."""
    found = np.full((3, values.shape[1]), np.nan)
    some = np.isfinite(values).any(axis=0)
    found[:, some] = np.nanquantile(values[:, some], [BAND[0], 0.5, BAND[1]], axis=0)
    return found


def mean_of_all(values: np.ndarray) -> np.ndarray:
    """Mean over runs (m, s) where all of them are under way, so that it does not jump where one ends."""
    return values.mean(axis=0)


def ratios(tables: Mapping[str, pd.DataFrame], numbers: Mapping[str, Mapping], groups: Groups) -> Figure:
    """Ratio of each run, with means; 1 is that of its null. One panel for each split.

    Parameters
    ----------
    tables : mapping from split to DataFrame
        From :func:`paper.rooms.own_runs.analysis.ratios`.
    numbers : mapping
        ``groups`` and ``path`` by split, from :func:`paper.rooms.own_runs.analysis.group_numbers` and
        :func:`paper.rooms.own_runs.analysis.path_bound`.
    groups : Groups
    """
    figure, panels = new_figure(len(tables), width=4.6, height=3.8, sharey=True)
    labels = groups.labels()
    for axes, (split, table) in zip(panels, tables.items(), strict=True):
        for row, group in enumerate(labels):
            colour, of_group = groups.colour(group), table.loc[table["group"] == group, "ratio"]
            spread = row + np.linspace(-0.25, 0.25, len(of_group)) if len(of_group) > 1 else [row]
            axes.scatter(of_group, spread, s=9, color=colour, alpha=0.5, linewidth=0)
            found = numbers["groups"][split].get(group)
            if found is not None:
                axes.plot(found.get("interval", [np.nan] * 2), [row, row], color="black", linewidth=1.6)
                axes.plot(found["ratio"], row, "D", color=colour, markeredgecolor="black", markersize=6)
                axes.plot(found["null_ratio"], row, "|", color="0.4", markersize=9)
        path = numbers["path"][split]
        for value, look in ((path["networks"], "-"), (path["bound"], "--"), (1, ":")):
            axes.axvline(value, color="0.3", linewidth=1, linestyle=look, zorder=0)
        axes.axhline(len(groups.networks.networks) - 0.5, color="0.8", linewidth=0.8)
        axes.set(xlabel="distance to the nearest network / that of the null", title=f"{split} split", xlim=(0, None))
    panels[0].set_yticks(range(len(labels)), labels.values())
    panels[0].invert_yaxis()
    entries = [
        Line2D([], [], linestyle="", marker="D", color="0.6", markeredgecolor="black", label="mean, 95 % over seeds"),
        Line2D([], [], color="0.3", linewidth=1, label="mean of networks"),
        Line2D([], [], color="0.3", linestyle="--", linewidth=1, label="on the path: left of this"),
        Line2D([], [], linestyle="", marker="|", color="0.4", markersize=9, label="another null"),
    ]
    figure.legend(handles=entries, loc="outside upper center", ncols=4)
    return figure


def kinds(apart: Mapping[str, tuple[pd.DataFrame, np.ndarray]], groups: Groups) -> Figure:
    """Mean distance of runs of every two kinds, under their tree, one column for each split.

    Parameters
    ----------
    apart : mapping from split to (DataFrame, linkage)
        From :func:`paper.rooms.own_runs.analysis.kinds_apart`.
    groups : Groups
    """
    n = len(groups.labels())
    side = 0.45 * n + 0.6
    figure, (trees, cells) = plt.subplots(
        2, len(apart), figsize=(len(apart) * (side + 1.3), side + 2.4), height_ratios=[1, 4.5], squeeze=False
    )
    for tree, axes, (split, (between, merges)) in zip(trees, cells, apart.items(), strict=True):
        found = dendrogram(merges, ax=tree, no_labels=True, color_threshold=0, above_threshold_color="0.35")
        ordered = between.iloc[found["leaves"], found["leaves"]]
        sns.heatmap(
            100 * ordered,
            ax=axes,
            annot=True,
            fmt=".1f",
            annot_kws={"fontsize": 7},
            cmap="crest",
            cbar=False,
            square=True,
        )
        names = [groups.label(group) for group in ordered.index]
        axes.set_xticks(np.arange(len(names)) + 0.5, names, rotation=45, ha="right", fontsize=8)
        axes.set_yticks(np.arange(len(names)) + 0.5, names, rotation=0, fontsize=8)
        for text, group in zip((*axes.get_xticklabels(), *axes.get_yticklabels()), (*ordered, *ordered), strict=True):
            text.set_fontweight("bold" if group in groups.learners else "normal")
        tree.set(title=f"{split} split", ylabel="$d_B$ (nats)")
        tree.spines["bottom"].set_visible(False)
    return figure
