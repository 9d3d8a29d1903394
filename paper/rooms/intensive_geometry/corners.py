"""Models that are nearly certain, each of other labels, and ignorance among them."""

from __future__ import annotations

import numpy as np

from inpca import InPCA, ignorance, truth


def corner_models(labels: np.ndarray, n_classes: int, doubt: float) -> np.ndarray:
    """Ignorance, then corners k = 0, 1, …: certain but for ``doubt`` of the label + k of every sample; 0 is the truth.

    Parameters
    ----------
    labels : (N,) array of int
    n_classes : int
    doubt : float
        Probability ε of all other classes together, shared evenly.

    Returns
    -------
    (1 + C, N, C) array

    Examples
    --------
    >>> corner_models(np.array([0, 1]), 3, 0.2)[1].round(2).tolist()
    [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]]
    """
    corners = [truth((labels + k) % n_classes, n_classes) for k in range(n_classes)]
    other = doubt / (n_classes - 1)
    return np.stack([ignorance(len(labels), n_classes), *(other + (1 - doubt - other) * corner for corner in corners)])


def corner_distances(n_classes: int, doubt: float) -> tuple[float, float]:
    """Distances d_B between two corners, and from ignorance to a corner, in closed form.

    Between corners -ln(2 sqrt(q r) + (C - 2) r) with q = 1 - ε and r = ε/(C - 1), which grows without bound as ε → 0;
    to ignorance ½ ln C - ln(sqrt(q) + (C - 1) sqrt(r)), which goes to ½ ln C.

    Examples
    --------
    >>> [round(d, 3) for d in corner_distances(10, 1e-6)]
    [7.312, 1.148]
    """
    q, r = 1 - doubt, doubt / (n_classes - 1)
    between = -np.log(2 * np.sqrt(q * r) + (n_classes - 2) * r)
    return float(between), float(0.5 * np.log(n_classes) - np.log(np.sqrt(q) + (n_classes - 1) * np.sqrt(r)))


def corner_spectrum(n_classes: int, doubt: float) -> tuple[float, float]:
    """Eigenvalues of W: L/2 of C - 1 axes of the simplex of corners, (C a - (C - 1) L/2) / (C + 1) of ignorance.

    L is the distance between corners and a that to ignorance. The second is negative, a time-like axis, from
    L > 2 a C / (C - 1) on: no Euclidean place is near to all corners when these are far from each other.

    Examples
    --------
    >>> [round(value, 3) for value in corner_spectrum(10, 1e-6)]
    [3.656, -1.947]
    """
    between, to_ignorance = corner_distances(n_classes, doubt)
    of_ignorance = (n_classes * to_ignorance - (n_classes - 1) * between / 2) / (n_classes + 1)
    return between / 2, of_ignorance


def separations(models: np.ndarray) -> np.ndarray:
    """Space-like and time-like part (m, 2) of the squared distance of every model to the truth, which is model 1."""
    fitted = InPCA(len(models) - 1).fit(models)
    squares = (fitted.embedding_ - fitted.embedding_[1]) ** 2
    return np.stack(
        [squares[:, fitted.signature_ > 0].sum(axis=1), squares[:, fitted.signature_ < 0].sum(axis=1)], axis=1
    )
