r"""How much of the distances between models lies in axes that were fitted on other models.

With W of the models (as in :class:`inpca.InPCA`), X their coordinates on k axes of another embedding, less their mean,
and S the signs of the axes, the explained stress is :math:`1-\|W-XSX^\top\|_F/\|W\|_F`. On a model's own axes that is
the formula of InPCA. Mao et al. (arXiv:2505.08915, Fig. 1) fit axes on linear networks and embed the others there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from inpca.dimension import StackedRuns, class_preserving_orders
from inpca.distances import pairwise_distances
from inpca.embedding import InPCA
from inpca.geometry import progress
from inpca.predictions.store import SPLITS, PredictionStore
from paper.models import on_geodesic
from paper.rooms.linear_networks.experiment import AXES
from paper.stored import StoredRun

#: Points of the geodesic from P0 to P* whose axes are a control; P* itself has probabilities of 0.
GEODESIC = np.linspace(0, 0.999, 60)
#: Width of the intervals of progress within which models count as equally far.
WIDTH = 0.1
#: What axes are fitted on. ``own``: other seeds of the networks that are placed.
SOURCES = ("own", "linear", "shuffled", "renamed", "geodesic")
#: What is placed: networks that are not linear, and the same with the samples of each run in an order of its own.
TARGETS = ("networks", "shuffled networks")
#: Distances as they are, and those of models from the mean of their interval of progress.
MEASURES = ("all", "equal progress")
#: Name of the value with no run left out.
NONE = "none"


def centring(groups: np.ndarray) -> np.ndarray:
    """Matrix (m, m) that takes from each model the mean of its group.

    Examples
    --------
    >>> centring(np.array([0, 0, 1]))
    array([[ 0.5, -0.5,  0. ],
           [-0.5,  0.5,  0. ],
           [ 0. ,  0. ,  0. ]])
    """
    same = groups[:, None] == groups
    return np.eye(len(groups)) - same / same.sum(axis=1)


def explained_by_axes(D: np.ndarray, X: np.ndarray, sign: np.ndarray, groups: np.ndarray | None = None) -> np.ndarray:
    """Explained stress of 1 … k axes of any embedding, 1 - ‖W - X S Xᵀ‖ / ‖W‖ (Frobenius), for models placed there.

    Parameters
    ----------
    D : (m, m) array
        Distances between the models.
    X : (m, k) array
        Their coordinates.
    sign : (k,) array
        1 of a space-like axis, -1 of a time-like one.
    groups : (m,) array, optional
        W and X are of models less the mean of their group; one group unless given.

    Returns
    -------
    (k,) array
        At most 1; below 0 where axes give distances that are not there.

    Examples
    --------
    >>> x = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    >>> D = ((x[:, None] - x) ** 2).sum(axis=2)
    >>> explained_by_axes(D, x, np.ones(2)).round(3)
    array([0.293, 1.   ])
    """
    L = centring(np.zeros(len(D), int) if groups is None else groups)
    W, X = -0.5 * L @ np.asarray(D, float) @ L, L @ X
    total = np.linalg.norm(W)
    if total == 0:
        return np.ones(X.shape[1])
    left = W.copy()
    found = np.empty(X.shape[1])
    for axis, s in enumerate(sign):
        left -= s * np.outer(X[:, axis], X[:, axis])
        found[axis] = 1 - np.linalg.norm(left) / total
    return found


class Placed:
    """Models of some runs in one embedding after the other.

    Parameters
    ----------
    runs : sequence of StoredRun
    labels : (N,) array of int
    orders : sequence of (N,) arrays, optional
        Of the samples of each run.
    """

    def __init__(self, runs: Sequence[StoredRun], labels: np.ndarray, orders: Sequence[np.ndarray] | None = None):
        stacked = StackedRuns(runs, orders)
        self.models, self.names = stacked[:], np.array([run.name for run in runs])[stacked.run]
        self.groups = (progress(self.models, labels, log=True) / WIDTH).astype(int)
        self.D = np.asarray(pairwise_distances(self.models, log=True, n_jobs=1))

    def explained(self, inpca: InPCA) -> Iterator[tuple[str, str, np.ndarray]]:
        """Measure, run that is left out (or :data:`NONE`), and explained stress of 1 … axes."""
        X, sign = inpca.place(self.models)["embedding"].values, inpca.signature_
        for left_out in (NONE, *dict.fromkeys(self.names)):
            kept = self.names != left_out
            for measure in MEASURES:
                groups = self.groups[kept] if measure == MEASURES[1] else None
                yield measure, left_out, explained_by_axes(self.D[np.ix_(kept, kept)], X[kept], sign, groups)


def runs_of(stores: Sequence[PredictionStore], split: str) -> list[StoredRun]:
    """All runs of some stores, store by store."""
    return [StoredRun(store, split, position) for store in stores for position in range(len(store.seeds))]


def halves(runs: Sequence[StoredRun]) -> list[list[StoredRun]]:
    """Every second run of each network, and the others."""
    place: dict[str, int] = {}
    found: list[list[StoredRun]] = [[], []]
    for run in runs:
        found[place.get(run.configuration, 0) % 2].append(run)
        place[run.configuration] = place.get(run.configuration, 0) + 1
    return found


def fitted(models: np.ndarray) -> InPCA:
    """Axes of some models, log-probabilities (m, N, C)."""
    return InPCA(AXES, log=True, n_jobs=1).fit(models)


def source_axes(linear: Sequence[StoredRun], labels: np.ndarray, null_seed: int) -> dict[str, InPCA]:
    """Axes of all :data:`SOURCES` but ``own``.

    ``shuffled`` are linear networks each with its samples in an order of its own within classes: as good at every
    checkpoint, but right about other samples. ``renamed`` are linear networks of other labels, each class called by the
    name of the next. ``geodesic`` is the way from ignorance to truth, which knows the labels alone.
    """
    models = StackedRuns(linear)[:]
    orders = class_preserving_orders(labels, len(linear), rng=null_seed)
    way = np.log(on_geodesic(labels, models.shape[2], GEODESIC))
    found = {
        "linear": models,
        "shuffled": StackedRuns(linear, orders)[:],
        "renamed": np.ascontiguousarray(np.roll(models, 1, axis=2)),
        "geodesic": way.astype(np.float32),
    }
    return {name: fitted(given) for name, given in found.items()}


def explained_stress_of_networks(stores: Mapping[str, Sequence[PredictionStore]], null_seed: int) -> xr.Dataset:
    """Explained stress of networks that are not linear, by what their axes were fitted on.

    Networks are placed in two halves, every second seed of each, and values are means over both; own axes are those of
    the other half, so that no model is placed in axes of its own run.

    Parameters
    ----------
    stores : mapping
        Prediction stores of ``linear`` networks and of ``others``.
    null_seed : int

    Returns
    -------
    Dataset
        ``explained`` (split, target, source, measure, left_out, axis): of axes up to this one, with one run left out.
    """
    names = [run.name for run in runs_of(stores["others"], SPLITS[0])]
    left_outs = [NONE, *names]
    shape = (len(SPLITS), len(TARGETS), len(SOURCES), len(MEASURES), len(left_outs), AXES)
    values = xr.DataArray(
        np.zeros(shape),
        {
            "split": list(SPLITS),
            "target": list(TARGETS),
            "source": list(SOURCES),
            "measure": list(MEASURES),
            "left_out": left_outs,
            "axis": np.arange(1, AXES + 1),
        },
        ("split", "target", "source", "measure", "left_out", "axis"),
    )
    for split in SPLITS:
        labels = stores["others"][0].labels(split)
        axes = source_axes(runs_of(stores["linear"], split), labels, null_seed)
        parts = halves(runs_of(stores["others"], split))
        for part, other in (parts, parts[::-1]):
            axes["own"] = fitted(StackedRuns(other)[:])
            for target in TARGETS:
                orders = class_preserving_orders(labels, len(part), rng=null_seed + 1) if target != TARGETS[0] else None
                placed = Placed(part, labels, orders)
                own = {run.name for run in part}
                for source in SOURCES:
                    for measure, left_out, found in placed.explained(axes[source]):
                        # to leave out a run of the other half leaves this half as it is
                        same = [NONE, *(name for name in names if name not in own)] if left_out == NONE else [left_out]
                        at = {"split": split, "target": target, "source": source, "measure": measure}
                        values.loc[at | {"left_out": same}] += found / 2
    return xr.Dataset({"explained": values})


def places_in_linear_axes(stores: Mapping[str, Sequence[PredictionStore]]) -> pd.DataFrame:
    """Coordinates of all models in the first three axes of linear networks, and of the geodesic from P0 to P*.

    Columns: ``split``, ``network``, ``kind`` (linear, other or geodesic), ``run``, ``progress``, ``error`` and ``pc1``
    … ``pc3`` in √nats; the axes are turned to lead from P0 to P*.
    """
    tables = []
    for split in SPLITS:
        labels = stores["linear"][0].labels(split)
        inpca = fitted(StackedRuns(runs_of(stores["linear"], split))[:])
        way = np.log(on_geodesic(labels, stores["linear"][0].log_probs(split).shape[3], GEODESIC)).astype(np.float32)
        runs = [(kind, run) for kind in stores for run in runs_of(stores[kind], split)]
        given = [(kind, run.attributes["job"]["configuration"]["name"], run.name, run[:]) for kind, run in runs]
        ends = inpca.transform(way[[0, -1]])[:, :3]
        turn = np.where(ends[1] < ends[0], -1.0, 1.0)
        for kind, network, name, models in [*given, ("geodesic", "geodesic", "geodesic", way)]:
            X = inpca.transform(models)[:, :3] * turn
            tables.append(
                pd.DataFrame(
                    {"split": split, "kind": kind.removesuffix("s"), "network": network, "run": name}
                    | {"progress": progress(models, labels, log=True)}
                    | {"error": (models.argmax(axis=2) != labels).mean(axis=1)}
                    | {f"pc{axis + 1}": X[:, axis] for axis in range(3)}
                )
            )
    return pd.concat(tables, ignore_index=True)
