"""Embeddings and dimensions of the runs on synthetic data, one for each number of corners they start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from inpca.dimension import dimension, padded
from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.estimator import InPCA
from paper.models import model_table, open_stores, stack_log_probs
from paper.rooms.sloppy_synthetic.configuration import Run
from paper.rooms.sloppy_synthetic.runs import members

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
    D = pairwise_distances(stack_log_probs(stores, "train", geodesic_points), log=True, n_jobs=1)
    table = model_table(stores, geodesic_points)
    runs = [Run.model_validate(run) for store in stores for run in store.attributes["job"]["runs"]]
    models_of_run = np.repeat(np.arange(len(runs)), [len(store.steps) for store in stores for _ in store.seeds])
    starts = np.array([np.nan if run.corner is None else run.corner for run in runs])
    table["corner"] = padded(starts[models_of_run], len(table))
    tables, dimensions = [], []
    for number, seeds in corners.items():
        of_case = np.flatnonzero(members(runs, number, seeds)[models_of_run])
        rng = np.random.default_rng(number)
        of_models = []
        for models in (of_case, of_case[table["epoch"].to_numpy()[of_case] >= late_from_epoch]):
            _, run = np.unique(models_of_run[models], return_inverse=True)
            of_models.append(dimension(D[np.ix_(models, models)], run, n_axes, resamples, rng))
        drawn = np.append(of_case, np.arange(len(models_of_run), len(table)))
        placed, signature = place(table.iloc[drawn], D[np.ix_(drawn, drawn)])
        tables.append(placed.assign(corners=number))
        by_checkpoints = xr.concat(of_models, pd.Index(["all", "late"], name="checkpoints"))
        dimensions.append(by_checkpoints.assign(drawn_signature=("drawn_axis", signature)))
    return pd.concat(tables, ignore_index=True), xr.concat(dimensions, pd.Index(corners, name="corners"))


def place(table: pd.DataFrame, D: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Model table with the coordinates of its models as columns, axes turned to lead from P0 to P*; and their signs."""
    embedding = InPCA(DRAWN_AXES, metric="precomputed")
    coordinates = embedding.fit_transform(D)
    ignorance, truth = (coordinates[(table["kind"] == kind).to_numpy()][0] for kind in ("ignorance", "truth"))
    coordinates = coordinates * np.where(truth < ignorance, -1, 1)
    return table.assign(**{f"pc{axis}": column for axis, column in enumerate(coordinates.T, 1)}), embedding.signature_
