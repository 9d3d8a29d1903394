"""Names of the models of an experiment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inpca.models import landmarks_of_geodesic, run_name
from inpca.predictions import PredictionStore


def model_labels(stores: Sequence[PredictionStore], geodesic_points: int) -> np.ndarray:
    """Label of each model, in the order of :func:`inpca.models.stack_log_probs`.

    ``<run>/step<step>`` for a checkpoint, then ``ignorance``, ``geodesic/<t>`` for points of the geodesic, ``truth``.

    Returns
    -------
    (m,) array of str
    """
    runs = [
        f"{run_name(store.attributes['configuration'], seed)}/step{step}"
        for store in stores
        for seed in store.seeds
        for step in store.steps
    ]
    between = [f"geodesic/{t:.6g}" for t in landmarks_of_geodesic(geodesic_points)[1:-1]]
    return np.array([*runs, "ignorance", *between, "truth"])
