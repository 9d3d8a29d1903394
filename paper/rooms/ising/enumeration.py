"""The 4×4 Ising model, exactly: all 65,536 states by their energy and magnetisation."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

#: Side of the lattice, which is closed to a torus: 32 bonds.
SIDE = 4
#: Temperature below which the infinite lattice is magnetised, 2 / ln(1 + sqrt 2).
CRITICAL = 2 / np.log(1 + np.sqrt(2))


@cache
def density_of_states() -> tuple[np.ndarray, np.ndarray]:
    """Sums over bonds and over spins, (k, 2), that states have, and how many states have each, (k,).

    Φ = (Σ_bonds s s', Σ_spins s) are the sufficient statistics of p(s) = exp(η·Φ(s)) / Z with η = (1/T, H/T).

    Examples
    --------
    >>> statistics, counts = density_of_states()
    >>> int(counts.sum()), statistics[:, 0].max(), counts[statistics[:, 0] == 32].tolist()  # all up, all down
    (65536, np.float64(32.0), [1, 1])
    """
    n = SIDE**2
    spins = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(np.int8).reshape(-1, SIDE, SIDE)
    bonds = sum((spins * np.roll(spins, 1, axis)).sum(axis=(1, 2), dtype=int) for axis in (1, 2))
    pairs = np.stack([bonds, spins.sum(axis=(1, 2), dtype=int)], axis=1)
    statistics, counts = np.unique(pairs, axis=0, return_counts=True)
    return statistics.astype(float), counts


def natural(temperature: ArrayLike, field: ArrayLike) -> np.ndarray:
    """Natural parameters η = (1/T, H/T), (…, 2).

    Examples
    --------
    >>> natural(2.0, 0.5)
    array([0.5 , 0.25])
    """
    temperature, field = np.broadcast_arrays(np.asarray(temperature, float), np.asarray(field, float))
    return np.stack([1 / temperature, field / temperature], axis=-1)


def log_partition(eta: ArrayLike) -> np.ndarray:
    """A(η) = ln Σ_s exp(η·Φ(s)) of the 4×4 lattice, for parameters (…, 2).

    Examples
    --------
    >>> log_partition([0.0, 0.0]).round(4), np.round(16 * np.log(2), 4)
    (np.float64(11.0904), np.float64(11.0904))
    """
    statistics, counts = density_of_states()
    return np.asarray(logsumexp(np.asarray(eta, float) @ statistics.T, axis=-1, b=counts))


def exact_means(eta: ArrayLike) -> np.ndarray:
    """⟨Φ⟩ = ∂A/∂η, (…, 2), of the 4×4 lattice.

    Examples
    --------
    >>> exact_means([100.0, 1.0])  # cold: all spins are up, and all 32 bonds satisfied
    array([32., 16.])
    """
    statistics, counts = density_of_states()
    eta = np.asarray(eta, float)
    log_weights = eta @ statistics.T + np.log(counts)
    return np.exp(log_weights - logsumexp(log_weights, axis=-1, keepdims=True)) @ statistics


def exact_distances(eta: ArrayLike) -> np.ndarray:
    """d_B = ½ A(η) + ½ A(η') - A(½ (η + η')) between all pairs of members, (m, m), of the 4×4 lattice.

    In an exponential family sqrt(p p') is a member but for its norm: that half way between the two.

    Examples
    --------
    >>> bool((exact_distances([[0.2, 0.1], [0.4, -0.1]]) >= 0).all())
    True
    """
    eta = np.asarray(eta, float)
    own = log_partition(eta)
    middle = log_partition((eta[:, None] + eta) / 2)
    return np.maximum((own[:, None] + own) / 2 - middle, 0) * (1 - np.eye(len(eta)))


def spontaneous_magnetisation(temperature: ArrayLike) -> np.ndarray:
    """Magnetisation a spin of the infinite lattice in a vanishing field, (1 - sinh(2/T)^-4)^(1/8), 0 from T_c on.

    References
    ----------
    Onsager 1949; Yang, Phys. Rev. 85, 808, 1952.

    Examples
    --------
    >>> spontaneous_magnetisation([2.0, 2.5]).round(4)
    array([0.9113, 0.    ])
    """
    temperature = np.asarray(temperature, float)
    return np.maximum(1 - np.sinh(2 / temperature) ** -4.0, 0) ** 0.125
