"""All models of an experiment: one labelled row for each in the model table, reference points among them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from inpca.distances.input import in_threads
from inpca.geometry import geodesic, ignorance, progress, truth
from inpca.predictions.store import SPLITS, PredictionStore, PredictionStoreError
from paper.verification import open_store

#: What every store of an experiment says of itself.
ATTRIBUTES = ("configuration", "data_fingerprint")
#: Labels and kinds of the models at the ends of the geodesic, P0 and P*.
ENDS = ("ignorance", "truth")
#: Bytes of predictions that are read at once, by all threads together.
BLOCK_BYTES = 2**28
#: What an embedding has along its axes that turns with them.
TURNED = ("embedding", "projection", "offset", "train_view", "test_view")
FACTORS = ("name", "optimizer", "batch_size", "learning_rate", "weight_decay", "augmentation", "epochs")


def open_stores(paths: Sequence[str | Path], *, verify: bool = False) -> list[PredictionStore]:
    """Prediction stores of one experiment, each complete: it holds all files that its manifest lists, and no other.

    Those all of whose runs diverged are left out, since they have no model.

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
        If one is unfinished or damaged, which says what to do, or lacks one of :data:`ATTRIBUTES`, or they were not
        computed from the same data, or all of their runs diverged.
    """
    opened = [open_store(path, verify=verify) for path in paths]
    stores = [store for store in opened if store.n_models]
    if opened and not stores:
        names = named([str(store.path) for store in opened])
        raise PredictionStoreError(f"all runs of {names} diverged; train with smaller learning rates")
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


def run_name(configuration: str, seed: int) -> str:
    """Name of a run in the model table."""
    return f"{configuration}-seed{seed}"


def run_labels(store: PredictionStore) -> np.ndarray:
    """Label ``<run>/step<step>`` of each model of a store, (seed, checkpoint) array of str."""
    names = [run_name(store.attributes["configuration"], seed) for seed in store.seeds]
    return np.array([[f"{name}/step{step}" for step in store.steps] for name in names])


def reference_points(geodesic_points: int) -> pd.DataFrame:
    """Rows of P0, equally spaced points of the geodesic and P*, which belong to no run.

    Parameters
    ----------
    geodesic_points : int
        Points between P0 and P*.

    Returns
    -------
    DataFrame
        ``model``: the label ``ignorance``, ``geodesic/<t>`` or ``truth``; ``kind``: the same without t; ``t``: fraction
        of the way from P0 to P*.

    Examples
    --------
    >>> print(reference_points(1).to_string(index=False))
           model      kind   t
       ignorance ignorance 0.0
    geodesic/0.5  geodesic 0.5
           truth     truth 1.0
    """
    t = np.linspace(0, 1, geodesic_points + 2)
    between = [f"geodesic/{fraction:.6g}" for fraction in t[1:-1]]
    start, end = ENDS
    kinds = [start, *["geodesic"] * geodesic_points, end]
    return pd.DataFrame({"model": [start, *between, end], "kind": kinds, "t": t})


def on_geodesic(labels: np.ndarray, n_classes: int, t: np.ndarray | float) -> np.ndarray:
    """Probabilities of the model at t on the geodesic from P0 to P*, (N, C); of several, (T, N, C)."""
    return geodesic(ignorance(len(labels), n_classes), truth(labels, n_classes), t)


def model_table(stores: Sequence[PredictionStore], geodesic_points: int, n_jobs: int = 1) -> pd.DataFrame:
    """One row for each model, with a label of its own by which predictions, distances and embeddings know it.

    Runs come first (store, seed, checkpoint), then P0, points of the geodesic and P*. Columns: ``model``, the label
    (:func:`run_labels`, :func:`reference_points`); ``kind`` (run, ignorance, geodesic or truth); ``run`` (configuration
    and seed); the factors of the configuration; ``seed``, ``step``, ``epoch``; for each split ``<split>_loss`` (mean
    -ln p of the truth, nats), ``<split>_error`` (fraction whose most probable class is wrong), ``<split>_progress``;
    ``t`` of the reference points.

    Parameters
    ----------
    stores : sequence of PredictionStore
    geodesic_points : int
        Points of the geodesic between P0 and P*. Whatever else needs them takes them from the table.
    n_jobs : int
        Threads, each of which reads a store at a time.

    Raises
    ------
    PredictionStoreError
        If two stores hold the same run.
    """
    extra = reference_points(geodesic_points)
    for split in SPLITS:
        labels = stores[0].labels(split)
        n_classes = stores[0].log_probs(split).shape[-1]
        of_truth = np.array([on_geodesic(labels, n_classes, t)[np.arange(len(labels)), labels] for t in extra["t"]])
        extra[f"{split}_loss"] = -np.log(of_truth).mean(axis=1)
        extra[f"{split}_progress"] = extra["t"]
    tables = in_threads(n_jobs, partial(store_table, block_bytes=BLOCK_BYTES // n_jobs), list(stores))
    table = pd.concat([*tables, extra], ignore_index=True)
    twice = table.loc[table["model"].duplicated(), "run"]
    if not twice.empty:
        raise PredictionStoreError(f"two of the stores hold the run {twice.iloc[0]}; give each store once")
    return table


def store_table(store: PredictionStore, block_bytes: int = BLOCK_BYTES) -> pd.DataFrame:
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
            "model": run_labels(store).ravel(),
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
        at_once = max(1, block_bytes // (4 * len(labels) * values.shape[-1]))
        for seed in range(len(store.seeds)):
            for first in range(0, len(store.steps), at_once):
                log_probs = values[seed, first : first + at_once]
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


def axis_signs(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """1 for each axis that leads from one point to another, -1 for each that must be turned to do so, (k,).

    Examples
    --------
    >>> axis_signs(np.array([0.0, 0.5]), np.array([1.0, 0.2]))
    array([ 1, -1])
    """
    return np.where(end < start, -1, 1)


def oriented(embedding: xr.Dataset) -> xr.Dataset:
    """An embedding of labelled models whose axes are turned so that each leads from P0 to P*.

    The sign of an axis has no meaning; this choice makes embeddings of different splits look alike. It is made once,
    where an embedding is made, and holds for whatever is placed in the embedding later.

    Parameters
    ----------
    embedding : Dataset
        As :meth:`inpca.InPCA.to_xarray` gives it, ``ignorance`` and ``truth`` among its models.

    Returns
    -------
    Dataset
        With :data:`TURNED` turned; :meth:`inpca.InPCA.from_xarray` reads it as well.
    """
    signs = xr.Variable("axis", axis_signs(*embedding["embedding"].sel(model=list(ENDS)).values))
    turned = {name: embedding[name] * signs for name in TURNED if name in embedding}
    return embedding.assign(turned)


def same_models(models: Sequence[str], labels: Sequence[str], what: str) -> np.ndarray:
    """Position of each model of a table among the labels of something that holds a row for each.

    Parameters
    ----------
    models : sequence of m str
        Column ``model`` of the model table.
    labels : sequence of m str
    what : str
        What has these labels, for the error message.

    Returns
    -------
    (m,) array of int

    Raises
    ------
    ValueError
        If these are not the labels of the same models, each once; the message says which are too many.

    Examples
    --------
    >>> same_models(["ignorance", "truth"], ["truth", "ignorance"], "the embedding")
    array([1, 0])
    """
    ours, theirs = pd.Index(models), pd.Index(labels)
    for index, name in ((ours, "the model table"), (theirs, what)):
        if not index.is_unique:
            raise ValueError(f"{name} has the model {index[index.duplicated()][0]} twice")
    found = theirs.get_indexer(ours)
    only = {"the model table": ours[found < 0], what: theirs[~theirs.isin(ours)]}
    wrong = [f"only {name} has {named(list(names))}" for name, names in only.items() if len(names)]
    if wrong:
        raise ValueError(f"the model table and {what} are of different models: {'; '.join(wrong)}")
    return found


def named(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"
