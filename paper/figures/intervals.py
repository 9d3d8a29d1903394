"""Numbers with their intervals, drawn."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

#: Colour of each split, none of an architecture.
SPLITS = {"train": "#222222", "test": "#A6761D"}


def point(
    axes: Axes, value: float, interval: list, y: float, colour: str, label: str | None, marker: str = "o"
) -> None:
    """A number with its interval on a horizontal line; nothing where there is none, which is NaN."""
    if not np.isnan(value):
        axes.plot(interval, [y, y], color=colour, linewidth=1.4)
        axes.plot(value, y, marker, color=colour, markersize=6, label=label)
