"""How good predictions are: proper scores, calibration, sharpness, and the paper's numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from inpca.centroids import KINDS, centroid
from inpca.geometry import LARGEST_SAMPLE_DISTANCE, progress

#: Scores of models with their names for readers. Log-loss and Brier score are proper: no other probabilities than those
#: that one believes in make them small. The expected error is not: sharper probabilities make it smaller.
SCORE_NAMES = {
    "progress": "progress",
    "error": "error",
    "nll": "log-loss (nats)",
    "brier": "Brier score",
    "calibration": "calibration error",
    "confidence": "confidence",
    "expected_error": "1 - mean p(truth)",
}
#: The arithmetic mean made as confident as the harmonic one.
SHARPENED = "sharpened"
#: Averages with their names for readers.
KIND_NAMES = {
    "arithmetic": "arithmetic mean",
    "geometric": "geometric mean",
    "harmonic": "harmonic mean",
    "sqrt": "mean of √p, squared",
    "bhattacharyya": "Bhattacharyya centroid",
    "jeffreys": "Jeffreys centroid",
    SHARPENED: "arithmetic, as sharp as harmonic",
}
#: Bins of confidence of the calibration error.
BINS = 15


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
        ``progress``; ``error``, the fraction of samples whose most probable class is wrong; ``nll``, the mean of
        -ln p(truth) in nats, bounded by :data:`inpca.geometry.LARGEST_SAMPLE_DISTANCE`; ``brier``, the mean of
        Σ_c (p_c - y_c)²; ``calibration``, see :func:`calibration_error`; ``confidence``, the mean of the largest p;
        ``expected_error``, 1 - mean p(truth).

    Examples
    --------
    >>> models = np.array([[[0.5, 0.5], [0.5, 0.5]], [[0.9, 0.1], [0.2, 0.8]]])
    >>> scores(models, np.array([0, 1])).round(3)[["error", "brier", "expected_error"]].values.tolist()
    [[0.5, 0.5, 0.5], [0.0, 0.05, 0.15]]
    """
    of_truth = models[:, np.arange(len(labels)), labels]
    with np.errstate(divide="ignore"):
        loss = np.minimum(-np.log(of_truth), LARGEST_SAMPLE_DISTANCE)
    return pd.DataFrame(
        {
            "progress": progress(models, labels),
            "error": (models.argmax(axis=2) != labels).mean(axis=1),
            "nll": loss.mean(axis=1),
            "brier": (np.sum(models.astype(float) ** 2, axis=2) - 2 * of_truth + 1).mean(axis=1),
            "calibration": [calibration_error(model, labels) for model in models],
            "confidence": models.max(axis=2).mean(axis=1),
            "expected_error": 1 - of_truth.mean(axis=1),
        }
    )[list(SCORE_NAMES)]


def calibration_error(model: np.ndarray, labels: np.ndarray) -> float:
    """Expected calibration error Σ_b n_b/N |accuracy_b - confidence_b| over :data:`BINS` equal bins of confidence.

    Parameters
    ----------
    model : (N, C) array
        Probabilities.
    labels : (N,) array of int

    References
    ----------
    Guo et al., On calibration of modern neural networks, ICML 2017.

    Examples
    --------
    >>> print(f"{calibration_error(np.array([[0.8, 0.2], [0.8, 0.2]]), np.array([0, 1])):.3g}")
    0.3
    """
    confidence, right = model.max(axis=1), model.argmax(axis=1) == labels
    which = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gap = np.bincount(which, right - confidence.astype(float), minlength=BINS)
    return float(np.abs(gap).sum() / len(labels))


def sharpened(model: np.ndarray, confidence: float) -> np.ndarray:
    """The model whose probabilities are ∝ p^β, β such that its mean largest probability is the one given.

    β > 1 makes it sharper. It keeps each sample's order of the classes, so that its error is the same.

    Parameters
    ----------
    model : (N, C) array
        Probabilities.
    confidence : float
        In (1/C, 1).

    Examples
    --------
    >>> sharpened(np.array([[0.6, 0.4]]), 0.9).round(3)
    array([[0.9, 0.1]])
    """
    logs = np.log(np.maximum(model.astype(float), 1e-300))
    logs -= logs.max(axis=1, keepdims=True)

    def at(power: float) -> np.ndarray:
        p = np.exp(power * logs)
        return p / p.sum(axis=1, keepdims=True)

    power = brentq(lambda log_power: at(np.exp(log_power)).max(axis=1).mean() - confidence, -8, 8)
    return at(float(np.exp(power)))


def averages(members: np.ndarray, *, log: bool = False) -> np.ndarray:
    """The averages of some models, in the order of :data:`KIND_NAMES`, (kind, N, C).

    Parameters
    ----------
    members : (m, N, C) array
        Probabilities, or log-probabilities with ``log=True``.
    log : bool
    """
    found = [np.asarray(centroid(members, kind, log=log)) for kind in KINDS]
    confidence = float(found[KINDS.index("harmonic")].max(axis=1).mean())
    return np.stack([*found, sharpened(found[KINDS.index("arithmetic")], confidence)])
