"""All models of an experiment: their predictions as one array, and one row for each in the model table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from inpca.geometry import geodesic, ignorance, progress, truth
from inpca.predictions.store import SPLITS, PredictionStore, PredictionStoreError

#: What every store of an experiment says of itself.
ATTRIBUTES = ("configuration", "data_fingerprint")
FACTORS = ("name", "optimizer", "batch_size", "learning_rate", "weight_decay", "augmentation", "epochs")


def open_stores(paths: Sequence[str | Path], *, verify: bool = False) -> list[PredictionStore]:
    """Prediction stores of one experiment, each complete: it holds all files that its manifest lists, and no other.

    Parameters
    ----------
    paths : sequence of path
    verify : bool
        Compare every file with its checksum as well. In a study the first reader of an experiment does, the model
        table, and what else reads its stores waits for that; :mod:`paper.verification` verifies a whole study.

    Raises
    ------
    ValueError
        If there are none.
    PredictionStoreError
        If one is unfinished or damaged or lacks one of :data:`ATTRIBUTES`, or they were not computed from the same
        data.
    """
    stores = [PredictionStore(path, verify=verify) for path in paths]
    for store in stores:
        for name in ATTRIBUTES:
            if not isinstance(store.attributes.get(name), str):
                raise PredictionStoreError(
                    f"{store.path} has no text as its attribute {name!r}; record a store of an experiment with "
                    f"attributes={{{', '.join(f'{key!r}: …' for key in ATTRIBUTES)}}}"
                )
        if store.splits != stores[0].splits:
            raise PredictionStoreError(
                f"{store.path} has the splits {', '.join(store.splits)}, but {stores[0].path} has "
                f"{', '.join(stores[0].splits)}"
            )
        if store.attributes["data_fingerprint"] != stores[0].attributes["data_fingerprint"]:
            raise PredictionStoreError(f"{store.path} and {stores[0].path} were computed from different data")
    for split in stores[0].splits if stores else [""]:
        check_samples(stores, split)
    return stores


def check_samples(stores: Sequence[PredictionStore], split: str) -> None:
    """Whether there are stores, and all have the same samples and classes in a split.

    Raises
    ------
    ValueError
        If there are none.
    PredictionStoreError
        If one lacks the split, or has other samples, classes or labels than the first.
    """
    if not stores:
        raise ValueError("no prediction stores are given; give one or more")
    first, labels = stores[0], stores[0].labels(split)
    for store in stores[1:]:
        ours, theirs = store.log_probs(split).shape[2:], first.log_probs(split).shape[2:]
        if ours != theirs:
            raise PredictionStoreError(
                f"{store.path} has {ours[0]} {split} samples of {ours[1]} classes, but {first.path} has {theirs[0]} of "
                f"{theirs[1]}"
            )
        if not np.array_equal(store.labels(split), labels):
            raise PredictionStoreError(f"{store.path} and {first.path} have different {split} labels")


class StoredRun:
    """One run of a store on one split; read a checkpoint at a time by indexing.

    Parameters
    ----------
    store : PredictionStore
    split : {"train", "test"}
    position : int
        Of the run among the seeds of the store.

    Attributes
    ----------
    name, configuration : str
        As in the model table.
    """

    def __init__(self, store: PredictionStore, split: str, position: int):
        self._values, self._position = store.log_probs(split), position
        self.configuration = store.attributes["configuration"]
        self.name = run_name(self.configuration, store.seeds[position])

    def __len__(self) -> int:
        return self._values.shape[1]

    def __getitem__(self, checkpoint: int) -> np.ndarray:
        """Log-probabilities (N, C) at a checkpoint."""
        return self._values[self._position, checkpoint]

    def probabilities(self) -> np.ndarray:
        """Probabilities (T, N, C) at all checkpoints."""
        return np.exp(self._values[self._position])


def stored_runs(stores: Sequence[PredictionStore], split: str) -> list[StoredRun]:
    """All runs of some stores, in the order of the model table."""
    return [StoredRun(store, split, position) for store in stores for position in range(len(store.seeds))]


def run_name(configuration: str, seed: int) -> str:
    """Name of a run in the model table."""
    return f"{configuration}-seed{seed}"


def landmarks_of_geodesic(geodesic_points: int) -> np.ndarray:
    """Fractions of the way from P0 to P* at which extra models are embedded: P0, the points between, P*."""
    return np.linspace(0, 1, geodesic_points + 2)


def stack_log_probs(stores: Sequence[PredictionStore], split: str, geodesic_points: int) -> np.ndarray:
    """Log-probabilities of all models in the order of the model table, (m, N, C) float32.

    Runs come first (store, seed, checkpoint), then P0, ``geodesic_points`` points of the geodesic and P*.

    Raises
    ------
    ValueError
        If there are no stores.
    PredictionStoreError
        If one lacks the split, or has other samples, classes or labels than the first.

    Notes
    -----
    To place own models, log-probabilities (q, N, C) on the training samples, in the embedding of a study::

        dataset = xr.load_dataset("results/fashion/embeddings/main/train.nc", engine="scipy")
        stores = open_stores(sorted(Path("results/fashion/predictions/main").glob("*.zarr")))
        points = int(dataset["model"].str.startswith("geodesic/").sum())
        inpca = InPCA.from_xarray(dataset, models=stack_log_probs(stores, "train", points))
        coordinates = inpca.transform(own)
    """
    check_samples(stores, split)
    labels = stores[0].labels(split)
    n_classes = stores[0].log_probs(split).shape[-1]
    n_runs = sum(store.n_models for store in stores)
    stack = np.empty((n_runs + geodesic_points + 2, len(labels), n_classes), np.float32)
    first = 0
    for store in stores:
        stack[first : first + store.n_models] = store.log_probs(split)[:].reshape(-1, len(labels), n_classes)
        first += store.n_models
    ends = ignorance(len(labels), n_classes), truth(labels, n_classes)
    with np.errstate(divide="ignore"):  # ln 0 = -inf is what P* holds
        for t in landmarks_of_geodesic(geodesic_points):
            stack[first] = np.log(geodesic(*ends, t))
            first += 1
    return stack


def model_labels(stores: Sequence[PredictionStore], geodesic_points: int) -> np.ndarray:
    """Label of each model, in the order of :func:`stack_log_probs`.

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


