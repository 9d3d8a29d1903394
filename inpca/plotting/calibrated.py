"""The dimension of runs beside that of nulls, as :func:`inpca.calibrated_dimension` returns it."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, PercentFormatter, ScalarFormatter

REAL, NULL, CURVE = "#0072B2", "#D55E00", "#009E73"
#: How each kind is drawn: colour, style of the line, name.
STYLES = {
    "models": (REAL, "-", "runs"),
    "null": (NULL, "-", "null: samples permuted"),
    "one run": (CURVE, "--", "one run"),
    "geodesic": ("black", ":", "geodesic"),
    "between": (REAL, "-", "between runs"),
    "between null": (NULL, "-", "null: samples permuted"),
}
TICKS = (1, 2, 3, 5, 10, 20, 50)
#: Panels, and where little is drawn in each.
CORNERS = {
    "all models": "lower right",
    "runs less null": "best",
    "between runs at equal progress": "lower right",
}


def calibrated(found: xr.Dataset, *, marks: Mapping[str, tuple[int, float]] | None = None) -> Figure:
    """Three panels: explained stress of runs and nulls, its excess over the null, and the same between runs.

    Bands are the range over draws of a null, or over single runs; those of the excess are 95 % intervals. The number
    beside a name is the participation ratio.

    Parameters
    ----------
    found : Dataset
        From :func:`inpca.calibrated_dimension`.
    marks : mapping from str to (int, float), optional
        Numbers of axes and explained stress of others, by name, such as those of a paper.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError
        If this is no dataset that ``calibrated_dimension`` returned.

    See Also
    --------
    inpca.plotting.spectrum : one embedding alone.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca import calibrated_dimension
    >>> from inpca.plotting import calibrated
    >>> rng = np.random.default_rng(0)
    >>> labels = np.arange(30) % 3
    >>> sharp = np.linspace(0, 6, 9)[:, None, None] * np.eye(3)[labels]
    >>> runs = [np.exp(sharp * rng.uniform(0.5, 1.5, (30, 1))) for _ in range(4)]
    >>> runs = [run / run.sum(-1, keepdims=True) for run in runs]
    >>> figure = calibrated(calibrated_dimension(runs, labels, rng=0))
    >>> [axes.get_title() for axes in figure.axes]
    ['all models', 'runs less null', 'between runs at equal progress']
    """
    if not isinstance(found, xr.Dataset) or not {"stress", "excess_stress", "participation"} <= set(found):
        raise TypeError(f"pass what calibrated_dimension returned, not {type(found).__name__}")
    figure, (models, excess, between) = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
    draw_kinds(models, found, ("models", "null", "one run", "geodesic"))
    for name, (axis, stress) in (marks or {}).items():
        models.plot(axis, stress, "D", color="0.4", markersize=6, label=name, linestyle="")
    between_kinds = ("between", "between null")
    draw_kinds(between, found, between_kinds)
    for of, colour, name in (("models", REAL, "all models"), ("between", CURVE, "between runs")):
        chosen = found.sel(of=of)
        excess.plot(found["axis"], chosen["excess_stress"], color=colour, label=name)
        ends = chosen["excess_stress_low"], chosen["excess_stress_high"]
        excess.fill_between(found["axis"], *ends, color=colour, alpha=0.2, linewidth=0)
    excess.axhline(0, color="black", linewidth=0.8)
    for axes, title, label in zip((models, excess, between), CORNERS, ("", "excess of ", ""), strict=True):
        axes.set(title=title, xlabel="number of axes", ylabel=f"{label}explained stress", xscale="log")
        axes.set_xticks(TICKS)
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.grid(axis="y", linewidth=0.4)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8, loc=CORNERS[title])
    between.set(ylim=(0, None))
    return figure


def draw_kinds(axes: Axes, found: xr.Dataset, kinds: tuple[str, ...]) -> None:
    """Explained stress of some kinds by number of axes, with their participation ratios in the legend."""
    for kind in kinds:
        colour, style, name = STYLES[kind]
        chosen = found.sel(kind=kind)
        ratio = chosen["participation"].item()
        axes.plot(found["axis"], chosen["stress"], color=colour, linestyle=style, label=f"{name} ({ratio:.3g})")
        ends = chosen["stress_low"], chosen["stress_high"]
        axes.fill_between(found["axis"], *ends, color=colour, alpha=0.15, linewidth=0)
