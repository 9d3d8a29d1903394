"""Embeddings and dimensions of the runs on synthetic data, one for each number of corners they start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from inpca.dimension import calibrated_dimension
from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.estimator import InPCA
from inpca.predictions.store import PredictionStoreError
from paper.models import model_table, open_stores, oriented, run_name
from paper.rooms.sloppy_synthetic.configuration import Run
from paper.rooms.sloppy_synthetic.runs import members
from paper.stored import StoredModels, stored_runs

#: Axes of an embedding that are kept for figures.
DRAWN_AXES = 3
#: From so many corners on, intervals leave out corners with all their runs; of fewer, runs.
CORNERS_LEFT_OUT = 3
#: The error of a dimension comes from leaving out starts.
FEWEST_GROUPS = 3


def spectrum_geometry(
    paths: Sequence[str | Path],
    corners: Mapping[int, int],
    *,
    geodesic_points: int,
    draws: int,
    null_seed: int,
) -> tuple[pd.DataFrame, xr.Dataset]:
    """Model tables and dimensions of all runs on the data of one spectrum, on the train split.

    Parameters
    ----------
    paths : sequence of path
        Prediction stores.
    corners : mapping from number of corners to number of run seeds for each
        The cases; 0 corners is ignorance.
    geodesic_points : int
        Points of the geodesic that are embedded with the runs.
    draws, null_seed : int
        Nulls that each dimension is compared with, see :func:`inpca.calibrated_dimension`.

    Returns
    -------
    table : DataFrame
        Model tables (:func:`paper.models.model_table`) of the cases one below the other, with ``corners`` and the
        coordinates ``pc1`` … ``pc3`` of an embedding of each case, axes turned to lead from P0 to P*; ``corner`` is
        the seed of the corner that a run starts from, NaN at ignorance.
    dimensions : Dataset
        By ``corners``: the calibrated dimension of the models of runs, see :func:`case_dimension`; and, of the axes of
        the coordinates, ``drawn_signature`` (-1 where time-like, else 1) and ``drawn_stress`` (explained by the axes up
        to this one), (corners, drawn_axis).
    """
    stores = open_stores(paths, verify=True)  # they have no other reader
    table = model_table(stores, geodesic_points)
    D = pairwise_distances(StoredModels(table, stores, "train"), log=True, n_jobs=1)
    stored, labels = stored_runs(table, stores, "train"), stores[0].labels("train")
    runs = [Run.model_validate(store.attributes["job"]["runs"][number]) for store in stores for number in store.seeds]
    names = [run_name(store.attributes["configuration"], seed) for store in stores for seed in store.seeds]
    run_of = pd.Index(names).get_indexer(table["run"])  # -1 for reference points
    starts = np.array([np.nan if run.corner is None else run.corner for run in runs])
    table["corner"] = np.where(run_of < 0, np.nan, starts[run_of])
    tables, dimensions = [], []
    for number, seeds in corners.items():
        chosen = members(runs, number, seeds)
        drawn = np.flatnonzero((run_of < 0) | chosen[run_of])
        placed, embedding = place(table.iloc[drawn], D[np.ix_(drawn, drawn)])
        tables.append(placed.assign(corners=number))
        of_case = [run for run in stored if chosen[names.index(run.name)]]
        groups = [starts[names.index(run.name)] if number >= CORNERS_LEFT_OUT else run.name for run in of_case]
        found = case_dimension([run[:] for run in of_case], labels, groups, draws=draws, rng=null_seed)
        kept = {f"drawn_{name}": ("drawn_axis", embedding[of].values) for name, of in DRAWN.items()}
        dimensions.append(found.assign(kept))
    return pd.concat(tables, ignore_index=True), xr.concat(dimensions, pd.Index(corners, name="corners"))


#: What is kept of the axes that are drawn, and its name in an embedding.
DRAWN = {"signature": "signature", "stress": "explained_stress"}


def case_dimension(
    models: Sequence[np.ndarray],
    labels: np.ndarray,
    groups: Sequence[Any],
    *,
    draws: int,
    rng: int,
) -> xr.Dataset:
    """The calibrated dimension of the runs of one case, see :func:`inpca.calibrated_dimension`.

    Parameters
    ----------
    models : sequence of (T, N, C) arrays
        Log-probabilities of each run.
    labels : (N,) array of int
    groups : sequence
        What intervals leave out together: corners, or runs.
    draws, rng : int

    Raises
    ------
    PredictionStoreError
        If there are fewer than three groups, since others diverged.
    """
    if len(set(groups)) < FEWEST_GROUPS:
        raise PredictionStoreError(
            f"runs of {len(set(groups))} starts are left, the others diverged, and a dimension needs {FEWEST_GROUPS}; "
            "train with a smaller learning rate"
        )
    return calibrated_dimension(models, labels, log=True, groups=groups, draws=draws, rng=rng, n_jobs=1)


def place(table: pd.DataFrame, D: np.ndarray) -> tuple[pd.DataFrame, xr.Dataset]:
    """Model table with the coordinates of its models as columns, axes turned to lead from P0 to P*; the embedding."""
    embedding = oriented(InPCA(DRAWN_AXES, metric="precomputed").fit(D).to_xarray(labels=table["model"].to_numpy()))
    columns = {f"pc{axis}": column for axis, column in enumerate(embedding["embedding"].values.T, 1)}
    return table.assign(**columns), embedding
