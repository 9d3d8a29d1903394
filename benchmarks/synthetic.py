"""Trajectories that look like those of networks, made by a formula: any number of models, no training."""

from collections.abc import Iterator

import numpy as np

CHECKPOINTS = 50
FACTORS = 8


def synthetic_models(m: int, n_samples: int, n_classes: int, seed: int = 0) -> np.ndarray:
    """Models (m, N, C) float32 of runs with 50 checkpoints each, from ignorance towards the truth.

    Logits of a run at time t are a(t) · truth + Σ_f b_f(t) · factor_f + noise: the truth wins in the end, confusions
    that all runs share, with coefficients of their own, come and go on the way.
    """
    rng = np.random.default_rng(seed)
    truth = np.eye(n_classes)[rng.integers(n_classes, size=n_samples)]
    hardness = rng.uniform(0.3, 1.7, size=(n_samples, 1))
    factors = rng.standard_normal((FACTORS, n_samples * n_classes)) / np.sqrt(1 + np.arange(FACTORS))[:, None]
    models = np.empty((m, n_samples, n_classes), np.float32)
    for first, time, speed, coefficients in runs(m, rng):
        rise = 7 * speed * time**2
        bump = 2.5 * time * (1.2 - time)
        shared = (bump[:, None] * coefficients) @ factors
        noise = 0.15 * rng.standard_normal((len(time), n_samples, n_classes), dtype=np.float32)
        logits = rise[:, None, None] * (truth * hardness) + shared.reshape(noise.shape) + time[:, None, None] * noise
        odds = np.exp(logits - logits.max(axis=2, keepdims=True))
        models[first : first + len(time)] = odds / odds.sum(axis=2, keepdims=True)
    return models


def runs(m: int, rng: np.random.Generator) -> Iterator[tuple[int, np.ndarray, float, np.ndarray]]:
    """First model, times of the checkpoints, speed, and coefficients of the factors, of each run."""
    for first in range(0, m, CHECKPOINTS):
        time = np.linspace(0, 1, CHECKPOINTS)[: m - first]
        yield first, time, rng.uniform(0.7, 1.3), 1 + 0.4 * rng.standard_normal(FACTORS)
