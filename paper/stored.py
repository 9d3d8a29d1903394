"""Predictions of the models of a table, read from their stores by label when they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from inpca.predictions.store import PredictionStore
from paper.models import check_samples, named, on_geodesic, run_labels, run_name, runs

#: Bytes of predictions up to which they are read into memory at once.
IN_MEMORY = 2**30


class StoredRun:
    """One run of a store on one split; checkpoints are read by indexing.

    Parameters
    ----------
    store : PredictionStore
    split : {"train", "test"}
    position : int
        Of the run among the seeds of the store.

    Attributes
    ----------
    name, configuration : str
        As in the model table.
    models : (T,) array of str
        Labels of its checkpoints in the model table.
    attributes : dict
        Of its store.
    """

    def __init__(self, store: PredictionStore, split: str, position: int):
        self._values, self._position = store.log_probs(split), position
        self.attributes, self.configuration = store.attributes, store.attributes["configuration"]
        self.name, self.models = run_name(self.configuration, store.seeds[position]), run_labels(store)[position]

    def __len__(self) -> int:
        return self._values.shape[1]

    def __getitem__(self, checkpoint: int | slice) -> np.ndarray:
        """Log-probabilities (N, C) at a checkpoint; of several, (T, N, C)."""
        return self._values[self._position, checkpoint]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Checkpoints, samples, classes."""
        return self._values.shape[1:]

    def fitting(self) -> np.ndarray | StoredRun:
        """All checkpoints as an array if they take at most :data:`IN_MEMORY` bytes; else what reads them one by one."""
        return self[:] if self._fit(len(self)) else self

    def between(self, first: int, last: int) -> SomeCheckpoints | StoredRun:
        """Checkpoints from one to another, both included, read at once; those that take too much memory, one by one."""
        return SomeCheckpoints(self, first, last) if self._fit(last + 1 - first) else self

    def _fit(self, checkpoints: int) -> bool:
        return 4 * checkpoints * int(np.prod(self.shape[1:])) <= IN_MEMORY

    def probabilities(self) -> np.ndarray:
        """Probabilities (T, N, C) at all checkpoints."""
        return np.exp(self._values[self._position])


class SomeCheckpoints:
    """Checkpoints of a run from one to another, held in memory, each by its position among all of the run."""

    def __init__(self, run: StoredRun, first: int, last: int):
        self._places, self._length, self._values = range(first, last + 1), len(run), run[first : last + 1]

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, checkpoint: int) -> np.ndarray:
        """Log-probabilities (N, C) at a checkpoint; IndexError if it is not held."""
        if checkpoint not in self._places:
            raise IndexError(f"checkpoint {checkpoint} is not among those held, {self._places}")
        return self._values[checkpoint - self._places.start]


def stored_runs(table: pd.DataFrame, stores: Sequence[PredictionStore], split: str) -> list[StoredRun]:
    """The runs of a model table, in its order.

    Raises
    ------
    ValueError
        If there are no stores, or none of them holds a run.
    """
    check_samples(stores, split)
    found = {
        run_name(store.attributes["configuration"], seed): (store, position)
        for store in stores
        for position, seed in enumerate(store.seeds)
    }
    names = runs(table)["run"].unique()
    check_stored(names, found, stores, "run")
    return [StoredRun(store, split, position) for store, position in map(found.get, names)]


class StoredModels:
    """Log-probabilities of the models of a table on one split, an array (m, N, C) float32 that is read when indexed.

    Models of runs are read from their stores by their labels, reference points are made from their ``t``; the rows may
    be any of the table, in any order. ``[:]`` reads all. What reads arrays by blocks, as
    :func:`inpca.pairwise_distances` does, takes it as it is.

    Parameters
    ----------
    table : DataFrame
        Model table, or some of its rows.
    stores : sequence of PredictionStore
    split : {"train", "test"}
    sample_step : int
        Read every so-manieth sample alone, from the first on.

    Raises
    ------
    ValueError
        If there are no stores, or none of them holds a model of the table.
    PredictionStoreError
        If one lacks the split, or has other samples, classes or labels than the first.

    See Also
    --------
    paper.models.model_table : Makes the table.

    Notes
    -----
    To place own models, log-probabilities (q, N, C) on the training samples, in the embedding of a study::

        dataset = xr.load_dataset("results/fashion/embeddings/main/train.nc", engine="scipy")
        table = pd.read_parquet("results/fashion/distances/main/models.parquet")
        stores = open_stores(sorted(Path("results/fashion/predictions/main").glob("*.zarr")))
        inpca = InPCA.from_xarray(dataset, models=StoredModels(table, stores, "train"))
        coordinates = inpca.transform(own)
    """

    dtype, ndim = np.dtype(np.float32), 3

    def __init__(self, table: pd.DataFrame, stores: Sequence[PredictionStore], split: str, *, sample_step: int = 1):
        check_samples(stores, split)
        self._arrays = [store.log_probs(split) for store in stores]
        self._labels = stores[0].labels(split)
        self.sample_step = sample_step
        self._samples = range(0, len(self._labels), sample_step)  # those that there are, by their place in the stores
        self.shape = (len(table), len(self._samples), self._arrays[0].shape[3])
        is_run = (table["kind"] == "run").to_numpy()
        self._t = table["t"].to_numpy(float)
        found = {
            label: (number, *place)
            for number, store in enumerate(stores)
            for place, label in np.ndenumerate(run_labels(store))
        }
        check_stored(table["model"][is_run], found, stores, "model")
        self._places = np.full((len(table), 3), -1)  # store, seed and checkpoint of the models of runs
        self._places[is_run] = [found[label] for label in table["model"][is_run]]

    def __len__(self) -> int:
        return self.shape[0]

    def fitting(self) -> np.ndarray | StoredModels:
        """All models as an array if they take at most :data:`IN_MEMORY` bytes; else what reads them by blocks."""
        return self[:] if 4 * int(np.prod(self.shape)) <= IN_MEMORY else self

    def __getitem__(self, index) -> np.ndarray:
        """Log-probabilities of some models; with two indices, of these on a slice of the samples."""
        chosen, samples = index if isinstance(index, tuple) else (index, slice(None))
        rows = np.arange(len(self))[chosen]
        stack = self._read(np.atleast_1d(rows), samples)
        return stack if np.ndim(rows) else stack[0]

    def _read(self, rows: np.ndarray, samples: slice) -> np.ndarray:
        """Some rows in this order; successive checkpoints of a run are read at once."""
        within = self._samples[samples]
        samples = slice(within.start, within.stop, within.step)
        labels, places = self._labels[samples], self._places[rows]
        stack = np.empty((len(rows), len(labels), self.shape[2]), np.float32)
        goes_on = (np.diff(places, axis=0) == [0, 0, 1]).all(axis=1)
        edges = [0, *np.flatnonzero(~goes_on) + 1, len(rows)]
        for first, last in pairwise(edges):
            store, seed, checkpoint = places[first]
            if store >= 0:
                stack[first:last] = self._arrays[store][seed, checkpoint : checkpoint + last - first, samples]
            else:
                with np.errstate(divide="ignore"):  # ln 0 = -inf is what P* holds
                    stack[first] = np.log(on_geodesic(labels, self.shape[2], self._t[rows[first]]))
        return stack


def check_stored(wanted, found: dict, stores: Sequence[PredictionStore], what: str) -> None:
    """Stop with a ValueError if what a model table names is in none of the stores."""
    missing = [name for name in wanted if name not in found]
    if missing:
        paths = ", ".join(str(store.path) for store in stores)
        raise ValueError(f"the model table has the {what} {named(missing)}, which none of these stores holds: {paths}")
