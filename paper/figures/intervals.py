"""Numbers with their intervals, drawn."""

from __future__ import annotations

from matplotlib.axes import Axes


def point(axes: Axes, found: dict, y: float, colour: str, label: str | None, marker: str = "o") -> None:
    """A median with its interval on a horizontal line; nothing where there were no pairs."""
    if found["pairs"]:
        axes.plot(found["interval"], [y, y], color=colour, linewidth=1.4)
        axes.plot(found["median"], y, marker, color=colour, markersize=6, label=label)
