"""Which runs are alike, as a tree, with what they differ in written beside it."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

#: Most shades of grey that the values of a factor are told apart by.
LIGHT, DARK = 0.96, 0.72


def dendrogram(distances, *, names, factors: Mapping | None = None, label: str = "distance (nats a sample)") -> Figure:
    """Dendrogram of runs by the distances between them: complete linkage, leaves in optimal order.

    Parameters
    ----------
    distances : (n, n) array
        Such as from :func:`inpca.trajectory_distances`.
    names : (n,) array
        Of the runs.
    factors : mapping from str to (n,) array, optional
        What is written beside each run, on grounds that are equal where values are.
    label : str
        Of the axis of distances.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the distances are not square, symmetric, finite and 0 on the diagonal, or names and factors have not one
        entry for each run.

    See Also
    --------
    inpca.trajectory_distances : The distances at equal progress.

    References
    ----------
    Bar-Joseph et al., Bioinformatics 17, 2001 (order of leaves).

    Examples
    --------
    >>> import numpy as np
    >>> from inpca.plotting import dendrogram
    >>> x = np.array([0.0, 5.0, 0.1, 5.1])
    >>> figure = dendrogram(abs(x[:, None] - x), names=["a", "b", "c", "d"], factors={"lr": [1, 2, 1, 2]})
    >>> sorted(text.get_text() for text in figure.axes[1].texts)
    ['1', '1', '2', '2', 'a', 'b', 'c', 'd']
    """
    D, described = np.asarray(distances, float), {"run": list(names)} | {k: list(v) for k, v in (factors or {}).items()}
    n = len(D)
    if D.ndim != 2 or D.shape != (n, n) or n < 2 or not np.isfinite(D).all():
        raise ValueError(f"distances must be a square matrix of finite numbers of two runs or more, not {D.shape}")
    if not np.allclose(D, D.T) or np.abs(np.diag(D)).max() > 1e-6:
        raise ValueError("distances must be symmetric, and 0 on the diagonal")
    for name, values in described.items():
        if len(values) != n:
            raise ValueError(f"{'names' if name == 'run' else name} must have an entry for each of {n} runs")
    linkage = hierarchy.linkage(squareform(D, checks=False), "complete", optimal_ordering=True)
    width = 1.2 + 0.9 * len(described)
    figure, (branches, cells) = plt.subplots(
        1, 2, figsize=(4 + width, 1 + 0.2 * n), width_ratios=[4, width], sharey=True, layout="constrained"
    )
    found = hierarchy.dendrogram(
        linkage, ax=branches, orientation="left", color_threshold=0, above_threshold_color="0.35", no_labels=True
    )
    branches.set(xlabel=label, yticks=[])
    branches.spines[["left", "top", "right"]].set_visible(False)
    write_factors(cells, described, found["leaves"])
    return figure


def write_factors(axes: Axes, factors: Mapping[str, list], leaves: list[int]) -> None:
    """Values of factors in cells, a row for each leaf, on shades of grey that tell them apart."""
    widths = np.where(np.array(list(factors)) == "run", 2.2, 1.0)
    lefts = np.cumsum(widths) - widths
    for (name, values), left, width in zip(factors.items(), lefts, widths, strict=True):
        distinct = list(dict.fromkeys(values))
        shades = dict(zip(distinct, np.linspace(LIGHT, DARK, len(distinct)), strict=True))
        for row, leaf in enumerate(leaves):
            ground = "1.0" if name == "run" else str(shades[values[leaf]])
            axes.barh(10 * row + 5, width - 0.04, left=left, height=9.4, color=ground, linewidth=0)
            value = values[leaf]
            text = f"{value:g}" if isinstance(value, float) else str(value)
            axes.text(left + width / 2, 10 * row + 5, text, ha="center", va="center", fontsize=7)
    axes.set(xlim=(0, widths.sum()), ylim=(0, 10 * len(leaves)), yticks=[])
    axes.set_xticks(lefts + widths / 2, list(factors), fontsize=7)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
