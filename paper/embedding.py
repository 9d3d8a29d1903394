"""Embeddings of the models of an experiment from files of distances."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from inpca.embedding import InPCA
from paper.distances import Distances, load_description, open_distances

#: Rows of distances to landmarks that are added at once.
ROWS = 4096


def embed_distances(paths: Mapping[str, Path], labels: np.ndarray, n_components: int) -> xr.Dataset:
    """InPCA of models by the mean of their distances in some files, with a view of each if there are several.

    Where a file has distances to landmarks only, models are placed among these.

    Parameters
    ----------
    paths : mapping from the name of a view to path
        Of the same models and landmarks, written by :func:`paper.distances.save_distances`.
    labels : (m,) array of str
        Models, in the order of the result.
    n_components : int
        Axes, as far as there are models, or landmarks, for them.

    Returns
    -------
    Dataset
        As :meth:`inpca.InPCA.to_xarray` gives it; ``<name>_view`` (model, axis) and the attribute ``mean_of`` where
        there are several files.

    Raises
    ------
    ValueError
        If the files are of other models, or of different landmarks.
    """
    views = {name: open_distances(path, labels) for name, path in paths.items()}
    first = next(iter(views.values()))
    if first.landmarks is None:
        mean = sum(np.asarray(view.values, np.float64) for view in views.values()) / len(views)
        inpca = InPCA(min(n_components, len(mean)), metric="precomputed").fit(mean)
    else:
        for name, view in views.items():
            if view.landmarks is None or not np.array_equal(view.landmarks, first.landmarks):
                raise ValueError(
                    f"{paths[name]} has other landmarks than {next(iter(paths.values()))}; make both again"
                )
        weight = load_description(next(iter(paths.values())))["weight"].values
        inpca = InPCA(min(n_components, len(first.landmarks)), metric="precomputed")
        inpca.fit(mean_of(list(views.values())), landmarks=first.landmarks, landmark_weight=weight)
    dataset = inpca.to_xarray(labels=labels)
    if len(views) > 1:
        for name, view in views.items():
            dataset[f"{name}_view"] = (("model", "axis"), inpca.transform_view(view.values))
        dataset.attrs["mean_of"] = ", ".join(views)
    return dataset


def mean_of(views: list[Distances]) -> np.ndarray:
    """Mean of distances to landmarks, float32, by blocks of rows; a single one as it is, in its file."""
    if len(views) == 1:
        return views[0].values
    mean = np.empty(views[0].values.shape, np.float32)
    for first in range(0, len(mean), ROWS):
        rows = slice(first, first + ROWS)
        mean[rows] = sum(np.asarray(view.values[rows], np.float64) for view in views) / len(views)
    return mean
