"""Embedded models in three axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D

from inpca.plotting.embedding import Models, axis_label, check_axes
from inpca.plotting.frame import beyond, frame_of
from inpca.plotting.means import mean_trajectories
from inpca.plotting.models import COLOUR_MAP, draw_models, legend_of, norm_of

#: Where the cube lies in the figure, as fractions of it; what is drawn of a flat one is less high.
BOX = (0.0, -0.06, 0.97, 1.06)


def three_dimensional(
    embedding: xr.Dataset,
    *,
    groups=None,
    runs=None,
    color=None,
    geodesic=None,
    progress=None,
    axes: Sequence[int] = (1, 2, 3),
) -> Figure:
    """Models in three axes of the same units, mean trajectories and geodesic with their shadow on the floor.

    Parameters
    ----------
    embedding : Dataset
        From :meth:`inpca.InPCA.to_xarray`, of m models.
    groups, runs, color, geodesic, progress
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
    >>> figure.axes[0].get_zlabel()[:3]
    'PC3'
    """
    models = Models.of(embedding, groups=groups, runs=runs, color=color, geodesic=geodesic, progress=progress)
    check_axes(embedding, axes, 3)
    columns = [axis - 1 for axis in axes]
    frame, norm = frame_of(models, columns), norm_of(models)
    figure = plt.figure(figsize=(9, 5.6), layout="none")
    panel = cast(Axes3D, figure.add_axes(BOX, projection="3d", computed_zorder=False))
    draw_models(panel, models, columns, norm, frame)
    draw_shadow(panel, models, columns, frame)
    labels = (axis_label(embedding, axis) for axis in axes)
    panel.set(**dict(zip(("xlabel", "ylabel", "zlabel"), labels, strict=True)))
    panel.view_init(elev=26, azim=-62)
    panel.locator_params(nbins=5)
    for axis, pad in zip((panel.xaxis, panel.yaxis, panel.zaxis), (14, 6, 2), strict=True):
        axis.labelpad = pad
    if norm is not None:
        figure.colorbar(ScalarMappable(norm, COLOUR_MAP), ax=panel, label=models.label, shrink=0.7)
    entries = legend_of(models) + beyond(models, columns, frame)
    if entries:
        figure.legend(handles=entries, loc="upper center", ncols=min(len(entries), 4), frameon=False)
    return figure


def draw_shadow(panel: Axes3D, models: Models, columns: list[int], frame: np.ndarray) -> None:
    """Grey lines on the floor below mean trajectories and geodesic, which show how high they are."""
    lines = [models.coordinates[models.geodesic][:, columns]] if len(models.geodesic) else []
    if models.progress is not None and models.values is None:
        names = {"groups": models.groups, "runs": models.runs, "progress": models.progress}
        lines += mean_trajectories(models.coordinates[:, columns], **names).values()
    for line in lines:
        panel.plot(line[:, 0], line[:, 1], frame[2, 0], color="0.8", linewidth=1.2, zorder=0.5)
