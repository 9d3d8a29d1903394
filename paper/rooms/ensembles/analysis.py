"""Ensembles: runs of one configuration, and the models that their predictions average to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import binomtest

from inpca.centroids import KINDS, centroid
from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.estimator import InPCA
from inpca.predictions.store import PredictionStore
from paper.models import on_geodesic, oriented, run_labels
from paper.rooms.ensembles.scores import KIND_NAMES, SCORE_NAMES, averages, scores
from paper.statistics import CONFIDENCE, bootstrap_interval, jackknife_interval, with_interval


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
        table = scores(averages(members, log=True), labels).assign(kind=list(KIND_NAMES), members=len(members))
        attributes = store.attributes
        tables.append(
            table.assign(configuration=attributes["configuration"], network=attributes["job"]["configuration"]["name"])
        )
    return pd.concat(tables, ignore_index=True)


def gain(
    table: pd.DataFrame, kind: str, over: str, score: str, *, draws: int, rng: int | np.random.Generator
) -> dict[str, float | list | int]:
    """Mean over configurations of the score of one average less that of another, with an interval.

    Parameters
    ----------
    table : DataFrame
        From :func:`final_averages`.
    kind, over : str
        Averages, of :data:`paper.rooms.ensembles.scores.KIND_NAMES`.
    score : str
        Of :data:`paper.rooms.ensembles.scores.SCORE_NAMES`.
    draws, rng
        See :func:`paper.statistics.bootstrap_interval`; configurations are drawn.

    Returns
    -------
    dict
        ``mean``, ``interval``, ``configurations``; negative where the average has the lower score. ``lower`` and
        ``higher``: fractions of configurations where it has.
    """
    wide = table.pivot(index="configuration", columns="kind", values=score)
    found = (wide[kind] - wide[over]).to_numpy()
    return {
        "mean": float(found.mean()),
        "interval": bootstrap_interval(found, np.mean, draws=draws, rng=rng),
        "configurations": len(found),
        "lower": float((found < 0).mean()),
        "higher": float((found > 0).mean()),
    }


def gain_table(gains: dict[str, dict[str, dict[str, dict]]]) -> pd.DataFrame:
    """Gains with their intervals, as text, one row for each split, other average and score.

    Parameters
    ----------
    gains : mapping from other average to mapping from split to mapping from score to dict
        From :func:`gain`.
    """
    rows = [
        {
            "split": split,
            "less that of the": KIND_NAMES[over],
            "score": SCORE_NAMES[score],
            "mean difference": with_interval(found["mean"], found["interval"], "+.4f"),
            "lower in": f"{found['lower']:.0%}",
            "higher in": f"{found['higher']:.0%}",
            "configurations": found["configurations"],
        }
        for over, by_split in gains.items()
        for split, by_score in by_split.items()
        for score, found in by_score.items()
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
        ``member 42``, or ``geodesic``), ``step`` and scores; ``final`` (kind, score): scores of the averages at the
        last step, and ``without`` (kind, score, left_out) with one member left out.
    """
    labels = store.labels(split)
    members = np.exp(store.log_probs(split)[:])
    of_kinds = np.stack([centroid(members, kind) for kind in KINDS]).astype(np.float32)
    n_samples, n_classes = members.shape[2:]
    reference = table[table["kind"] != "run"]
    line = on_geodesic(labels, n_classes, reference["t"].to_numpy()).astype(np.float32)
    parts = (members.reshape(-1, n_samples, n_classes), of_kinds.reshape(-1, n_samples, n_classes), line)
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
    left_out = [np.delete(last, member, axis=0) for member in range(len(last))]
    without = np.stack([scores(averages(some), labels).to_numpy() for some in left_out], axis=-1)
    dataset["final"] = (("kind", "score"), scores(averages(last), labels).to_numpy())
    dataset["without"] = (("kind", "score", "left_out"), without)
    return dataset.assign_coords(kind=list(KIND_NAMES), score=list(SCORE_NAMES)).assign_attrs(n_samples=n_samples)


def final_numbers(ensemble: xr.Dataset) -> dict[str, dict[str, dict]]:
    """Scores of the averages at the last step with intervals.

    The interval of the error is Wilson's over samples, for a fraction of them; of the others the jackknife's over
    members, which is not valid for a fraction of right and wrong answers, as that is no smooth function of predictions.

    Parameters
    ----------
    ensemble : Dataset
        From :func:`measure_ensemble`.

    Returns
    -------
    dict
        By kind of average, then by score: ``value`` and ``interval``.
    """
    n = ensemble.attrs["n_samples"]
    found: dict[str, dict[str, dict]] = {}
    for kind in KIND_NAMES:
        found[kind] = {}
        for score in SCORE_NAMES:
            value = ensemble["final"].sel(kind=kind, score=score).item()
            if score == "error":
                wrong = binomtest(round(value * n), n).proportion_ci(CONFIDENCE, method="wilson")
                interval = [float(wrong.low), float(wrong.high)]
            else:
                interval = jackknife_interval(value, ensemble["without"].sel(kind=kind, score=score).values)
            found[kind][score] = {"value": value, "interval": interval}
    return found
