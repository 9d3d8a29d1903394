"""Distances of trajectories over the progress that all runs make, so that those that stop early are not moved by it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from inpca.distances import pairwise_distances
from inpca.predictions.store import PredictionStore
from inpca.trajectories import GRID
from paper.stored import stored_runs
from paper.trajectories import models_at


def with_common_progress(
    measured: xr.Dataset, table: pd.DataFrame, stores: Sequence[PredictionStore], split: str, networks: Sequence[str]
) -> xr.Dataset:
    """What was measured of trajectories, with their distances over the progress that all runs of some networks make.

    Parameters
    ----------
    measured : Dataset
        From :func:`paper.trajectories.measure_trajectories`.
    table : DataFrame
        Model table.
    stores : sequence of PredictionStore
    split : {"train", "test"}
    networks : sequence of str

    Returns
    -------
    Dataset
        With ``common_distance`` (run, other), the mean of d_B over s from the latest start of these runs to the least
        of their largest progress, nats a sample; these ends are the attributes ``common_start`` and ``common_reach``.
        NaN where they leave no s.
    """
    runs, labels = stored_runs(table, stores, split), stores[0].labels(split)
    by_model = table.set_index("model")[f"{split}_progress"]
    of_run = table.dropna(subset=["run"]).drop_duplicates("run").set_index("run")["network"]
    chosen = measured.sel(run=[run.name for run in runs if of_run[run.name] in set(networks)])
    start, reach = float(chosen["start"].max()), float(chosen["reach"].min())
    inside = (start <= GRID) & (reach >= GRID)
    distance = np.zeros((len(runs), len(runs))) if inside.any() else np.full((len(runs), len(runs)), np.nan)
    progress = [by_model.loc[run.models].to_numpy() for run in runs]
    for columns, at in models_at(runs, progress, labels):
        for column, models in zip(columns, at, strict=True):
            if inside[column]:
                distance += pairwise_distances(models) / inside.sum()
    found = measured.assign(common_distance=(("run", "other"), distance))
    return found.assign_attrs(common_start=start, common_reach=reach)
