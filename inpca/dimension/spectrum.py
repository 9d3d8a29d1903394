"""How many dimensions do models fill: the whole signed spectrum of their distances, and measures that follow from it.

Models that are all the same have no spectrum but zeros. They fill no dimension, and nothing is left unexplained: the
explained stress is 1, no axis is needed, and the participation ratio is 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import eigvalsh

#: Explained stress from which the number of axes counts as enough.
ENOUGH_STRESS = 0.9


def signed_spectrum(D: ArrayLike, weight: ArrayLike | None = None) -> np.ndarray:
    """All eigenvalues of W = -½ L D L, by descending magnitude; a negative one belongs to a time-like axis.

    L = 1 - 1/m takes the mean from each row and column.

    Parameters
    ----------
    D : (m, m) array
        Distances, such as of :func:`inpca.pairwise_distances`.
    weight : (m,) array, optional
        How often each model counts; those of weight 0 are left out. The spectrum is that of the distances between the
        models repeated so often, less the zeros.

    Returns
    -------
    (n,) array of float64
        n is the number of models of positive weight. Their unit is that of the distances, times the number of models.

    Raises
    ------
    ValueError
        If the distances are no finite numbers, or not square; if weights are not one finite number for each model, none
        negative and at least one positive.

    See Also
    --------
    inpca.InPCA : the largest of them with their axes, also of more models than fit in memory.
    explained_stress, axes_needed, participation_ratio : what follows from a spectrum.

    References
    ----------
    Quinn et al., PNAS 116(28), 2019.

    Examples
    --------
    >>> from inpca import signed_spectrum
    >>> signed_spectrum([[0.0, 4.0], [4.0, 0.0]])  # two points at a squared distance of 4: 2 (4/4)
    array([2., 0.])
    """
    D = np.asarray(D)
    if D.ndim != 2 or D.shape[0] != D.shape[1] or not D.size:
        raise ValueError(f"D must hold the distances between models, (m, m), not {D.shape}")
    if not np.isfinite(D).all():
        raise ValueError("D holds NaN or infinite distances")
    weight = np.ones(len(D)) if weight is None else checked_weights(weight, len(D))
    chosen = np.flatnonzero(weight)
    W, weight = np.asarray(D[np.ix_(chosen, chosen)], np.float64), weight[chosen]
    means = W @ weight / weight.sum()
    W -= means[:, None] + means - weight @ means / weight.sum()
    root = np.sqrt(weight)
    W *= -0.5 * root[:, None] * root
    eigenvalues = eigvalsh(W, overwrite_a=True, check_finite=False)
    return eigenvalues[np.argsort(-np.abs(eigenvalues), kind="stable")]


def checked_weights(weight: ArrayLike, n: int) -> np.ndarray:
    """Weights of n models as float64; raises ValueError where :func:`signed_spectrum` cannot take them."""
    try:
        weight = np.asarray(weight, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"weight should be {n} numbers, one for each model") from None
    if weight.shape != (n,):
        raise ValueError(f"weight has the shape {weight.shape}; it should be ({n},), one number for each model")
    bad = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    if len(bad):
        raise ValueError(f"weight[{bad[0]}] is {weight[bad[0]]:g}; weights should be finite and not negative")
    if not weight.any():
        raise ValueError("all weights are zero; at least one model should have a positive one")
    return weight


def explained_stress(eigenvalues: ArrayLike) -> np.ndarray:
    """Explained stress 1 - sqrt(1 - Σ_{i≤k} λ_i² / Σ_i λ_i²) of the first k = 1, 2, … axes.

    Parameters
    ----------
    eigenvalues : (n,) array
        All of them, by descending magnitude.

    Returns
    -------
    (n,) array of float64
        From 0 to 1; 1 where all eigenvalues are zero.

    See Also
    --------
    axes_needed : how many axes explain 90 %.
    inpca.InPCA : has it of its axes as ``explained_stress_``.

    References
    ----------
    Mao et al., PNAS 121(12), 2024.

    Examples
    --------
    >>> from inpca import explained_stress
    >>> explained_stress([4.0, -3.0]).round(3)  # 1 - sqrt(1 - 16/25)
    array([0.4, 1. ])
    """
    eigenvalues = np.asarray(eigenvalues, np.float64)
    total = np.sum(eigenvalues**2)
    if total == 0:
        return np.ones(len(eigenvalues))
    rest = np.append(np.cumsum(eigenvalues[::-1] ** 2)[::-1][1:], 0)
    return 1 - np.sqrt(rest / total)


def axes_needed(eigenvalues: ArrayLike) -> int:
    """Smallest number of axes whose explained stress is :data:`ENOUGH_STRESS` or more.

    Parameters
    ----------
    eigenvalues : (n,) array
        All of them, by descending magnitude.

    Returns
    -------
    int
        0 where all eigenvalues are zero.

    See Also
    --------
    explained_stress : of each number of axes.

    Examples
    --------
    >>> from inpca import axes_needed
    >>> axes_needed([4.0, -0.1, 0.05])
    1
    """
    eigenvalues = np.asarray(eigenvalues, np.float64)
    if np.sum(eigenvalues**2) == 0:
        return 0
    return int(np.argmax(explained_stress(eigenvalues) >= ENOUGH_STRESS)) + 1


def participation_ratio(eigenvalues: ArrayLike) -> float:
    """Participation ratio (Σ_i |λ_i|)² / Σ_i λ_i²: the number of axes, were all of them equally long.

    Parameters
    ----------
    eigenvalues : (n,) array
        All of them, in any order.

    Returns
    -------
    float
        From 1 to n; 0 where all eigenvalues are zero.

    See Also
    --------
    signed_spectrum : the eigenvalues of distances.

    References
    ----------
    Bell & Dean, Discussions of the Faraday Society 50, 1970.

    Examples
    --------
    >>> from inpca import participation_ratio
    >>> participation_ratio([2.0, -2.0, 0.0])
    2.0
    """
    eigenvalues = np.asarray(eigenvalues, np.float64)
    total = np.sum(eigenvalues**2)
    return 0.0 if total == 0 else float(np.abs(eigenvalues).sum() ** 2 / total)
