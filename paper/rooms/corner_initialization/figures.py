"""Figures of runs that start in a corner beside runs that start at ignorance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from inpca.embedding.estimator import InPCA
from inpca.predictions.store import SPLITS
from paper.figures import views
from paper.figures.style import ARCHITECTURES, Palette, new_figure
from paper.rooms.corner_initialization.tables import EMBEDDINGS

#: Name and colour of each start; normal runs keep the colour of their architecture, All-CNN.
STARTS = {
    "normal": ("normal initialisation", ARCHITECTURES["allcnn"][1]),
    "random": ("corner: random labels", "#332288"),
    "subset": ("corner: subset", "#117733"),
}
#: How the geodesic from P0 to a corner is drawn, and the corner at its end.
TO_CORNER = {"linewidth": 0.9, "linestyle": "--", "marker": "D", "markersize": 5, "markeredgecolor": "white"}
#: The distance within which a run has joined, and runs with their samples permuted.
BOUND = {"color": "black", "linestyle": "--", "linewidth": 1}
PERMUTED = {"color": "#882255", "linestyle": ":", "linewidth": 1.8}


class StartPalette(Palette):
    """Colours of starts in place of those of networks."""

    def label(self, start: str) -> str:
        """Name in legends."""
        return STARTS[start][0]

    def colour(self, start: str) -> str:
        """Colour, the same in every figure."""
        return STARTS[start][1]


PALETTE = StartPalette(tuple(STARTS))


def by_start(points: pd.DataFrame) -> tuple[pd.DataFrame, StartPalette]:
    """Models with their start in the place of their network, and the colours of the starts that there are."""
    present = tuple(start for start in STARTS if (points["start"] == start).any())
    return points.assign(network=points["start"]), StartPalette(present)


def place_curves(embedding: xr.Dataset, paths: xr.Dataset, split: str) -> dict[str, np.ndarray]:
    """Coordinates (T, k) of the geodesic from P0 to the first model of each run, from its distances to all models.

    Parameters
    ----------
    embedding : Dataset
    paths : Dataset
        With ``<split>_curve_distance`` (curve, point, model).
    split : {"train", "test"}
    """
    D = paths[f"{split}_curve_distance"].sel(model=embedding["model"].values).values
    coordinates = InPCA.from_xarray(embedding).transform(D.reshape(-1, D.shape[-1])).reshape(*D.shape[:2], -1)
    return dict(zip(paths["curve"].values.astype(str), coordinates, strict=True))


def with_geodesic(points: pd.DataFrame, embedding: xr.Dataset, paths: xr.Dataset, split: str) -> pd.DataFrame:
    """Models with the geodesic from P0 to P* at the points that it is drawn at, in place of those of the embedding."""
    D = paths[f"{split}_truth_curve_distance"].sel(model=embedding["model"].values).values
    place = InPCA.from_xarray(embedding).transform(D)[1:-1]
    columns = [f"pc{axis}" for axis in embedding["axis"].values]
    line = pd.DataFrame(place, columns=columns).assign(kind="geodesic", t=paths["t"].values[1:-1])
    return pd.concat([points[points["kind"] != "geodesic"], line], ignore_index=True)


def cone(models: Mapping[str, pd.DataFrame]) -> Figure:
    """Time-like against space-like part of the distance to P*, one panel for each split; on the diagonal it is zero.

    Thin lines are runs, from their first model (ring) to their last (dot).

    Parameters
    ----------
    models : mapping from split to DataFrame
        From :func:`paper.rooms.corner_initialization.summary.cone_distances`.
    """
    figure, panels = new_figure(len(models), width=4.2, height=4)
    for axes, (split, points) in zip(panels, models.items(), strict=True):
        for (start, _), run in points.groupby(["start", "run"], sort=False):
            colour, way = PALETTE.colour(start), np.sqrt(run[["space", "time"]].to_numpy())
            axes.plot(*way.T, color=colour, linewidth=0.7, alpha=0.6)
            axes.scatter(*way[0], s=22, facecolors="white", edgecolors=colour, zorder=3)
            axes.scatter(*way[-1], s=22, color=colour, linewidth=0, zorder=4)
        end = 1.05 * np.sqrt(points[["space", "time"]].to_numpy().max())
        axes.plot([0, end], [0, end], color="black", linewidth=1, linestyle="--", label="light-like: $d_B$ = 0")
        axes.set(xlim=(0, end), ylim=(0, end), aspect="equal", title=f"{split} split")
        axes.set(xlabel="space-like distance to $P_*$ (√nats)", ylabel="time-like distance to $P_*$ (√nats)")
    names = [Line2D([], [], color=PALETTE.colour(start), label=PALETTE.label(start)) for start in STARTS]
    figure.legend(handles=[*names, panels[0].lines[-1]], loc="outside upper center", ncols=4)
    return figure


def pairs(points: pd.DataFrame, embedding: xr.Dataset, curves: Mapping[str, np.ndarray], split: str) -> Figure:
    """Three views at one scale, coloured by start, with dashed geodesics from P0 to corners (diamonds).

    Parameters
    ----------
    points : DataFrame
        From :func:`paper.figures.manifold.place_models`, with a column ``start``.
    embedding : Dataset
    curves : mapping from run to (T, k) array
        Coordinates of the geodesic to the first model of the run.
    split : {"train", "test"}
        Whose progress mean paths are taken at.
    """
    models, palette = by_start(points)
    figure = views.views(models, embedding, palette, split)
    start = points.groupby("run")["start"].first()
    for axes, pair in zip(figure.axes[:3], (views.VIEWS[0], views.VIEWS[2], views.VIEWS[1]), strict=True):
        for run, curve in curves.items():
            line = curve[:, [axis - 1 for axis in pair]]
            axes.plot(*line.T, color=PALETTE.colour(start[run]), markevery=[-1], **TO_CORNER, zorder=3)
    figure.axes[0].legend(handles=[corner_legend()], loc="best", fontsize=8)
    return figure


def manifold_3d(points: pd.DataFrame, embedding: xr.Dataset, curves: Mapping[str, np.ndarray], split: str) -> Figure:
    """First three axes, coloured by start, with geodesics to corners; as :func:`pairs`."""
    models, palette = by_start(points)
    figure = views.in_perspective(models, embedding, palette, split)
    start = points.groupby("run")["start"].first()
    for run, curve in curves.items():
        line = curve[:, :3].T
        figure.axes[0].plot(*line, color=PALETTE.colour(start[run]), markevery=[-1], **TO_CORNER, zorder=9)
    figure.legend(handles=[corner_legend()], loc="lower left", fontsize=8)
    return figure


def corner_legend() -> Line2D:
    """Legend entry of a corner with the geodesic that leads to it."""
    return Line2D([], [], color="0.3", label="$P_0$ to a corner", **TO_CORNER)


def approach(points: pd.DataFrame) -> Figure:
    """Progress, distance to the nearest normal trajectory and to P*, against step.

    Thin lines are runs, thick ones the median over the runs of a start; one row for each split. Dashed is the distance
    within which a run has joined the normal trajectories; dotted the median over corner runs with their samples
    permuted within classes.

    Parameters
    ----------
    points : DataFrame
        Models of runs, from :func:`paper.rooms.corner_initialization.summary.corner_models`.
    """
    columns = {
        "progress": "progress",
        "to_trajectory": "to nearest normal trajectory\nat equal progress",
        "to_truth": "to $P_*$",
    }
    figure, grid = new_figure(3, len(SPLITS), width=3.4, height=2.5, squeeze=False, sharex=True)
    bounds = points[points["start"] == "normal"].groupby("step").first()
    for row, split in zip(grid, SPLITS, strict=True):
        for axes, column in zip(row, columns, strict=True):
            draw_by_step(axes, points, f"{split}_{column}")
            if column != "progress":
                axes.set(yscale="log", ylabel=f"{split} $d_B$ (nats)")
        row[0].set(ylim=(-0.03, 1.03), ylabel=f"{split} progress")
        row[1].plot(bounds.index, bounds[f"{split}_bound"], **BOUND)
        permuted = points[points["start"] == "random"].groupby("step")[f"{split}_permuted"].median()
        row[1].plot(permuted.index, permuted, **PERMUTED)
    for axes, title in zip(grid[0], columns.values(), strict=True):
        axes.set_title(title, fontsize=9)
    for axes in grid[-1]:
        axes.set_xlabel("step on the true labels")
    names = [Line2D([], [], color=PALETTE.colour(start), linewidth=2, label=PALETTE.label(start)) for start in STARTS]
    others = [
        Line2D([], [], label="within this, a run has joined", **BOUND),
        Line2D([], [], label="random labels, samples permuted within classes", **PERMUTED),
    ]
    figure.legend(handles=[*names, *others], loc="outside upper center", ncols=3)
    return figure


def draw_by_step(axes: Axes, points: pd.DataFrame, column: str) -> None:
    """A thin line for each run, a thick one for the median of a start; step 0 at the left of a logarithmic axis."""
    for start, models in points.groupby("start", sort=False):
        colour = PALETTE.colour(start)
        by_step = models.pivot(index="step", columns="run", values=column)
        axes.plot(by_step.index, by_step, color=colour, linewidth=0.5, alpha=0.45)
        axes.plot(by_step.index, by_step.median(axis=1), color=colour, linewidth=2.2, zorder=3)
    axes.set_xscale("symlog", linthresh=1, linscale=0.4)
    axes.set_xlim(-0.1, points["step"].max() * 1.15)


def final_errors(final: pd.DataFrame, ends: Mapping[str, Mapping]) -> Figure:
    """Final train and test error of each run, hollow where it did not reach its corner, with mean and 95 % interval.

    Parameters
    ----------
    final : DataFrame
        Last models of runs, with columns ``start``, ``in_corner``, ``train_error`` and ``test_error``.
    ends : mapping from start to split to ``error`` to ``mean``, ``low`` and ``high``
    """
    figure, panels = new_figure(2, width=4.4, height=2.4, sharey=True)
    for axes, split in zip(panels, SPLITS, strict=True):
        for position, start in enumerate(STARTS):
            runs = final[final["start"] == start]
            colour = PALETTE.colour(start)
            counted = (runs["in_corner"] | (start == "normal")).to_numpy()
            spread = position + np.linspace(-0.28, -0.12, len(runs))
            faces = [colour if good else "none" for good in counted]
            axes.scatter(100 * runs[f"{split}_error"], spread, s=20, edgecolors=colour, facecolors=faces)
            if start in ends:
                mean, low, high = (100 * ends[start][split]["error"][name] for name in ("mean", "low", "high"))
                reach = [[mean - low], [high - mean]]
                axes.errorbar(mean, position + 0.12, xerr=reach, color="black", marker="D", markersize=5, capsize=4)
        axes.set(xlabel=f"final {split} error (%)", ylim=(len(STARTS) - 0.5, -0.5))
        axes.grid(axis="x", linewidth=0.4)
    panels[0].set_yticks(range(len(STARTS)), [PALETTE.label(start) for start in STARTS])
    return figure


def explained(stress: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Figure:
    """Explained stress against the number of axes, with and without corner runs and of the null, for each split."""
    figure, panels = new_figure(len(stress), width=4, height=3, sharey=True)
    styles = {
        "with_corners": {"color": "#332288", "marker": "o"},
        "with_joined": {"color": "#CC6677", "marker": "s"},
        "without_corners": {"color": STARTS["normal"][1], "marker": "^"},
        "null": {"color": "0.4", "marker": "x", "linestyle": ":"},
    }
    for axes, (split, curves) in zip(panels, stress.items(), strict=True):
        for name, style in styles.items():
            axes.plot(
                [int(k) for k in curves[name]], curves[name].values(), markersize=5, label=EMBEDDINGS[name], **style
            )
        axes.set(xlabel="number of axes", title=f"{split} split")
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.grid(axis="y", linewidth=0.4)
    panels[0].set_ylabel("explained stress")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure
