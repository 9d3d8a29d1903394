"""Figures of the Ising model: exact coordinates with light cones, spectra, samples beside exact means, phases."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from scipy.stats import norm

from paper.exponential_family import Coordinates
from paper.figures.light_cones import draw_light_cone
from paper.figures.style import MUTED, SPACE_LIKE, TIME_LIKE, new_figure
from paper.rooms.ising.analysis import members
from paper.rooms.ising.enumeration import CRITICAL, SIDE, exact_means, spontaneous_magnetisation

#: Names of the statistics, whose parameters are the inverse temperature and the field.
STATISTICS = ("bonds and temperature", "spins and field")
#: Eigenvalues that are drawn.
DRAWN = 14
COLOURS = "viridis"


def planes(at: Coordinates, temperatures: list[float], fields: list[float], phases: tuple[int, int]) -> Figure:
    """Both planes of a space-like and a time-like coordinate; lines join the temperatures of a field, or fields of one.

    Parameters
    ----------
    at : Coordinates
        (temperatures · fields, 2).
    temperatures, fields : list of float
        Fields of both signs, in ascending order.
    phases : (int, int)
        Positions of a temperature and of a field: that member, whose light cones are drawn, and its mirror image.
    """
    figure, panels = new_figure(2, width=5, height=4.6)
    shape = (len(temperatures), len(fields), 2)
    S, T = at.space.reshape(shape), at.time.reshape(shape)
    scale = ScalarMappable(LogNorm(min(temperatures), max(temperatures)), COLOURS)
    colours = scale.to_rgba(np.asarray(temperatures))
    i, up = phases
    down = len(fields) - 1 - up
    for k, (axes, name) in enumerate(zip(panels, STATISTICS, strict=True)):
        axes.plot(S[..., k], T[..., k], color="0.8", linewidth=0.6, zorder=1)
        for place, colour in enumerate(colours):
            axes.plot(S[place, :, k], T[place, :, k], color=colour, linewidth=1, marker="o", markersize=3, zorder=2)
        bound = 1.12 * max(np.abs(S[..., k]).max(), np.abs(T[..., k]).max())
        axes.set(xlim=(-bound, bound), ylim=(-bound, bound), aspect="equal", title=name)
        axes.set(xlabel="S (√(nats a spin), space-like)", ylabel="T (√(nats a spin), time-like)")
        draw_light_cone(axes, (S[i, up, k], T[i, up, k]))
        for one, marker, label in ((up, "^", "phase up"), (down, "v", "phase down")):
            axes.plot(
                S[i, one, k],
                T[i, one, k],
                marker=marker,
                color="black",
                markersize=9,
                linestyle="",
                label=label,
                zorder=4,
            )
    bar = figure.colorbar(scale, ax=panels, shrink=0.75, label="temperature")
    bar.set_ticks([min(temperatures), CRITICAL, max(temperatures)])
    bar.set_ticklabels([f"{min(temperatures):g}", "$T_c$", f"{max(temperatures):g}"])
    bar.minorticks_off()
    panels[0].legend(fontsize=8, loc="upper left")
    return figure


def spectra(found: Mapping[str, np.ndarray], rounding: float) -> Figure:
    """Magnitudes of eigenvalues of both distances, coloured by sign; what is below the line is rounding."""
    figure, panels = new_figure(2, width=4.4, sharey=True)
    names = {"divergence": "symmetrised divergence / 8", "bhattacharyya": "Bhattacharyya distance"}
    for axes, (key, name) in zip(panels, names.items(), strict=True):
        some = found[key][:DRAWN]
        for sign, colour, label in ((1, SPACE_LIKE, "space-like"), (-1, TIME_LIKE, "time-like")):
            place = np.flatnonzero(np.sign(some) == sign)
            axes.vlines(place + 1, 1e-17, np.abs(some[place]), color=colour, linewidth=6, label=label)
        axes.axhline(rounding * abs(some[0]), color="black", linestyle=":", linewidth=1)
        axes.set(yscale="log", xlabel="axis", title=name, ylim=(1e-15, 5 * abs(some[0])), xlim=(0, DRAWN + 1))
    panels[0].set(ylabel="|λ| (nats)")
    panels[0].legend(fontsize=8)
    return figure


def equilibration(small: xr.Dataset, deviations: np.ndarray) -> Figure:
    """Sampled means of the 4×4 lattice on its exact curves, and a histogram of deviations with the normal density."""
    figure, (curves, histogram) = new_figure(2, width=4.6)
    temperatures, fields = small["temperature"].values, small["field"].values
    fine = np.geomspace(temperatures[0], temperatures[-1], 80)
    sampled = small["mean"].values[..., 1] / SIDE**2
    for place in np.flatnonzero(fields > 0):
        line = curves.plot(fine, exact_means(members(fine, [fields[place]]))[:, 0, 1] / SIDE**2, linewidth=1)[0]
        for start, marker in enumerate("ox"):
            curves.plot(
                temperatures, sampled[start, :, place], marker, color=line.get_color(), markersize=5, mfc="none"
            )
        line.set_label(f"H = {fields[place]:g}")
    curves.set(xscale="log", xlabel="temperature", ylabel="magnetisation a spin", title="4×4: samples on exact curves")
    curves.set_xticks([2, 3, 4, 6], ["2", "3", "4", "6"])
    curves.minorticks_off()
    curves.legend(fontsize=7, loc="upper right", bbox_to_anchor=(1, 0.95))
    line = np.linspace(-5, 5, 200)
    histogram.hist(
        np.clip(deviations.ravel(), -5, 5), bins=np.linspace(-5, 5, 41), density=True, color=SPACE_LIKE, alpha=0.6
    )
    histogram.plot(line, norm.pdf(line), color="black", linewidth=1.2, label="standard normal")
    histogram.set(xlabel="(sampled - exact) / standard error", ylabel="density", title="all means, both starts")
    histogram.legend(fontsize=8)
    return figure


def separation(separated: pd.DataFrame) -> Figure:
    """Magnetisation of opposite fields, and time-like over space-like part of their separation, by temperature."""
    figure, (magnetisation, ratio) = new_figure(2, width=4.6)
    fine = np.linspace(separated["temperature"].min(), separated["temperature"].max(), 600)
    magnetisation.plot(
        fine, spontaneous_magnetisation(fine), color="black", linewidth=1.2, label="infinite lattice, H → 0"
    )
    colours = mpl.colormaps["plasma"](np.linspace(0, 0.85, len(set(separated["field"]))))
    for colour, (field, some) in zip(colours, separated.groupby("field"), strict=True):
        style = {"color": colour, "marker": "o", "markersize": 3.5, "linewidth": 1, "label": f"H = ±{field:g}"}
        magnetisation.plot(some["temperature"], some["magnetisation"], **style)
        ratio.plot(some["temperature"], some["ratio"], **style)
    for axes in (magnetisation, ratio):
        axes.axvline(CRITICAL, color=MUTED, linewidth=0.9, linestyle=":")
        axes.set(xlabel="temperature", ylim=(0, 1.05))
    ratio.axhline(1, color=MUTED, linestyle="--", linewidth=0.9)
    _name(ratio, "light-like", (fine[-1], 1))
    magnetisation.set(ylabel="magnetisation a spin", title="phases")
    ratio.set(ylabel="time-like over space-like part", title="how they are separated")
    magnetisation.legend(fontsize=7)
    return figure


def _name(axes: Axes, text: str, at: tuple[float, float]) -> None:
    axes.annotate(text, at, xytext=(0, -9), textcoords="offset points", ha="right", fontsize=8, color="0.35")
