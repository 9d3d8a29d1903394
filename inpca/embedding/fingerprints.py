"""Fingerprints of models, by which a saved embedding knows the models it was made from."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching, min_weight_full_bipartite_matching
from scipy.spatial import KDTree

from inpca.probabilities import as_numbers, check_models, unit_roots

#: Numbers in a fingerprint.
PROJECTIONS = 4
#: Fingerprints of one model in float32 and float64, as probabilities or logarithms, differ by less.
TOLERANCE = 1e-5
#: Fingerprints of one model in one type differ by less.
UNCHANGED = 1e-9
#: Bytes of models that are read at once.
BLOCK_BYTES = 2**26
#: Labels that an error names before it only counts.
NAMED = 3


def fingerprints(X, *, log: bool = False, normalize: bool = False, name: str = "X") -> np.ndarray:
    """Fingerprint of each model, f_j = (1/sqrt(N)) Σ_nc a_nj b_cj sqrt(p_nc) with fixed pseudo-random a and b.

    It depends on every probability, on the order of samples and classes, and not on the type of the numbers: equal
    models are within :data:`TOLERANCE`, models at a Bhattacharyya distance d differ by some sqrt(2 d). Models are
    read by blocks.

    Parameters
    ----------
    X : (m, N, C) array
        Probabilities, or log-probabilities with ``log=True``.
    log, normalize : bool
        As in :func:`inpca.pairwise_distances`.
    name : str
        What the models are called in error messages.

    Returns
    -------
    (m, PROJECTIONS) array

    Raises
    ------
    TypeError, ValueError
        For invalid models; see :func:`inpca.probabilities.check_models`.
    """
    n_models, n_samples, n_classes = X.shape
    of_samples = np.random.default_rng(1).standard_normal((n_samples, PROJECTIONS)) / np.sqrt(n_samples)
    of_classes = np.random.default_rng(2).standard_normal((n_classes, PROJECTIONS))
    result = np.empty((n_models, PROJECTIONS))
    rows = max(1, BLOCK_BYTES // (8 * n_samples * n_classes))
    for first in range(0, n_models, rows):
        for i, model in enumerate(X[first : first + rows], first):
            roots = unit_roots(check_models(model, log=log, normalize=normalize, name=f"{name}[{i}]"))
            result[i] = np.einsum("nj,nj->j", of_samples, roots @ of_classes)
    return result


def check_unchanged(models, seen: np.ndarray, *, log: bool, normalize: bool) -> None:
    """Stop if models, which are not copied, are no longer those whose fingerprints were taken."""
    try:
        changes = np.abs(fingerprints(models, log=log, normalize=normalize) - seen)
    except (TypeError, ValueError):  # they are no models any more
        changes = np.inf
    if np.max(changes) > UNCHANGED:
        raise ValueError("the models that were fitted have changed since; fit again or pass a copy")


def are_logs(X) -> bool:
    """Are models given as log-probabilities? Only these are negative."""
    return any(as_numbers(X[i], "models")[0].min() < 0 for i in range(X.shape[0]))


def order_of(given: np.ndarray, expected: np.ndarray, labels: np.ndarray, *, of_landmarks: bool = False) -> np.ndarray:
    """Position among the given models of each expected one, by their fingerprints.

    Parameters
    ----------
    given : (q, PROJECTIONS) array
    expected : (n, PROJECTIONS) array
    labels : (n,) array
        Of the expected models.
    of_landmarks : bool
        Among the given models there may be others.

    Returns
    -------
    (n,) array of int

    Raises
    ------
    ValueError
        If models are missing, or foreign unless ``of_landmarks``; the message names them.
    """
    near = KDTree(expected).sparse_distance_matrix(KDTree(given), TOLERANCE, p=np.inf, output_type="coo_matrix")
    # an entry of 0 would be no entry
    near = csr_matrix((near.data + TOLERANCE, (near.row, near.col)), shape=(len(expected), len(given)))
    found = maximum_bipartite_matching(near, perm_type="column")
    missing = np.flatnonzero(found < 0)
    foreign = np.setdiff1d(np.arange(0 if of_landmarks else len(given)), found)
    if len(missing) == len(expected):
        raise ValueError(
            "none of the models is one that the embedding was made from: are they on the same samples, in the same "
            "order, with the same classes?"
        )
    if len(missing) or len(foreign):
        parts = [
            f"{what} {_listed(which)}"
            for what, which in (("missing:", labels[missing]), ("foreign: at position", foreign))
            if len(which)
        ]
        which = "do not hold the {} landmarks" if of_landmarks else "are not the {} that the embedding was made from"
        raise ValueError(f"models {which.format(len(expected))}; {'; '.join(parts)}")
    return min_weight_full_bipartite_matching(near)[1]


def _listed(labels) -> str:
    more = f" and {len(labels) - NAMED} more" if len(labels) > NAMED else ""
    return ", ".join(str(label) for label in labels[:NAMED]) + more
