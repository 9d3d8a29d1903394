"""Trajectories of known dimension.

At progress s the square roots of the probabilities of a sample with label y are

    cos|δ| γ_s + (sin|δ| / |δ|) δ,    δ = √q_s w(s) Σ_j a_j f_j,    w(s) = 4 s (1 - s),

with γ the great circle from ignorance to truth and √q_s its entry at the classes other than y. The fields f_j have no
entry at y, and their entries at the other classes sum to zero: δ is orthogonal to the plane of γ, so that the progress
of the model is s, whatever a. Over samples the fields are orthogonal and of one length, mean_n f_jn · f_kn = r² δ_jk,
so that for small deviations two runs at the same progress are at

    d_B ≈ ½ q_s w(s)² r² |a - b|²,

the distance of points in as many dimensions as there are fields. Fields are drawn for each sample: samples permuted
within classes see other ones, so that runs whose samples are permuted differ in as many dimensions as there are runs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from paper.study.configuration import Configuration
from paper.study.made_up import MadeUp

#: How far the deviations of networks, optimisers, augmentations and seeds reach, relative to each other.
SHARES = {"name": 0.6, "optimizer": 0.4, "augmentation": 0.2, "seed": 1.0}


def random(*what: object) -> np.random.Generator:
    """Random numbers that follow from what they are for.

    Examples
    --------
    >>> random("labels", 1).integers(10) == random("labels", 1).integers(10)
    np.True_
    """
    digest = hashlib.sha256("/".join(map(str, what)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def fields(labels: np.ndarray, n_classes: int, dimension: int, rng: np.random.Generator) -> np.ndarray:
    """Directions in which runs differ, (dimension, N, C), orthonormal over samples.

    Parameters
    ----------
    labels : (N,) array of int
    n_classes : int
    dimension : int
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If there are not that many directions on so few samples and classes.

    Examples
    --------
    >>> f = fields(np.arange(40) % 4, 4, 2, np.random.default_rng(0))
    >>> np.allclose(np.einsum("jnc,knc->jk", f, f) / 40, np.eye(2))
    True
    """
    n_samples = len(labels)
    if dimension > n_samples * (n_classes - 2):
        raise ValueError(
            f"{dimension} directions are more than {n_samples} samples of {n_classes} classes have, "
            f"{n_samples * max(n_classes - 2, 0)}; take fewer directions"
        )
    others = np.ones((n_samples, n_classes))
    others[np.arange(n_samples), labels] = 0
    values = rng.standard_normal((dimension, n_samples, n_classes)).clip(-2, 2) * others
    values -= values.sum(axis=2, keepdims=True) / (n_classes - 1) * others
    basis = np.linalg.qr(values.reshape(dimension, -1).T)[0].T
    return basis.reshape(values.shape) * np.sqrt(n_samples)


def deviation(configuration: Configuration, seed: int, settings: MadeUp) -> np.ndarray:
    """Coefficients of a run in the fields, (dimension,), of length 1 at most.

    Runs of one network, of one optimiser and of one augmentation have a part in common, and each run one of its own.
    """
    levels = {
        "name": configuration.name,
        "optimizer": configuration.optimizer,
        "augmentation": configuration.augmentation,
        "seed": f"{configuration.id}/{seed}",
    }
    drawn = [
        SHARES[factor] * random(settings.seed, factor, level).standard_normal(settings.dimension)
        for factor, level in levels.items()
    ]
    a = sum(drawn) / np.sqrt(sum(share**2 for share in SHARES.values())) / (2 * np.sqrt(settings.dimension))
    return a / max(1, np.linalg.norm(a))


def progress_of(configuration: Configuration, seed: int, epochs: np.ndarray, settings: MadeUp) -> np.ndarray:
    """Progress of a run at some epochs, x / (1 + x) with x = (epoch / τ)^1.5, which grows from 0.

    τ is drawn for each configuration, from some tenths of an epoch to several, and a little for each seed.
    """
    pace = (
        random(settings.seed, "pace", configuration.id).normal()
        + 0.1 * random(settings.seed, "pace", configuration.id, seed).normal()
    )
    x = (np.asarray(epochs) / (2 * np.exp(0.5 * pace))) ** 1.5
    return x / (1 + x)


@dataclass(frozen=True)
class Split:
    """Samples of one split: their labels, and the fields that runs differ in, (dimension, N, C).

    Fields are so long that √q_s changes by a part of ``amplitude`` at most, which keeps all probabilities above zero.
    """

    labels: np.ndarray
    fields: np.ndarray

    @classmethod
    def made(cls, name: str, labels: np.ndarray, n_classes: int, settings: MadeUp) -> Split:
        """The samples of the split ``name``; train and test have fields of their own."""
        drawn = fields(labels, n_classes, settings.dimension, random(settings.seed, "fields", name))
        return cls(labels, drawn * settings.amplitude / np.linalg.norm(drawn, axis=0).max())

    def log_probs(self, s: np.ndarray, a: np.ndarray) -> np.ndarray:
        """Log-probabilities (T, N, C) of a run with coefficients ``a`` at progress ``s`` below 1, (T,)."""
        n_samples, n_classes = self.fields.shape[1:]
        s = np.asarray(s, np.float64)[:, None, None]
        largest = np.arccos(1 / np.sqrt(n_classes))
        other = np.sin((1 - s) * largest) / np.sin(largest) / np.sqrt(n_classes)
        roots = np.broadcast_to(other, (len(s), n_samples, n_classes)).copy()
        roots[:, np.arange(n_samples), self.labels] += (np.sin(s * largest) / np.sin(largest))[:, :, 0]
        delta = other * 4 * s * (1 - s) * np.tensordot(a, self.fields, 1)
        length = np.linalg.norm(delta, axis=2, keepdims=True)
        return 2 * np.log(np.cos(length) * roots + np.sinc(length / np.pi) * delta)
