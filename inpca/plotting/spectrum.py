"""How many axes does an embedding need: eigenvalues, explained stress and explained pairwise distance."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from inpca.plotting.embedding import UNITS, check_embedding

SPACE_LIKE, TIME_LIKE = "#0072B2", "#D55E00"
#: Numbers of axes whose explained stress is written in the panel.
NAMED_AXES = (1, 2, 3, 5, 10)


def spectrum(embedding: xr.Dataset, *, unit: str | None = None) -> Figure:
    """Three panels: |λ| by rank, explained stress and explained pairwise distance against the number of axes.

    Space-like axes are filled blue circles, time-like ones hollow red triangles.

    Parameters
    ----------
    embedding : Dataset
        From :meth:`inpca.InPCA.to_xarray`.
    unit : str, optional
        Of the distance; that of the metric unless given, "" for none.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError, ValueError
        If this is no dataset that ``to_xarray`` returned.

    See Also
    --------
    inpca.InPCA : The explained stress and distance, as formulas.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca import InPCA
    >>> from inpca.plotting import spectrum
    >>> models = np.random.default_rng(0).dirichlet(np.ones(3), size=(20, 5))
    >>> figure = spectrum(InPCA(10).fit(models).to_xarray())
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['|eigenvalue| of W (nats)', 'explained stress', 'explained pairwise distance']
    """
    check_embedding(embedding)
    if unit is None:
        unit = UNITS.get(embedding.attrs.get("metric", ""), "").removeprefix("√")
    axis = embedding["axis"].values
    space_like = embedding["signature"].values > 0
    figure, (eigenvalues, stress, distance) = plt.subplots(1, 3, figsize=(12, 3.2), layout="constrained")
    draw_signed(eigenvalues, axis, np.abs(embedding["eigenvalue"].values), space_like)
    eigenvalues.set(xlabel="axis", ylabel=f"|eigenvalue| of W ({unit})" if unit else "|eigenvalue| of W", yscale="log")
    eigenvalues.legend()
    draw_signed(stress, axis, embedding["explained_stress"].values, space_like)
    named = embedding["explained_stress"].sel(axis=[k for k in NAMED_AXES if k in axis])
    lines = (f"{k:>2}: {value:6.1%}" for k, value in zip(named["axis"].values, named.values, strict=True))
    corner = {"transform": stress.transAxes, "ha": "right", "va": "bottom", "family": "monospace", "fontsize": 9}
    corner["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 2}
    stress.text(0.97, 0.05, "\n".join(lines), **corner)
    stress.set(xlabel="number of axes", ylabel="explained stress", ylim=(0, 1.03))
    draw_signed(distance, axis, embedding["explained_distance"].values, space_like)
    lowest = min(0.0, embedding["explained_distance"].values.min())  # below 0 where an axis stretches distances
    distance.set(xlabel="number of axes", ylabel="explained pairwise distance", ylim=(lowest, 1.03))
    for axes in (stress, distance):
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.grid(axis="y", linewidth=0.4)
    return figure


def draw_signed(axes: Axes, axis: np.ndarray, value: np.ndarray, space_like: np.ndarray) -> None:
    """Values by axis, told apart by colour, marker and filling."""
    axes.plot(axis, value, color="0.75", linewidth=1, zorder=1)
    axes.scatter(axis[space_like], value[space_like], color=SPACE_LIKE, s=18, label="space-like", zorder=2)
    axes.scatter(
        axis[~space_like],
        value[~space_like],
        facecolors="white",
        edgecolors=TIME_LIKE,
        marker="^",
        s=30,
        label="time-like",
        zorder=2,
    )
