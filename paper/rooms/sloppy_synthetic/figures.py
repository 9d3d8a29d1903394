"""Networks on synthetic data of several spectra, from ignorance and from corners: figures, one panel a spectrum."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from paper.figures.intervals import point
from paper.figures.manifold import axis_label, draw_geodesic
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
    """PC1–PC2 of four cases: two spectra (rows), each from the fewest and from the most corners (columns).

    Panels of a column have one scale, which both axes share: the embedding is isometric.

    Parameters
    ----------
    tables, dimensions : mappings from name of the spectrum
        As :func:`.geometry.spectrum_geometry` returns them, of two spectra.
    """
    numbers = next(iter(tables.values()))["corners"].unique()
    ends = sorted({numbers.min(), numbers.max()})
    cases = {(name, n): table[table["corners"] == n] for name, table in tables.items() for n in ends}
    reach = {n: np.max([extent(cases[name, n])[1] for name in tables], axis=0) for n in ends}
    height = 4.2 * max(y / x for x, y in reach.values()) + 0.5
    figure, panels = new_figure(len(ends), len(tables), width=4.2, height=height, squeeze=False)
    for axes, ((name, number), points) in zip(panels.flat, cases.items(), strict=True):
        drawn, (middle, _) = drawn_axes(dimensions[name].sel(corners=number)), extent(points)
        low, high = middle - reach[number], middle + reach[number]
        draw_case(axes, points)
        axes.set_title(f"{label(name)}, {start_name(number)}", loc="left", fontsize=9, pad=12)
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
        axes.set(xlabel=axis_label(drawn, 1), ylabel=axis_label(drawn, 2))
        axes.locator_params(nbins=5)
    return figure


def extent(points: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Middle of the models of a case in PC1 and PC2, and how far they reach from it, with a margin."""
    place = points[["pc1", "pc2"]].to_numpy()
    low, high = place.min(axis=0), place.max(axis=0)
    return (low + high) / 2, 0.58 * (high - low)


def drawn_axes(found: xr.Dataset) -> xr.Dataset:
    """Signature and explained stress of the axes that are drawn, as in an embedding."""
    drawn = found[["drawn_signature", "drawn_stress"]].rename(
        drawn_signature="signature", drawn_stress="explained_stress", drawn_axis="axis_"
    )
    return (
        drawn.drop_vars("axis", errors="ignore")
        .rename(axis_="axis")
        .assign_coords(axis=np.arange(1, drawn.sizes["axis_"] + 1))
    )


def draw_case(axes: Axes, points: pd.DataFrame) -> None:
    """Runs of one case as lines with their start marked, in the colour of the corner they start from."""
    models = runs(points)
    corners = np.unique(models["corner"].dropna())
    colours = dict(zip(corners, mpl.colormaps["viridis"](np.linspace(0, 0.9, max(1, len(corners)))), strict=False))
    for _, run in models.groupby("run", sort=False):
        colour = colours.get(run["corner"].iloc[0], "0.45")
        place = run[["pc1", "pc2"]].to_numpy()
        axes.add_collection(LineCollection([place], colors=[colour], linewidths=0.7, alpha=0.7, rasterized=True))
        axes.scatter(*place[0], color=[colour], s=10, linewidth=0, rasterized=True)
    draw_geodesic(axes, points, (1, 2))


