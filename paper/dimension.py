"""How many dimensions the models of an experiment fill beside nulls, and what the checkpoint schedule does to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr

from inpca.dimension import StackedRuns, calibrated_dimension, signed_spectrum
from inpca.dimension.calibrated import null_of
from inpca.dimension.comparison import Draws, as_dataset, compare_with_nulls
from inpca.distances import pairwise_distances
from inpca.predictions.store import PredictionStore, PredictionStoreError
from paper.models import runs
from paper.samples import some_checkpoints
from paper.stored import stored_runs
from paper.study.analysis import FEWEST_CONFIGURATIONS
from paper.study.configuration import Checkpoints

#: Epochs from which checkpoints count, in turn.
FIRST_EPOCHS = (0.5, 1.0, 2.0, 5.0)


def measure_dimension(
    table: pd.DataFrame,
    stores: Sequence[PredictionStore],
    split: str,
    *,
    largest: int,
    draws: int,
    rng: int,
    n_jobs: int,
) -> xr.Dataset:
    """The calibrated dimension of an experiment, as recorded and under other schedules of checkpoints.

    Parameters
    ----------
    table : DataFrame
        Model table.
    stores : sequence of PredictionStore
    split : {"train", "test"}
    largest : int
        Of more models, every k-th checkpoint of each run is taken, so that about so many are left; of very many runs
        some are left out, see :func:`paper.samples.some_checkpoints`.
    draws, rng, n_jobs
        See :func:`inpca.calibrated_dimension`.

    Returns
    -------
    Dataset
        What :func:`inpca.calibrated_dimension` returns, groups being configurations, and the same under the weights of
        each of :func:`schedules`: of its name, compared with the same nulls, and of the kinds of its name and of its
        name and `` null``. Attributes ``n_models``, ``n_runs`` and ``every``: which checkpoints were taken.

    Raises
    ------
    PredictionStoreError
        If runs of fewer than three configurations are left, since the others diverged.
    """
    stored, labels = stored_runs(table, stores, split), stores[0].labels(split)
    if (left := len({run.configuration for run in stored})) < FEWEST_CONFIGURATIONS:
        raise PredictionStoreError(
            f"runs of {left} configurations are left, the others diverged, and the dimension of an experiment needs "
            f"{FEWEST_CONFIGURATIONS}; train with smaller learning rates"
        )
    kept, every = some_checkpoints([len(run) for run in stored], largest)
    stored = [stored[position] for position in kept]
    given = [run[::every] for run in stored]
    groups = [run.configuration for run in stored]
    found = calibrated_dimension(given, labels, log=True, groups=groups, draws=draws, rng=rng, n_jobs=n_jobs)
    by_model = runs(table).set_index("model")
    taken = by_model.loc[np.concatenate([run.models[::every] for run in stored])].reset_index()
    weights = schedules(taken, steps_per_epoch={store.attributes["configuration"]: of_epoch(store) for store in stores})
    drawn = Draws.of(labels, groups, draws, rng)

    def distances(orders: list | None = None) -> np.ndarray:
        return pairwise_distances(StackedRuns(given, orders), log=True, n_jobs=n_jobs)

    spectra = {name: partial(weighted_spectrum, weight=weight) for name, weight in weights.items()}
    part = drawn.part[StackedRuns(given).run]
    compared = compare_with_nulls(distances(), distances, spectra, part, drawn)
    kinds = {name: [one.real] for name, one in compared.items()}
    kinds |= {null_of(name): one.nulls for name, one in compared.items()}
    both = [found, as_dataset(kinds, compared)]
    by_kind = xr.concat([one.drop_dims("of") for one in both], "kind")
    by_comparison = xr.concat([one.drop_dims("kind") for one in both], "of")
    return xr.merge([by_kind, by_comparison]).assign_attrs(n_models=len(taken), n_runs=len(given), every=every)


def weighted_spectrum(D: np.ndarray, kept: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Eigenvalues of the models that are kept, which count as often as their weights say."""
    return signed_spectrum(D, weight * kept)


def of_epoch(store: PredictionStore) -> int:
    """Optimiser steps of an epoch, as the steps and epochs of a store tell."""
    return round(store.steps[-1] / store.epochs[-1])


def schedules(taken: pd.DataFrame, steps_per_epoch: Mapping[str, int]) -> dict[str, np.ndarray]:
    """How often each model counts as the paper's schedule would have it, and from some epochs on.

    Under the paper's schedule a model counts as often as it is the one of its run that is closest in time to a
    checkpoint of that schedule. Of schedules, those are given under which most configurations have models that count.

    Parameters
    ----------
    taken : DataFrame
        Rows of the model table, run by run.
    steps_per_epoch : mapping from configuration to int

    Returns
    -------
    dict from name to (m,) array
    """
    like_paper = np.zeros(len(taken))
    for _, run in taken.groupby("run", sort=False):
        n = steps_per_epoch[run["configuration"].iloc[0]]
        steps = Checkpoints(schedule="paper").steps(n, max(1, round(run["epoch"].iloc[-1])))
        closest = np.abs(run["step"].to_numpy()[:, None] - steps).argmin(axis=0)
        like_paper[run.index] = np.bincount(closest, minlength=len(run))
    epoch = taken["epoch"].to_numpy()
    later = {f"from epoch {first:g}": (epoch >= first).astype(float) for first in FIRST_EPOCHS}
    weights = {"as the paper's": like_paper, **later}
    n_configurations = taken["configuration"].nunique()
    return {
        name: weight
        for name, weight in weights.items()
        if taken["configuration"][weight > 0].nunique() > n_configurations / 2  # some are left out in turn
    }
