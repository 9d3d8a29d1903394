"""Ensembles: runs of one configuration, and the models that their predictions average to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from inpca.centroids import KINDS, centroid
from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.estimator import InPCA
from inpca.geometry import geodesic, ignorance, progress, truth
from inpca.predictions.store import PredictionStore
from paper.models import landmarks_of_geodesic
from paper.statistics import interval


def scores(models: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """How good models are: one row each.

    Parameters
    ----------
    models : (m, N, C) array
        Probabilities.
    labels : (N,) array of int

    Returns
    -------
    DataFrame
        ``progress``; ``error``, the fraction of samples whose most probable class is wrong; ``missed``, 1 - mean
        probability of the truth.
    """
    of_truth = models[:, np.arange(len(labels)), labels]
    return pd.DataFrame(
        {
            "progress": progress(models, labels),
            "error": (models.argmax(axis=2) != labels).mean(axis=1),
            "missed": 1 - of_truth.mean(axis=1),
        }
    )


def final_averages(stores: Sequence[PredictionStore], split: str) -> pd.DataFrame:
    """Scores of the averages of all seeds of each configuration at the last checkpoint.

    Returns
    -------
    DataFrame
        One row for each configuration and kind of average: ``configuration``, ``network``, ``members``, ``kind``, and
        the columns of :func:`scores`.
    """
    tables = []
    for store in stores:
        members, labels = store.log_probs(split)[:, -1], store.labels(split)
        averages = np.stack([centroid(members, kind, log=True) for kind in KINDS])
        table = scores(averages, labels).assign(kind=KINDS, members=len(members))
        attributes = store.attributes
        tables.append(
            table.assign(configuration=attributes["configuration"], network=attributes["job"]["configuration"]["name"])
        )
    return pd.concat(tables, ignore_index=True)


def gain_over_arithmetic(table: pd.DataFrame, kind: str, score: str, *, draws: int, seed: int) -> dict:
    """Mean over configurations of the score of one average less that of the arithmetic mean, with an interval.

    Parameters
    ----------
    table : DataFrame
        From :func:`final_averages`.
    kind, score : str
    draws : int
        Bootstrap draws of configurations.
    seed : int

    Returns
    -------
    dict
        ``mean``, ``interval``, ``configurations``; negative where the average has the lower score. ``better`` and
        ``worse``: shares of configurations.
    """
    wide = table.pivot(index="configuration", columns="kind", values=score)
    difference = (wide[kind] - wide["arithmetic"]).to_numpy()
    rng = np.random.default_rng(seed)
    drawn = difference[rng.integers(0, len(difference), (draws, len(difference)))].mean(axis=1)
    return {
        "mean": float(difference.mean()),
        "interval": interval(drawn),
        "configurations": len(difference),
        "better": float((difference < 0).mean()),
        "worse": float((difference > 0).mean()),
    }


def measure_ensemble(store: PredictionStore, split: str, *, geodesic_points: int, n_components: int) -> xr.Dataset:
    """Members of an ensemble and their averages at equal step, scored and embedded together with the geodesic.

    Parameters
    ----------
    store : PredictionStore
        Its seeds are the members.
    split : {"train", "test"}
    geodesic_points, n_components : int

    Returns
    -------
    Dataset
        What :meth:`inpca.InPCA.to_xarray` gives, and for each model its ``path`` (name of the average,
        ``member 42``, or ``geodesic``), ``step`` and scores; ``final`` (kind, score, left_out): scores of the averages
        at the last step with one member left out.
    """
    labels = store.labels(split)
    members = np.exp(store.log_probs(split)[:])
    averages = np.stack([centroid(members, kind) for kind in KINDS]).astype(np.float32)
    n_samples, n_classes = members.shape[2:]
    ends = ignorance(n_samples, n_classes), truth(labels, n_classes)
    line = geodesic(*ends, landmarks_of_geodesic(geodesic_points)).astype(np.float32)
    parts = (members.reshape(-1, n_samples, n_classes), averages.reshape(-1, n_samples, n_classes), line)
    models = np.concatenate(parts)
    paths = [f"member {run_seed}" for run_seed in store.seeds] + list(KINDS)
    embedding = InPCA(min(n_components, len(models)), metric="precomputed").fit(pairwise_distances(models))
    dataset = embedding.to_xarray()
    dataset["path"] = ("model", np.repeat([*paths, "geodesic"], [*[len(store.steps)] * len(paths), len(line)]))
    dataset["step"] = ("model", np.concatenate([np.tile(store.steps, len(paths)), np.full(len(line), -1)]))
    for name, values in scores(models, labels).items():
        dataset[name] = ("model", values.to_numpy())
    last = members[:, -1]
    final = np.stack([_final(np.delete(last, member, axis=0), labels) for member in range(len(last))], axis=-1)
    dataset["final"] = (("kind", "score", "left_out"), final)
    return dataset.assign_coords(kind=list(KINDS), score=["progress", "error", "missed"])


def _final(members: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Scores (kind, score) of the averages of some members."""
    return scores(np.stack([centroid(members, kind) for kind in KINDS]), labels).to_numpy()


def gain_verdict(found: dict, kind: str, split: str) -> str:
    """Does one kind of average beat the arithmetic mean? By error and by the probability of the truth."""
    parts = []
    for score, name in (("error", "error"), ("missed", "1 - mean p(truth)")):
        result = found[split, score]
        low, high = (100 * end for end in result["interval"])
        answer = "yes" if high < 0 else "no, it loses" if low > 0 else "not beyond the interval"
        parts.append(
            f"by {name} **{answer}**: {100 * result['mean']:+.2f} [{low:+.2f}, {high:+.2f}] percentage points; lower "
            f"in {result['better']:.0%}, higher in {result['worse']:.0%} of {result['configurations']} configurations"
        )
    return f"Does the {kind} mean beat the arithmetic mean on the {split} split? " + "; ".join(parts) + "."
