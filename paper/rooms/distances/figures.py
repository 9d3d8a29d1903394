"""The same models under other distances, other weights, other embeddings and fewer samples, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, PercentFormatter
from scipy.spatial.distance import squareform

from paper.figures.manifold import architecture_legend, axis_label, draw_models, place_models
from paper.figures.style import LOOKS, SPACE_LIKE, TIME_LIKE, Palette, new_figure
from paper.models import runs
from paper.rooms.distances.analysis import (
    COMPARED_AXES,
    METRIC_NAMES,
    PICTURE_NAMES,
    UNITS,
    Picture,
    signed_root,
    trajectory_lengths,
)

#: Free space around models in a panel, as a part of their extent.
MARGIN = 0.08
#: Height of a panel of two axes over its width.
SHAPE = 0.72
#: Bins along each side of a histogram of pairs of models.
PAIR_BINS = 120


def metrics(table: pd.DataFrame, embeddings: Mapping[str, xr.Dataset], palette: Palette) -> Figure:
    """PC1–PC2 under each metric, both at one scale, and explained stress against the number of axes.

    Panels hold all models of runs. Where points of the geodesic are much further away, as P* by Jeffreys, they are
    left out and counted.
    """
    columns = -(-(len(embeddings) + 1) // 2)
    figure, panels = new_figure(columns, 2, width=3.8, height=2.8)
    panels = panels.ravel()
    for axes, (name, embedding) in zip(panels, embeddings.items(), strict=False):
        draw_embedding(axes, table, embedding, palette, METRIC_NAMES[name], UNITS[name])
    for axes in panels[len(embeddings) : -1]:
        axes.axis("off")
    draw_stress(panels[-1], {METRIC_NAMES[name]: embedding for name, embedding in embeddings.items()})
    figure.legend(handles=architecture_legend(palette), loc="outside upper center", ncols=2 * columns)
    return figure


def draw_embedding(
    axes: Axes, table: pd.DataFrame, embedding: xr.Dataset, palette: Palette, title: str, unit: str = "√nats"
) -> None:
    """First two axes of an InPCA at one scale, with a title that counts the points of the geodesic beyond the frame."""
    points = place_models(table, embedding)
    draw_models(axes, points, (1, 2), palette)
    low, high = frame_of_runs(points)
    (x, y), (wide, high) = (low + high) / 2, high - low
    half = max(wide, high / SHAPE) / 2
    axes.set(xlim=(x - half, x + half), ylim=(y - SHAPE * half, y + SHAPE * half))
    axes.set(xlabel=axis_label(embedding, 1, unit), ylabel=axis_label(embedding, 2, unit), aspect="equal")
    line = points[points["kind"] != "run"].sort_values("t")[["pc1", "pc2"]].to_numpy()
    (left, bottom), (right, top) = np.transpose([axes.get_xlim(), axes.get_ylim()])
    outside = ((line < [left, bottom]) | (line > [right, top])).any(axis=1)
    note = f"\npoints of the geodesic beyond: {outside.sum()}" if outside.any() else ""
    axes.set_title(title + note + (", with $P_*$" if outside[-1] else ""), fontsize=9)


def frame_of_runs(points: pd.DataFrame) -> np.ndarray:
    """Lowest and highest coordinates (2, 2) of runs, and of the geodesic unless it leads much further away."""
    names = ["pc1", "pc2"]
    models, whole = (rows[names].agg(["min", "max"]).to_numpy() for rows in (runs(points), points))
    spread = models[1] - models[0]
    far = (whole[1] > models[1] + spread).any() or (whole[0] < models[0] - spread).any()
    low, high = models if far else whole
    rim = MARGIN * (high - low).max()
    return np.stack([low - rim, high + rim])


def draw_stress(axes: Axes, embeddings: Mapping[str, xr.Dataset]) -> None:
    """Explained stress of the first axes, one line for each embedding; its value with three axes in the legend."""
    looks = dict(zip(embeddings, LOOKS, strict=False))
    for place, (name, embedding) in enumerate(embeddings.items()):
        look, stress = looks[name], embedding["explained_stress"][:COMPARED_AXES]
        label = f"{name}: {stress.sel(axis=3).item():.1%}"
        # the first are larger and hollow, so that those that lie on top of each other are all seen
        size, face = 4 + 1.3 * (len(embeddings) - 1 - place), look.colour if place == len(embeddings) - 1 else "none"
        line = {"color": look.colour, "linestyle": look.dashes, "linewidth": 1.2, "marker": look.marker}
        axes.plot(stress["axis"], stress, markersize=size, markerfacecolor=face, label=label, **line)
    axes.set(xlabel="number of axes", ylabel="explained stress", ylim=(0, 1.02))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", linewidth=0.4)
    axes.legend(fontsize=8, title="of three axes", title_fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))


def hellinger(D: np.ndarray, embeddings: Mapping[int, xr.Dataset]) -> Figure:
    """Saturation of the Hellinger distance as samples are added: its distribution, and the stress explained.

    Parameters
    ----------
    D : (m, m) array
        Bhattacharyya distances.
    embeddings : mapping from a number of samples to the InPCA of the Hellinger distances on so many
    """
    figure, (spread, stress) = new_figure(2, width=4.6, height=3.5)
    pairs = np.sort(squareform(D, checks=False).astype(np.float64))
    fraction = np.linspace(0, 1, 500)
    quantiles = pairs[np.round(fraction * (len(pairs) - 1)).astype(int)]
    colours = sns.color_palette("viridis", len(embeddings))
    styles = ["-", "--", "-.", ":", (0, (1, 3))]
    for n, colour, style in zip(embeddings, colours, styles, strict=False):
        spread.plot(-np.expm1(-n * quantiles), fraction, color=colour, linestyle=style, linewidth=2, label=f"n = {n}")
    spread.plot(quantiles / pairs[-1], fraction, color="black", linewidth=1, label="Bhattacharyya / largest")
    spread.set(xlabel="Hellinger distance $d_H^2$ on n samples (no unit)", ylabel="pairs with at most this distance")
    spread.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    spread.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    draw_stress(stress, {f"n = {n}": embedding for n, embedding in embeddings.items()})
    return figure


def weighted(
    table: pd.DataFrame, embeddings: Mapping[str, xr.Dataset], progress: np.ndarray, bins: int, palette: Palette
) -> Figure:
    """How models crowd along the way, PC1–PC2 with each weighting, and explained stress."""
    figure, panels = new_figure(2, 2, width=4.6, height=3.4)
    crowd, *pictures, stress = panels.ravel()
    crowd.hist(progress, bins=np.linspace(0, 1, bins + 1), color="0.6")
    crowd.set(xlabel="progress", ylabel="models in a bin", xlim=(0, 1))
    for axes, (name, embedding) in zip(pictures, embeddings.items(), strict=True):
        draw_embedding(axes, table, embedding, palette, name)
    draw_stress(stress, embeddings)
    figure.legend(handles=architecture_legend(palette), loc="outside upper center", ncols=4)
    return figure


def pictures(table: pd.DataFrame, embedding: xr.Dataset, neighbours: xr.Dataset, palette: Palette) -> Figure:
    """InPCA, t-SNE and UMAP of the same models, runs joined by lines."""
    figure, panels = new_figure(3, width=3.7, height=3.5)
    draw_embedding(panels[0], table, embedding, palette, "InPCA")
    for axes, (variable, name) in zip(panels[1:], {"tsne": "t-SNE", "umap": "UMAP"}.items(), strict=True):
        draw_models(axes, place_models(table, neighbours, variable), (1, 2), palette)
        axes.set(xlabel="first coordinate (no unit)", ylabel="second coordinate (no unit)", title=name)
    figure.legend(handles=architecture_legend(palette), loc="outside upper center", ncols=len(palette.networks) + 1)
    return figure


def preservation(table: pd.DataFrame, D: np.ndarray, shown: list[Picture], palette: Palette) -> Figure:
    """Above, distances in each picture against the true ones; below, lengths of trajectories."""
    figure, panels = new_figure(len(shown), 2, width=3.2, height=3)
    roots = np.sqrt(squareform(D, checks=False).astype(np.float64))
    lengths = trajectory_lengths(table, np.diagonal(D, 1))
    networks = runs(table).groupby("run", sort=False)["network"].first()
    histograms = [np.histogram2d(roots, signed_root(picture.squares()), bins=PAIR_BINS) for picture in shown]
    norm = LogNorm(1, max(counts.max() for counts, *_ in histograms))
    for (above, below), picture, (counts, *edges) in zip(panels.T, shown, histograms, strict=True):
        above.pcolormesh(*edges, np.ma.masked_equal(counts.T, 0), norm=norm, cmap="viridis", rasterized=True)
        above.set(
            xlabel="$\\sqrt{d_B}$ of a pair (√nats)",
            ylabel=f"distance in the picture ({picture.unit})",
            title=PICTURE_NAMES[picture.name],
        )
        in_picture = trajectory_lengths(table, picture.steps())
        colours = networks[lengths.index].map(palette.colour)
        below.scatter(lengths, in_picture[lengths.index], c=colours, s=14, linewidth=0, rasterized=True)
        below.set(xlabel="Riemannian length of a run (√nats)", ylabel=f"length in the picture ({picture.unit})")
        below.set(xlim=(0, None), ylim=(0, None))
    figure.colorbar(ScalarMappable(norm, "viridis"), ax=panels[0].tolist(), label="pairs of models in a cell", pad=0.01)
    handles = architecture_legend(palette)[:-1]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(palette.networks))
    return figure


def subsets(table: pd.DataFrame, numbers: dict) -> Figure:
    """Errors of an embedding from n of the samples against n, each draw a point, with the law c sqrt(1/n - 1/N).

    Parameters
    ----------
    table : DataFrame
        From :func:`paper.rooms.distances.subsets.subset_errors`.
    numbers : dict
        From :func:`paper.rooms.distances.subsets.sampling_errors`.
    """
    figure, panels = new_figure(2, width=4.4, height=3.6)
    n_samples = numbers["n_samples"]
    parts = table[table["samples"] < n_samples]
    labels = {
        "coordinate_error": "relative error of three coordinates (%)",
        "stress_error": "error of explained stress (percentage points)",
    }
    for axes, (name, label), colour in zip(panels, labels.items(), (SPACE_LIKE, TIME_LIKE), strict=True):
        axes.scatter(parts["samples"], parts[name], color=colour, s=12, alpha=0.5, linewidth=0, label="one draw")
        mean = parts.groupby("samples")[name].mean()
        axes.plot(mean, color=colour, marker="o", linestyle="none", markersize=7, markerfacecolor="white", label="mean")
        n = np.geomspace(parts["samples"].min(), parts["samples"].max(), 100)
        law = numbers[name]["constant"] * np.sqrt(1 / n - 1 / n_samples)
        axes.plot(n, law, color="black", linewidth=1, label="$c\\sqrt{1/n-1/N}$")
        axes.set(xscale="log", yscale="log", xlabel=f"samples n (of N = {n_samples})", ylabel=label)
        axes.set_xticks(mean.index, [str(size) for size in mean.index])
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g}")
        axes.minorticks_off()
        axes.grid(linewidth=0.4)
        axes.legend(fontsize=8)
    return figure
