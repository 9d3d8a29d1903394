r"""How much of the distances between models lies in axes that were fitted on other models.

With W of the models (as in :class:`inpca.InPCA`), X their coordinates on k axes of another embedding, less their mean,
and S the signs of the axes, the explained stress is :math:`1-\|W-XSX^\top\|_F/\|W\|_F`. On a model's own axes that is
the formula of InPCA. Mao et al. (arXiv:2505.08915, Fig. 1) fit axes on linear networks and embed the others there.
Where groups are given, :math:`W=-\frac12LDL` is of models less the mean of their group, which L takes off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

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
#: What axes are fitted on. ``own``: other seeds of the configurations that are placed.
SOURCES = ("own", "linear", "shuffled", "renamed", "geodesic")
#: What is placed: networks of the study, and the same with the samples of each run in an order of its own.
TARGETS = ("networks", "shuffled networks")
#: Distances as they are, and those of models from the mean of their interval of progress.
MEASURES = ("all", "equal progress")
#: Name of the value with no configuration left out.
NONE = "none"


def explained_by_axes(
    D: np.ndarray,
    X: np.ndarray,
    sign: np.ndarray,
    groups: np.ndarray | None = None,
    units: np.ndarray | None = None,
) -> np.ndarray:
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
    units : (m,) array, optional
        What each model is of.

    Returns
    -------
    (k,) array
        At most 1; below 0 where axes give distances that are not there. With units (1 + units, k): of all models, and
        with each unit left out, in the order in which they come.

    Examples
    --------
    >>> x = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    >>> D = ((x[:, None] - x) ** 2).sum(axis=2)
    >>> explained_by_axes(D, x, np.ones(2)).round(3)
    array([0.293, 1.   ])
    """
    unit = pd.factorize(np.zeros(len(D), int) if units is None else np.asarray(units))[0]
    group = pd.factorize(np.zeros(len(D), int) if groups is None else np.asarray(groups))[0]
    parts = Parts(-0.5 * np.asarray(D, float), unit, group)
    norms = [parts.norms()]
    for axis, s in enumerate(sign):
        parts.subtract(s, X[:, axis])
        norms.append(parts.norms())
    total, left = norms[0], np.array(norms[1:])
    found = 1 - np.divide(left, total, out=np.zeros_like(left), where=total > 0).T
    return found[0] if units is None else found


class Parts:
    r"""‖L A L‖ of a symmetric matrix, and with each unit left out, from sums over its parts.

    L = 1 - P, where P takes the mean of each group, so that
    :math:`\|LAL\|^2=\|A\|^2-2\|PA\|^2+\|PAP\|^2`. What a unit adds to the sums over a group is kept, and no matrix is
    built anew for those that are left.

    Parameters
    ----------
    A : (m, m) array
    unit, group : (m,) arrays of int
        0, 1, … of each row.
    """

    def __init__(self, A: np.ndarray, unit: np.ndarray, group: np.ndarray):
        self.A, self.unit = A.copy(), unit
        self.of_group = np.eye(group.max() + 1)[group].T
        self.of_part = np.eye(unit.max() + 1)[unit].T[:, None] * self.of_group
        self.sums = self.of_part @ A  # (unit, group, m)

    def subtract(self, sign: float, x: np.ndarray) -> None:
        """Take sign · x xᵀ from A."""
        self.A -= sign * np.outer(x, x)
        self.sums -= sign * (self.of_part @ x)[..., None] * x

    def norms(self) -> np.ndarray:
        """‖L A L‖ of all rows, then with each unit left out, (1 + units,); 0 where none is left."""
        squares, sums = self.A**2, self.sums.sum(axis=0)
        of_rows = squares.sum(axis=1)
        found = [self._norm(of_rows.sum(), sums, np.ones(len(self.A), bool))]
        for unit, own in enumerate(self.sums):
            out = self.unit == unit
            norm = of_rows.sum() - 2 * of_rows[out].sum() + squares[np.ix_(out, out)].sum()
            found.append(self._norm(norm, sums - own, ~out))
        return np.sqrt(np.maximum(found, 0))

    def _norm(self, norm: float, sums: np.ndarray, kept: np.ndarray) -> float:
        """‖L A L‖² of the rows that are kept, from their ‖A‖² and sums over groups."""
        of_group = self.of_group[:, kept]
        size = of_group.sum(axis=1)
        some = size > 0
        columns, size = sums[some][:, kept], size[some]
        blocks = columns @ of_group[some].T
        return norm - 2 * (columns**2 / size[:, None]).sum() + (blocks**2 / np.outer(size, size)).sum()


