"""Names written beside points, where the picture has room for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from mpl_toolkits.mplot3d import Axes3D
from mpl_toolkits.mplot3d.proj3d import proj_transform

#: Ways away from a point that are tried, the first of equal ones is taken: left, right, above, below, aslant.
ANGLES = np.pi / 4 * np.array([4, 0, 2, 6, 3, 5, 1, 7])
AWAY = 13  # points of type between the middle of a mark and the middle of its name
ROOM = 8  # points of type around the middle of a name that should be free


class NameBeside(Annotation):
    """A name beside a point of two or three dimensions, on the side where fewest others lie when it is drawn.

    Which side is free depends on limits, scales and the direction of sight, so it is decided as late as that. A side
    inside the frame is better than one outside, where labels of ticks may be.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Of two dimensions or of three.
    name : str
    point : (d,) array
    occupied : (n, d) array
        Points on which the name should not lie.
    others : sequence of NameBeside
        Names drawn before, from which this one keeps away.
    """

    def __init__(
        self, axes: Axes, name: str, point: np.ndarray, occupied: np.ndarray, others: Sequence[NameBeside] = ()
    ) -> None:
        rim = [withStroke(linewidth=2.5, foreground="white")]
        style = {"ha": "center", "va": "center", "fontsize": 12, "zorder": 11, "path_effects": rim}
        coordinates = {"xycoords": "figure pixels", "textcoords": "offset points", "annotation_clip": False}
        super().__init__(name, (0, 0), (0, AWAY), **coordinates, **style)
        self.point, self.occupied, self.others = np.asarray(point), np.asarray(occupied), others
        self.middle = np.zeros(2)
        axes.add_artist(self)

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Where points (n, d) are in the picture, (n, 2)."""
        assert self.axes is not None
        if isinstance(self.axes, Axes3D):
            across, along, up = points.T
            points = np.transpose(proj_transform(across, along, up, self.axes.get_proj())[:2])
        return self.axes.transData.transform(points)

    def find_place(self) -> None:
        """Move the name to the side of its point that has most room."""
        assert self.axes is not None
        scale = self.axes.figure.dpi / 72
        here = self.pixels(self.point[None])[0]
        around = self.pixels(self.occupied[np.isfinite(self.occupied).all(axis=1)])
        ways = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
        places = here + AWAY * scale * ways
        near = np.linalg.norm(places[:, None] - around, axis=2) < ROOM * scale
        rim = ROOM * scale * np.array([-1, 1])
        frame = self.axes.bbox.get_points() - rim[:, None]
        outside = ((places < frame[0]) | (places > frame[1])).any(axis=1)
        on_names = np.zeros(len(places))
        for other in self.others:
            on_names += np.linalg.norm(places - other.middle, axis=1) < 2 * ROOM * scale
        best = (near.mean(axis=1) + outside + on_names).argmin()
        self.middle = places[best]
        self.xy, self.xyann = tuple(here), tuple(AWAY * ways[best])

    def update_positions(self, renderer: RendererBase) -> None:
        """Find the place again, as limits and the direction of sight may have changed."""
        self.find_place()
        super().update_positions(renderer)
