"""Light cones in planes of a space-like and a time-like coordinate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from paper.figures.style import MUTED


def draw_light_cone(axes: Axes, point: Sequence[float], *, label: str | None = None, colour: str = MUTED) -> None:
    """The lines ΔS = ±ΔT through a point, over a panel that has its limits already; what is time-like is shaded.

    Parameters
    ----------
    axes : Axes
        Space-like coordinate to the right, time-like one upwards, at one scale.
    point : (2,) sequence
    label : str, optional
        In the legend.
    """
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    reach = max(right - left, top - bottom)
    ends = np.array([-reach, reach])
    for slope in (1, -1):
        axes.plot(
            point[0] + ends, point[1] + slope * ends, color=colour, linestyle="--", linewidth=0.9, zorder=1, label=label
        )
        label = None
    axes.fill_between(
        point[0] + np.array([-reach, 0, reach]),
        point[1] + np.array([reach, 0, reach]),
        point[1] + reach,
        color=colour,
        alpha=0.12,
        linewidth=0,
        zorder=0,
    )
    axes.fill_between(
        point[0] + np.array([-reach, 0, reach]),
        point[1] - np.array([reach, 0, reach]),
        point[1] - reach,
        color=colour,
        alpha=0.12,
        linewidth=0,
        zorder=0,
    )
    axes.set(xlim=(left, right), ylim=(bottom, top))
