"""The manifold of anyone's models, coloured by anything that is known of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from inpca.plotting.pairs import PAIRS, Pair, pairs


def manifold(
    embedding: xr.Dataset,
    *,
    color=None,
    runs=None,
    progress=None,
    geodesic=None,
    axes: Sequence[Pair] = PAIRS,
) -> Figure:
    """Three views of an embedding, its models coloured by names or by numbers.

    Parameters
    ----------
    embedding : Dataset
        From :meth:`inpca.InPCA.to_xarray`, of m models.
    color : (m,) array, optional
        Of each model: names, such as its optimiser, which are its group, or numbers, such as its loss. None, NaN or ""
        for models that are not drawn.
    runs : (m,) array, optional
        Name of the run of each model.
    progress : (m,) array, optional
        With names as colours: mean trajectories of the groups at equal progress are drawn over paler models.
    geodesic, axes
        As in :func:`inpca.plotting.pairs`, which draws.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError, ValueError
        If the embedding is none, has no such axes, or an argument has not one entry for each model.

    See Also
    --------
    inpca.read_predictions : Its ``table`` has the columns to colour by.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca import InPCA
    >>> from inpca.plotting import manifold
    >>> table = {"run": np.repeat(["a", "b"], 10), "optimizer": np.repeat(["adam", "sgd"], 10)}
    >>> models = np.random.default_rng(0).dirichlet(np.ones(3), size=(20, 5))
    >>> figure = manifold(InPCA(3).fit(models).to_xarray(), color=table["optimizer"], runs=table["run"])
    >>> [text.get_text() for text in figure.axes[3].get_legend().get_texts()][:2]
    ['adam', 'sgd']
    """
    given = {"runs": runs, "geodesic": geodesic, "axes": axes}
    values = np.asarray(color)
    if color is None or values.dtype.kind in "fiu":
        return pairs(embedding, color=color, **given)
    if values.ndim:
        names = np.array([None if name is None or name == "" else name for name in values.tolist()], object)
        return pairs(embedding, groups=names, progress=progress, **given)
    return pairs(embedding, color=color, progress=progress, **given)