def participation(numbers: Mapping[str, dict]) -> Figure:
    """Participation ratios by start: of all models with that of one run, and of the scatter between runs; and nulls.

    Parameters
    ----------
    numbers : mapping from name of the spectrum to dict
        With ``cases``, see :func:`.analysis.case_numbers`. Bars are intervals of 95 %; nulls are hollow.
    """
    figure, panels = new_figure(2, width=4.8, height=3.6, sharey=True)
    for axes, (of, null) in zip(panels, (("models", "null"), ("between", "between_null")), strict=True):
        styles = zip(numbers.items(), SPECTRUM_COLOURS, SPECTRUM_MARKERS, strict=False)
        for shift, ((name, of_one), colour, marker) in enumerate(styles):
            cases = list(of_one["cases"].values())
            place = np.arange(len(cases)) + 0.16 * (shift - (len(numbers) - 1) / 2)
            value = np.array([case["dimensions"][of] for case in cases])
            reach = np.abs(np.transpose([case["dimensions_interval"][of] for case in cases]) - value)
            style = {"color": colour, "marker": marker, "markersize": 5, "linewidth": 0}
            axes.errorbar(place, value, yerr=reach, label=label(name), elinewidth=1, capsize=2, **style)
            other = [case["participation"][null] for case in cases]
            axes.plot(place, other, markerfacecolor="white", alpha=0.8, **style)
            if of == "models":
                one = [case["participation"]["one_run"] for case in cases]
                axes.hlines(one, place - 0.08, place + 0.08, color=colour, linewidth=1.6)
        numbers_of_corners = [int(n) for n in next(iter(numbers.values()))["cases"]]
        axes.set_xticks(range(len(numbers_of_corners)), [start_name(n) for n in numbers_of_corners], rotation=20)
        axes.set(xlabel="runs start from", yscale="log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_locator(NullLocator())
    panels[0].set_ylabel("participation ratio")
    panels[0].set_title("all models (hollow: null; line: one run)", fontsize=9)
    panels[1].set_title("between runs at equal progress (hollow: null)", fontsize=9)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(numbers))
    return figure


def comparison(compared: Mapping) -> Figure:
    """The sloppiest inputs against each of the others, by start: ratio of how far runs stay below their null.

    Right of the line, the scatter between runs is farther below its null with sloppy inputs. Bars are intervals.

    Parameters
    ----------
    compared : mapping
        From :func:`.analysis.comparisons`.
    """
    sloppiest, others = compared["sloppiest"], compared["over"][compared["sloppiest"]]
    starts = list(next(iter(others.values()), {}))
    figure, axes = new_figure(width=6.5, height=1.2 + 0.2 * len(starts) * (len(others) + 1))
    styles = list(zip(compared["over"], SPECTRUM_COLOURS, SPECTRUM_MARKERS, strict=False))
    for shift, (name, colour, marker) in enumerate(style for style in styles if style[0] in others):
        for row, start in enumerate(starts):
            found, place = others[name][start], row + 0.22 * (shift - (len(others) - 1) / 2)
            point(axes, found["value"], found["interval"], place, colour, None if row else label(name), marker)
    axes.axvline(1, color="black", linewidth=0.8, linestyle="--")
    axes.set_yticks(range(len(starts)), [start_name(int(n)) for n in starts])
    axes.set(xscale="log", ylim=(len(starts) - 0.5, -0.5), ylabel="runs start from")
    axes.set_xlabel(f"null / between runs with {label(sloppiest)} inputs, over the same with others")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=len(others))
    return figure


def sweep(cells: xr.Dataset) -> Figure:
    """Heat maps over decay and number of corners: dimensions of the null over those between runs, and final errors."""
    figure, panels = new_figure(3, width=3.6, height=3.6, sharey=True)
    titles = {
        "fewer": "dimensions of the null\nover those between runs",
        "train_error": "final train error (%)",
        "test_error": "final test error (%)",
    }
    for axes, (name, title) in zip(panels, titles.items(), strict=True):
        values = cells[name].transpose("decay", "corners").values * (1 if name == "fewer" else 100)
        norm = LogNorm() if name == "fewer" else Normalize(vmin=0)
        image = axes.imshow(values, cmap="cividis", aspect="auto", origin="lower", norm=norm)
        for (row, column), value in np.ndenumerate(values):
            colour = "white" if image.norm(value) < 0.5 else "black"
            text = f"{value:.2f}" if name == "fewer" else f"{value:.1f}"
            axes.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)
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
