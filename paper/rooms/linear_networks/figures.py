"""Figures of linear networks: spectra and axes by theory and trained models, and a study's networks in linear axes."""

from __future__ import annotations

from itertools import cycle

import matplotlib as mpl
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from inpca import plotting
from inpca.dimension import axes_needed
from inpca.plotting.means import mean_trajectories
from paper.figures.style import LOOKS, MUTED, SPARE_COLOURS, Palette, new_figure
from paper.rooms.linear_networks.analysis import SOURCE_NAMES, axes_for, with_left_out
from paper.rooms.linear_networks.axes import MEASURES, SOURCES, TARGETS
from paper.rooms.linear_networks.theory import input_spectrum, predicted_eigenvalues, recorded_steps

#: Eigenvalues that are drawn, and the smallest part of the first.
DRAWN, LEAST = 25, 1e-6
#: Decays and scales of the map of axes.
FINE = 24
#: Explained stress below which nothing is drawn.
LOWEST = -0.3
#: Names of measures in titles.
NAMES = {MEASURES[0]: "all distances", MEASURES[1]: "at equal progress"}


def eigenvalues(theory: xr.Dataset, decay: float, scale: float) -> Figure:
    """Spectra of trained models (points) and of theory (lines), over the first, by decay, initial weights and steps."""
    figure, panels = new_figure(3, width=3.4, sharey=True)
    last = theory["length"].values[-1]
    varied = {
        "decay": ("decay of inputs", {"scale": scale, "length": last}),
        "scale": ("initial weights", {"decay": decay, "length": last}),
        "length": ("steps", {"decay": decay, "scale": scale}),
    }
    for axes, (name, (title, fixed)) in zip(panels, varied.items(), strict=True):
        values = theory[name].values
        colours = mpl.colormaps["viridis"](np.linspace(0, 0.85, len(values)))
        for value, colour in zip(values, colours, strict=True):
            cell = theory.sel(fixed | {name: value})
            first = float(cell["predicted"][0])
            measured = cell["measured"] / first
            places = cell["axis"].values
            axes.plot(places, cell["predicted"] / first, color=colour, linewidth=1.2, label=f"{value:g}")
            axes.errorbar(
                places,
                measured.mean("replicate"),
                yerr=np.abs(measured.quantile([0, 1], "replicate") - measured.mean("replicate")).values,
                fmt="o",
                color=colour,
                markersize=2.5,
                linewidth=0.8,
            )
        axes.set(yscale="log", ylim=(LEAST, 3), xlim=(0.5, min(DRAWN, len(places)) + 0.5), xlabel="axis", title=title)
        axes.legend(fontsize=7, ncols=2, loc="lower left")
    panels[0].set(ylabel="eigenvalue / first of theory")
    return figure


def axes_map(theory: xr.Dataset) -> Figure:
    """Axes for 90 % of the stress by theory, over decay and initial weights; trained models in figures."""
    lengths = theory["length"].values
    figure, panels = new_figure(len(lengths), width=3.5, height=3.3, sharey=True, squeeze=False)
    d, measured = theory.sizes["axis"], axes_for(theory["measured"]).mean("replicate")
    decays, given = theory["decay"].values[-1] * np.linspace(0, 1, FINE) ** 2, theory["scale"].values
    scales = np.geomspace(given[0] / 2, given[-1] * 2, FINE)
    for axes, length in zip(panels[0], lengths, strict=True):
        steps = recorded_steps(int(length), int(theory.attrs["checkpoints"]))
        needed = [
            [
                axes_needed(predicted_eigenvalues(input_spectrum(decay, d), scale, steps, theory.attrs["rate"]))
                for decay in decays
            ]
            for scale in scales
        ]
        image = axes.pcolormesh(
            decays, scales, needed, cmap="cividis", norm=mpl.colors.LogNorm(1, d), shading="nearest", rasterized=True
        )
        for cell in measured.sel(length=length).to_dataframe("axes").reset_index().itertuples():
            label = f"{cell.axes:.0f}"
            colour = "black" if cell.axes > np.sqrt(d) else "white"
            axes.text(cell.decay, cell.scale, label, ha="center", va="center", fontsize=8, color=colour)
        axes.set(yscale="log", xlabel="decay of inputs", title=f"{length} steps")
        axes.set_xscale(
            "function", functions=(lambda x: np.sign(x) * np.sqrt(np.abs(x)), lambda x: np.sign(x) * x**2)
        )  # most is at small ones
        axes.set_xlim(-0.0006 * decays[-1], 1.1 * decays[-1])
        axes.set_xticks(theory["decay"].values, [f"{decay:g}" for decay in theory["decay"].values])
    panels[0, 0].set(ylabel="initial weights / teacher's")
    bar = figure.colorbar(image, ax=panels[0], label="axes for 90 % of the stress")
    ticks = [tick for tick in (1, 2, 5, 10, 20, 40, 100) if tick <= d]
    bar.set_ticks(ticks, labels=[str(tick) for tick in ticks])
    bar.minorticks_off()
    return figure


