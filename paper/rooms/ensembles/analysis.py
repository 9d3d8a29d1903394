"""Ensembles: runs of one configuration, and the models that their predictions average to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from inpca.centroids import KINDS, centroid
from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.estimator import InPCA
from inpca.geometry import progress
from inpca.predictions.store import PredictionStore
from paper.models import on_geodesic, oriented, run_labels
from paper.statistics import bootstrap_interval, jackknife_interval, with_interval

#: Scores of models with their names for readers.
SCORE_NAMES = {
    "progress": "progress",
    "error": "error (0/1)",
    "expected_error": "expected error, 1 - mean p(truth)",
}


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
        ``progress``; ``error``, the fraction of samples whose most probable class is wrong;
        ``expected_error``, 1 - mean p(truth), the error expected of labels drawn from the probabilities.

    Examples
    --------
    >>> models = np.array([[[0.5, 0.5], [0.5, 0.5]], [[0.9, 0.1], [0.2, 0.8]]])
    >>> scores(models, np.array([0, 1])).round(3)[["error", "expected_error"]].values.tolist()
    [[0.5, 0.5], [0.0, 0.15]]
    """
    of_truth = models[:, np.arange(len(labels)), labels]
    return pd.DataFrame(
        {
            "progress": progress(models, labels),
            "error": (models.argmax(axis=2) != labels).mean(axis=1),
            "expected_error": 1 - of_truth.mean(axis=1),
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


def gain_over_arithmetic(
    table: pd.DataFrame, kind: str, score: str, *, draws: int, rng: int | np.random.Generator
) -> dict[str, float | list | int]:
    """Mean over configurations of the score of one average less that of the arithmetic mean, with an interval.

    Parameters
    ----------
    table : DataFrame
        From :func:`final_averages`.
    kind : str
        Of average.
    score : str
        A column of :func:`scores`.
    draws, rng
        See :func:`paper.statistics.bootstrap_interval`; configurations are drawn.

    Returns
    -------
    dict
        ``mean``, ``interval``, ``configurations``; negative where the average has the lower score. ``lower`` and
        ``higher``: fractions of configurations where it has.
    """
    wide = table.pivot(index="configuration", columns="kind", values=score)
    gain = (wide[kind] - wide["arithmetic"]).to_numpy()
    return {
        "mean": float(gain.mean()),
        "interval": bootstrap_interval(gain, np.mean, draws=draws, rng=rng),
        "configurations": len(gain),
        "lower": float((gain < 0).mean()),
        "higher": float((gain > 0).mean()),
    }


def gain_table(gains: dict[str, dict[str, dict]]) -> pd.DataFrame:
    """Gains with their intervals, as text in percentage points, one row for each split and score.

    Parameters
    ----------
    gains : mapping from split to mapping from score to dict
        From :func:`gain_over_arithmetic`.
    """
    rows = [
        {
            "split": split,
            "score": SCORE_NAMES[score],
            "mean difference (percentage points)": with_interval(
                100 * gain["mean"], [100 * end for end in gain["interval"]], "+.2f"
            ),
            "lower in": f"{gain['lower']:.0%}",
            "higher in": f"{gain['higher']:.0%}",
            "configurations": gain["configurations"],
        }
        for split, by_score in gains.items()
        for score, gain in by_score.items()
    ]
    return pd.DataFrame(rows)


def measure_ensemble(table: pd.DataFrame, store: PredictionStore, split: str, n_components: int) -> xr.Dataset:
    """Members of an ensemble and their averages at equal step, scored and embedded together with the geodesic.

    Parameters
    ----------
    table : DataFrame
        Model table of the members.
    store : PredictionStore
        Its seeds are the members.
    split : {"train", "test"}
    n_components : int

    Returns
    -------
    Dataset
        What :meth:`inpca.InPCA.to_xarray` gives, axes turned to lead from P0 to P*; models are labelled as in the
        table, averages ``<kind>/step<step>``. For each model its ``path`` (name of the average,
        ``member 42``, or ``geodesic``), ``step`` and scores; ``final`` (kind, score, left_out): scores of the averages
        at the last step with one member left out.
    """
    labels = store.labels(split)
    members = np.exp(store.log_probs(split)[:])
    averages = np.stack([centroid(members, kind) for kind in KINDS]).astype(np.float32)
    n_samples, n_classes = members.shape[2:]
    reference = table[table["kind"] != "run"]
    line = on_geodesic(labels, n_classes, reference["t"].to_numpy()).astype(np.float32)
    parts = (members.reshape(-1, n_samples, n_classes), averages.reshape(-1, n_samples, n_classes), line)
    models = np.concatenate(parts)
    paths = [f"member {run_seed}" for run_seed in store.seeds] + list(KINDS)
    embedding = InPCA(min(n_components, len(models)), metric="precomputed").fit(pairwise_distances(models))
    of_averages = [f"{kind}/step{step}" for kind in KINDS for step in store.steps]
    dataset = oriented(
        embedding.to_xarray(labels=np.array([*run_labels(store).ravel(), *of_averages, *reference["model"]]))
    )
    dataset["path"] = ("model", np.repeat([*paths, "geodesic"], [*[len(store.steps)] * len(paths), len(line)]))
    dataset["step"] = ("model", np.concatenate([np.tile(store.steps, len(paths)), np.full(len(line), -1)]))
    for name, values in scores(models, labels).items():
        dataset[name] = ("model", values.to_numpy())
    last = members[:, -1]
    final = np.stack([_final(np.delete(last, member, axis=0), labels) for member in range(len(last))], axis=-1)
    dataset["final"] = (("kind", "score", "left_out"), final)
    return dataset.assign_coords(kind=list(KINDS), score=list(SCORE_NAMES))


def _final(members: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Scores (kind, score) of the averages of some members."""
    return scores(np.stack([centroid(members, kind) for kind in KINDS]), labels).to_numpy()


def final_numbers(ensemble: xr.Dataset) -> dict[str, dict[str, dict]]:
    """Scores of the averages at the last step, with jackknife intervals over members.

    Parameters
    ----------
    ensemble : Dataset
        From :func:`measure_ensemble`.

    Returns
    -------
    dict
        By kind of average, then by score: ``value`` and ``interval``.
    """
    last = ensemble["step"].values == ensemble["step"].values.max()
    found: dict[str, dict[str, dict]] = {}
    for kind in KINDS:
        place = int(np.flatnonzero(last & (ensemble["path"].values == kind))[0])
        found[kind] = {}
        for score in SCORE_NAMES:
            value = float(ensemble[score].values[place])
            without = ensemble["final"].sel(kind=kind, score=score).values
            found[kind][score] = {"value": value, "interval": jackknife_interval(value, without)}
    return found
