"""How much an embedding made from some of the samples differs from that of all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.linalg import orthogonal_procrustes

from inpca.embedding.estimator import InPCA

#: Axes whose coordinates and explained stress are compared.
AXES = 3


def aligned_error(coordinates: np.ndarray, reference: np.ndarray) -> float:
    """‖X R - Y‖ / ‖Y‖ for the rotation R that makes it least (orthogonal Procrustes); X, Y are (m, k), centred.

    Examples
    --------
    >>> points = np.array([[1.0, 0], [-1, 0], [0, 2], [0, -2]])
    >>> round(aligned_error(1.1 * points[:, ::-1], points), 6)
    0.1
    """
    rotation, _ = orthogonal_procrustes(coordinates, reference)
    return float(np.linalg.norm(coordinates @ rotation - reference) / np.linalg.norm(reference))


def subset_errors(X: np.ndarray, sizes: Sequence[int], draws: int, *, rng: np.random.Generator) -> pd.DataFrame:
    """Embed models by their predictions on random subsets of the samples, and compare with all samples.

    Parameters
    ----------
    X : (m, N, C) array
        Log-probabilities.
    sizes : sequence of int
        Numbers of samples, each at most N.
    draws : int
        Random subsets of each size, drawn without replacement.
    rng : Generator

    Returns
    -------
    DataFrame
        One row for each subset, and a first one for all samples: ``samples``, ``draw``, ``explained_stress`` of three
        axes, ``stress_error`` (its absolute difference to that of all samples), ``coordinate_error`` (see
        :func:`aligned_error`, of the first three axes).
    """
    n_samples = X.shape[1]
    whole = InPCA(AXES, log=True).fit(X)
    rows = [compared(whole, whole, n_samples, 0)]
    for size in sizes:
        for draw in range(draws):
            chosen = np.sort(rng.choice(n_samples, size, replace=False))
            rows.append(compared(InPCA(AXES, log=True).fit(X[:, chosen]), whole, size, draw))
    return pd.DataFrame(rows)


def compared(part: InPCA, whole: InPCA, size: int, draw: int) -> dict:
    """Row of :func:`subset_errors` for one subset."""
    return {
        "samples": size,
        "draw": draw,
        "explained_stress": part.explained_stress_[-1],
        "stress_error": abs(part.explained_stress_[-1] - whole.explained_stress_[-1]),
        "coordinate_error": aligned_error(part.embedding_, whole.embedding_),
    }


def sampling_errors(table: pd.DataFrame) -> dict:
    """Mean errors of each number of samples, and the constant c of the law error = c sqrt(1/n - 1/N).

    This is the law of a mean over n samples that are drawn from N without replacement.

    Parameters
    ----------
    table : DataFrame
        From :func:`subset_errors`.

    Returns
    -------
    dict
        ``n_samples`` N; for ``stress_error`` and ``coordinate_error`` a dict with ``by_samples`` (means over draws),
        ``constant`` c (geometric mean over sizes), and ``all_samples``, c / sqrt(N): the error that all N samples
        have themselves, as a draw from infinitely many.
    """
    n_samples = int(table["samples"].max())
    parts = table[table["samples"] < n_samples]
    numbers: dict = {"n_samples": n_samples}
    for name in ("stress_error", "coordinate_error"):
        mean = parts.groupby("samples")[name].mean()
        law = np.sqrt(1 / mean.index.to_numpy() - 1 / n_samples)
        constant = float(np.exp(np.mean(np.log(mean.to_numpy() / law))))
        numbers[name] = {
            "by_samples": {str(n): float(value) for n, value in mean.items()},
            "constant": constant,
            "all_samples": constant / float(np.sqrt(n_samples)),
        }
    return numbers