def plane(places: pd.DataFrame, split: str) -> Figure:
    """Models in the first three axes of linear networks, and the mean of each network's runs at equal progress."""
    some = places[places["split"] == split]
    way, models = some[some["kind"] == "geodesic"], some[some["kind"] != "geodesic"]
    kinds = models.drop_duplicates("network").set_index("network")["kind"]
    linear = kinds.index[kinds == "linear"]
    palette = Palette.of(kinds.index.drop(linear))
    colours = {name: palette.colour(name) for name in palette.networks}
    colours |= dict(zip(linear, cycle(SPARE_COLOURS[::-1]), strict=False))
    names = {"groups": models["network"].to_numpy(object), "runs": models["run"].to_numpy(object)}
    X = models[["pc1", "pc2", "pc3"]].to_numpy()
    means = mean_trajectories(X, **names, progress=models["progress"].to_numpy())
    figure, panels = new_figure(2, width=4.3, height=3.6)
    for axes, (x, y) in zip(panels, ((0, 1), (0, 2)), strict=True):
        plotting.draw_groups(axes, X[:, [x, y]], **names, colours=colours, faint=True)
        axes.plot(
            way[f"pc{x + 1}"], way[f"pc{y + 1}"], color="black", linewidth=1.5, label="geodesic P₀ to P*", zorder=7
        )
        for name, mean in means.items():
            style, label = ("--", name.replace("_", " ")) if kinds[name] == "linear" else ("-", palette.label(name))
            axes.plot(mean[:, x], mean[:, y], style, color=colours[name], linewidth=1.8, label=label, zorder=8)
        axes.set(xlabel=f"linear axis {x + 1} (√nats)", ylabel=f"linear axis {y + 1} (√nats)", aspect="equal")
        axes.set(adjustable="datalim")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=8)
    return figure


def explained_by_source(explained: xr.DataArray) -> Figure:
    """Explained stress by number of axes and by what these were fitted on, with intervals, for both splits."""
    figure, panels = new_figure(2, 2, width=4.2, height=2.9, sharex=True)
    for row, split in zip(panels, explained["split"].values, strict=True):
        for axes, measure in zip(row, MEASURES, strict=True):
            for look, source in zip(LOOKS, SOURCES, strict=False):
                some = explained.sel(split=split, target=TARGETS[0], measure=measure, source=source)
                found = [with_left_out(some.sel(axis=axis), lambda given: given) for axis in some["axis"].values]
                value, ends = np.array([one["value"] for one in found]), np.array([one["interval"] for one in found])
                axes.fill_between(
                    some["axis"], *ends.T, where=value > LOWEST, color=look.colour, alpha=0.15, linewidth=0
                )
                axes.plot(
                    some["axis"],
                    value,
                    color=look.colour,
                    linestyle=look.dashes,
                    marker=look.marker,
                    markersize=3.5,
                    label=SOURCE_NAMES[source],
                )
            axes.axhline(0, color=MUTED, linewidth=0.8)
            axes.set_ylim(bottom=max(axes.get_ylim()[0], LOWEST))
            axes.set(title=f"{split}, {NAMES[measure]}")
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        row[0].set(ylabel="explained stress")
    for axes in panels[1]:
        axes.set(xlabel="axes")
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)
    return figure
