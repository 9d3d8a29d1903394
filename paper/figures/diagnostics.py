"""Single models of an experiment: those far from the truth, and the last of each run."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from paper.figures.style import OPTIMIZERS, Palette, new_figure, optimizer_looks
from paper.models import runs


def outliers(points: pd.DataFrame, split: str, threshold: float) -> Figure:
    """How far from P* models of each optimiser are: how many are beyond each distance, and when.

    d_B(P, P*) is half the loss (mean -ln p of the truth), so the threshold is one of the loss as well.

    Parameters
    ----------
    points : DataFrame
        Model table.
    split : {"train", "test"}
    threshold : float
        Distance from which a model is an outlier, nats a sample.
    """
    models = runs(points)
    far = models[f"{split}_loss"].to_numpy() / 2
    looks = optimizer_looks(models["optimizer"])
    figure, (share, when) = new_figure(2, width=4.6, height=3.2)
    for name, look in looks.items():
        distances = np.sort(far[(models["optimizer"] == name).to_numpy()])
        beyond = 100 * np.arange(len(distances), 0, -1) / len(distances)
        line = {"color": look.colour, "linestyle": look.dashes, "label": OPTIMIZERS.get(name, name)}
        share.step([0, *distances], [100, *beyond], where="pre", linewidth=1.6, **line)
    order = np.random.default_rng(0).permutation(len(far))  # so that no optimiser hides another
    colours = models["optimizer"].map({name: look.colour for name, look in looks.items()}).to_numpy()
    when.scatter(models["epoch"].to_numpy()[order], far[order], c=colours[order], s=4, linewidth=0, rasterized=True)
    ignorance = points.loc[points["kind"] == "ignorance", f"{split}_loss"].iloc[0] / 2
    for value, dashes, name in ((threshold, "--", "outlier"), (ignorance, ":", "ignorance $P_0$")):
        share.axvline(value, color="0.4", linestyle=dashes, linewidth=1, label=name)
        when.axhline(value, color="0.4", linestyle=dashes, linewidth=1)
    largest = 1.05 * max(threshold, far.max())
    share.set(xlabel=f"$d_B(P, P_*)$ on {split} (nats)", ylabel="models at least as far (%)", yscale="log")
    share.set(xlim=(0, largest), ylim=(50 / len(far), 130))
    first = models.loc[models["epoch"] > 0, "epoch"].min()
    when.set(xlabel="epoch", ylabel=f"$d_B(P, P_*)$ on {split} (nats)", ylim=(0, largest))
    when.set_xscale("symlog", linthresh=first)
    when.set_xlim(-0.3 * first, None)
    for axis in (share.yaxis, when.xaxis):
        axis.set_major_formatter("{x:g}")
    figure.legend(*share.get_legend_handles_labels(), loc="outside upper center", ncols=len(looks) + 2)
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
