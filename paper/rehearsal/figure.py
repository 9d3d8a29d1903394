"""The figure of growth: time, time of stages, memory and disk by number of runs, beside the linear law."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from paper.figures.style import LOOKS, MUTED, new_figure, save_figure, use_style
from paper.rehearsal.record import total
from paper.rehearsal.report import ALT, SMALL, growth, largest_job, runs_of


def draw(sizes: Sequence[dict], folder: Path) -> None:
    """Write ``growth.png`` and ``growth.pdf``.

    Parameters
    ----------
    sizes : sequence of dict
        Records of :func:`paper.rehearsal.record.run`, the smallest first.
    folder : path
    """
    use_style()
    figure, panels = new_figure(3, width=4.2, height=4.4)
    whole = {
        "time": [total(one["attempts"], "wall") for one in sizes],
        "CPU, jobs": [total(one["attempts"], "started_cpu") for one in sizes],
        "CPU, Snakemake": [total(one["attempts"], "own_cpu") for one in sizes],
        "planning": [one["planning"]["seconds"] for one in sizes],
    }
    bytes_ = {
        "disk": [sum(one["disk"].values()) for one in sizes],
        "memory, all at once": [total(one["attempts"], "memory") for one in sizes],
        "memory, largest job": [largest_job(one) for one in sizes],
        "memory, Snakemake": [total(one["attempts"], "own_memory") for one in sizes],
    }
    gigabytes = {name: [value / 1e9 for value in values] for name, values in bytes_.items()}
    shown = (
        ("in all", "seconds", whole),
        ("by stage", "seconds", largest(sizes)),
        ("memory and disk", "GB", gigabytes),
    )
    for axes, (title, unit, lines) in zip(panels, shown, strict=True):
        _panel(axes, sizes, lines)
        axes.set(title=title, xlabel="runs", ylabel=unit)
    save_figure(figure, folder, "growth", ALT)


def largest(sizes: Sequence[dict]) -> dict[str, list[float]]:
    """Seconds of the stages that take a share of the time of the largest size that is worth a line, by size."""
    stages = sizes[-1]["stages"]
    in_all = sum(stage["seconds"] for stage in stages)
    found = {}
    for stage in stages:
        times = [one["seconds"] for size in sizes for one in size["stages"] if one["stage"] == stage["stage"]]
        if stage["seconds"] >= SMALL * in_all and len(times) == len(sizes):
            found[stage["stage"]] = times
    return dict(list(found.items())[: 2 * len(LOOKS)])


def _panel(axes, sizes: Sequence[dict], lines: dict[str, list[float]]) -> None:
    """Lines with their exponents in the legend, and the linear law from the largest size down."""
    runs = np.array(runs_of(sizes), dtype=float)
    for place, (name, values) in enumerate(lines.items()):
        look, found = LOOKS[place % len(LOOKS)], growth(sizes, values)
        label = name if found is None else f"{name}: {found.value:.2f}"
        colour = look.colour if place < len(LOOKS) else f"C{place}"
        axes.loglog(runs, values, color=colour, linestyle=look.dashes, marker=look.marker, markersize=4, label=label)
        axes.loglog(runs, values[-1] * runs / runs[-1], color=MUTED, linewidth=0.8, linestyle=":", zorder=0)
    axes.plot([], [], color=MUTED, linewidth=0.8, linestyle=":", label="linear: 1")
    axes.set_xticks(runs, [f"{n:,.0f}" for n in runs])
    axes.minorticks_off()
    axes.legend(fontsize=6.5, loc="upper center", bbox_to_anchor=(0.5, -0.18))
