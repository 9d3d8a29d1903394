"""Models of all tasks in one space: their embedding, their dimension beside nulls, and distances between runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import log_softmax

from inpca.dimension import StackedRuns, signed_spectrum
from inpca.dimension.calibrated import between_spectrum, null_of
from inpca.dimension.comparison import Draws, as_dataset, compare_with_nulls, measures
from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.estimator import InPCA
from inpca.geometry import progress
from inpca.predictions.store import SPLITS, PredictionStore, PredictionStoreError
from paper.models import model_table, open_stores, oriented, runs
from paper.stored import StoredModels, StoredRun, stored_runs

#: Axes of an embedding that are kept.
KEPT_AXES = 10


def measured_tasks(
    paths: Sequence[str | Path], *, geodesic_points: int, draws: int, null_seed: int, factors: Sequence[float]
) -> tuple[pd.DataFrame, xr.Dataset, dict[str, xr.Dataset]]:
    """All there is to know of the models of all tasks.

    Parameters
    ----------
    paths : sequence of path
        Prediction stores, one for each network and task.
    geodesic_points : int
        Points of the geodesic that are embedded with the models.
    draws, null_seed : int
        Nulls that dimensions are compared with: samples permuted within classes, each run by itself.
    factors : sequence of float
        Other scales of the imprinted heads, over theirs.

    Returns
    -------
    table : DataFrame
        Model table (:func:`paper.models.model_table`) with the ``task`` of each run.
    measured : Dataset
        By ``split``: what :func:`of_split` returns.
    embeddings : dict of Dataset
        By split, axes turned to lead from P0 to P*.
    """
    stores = open_stores(paths, verify=True)  # they have no other reader
    table = model_table(stores, geodesic_points)
    tasks = {store.attributes["configuration"]: store.attributes["job"]["name"] for store in stores}
    table["task"] = table["configuration"].map(tasks)
    check_runs(stores, len(paths))
    found, embeddings = [], {}
    for split in SPLITS:
        D = pairwise_distances(StoredModels(table, stores, split), log=True, n_jobs=1)
        fitted = InPCA(KEPT_AXES, metric="precomputed").fit(D)
        embeddings[split] = oriented(fitted.to_xarray(labels=table["model"].to_numpy()))
        measured = of_split(table, stores, split, D, draws=draws, null_seed=null_seed, factors=factors)
        found.append(measured)
    return table, xr.concat(found, pd.Index(SPLITS, name="split")), embeddings


def check_runs(stores: Sequence[PredictionStore], n_stores: int) -> None:
    """Whether each network has two runs on each task, which others are compared with; an error that says what to do."""
    few = [store.attributes["configuration"] for store in stores if len(store.seeds) < 2]
    if few or len(stores) < n_stores:
        raise PredictionStoreError(
            f"{few[0] if few else 'a network on a task'} has fewer than two runs that did not diverge, and the "
            "distance of seeds is measured between two; train with a smaller learning_rate, or add seeds"
        )


def of_split(
    table: pd.DataFrame,
    stores: Sequence[PredictionStore],
    split: str,
    D: np.ndarray,
    *,
    draws: int,
    null_seed: int,
    factors: Sequence[float],
) -> xr.Dataset:
    """Measures of one split.

    Parameters
    ----------
    table : DataFrame
        Model table, runs first.
    stores : sequence of PredictionStore
    split : {"train", "test"}
    D : (m, m) array
        Distances of the models of the table.
    draws, null_seed, factors
        See :func:`measured_tasks`.

    Returns
    -------
    Dataset
        What :func:`inpca.dimension.comparison.as_dataset` gives of all models and of runs at equal checkpoints
        (``between``), groups being tasks; ``distance`` (run, other), the mean over all checkpoints but the first of
        d_B at equal checkpoints; ``scaled_distance`` (factor, run, other) and ``scaled_stress`` (factor, axis), the
        same with heads of other scales; ``class_progress`` and ``class_correct`` (run, checkpoint, class), progress on
        the samples of each class, and the fraction of them whose most probable class is theirs.
    """
    stored, labels = stored_runs(table, stores, split), stores[0].labels(split)
    models = [run[:] for run in stored]
    n = sum(map(len, models))
    D = np.asarray(D[:n, :n])
    by_run = runs(table).drop_duplicates("run")
    compared = dimension_of(models, labels, D, by_run["task"].tolist(), draws=draws, rng=null_seed)
    names = [run.name for run in stored]
    scaled = [run_distances(models, factor) for factor in factors]
    axes = compared["axis"].values
    stress = [measures(signed_spectrum(one))[: len(axes)] for one in scaled]
    return compared.assign(
        distance=(("run", "other"), at_equal_checkpoints(D, len(models))),
        scaled_distance=(("factor", "run", "other"), [at_equal_checkpoints(one, len(models)) for one in scaled]),
        scaled_stress=(("factor", "axis"), stress),
        class_progress=(("run", "checkpoint", "class"), [of_classes(run, labels) for run in models]),
        class_correct=(("run", "checkpoint", "class"), [correct_of_classes(run, labels) for run in models]),
    ).assign_coords(run=names, other=names, factor=list(factors))


def dimension_of(
    models: Sequence[np.ndarray], labels: np.ndarray, D: np.ndarray, groups: Sequence[str], *, draws: int, rng: int
) -> xr.Dataset:
    """Explained stress and participation ratio of all models, and of runs less their mean at equal checkpoints.

    As :func:`inpca.calibrated_dimension`, but at equal checkpoints in place of equal progress: an imprinted head
    classifies before anything is learned, so that runs begin with progress, and some tasks lead to less of it.

    Parameters
    ----------
    models : sequence of (T, N, C) arrays
        Log-probabilities of each run.
    labels : (N,) array of int
    D : (m, m) array
        Distances between them.
    groups : sequence of str
        Task of each run; intervals leave out tasks.
    draws, rng : int
        Nulls.
    """
    drawn = Draws.of(labels, groups, draws, rng)
    level = np.concatenate([np.arange(len(run)) for run in models])

    def distances(orders: list | None = None) -> np.ndarray:
        return pairwise_distances(StackedRuns(models, orders), log=True, n_jobs=1)

    spectra = {"models": signed_spectrum, "between": partial(_between, level=level)}
    compared = compare_with_nulls(D, distances, spectra, drawn.part[StackedRuns(models).run], drawn)
    kinds = {name: [one.real] for name, one in compared.items()}
    return as_dataset(kinds | {null_of(name): one.nulls for name, one in compared.items()}, compared)


def _between(D: np.ndarray, kept: np.ndarray, level: np.ndarray) -> np.ndarray:
    return between_spectrum(D, level, kept)


def at_equal_checkpoints(D: np.ndarray, n_runs: int) -> np.ndarray:
    """Distances (R, R) between runs: the mean over all checkpoints but the first of those between their models.

    Parameters
    ----------
    D : (R·T, R·T) array
        Between models, those of a run one after the other.
    n_runs : int

    Examples
    --------
    >>> at_equal_checkpoints(np.array([[0, 9, 9, 9], [9, 0, 9, 1], [9, 9, 0, 9], [9, 1, 9, 0]]), 2).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    n_models = len(D) // n_runs
    blocks = np.asarray(D, np.float64).reshape(n_runs, n_models, n_runs, n_models)
    return np.einsum("itjt->ijt", blocks)[..., 1:].mean(axis=2)


def run_distances(models: Sequence[np.ndarray], factor: float) -> np.ndarray:
    """Distances between all models of runs whose logits are larger by a factor: heads of another scale."""
    scaled = [log_softmax(factor * run.astype(np.float64), axis=2).astype(np.float32) for run in models]
    return pairwise_distances(StackedRuns(scaled), log=True, n_jobs=1)


def of_classes(run: np.ndarray | StoredRun, labels: np.ndarray) -> np.ndarray:
    """Progress (T, C) of the models (T, N, C) of a run on the samples of each class alone."""
    classes = range(run.shape[2])
    return np.stack([progress(run[:, labels == one], labels[labels == one], log=True) for one in classes], axis=1)


def correct_of_classes(run: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Fraction (T, C) of the samples of each class whose most probable class, of each model (T, N, C), is theirs."""
    correct = run.argmax(axis=2) == labels
    return np.stack([correct[:, labels == one].mean(axis=1) for one in range(run.shape[2])], axis=1)
