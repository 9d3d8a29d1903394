"""Figures of averages of predictions: their paths, how good they are, and whether the kind of average matters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from inpca.centroids import KINDS
from paper.figures.manifold import axis_label
from paper.figures.style import MUTED, Palette, new_figure
from paper.rooms.ensembles.analysis import SCORE_NAMES

#: Colour and marker of each kind of average.
AVERAGES = dict(
    zip(
        KINDS,
        zip(("#0072B2", "#E69F00", "#009E73", "#56B4E9", "#D55E00", "#CC79A7"), "os^Dv*", strict=True),
        strict=True,
    )
)
ERRORS = ("error", "expected_error")


def average_legend() -> list[Line2D]:
    """Legend entries of members and averages."""
    entries = [
        Line2D([], [], color=colour, marker=marker, markersize=5, label=kind)
        for kind, (colour, marker) in AVERAGES.items()
    ]
    return [Line2D([], [], color=MUTED, linewidth=0.8, label="members"), *entries]


def paths(ensembles: Mapping[str, xr.Dataset]) -> Figure:
    """Members, averages and geodesic in PC1–PC2, one panel for each split; axes lead from P0 to P*."""
    figure, panels = new_figure(len(ensembles), width=5, height=4, squeeze=False)
    for axes, (split, ensemble) in zip(panels[0], ensembles.items(), strict=True):
        path = ensemble["path"].values
        place = ensemble["embedding"].values[:, :2]
        for member in (name for name in dict.fromkeys(path) if name.startswith("member")):
            axes.plot(*place[path == member].T, color=MUTED, linewidth=0.6, alpha=0.7)
        for kind, (colour, marker) in AVERAGES.items():
            axes.plot(*place[path == kind].T, color=colour, marker=marker, markersize=4, linewidth=1.1, alpha=0.85)
        axes.plot(*place[path == "geodesic"].T, color="black", linewidth=2)
        for end, name in zip(place[path == "geodesic"][[0, -1]], ("$P_0$", "$P_*$"), strict=True):
            axes.annotate(
                name,
                end,
                xytext=(6, 6),
                textcoords="offset points",
                fontsize=12,
                bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "alpha": 0.7, "edgecolor": "none"},
            )
        axes.set(xlabel=axis_label(ensemble, 1), ylabel=axis_label(ensemble, 2), title=split)
    entries = [*average_legend(), Line2D([], [], color="black", linewidth=2, label="geodesic")]
    figure.legend(handles=entries, loc="outside upper center", ncols=8)
    return figure


def scores_by_progress(ensemble: xr.Dataset) -> Figure:
    """Error and expected error of members and averages against their progress."""
    figure, panels = new_figure(2, width=5, height=3.4)
    path, progress = ensemble["path"].values, ensemble["progress"].values
    for axes, score in zip(panels, ERRORS, strict=True):
        value = ensemble[score].values
        for member in (name for name in dict.fromkeys(path) if name.startswith("member")):
            axes.plot(progress[path == member], value[path == member], color=MUTED, linewidth=0.6, alpha=0.7)
        for kind, (colour, marker) in AVERAGES.items():
            axes.plot(
                progress[path == kind],
                value[path == kind],
                color=colour,
                marker=marker,
                markersize=4,
                linewidth=1.1,
                alpha=0.85,
            )
        axes.set(xlabel="test progress", ylabel=f"test {SCORE_NAMES[score]}", xlim=(0, 1), ylim=(0, None))
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    figure.legend(handles=average_legend(), loc="outside upper center", ncols=7)
    return figure


def final_scores(ensemble: xr.Dataset, found: Mapping) -> Figure:
    """Final scores of the averages with their intervals, beside the members themselves.

    Parameters
    ----------
    ensemble : Dataset
        From :func:`paper.rooms.ensembles.analysis.measure_ensemble`.
    found : mapping from kind of average to scores
        From :func:`paper.rooms.ensembles.analysis.final_numbers`.
    """
    figure, panels = new_figure(3, width=3.8, height=2.8, sharey=True)
    last = ensemble["step"].values == ensemble["step"].values.max()
    path = ensemble["path"].values
    member = last & np.char.startswith(path.astype(str), "member")
    for axes, (score, label) in zip(panels, SCORE_NAMES.items(), strict=True):
        value = ensemble[score].values
        for row, (kind, (colour, marker)) in enumerate(AVERAGES.items()):
            final = found[kind][score]
            axes.plot(final["interval"], [row, row], color=colour, linewidth=1.4)
            axes.plot(final["value"], row, marker, color=colour, markersize=6)
        axes.plot(value[member], np.full(member.sum(), len(AVERAGES)), "|", color="0.4", markersize=9)
        axes.set(xlabel=f"test {label}")
    panels[0].set_yticks(range(len(AVERAGES) + 1), [*AVERAGES, "members"])
    panels[0].invert_yaxis()
    return figure


def gains(tables: Mapping[str, pd.DataFrame], kind: str, found: Mapping, palette: Palette) -> Figure:
    """Score of one average less that of the arithmetic mean: each configuration, and the mean with its interval.

    Parameters
    ----------
    tables : mapping from split to DataFrame
        From :func:`paper.rooms.ensembles.analysis.final_averages`.
    kind : str
    found : mapping from split to mapping from score to dict
        From :func:`paper.rooms.ensembles.analysis.gain_over_arithmetic`.
    palette : Palette
    """
    figure, panels = new_figure(len(ERRORS), len(tables), width=4.9, height=3, squeeze=False)
    for row, (split, table) in zip(panels, tables.items(), strict=True):
        for axes, score in zip(row, ERRORS, strict=True):
            wide = table.pivot(index=["network", "configuration"], columns="kind", values=score)
            gain = 100 * (wide[kind] - wide["arithmetic"])
            for place, network in enumerate(palette.networks):
                values = np.sort(gain.loc[[network]].to_numpy())
                spread = place + 0.25 * np.linspace(-1, 1, len(values) + 2)[1:-1]
                axes.plot(values, spread, "o", color=palette.colour(network), markersize=4)
            result = found[split][score]
            y = len(palette.networks)
            axes.plot(100 * np.array(result["interval"]), [y, y], color="black", linewidth=2)
            axes.plot(100 * result["mean"], y, "D", color="black", markersize=6)
            axes.axvline(0, color="0.6", linewidth=0.8)
            axes.set_yticks(range(y + 1), [*map(palette.label, palette.networks), "mean"])
            axes.invert_yaxis()
            axes.set(title=f"{split}: {SCORE_NAMES[score]}", xlabel=f"{kind} - arithmetic mean (percentage points)")
    return figure
