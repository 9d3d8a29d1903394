"""Distances between models of N samples at once: what becomes of them as N grows, and as it goes to 0."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from inpca import pairwise_distances, participation_ratio, signed_spectrum

#: Inputs of the logistic models.
INPUTS = 5
#: Eigenvalues below this part of the largest are rounding.
ROUNDING = 1e-12


def logistic_models(m: int, n: int, seed: int) -> np.ndarray:
    """Probabilities (m, n, 2) that m logistic models with normal weights give to both classes of n normal inputs.

    Examples
    --------
    >>> logistic_models(3, 4, seed=0).shape
    (3, 4, 2)
    """
    rng = np.random.default_rng(seed)
    weights, inputs = rng.standard_normal((m, INPUTS)), rng.standard_normal((n, INPUTS))
    heads = 1 / (1 + np.exp(-weights @ inputs.T))
    return np.stack([heads, 1 - heads], axis=-1)


def replicated(distances: ArrayLike, n: float) -> np.ndarray:
    """Squared Hellinger distance of n samples at once, for each of them: d_n² = (1 - exp(-n d_B)) / n; d_B for n = 0.

    Samples are independent, so that overlaps multiply: Σ sqrt(P P') = exp(-n d_B) over all that n samples can show.
    Nothing in it asks for a whole n.

    Parameters
    ----------
    distances : array
        d_B, the mean over samples.
    n : float
        Number of samples or replicas, 0 for the limit.

    Examples
    --------
    >>> replicated(0.5, 1).round(4), replicated(0.5, 0)
    (np.float64(0.3935), array(0.5))
    """
    distances = np.asarray(distances, float)
    return -np.expm1(-n * distances) / n if n else distances


def by_samples(models: np.ndarray, sizes: Iterable[int]) -> dict[str, dict[str, np.ndarray]]:
    """How Hellinger's distance and d_B tell models apart on the first n samples, for each n.

    Parameters
    ----------
    models : (m, N, C) array
    sizes : (q,) array of int

    Returns
    -------
    dict
        For ``hellinger``, of all n samples at once, and ``bhattacharyya``: ``distances`` (q, pairs), their
        ``contrast`` (q,), the standard deviation over the mean, and ``axes`` (q,), the participation ratio.
    """
    pairs = np.triu_indices(len(models), 1)
    found = {name: {"distances": [], "contrast": [], "axes": []} for name in ("hellinger", "bhattacharyya")}
    for n in sizes:
        d_b = pairwise_distances(models[:, :n]).astype(float)
        for name, D in (("hellinger", -np.expm1(-n * d_b)), ("bhattacharyya", d_b)):
            found[name]["distances"].append(D[pairs])
            found[name]["contrast"].append(D[pairs].std() / D[pairs].mean())
            found[name]["axes"].append(participation_ratio(signed_spectrum(D)))
    return {name: {key: np.array(values) for key, values in one.items()} for name, one in found.items()}


def time_like_share(distances: ArrayLike) -> float:
    """Part Σ_{λ<0} abs(λ) / Σ abs(λ) of the spectrum that is time-like; what is rounding counts as 0.

    Examples
    --------
    >>> D = [[0.0, 1.0, 9.0], [1.0, 0.0, 1.0], [9.0, 1.0, 0.0]]  # 9 is more than (1 + 1)²
    >>> round(time_like_share(D), 3)  # of the eigenvalues 9/2 and -5/6
    0.156
    """
    spectrum = signed_spectrum(distances)
    time = -spectrum[spectrum < -ROUNDING * abs(spectrum[0])]
    return float(time.sum() / np.abs(spectrum).sum())
