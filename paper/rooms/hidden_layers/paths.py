"""How far the models of layers are from the path of the output, and a map of all of them.

The *path* of an output is the trajectory of a run of the network, which goes along the geodesics between its
checkpoints. The distance of a model to it is that to its nearest point.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from inpca.dimension import class_preserving_orders
from inpca.distances.pairwise import pairwise_distances
from inpca.embedding import InPCA
from inpca.geometry import progress
from inpca.predictions.store import SPLITS, PredictionStore
from inpca.trajectories import reindex
from paper.models import on_geodesic, oriented, reference_points
from paper.rooms.hidden_layers.configuration import PROBES, split_name

#: Points of a path among which the nearest is looked for.
POINTS = 50
#: Points of the geodesic on a map, between its ends; axes of a map.
GEODESIC_POINTS, AXES = 30, 3
#: Split whose models a map has: no probe was fitted on it.
MAPPED = "test"
#: Variables of :func:`measure_paths` that are distances.
DISTANCES = ("distance", "null", "null_again")


def log_probs_of(store: PredictionStore, split: str, probe: str) -> np.ndarray:
    """Predictions (layer, seed, checkpoint, N, C) of the images, of each hidden layer, and of the output at last."""
    layers = range(store.attributes["layers"] + 1)
    names = [*(split_name(split, probe, layer) for layer in layers), split]
    return np.stack([store.log_probs(name)[:] for name in names])


def path_of(log_probs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Points of the path of a run (T, N, C), at values of progress that are even from its first model to its furthest.

    Returns
    -------
    (POINTS, N, C) array
        Probabilities.
    """
    index = progress(log_probs, labels, log=True)
    return reindex(log_probs, index, np.linspace(index[0], index.max(), POINTS), log=True)


def distances_to_paths(models: np.ndarray, paths: np.ndarray) -> np.ndarray:
    """Bhattacharyya distance of models (..., N, C) to the nearest point of each path (k, POINTS, N, C).

    Returns
    -------
    (..., k) array
        In nats a sample.
    """
    samples = models.shape[-2:]
    D = pairwise_distances(models.reshape(-1, *samples), paths.reshape(-1, *samples), n_jobs=1)
    return D.reshape(*models.shape[:-2], *paths.shape[:2]).min(axis=-1)


def measure_store(store: PredictionStore, split: str, *, null_seed: int) -> xr.Dataset:
    """How far layers of the runs of one store are from paths of outputs, on one split.

    Returns
    -------
    Dataset
        ``distance`` (probe, layer, seed, checkpoint, other) of a model to the path of the output of seed ``other``, and
        ``null`` and ``null_again``, the same of models whose samples are permuted within classes, in nats a sample;
        ``progress`` and ``error`` (probe, layer, seed, checkpoint).
    """
    labels = store.labels(split)
    paths = np.stack([path_of(run, labels) for run in store.log_probs(split)[:]])
    n_seeds = len(paths)
    orders = class_preserving_orders(labels, 2 * n_seeds, rng=null_seed)
    found = {name: [] for name in (*DISTANCES, "progress", "error")}
    for probe in PROBES:
        log_probs = log_probs_of(store, split, probe)
        p = np.exp(log_probs)
        found["distance"].append(distances_to_paths(p, paths))
        for name, some in (("null", orders[:n_seeds]), ("null_again", orders[n_seeds:])):
            permuted = np.stack([p[:, seed][:, :, order] for seed, order in enumerate(some)], axis=1)
            found[name].append(distances_to_paths(permuted, paths))
        flat = log_probs.reshape(-1, *log_probs.shape[-2:])
        found["progress"].append(progress(flat, labels, log=True).reshape(log_probs.shape[:-2]))
        found["error"].append((log_probs.argmax(axis=-1) != labels).mean(axis=-1))
    dims = ("probe", "layer", "seed", "checkpoint")
    return xr.Dataset(
        {name: ((*dims, "other") if name in DISTANCES else dims, np.stack(values)) for name, values in found.items()},
        coords={"probe": list(PROBES), "seed": store.seeds, "other": store.seeds},
    )


def measure_paths(stores: Sequence[PredictionStore], *, null_seed: int) -> xr.Dataset:
    """The same of all stores of a network, on both splits.

    Parameters
    ----------
    stores : sequence of PredictionStore
        Of one network, with the same seeds.
    null_seed : int

    Returns
    -------
    Dataset
        As :func:`measure_store`, with ``split`` and ``configuration`` before the other dimensions; ``epoch``
        (configuration, checkpoint).
    """
    names = [store.attributes["configuration"] for store in stores]
    of_splits = [
        xr.concat(
            [measure_store(store, split, null_seed=null_seed) for store in stores],
            pd.Index(names, name="configuration"),
        )
        for split in SPLITS
    ]
    found = xr.concat(of_splits, pd.Index(SPLITS, name="split"))
    epochs = np.stack([store.epochs for store in stores])
    return found.assign(epoch=(("configuration", "checkpoint"), epochs)).assign_attrs(network_of(stores))


def network_of(stores: Sequence[PredictionStore]) -> dict[str, str]:
    """Name of the network that stores are of, as an attribute."""
    return {"network": stores[0].attributes["job"]["configuration"]["name"]}


def map_of(stores: Sequence[PredictionStore], probe: str) -> xr.Dataset:
    """InPCA of the images, all layers and the output at all checkpoints of all runs of a network, by one probe.

    Parameters
    ----------
    stores : sequence of PredictionStore
    probe : str

    Returns
    -------
    Dataset
        Of the split :data:`MAPPED`: ``place`` (configuration, seed, layer, checkpoint, axis), ``geodesic`` (point,
        axis), from P0 to P*, both in √nats; ``eigenvalue``, ``signature``, ``explained_stress`` (axis).
    """
    labels = stores[0].labels(MAPPED)
    of_stores = np.stack([np.moveaxis(log_probs_of(store, MAPPED, probe), 1, 0) for store in stores])
    shape = of_stores.shape[:-2]  # configuration, seed, layer, checkpoint
    models = np.exp(of_stores.reshape(-1, *of_stores.shape[-2:]))
    points = reference_points(GEODESIC_POINTS)
    line = on_geodesic(labels, models.shape[-1], points["t"].to_numpy()).astype(np.float32)
    names = [f"model{number}" for number in range(len(models))] + points["model"].tolist()
    inpca = InPCA(AXES, n_jobs=1).fit(np.concatenate([models, line]))
    fitted = oriented(inpca.to_xarray(labels=names))
    place = fitted["embedding"].values
    configurations = [store.attributes["configuration"] for store in stores]
    return xr.Dataset(
        {
            "place": (
                ("configuration", "seed", "layer", "checkpoint", "axis"),
                place[: len(models)].reshape(*shape, AXES),
            ),
            "geodesic": (("point", "axis"), place[len(models) :]),
        }
        | {name: ("axis", fitted[name].values) for name in ("eigenvalue", "signature", "explained_stress")},
        coords={"configuration": configurations, "seed": stores[0].seeds, "axis": fitted["axis"].values},
        attrs=network_of(stores) | {"probe": probe},
    )
