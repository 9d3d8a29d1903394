"""Pairwise distances between probabilistic models."""

from __future__ import annotations

import numba
import numpy as np

from inpca.geometry import LARGEST_SAMPLE_DISTANCE, check_models

METRICS = ("bhattacharyya",)
#: Models of a tile of the result; one tile of both sides and its running products stay in the first two cache levels.
TILE = 32
#: Samples whose overlaps are multiplied before the exponent of the product is split off. Each is at least
#: exp(-LARGEST_SAMPLE_DISTANCE) = 2^-145, so four keep the product above the smallest double, 2^-1022.
SAMPLES_A_PRODUCT = 4


def pairwise_distances(
    X, Y=None, *, metric: str = "bhattacharyya", log: bool = False, n_jobs: int | None = None
) -> np.ndarray:
    """Distance between every two models, averaged over samples.

    d_B(P, Q) = -(1/N) Σ_n ln Σ_c sqrt(p_nc q_nc)

    Square roots are stored once as float32; sums over samples have the accuracy of float64. Beside the result it
    needs twice the memory of the models as float32.

    Parameters
    ----------
    X : (m, N, C) array
        Probabilities, or log-probabilities with ``log=True``.
    Y : (k, N, C) array, optional
        Other models on the same samples; X itself unless given.
    metric : {"bhattacharyya"}
    log : bool
    n_jobs : int, optional
        Threads; all that numba has, unless given. The result does not depend on it.

    Returns
    -------
    (m, k) array of float64
        In nats a sample. A sample without overlap counts :data:`inpca.geometry.LARGEST_SAMPLE_DISTANCE`. Without Y it
        is exactly symmetric, with a zero diagonal.

    Raises
    ------
    ValueError
        For an unknown metric, models that are not normalised probabilities (see
        :func:`inpca.geometry.check_models`), or X and Y on different samples or classes.
    """
    if metric not in METRICS:
        raise ValueError(f"unknown metric {metric!r}; allowed: {', '.join(METRICS)}")
    left = pack(X, log, "X")
    right = left if Y is None else pack(Y, log, "Y")
    n_left, n_right = len(X), len(X if Y is None else Y)
    if left.shape[1:3] != right.shape[1:3]:
        raise ValueError(
            f"X and Y must have the same samples and classes, not {left.shape[1:3]} and {right.shape[1:3]}"
        )
    tiles = np.array(
        [(i, j) for i in range(len(left)) for j in range(i if Y is None else 0, len(right))], dtype=np.int64
    )
    result = np.empty((len(left) * TILE, len(right) * TILE))
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(min(n_jobs or threads, numba.config.NUMBA_NUM_THREADS))
        bhattacharyya_tiles(left, right, tiles, result)
    finally:
        numba.set_num_threads(threads)
    result = result[:n_left, :n_right]
    if Y is None:
        lower = np.tril_indices(n_left, -1)
        result[lower] = result.T[lower]
        np.fill_diagonal(result, 0)
    return np.ascontiguousarray(result)


def pack(X, log: bool, name: str) -> np.ndarray:
    """Square roots of models as (tiles, N, C, TILE) float32, so that a tile's models are next to each other."""
    if np.ndim(X) != 3:
        raise ValueError(f"{name} must have the shape (models, samples, classes), not {np.shape(X)}")
    m, n_samples, n_classes = np.shape(X)
    packed = np.ones((-(-m // TILE), n_samples, n_classes, TILE), np.float32)
    for tile in range(len(packed)):
        given = np.asarray(X[tile * TILE : (tile + 1) * TILE])
        models = check_models(given, log=log, name=f"{name}[{tile * TILE}:]")
        # exp(x / 2) keeps probabilities down to e^-200 that exp(x) would lose in float32
        roots = np.exp(given / 2) if log else np.sqrt(models)
        packed[tile, ..., : len(models)] = np.moveaxis(roots, 0, -1)
    return packed


@numba.njit(parallel=True, fastmath={"contract", "reassoc", "nsz"}, cache=False)
def bhattacharyya_tiles(left, right, tiles, result):  # pragma: no cover (compiled)
    """Fill the listed tiles of ``result``; each by one thread, so that its bits do not depend on their number.

    The sum of logarithms is the logarithm of a running product, kept as a mantissa (float64) and an exponent (int64)
    that is split off by bit operations, so that one logarithm is taken for each pair of models.
    """
    n_samples, n_classes = left.shape[1], left.shape[2]
    floor = np.float32(np.exp(-LARGEST_SAMPLE_DISTANCE))
    for index in numba.prange(len(tiles)):
        i, j = tiles[index]
        mantissa = np.ones((TILE, TILE))
        exponent = np.zeros((TILE, TILE), np.int64)
        coefficient = np.empty(TILE, np.float32)
        for first in range(0, n_samples, SAMPLES_A_PRODUCT):
            last = min(first + SAMPLES_A_PRODUCT, n_samples)
            for a in range(TILE):
                product = mantissa[a]
                for n in range(first, last):
                    coefficient[:] = 0
                    for c in range(n_classes):
                        root = left[i, n, c, a]
                        column = right[j, n, c]
                        for b in range(TILE):
                            coefficient[b] += root * column[b]
                    for b in range(TILE):
                        product[b] *= min(max(coefficient[b], floor), np.float32(1))
                bits = product.view(np.int64)
                for b in range(TILE):
                    exponent[a, b] += (bits[b] >> 52) - 1023
                    bits[b] = (bits[b] & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000
        for a in range(TILE):
            for b in range(TILE):
                total = np.log(mantissa[a, b]) + exponent[a, b] * np.log(2.0)
                result[i * TILE + a, j * TILE + b] = max(-total / n_samples, 0.0)
