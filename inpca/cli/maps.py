"""Embeddings on disk that know their predictions: published maps, on which other runs are placed."""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from inpca.cli.common import reading
from inpca.embedding import InPCA
from inpca.embedding.fingerprints import fingerprints, order_of
from inpca.files import atomic
from inpca.geometry import geodesic
from inpca.labels import ignorance, truth
from inpca.predictions.models import LogModels
from inpca.predictions.read import Predictions, read_predictions

EMBEDDING, SOURCES = "embedding.nc", "predictions.json"
#: What is said of how predictions are read.
HOW = ("kind", "split", "truth", "factors")
#: Points of the geodesic that figures draw.
POINTS = 100
#: Where t is near 1 points of a geodesic are far apart: they are denser there.
ON_GEODESIC = 1 - np.linspace(1, 0, POINTS) ** 2
#: Labels of reference points in the embeddings of studies.
REFERENCE = re.compile(r"ignorance|truth|geodesic/(?P<t>[0-9.e-]+)")


def write_map(folder: Path, given: argparse.Namespace, dataset: xr.Dataset) -> None:
    """Write an embedding with where its predictions are, relative to the folder."""
    named = reading(given)
    files = {name: named[name] and os.path.relpath(named[name], folder) for name in ("truth", "factors")}
    sources = {"predictions": [os.path.relpath(path, folder) for path in given.predictions]} | named | files
    with atomic(folder / EMBEDDING) as partial:
        dataset.to_netcdf(partial, engine="scipy")
    with atomic(folder / SOURCES) as partial:
        partial.write_text(json.dumps(sources, indent=2) + "\n", encoding="utf-8")


def read_map(path: str, predictions: Sequence[str], **how) -> tuple[InPCA, xr.Dataset, Predictions]:
    """An embedding with the models that it was made from.

    Parameters
    ----------
    path : str
        Folder that ``inpca embed`` wrote, or a file that ``InPCA.to_xarray`` was saved in.
    predictions : sequence of str
        Files of its models; those that the folder names unless given.
    **how
        Of :func:`inpca.read_predictions`.

    Raises
    ------
    ValueError, OSError
        If it is no embedding, or its models are not in these files.
    """
    folder = Path(path)
    file = folder / EMBEDDING if folder.is_dir() else folder
    if not file.is_file():
        raise FileNotFoundError(f"there is no {file}; --on takes a folder of inpca embed, or an embedding of to_xarray")
    try:
        dataset = xr.load_dataset(file, engine="scipy")
    except Exception:  # a header of damaged bytes leads to errors of many kinds
        raise ValueError(
            f"{file} is not an embedding, or damaged; --on takes one that to_xarray was saved in"
        ) from None
    if not predictions and (folder / SOURCES).is_file():
        predictions, how = read_sources(folder)
    if not predictions:
        raise ValueError(f"{file} does not say where its predictions are; name them with --of")
    fitted = read_predictions(*predictions, **how)
    if "fingerprint" not in dataset:
        raise ValueError(f"{file} is not an embedding of models that to_xarray returned")
    return InPCA.from_xarray(dataset, models=those_of(dataset, fitted)), dataset, fitted


def read_sources(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """Files of the predictions of a map, and how they are read, as `write_map` wrote them.

    Raises
    ------
    ValueError
        If the file that says so was changed.
    """
    file = folder / SOURCES
    try:
        sources = json.loads(file.read_text(encoding="utf-8"))
        names, how = sources["predictions"], {name: sources[name] for name in HOW}
        if set(sources) != {"predictions", *HOW} or not isinstance(names, list) or not names:
            raise TypeError
        if not all(isinstance(one, str) for one in (*names, *(value for value in how.values() if value is not None))):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError(f"{file} does not say where predictions are, as it should; name them with --of") from None
    files = {name: how[name] and folder / how[name] for name in ("truth", "factors")}
    return [str(folder / name) for name in names], how | files


def those_of(dataset: xr.Dataset, fitted: Predictions) -> LogModels:
    """The models of an embedding among predictions and reference points, known by their fingerprints."""
    parts: list[tuple[Any, str, str]] = [(fitted.log_probs, "log-probabilities", "predictions")]
    found = [REFERENCE.fullmatch(str(label)) for label in dataset["model"].values]
    references = [match for match in found if match]
    if references and fitted.labels is not None:
        t = [float(match["t"] or match[0] == "truth") for match in references]
        with np.errstate(divide="ignore"):  # ln 0 = -inf is what P* holds
            points = np.log(points_of(fitted, t)).astype(np.float32)
        parts.append((points, "log-probabilities", "reference points"))
    pool = LogModels(parts)
    wanted, labels = dataset["fingerprint"].values, dataset["model"].values
    rows = order_of(fingerprints(pool, log=True), wanted, labels, of_landmarks=True)
    return LogModels([(pool[rows], "log-probabilities", "models")])


def points_of(predictions: Predictions, t) -> np.ndarray:
    """Points of the geodesic from ignorance to truth, (n, N, C)."""
    shape = predictions.log_probs.shape[1:]
    return geodesic(ignorance(*shape), truth(predictions.truth, shape[1]), np.asarray(t, float))


def with_geodesic(inpca: InPCA, dataset: xr.Dataset, predictions: Predictions) -> tuple[xr.Dataset, np.ndarray]:
    """What figures draw of an embedding, with points of the geodesic placed in it, and their positions.

    The geodesic does not move the models: it is placed as new models are.
    """
    drawn = dataset[["embedding", "eigenvalue", "signature", "explained_stress", "explained_distance"]]
    if predictions.labels is None:
        return drawn, np.zeros(0, int)
    with np.errstate(divide="ignore"):
        points = np.log(points_of(predictions, ON_GEODESIC))
    labels = [f"geodesic/{t:.4f}" for t in ON_GEODESIC]
    placed = inpca.place(points, labels=labels)["embedding"]
    both = xr.concat([drawn["embedding"], placed], dim="model")
    m = dataset.sizes["model"]
    return drawn.drop_dims("model").assign(embedding=both), np.arange(m, m + POINTS)
