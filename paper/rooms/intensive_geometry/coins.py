"""Coins and Gaussians: families of one parameter whose Minkowski coordinates are known in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def coin_angles(m: int) -> np.ndarray:
    """Angles φ of m coins, evenly spaced from 0 to π/2 and symmetric about the fair one; heads have sin² φ.

    Examples
    --------
    >>> (np.sin(coin_angles(3)) ** 2).round(3)
    array([0.067, 0.5  , 0.933])
    """
    return (np.arange(m) + 0.5) * np.pi / (2 * m)


def coin_distances(angles: ArrayLike) -> np.ndarray:
    """Bhattacharyya distances d_B = -ln cos(φ - φ') between coins.

    Examples
    --------
    >>> coin_distances([np.pi / 4, np.pi / 12])[0, 1].round(4) == np.round(-np.log(np.sqrt(3) / 2), 4)
    np.True_
    """
    angles = np.asarray(angles, float)
    return -np.log(np.cos(angles[:, None] - angles))


def coin_coordinates(angles: ArrayLike, n_axes: int) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates x_k = t^k / sqrt(2k), t = tan(φ - π/4), of coins, and signs (-1)^(k+1) of the axes, k = 1, 2, …

    With a = φ - π/4, cos(a - b) = cos a cos b (1 + tan a tan b), and the logarithm's series makes d_B the sum over k of
    sign_k (x_k(a) - x_k(b))²: odd axes are space-like, even ones time-like.

    Parameters
    ----------
    angles : (m,) array
    n_axes : int
        Terms of the series, which converges since abs(t) < 1.

    Returns
    -------
    (m, n_axes) array, (n_axes,) array
        Coordinates in sqrt(nats), and signs.

    Examples
    --------
    >>> x, signs = coin_coordinates([0.3, 1.0], 60)
    >>> float((signs * (x[0] - x[1]) ** 2).sum().round(6)), float(coin_distances([0.3, 1.0])[0, 1].round(6))
    (0.268086, 0.268086)
    """
    t, k = np.tan(np.asarray(angles, float) - np.pi / 4), np.arange(1, n_axes + 1)
    return t[:, None] ** k / np.sqrt(2 * k), np.where(k % 2, 1.0, -1.0)


def mean_distances(means: ArrayLike, width: float = 1.0) -> np.ndarray:
    """d_B = (μ - μ')² / (8σ²) between Gaussians of one standard deviation σ: squares along one space-like axis.

    Examples
    --------
    >>> mean_distances([0.0, 2.0])[0, 1]
    np.float64(0.5)
    """
    means = np.asarray(means, float)
    return (means[:, None] - means) ** 2 / (8 * width**2)


def width_distances(log_widths: ArrayLike) -> np.ndarray:
    """d_B = ½ ln cosh(u - u') between Gaussians of mean 0 and standard deviations exp(u).

    Examples
    --------
    >>> width_distances([0.0, 1.0])[0, 1].round(4)
    np.float64(0.2169)
    """
    u = np.asarray(log_widths, float)
    return 0.5 * np.log(np.cosh(u[:, None] - u))


def width_coordinates(log_widths: ArrayLike, n_axes: int) -> np.ndarray:
    """Coordinates x_k = tanh(u)^k / (2 sqrt(k)) of Gaussians of standard deviation exp(u); all axes are space-like.

    For cosh(u - v) = cosh u cosh v (1 - tanh u tanh v).

    Examples
    --------
    >>> x = width_coordinates([0.0, 1.0], 80)
    >>> ((x[0] - x[1]) ** 2).sum().round(4)
    np.float64(0.2169)
    """
    k = np.arange(1, n_axes + 1)
    return np.tanh(np.asarray(log_widths, float))[:, None] ** k / (2 * np.sqrt(k))
