"""Single models of an experiment: those near the geodesic, those far from the truth, and the last of each run."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import seaborn as sns
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from paper.figures.manifold import axis_label, draw_geodesic
from paper.figures.style import MUTED, Palette, new_figure
from paper.models import runs


def spread(points: pd.DataFrame, embedding: xr.Dataset, near: dict[float, np.ndarray], palette: Palette) -> Figure:
    """Models close to chosen points of the geodesic, in two pairs of axes, and how many there are of each architecture.

    Parameters
    ----------
    points : DataFrame
    embedding : Dataset
    near : mapping from t to (m,) array of bool
        From :func:`paper.report.embedding.models_near_geodesic`.
    palette : Palette
    """
    figure, panels = new_figure(3, width=4, height=3.4)
    markers, colours = ("o", "^", "D", "v"), sns.color_palette("viridis", len(near))
    models = (points["kind"] == "run").to_numpy()
    for axes, pair in zip(panels, ((1, 2), (2, 3)), strict=False):
        columns = [f"pc{axis}" for axis in pair]
        axes.scatter(
            *points.loc[models, columns].to_numpy().T,
            color=MUTED,
            s=3,
            linewidth=0,
            alpha=0.35,
            rasterized=True,
        )
        for (t, chosen), marker, colour in zip(near.items(), markers, colours, strict=False):
            inside = points.loc[chosen, columns].to_numpy()
            axes.scatter(
                *inside.T,
                color=[colour],
                marker=marker,
                s=14,
                linewidth=0.3,
                edgecolor="white",
                label=f"around t = {t:g}",
                rasterized=True,
            )
        draw_geodesic(axes, points, pair)
        axes.set(xlabel=axis_label(embedding, pair[0]), ylabel=axis_label(embedding, pair[1]))
    panels[0].legend(fontsize=8)
    counts = pd.DataFrame(
        {
            f"t = {t:g}": points[chosen].groupby("network").size().reindex(palette.networks, fill_value=0)
            for t, chosen in near.items()
        }
    )
    counts.rename(index=palette.label).plot.barh(ax=panels[2], color=colours, width=0.8, legend=False)
    panels[2].invert_yaxis()
    panels[2].set(xlabel="models within the radius", ylabel="")
    return figure


def outliers(points: pd.DataFrame, split: str, threshold: float, palette: Palette) -> Figure:
    """Number of models far from P*, by epoch and architecture.

    d_B(P, P*) is half the loss (mean -ln p of the truth), so the threshold is one of the loss as well.
    """
    models = runs(points)
    far = models[models[f"{split}_loss"] / 2 > threshold]
    figure, (by_epoch, by_network) = new_figure(2, width=5, height=3)
    edges = np.concatenate([[0], np.geomspace(0.1, max(models["epoch"].max(), 1), 12)])
    bins = np.arange(len(edges) - 1)
    bottom = np.zeros(len(bins))
    for network in palette.networks:
        height, _ = np.histogram(far.loc[far["network"] == network, "epoch"], edges)
        by_epoch.bar(
            bins,
            height,
            bottom=bottom,
            color=palette.colour(network),
            label=palette.label(network),
            width=0.9,
        )
        bottom += height
    by_epoch.set_xticks(
        bins,
        [f"{low:.2g}–{high:.2g}" for low, high in pairwise(edges)],
        rotation=45,
        ha="right",
    )
    by_epoch.set(xlabel="epoch", ylabel=f"models with $d_B(P, P_*)$ > {threshold:g}")
    fraction = far.groupby("network").size() / models.groupby("network").size()
    fraction = 100 * fraction.reindex(palette.networks).fillna(0)
    by_network.barh(
        [palette.label(n) for n in fraction.index], fraction, color=[palette.colour(n) for n in fraction.index]
    )
    by_network.invert_yaxis()
    by_network.set(xlabel=f"fraction of the architecture's models with $d_B(P, P_*)$ > {threshold:g} (%)")
    if far.empty:
        by_epoch.text(0.5, 0.5, "no model is that far from $P_*$", transform=by_epoch.transAxes, ha="center")
        by_epoch.set(ylim=(0, 1), yticks=[0])
        by_network.set(xlim=(0, 1), xticks=[0])
    else:
        by_epoch.legend(fontsize=8)
        by_epoch.yaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def final_errors(table: pd.DataFrame, fitted_error: float, palette: Palette) -> Figure:
    """Final train and test error of every run, one line for each configuration; runs that did not fit are hollow."""
    final = runs(table).groupby("run", sort=False).tail(1)
    networks = {name: position for position, name in enumerate(palette.networks)}
    order = sorted(final["configuration"].unique(), key=lambda c: (networks[c.split("-")[0]], c))
    figure, panels = new_figure(2, width=5, height=0.16 * len(order) + 1.2, sharey=True)
    for axes, split in zip(panels, ("train", "test"), strict=True):
        for position, configuration in enumerate(order):
            of_one = final[final["configuration"] == configuration]
            colour = palette.colour(of_one["network"].iloc[0])
            fitted = of_one["train_error"].to_numpy() <= fitted_error
            faces = [colour if good else "none" for good in fitted]
            axes.scatter(
                100 * of_one[f"{split}_error"],
                [position] * len(of_one),
                facecolors=faces,
                edgecolors=colour,
                s=22,
            )
        axes.grid(axis="y", linewidth=0.4)
        axes.set(xlabel=f"final {split} error (%)", xlim=(-1, None))
    panels[0].axvline(100 * fitted_error, color="black", linestyle="--", linewidth=1)
    panels[0].set_yticks(range(len(order)), order, fontsize=7, family="monospace")
    panels[0].invert_yaxis()
    return figure
