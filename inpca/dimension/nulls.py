"""Null models of runs: what keeps every accuracy, and destroys agreement on single samples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from inpca.predictions.contents import check_choice
from inpca.trajectories import order_within_classes

#: Who shares an order of the samples: each run has its own, runs of a group have one, all runs have one.
SHARED_BY = ("run", "group", "all")


class StackedRuns:
    """Models of several runs as one array (m, N, C) that is read when sliced; each run may have its samples reordered.

    Nothing is copied but the models that are asked for, so that nulls of runs on disk need no second store.

    Parameters
    ----------
    runs : sequence of (T, N, C) arrays
        Or of anything with a length that yields an (N, C) array when indexed by a checkpoint.
    orders : sequence of (N,) arrays of int, optional
        Order of the samples of each run, such as from :func:`class_preserving_orders`; as they are unless given.

    Attributes
    ----------
    run : (m,) array of int
        Which run each model is of.
    shape : tuple of int

    Raises
    ------
    TypeError, ValueError
        If there are no runs, one has no checkpoints, or they are on other samples.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca.dimension import StackedRuns
    >>> runs = StackedRuns([np.full((2, 3, 2), 0.5), np.full((1, 3, 2), 0.5)])
    >>> runs.shape, runs.run
    ((3, 3, 2), array([0, 0, 1]))
    """

    def __init__(self, runs: Sequence[Any], orders: Sequence[np.ndarray] | None = None):
        if hasattr(runs, "detach"):
            runs = list(runs)
        if not hasattr(runs, "__getitem__") or not hasattr(runs, "__len__"):
            raise TypeError(
                f"runs must be a sequence of arrays (checkpoints, samples, classes), not {type(runs).__name__}"
            )
        if not len(runs):
            raise ValueError("there are no runs")
        lengths = [len(run) for run in runs]
        if not all(lengths):
            raise ValueError(f"run {lengths.index(0)} has no checkpoints")
        self._runs, self._orders = runs, orders
        shapes = [np.shape(run[0]) for run in runs]
        for number, shape in enumerate(shapes):
            if len(shape) != 2 or shape != shapes[0]:
                raise ValueError(
                    f"checkpoints must have one shape (samples, classes); those of run {number} have {shape}, those of "
                    f"run 0 {shapes[0]}"
                )
        self.run = np.repeat(np.arange(len(runs)), lengths)
        self._checkpoint = np.concatenate([np.arange(n) for n in lengths])
        self.shape = (len(self.run), *shapes[0])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows) -> np.ndarray:
        """Models of some rows, (k, N, C)."""
        rows = np.arange(len(self))[rows]
        return np.stack([self._model(row) for row in np.atleast_1d(rows)])

    def _model(self, row: int) -> np.ndarray:
        run = self.run[row]
        model = np.asarray(self._runs[run][int(self._checkpoint[row])])
        return model if self._orders is None else model[self._orders[run]]


def class_preserving_orders(
    labels: ArrayLike,
    n_runs: int,
    *,
    shared_by: str = "run",
    groups: Iterable | None = None,
    rng: int | np.random.Generator | None = None,
) -> list[np.ndarray]:
    """Random orders of the samples of runs that leave each sample in its class, the same at every checkpoint of a run.

    A run whose samples are ordered so keeps its loss, error, progress, the distances between its own checkpoints and
    those to ignorance and truth. What is destroyed is on *which* samples of a class it errs together with others:

    ``run``
        each run has an order of its own: runs agree on accuracy alone.
    ``group``
        runs of a group (such as seeds of a configuration) share one: they agree as they did, groups do not.
    ``all``
        all runs share one: all distances are as they were. It destroys nothing and is a check.

    Parameters
    ----------
    labels : (N,) array of int
    n_runs : int
    shared_by : {"run", "group", "all"}
    groups : (n_runs,) sequence, optional
        Group of each run; needed for ``"group"``.
    rng : None, int or numpy.random.Generator

    Returns
    -------
    list of (N,) arrays of int

    Raises
    ------
    ValueError
        If groups are needed and not given, or there is not one for each run.

    See Also
    --------
    inpca.trajectories.order_within_classes : one order.
    inpca.calibrated_dimension : compares the dimension of runs with that of such nulls.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca.dimension import class_preserving_orders
    >>> labels = np.array([0, 1, 0, 1])
    >>> [labels[order].tolist() for order in class_preserving_orders(labels, 2, rng=0)]
    [[0, 1, 0, 1], [0, 1, 0, 1]]
    """
    check_choice(shared_by, SHARED_BY, "shared_by")
    rng = np.random.default_rng(rng)
    if shared_by == "run":
        keys: list = list(range(n_runs))
    elif shared_by == "all":
        keys = [0] * n_runs
    else:
        keys = list(groups) if groups is not None else []
        if len(keys) != n_runs:
            raise ValueError(f"groups must have one entry for each of the {n_runs} runs, not {len(keys)}")
    orders = {key: order_within_classes(labels, rng) for key in dict.fromkeys(keys)}
    return [orders[key] for key in keys]
