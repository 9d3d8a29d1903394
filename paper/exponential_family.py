"""Distances between members of an exponential family p(x) = exp(η·Φ(x) - A(η)), and exact Minkowski coordinates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Coordinates(NamedTuple):
    """Space-like and time-like coordinates (m, k) of members, and the scales (k,) between η and ⟨Φ⟩."""

    space: np.ndarray
    time: np.ndarray
    scale: np.ndarray


def symmetrized_divergences(eta: ArrayLike, mean: ArrayLike) -> np.ndarray:
    """Symmetrised Kullback-Leibler divergences D_ij = (η_i - η_j)·(⟨Φ⟩_i - ⟨Φ⟩_j) of members of an exponential family.

    Parameters
    ----------
    eta : (m, k) array
        Natural parameters.
    mean : (m, k) array
        Means of the sufficient statistics.

    Returns
    -------
    (m, m) array
        In nats; the sum of the divergences in both directions.

    References
    ----------
    Teoh et al., Phys. Rev. Research 2, 033221, 2020.

    Examples
    --------
    >>> eta = np.array([[0.0], [np.log(3)]])  # of a fair coin, and one with heads in three of four tosses
    >>> symmetrized_divergences(eta, [[0.5], [0.75]]).round(4)
    array([[0.    , 0.2747],
           [0.2747, 0.    ]])
    """
    eta, mean = np.asarray(eta, float), np.asarray(mean, float)
    return np.einsum("ijk,ijk->ij", eta[:, None] - eta, mean[:, None] - mean)


def iskl_coordinates(eta: ArrayLike, mean: ArrayLike, scale: ArrayLike | None = None) -> Coordinates:
    """Coordinates S, T = ½ (λη ± ⟨Φ⟩/λ), whose signed squares give the symmetrised divergence: D = Σ (ΔS)² - (ΔT)².

    Whatever the scales λ, for (ΔS)² - (ΔT)² = (ΔS + ΔT)(ΔS - ΔT) = λΔη · ΔΦ/λ. Unless given, λ² is the standard
    deviation of ⟨Φ⟩ over that of η, which makes the sum of squares Σ S² + T² over the members the least.

    Parameters
    ----------
    eta, mean : (m, k) arrays
        Natural parameters and means of the sufficient statistics.
    scale : (k,) array, optional
        λ, positive.

    Returns
    -------
    Coordinates
        Centred; in the square root of a nat.

    Raises
    ------
    ValueError
        If η or ⟨Φ⟩ are the same for all members, so that there is no scale.

    References
    ----------
    Teoh et al., Phys. Rev. Research 2, 033221, 2020.

    Examples
    --------
    >>> eta, mean = np.array([[0.0], [np.log(3)]]), np.array([[0.5], [0.75]])
    >>> S, T, _ = iskl_coordinates(eta, mean)
    >>> float(((S[1] - S[0]) ** 2 - (T[1] - T[0]) ** 2)[0].round(4))
    0.2747
    """
    eta, mean = np.asarray(eta, float), np.asarray(mean, float)
    if scale is None:
        spread = eta.std(axis=0), mean.std(axis=0)
        if not (np.all(spread[0] > 0) and np.all(spread[1] > 0)):
            raise ValueError(
                "members differ neither in η nor in ⟨Φ⟩ in some statistic; leave it out, or give its scale"
            )
        scale = np.sqrt(spread[1] / spread[0])
    scale = np.asarray(scale, float)
    stretched, shrunk = scale * (eta - eta.mean(axis=0)), (mean - mean.mean(axis=0)) / scale
    return Coordinates((stretched + shrunk) / 2, (stretched - shrunk) / 2, scale)


def light_ratio(space: ArrayLike, time: ArrayLike) -> np.ndarray:
    """Time-like part of squared separations over the space-like one, Σ (ΔT)² / Σ (ΔS)²: 1 where light-like.

    Parameters
    ----------
    space, time : (…, k) and (…, l) arrays
        Differences of coordinates.

    Examples
    --------
    >>> light_ratio([3.0, 4.0], [5.0]).item()  # 3² + 4² - 5² = 0
    1.0
    """
    return np.sum(np.square(time), axis=-1) / np.sum(np.square(space), axis=-1)