class Placed:
    """Models of some runs in one embedding after the other.

    Parameters
    ----------
    runs : sequence of StoredRun
    labels : (N,) array of int
    most : int
        Models that are placed; beyond, a sample.
    seed : int
        Draws it.
    orders : sequence of (N,) arrays, optional
        Of the samples of each run.
    """

    def __init__(
        self,
        runs: Sequence[StoredRun],
        labels: np.ndarray,
        most: int,
        seed: int,
        orders: Sequence[np.ndarray] | None = None,
    ):
        n_models = sum(map(len, runs))
        stacked = StackedRuns([run.fitting(2) for run in runs] if n_models <= most else runs, orders)
        rows = sample(n_models, most, seed)
        self.models, self.units = stacked[rows], np.array([run.configuration for run in runs])[stacked.run[rows]]
        self.groups = (progress(self.models, labels, log=True) / WIDTH).astype(int)
        self.D = np.asarray(pairwise_distances(self.models, log=True, n_jobs=1))

    def explained(self, inpca: InPCA) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
        """Measure, and explained stress of 1 … axes by the configuration that is left out, :data:`NONE` first."""
        X, sign = inpca.place(self.models)["embedding"].values, inpca.signature_
        names = [NONE, *dict.fromkeys(self.units)]
        for measure in MEASURES:
            groups = self.groups if measure == MEASURES[1] else None
            yield measure, dict(zip(names, explained_by_axes(self.D, X, sign, groups, self.units), strict=True))


def sample(n: int, most: int, seed: int) -> np.ndarray:
    """Rows of a sample of at most ``most`` out of ``n``, in their order.

    Examples
    --------
    >>> sample(3, 5, seed=0)
    array([0, 1, 2])
    """
    return np.arange(n) if n <= most else np.sort(np.random.default_rng(seed).choice(n, most, replace=False))


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


def explained_stress_of_networks(
    stores: Mapping[str, Sequence[PredictionStore]], most: int, null_seed: int
) -> xr.Dataset:
    """Explained stress of the networks of a study, by what their axes were fitted on.

    Networks are placed in two halves, every second seed of each configuration, and values are means over both; own axes
    are those of the other half, so that no model is placed in axes of its own run.

    Parameters
    ----------
    stores : mapping
        Prediction stores of ``linear`` networks and of ``networks``.
    most : int
        Models of a half that are placed; beyond, a sample.
    null_seed : int

    Returns
    -------
    Dataset
        ``explained`` (split, target, source, measure, left_out, axis): of axes up to this one, with one configuration
        left out of those that are placed.
    """
    left_outs = [NONE, *dict.fromkeys(run.configuration for run in runs_of(stores["networks"], SPLITS[0]))]
    sizes = {
        "split": list(SPLITS),
        "target": list(TARGETS),
        "source": list(SOURCES),
        "measure": list(MEASURES),
        "left_out": left_outs,
        "axis": np.arange(1, AXES + 1),
    }
    values = xr.DataArray(np.zeros([len(given) for given in sizes.values()]), sizes, list(sizes))
    for split in SPLITS:
        labels = stores["networks"][0].labels(split)
        axes = source_axes(runs_of(stores["linear"], split), labels, null_seed)
        parts = halves(runs_of(stores["networks"], split))
        axes_of_parts = [fitted(some[sample(len(some), most, null_seed)]) for some in map(StackedRuns, parts)]
        for part, own in zip(parts, axes_of_parts[::-1], strict=True):
            for target in TARGETS:
                orders = class_preserving_orders(labels, len(part), rng=null_seed + 1) if target != TARGETS[0] else None
                placed = Placed(part, labels, most, null_seed, orders)
                for source in SOURCES:
                    for measure, found in placed.explained(axes[source] if source != "own" else own):
                        at = {"split": split, "target": target, "source": source, "measure": measure}
                        # a configuration with one seed is in one half only
                        values.loc[at] += np.array([found.get(name, found[NONE]) for name in left_outs]) / len(parts)
    return xr.Dataset({"explained": values})


def places_in_linear_axes(stores: Mapping[str, Sequence[PredictionStore]]) -> pd.DataFrame:
    """Coordinates of all models in the first three axes of linear networks, and of the geodesic from P0 to P*.

    Columns: ``split``, ``network``, ``kind`` (linear, network or geodesic), ``run``, ``progress``, ``error`` and
    ``pc1`` … ``pc3`` in √nats; the axes are turned to lead from P0 to P*.
    """
    tables = []
    for split in SPLITS:
        labels = stores["linear"][0].labels(split)
        inpca = fitted(StackedRuns(runs_of(stores["linear"], split))[:])
        way = np.log(on_geodesic(labels, stores["linear"][0].log_probs(split).shape[3], GEODESIC)).astype(np.float32)
        runs = [(kind, run) for kind in stores for run in runs_of(stores[kind], split)]
        given = ((kind, run.attributes["job"]["configuration"]["name"], run.name, run[:]) for kind, run in runs)
        ends = inpca.transform(way[[0, -1]])[:, :3]
        turn = np.where(ends[1] < ends[0], -1.0, 1.0)
        for kind, network, name, models in chain(given, [("geodesic", "geodesic", "geodesic", way)]):
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