def model_table(stores: Sequence[PredictionStore], geodesic_points: int) -> pd.DataFrame:
    """One row for each model, in the order of :func:`stack_log_probs`.

    Columns: ``kind`` (run, ignorance, geodesic or truth), ``run`` (configuration and seed), the factors of the
    configuration, ``seed``, ``step``, ``epoch``; for each split ``<split>_loss`` (mean -ln p of the truth, nats),
    ``<split>_error`` (fraction whose most probable class is wrong), ``<split>_progress``; ``t`` for points of the
    geodesic.
    """
    tables = [store_table(store) for store in stores]
    t = landmarks_of_geodesic(geodesic_points)
    kinds = ["ignorance", *["geodesic"] * geodesic_points, "truth"]
    extra = pd.DataFrame({"kind": kinds, "t": t})
    for split in SPLITS:
        labels = stores[0].labels(split)
        n_classes = stores[0].log_probs(split).shape[-1]
        ends = ignorance(len(labels), n_classes), truth(labels, n_classes)
        of_truth = np.array([geodesic(*ends, s)[np.arange(len(labels)), labels] for s in t])
        extra[f"{split}_loss"] = -np.log(of_truth).mean(axis=1)
        extra[f"{split}_progress"] = t
    return pd.concat([*tables, extra], ignore_index=True)


def store_table(store: PredictionStore) -> pd.DataFrame:
    """Rows of one store; raises PredictionStoreError if it does not tell the factors of its configuration."""
    job = store.attributes.get("job")
    configuration = job.get("configuration") if isinstance(job, dict) else None
    missing = [factor for factor in FACTORS if not isinstance(configuration, dict) or factor not in configuration]
    if missing:
        raise PredictionStoreError(
            f"{store.path} does not tell {', '.join(missing)} of its networks; its attributes should have them under "
            "'job', 'configuration'"
        )
    identity = store.attributes["configuration"]
    seeds, steps = np.repeat(store.seeds, len(store.steps)), np.tile(store.steps, len(store.seeds))
    table = pd.DataFrame(
        {
            "kind": "run",
            "run": [run_name(identity, seed) for seed in seeds],
            "configuration": identity,
            **{factor: configuration[factor] for factor in FACTORS},
            "seed": seeds,
            "step": steps,
            "epoch": np.tile(store.epochs, len(store.seeds)),
        }
    )
    for split in SPLITS:
        labels = store.labels(split)
        values = store.log_probs(split)
        columns = {"loss": [], "error": [], "progress": []}
        for seed in range(len(store.seeds)):
            log_probs = values[seed]
            of_truth = log_probs[:, np.arange(len(labels)), labels]
            columns["loss"].append(-of_truth.mean(axis=1, dtype=np.float64))
            columns["error"].append((log_probs.argmax(axis=2) != labels).mean(axis=1))
            columns["progress"].append(progress(log_probs, labels, log=True))
        for name, parts in columns.items():
            table[f"{split}_{name}"] = np.concatenate(parts)
    return table.rename(columns={"name": "network"})


def runs(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of a model table that are models of runs."""
    return table[table["kind"] == "run"]
