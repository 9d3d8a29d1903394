"""Embedded models in pairs of axes."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from inpca.plotting.embedding import Models, axis_label, check_axes
from inpca.plotting.frame import beyond, frame_of
from inpca.plotting.models import COLOUR_MAP, draw_models, legend_of, norm_of

Pair = tuple[int, int]
PAIRS = ((1, 2), (1, 3), (3, 2))
#: Inches of all panels beside each other, and of the text beside and below them.
WIDTH, BESIDE, BELOW = 8.0, 1.7, 1.3


def pairs(
    embedding: xr.Dataset,
    *,
    groups=None,
    runs=None,
    color=None,
    geodesic=None,
    progress=None,
    axes: Sequence[Pair] = PAIRS,
) -> Figure:
    """Models in pairs of axes, one panel for each pair, all in the same units.

    Three pairs (a, b), (a, c), (c, b) are views of the same axes from three sides: the second stands below the first,
    the third beside it. Others stand in a row. A frame holds nearly all models, and the legend counts those beyond.

    Parameters
    ----------
    embedding : Dataset
        From :meth:`inpca.InPCA.to_xarray`, of m models.
    groups : (m,) array, optional
        Name of the group of each model; None or NaN for models that are not drawn.
    runs : (m,) array, optional
        Name of the run of each model: its models are joined in the order in which they come.
    color : mapping from group to colour, (m,) array of numbers, or a colour, optional
        A pandas or xarray series gives the colour bar its name.
    geodesic : sequence of int, optional
        Positions of the models that are the points of a geodesic, from P0 to P*.
    progress : (m,) array of numbers, optional
        Of each model of a run, such as :func:`inpca.progress` or its epoch. Mean trajectories of the groups are drawn
        over paler models: mean coordinates of their runs at equal progress; a run that ends before counts with its
        last model.
    axes : sequence of pairs of int
        Counted from 1.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError, ValueError
        If the embedding is none, has no such axes, or an argument has not one entry for each model.

    See Also
    --------
    inpca.plotting.three_dimensional : Three axes at once.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca import InPCA
    >>> from inpca.plotting import pairs
    >>> models = np.random.default_rng(0).dirichlet(np.ones(3), size=(20, 5))
    >>> figure = pairs(InPCA(3).fit(models).to_xarray(), runs=np.repeat(["a", "b"], 10))
    >>> [axes.get_xlabel()[:3] for axes in figure.axes[:3]]
    ['PC1', 'PC3', 'PC1']
    """
    models = Models.of(embedding, groups=groups, runs=runs, color=color, geodesic=geodesic, progress=progress)
    for pair in axes:
        check_axes(embedding, pair, 2)
    named = list(dict.fromkeys(axis for pair in axes for axis in pair))
    columns = [axis - 1 for axis in named]
    frame = frame_of(models, columns)
    limits = dict(zip(named, frame, strict=True))
    figure, panels, corner = panels_of(axes, {axis: float(np.ptp(ends)) for axis, ends in limits.items()})
    norm = norm_of(models)
    for panel, (x, y) in zip(panels, axes, strict=True):
        draw_models(panel, models, [x - 1, y - 1], norm, np.array([limits[x], limits[y]]))
        panel.set(xlabel=axis_label(embedding, x), ylabel=axis_label(embedding, y))
    if norm is not None:
        figure.colorbar(ScalarMappable(norm, COLOUR_MAP), ax=panels, label=models.label, pad=0.01)
    entries = legend_of(models) + beyond(models, columns, frame)
    if entries and corner is not None:
        corner.legend(handles=entries, loc="center", frameon=False)
    elif entries:
        figure.legend(handles=entries, loc="outside upper center", ncols=min(len(entries), 7), frameon=False)
    return figure


def panels_of(pairs: Sequence[Pair], extent: dict[int, float]) -> tuple[Figure, list[Axes], Axes | None]:
    """Figure, a panel for each pair in the same units, and the empty corner of three views, if they are."""
    wide, high = [extent[x] for x, _ in pairs], [extent[y] for _, y in pairs]
    if not are_views(pairs):
        size = (WIDTH + BESIDE, WIDTH * max(high) / sum(wide) + BELOW)
        figure, panels = plt.subplots(
            1, len(pairs), figsize=size, layout="constrained", squeeze=False, width_ratios=wide
        )
        return figure, list(panels[0]), None
    wide, high = [wide[0], wide[2]], [high[0], high[1]]
    size = (WIDTH + BESIDE, WIDTH * sum(high) / sum(wide) + BELOW)
    figure, panels = plt.subplots(2, 2, figsize=size, layout="constrained", width_ratios=wide, height_ratios=high)
    (first, beside), (below, corner) = panels
    corner.set_axis_off()
    return figure, [first, below, beside], corner


def are_views(pairs: Sequence[Pair]) -> bool:
    """Whether these are three axes seen from three sides."""
    if len(pairs) != 3:
        return False
    (a, b), (x, c), (z, y) = pairs
    return x == a and y == b and z == c and len({a, b, c}) == 3
