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
from inpca.plotting import draw_geodesic
from paper.figures.manifold import axis_label
from paper.figures.style import MUTED, Palette, new_figure
from paper.rooms.ensembles.scores import KIND_NAMES, SCORE_NAMES

#: Colour and marker of each kind of average.
AVERAGES = dict(
    zip(
        KIND_NAMES,
        zip(("#0072B2", "#E69F00", "#009E73", "#56B4E9", "#D55E00", "#CC79A7", "#000000"), "os^Dv*P", strict=True),
        strict=True,
    )
)
#: Scores that are shown on the way, and by which averages are compared.
JUDGED = ("error", "nll", "brier")
COMPARED = ("confidence", "nll", "brier", "calibration", "error", "expected_error")
#: Progress from which paths are drawn: before, averages of random initialisations jump about ignorance.
DRAWN_FROM = 0.05
FINAL = ("progress", "error", "nll", "brier", "calibration", "confidence")


def average_legend() -> list[Line2D]:
    """Legend entries of members and averages."""
    entries = [
        Line2D([], [], color=AVERAGES[kind][0], marker=AVERAGES[kind][1], markersize=5, label=KIND_NAMES[kind])
        for kind in KINDS
    ]
    return [Line2D([], [], color=MUTED, linewidth=0.8, label="members"), *entries]


def paths(ensembles: Mapping[str, xr.Dataset]) -> Figure:
    """Members, averages and geodesic in PC1–PC2 at one scale, one panel for each split; axes lead from P0 to P*."""
    figure, panels = new_figure(len(ensembles), width=5, height=3.6, squeeze=False)
    for axes, (split, ensemble) in zip(panels[0], ensembles.items(), strict=True):
        path, started = ensemble["path"].values, ensemble["progress"].values >= DRAWN_FROM
        place = ensemble["embedding"].values[:, :2]
        for member in members_of(ensemble):
            axes.plot(*place[(path == member) & started].T, color=MUTED, linewidth=0.6, alpha=0.7)
        for kind in KINDS:
            colour, marker = AVERAGES[kind]
            drawn = place[(path == kind) & started]
            axes.plot(*drawn.T, color=colour, marker=marker, markersize=4, linewidth=1.1, alpha=0.85)
        draw_geodesic(axes, place[path == "geodesic"], around=place[started])
        axes.set(xlabel=axis_label(ensemble, 1), ylabel=axis_label(ensemble, 2), title=split, aspect="equal")
    entries = [*average_legend(), Line2D([], [], color="black", linewidth=2, label="geodesic")]
    figure.legend(handles=entries, loc="outside upper center", ncols=4)
    return figure


def members_of(ensemble: xr.Dataset) -> list[str]:
    """Names of the members' paths."""
    return [name for name in dict.fromkeys(ensemble["path"].values.astype(str)) if name.startswith("member")]


def scores_by_progress(ensemble: xr.Dataset) -> Figure:
    """Error, log-loss and Brier score of members and averages against their progress."""
    figure, panels = new_figure(len(JUDGED), width=4, height=3.2)
    path, progress = ensemble["path"].values, ensemble["progress"].values
    for axes, score in zip(panels, JUDGED, strict=True):
        value = ensemble[score].values
        for member in members_of(ensemble):
            axes.plot(progress[path == member], value[path == member], color=MUTED, linewidth=0.6, alpha=0.7)
        for kind in KINDS:
            colour, marker = AVERAGES[kind]
            chosen = path == kind
            axes.plot(progress[chosen], value[chosen], color=colour, marker=marker, markersize=4, linewidth=1.1)
        late = value[progress >= DRAWN_FROM]
        axes.set(xlabel="test progress", ylabel=f"test {SCORE_NAMES[score]}", xlim=(0, 1), ylim=(0, 1.05 * late.max()))
    panels[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    figure.legend(handles=average_legend(), loc="outside upper center", ncols=4)
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
    figure, panels = new_figure(3, 2, width=3.8, height=2.7, sharey=True)
    last = ensemble["step"].values == ensemble["step"].values.max()
    member = last & np.isin(ensemble["path"].values.astype(str), members_of(ensemble))
    for axes, score in zip(panels.ravel(), FINAL, strict=True):
        for row, (kind, (colour, marker)) in enumerate(AVERAGES.items()):
            final = found[kind][score]
            axes.plot(final["interval"], [row, row], color=colour, linewidth=1.4)
            axes.plot(final["value"], row, marker, color=colour, markersize=6)
        axes.plot(ensemble[score].values[member], np.full(member.sum(), len(AVERAGES)), "|", color="0.4", markersize=9)
        axes.set(xlabel=f"test {SCORE_NAMES[score]}")
    for row in panels:
        row[0].set_yticks(range(len(AVERAGES) + 1), [*map(KIND_NAMES.get, AVERAGES), "members"])
    panels[0, 0].invert_yaxis()
    return figure


def gains(tables: Mapping[str, pd.DataFrame], kind: str, found: Mapping, palette: Palette) -> Figure:
    """Scores of one average less those of others: each configuration, and the mean with its interval (test split).

    Parameters
    ----------
    tables : mapping from split to DataFrame
        From :func:`paper.rooms.ensembles.analysis.final_averages`.
    kind : str
    found : mapping from other average to mapping from split to mapping from score to dict
        From :func:`paper.rooms.ensembles.analysis.gain`.
    palette : Palette
    """
    shown = ("nll", "brier", "expected_error")
    figure, panels = new_figure(len(shown), len(found), width=4, height=2.8, squeeze=False, sharey=True)
    for row, (over, by_split) in zip(panels, found.items(), strict=True):
        for axes, score in zip(row, shown, strict=True):
            wide = tables["test"].pivot(index=["network", "configuration"], columns="kind", values=score)
            difference = wide[kind] - wide[over]
            for place, network in enumerate(palette.networks):
                values = np.sort(difference.loc[[network]].to_numpy())
                spread = place + 0.25 * np.linspace(-1, 1, len(values) + 2)[1:-1]
                axes.plot(values, spread, "o", color=palette.colour(network), markersize=4)
            result, y = by_split["test"][score], len(palette.networks)
            axes.plot(result["interval"], [y, y], color="black", linewidth=2)
            axes.plot(result["mean"], y, "D", color="black", markersize=6)
            axes.axvline(0, color="0.6", linewidth=0.8)
            axes.set_yticks(range(y + 1), [*map(palette.label, palette.networks), "mean"])
            axes.set(xlabel=f"test {SCORE_NAMES[score]}, difference")
            axes.locator_params(axis="x", nbins=5)
        row[0].set_title(f"{KIND_NAMES[kind]} less {KIND_NAMES[over]}", loc="left")
    panels[0, 0].invert_yaxis()
    return figure
