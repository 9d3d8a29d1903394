"""Networks on synthetic data of several spectra, from ignorance and from corners: figures, one panel a spectrum."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator, PercentFormatter, ScalarFormatter

from inpca.dimension import ENOUGH_STRESS
from paper.figures.manifold import draw_geodesic
from paper.figures.style import new_figure
from paper.models import runs
from paper.rooms.sloppy_synthetic.configuration import Spectrum
from paper.rooms.sloppy_synthetic.data import input_variances

#: Colours (Okabe & Ito) and markers of the spectra, in the order in which a study names them.
SPECTRUM_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SPECTRUM_MARKERS = ("o", "s", "^", "D", "v", "P")


def start_name(corners: int) -> str:
    """Where runs start, in words."""
    return "ignorance" if corners == 0 else f"{corners} corner{'s' if corners > 1 else ''}"


def start_colours(numbers) -> dict[int, tuple]:
    """Colour of each number of corners, from dark to light."""
    numbers = [int(n) for n in numbers]
    return dict(zip(numbers, mpl.colormaps["viridis"](np.linspace(0, 0.9, len(numbers))), strict=True))


def variances(sample: Mapping[str, np.ndarray], population: Mapping[str, Spectrum]) -> Figure:
    """Eigenvalues of the covariance of the inputs: of their distribution (lines) and of the train sample (marks).

    Parameters
    ----------
    sample : mapping from name to (d,) array
        Eigenvalues of the train inputs, descending.
    population : mapping from name to Spectrum
    """
    figure, axes = new_figure(width=6, height=3.6)
    for (name, values), colour, marker in zip(sample.items(), SPECTRUM_COLOURS, SPECTRUM_MARKERS, strict=False):
        axis, spectrum = np.arange(1, len(values) + 1), population[name]
        size = "" if spectrum.sized_as is None else f", as large as with {spectrum.sized_as:g}"
        axes.plot(axis, input_variances(spectrum, len(values)) / len(values), color=colour, linewidth=1)
        legend = f"{label(name)} (c = {spectrum.decay:g}{size})"
        axes.scatter(axis[::4], values[::4], color=colour, marker=marker, s=12, linewidth=0, label=legend)
    lowest = min(values[: len(values) // 4].min() for values in sample.values())
    axes.set(xlabel="eigenvalue of the input covariance, by rank", ylabel="variance", yscale="log")
    axes.set_ylim(bottom=max(lowest, 1e-12) / 3)
    axes.legend()
    return figure


def label(name: str) -> str:
    """Name of a spectrum in legends."""
    return name.replace("_", " ")


def manifolds(tables: Mapping[str, pd.DataFrame], dimensions: Mapping[str, xr.Dataset]) -> Figure:
    """PC1–PC2 of every case: a row for each spectrum, a column for each number of corners; colour tells corners apart.

    Parameters
    ----------
    tables, dimensions : mappings from name of the spectrum
        As :func:`.geometry.spectrum_geometry` returns them. A time-like axis says so in its label.
    """
    numbers = next(iter(tables.values()))["corners"].unique()
    figure, panels = new_figure(len(numbers), len(tables), width=2.3, height=2.2, squeeze=False)
    for row, (name, table) in zip(panels, tables.items(), strict=True):
        for axes, (number, points) in zip(row, table.groupby("corners", sort=False), strict=True):
            draw_case(axes, points)
            # to the left, P* is often in the upper right corner
            axes.set_title(f"{label(name)}, {start_name(number)}", loc="left", fontsize=8, pad=14)
            signature = dimensions[name]["drawn_signature"].sel(corners=number).values
            for set_label, axis in ((axes.set_xlabel, 1), (axes.set_ylabel, 2)):
                set_label(f"PC{axis} (√nats{', time-like' if signature[axis - 1] < 0 else ''})", fontsize=8)
    return figure


def draw_case(axes: Axes, points: pd.DataFrame) -> None:
    """Runs of one case as lines with their start marked, in the colour of the corner they start from."""
    models = runs(points)
    colours = mpl.colormaps["viridis"](np.linspace(0, 0.9, max(2, models["corner"].nunique())))
    for _, run in models.groupby("run", sort=False):
        corner = run["corner"].iloc[0]
        colour = "0.45" if np.isnan(corner) else colours[int(corner)]
        place = run[["pc1", "pc2"]].to_numpy()
        axes.add_collection(LineCollection([place], colors=[colour], linewidths=0.7, alpha=0.7, rasterized=True))
        axes.scatter(*place[0], color=[colour], s=10, linewidth=0, rasterized=True)
    axes.autoscale_view()
    draw_geodesic(axes, points, (1, 2))


def spectra(dimensions: Mapping[str, xr.Dataset]) -> Figure:
    """|λ| relative to the largest, by rank; time-like axes are hollow triangles."""
    figure, panels = spectrum_panels(dimensions)
    for axes, dataset in zip(panels, dimensions.values(), strict=True):
        for number, colour in start_colours(dataset["corners"].values).items():
            value = dataset["eigenvalue"].sel(corners=number).values
            size, axis, space_like = np.abs(value / value[0]), dataset["axis"].values, value > 0
            axes.plot(axis, size, color=colour, linewidth=0.8)
            axes.scatter(axis[space_like], size[space_like], color=[colour], s=9, linewidth=0)
            hollow = ~space_like & np.isfinite(value)
            axes.scatter(
                axis[hollow], size[hollow], facecolors="white", edgecolors=[colour], marker="^", s=22, zorder=3
            )
        axes.set(xlabel="axis", yscale="log")
        set_axis_ticks(axes, dataset)
    panels[0].set_ylabel("|eigenvalue| / largest")
    marks = [
        Line2D([], [], color="0.3", marker="o", markersize=3, linewidth=0, label="space-like"),
        Line2D([], [], color="0.3", marker="^", markerfacecolor="white", linewidth=0, label="time-like"),
    ]
    add_legend(figure, dimensions, marks)
    return figure


def stress(dimensions: Mapping[str, xr.Dataset]) -> Figure:
    """Explained stress against the number of axes, with bands of two standard errors."""
    figure, panels = spectrum_panels(dimensions)
    for axes, dataset in zip(panels, dimensions.values(), strict=True):
        for number, colour in start_colours(dataset["corners"].values).items():
            of_one = dataset.sel(corners=number)
            value, error = of_one["explained_stress"], of_one["explained_stress_error"]
            axes.plot(dataset["axis"], value, color=colour, marker="o", markersize=2.5, linewidth=1)
            band = value - 2 * error, np.minimum(value + 2 * error, 1)
            axes.fill_between(dataset["axis"], *band, color=colour, alpha=0.25, linewidth=0)
        axes.axhline(ENOUGH_STRESS, color="black", linestyle="--", linewidth=0.8)
        axes.set(xlabel="number of axes")
        set_axis_ticks(axes, dataset)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    panels[0].set_ylabel("explained stress")
    add_legend(figure, dimensions, [])
    return figure


def spectrum_panels(dimensions: Mapping[str, xr.Dataset]) -> tuple[Figure, np.ndarray]:
    """A panel for each spectrum, side by side, with its name."""
    figure, panels = new_figure(len(dimensions), width=3.6, height=3.2, sharey=True, squeeze=False)
    for axes, (name, dataset) in zip(panels[0], dimensions.items(), strict=True):
        axes.set_title(f"{label(name)} (c = {dataset.attrs['decay']:g})")
    return figure, panels[0]


def set_axis_ticks(axes: Axes, dataset: xr.Dataset) -> None:
    """Logarithmic axis of ranks with plain numbers."""
    axes.set_xscale("log")
    axes.set_xticks([k for k in (1, 2, 5, 10, 20, 50, 100) if k <= dataset.sizes["axis"]])
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_locator(NullLocator())


def add_legend(figure: Figure, dimensions: Mapping[str, xr.Dataset], marks: list[Line2D]) -> None:
    """Legend of the numbers of corners, above the panels."""
    numbers = next(iter(dimensions.values()))["corners"].values
    lines = [Line2D([], [], color=colour, label=start_name(n)) for n, colour in start_colours(numbers).items()]
    figure.legend(handles=[*lines, *marks], loc="outside upper center", ncols=len(lines) + len(marks))


def participation(dimensions: Mapping[str, xr.Dataset], late: Mapping[str, xr.Dataset]) -> Figure:
    """Axes needed for the explained stress that counts as enough, and participation ratio, by number of corners.

    Parameters
    ----------
    dimensions, late : mappings from name of the spectrum to Dataset
        Of all checkpoints, and of late ones.
    """
    figure, panels = new_figure(3, width=3.6, height=3.4)
    measures = (
        (dimensions, "axes_needed", f"axes for {ENOUGH_STRESS:.0%} of the stress", "all checkpoints"),
        (dimensions, "participation_ratio", "participation ratio", "all checkpoints"),
        (late, "participation_ratio", "participation ratio", "late checkpoints"),
    )
    for axes, (fitted, measure, ylabel, title) in zip(panels, measures, strict=True):
        numbers = next(iter(fitted.values()))["corners"].values
        styles = zip(fitted.items(), SPECTRUM_COLOURS, SPECTRUM_MARKERS, strict=False)
        for shift, ((name, dataset), colour, marker) in enumerate(styles):
            place = np.arange(len(numbers)) + 0.12 * (shift - (len(fitted) - 1) / 2)
            style = {"color": colour, "marker": marker, "markersize": 5, "linewidth": 1, "capsize": 2}
            axes.errorbar(place, dataset[measure], yerr=2 * dataset[f"{measure}_error"], label=label(name), **style)
        axes.set(title=title, xlabel="runs start from", ylabel=ylabel, ylim=(0, None))
        axes.set_xticks(range(len(numbers)), [start_name(n) for n in numbers], rotation=20)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(dimensions))
    return figure


def sweep(cells: xr.Dataset) -> Figure:
    """Heat maps over decay and number of corners: axes needed, and the final train error that tells what fitted."""
    figure, panels = new_figure(2, width=4.8, height=3.6, sharey=True)
    names = {"axes_needed": f"axes for {ENOUGH_STRESS:.0%} of the stress", "train_error": "final train error (%)"}
    for axes, (name, title) in zip(panels, names.items(), strict=True):
        values = cells[name].transpose("decay", "corners").values * (100 if name == "train_error" else 1)
        image = axes.imshow(values, cmap="cividis", aspect="auto", origin="lower", vmin=0)
        middle = image.norm.vmax / 2
        for (row, column), value in np.ndenumerate(values):
            axes.text(
                column,
                row,
                f"{value:.3g}" if name == "axes_needed" else f"{value:.1f}",
                ha="center",
                va="center",
                fontsize=8,
                color="white" if value < middle else "black",
            )
        axes.set_xticks(range(cells.sizes["corners"]), [start_name(n) for n in cells["corners"].values], rotation=20)
        axes.set_yticks(range(cells.sizes["decay"]), [f"{c:g}" for c in cells["decay"].values])
        axes.set(title=title, xlabel="runs start from")
        axes.spines[:].set_visible(False)
    panels[0].set_ylabel("decay c of the input variances")
    return figure


def final_errors(tables: Mapping[str, pd.DataFrame], fitted_error: float) -> Figure:
    """Final train and test error of every run by case; hollow marks are runs above the error that counts as fitted."""
    figure, panels = new_figure(2, width=4.6, height=3.4)
    numbers = next(iter(tables.values()))["corners"].unique()
    for axes, split in zip(panels, ("train", "test"), strict=True):
        styles = zip(tables.items(), SPECTRUM_COLOURS, SPECTRUM_MARKERS, strict=False)
        for shift, ((name, table), colour, marker) in enumerate(styles):
            last = runs(table).groupby(["corners", "run"], sort=False).tail(1)
            place = np.searchsorted(numbers, last["corners"]) + 0.2 * (shift - (len(tables) - 1) / 2)
            faces = [colour if error <= fitted_error else "none" for error in last["train_error"]]
            axes.scatter(
                place,
                100 * last[f"{split}_error"],
                facecolors=faces,
                edgecolors=colour,
                marker=marker,
                s=16,
                linewidth=0.7,
            )
            axes.scatter([], [], color=colour, marker=marker, s=16, label=label(name))
        axes.set(xlabel="runs start from", ylabel=f"final {split} error (%)")
        axes.set_xticks(range(len(numbers)), [start_name(n) for n in numbers], rotation=20)
    panels[0].axhline(100 * fitted_error, color="black", linestyle="--", linewidth=0.8)
    panels[0].annotate(
        "fitted below", (0, 100 * fitted_error), xytext=(0, -3), textcoords="offset points", va="top", fontsize=8
    )
    figure.legend(*panels[1].get_legend_handles_labels(), loc="outside upper center", ncols=len(tables))
    return figure
