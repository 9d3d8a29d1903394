"""Pairwise distances on the processor, block by block: of few models, of many, and over many classes."""

from __future__ import annotations

import math

import numpy as np
from threadpoolctl import threadpool_limits

from inpca.distances import kernels
from inpca.distances import pairs as kernels_pairs
from inpca.distances import products as kernels_products
from inpca.distances.close import correct_close
from inpca.distances.input import Models, run
from inpca.distances.kernels import GROUP, TILE, class_parts, constant
from inpca.sphere import LARGEST_SAMPLE_DISTANCE

#: Memory of one block of packed models, or of one block of the result, in bytes. Two of the first and two of the second
#: are held at a time.
BLOCK_BYTES = 2**27
#: Parts into which the samples are divided among threads where overlaps are computed by matrix products.
SEGMENTS = 32
#: Samples of a part where pairs of models are computed one by one.
SEGMENT_SAMPLES = 4096
#: A pair of models that is computed by itself takes as long as so many pairs of a tile.
PAIR_COST = 32
#: The same in square roots of models, which is what matrix products of few models wait for.
PAIR_COST_IN_ROOTS = 0.2
#: Bhattacharyya distances below it are computed once more, from differences; single precision leaves 1e-7 elsewhere.
CLOSE = 1e-4
SMALLEST_OVERLAP = math.exp(-LARGEST_SAMPLE_DISTANCE)


def kinds_of(metric: str) -> tuple[str, ...]:
    """What is made of models for a metric."""
    return {"jeffreys": ("probability", "log"), "euclidean": ("probability",)}.get(metric, ("root",))


