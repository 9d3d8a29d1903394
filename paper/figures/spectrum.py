"""How many axes does an embedding need: eigenvalues, explained stress and explained pairwise distance."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from paper.figures.style import SPACE_LIKE, TIME_LIKE, new_figure
from paper.report.embedding import STRESS_AXES


def spectrum(embedding: xr.Dataset) -> Figure:
    """Three panels: |λ| by rank, explained stress and explained pairwise distance against the number of axes.

    Space-like axes are filled blue circles, time-like ones hollow red triangles.
    """
    axis = embedding["axis"].values
    space_like = embedding["signature"].values > 0
    figure, (eigenvalues, stress, distance) = new_figure(3, width=4, height=3.2)
    size = np.abs(embedding["eigenvalue"].values)
    draw_signed(eigenvalues, axis, size, space_like)
    eigenvalues.set(xlabel="axis", ylabel="|eigenvalue| of W (nats)", yscale="log")
    eigenvalues.legend()
    draw_signed(stress, axis, embedding["explained_stress"].values, space_like)
    for k in (k for k in STRESS_AXES if k in axis and k <= 10):
        value = embedding["explained_stress"].sel(axis=k).item()
        stress.annotate(f"{k}: {value:.1%}", (k, value), xytext=(8, -7), textcoords="offset points", fontsize=8)
    lowest = embedding["explained_stress"].values.min()
    stress.set(xlabel="number of axes", ylabel="explained stress", ylim=(lowest - 0.1 * (1 - lowest), 1.005))
    draw_signed(distance, axis, embedding["explained_distance"].values, space_like)
    distance.set(xlabel="number of axes", ylabel="explained pairwise distance", ylim=(None, 1.005))
    for axes in (stress, distance):
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.grid(axis="y", linewidth=0.4)
    return figure


def draw_signed(axes, axis: np.ndarray, value: np.ndarray, space_like: np.ndarray) -> None:
    """Values by axis, told apart by colour, marker and filling."""
    axes.plot(axis, value, color="0.75", linewidth=1, zorder=1)
    axes.scatter(axis[space_like], value[space_like], color=SPACE_LIKE, s=18, label="space-like", zorder=2)
    axes.scatter(axis[~space_like], value[~space_like], facecolors="white", edgecolors=TIME_LIKE, marker="^", s=30,
                 label="time-like", zorder=2)  # fmt: skip
