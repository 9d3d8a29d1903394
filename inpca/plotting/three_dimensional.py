"""Embedded models in three axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import matplotlib.pyplot as plt
import xarray as xr
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D

from inpca.plotting.embedding import Models, check_axes
from inpca.plotting.models import COLOUR_MAP, axis_label, draw_models, legend_of, norm_of


def three_dimensional(
    embedding: xr.Dataset,
    *,
    groups=None,
    runs=None,
    color=None,
    geodesic=None,
    axes: Sequence[int] = (1, 2, 3),
) -> Figure:
    """Models in three axes.

    Parameters
    ----------
    embedding : Dataset
        From :meth:`inpca.InPCA.to_xarray`, of m models.
    groups, runs, color, geodesic
        As in :func:`inpca.plotting.pairs`.
    axes : three int
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
    inpca.plotting.pairs : Two axes at a time.
    inpca.plotting.interactive : The same to turn and hover over.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca import InPCA
    >>> from inpca.plotting import three_dimensional
    >>> models = np.random.default_rng(0).dirichlet(np.ones(3), size=(20, 5))
    >>> figure = three_dimensional(InPCA(3).fit(models).to_xarray(), groups=np.repeat(["a", "b"], 10))
    >>> figure.axes[0].get_zlabel()
    'PC3 (√nats, 13 %)'
    """
    models = Models.of(embedding, groups=groups, runs=runs, color=color, geodesic=geodesic)
    check_axes(embedding, axes, 3)
    figure = plt.figure(figsize=(7.2, 5.6), layout="constrained")
    panel = cast(Axes3D, figure.add_subplot(projection="3d"))
    norm = norm_of(models)
    draw_models(panel, models, [axis - 1 for axis in axes], norm)
    labels = (axis_label(embedding, axis) for axis in axes)
    panel.set(**dict(zip(("xlabel", "ylabel", "zlabel"), labels, strict=True)))
    panel.view_init(elev=25, azim=-72)
    if norm is not None:
        figure.colorbar(ScalarMappable(norm, COLOUR_MAP), ax=panel, label=models.label, shrink=0.7)
    entries = legend_of(models)
    if entries:
        panel.legend(handles=entries, loc="upper left", bbox_to_anchor=(-0.12, 1.0), frameon=False)
    return figure
