"""What part of an embedding a picture shows: outliers do not set its scale."""

from __future__ import annotations

import numpy as np
from matplotlib.lines import Line2D

from inpca.plotting.embedding import Models

#: A frame holds this part of the models in the middle of each axis, and this part of their extent beyond, if needed.
KEPT, BEYOND = 0.98, 0.1
#: Empty rim, as a part of the longest side.
RIM = 0.04


def frame_of(models: Models, columns: list[int]) -> np.ndarray:
    """Limits of each axis, (k, 2): the geodesic and all models but those far from the others.

    Parameters
    ----------
    models : Models
    columns : list of int
        Columns of their coordinates, one for each axis.
    """
    drawn, line = models.coordinates[models.drawn][:, columns], models.coordinates[models.geodesic][:, columns]
    if not len(drawn):
        drawn = models.coordinates[:, columns]
    low, high = np.quantile(drawn, [(1 - KEPT) / 2, (1 + KEPT) / 2], axis=0)
    extent = BEYOND * (high - low)
    low, high = np.maximum(low - extent, drawn.min(axis=0)), np.minimum(high + extent, drawn.max(axis=0))
    low, high = np.vstack([line, low]).min(axis=0), np.vstack([line, high]).max(axis=0)
    rim = RIM * max((high - low).max(), np.finfo(float).tiny)
    return np.stack([low - rim, high + rim], axis=1)


def inside(coordinates: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Which models a frame holds, (m,) array of bool."""
    return np.asarray(((coordinates >= frame[:, 0]) & (coordinates <= frame[:, 1])).all(axis=1))


def beyond(models: Models, columns: list[int], frame: np.ndarray) -> list[Line2D]:
    """Legend entry that counts the models that are drawn nowhere; none if there are none."""
    drawn = models.coordinates[models.drawn][:, columns]
    far = int((~inside(drawn, frame)).sum())
    text = f"{far:,} of {len(drawn):,} models\nlie beyond the frame"
    return [Line2D([], [], linestyle="", label=text)] if far else []
