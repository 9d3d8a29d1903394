"""Figures of networks of one family and different size: their paths, their speed, progress and error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter
from sklearn.linear_model import LinearRegression

from paper.figures.intervals import SPLITS, point
from paper.figures.style import Palette, new_figure
from paper.rooms.network_size.analysis import progress_bands

#: Rows of the figure of paths, by what networks differ in.
ROWS = {"width": "a wider network", "depth": "a deeper network", "architecture": "another architecture"}
#: Points in time at which progress is drawn.
TIMES = 60


def same_path(added: Mapping[str, Mapping[str, dict]], margins: Mapping[str, float]) -> Figure:
    """What a difference in size adds to the distance of seeds, beside the margin and a difference in architecture.

    Parameters
    ----------
    added : mapping from row and split to dict
        Rows are those of :data:`ROWS` that there are, each with its ``mean`` and ``interval``.
    margins : mapping from split to float
        Up to which a path counts as the same.
    """
    figure, axes = new_figure(width=7, height=1.3 + 0.55 * len(added))
    rows = [name for name in ROWS if name in added]
    for offset, split in zip((-0.14, 0.14), margins, strict=False):
        colour = SPLITS[split]
        axes.axvline(margins[split], color=colour, linestyle="--", linewidth=1, label=f"margin, {split}")
        for row, name in enumerate(rows):
            found = added[name][split]
            point(axes, found["mean"], found["interval"], row + offset, colour, None if row else split)
    axes.axvline(0, color="0.6", linewidth=0.8)
    axes.set_yticks(range(len(rows)), [ROWS[name] for name in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set(xlabel="added to the distance of seeds (nats a sample)")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def progress_by_time(
    points: pd.DataFrame, pairs: Sequence[Mapping], ratios: Mapping[str, Mapping], palette: Palette
) -> Figure:
    """Progress of both networks of each pair by epoch, and ratio of their epochs by progress.

    Parameters
    ----------
    points : DataFrame
        Rows of the model table that belong to runs.
    pairs : sequence of mapping
        Each with ``larger_in``, ``small`` and ``large``.
    ratios : mapping from what a pair differs in, and split, to mapping
        From :func:`paper.rooms.network_size.analysis.speed`, at many values of progress.
    palette : Palette
    """
    figure, panels = new_figure(2, len(pairs), width=4.6, height=3, squeeze=False)
    for (left, right), pair in zip(panels, pairs, strict=True):
        networks = (pair["small"], pair["large"])
        _draw_bands(left, points, networks, palette)
        left.set(title=f"larger in {pair['larger_in']}")
        for split, by_level in ratios[pair["larger_in"]].items():
            _draw_ratio(right, list(by_level.values()), split)
        right.set(title=f"larger in {pair['larger_in']}", ylim=(0, None))
        entries = [
            Line2D([], [], color=palette.colour(name), linestyle=style, label=palette.label(name))
            for name, style in zip(networks, ("--", "-"), strict=True)
        ]
        left.legend(handles=entries, loc="upper left")
    figure.legend(*panels[0, 1].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


def _draw_bands(axes: Axes, points: pd.DataFrame, networks: tuple[str, str], palette: Palette) -> None:
    """Median and quartiles of progress on train by epoch; the small network dashed."""
    # Not inpca.plotting.progress_curves, which draws a line for each run: here are bands over the runs of a network.
    for network, style in zip(networks, ("--", "-"), strict=True):
        runs = points[points["network"] == network]
        epochs = np.geomspace(runs.loc[runs["epoch"] > 0, "epoch"].min(), runs["epoch"].max(), TIMES)
        bands, colour = progress_bands(runs, epochs, "train"), palette.colour(network)
        axes.plot(bands[0.5], color=colour, linestyle=style, linewidth=1.8)
        axes.fill_between(bands.index, bands[0.25], bands[0.75], color=colour, alpha=0.2, linewidth=0)
    axes.set(xlabel="epoch", ylabel="train progress", xscale="log", ylim=(0, 1))


def _draw_ratio(axes: Axes, found: list[dict], split: str) -> None:
    """Median ratio of epochs by progress where most runs arrive, with its interval where that has both ends."""
    progress = np.array([one["progress"] for one in found])
    arrive = [2 * sum(one["never"].values()) < one["pairs"] for one in found]
    ratio = np.where(arrive, [one["ratio"] for one in found], np.nan)
    ends = np.array([one["interval"] for one in found])
    bounded = (ends[:, 0] > 0) & np.isfinite(ends[:, 1])
    axes.plot(progress, ratio, color=SPLITS[split], linewidth=1.8, label=split)
    axes.fill_between(progress, *ends.T, where=bounded, color=SPLITS[split], alpha=0.2, linewidth=0)
    axes.axhline(1, color="0.6", linewidth=0.8)
    axes.set(xlabel="progress", ylabel="epochs of the small network\nover those of the large one", xlim=(0, 1))


def progress_by_error(points: pd.DataFrame, found: Mapping[str, Mapping], palette: Palette) -> Figure:
    """Progress against error of all models, train and test, with the straight line of least squares.

    Parameters
    ----------
    points : DataFrame
        Rows of the model table that belong to runs.
    found : mapping from split to mapping
        From :func:`paper.rooms.network_size.analysis.progress_and_error`.
    palette : Palette
    """
    figure, panels = new_figure(2, width=4.4, height=3.4, sharey=True)
    for axes, split in zip(panels, ("train", "test"), strict=True):
        error, progress = points[f"{split}_error"].to_numpy(), points[f"{split}_progress"].to_numpy()
        order = np.random.default_rng(0).permutation(len(points))  # so that no architecture lies on top
        colours = points["network"].map(palette.colour).to_numpy()[order]
        axes.scatter(error[order], progress[order], c=colours, s=5, alpha=0.6, linewidth=0, rasterized=True)
        ends = np.array([error.min(), error.max()])[:, None]
        axes.plot(ends, LinearRegression().fit(error[:, None], progress).predict(ends), color="black", linewidth=1.2)
        title = (
            f"{split}: R² = {found[split]['progress']:.2f}\ncheckpoint's number alone: {found[split]['checkpoint']:.2f}"
        )
        axes.set(xlabel=f"{split} error", ylabel="progress", title=title, ylim=(-0.03, 1.03))
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    entries = [
        Line2D([], [], linestyle="", marker="o", color=palette.colour(n), label=palette.label(n))
        for n in palette.networks
    ]
    figure.legend(handles=entries, loc="outside upper center", ncols=(len(entries) + 1) // 2)
    return figure
