"""Figures of networks of one family and different size: their paths, their speed, progress and error."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter
from sklearn.linear_model import LinearRegression

from paper.figures.intervals import point
from paper.figures.style import Palette, new_figure
from paper.rooms.network_size.analysis import GROUPS


def progress_by_time(points: pd.DataFrame, palette: Palette) -> Figure:
    """Progress on train and test against step and epoch, one line for each run.

    Parameters
    ----------
    points : DataFrame
        Rows of the model table of the networks to compare.
    palette : Palette
    """
    figure, panels = new_figure(2, 2, width=4.4, height=2.8, sharey=True)
    for row, split in zip(panels, ("train", "test"), strict=True):
        for axes, time in zip(row, ("step", "epoch"), strict=True):
            for network in palette.networks:
                for _, run in points[points["network"] == network].groupby("run", sort=False):
                    later = run[run["step"] > 0]
                    axes.plot(
                        later[time], later[f"{split}_progress"], color=palette.colour(network), linewidth=0.8, alpha=0.6
                    )
            axes.set(xlabel=time, ylabel=f"{split} progress", xscale="log", ylim=(0, 1))
    entries = [Line2D([], [], color=palette.colour(n), label=palette.label(n)) for n in palette.networks]
    figure.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    return figure


def progress_by_error(points: pd.DataFrame, r2: Mapping[str, float], palette: Palette) -> Figure:
    """Progress against error of all models, train and test, with the straight line of least squares."""
    figure, panels = new_figure(2, width=4.4, height=3.4, sharey=True)
    for axes, split in zip(panels, ("train", "test"), strict=True):
        error, progress = points[f"{split}_error"].to_numpy(), points[f"{split}_progress"].to_numpy()
        colours = points["network"].map(palette.colour)
        axes.scatter(error, progress, c=colours, s=5, alpha=0.6, linewidth=0, rasterized=True)
        ends = np.array([error.min(), error.max()])[:, None]
        axes.plot(ends, LinearRegression().fit(error[:, None], progress).predict(ends), color="black", linewidth=1.2)
        axes.set(xlabel=f"{split} error", ylabel="progress", title=f"{split}: R² = {r2[split]:.3f}", ylim=(-0.03, 1.03))
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    entries = [
        Line2D([], [], linestyle="", marker="o", color=palette.colour(n), label=palette.label(n))
        for n in palette.networks
    ]
    figure.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    return figure


def same_path(groups: Mapping[str, Mapping[str, dict]]) -> Figure:
    """Median distances of groups of pairs of trajectories, for each split.

    Parameters
    ----------
    groups : mapping from split to dict
        From :func:`paper.rooms.network_size.analysis.path_groups`.
    """
    figure, axes = new_figure(width=7, height=2.6)
    for offset, (split, found), colour in zip((-0.12, 0.12), groups.items(), ("#0072B2", "#D55E00"), strict=False):
        for row, name in enumerate(GROUPS):
            point(axes, found[name], row + offset, colour, split if row == 0 else None)
    axes.set_yticks(range(len(GROUPS)), list(GROUPS.values()))
    axes.invert_yaxis()
    axes.set(xlabel="median distance of trajectories (nats a sample)", xlim=(0, None))
    axes.legend()
    return figure
