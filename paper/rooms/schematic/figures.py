"""The objects of the method on a problem small enough to be drawn: three classes, two networks."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inpca.embedding.estimator import InPCA
from inpca.geometry import geodesic, ignorance, progress, truth
from inpca.plotting import draw_geodesic
from paper.figures.style import new_figure

COLOURS = ("#0072B2", "#D55E00")
MARKERS = ("o", "^")
#: Corners of the triangle of distributions over three classes.
CORNERS = np.array([[0, 0], [1, 0], [0.5, np.sqrt(3) / 2]])
POINTS = 60


def schematic(trajectories: dict[str, np.ndarray], labels: np.ndarray, classes: list[str], sample: int) -> Figure:
    """Left, one sample's probabilities in the triangle; right, InPCA of both networks on all samples.

    Parameters
    ----------
    trajectories : mapping from name to (T, N, 3) array
        Probabilities of two networks at successive checkpoints.
    labels : (N,) array of int
    classes : list of str
    sample : int
        Which sample the triangle shows.
    """
    figure, (triangle, plane) = new_figure(2, width=5, height=4.4)
    draw_triangle(triangle, trajectories, labels[sample], classes, sample)
    draw_plane(plane, trajectories, labels)
    figure.legend(*plane.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def draw_triangle(axes: Axes, trajectories: dict[str, np.ndarray], label: int, classes: list[str], sample: int) -> None:
    """Each distribution over three classes is a point of the triangle; P0 is its centre, P* one corner."""
    axes.fill(*CORNERS.T, facecolor="0.97", edgecolor="0.4", linewidth=1)
    for corner, name, shift in zip(CORNERS, classes, ((-2, -14), (2, -14), (0, 10)), strict=True):
        axes.annotate(name, corner, xytext=shift, textcoords="offset points", ha="center", fontsize=9)
    ends = ignorance(1, 3), truth(np.array([label]), 3)
    line = geodesic(*ends, np.linspace(0, 1, POINTS))[:, 0]
    runs = {name: run[:, sample] @ CORNERS for name, run in trajectories.items()}
    draw_geodesic(axes, line @ CORNERS, around=np.concatenate([*runs.values()]))
    draw_runs(axes, runs)
    for number, run in enumerate(trajectories.values()):
        s = progress(run[:, [sample]], np.array([label]))
        draw_feet(axes, run[:, sample] @ CORNERS, geodesic(*ends, s)[:, 0] @ CORNERS, COLOURS[number])
    axes.set(aspect="equal", title="predictions on one sample", xlim=(-0.15, 1.15), ylim=(-0.12, 1.0))
    axes.axis("off")


def draw_plane(axes: Axes, trajectories: dict[str, np.ndarray], labels: np.ndarray) -> None:
    """First two axes of InPCA; dotted lines join checkpoints to the point of the geodesic that is their progress."""
    ends = ignorance(len(labels), 3), truth(labels, 3)
    line = geodesic(*ends, np.linspace(0, 1, POINTS))
    fitted = InPCA(2).fit(np.concatenate([*trajectories.values(), line]))
    parts = np.split(fitted.embedding_, np.cumsum([len(run) for run in trajectories.values()]))
    axes.plot([], [], color="black", linewidth=2, label="geodesic")
    draw_geodesic(axes, parts[-1], around=np.concatenate(parts[:-1]))
    draw_runs(axes, dict(zip(trajectories, parts, strict=False)))
    for number, run in enumerate(trajectories.values()):
        feet = fitted.transform(geodesic(*ends, progress(run, labels)))
        draw_feet(axes, parts[number], feet, COLOURS[number])
    signs = ["time-like" if sign < 0 else "space-like" for sign in fitted.signature_]
    axes.set(
        xlabel=f"PC1 (√nats, {signs[0]})",
        ylabel=f"PC2 (√nats, {signs[1]})",
        title=f"InPCA over {len(labels)} samples",
    )
    axes.plot([], [], color="0.5", linestyle=":", label="to the closest point of the geodesic: progress")


def draw_runs(axes: Axes, runs: dict[str, np.ndarray]) -> None:
    """Trajectories as lines with a marker at each checkpoint."""
    for (name, points), colour, marker in zip(runs.items(), COLOURS, MARKERS, strict=True):
        axes.plot(*points.T, color=colour, marker=marker, markersize=4, linewidth=1, label=name)


def draw_feet(axes: Axes, points: np.ndarray, feet: np.ndarray, colour: str) -> None:
    """Dotted lines from every second checkpoint to the closest point of the geodesic."""
    for ends in np.stack([points, feet], axis=1)[::2]:
        axes.plot(*ends.T, color=colour, linestyle=":", linewidth=0.9, zorder=1)
