"""The same models under other distances, other weights, other embeddings and fewer samples, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, PercentFormatter
from scipy.spatial.distance import squareform

from paper.figures.manifold import architecture_legend, axis_label, draw_models, place_models
from paper.figures.style import SPACE_LIKE, TIME_LIKE, Palette, new_figure
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

MARKERS = "os^Dv"
#: Free space around models in a panel that does not show the whole geodesic, as a fraction of their spread.
MARGIN = 0.3
#: Bins along each side of a histogram of pairs of models, and which fraction of the pairs, the closest ones, it shows.
PAIR_BINS, SHOWN = 120, 0.999


def metrics(table: pd.DataFrame, embeddings: Mapping[str, xr.Dataset], palette: Palette) -> Figure:
    """PC1–PC2 under each metric, and explained stress against the number of axes.

    Panels show models of runs; P* and points of the geodesic that are further away, as by Jeffreys, may lie outside.
    """
    columns = -(-(len(embeddings) + 1) // 2)
    figure, panels = new_figure(columns, 2, width=3.4, height=2.9)
    panels = panels.ravel()
    for axes, (name, embedding) in zip(panels, embeddings.items(), strict=False):
        draw_embedding(axes, table, embedding, palette, unit=UNITS[name])
        axes.set_title(METRIC_NAMES[name])
        show_runs(axes, table, embedding)
    for axes in panels[len(embeddings) : -1]:
        axes.axis("off")
    draw_stress(panels[-1], {METRIC_NAMES[name]: embedding for name, embedding in embeddings.items()})
    figure.legend(handles=architecture_legend(palette), loc="outside upper center", ncols=2 * columns + 1)
    return figure


def draw_embedding(
    axes: Axes, table: pd.DataFrame, embedding: xr.Dataset, palette: Palette, unit: str = "√nats"
) -> None:
    """First two axes of an InPCA."""
    draw_models(axes, place_models(table, embedding), (1, 2), palette)
    axes.set(xlabel=axis_label(embedding, 1, unit), ylabel=axis_label(embedding, 2, unit))


def show_runs(axes: Axes, table: pd.DataFrame, embedding: xr.Dataset) -> None:
    """Limit a panel of PC1–PC2 where points of the geodesic lie further out than the models of runs are spread."""
    points = place_models(table, embedding)
    for name, limit in (("pc1", axes.set_xlim), ("pc2", axes.set_ylim)):
        low, high = runs(points)[name].min(), runs(points)[name].max()
        spread = high - low
        if points[name].max() > high + spread or points[name].min() < low - spread:
            limit(low - MARGIN * spread, high + MARGIN * spread)


def draw_stress(axes: Axes, embeddings: Mapping[str, xr.Dataset]) -> None:
    """Explained stress of the first axes, one line for each embedding."""
    colours = sns.color_palette("viridis", len(embeddings))
    for (name, embedding), colour, marker in zip(embeddings.items(), colours, MARKERS, strict=False):
        stress = embedding["explained_stress"][:COMPARED_AXES]
        axes.plot(stress["axis"], stress, color=colour, marker=marker, markersize=5, linewidth=1, label=name)
    axes.set(xlabel="number of axes", ylabel="explained stress", ylim=(0, 1.02))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", linewidth=0.4)
    axes.legend(fontsize=8)


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
        draw_embedding(axes, table, embedding, palette)
        axes.set_title(name)
    draw_stress(stress, embeddings)
    figure.legend(handles=architecture_legend(palette), loc="outside upper center", ncols=4)
    return figure


def pictures(table: pd.DataFrame, embedding: xr.Dataset, neighbours: xr.Dataset, palette: Palette) -> Figure:
    """InPCA, t-SNE and UMAP of the same models, runs joined by lines."""
    figure, panels = new_figure(3, width=3.7, height=3.5)
    draw_embedding(panels[0], table, embedding, palette)
    panels[0].set_title("InPCA")
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
    for (above, below), picture in zip(panels.T, shown, strict=True):
        distances = signed_root(picture.squares())
        limits = [np.quantile(values, [0, SHOWN]) for values in (roots, distances)]
        counts, *edges = np.histogram2d(roots, distances, bins=PAIR_BINS, range=limits)
        above.pcolormesh(*edges, np.ma.masked_equal(counts.T, 0), norm=LogNorm(), cmap="viridis", rasterized=True)
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
