"""Networks of a study in axes that were fitted on linear networks, on other seeds of themselves, and on nulls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from inpca.dimension import StackedRuns, class_preserving_orders
from inpca.distances import pairwise_distances
from inpca.embedding import InPCA
from inpca.predictions.store import SPLITS, PredictionStore
from paper.models import on_geodesic, run_labels, store_table
from paper.rooms.linear_networks.experiment import AXES
from paper.rooms.linear_networks.explained import explained_by_axes
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


class Placed:
    """Models of some runs in one embedding after the other.

    Parameters
    ----------
    runs : sequence of StoredRun
    progress : Series
        Progress of each model by its label.
    most : int
        Models that are placed; beyond, a sample.
    seed : int
        Draws it.
    orders : sequence of (N,) arrays, optional
        Of the samples of each run, within classes: progress is that of the run as it is.
    """

    def __init__(
        self,
        runs: Sequence[StoredRun],
        progress: pd.Series,
        most: int,
        seed: int,
        orders: Sequence[np.ndarray] | None = None,
    ):
        n_models = sum(map(len, runs))
        stacked = StackedRuns([run.fitting() for run in runs] if n_models <= most else runs, orders)
        rows = sample(n_models, most, seed)
        self.models, self.units = stacked[rows], np.array([run.configuration for run in runs])[stacked.run[rows]]
        self.groups = (progress[np.concatenate([run.models for run in runs])[rows]].to_numpy() / WIDTH).astype(int)
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
    stores: Mapping[str, Sequence[PredictionStore]], table: pd.DataFrame, most: int, null_seed: int
) -> xr.Dataset:
    """Explained stress of the networks of a study, by what their axes were fitted on.

    Networks are placed in two halves, every second seed of each configuration, and values are means over both; own axes
    are those of the other half, so that no model is placed in axes of its own run.

    Parameters
    ----------
    stores : mapping
        Prediction stores of ``linear`` networks and of ``networks``.
    table : DataFrame
        Model table of the latter.
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
                placed = Placed(part, table.set_index("model")[f"{split}_progress"], most, null_seed, orders)
                for source in SOURCES:
                    for measure, found in placed.explained(axes[source] if source != "own" else own):
                        at = {"split": split, "target": target, "source": source, "measure": measure}
                        # a configuration with one seed is in one half only
                        values.loc[at] += np.array([found.get(name, found[NONE]) for name in left_outs]) / len(parts)
    return xr.Dataset({"explained": values})


def places_in_linear_axes(stores: Mapping[str, Sequence[PredictionStore]], table: pd.DataFrame) -> pd.DataFrame:
    """Coordinates of all models in the first three axes of linear networks, and of the geodesic from P0 to P*.

    Parameters
    ----------
    stores, table
        See :func:`explained_stress_of_networks`.

    Returns
    -------
    DataFrame
        ``split``, ``network``, ``kind`` (linear, network or geodesic), ``run``, ``progress``, ``error`` and ``pc1`` …
        ``pc3`` in √nats; the axes are turned to lead from P0 to P*.
    """
    known = pd.concat([table, *map(store_table, stores["linear"])]).set_index("model")
    tables = []
    for split in SPLITS:
        labels = stores["linear"][0].labels(split)
        inpca = fitted(StackedRuns(runs_of(stores["linear"], split))[:])
        way = np.log(on_geodesic(labels, stores["linear"][0].log_probs(split).shape[3], GEODESIC)).astype(np.float32)
        ends = inpca.transform(way[[0, -1]])[:, :3]
        turn = np.where(ends[1] < ends[0], -1.0, 1.0)
        parts = [
            (way, pd.DataFrame({"kind": "geodesic", "network": "geodesic", "run": "geodesic", "progress": GEODESIC}))
        ]
        for kind, of_kind in stores.items():
            for store in of_kind:
                rows = known.loc[run_labels(store).ravel()]
                models = store.log_probs(split)[:]
                about = rows[["network", "run"]].assign(kind=kind.removesuffix("s"))
                measured = {name: rows[f"{split}_{name}"] for name in ("progress", "error")}
                parts.append((models.reshape(-1, *models.shape[2:]), about.assign(**measured)))
        for models, about in parts:
            X = inpca.transform(models)[:, :3] * turn
            tables.append(about.assign(split=split, pc1=X[:, 0], pc2=X[:, 1], pc3=X[:, 2]))
    return pd.concat(tables, ignore_index=True)
