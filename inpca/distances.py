"""Pairwise distances between probabilistic models: in memory or out of it, on all cores or on a GPU."""

from __future__ import annotations

import numba
import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from inpca import kernels
from inpca.geometry import LARGEST_SAMPLE_DISTANCE, check_models
from inpca.kernels import GROUP, KINDS, TILE

METRICS = ("bhattacharyya", "spherical", "jeffreys", "euclidean", "hellinger")
#: Classes from which overlaps are computed by matrix products, one for each sample.
MANY_CLASSES = 48
#: Memory of one block of packed models, or of one block of the result, in bytes. Two of the first and two of the second
#: are held at a time.
BLOCK_BYTES = 2**27
#: Parts into which the samples are divided among threads where overlaps are computed by matrix products.
SEGMENTS = 32
#: Pairs of tiles of one call of a kernel, between two steps of the progress bar.
TILES_A_CALL = 1024


def pairwise_distances(
    X,
    Y=None,
    *,
    metric: str = "bhattacharyya",
    log: bool = False,
    device: str = "cpu",
    n_jobs: int | None = None,
    out=None,
    progress: bool = False,
):
    """Distance between every two models, averaged over samples so that it does not grow with their number.

    ================  =========================================================================================
    bhattacharyya     d_B = -(1/N) Σ_n ln Σ_c sqrt(p_nc q_nc)
    spherical         d_G = (1/N) Σ_n arccos Σ_c sqrt(p_nc q_nc)
    jeffreys          (1/N) Σ_n Σ_c (p_nc - q_nc)(ln p_nc - ln q_nc), the symmetrised Kullback-Leibler divergence
    euclidean         (1/N) Σ_n Σ_c (p_nc - q_nc)², whose embedding is ordinary principal component analysis
    hellinger         d_H² = 1 - Π_n Σ_c sqrt(p_nc q_nc) = 1 - exp(-N d_B), of the models on all samples together;
                      not an average: it saturates at 1 as N grows
    ================  =========================================================================================

    Models are held as float32 in blocks; the sum over samples has the accuracy of float64. Memory beyond input and
    result is a few times :data:`BLOCK_BYTES`, less than 1 GB, whatever the number of models, unless one tile of
    :data:`inpca.kernels.TILE` models is larger than that: a block has one tile at least, of each side.

    Parameters
    ----------
    X : (m, N, C) array
        Probabilities, or log-probabilities with ``log=True``: numpy, memory-mapped, torch or zarr; read in blocks.
    Y : (k, N, C) array, optional
        Other models on the same samples; X itself unless given, which takes half the work.
    metric : {"bhattacharyya", "spherical", "jeffreys", "euclidean", "hellinger"}
    log : bool
    device : str
        ``"cpu"``, or a device of torch such as ``"cuda"``, which gives the same up to rounding of float32 overlaps.
    n_jobs : int, optional
        Threads; all that numba has, unless given. The result does not depend on it.
    out : (m, k) array, optional
        Written block by block and returned: numpy, memory-mapped or zarr; its type is kept.
    progress : bool
        Show a progress bar over pairs of models.

    Returns
    -------
    (m, k) array
        float64 unless ``out`` is given. Without Y it is exactly symmetric, with a zero diagonal. A sample without
        overlap counts :data:`inpca.geometry.LARGEST_SAMPLE_DISTANCE` (bhattacharyya), or 0.02 % less from
        :data:`MANY_CLASSES` classes on; logarithms of probabilities are bounded below by minus that number (jeffreys).

    Raises
    ------
    ValueError
        For an unknown metric, models that are not normalised probabilities (see
        :func:`inpca.geometry.check_models`), X and Y on different samples or classes, or ``out`` of another shape.

    References
    ----------
    Mao et al., PNAS 121(12), 2024 (arXiv:2305.01604); Quinn et al., PNAS 116(28), 2019.
    """
    if metric not in METRICS:
        raise ValueError(f"unknown metric {metric!r}; allowed: {', '.join(METRICS)}")
    left = as_models(X, "X")
    right = left if Y is None else as_models(Y, "Y")
    if left.shape[1:] != right.shape[1:]:
        raise ValueError(f"X and Y must have the same samples and classes, not {left.shape[1:]} and {right.shape[1:]}")
    shape = (left.shape[0], right.shape[0])
    result = np.empty(shape) if out is None else out
    if tuple(result.shape) != shape:
        raise ValueError(f"out must have the shape {shape}, not {tuple(result.shape)}")
    fill = _fill_blocks
    if device != "cpu":
        from inpca.distances_torch import fill_blocks as fill
    elif left.shape[2] >= MANY_CLASSES and metric in ("bhattacharyya", "hellinger"):
        fill = _fill_products
    threads = numba.get_num_threads()
    with tqdm(total=shape[0] * shape[1], desc=metric, unit="pair", unit_scale=True, disable=not progress) as bar:
        try:
            numba.set_num_threads(min(n_jobs or threads, numba.config.NUMBA_NUM_THREADS))
            fill(left, right, metric, log, device, _Sink(result, symmetric=Y is None, metric=metric, bar=bar))
        finally:
            numba.set_num_threads(threads)
    return result


