"""Mean trajectories of groups of runs, over which single runs scatter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import Normal, withStroke
from mpl_toolkits.mplot3d import Axes3D

from inpca.plotting.embedding import lines_of

#: Values of progress at which runs are averaged, from the lowest to the highest of a group.
STEPS = 60


def mean_trajectories(
    coordinates: np.ndarray, *, groups: np.ndarray, runs: np.ndarray, progress: np.ndarray
) -> dict[Any, np.ndarray]:
    """Mean coordinates of the runs of each group at equal progress.

    Coordinates are interpolated between checkpoints; of a run that falls back, only models count that are further
    than all before them; a run that does not get that far counts with its last model. Means of coordinates are not
    those of predictions: they say where in the picture runs are.

    Parameters
    ----------
    coordinates : (m, k) array
    groups, runs : (m,) array of object
        Names; None for a model of none.
    progress : (m,) array

    Returns
    -------
    dict from group to (n, k) array

    Examples
    --------
    >>> x = np.array([[0.0, 0.0], [1.0, 2.0], [0.0, 0.0], [1.0, 0.0]])
    >>> names = np.array(["a"] * 4, object), np.array([1, 1, 2, 2], object)
    >>> means = mean_trajectories(x, groups=names[0], runs=names[1], progress=np.array([0, 1, 0, 1]))
    >>> means["a"][[0, -1]].tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    table, k = np.column_stack([coordinates, progress]), coordinates.shape[1]
    means = {}
    for group in dict.fromkeys(name for name in groups if name is not None):
        ways = [forward(run) for run in lines_of(table[groups == group], runs[groups == group])]
        if not ways:
            continue
        at = np.linspace(min(way[0, k] for way in ways), max(way[-1, k] for way in ways), STEPS)
        means[group] = np.mean([[np.interp(at, way[:, k], way[:, axis]) for axis in range(k)] for way in ways], 0).T
    return means


def forward(run: np.ndarray) -> np.ndarray:
    """Rows of a run whose last column is larger than in all rows before."""
    furthest = np.maximum.accumulate(run[:, -1])
    return run[np.append(True, furthest[1:] > furthest[:-1])]


def draw_means(axes: Axes | Axes3D, means: Mapping[Any, np.ndarray], colours: Mapping[Any, Any]) -> None:
    """Mean trajectories as bold lines with a white rim.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Of two dimensions, or of three (``projection="3d"``).
    means : mapping from group to (n, 2) or (n, 3) array
    colours : mapping from group to colour
    """
    rim = [withStroke(linewidth=4, foreground="white"), Normal()]
    for group, line in means.items():
        axes.plot(*line.T, color=colours[group], linewidth=2.2, path_effects=rim, zorder=8, solid_capstyle="round")
