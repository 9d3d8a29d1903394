"""How many dimensions the models of an experiment fill beside nulls, and what the checkpoint schedule does to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from inpca.dimension import (
    StackedRuns,
    calibrated_dimension,
    class_preserving_orders,
    explained_stress,
    signed_spectrum,
)
from inpca.distances import pairwise_distances
from inpca.predictions.store import PredictionStore
from paper.models import runs
from paper.stored import stored_runs
from paper.study.configuration import Checkpoints

#: Epochs from which checkpoints count, in turn.
FIRST_EPOCHS = (0.5, 1.0, 2.0, 5.0)
#: Numbers of axes whose explained stress is given for each schedule.
SCHEDULE_AXES = (1, 3, 10)


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
    """The calibrated dimension of an experiment, and the explained stress under other schedules of checkpoints.

    Parameters
    ----------
    table : DataFrame
        Model table.
    stores : sequence of PredictionStore
    split : {"train", "test"}
    largest : int
        Of more models, every k-th checkpoint of each run is taken, so that about so many are left.
    draws, rng, n_jobs
        See :func:`inpca.calibrated_dimension`.

    Returns
    -------
    Dataset
        What :func:`inpca.calibrated_dimension` returns, groups being configurations, and ``schedule_stress`` (schedule,
        models, axes): of the real models and of one null, under the weights of :func:`schedules`. Attributes
        ``n_models``, ``n_runs`` and ``every``: which checkpoints were taken.
    """
    stored, labels = stored_runs(table, stores, split), stores[0].labels(split)
    every = -(-len(runs(table)) // largest)
    given = [run[::every] for run in stored]
    groups = [run.configuration for run in stored]
    found = calibrated_dimension(given, labels, log=True, groups=groups, draws=draws, rng=rng, n_jobs=n_jobs)
    by_model = runs(table).set_index("model")
    taken = by_model.loc[np.concatenate([run.models[::every] for run in stored])].reset_index()
    weights = schedules(taken, steps_per_epoch={store.attributes["configuration"]: of_epoch(store) for store in stores})
    null = class_preserving_orders(labels, len(given), rng=rng)
    stress = np.empty((len(weights), 2, len(SCHEDULE_AXES)))
    for position, orders in enumerate((None, null)):
        D = pairwise_distances(StackedRuns(given, orders), log=True, n_jobs=n_jobs)
        for number, weight in enumerate(weights.values()):
            explained = explained_stress(signed_spectrum(D, weight))
            stress[number, position] = explained[np.minimum(SCHEDULE_AXES, len(explained)) - 1]
    coordinates = {"schedule": list(weights), "models": ["real", "null"], "axes": list(SCHEDULE_AXES)}
    other = xr.Dataset({"schedule_stress": (tuple(coordinates), stress)}, coordinates)
    return xr.merge([found, other]).assign_attrs(n_models=len(taken), n_runs=len(given), every=every)


def of_epoch(store: PredictionStore) -> int:
    """Optimiser steps of an epoch, as the steps and epochs of a store tell."""
    return round(store.steps[-1] / store.epochs[-1])


def schedules(taken: pd.DataFrame, steps_per_epoch: Mapping[str, int]) -> dict[str, np.ndarray]:
    """How often each model counts as recorded, as the paper's schedule would have it, and from some epochs on.

    Under the paper's schedule a model counts as often as it is the one of its run that is closest in time to a
    checkpoint of that schedule.

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
    weights = {"as recorded": np.ones(len(taken)), "as the paper's": like_paper, **later}
    return {name: weight for name, weight in weights.items() if weight.sum() > 2}
