"""Models drawn on axes of two or three dimensions: groups, runs, values and the geodesic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from mpl_toolkits.mplot3d import Axes3D
from mpl_toolkits.mplot3d.art3d import Line3DCollection

from inpca.plotting.embedding import Models, lines_of, of_each_model
from inpca.plotting.frame import inside
from inpca.plotting.means import draw_means, mean_trajectories
from inpca.plotting.names import NameBeside

#: Names and markers of the ends of a geodesic: ignorance and truth.
ENDS = (("$P_0$", "s"), ("$P_*$", "*"))
COLOUR_MAP = "viridis"
#: Points and runs that a panel draws at most: of more a choice, the same every time; frames and means are of all.
MOST_DRAWN, MOST_RUNS = 20_000, 500


def draw_groups(
    axes: Axes | Axes3D, coordinates: np.ndarray, *, groups, colours: Mapping[Any, Any], runs=None, faint: bool = False
) -> None:
    """Models as points in the colour of their group, the models of each run joined by a line.

    Points are drawn in an order of chance, so that no group hides another. Of very many points the first
    :data:`MOST_DRAWN` of that order are drawn, and of very many runs every few, :data:`MOST_RUNS` at most.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Of two dimensions, or of three (``projection="3d"``).
    coordinates : (m, 2) or (m, 3) array
    groups : (m,) array
        Name of the group of each model; models of a group without a colour are not drawn.
    colours : mapping from group to colour
    runs : (m,) array, optional
        Name of the run of each model.
    faint : bool
        Pale, as a background of mean trajectories.

    Raises
    ------
    ValueError
        If groups or runs are not one for each model.

    See Also
    --------
    draw_values : Models coloured by numbers.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from inpca.plotting import draw_groups
    >>> figure, axes = plt.subplots()
    >>> draw_groups(axes, np.eye(2), groups=["a", "b"], colours={"a": "black", "b": "red"})
    >>> len(axes.collections[0].get_offsets())
    2
    """
    names = of_each_model(groups, "groups", len(coordinates))
    solid = isinstance(axes, Axes3D)
    if runs is not None:
        joined = of_each_model(runs, "runs", len(coordinates))
        every = -(-len(set(joined)) // MOST_RUNS)
        for group, colour in colours.items():
            lines = lines_of(coordinates[names == group], joined[names == group])[::every]
            look = {"colors": colour, "linewidths": 0.5, "alpha": 0.12 if faint else 0.4}
            if isinstance(axes, Axes3D):
                axes.add_collection3d(Line3DCollection(lines, **look))
            else:
                axes.add_collection(LineCollection(lines, rasterized=True, **look))
    chosen = np.flatnonzero([name in colours for name in names])
    chosen = np.random.default_rng(0).permutation(chosen)[:MOST_DRAWN]
    look = {"depthshade": False} if solid else {"rasterized": True}
    shades = [colours[name] for name in names[chosen]]
    axes.scatter(*coordinates[chosen].T, c=shades, s=4, linewidth=0, alpha=0.35 if faint else 0.8, **look)


def draw_values(axes: Axes | Axes3D, coordinates: np.ndarray, values: np.ndarray, norm: Normalize) -> None:
    """Models as points coloured by numbers, those of the lowest on top; at most :data:`MOST_DRAWN` of them.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    coordinates : (m, 2) or (m, 3) array
    values : (m,) array
    norm : matplotlib.colors.Normalize

    See Also
    --------
    draw_groups : Models coloured by what they are.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from matplotlib.colors import Normalize
    >>> from inpca.plotting import draw_values
    >>> figure, axes = plt.subplots()
    >>> draw_values(axes, np.eye(2), np.array([0.1, 0.7]), Normalize(0, 1))
    >>> axes.collections[0].get_array().tolist()
    [0.7, 0.1]
    """
    order = np.argsort(-values, kind="stable")
    if len(order) > MOST_DRAWN:
        order = order[np.sort(np.random.default_rng(0).choice(len(order), MOST_DRAWN, replace=False))]
    kind = {"depthshade": False} if isinstance(axes, Axes3D) else {"rasterized": True}
    axes.scatter(*coordinates[order].T, c=values[order], norm=norm, cmap=COLOUR_MAP, s=6, linewidth=0, **kind)


def draw_geodesic(axes: Axes | Axes3D, coordinates: np.ndarray, around: np.ndarray | None = None) -> None:
    """A geodesic as a black line, with its ends, ignorance P0 and truth P*, marked and named.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Of two dimensions, or of three (``projection="3d"``).
    coordinates : (n, 2) or (n, 3) array
        Of its points in order, from P0 to P*.
    around : (m, 2) or (m, 3) array, optional
        Of models, on which the names of the ends do not lie where there is room beside them.

    See Also
    --------
    inpca.geodesic : Its points.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from inpca.plotting import draw_geodesic
    >>> figure, axes = plt.subplots()
    >>> draw_geodesic(axes, np.array([[0, 0], [0.5, 0.4], [1, 0]]))
    >>> [text.get_text() for text in axes.texts]
    ['$P_0$', '$P_*$']
    """
    solid = isinstance(axes, Axes3D)
    axes.plot(*coordinates.T, color="black", linewidth=2.5 if solid else 2, zorder=9)
    occupied = along(coordinates)
    if around is not None:
        occupied = np.vstack([occupied, around[:: -(-len(around) // MOST_DRAWN) or 1]])
    names: list[NameBeside] = []
    for end, (name, marker) in zip((coordinates[0], coordinates[-1]), ENDS, strict=True):
        size = {"s": 7, "*": 12}[marker]
        axes.plot(*end[:, None], marker=marker, color="black", markersize=size, markeredgecolor="white", zorder=10)
        names.append(NameBeside(axes, name, end, occupied, others=tuple(names)))


def along(points: np.ndarray, n: int = 200) -> np.ndarray:
    """Points (n, d) on the lines that join points in order."""
    at = np.linspace(0, len(points) - 1, n)
    return np.stack([np.interp(at, np.arange(len(points)), column) for column in points.T], axis=1)


def draw_models(axes: Axes | Axes3D, models: Models, columns: list[int], norm: Normalize | None, frame) -> None:
    """Everything that a figure shows of its models, in some columns of their coordinates; a frame, equal in scale."""
    coordinates = models.coordinates[:, columns].copy()
    line = coordinates[models.geodesic]
    if isinstance(axes, Axes3D):  # which does not cut off what lies outside
        coordinates[~inside(coordinates, frame)] = np.nan
    if models.values is None or norm is None:
        names = {"groups": models.groups, "runs": models.runs}
        draw_groups(axes, coordinates, colours=models.colours, faint=models.progress is not None, **names)
    else:
        draw_values(axes, coordinates[models.drawn], models.values[models.drawn], norm)
    if models.progress is not None and models.values is None:
        names = {"groups": models.groups, "runs": models.runs, "progress": models.progress}
        draw_means(axes, mean_trajectories(models.coordinates[:, columns], **names), models.colours)
    if len(line):
        draw_geodesic(axes, line, coordinates[models.drawn])
    limits = dict(zip(("xlim", "ylim", "zlim"), frame, strict=False))
    axes.set(**limits)
    if isinstance(axes, Axes3D):
        axes.set_box_aspect(np.ptp(frame, axis=1))
    else:
        axes.set_aspect("equal")


def norm_of(models: Models) -> Normalize | None:
    """Scale of the numbers by which models are coloured, if they are."""
    if models.values is None:
        return None
    drawn = models.values[models.drawn]
    return Normalize(float(drawn.min()), float(drawn.max()))


def legend_of(models: Models) -> list[Line2D]:
    """Legend entries of the groups and the geodesic."""
    entries = (
        []
        if models.values is not None
        else [
            Line2D([], [], color=colour, marker="o", markersize=4, label=str(group))
            for group, colour in models.colours.items()
            if group != ""
        ]
    )
    return entries + ([Line2D([], [], color="black", linewidth=2, label="geodesic")] if len(models.geodesic) else [])