class _Sink:
    """Receives blocks of the result, finishes them and writes them, with their mirror image where it is symmetric."""

    def __init__(self, result, *, symmetric: bool, metric: str, bar: tqdm):
        self.result, self.symmetric, self._metric, self._bar = result, symmetric, metric, bar
        self.name_of_right = "X" if symmetric else "Y"

    def write(self, first: int, second: int, block: np.ndarray, n_samples: int) -> None:
        """Store a block whose upper left entry is (first, second); on the diagonal only its upper half is read."""
        rows, columns = (slice(start, start + n) for start, n in zip((first, second), block.shape, strict=True))
        if self._metric == "hellinger":
            block = -np.expm1(-n_samples * block)
        if self.symmetric and first == second:
            block = np.triu(block, 1)
            block += block.T
        self.result[rows, columns] = block
        if self.symmetric and first != second:
            self.result[columns, rows] = block.T
            self._bar.update(block.size)
        self._bar.update(block.size)


def as_models(X, name: str):
    """Something with a shape (m, N, C) that yields numpy arrays when its first axis is sliced."""
    if hasattr(X, "detach"):  # a torch tensor, recognised without importing torch
        X = X.detach().cpu().numpy()
    elif not hasattr(X, "shape"):
        X = np.asarray(X)
    if len(X.shape) != 3:
        raise ValueError(f"{name} must have the shape (models, samples, classes), not {tuple(X.shape)}")
    if 0 in X.shape:
        raise ValueError(f"{name} is empty: shape {tuple(X.shape)}")
    return X


def _read(X, first: int, last: int) -> np.ndarray:
    """Models first … last-1 as a contiguous float32 or float64 array."""
    return _contiguous(X[first:last])


def _contiguous(models) -> np.ndarray:
    models = np.asarray(models)
    if models.dtype not in (np.float32, np.float64):
        models = models.astype(np.float32 if models.dtype == np.float16 else np.float64)
    return np.ascontiguousarray(models)


