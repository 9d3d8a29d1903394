"""Figures of the authors' models, embedded from their own distances."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from inpca import plotting
from paper.figures.style import LOOKS, Palette, new_figure
from paper.report.claims import paper_numbers, paper_series
from paper.rooms.authors.published import GEODESIC

#: Most models that are drawn; of more, every k-th is.
DRAWN = 20_000
#: Numbers of axes that are named in a figure.
TICKS = (1, 3, 10, 50)
#: Controls as legends name them.
CONTROLS = {
    "permuted": "distances permuted among pairs",
    "one run": "one run alone (median)",
    "geodesic": "the geodesic alone",
}
#: The paper's series of explained pairwise distances, by set of models.
SERIES = {"without outliers": "explained_distance.all.original", "allcnn": "explained_distance.allcnn.original"}
SET_NAMES = {"all": "all models", "without outliers": "without outliers", "allcnn": "All-CNN alone"}


def pairs(dataset: xr.Dataset, models: pd.DataFrame) -> Figure:
    """Three views of the first three axes, models coloured by network, the geodesic in black."""
    palette = Palette.of(models.loc[models["kind"] == "run", "network"])
    drawn = (models["kind"] == "run") & (np.arange(len(models)) % max(1, len(models) // DRAWN) == 0)
    groups = models["network"].map(palette.label).where(drawn, None)
    colours = {palette.label(network): palette.colour(network) for network in palette.networks}
    geodesic = models[models["kind"] == GEODESIC].sort_values("t").index.tolist()
    return plotting.pairs(dataset, groups=groups.to_numpy(object), color=colours, geodesic=geodesic or None)


def stress(found: dict[str, xr.Dataset]) -> Figure:
    """Explained stress by number of axes of each split, beside controls and the paper's numbers."""
    figure, panels = new_figure(len(found), width=4.6, sharey=True)
    recalled = paper_numbers()
    for panel, (split, dataset) in zip(np.atleast_1d(panels), found.items(), strict=True):
        axis = dataset["axis"].values
        lines = {"recomputed from distances": dataset["explained_stress"].values}
        if np.isfinite(dataset["published_stress"]).any():
            lines["the authors' eigenvalues"] = dataset["published_stress"].values
        lines |= {CONTROLS[c]: dataset["control_stress"].sel(control=c).values for c in dataset["control"].values}
        for look, (label, values) in zip(LOOKS, lines.items(), strict=False):
            panel.plot(axis, values, linestyle=look.dashes, color=look.colour, label=label)
        marks = [(3, recalled[f"three_axes_explain_{split}"])]
        if split == "train":
            marks.append((50, recalled["fifty_axes_explain_nearly_all"]))
        for k, number in marks:
            panel.plot(k, number.value, "*", color="#D55E00", markersize=11, label=f"the paper ({number.confidence})")
        panel.set(xscale="log", ylim=(0, 1.05), xlabel="axes", title=split)
        panel.set_xticks(TICKS, map(str, TICKS))
        panel.minorticks_off()
    np.atleast_1d(panels)[0].set(ylabel="explained stress")
    handles, labels = np.atleast_1d(panels)[0].get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    figure.legend(once.values(), once.keys(), loc="outside lower center", ncols=2)
    return figure


def explained_distance(dataset: xr.Dataset) -> Figure:
    """Explained pairwise distance by number of axes, of sets of models, beside the paper's."""
    figure, panel = new_figure(width=6.4, height=3.4)
    few = dataset["axis"].values[:8]
    for look, (name, label) in zip(LOOKS, SET_NAMES.items(), strict=False):
        values = dataset["set_explained_distance"].sel(set=name, axis=few).values
        if np.isfinite(values).any():
            panel.plot(few, values, linestyle=look.dashes, color=look.colour, label=label)
        if name in SERIES:
            series = {int(k): number.value for k, number in paper_series(SERIES[name]).items()}
            panel.plot(list(series), list(series.values()), "*", color=look.colour, label=f"{label}, the paper's")
    panel.set(ylim=(0, 1.05), xlabel="axes", ylabel="explained pairwise distance")
    panel.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
