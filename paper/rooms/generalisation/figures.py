"""Figures of predicted test error: for runs held out, what a position adds to it, and where runs end."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from paper.figures.intervals import point
from paper.figures.manifold import axis_label
from paper.figures.style import MUTED, Palette, new_figure
from paper.rooms.generalisation.features import TARGETS

#: Colour and marker of each target, none of an architecture.
LOOKS = {"error": ("#222222", "o"), "loss": ("#A6761D", "s")}
#: Panels of predictions, by name of the regression.
PANELS = {"without": "train loss, error and progress", "with": "and the position on the manifold"}


def held_out(ends: pd.DataFrame, found: Mapping, palette: Palette) -> Figure:
    """Test error of runs against what was predicted for them, held out, without the position and with it.

    Parameters
    ----------
    ends : DataFrame
        From :func:`paper.rooms.generalisation.features.at_end`.
    found : mapping
        Of the test error, from :func:`paper.rooms.generalisation.prediction.added_by_position`.
    palette : Palette
    """
    figure, panels = new_figure(2, width=4, height=3.8, sharex=True, sharey=True)
    error = ends["error"].to_numpy(float)
    both = np.concatenate([error, *found["predicted"].values()])
    ends_of_line = [both.min() - 0.005, both.max() + 0.005]
    order = np.random.default_rng(0).permutation(len(ends))  # so that no architecture lies on top
    colours = ends["network"].map(palette.colour).to_numpy()[order]
    for axes, (name, title) in zip(panels, PANELS.items(), strict=True):
        axes.scatter(found["predicted"][name][order], error[order], c=colours, s=14, alpha=0.8, linewidth=0)
        axes.plot(ends_of_line, ends_of_line, color="black", linewidth=0.8)
        axes.set(xlabel="predicted test error, held out", title=f"{title}\nR² = {found['r2'][name]:.2f}")
        axes.set(xlim=ends_of_line, ylim=ends_of_line, aspect="equal")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(PercentFormatter(1, decimals=0))
    panels[0].set(ylabel="test error")
    entries = [
        Line2D([], [], linestyle="", marker="o", color=palette.colour(n), label=palette.label(n))
        for n in palette.networks
    ]
    figure.legend(handles=entries, loc="outside upper center", ncols=(len(entries) + 1) // 2)
    return figure


def gains(found: Mapping[str, Mapping[str, dict]]) -> Figure:
    """What the position adds to R², with intervals, beside what exchanged positions add.

    Parameters
    ----------
    found : mapping from what is asked to mapping from target to dict
        From :func:`paper.rooms.generalisation.prediction.added_by_position`.
    """
    figure, axes = new_figure(width=7, height=1.2 + 0.6 * len(found))
    for row, by_target in enumerate(found.values()):
        for offset, (target, (colour, marker)) in zip((-0.16, 0.16), LOOKS.items(), strict=True):
            _gain(axes, by_target[target], row + offset, colour, marker)
    axes.axvline(0, color="0.6", linewidth=0.8)
    axes.set_yticks(range(len(found)), list(found))
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.set(xlabel="added to the held-out R² by the position (share of variance)")
    entries = [
        Line2D([], [], color=colour, marker=marker, label=TARGETS[target]) for target, (colour, marker) in LOOKS.items()
    ]
    entries.append(
        Line2D([], [], color=MUTED, linewidth=5, alpha=0.6, label="exchanged positions: mean to one in forty")
    )
    figure.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    return figure


def _gain(axes: Axes, found: Mapping, y: float, colour: str, marker: str) -> None:
    """One gain with its interval, and the band of its null from the mean to the bound."""
    band = [found["null_mean"], found["null_high"]]
    axes.plot(band, [y, y], color=MUTED, linewidth=5, alpha=0.6, solid_capstyle="butt")
    point(axes, found["gain"], found["interval"], y, colour, None, marker)


def ends(last: pd.DataFrame, embedding: xr.Dataset, palette: Palette) -> Figure:
    """Where runs end in the first four axes: one mark for each architecture, coloured by test error.

    Parameters
    ----------
    last : DataFrame
        From :func:`paper.rooms.generalisation.features.at_end`.
    embedding : Dataset
        Of the train split.
    palette : Palette
    """
    figure, panels = new_figure(2, width=4.4, height=3.6, layout="constrained")
    markers = dict(zip(palette.networks, "osD^vP*X<>", strict=False))
    low, high = last["error"].quantile([0.02, 0.98])
    shown = None
    for axes, pair in zip(panels, ((1, 2), (3, 4)), strict=True):
        for network, marker in markers.items():
            runs = last[last["network"] == network]
            shown = axes.scatter(
                runs[f"pc{pair[0]}"],
                runs[f"pc{pair[1]}"],
                c=runs["error"],
                cmap="viridis_r",
                vmin=low,
                vmax=high,
                marker=marker,
                s=26,
                edgecolor="white",
                linewidth=0.3,
            )
        axes.set(xlabel=axis_label(embedding, pair[0]), ylabel=axis_label(embedding, pair[1]))
    bar = figure.colorbar(shown, ax=panels, label="test error", extend="both")
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    entries = [
        Line2D([], [], linestyle="", marker=marker, color="0.4", label=palette.label(network))
        for network, marker in markers.items()
    ]
    figure.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    return figure
