"""Which runs are alike, as a tree, with what they differ in written beside it."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Number

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

#: Lightest and darkest grey that the values of a factor are told apart by.
LIGHT, DARK = 0.96, 0.72
#: Inches of the tree, of a row, of all rows at most, of an empty cell, and of a letter at the size of a full row.
TREE, ROW, HIGHEST, EMPTY, LETTER = 4.5, 0.19, 60.0, 0.2, 0.062
#: Points of letters in a full row.
FONT = 7.0
#: Title of the column of names.
RUN = "run"


def dendrogram(
    distances,
    *,
    names=None,
    factors: Mapping | None = None,
    colors: Mapping[str, Mapping] | None = None,
    label: str = "distance (nats a sample)",
) -> Figure:
    """Dendrogram of runs by the distances between them: complete linkage, leaves in optimal order.

    Parameters
    ----------
    distances : (n, n) array
        Such as from :func:`inpca.trajectory_distances`.
    names : (n,) array, optional
        Of the runs, in a column of their own.
    factors : mapping from str to (n,) array, optional
        What is written beside each run, on grounds that are equal where values are.
    colors : mapping from name of a factor to a mapping from its values to colours, optional
        Of the grounds; shades of grey unless given.
    label : str
        Of the axis of distances.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the distances are not square, symmetric, finite and 0 on the diagonal, names and factors are missing or have
        not one entry for each run, or a value of a factor with colours has none.

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
    D = np.asarray(distances, float)
    described = ({} if names is None else {RUN: list(names)}) | {k: list(v) for k, v in (factors or {}).items()}
    n = len(D)
    if D.ndim != 2 or D.shape != (n, n) or n < 2 or not np.isfinite(D).all():
        raise ValueError(f"distances must be a square matrix of finite numbers of two runs or more, not {D.shape}")
    if not np.allclose(D, D.T) or np.abs(np.diag(D)).max() > 1e-6:
        raise ValueError("distances must be symmetric, and 0 on the diagonal")
    if not described:
        raise ValueError("names or factors must be given: what is written beside each run")
    for name, values in described.items():
        if len(values) != n:
            raise ValueError(f"{'names' if name == RUN else name} must have an entry for each of {n} runs")
    grounds = {name: grounds_of(name, values, (colors or {}).get(name)) for name, values in described.items()}
    linkage = hierarchy.linkage(squareform(D, checks=False), "complete", optimal_ordering=True)
    row = min(ROW, HIGHEST / n)
    widths = np.array([width_of(name, values) for name, values in described.items()]) * row / ROW
    size = TREE + widths.sum(), 1 + row * n
    figure, (branches, cells) = plt.subplots(
        1, 2, figsize=size, width_ratios=[TREE, widths.sum()], sharey=True, layout="constrained"
    )
    found = hierarchy.dendrogram(
        linkage, ax=branches, orientation="left", color_threshold=0, above_threshold_color="0.35", no_labels=True
    )
    branches.set(xlabel=label, yticks=[])
    branches.spines[["left", "top", "right"]].set_visible(False)
    lefts = np.cumsum(widths) - widths
    for (name, values), left, width in zip(described.items(), lefts, widths, strict=True):
        ordered = [values[leaf] for leaf in found["leaves"]]
        write_column(cells, ordered, grounds[name], (left, width), FONT * row / ROW)
    cells.set(xlim=(0, widths.sum()), ylim=(0, 10 * n), yticks=[])
    cells.set_xticks(lefts + widths / 2, list(described), fontsize=FONT)
    cells.xaxis.tick_top()
    cells.tick_params(length=0)
    cells.spines[:].set_visible(False)
    return figure


def grounds_of(name: str, values: list, colours: Mapping | None) -> dict:
    """Colour of the ground of each value of a factor: those given, else shades of grey, white under names of runs."""
    distinct = list(dict.fromkeys(values))
    if colours is not None:
        missing = [value for value in distinct if value not in colours]
        if missing:
            raise ValueError(f"colors[{name!r}] has no colour of {missing[0]!r}")
        return dict(colours)
    if name == RUN:
        return dict.fromkeys(distinct, "white")
    if all(isinstance(value, Number) for value in distinct):
        distinct.sort()
    return dict(zip(distinct, map(str, np.linspace(LIGHT, DARK, len(distinct))), strict=True))


def written(value: object) -> str:
    """A value as it stands in its cell."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def width_of(name: str, values: list) -> float:
    """Inches that a column needs for its name and its longest value."""
    return EMPTY + LETTER * max(len(text) for text in (*name.split("\n"), *map(written, values)))


def write_column(axes: Axes, values: list, grounds: Mapping, place: tuple[float, float], size: float) -> None:
    """Values of a factor in cells below each other, from some place on and as wide as said, in letters of some size."""
    left, width = place
    for row, value in enumerate(values):
        axes.barh(10 * row + 5, width - 0.03, left=left, height=9.4, color=grounds[value], linewidth=0)
        axes.text(left + width / 2, 10 * row + 5, written(value), ha="center", va="center", fontsize=size)
