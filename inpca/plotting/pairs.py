"""Embedded models in pairs of axes."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import xarray as xr
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from inpca.plotting.embedding import Models, check_axes
from inpca.plotting.models import COLOUR_MAP, axis_label, draw_models, legend_of, norm_of

Pair = tuple[int, int]
PAIRS = ((1, 2), (1, 3), (2, 3))


def pairs(
    embedding: xr.Dataset, *, groups=None, runs=None, color=None, geodesic=None, axes: Sequence[Pair] = PAIRS
) -> Figure:
    """Models in pairs of axes, one panel for each pair.

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
    >>> [axes.get_xlabel() for axes in figure.axes]
    ['PC1 (√nats, 18 %)', 'PC1 (√nats, 18 %)', 'PC2 (√nats, 17 %)']
    """
    models = Models.of(embedding, groups=groups, runs=runs, color=color, geodesic=geodesic)
    for pair in axes:
        check_axes(embedding, pair, 2)
    figure, panels = plt.subplots(1, len(axes), figsize=(4 * len(axes), 3.8), layout="constrained", squeeze=False)
    norm = norm_of(models)
    for panel, pair in zip(panels[0], axes, strict=True):
        draw_models(panel, models, [axis - 1 for axis in pair], norm)
        panel.set(xlabel=axis_label(embedding, pair[0]), ylabel=axis_label(embedding, pair[1]))
        panel.autoscale_view()
    if norm is not None:
        figure.colorbar(ScalarMappable(norm, COLOUR_MAP), ax=panels[0], label=models.label, pad=0.01)
    entries = legend_of(models)
    if entries:
        figure.legend(handles=entries, loc="outside upper center", ncols=min(len(entries), 7), frameon=False)
    return figure
