"""Progress of runs in time."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from inpca.plotting.embedding import COLOURS, numbers_of_models, of_each_model

#: Inches of the curves, and in the legend beside them of a key, a letter and a line.
WIDTH, HEIGHT, KEY, LETTER, LINE = 6.0, 3.8, 0.6, 0.095, 0.24


def progress_curves(progress, *, runs, time, color=None, label: str = "step") -> Figure:
    """Progress of each run against time, one line for each run.

    Parameters
    ----------
    progress : (m,) array of numbers
        Of each model, from :func:`inpca.progress`.
    runs : (m,) array
        Name of the run of each model.
    time : (m,) array of numbers
        Such as its step or epoch.
    color : (m,) array, optional
        Name of the group of each model, such as its optimiser.
    label : str
        What the time is, with its unit.

    Returns
    -------
    matplotlib.figure.Figure
        Time is linear from 0 to its least positive value, then logarithmic.

    Raises
    ------
    ValueError
        If an argument has not one entry for each model.

    See Also
    --------
    inpca.progress : How far a model is on the way from ignorance to the truth.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca.plotting import progress_curves
    >>> figure = progress_curves([0, 0.5, 0, 0.7], runs=["a", "a", "b", "b"], time=[0, 10, 0, 10])
    >>> [line.get_ydata().tolist() for line in figure.axes[0].lines]
    [[0.0, 0.5], [0.0, 0.7]]
    """
    values = np.asarray(progress, float)
    m = len(values) if values.ndim == 1 else 0
    if not m:
        raise ValueError(f"progress must hold a number for each model, not an array of shape {values.shape}")
    times = numbers_of_models(time, m, f"time must be {m} numbers, one for each model")
    names = of_each_model(runs, "runs", m)
    groups = np.full(m, "", object) if color is None else of_each_model(color, "color", m)
    found = list(dict.fromkeys(group for group in groups if group is not None))
    colours = {group: COLOURS[i % len(COLOURS)] for i, group in enumerate(found)}
    named = [str(group) for group in found if group != ""]
    beside = KEY + LETTER * max(map(len, named)) if named else 0
    size = WIDTH + beside, max(HEIGHT, LINE * (1 + len(named)))
    figure, axes = plt.subplots(figsize=size, layout="constrained")
    for run in dict.fromkeys(name for name in names if name is not None):
        rows = np.flatnonzero(names == run)
        if groups[rows[0]] is not None:
            axes.plot(times[rows], values[rows], color=colours[groups[rows[0]]], linewidth=1, alpha=0.6)
    positive = times[times > 0]
    if len(positive):
        axes.set_xscale("symlog", linthresh=positive.min())
        axes.set_xlim(min(0, times.min()), times.max())
    axes.set(xlabel=label, ylabel="progress", ylim=(0, 1))
    axes.spines[["top", "right"]].set_visible(False)
    entries = [Line2D([], [], color=colour, label=str(group)) for group, colour in colours.items() if group != ""]
    if entries:
        figure.legend(handles=entries, loc="outside right upper", frameon=False)
    return figure