def are_few(m: int, k: int, symmetric: bool, products: bool) -> bool:
    """Whether pairs of models are computed faster one by one."""
    pairs = m * (m - 1) / 2 if symmetric else m * k
    if products:
        return pairs * PAIR_COST_IN_ROOTS < (m if symmetric else m + k)
    rows, columns = -(-m // TILE), -(-k // TILE)
    return pairs * PAIR_COST < TILE**2 * (rows * (rows + 1) / 2 if symmetric else rows * columns)


def block_slices(left: Models, right: Models, symmetric: bool, size: int):
    """Slices of both sides for each block of the result; of its upper half if it is symmetric."""
    for first in range(0, left.shape[0], size):
        for second in range(first if symmetric else 0, right.shape[0], size):
            yield (
                slice(first, min(first + size, left.shape[0])),
                slice(second, min(second + size, right.shape[0])),
                symmetric and second == first,
            )


def fill_pairs(left: Models, right: Models, metric: str, threads: int, sink) -> None:
    """All blocks pair by pair in double precision: faster when there are few models."""
    n_samples, n_classes = left.shape[1:]
    size = max(1, min(BLOCK_BYTES // (8 * n_samples * n_classes), 2**14))
    rows, of_rows = None, None
    for models, others, same in block_slices(left, right, sink.symmetric, size):
        if of_rows != models:
            rows, of_rows = [_double(left, models, kind, threads) for kind in kinds_of(metric)], models
        columns = rows if same else [_double(right, others, kind, threads) for kind in kinds_of(metric)]
        sink.write(models.start, others.start, _pair_block(rows, columns, metric, same, threads))


def _segments(n_samples: int) -> list[slice]:
    """Samples in parts of :data:`SEGMENT_SAMPLES`, whose sums are added in order whatever the number of threads."""
    return [slice(n, min(n + SEGMENT_SAMPLES, n_samples)) for n in range(0, n_samples, SEGMENT_SAMPLES)]


def _double(side: Models, models: slice, kind: str, threads: int) -> np.ndarray:
    """A quantity of some models, (models, samples, classes) float64, after they were found to be probabilities."""
    given = side.read(models).astype(np.float64)
    target = np.empty(given.shape)
    found = run(threads, lambda n: side.quantities(given[:, n], kind, target[:, n]), _segments(given.shape[1]))
    side.check(models, found)
    return target


def _pair_block(rows, columns, metric: str, same: bool, threads: int) -> np.ndarray:
    """One block of distances, from the quantities of both sides; its upper half if both sides are the same."""
    m, n_samples, n_classes = rows[0].shape
    segments = _segments(n_samples)
    pairs = np.argwhere(np.triu(np.full((m, len(columns[0])), True), 1 if same else -m))
    sums = np.empty((len(segments), len(pairs)))
    step = max(1, 2**20 // (SEGMENT_SAMPLES * n_classes))

    def add(item: tuple[int, slice]) -> None:
        segment, some = item
        operands = [side[:, segments[segment]] for side in (rows[0], columns[0], rows[-1], columns[-1])]
        distance = kernels_pairs.DISTANCES[metric]
        kernels_pairs.add_pairs(*operands, distance, pairs[some], SMALLEST_OVERLAP, sums[segment, some])

    run(threads, add, [(s, slice(p, p + step)) for p in range(0, len(pairs), step) for s in range(len(segments))])
    block = np.zeros((m, len(columns[0])))
    block[pairs[:, 0], pairs[:, 1]] = sums.sum(axis=0) / n_samples
    return block


def pack(side: Models, models: slice, kind: str, threads: int) -> np.ndarray:
    """Packed tiles (tiles, samples, classes, TILE) of some models, after they were found to be probabilities."""
    given = side.read(models)
    m, n_samples, n_classes = given.shape
    classes, parts = class_parts(n_classes)
    packed = np.zeros((-(-m // TILE), -(-n_samples // GROUP) * GROUP, classes * parts, TILE), np.float32)
    if kind != "log":  # samples and models that fill up are certain of the first class
        packed[:, n_samples:, 0] = 1
        packed[-1, :, 0, (m - 1) % TILE + 1 :] = 1

    def fill(tile: int) -> np.ndarray:
        part = given[tile * TILE : (tile + 1) * TILE]
        return side.quantities(part, kind, packed[tile].transpose(2, 0, 1)[: len(part), :n_samples, :n_classes])

    for deviation in run(threads, fill, list(range(len(packed)))):
        side.check(models, deviation)
    return packed


def fill_tiles(left: Models, right: Models, metric: str, threads: int, sink) -> None:
    """All blocks by tiles of models."""
    n_samples, n_classes = left.shape[1:]
    by_input = BLOCK_BYTES // (4 * (n_samples + GROUP) * n_classes)
    size = max(TILE, min(by_input, int((BLOCK_BYTES // 8) ** 0.5)) // TILE * TILE)
    rows, of_rows = None, None
    for models, others, same in block_slices(left, right, sink.symmetric, size):
        if of_rows != models:
            rows, of_rows = [pack(left, models, kind, threads) for kind in kinds_of(metric)], models
        columns = rows if same else [pack(right, others, kind, threads) for kind in kinds_of(metric)]
        block = np.zeros((models.stop - models.start, others.stop - others.start))

        def fill(tile, rows=rows, columns=columns, block=block, same=same):
            i, j = tile
            part = block[i * TILE : (i + 1) * TILE, j * TILE : (j + 1) * TILE]
            operands = rows[0][i], columns[0][j], rows[-1][i], columns[-1][j]
            part[:] = one_tile(metric, n_samples, n_classes, operands, part.shape, same and i == j)[
                : part.shape[0], : part.shape[1]
            ]

        tiles = [(i, j) for i in range(len(rows[0])) for j in range(i if same else 0, len(columns[0]))]
        run(threads, fill, tiles)
        sink.write(models.start, others.start, block)


def one_tile(metric: str, n_samples: int, n_classes: int, operands, shape, upper: bool) -> np.ndarray:
    """Distances (TILE, TILE) of two tiles of ``shape`` models; only its upper half is exact if asked."""
    classes, parts = class_parts(n_classes)
    operands = [packed.reshape(len(packed), -1) for packed in operands]
    if metric in ("bhattacharyya", "hellinger"):
        left, right = operands[:2]
        products = _empty_products(TILE, TILE)
        if not kernels.overlap_tile(constant(classes), parts, left, right, *products):
            products = _empty_products(TILE, TILE)
            kernels.small_overlap_tile(classes * parts, left, right, SMALLEST_OVERLAP, *products)
        result = np.maximum(-_logarithm(*products[::2]) / n_samples, 0)
        if result[: shape[0], : shape[1]].min() < CLOSE:
            given = constant(classes), parts, left, right, n_samples, SMALLEST_OVERLAP
            correct_close(*given, CLOSE, shape, upper, result)
    else:
        angle, result = constant(metric == "spherical"), np.empty((TILE, TILE))
        kernels.difference_tile(constant(classes), parts, angle, *operands, n_samples, result)
    return result


def _empty_products(*shape: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Products of nothing: mantissa, its bits as int64 in the same memory, exponent."""
    mantissa = np.ones(shape)
    return mantissa, mantissa.view(np.int64), np.zeros(shape, np.int64)


def _logarithm(mantissa: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    return np.log(mantissa) + exponent * kernels.LOG_2


def fill_products(left: Models, right: Models, metric: str, threads: int, sink) -> None:
    """All blocks by matrix products of square roots, one for each sample: faster when there are many classes."""
    size = int((BLOCK_BYTES // (16 * SEGMENTS)) ** 0.5)
    for models, others, same in block_slices(left, right, sink.symmetric, size):
        # every thread has its own samples; more threads inside each matrix product would get in their way
        with threadpool_limits(1, user_api="blas"):
            block = _sample_products(left, right, models, others, same, threads)
            close = np.argwhere(np.triu(block < CLOSE, 1) if same else block < CLOSE)
            if len(close):
                _add_close(left, right, models, others, same, threads, close, block)
        sink.write(models.start, others.start, block)


def _passes(left: Models, right: Models, models: slice, others: slice, same: bool):
    """Both sides on some samples at a time, and the bounds of :data:`SEGMENTS` segments of them."""
    n_samples, n_classes = left.shape[1:]
    largest = max(models.stop - models.start, others.stop - others.start)
    step = max(SEGMENTS, BLOCK_BYTES // (4 * largest * n_classes))
    whole = left.is_view and right.is_view
    for start in range(0, n_samples, step):
        stop = min(start + step, n_samples)
        samples, offset = (slice(None), start) if whole or step >= n_samples else (slice(start, stop), 0)
        a = left.read(models, samples)
        edges = np.linspace(offset, offset + stop - start, SEGMENTS + 1).astype(np.int64)
        yield a, a if same else right.read(others, samples), np.stack([edges[:-1], edges[1:]], axis=1)


def _sample_products(left: Models, right: Models, models: slice, others: slice, same: bool, threads: int):
    """One block of Bhattacharyya distances by matrix products; its upper half if both sides are the same."""
    m, k = models.stop - models.start, others.stop - others.start
    total = np.zeros((m, k))
    mantissa, bits, exponent = _empty_products(SEGMENTS, m, k)
    for a, b, bounds in _passes(left, right, models, others, same):
        mantissa[:], exponent[:] = 1, 0
        deviation = np.zeros((SEGMENTS, 2, max(m, k)))

        def multiply(s: int, a=a, b=b, bounds=bounds, deviation=deviation):
            own = mantissa[s], bits[s], exponent[s]
            kernels_products.sample_products(a, b, same, left.log, bounds[s], SMALLEST_OVERLAP, own, deviation[s])

        run(threads, multiply, list(range(SEGMENTS)))
        left.check(models, deviation[:, 0])
        right.check(others, deviation[:, 1])
        # each segment's mantissa lies in [1, 2), so that their product is below 2^SEGMENTS
        total -= _logarithm(mantissa.prod(axis=0), exponent.sum(axis=0))
    return np.maximum(total / left.shape[1], 0)


def _add_close(left, right, models, others, same: bool, threads: int, pairs: np.ndarray, block: np.ndarray) -> None:
    """Replace the distances of close pairs of models in a block."""
    (rows, i), (columns, j) = (np.unique(side, return_inverse=True) for side in pairs.T)
    sums, positions = np.zeros((SEGMENTS, len(pairs))), np.stack([i, j], axis=1)
    for a, b, bounds in _passes(left, right, models, others, same):

        def add(s: int, a=a, b=b, bounds=bounds):
            given = a, b, (rows, columns), left.log, bounds[s]
            kernels_products.add_close(*given, SMALLEST_OVERLAP, positions, sums[s])

        run(threads, add, list(range(SEGMENTS)))
    block[pairs[:, 0], pairs[:, 1]] = sums.sum(axis=0) / left.shape[1]
