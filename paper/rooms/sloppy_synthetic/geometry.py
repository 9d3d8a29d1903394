"""Embeddings and dimensions of the runs on synthetic data, one for each number of corners they start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from inpca.dimension import dimension
from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.estimator import InPCA
from paper.models import model_table, open_stores, oriented, run_name
from paper.rooms.sloppy_synthetic.configuration import Run
from paper.rooms.sloppy_synthetic.runs import members
from paper.stored import StoredModels

#: Axes of an embedding that are kept for figures.
DRAWN_AXES = 3


def spectrum_geometry(
    paths: Sequence[str | Path],
    corners: Mapping[int, int],
    *,
    geodesic_points: int,
    n_axes: int,
    resamples: int,
    late_from_epoch: float,
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
    n_axes : int
        Axes of the spectra that are kept.
    resamples : int
        Bootstrap samples of the runs.
    late_from_epoch : float
        Epochs after which checkpoints are late.

    Returns
    -------
    table : DataFrame
        Model tables (:func:`paper.models.model_table`) of the cases one below the other, with ``corners`` and the
        coordinates ``pc1`` … ``pc3`` of an embedding of each case, axes turned to lead from P0 to P*; ``corner`` is
        the seed of the corner that a run starts from, NaN at ignorance.
    dimensions : Dataset
        :func:`inpca.dimension.dimension` of the models of runs alone, by ``corners`` and ``checkpoints``: ``all``, or
        ``late``, from ``late_from_epoch`` on; ``drawn_signature`` (corners, drawn_axis): -1 where an axis of the
        coordinates is time-like, else 1.
    """
    stores = open_stores(paths, verify=True)  # they have no other reader
    table = model_table(stores, geodesic_points)
    D = pairwise_distances(StoredModels(table, stores, "train"), log=True, n_jobs=1)
    runs = [Run.model_validate(run) for store in stores for run in store.attributes["job"]["runs"]]
    names = [run_name(store.attributes["configuration"], seed) for store in stores for seed in store.seeds]
    run_of = pd.Index(names).get_indexer(table["run"])  # -1 for reference points
    starts = np.array([np.nan if run.corner is None else run.corner for run in runs])
    table["corner"] = np.where(run_of < 0, np.nan, starts[run_of])
    tables, dimensions = [], []
    for number, seeds in corners.items():
        of_case = np.flatnonzero((run_of >= 0) & members(runs, number, seeds)[run_of])
        rng = np.random.default_rng(number)
        of_models = []
        for models in (of_case, of_case[table["epoch"].to_numpy()[of_case] >= late_from_epoch]):
            _, run = np.unique(run_of[models], return_inverse=True)
            of_models.append(dimension(D[np.ix_(models, models)], run, n_axes, resamples, rng))
        drawn = np.append(of_case, np.flatnonzero(run_of < 0))
        placed, signature = place(table.iloc[drawn], D[np.ix_(drawn, drawn)])
        tables.append(placed.assign(corners=number))
        by_checkpoints = xr.concat(of_models, pd.Index(["all", "late"], name="checkpoints"))
        dimensions.append(by_checkpoints.assign(drawn_signature=("drawn_axis", signature)))
    return pd.concat(tables, ignore_index=True), xr.concat(dimensions, pd.Index(corners, name="corners"))


def place(table: pd.DataFrame, D: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Model table with the coordinates of its models as columns, axes turned to lead from P0 to P*; and their signs."""
    embedding = oriented(InPCA(DRAWN_AXES, metric="precomputed").fit(D).to_xarray(labels=table["model"].to_numpy()))
    columns = {f"pc{axis}": column for axis, column in enumerate(embedding["embedding"].values.T, 1)}
    return table.assign(**columns), embedding["signature"].values
