"""Models drawn on axes of two or three dimensions: groups, runs, values and the geodesic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from mpl_toolkits.mplot3d import Axes3D
from mpl_toolkits.mplot3d.art3d import Line3DCollection

from inpca.plotting.embedding import UNITS, Models, lines_of, of_each_model

#: Names and markers of the ends of a geodesic: ignorance and truth.
ENDS = (("$P_0$", "s"), ("$P_*$", "*"))
COLOUR_MAP = "viridis"


def axis_label(embedding: xr.Dataset, axis: int, unit: str | None = None) -> str:
    """Label of an axis: unit, what it adds to the explained stress, and ``time-like`` if it is (others are space-like).

    Parameters
    ----------
    embedding : Dataset
        From :meth:`inpca.InPCA.to_xarray`.
    axis : int
        Counted from 1.
    unit : str, optional
        Of the coordinates; that of the metric unless given, "" for none.

    See Also
    --------
    inpca.plotting.pairs : A figure with these labels.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca import InPCA
    >>> from inpca.plotting import axis_label
    >>> models = np.random.default_rng(0).dirichlet(np.ones(3), size=(20, 5))
    >>> axis_label(InPCA(2).fit(models).to_xarray(), 1)
    'PC1 (√nats, 18 %)'
    """
    unit = UNITS.get(embedding.attrs.get("metric", ""), "") if unit is None else unit
    kind = "time-like" if embedding["signature"].sel(axis=axis).item() < 0 else ""
    explained = embedding["explained_stress"].sel(axis=[k for k in (axis - 1, axis) if k]).values
    adds = f"{100 * np.diff([0.0, *explained])[-1]:.2g} %"
    return f"PC{axis} ({', '.join(note for note in (unit, adds, kind) if note)})"


def draw_groups(axes: Axes | Axes3D, coordinates: np.ndarray, *, groups, colours: Mapping[Any, Any], runs=None) -> None:
    """Models as points in the colour of their group, the models of each run joined by a line.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Of two dimensions, or of three (``projection="3d"``).
    coordinates : (m, 2) or (m, 3) array
    groups : (m,) array
        Name of the group of each model; models of a group without a colour are not drawn.
    colours : mapping from group to colour
        In the order in which groups are drawn.
    runs : (m,) array, optional
        Name of the run of each model.

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
    >>> len(axes.collections)
    2
    """
    names = of_each_model(groups, "groups", len(coordinates))
    joined = None if runs is None else of_each_model(runs, "runs", len(coordinates))
    for group, colour in colours.items():
        chosen = names == group
        if joined is not None:
            lines = lines_of(coordinates[chosen], joined[chosen])
            if isinstance(axes, Axes3D):
                axes.add_collection3d(Line3DCollection(lines, colors=colour, linewidths=0.6, alpha=0.45))
            else:
                axes.add_collection(LineCollection(lines, colors=colour, linewidths=0.5, alpha=0.4, rasterized=True))
        points = coordinates[chosen].T
        if isinstance(axes, Axes3D):
            axes.scatter(*points, color=colour, s=4, linewidth=0, alpha=0.8, depthshade=False)
        else:
            axes.scatter(*points, color=colour, s=5, linewidth=0, alpha=0.8, rasterized=True)


def draw_values(axes: Axes | Axes3D, coordinates: np.ndarray, values: np.ndarray, norm: Normalize) -> None:
    """Models as points coloured by numbers, those of the lowest on top.

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
    kind = {"depthshade": False} if isinstance(axes, Axes3D) else {"rasterized": True}
    axes.scatter(*coordinates[order].T, c=values[order], norm=norm, cmap=COLOUR_MAP, s=6, linewidth=0, **kind)


def draw_geodesic(axes: Axes | Axes3D, coordinates: np.ndarray) -> None:
    """A geodesic as a black line, with its ends, ignorance P0 and truth P*, marked and named.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Of two dimensions, or of three (``projection="3d"``).
    coordinates : (n, 2) or (n, 3) array
        Of its points in order, from P0 to P*.

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
    axes.plot(*coordinates.T, color="black", linewidth=2.5 if solid else 2, zorder=10 if solid else 4)
    inwards = len(coordinates) // 8 + 1
    outside = coordinates[0] - coordinates[inwards - 1], coordinates[-1] - coordinates[-inwards]
    for end, out, (name, marker) in zip((coordinates[0], coordinates[-1]), outside, ENDS, strict=True):
        if isinstance(axes, Axes3D):
            axes.plot(*end[:, None], marker=marker, color="black", markersize=10, markeredgecolor="white", zorder=11)
            x, y, z = end + 0.07 * np.ptp(coordinates, axis=0).max() * out / max(float(np.linalg.norm(out)), 1e-12)
            axes.text(x, y, z, name, fontsize=14, fontweight="bold", ha="center", va="center", zorder=12)
        else:
            size = 11 if marker == "*" else 7
            axes.plot(*end, marker=marker, color="black", markersize=size, markeredgecolor="white", zorder=5)
            axes.annotate(
                name,
                end,
                xytext=14 * out / max(float(np.linalg.norm(out)), 1e-12),
                textcoords="offset points",
                ha="center",
                va="center",
                fontsize=12,
                fontweight="bold",
                zorder=6,
                path_effects=[withStroke(linewidth=2.5, foreground="white")],
            )


def draw_models(axes: Axes | Axes3D, models: Models, columns: list[int], norm: Normalize | None) -> None:
    """Everything that a figure shows of its models, in some columns of their coordinates."""
    coordinates = models.coordinates[:, columns]
    if models.values is None or norm is None:
        draw_groups(axes, coordinates, groups=models.groups, colours=models.colours, runs=models.runs)
    else:
        drawn = np.array([group is not None for group in models.groups])
        draw_values(axes, coordinates[drawn], models.values[drawn], norm)
    if len(models.geodesic):
        draw_geodesic(axes, coordinates[models.geodesic])


def norm_of(models: Models) -> Normalize | None:
    """Scale of the numbers by which models are coloured, if they are."""
    if models.values is None:
        return None
    drawn = models.values[[group is not None for group in models.groups]]
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