def _pack(X, first: int, last: int, kind: str, log: bool, name: str) -> np.ndarray:
    """Packed tiles of models first … last-1, after they were found to be probabilities."""
    models = _read(X, first, last)
    m, n_samples, n_classes = models.shape
    packed = np.empty((-(-m // TILE), -(-n_samples // GROUP) * GROUP, n_classes, TILE), np.float32)
    deviation = np.empty(len(packed))
    kernels.pack_tiles(models, log, KINDS[kind], LARGEST_SAMPLE_DISTANCE, packed, deviation)
    check_deviation(X, first, last, deviation, log, name)
    return packed


def check_deviation(X, first: int, last: int, deviation: np.ndarray, log: bool, name: str) -> None:
    """Look closer at models whose sums are off by ``deviation``; an error that names the worst, if it is too far."""
    if not np.all(deviation <= kernels.CHECKED_DEVIATION):
        check_models(X[first:last], log=log, name=name if first == 0 else f"{name}[{first}:]")


def _fill_blocks(left, right, metric: str, log: bool, device: str, sink: _Sink) -> None:
    """All blocks by the fused kernels."""
    n_samples, n_classes = left.shape[1:]
    classes = kernels.constant(n_classes)
    by_input = BLOCK_BYTES // (4 * (n_samples + GROUP) * n_classes)
    size = max(TILE, min(by_input, int((BLOCK_BYTES // 8) ** 0.5)) // TILE * TILE)
    kinds = {"jeffreys": ("probability", "log"), "euclidean": ("probability",)}.get(metric, ("root",))

    def pack(X, first: int, name: str) -> list[np.ndarray]:
        return [_pack(X, first, min(first + size, X.shape[0]), kind, log, name) for kind in kinds]

    for first in range(0, left.shape[0], size):
        rows = pack(left, first, "X")
        for second in range(0, right.shape[0], size):
            if sink.symmetric and second < first:
                continue
            columns = rows if sink.symmetric and second == first else pack(right, second, sink.name_of_right)
            tiles = np.array(
                [
                    (i, j)
                    for i in range(len(rows[0]))
                    for j in range(i if sink.symmetric and second == first else 0, len(columns[0]))
                ],
                dtype=np.int64,
            )
            block = np.zeros((len(rows[0]) * TILE, len(columns[0]) * TILE))
            if metric in ("bhattacharyya", "hellinger"):
                operands = rows[0], columns[0]
            else:
                operands = kernels.constant(metric == "spherical"), rows[0], columns[0], rows[-1], columns[-1]
            for start in range(0, len(tiles), TILES_A_CALL):
                part = tiles[start : start + TILES_A_CALL]
                if metric in ("bhattacharyya", "hellinger"):
                    kernels.overlap_kernel(classes, *operands, part, n_samples, kernels.SMALLEST_OVERLAP, block)
                else:
                    kernels.difference_kernel(classes, *operands, part, n_samples, block)
            m, k = min(size, left.shape[0] - first), min(size, right.shape[0] - second)
            sink.write(first, second, block[:m, :k], n_samples)


def _fill_products(left, right, metric: str, log: bool, device: str, sink: _Sink) -> None:
    """All blocks by matrix products of square roots, one for each sample: faster when there are many classes."""
    n_samples = left.shape[1]
    size = int((BLOCK_BYTES // (16 * SEGMENTS)) ** 0.5)
    for first in range(0, left.shape[0], size):
        for second in range(0, right.shape[0], size):
            if sink.symmetric and second < first:
                continue
            same = sink.symmetric and second == first
            names = "X", sink.name_of_right
            sink.write(first, second, _sample_products(left, right, first, second, size, same, log, names), n_samples)


def _sample_products(
    left, right, first: int, second: int, size: int, same: bool, log: bool, names: tuple[str, str]
) -> np.ndarray:
    """One block of Bhattacharyya distances by matrix products; its upper half if both sides are the same."""
    n_samples, n_classes = left.shape[1:]
    m, k = min(size, left.shape[0] - first), min(size, right.shape[0] - second)
    total = np.zeros((m, k))
    mantissa, exponent = np.empty((SEGMENTS, m, k)), np.empty((SEGMENTS, m, k), np.int64)
    samples_a_pass = max(SEGMENTS, BLOCK_BYTES // (4 * size * n_classes))
    # every thread has its own samples; more threads inside each matrix product would get in their way
    with threadpool_limits(1, user_api="blas"):
        for start in range(0, n_samples, samples_a_pass):
            samples = slice(start, min(start + samples_a_pass, n_samples))
            a, offset = _read_samples(left, slice(first, first + m), samples)
            b = a if same else _read_samples(right, slice(second, second + k), samples)[0]
            bounds = np.linspace(offset, offset + samples.stop - start, SEGMENTS + 1).astype(np.int64)
            mantissa[:], exponent[:] = 1, 0
            deviation = np.zeros((2, SEGMENTS, max(m, k)))
            kernels.sample_products(a, b, same, log, bounds, mantissa, exponent, deviation)
            for X, begin, name, found in zip((left, right), (first, second), names, deviation, strict=True):
                check_deviation(X, begin, begin + size, found, log, name)
            # each segment's mantissa lies in [1, 2), so that their product is below 2^SEGMENTS
            total -= np.log(mantissa.prod(axis=0)) + exponent.sum(axis=0) * kernels.LOG_2
    return np.maximum(total / n_samples, 0)


def _read_samples(X, models: slice, samples: slice) -> tuple[np.ndarray, int]:
    """Contiguous models and the index in it of the first sample; a view of X where that saves a copy."""
    if isinstance(X, np.ndarray) and X.flags.c_contiguous and X.dtype in (np.float32, np.float64):
        return X[models], samples.start
    return _contiguous(X[models, samples]), 0
