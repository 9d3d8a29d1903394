"""Pairwise distances on the processor, block by block: of few models, of many, and over many classes."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from inpca.distances import kernels
from inpca.distances.close import correct_close
from inpca.distances.input import NUMBERS_AT_ONCE, Models, in_threads
from inpca.distances.kernels import TILE, class_parts, constant
from inpca.distances.pairs import DISTANCES, add_pairs
from inpca.distances.panels import GROUP, PANEL
from inpca.distances.products import add_close, sample_products
from inpca.sphere import LARGEST_SAMPLE_DISTANCE

#: Memory of one block of packed models, or of one block of the result, in bytes. Two of the first and two of the second
#: are held at a time.
BLOCK_BYTES = 2**27
#: Parts into which the samples are divided among threads where overlaps are computed by matrix products.
SAMPLE_PARTS = 32
#: Samples of a part where pairs of models are computed one by one.
SAMPLES_A_PART = 4096
#: A pair of models that is computed by itself takes as long as so many pairs of a tile.
PAIR_COST = 32
#: The same in square roots of models, which is what matrix products of few models wait for.
PAIR_COST_IN_ROOTS = 0.2
#: Bhattacharyya distances below it are computed once more, from differences; single precision leaves 1e-7 elsewhere.
CLOSE = 1e-4
SMALLEST_OVERLAP = math.exp(-LARGEST_SAMPLE_DISTANCE)


def quantities_of(metric: str) -> tuple[str, ...]:
    """What is made of models for a metric, of :data:`inpca.distances.quantities.QUANTITIES`."""
    return {"jeffreys": ("probability", "log"), "euclidean": ("probability",)}.get(metric, ("root",))


def are_few(m: int, k: int, symmetric: bool, by_products: bool) -> bool:
    """Whether pairs of models are computed faster one by one, than by matrix products or by tiles."""
    pairs = m * (m - 1) / 2 if symmetric else m * k
    if by_products:
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


def loaded_blocks(left: Models, right: Models, symmetric: bool, size: int, load: Callable[[Models, slice], list]):
    """Slices as :func:`block_slices` gives them, and what ``load`` makes of both sides; of each row of blocks once."""
    rows, loaded = [], None
    for models, others, same in block_slices(left, right, symmetric, size):
        if loaded != models:
            rows, loaded = load(left, models), models
        yield models, others, same, rows, rows if same else load(right, others)


def fill_pairs(left: Models, right: Models, metric: str, threads: int, sink) -> None:
    """All blocks pair by pair in double precision: faster when there are few models."""
    n_samples, n_classes = left.shape[1:]
    size = max(1, min(BLOCK_BYTES // (8 * n_samples * n_classes), 2**14))

    def load(side: Models, models: slice) -> list[np.ndarray]:
        return [_double(side, models, quantity, threads) for quantity in quantities_of(metric)]

    for models, others, same, rows, columns in loaded_blocks(left, right, sink.symmetric, size, load):
        sink.write(models.start, others.start, _pair_block(rows, columns, metric, same, threads))


def _sample_parts(n_samples: int) -> list[slice]:
    """Samples in parts of :data:`SAMPLES_A_PART`, whose sums are added in order whatever the number of threads."""
    return [slice(n, min(n + SAMPLES_A_PART, n_samples)) for n in range(0, n_samples, SAMPLES_A_PART)]


def _double(side: Models, models: slice, quantity: str, threads: int) -> np.ndarray:
    """A quantity of some models, (models, samples, classes) float64, after they were found to be probabilities."""
    given = side.read(models)
    given = given if side.half else given.astype(np.float64)
    target = np.empty(given.shape)

    def fill(part: slice) -> np.ndarray:
        return side.fill(given[:, part], quantity, target[:, part], np.float64)

    side.check(models, in_threads(threads, fill, _sample_parts(given.shape[1])))
    return target


def _pair_block(rows, columns, metric: str, same: bool, threads: int) -> np.ndarray:
    """One block of distances, from the quantities of both sides; its upper half if both sides are the same."""
    m, n_samples, n_classes = rows[0].shape
    parts = _sample_parts(n_samples)
    pairs = np.argwhere(np.triu(np.full((m, len(columns[0])), True), 1 if same else -m))
    sums = np.empty((len(parts), len(pairs)))
    step = max(1, 2**20 // (SAMPLES_A_PART * n_classes))

    def add(item: tuple[int, slice]) -> None:
        number, some = item
        part = parts[number]
        sides = rows[0][:, part], columns[0][:, part], rows[-1][:, part], columns[-1][:, part]
        add_pairs(*sides, DISTANCES[metric], pairs[some], SMALLEST_OVERLAP, sums[number, some])

    in_threads(threads, add, [(n, slice(p, p + step)) for p in range(0, len(pairs), step) for n in range(len(parts))])
    block = np.zeros((m, len(columns[0])))
    block[pairs[:, 0], pairs[:, 1]] = sums.sum(axis=0) / n_samples
    return block


def pack(side: Models, models: slice, quantity: str, panel: int, threads: int) -> np.ndarray:
    """Packed tiles (tiles, panels, samples, classes, panel) of models, after they were found to be probabilities."""
    given = side.read(models)
    m, n_samples, n_classes = given.shape
    classes, parts = class_parts(n_classes)
    tiles = -(-m // TILE)
    shape = tiles * TILE // panel, -(-n_samples // GROUP) * GROUP, classes * parts, panel
    packed = np.zeros(shape, np.float32)
    if quantity == "root":  # samples and models that fill up overlap by 1 or more, which counts as 1
        packed[:, n_samples:, 0] = 1
        packed[m // panel :, :, :, m % panel :] = 1

    def fill(number: int) -> np.ndarray:
        part = given[number * panel : (number + 1) * panel]
        return side.fill(part, quantity, packed[number].transpose(2, 0, 1)[: len(part), :n_samples, :n_classes])

    for deviation in in_threads(threads, fill, list(range(-(-m // panel)))):
        side.check(models, deviation)
    return packed.reshape(tiles, -1, *shape[1:])


def fill_tiles(left: Models, right: Models, metric: str, threads: int, sink) -> None:
    """All blocks by tiles of models."""
    n_samples, n_classes = left.shape[1:]
    by_input = BLOCK_BYTES // (4 * (n_samples + GROUP) * n_classes)
    size = max(TILE, min(by_input, int((BLOCK_BYTES // 8) ** 0.5)) // TILE * TILE)
    panel = PANEL if metric in ("bhattacharyya", "hellinger") else TILE

    def load(side: Models, models: slice) -> list[np.ndarray]:
        return [pack(side, models, quantity, panel, threads) for quantity in quantities_of(metric)]

    for models, others, same, rows, columns in loaded_blocks(left, right, sink.symmetric, size, load):
        block = np.zeros((models.stop - models.start, others.stop - others.start))

        def fill(tile, rows=rows, columns=columns, block=block, same=same):
            i, j = tile
            part = block[i * TILE : (i + 1) * TILE, j * TILE : (j + 1) * TILE]
            packed = rows[0][i], columns[0][j], rows[-1][i], columns[-1][j]
            whole = one_tile(metric, n_samples, n_classes, packed, part.shape, same and i == j)
            part[:] = whole[: part.shape[0], : part.shape[1]]

        tiles = [(i, j) for i in range(len(rows[0])) for j in range(i if same else 0, len(columns[0]))]
        in_threads(threads, fill, tiles)
        sink.write(models.start, others.start, block)


def one_tile(metric: str, n_samples: int, n_classes: int, packed, shape, upper: bool) -> np.ndarray:
    """Distances (TILE, TILE) of two tiles of ``shape`` models; with ``upper``, only its upper half is exact.

    ``packed`` are the two tiles of the first quantity of the metric, and those of the last.
    """
    classes, parts = class_parts(n_classes)
    a, b, u, v = (tile.reshape(*tile.shape[:2], -1) for tile in packed)
    if metric in ("bhattacharyya", "hellinger"):
        products = _empty_products(len(a), len(b), PANEL**2)
        kernels.overlap_tile(n_classes, a, b, shape, upper, SMALLEST_OVERLAP, products)
        logarithms = _logarithm(products[0], products[2]).reshape(len(a), len(b), PANEL, PANEL)
        result = np.maximum(-logarithms.swapaxes(1, 2).reshape(TILE, TILE) / n_samples, 0)
        if result[: shape[0], : shape[1]].min() < CLOSE:
            bounds = SMALLEST_OVERLAP, CLOSE
            correct_close(constant(classes), parts, (a, b), n_samples, bounds, shape, upper, result)
    else:
        angle, result = constant(metric == "spherical"), np.empty((TILE, TILE))
        kernels.difference_tile(constant(classes), parts, angle, (a[0], b[0], u[0], v[0]), n_samples, result)
    return result


def _empty_products(*shape: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Products of nothing: mantissa, its bits as int64 in the same memory, exponent."""
    mantissa = np.ones(shape)
    return mantissa, mantissa.view(np.int64), np.zeros(shape, np.int64)


def _logarithm(mantissa: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    return np.log(mantissa) + exponent * kernels.LOG_2


def fill_products(left: Models, right: Models, metric: str, threads: int, sink) -> None:
    """All blocks by matrix products of square roots, one for each sample: faster when there are many classes."""
    size = int((BLOCK_BYTES // (16 * SAMPLE_PARTS)) ** 0.5)
    for models, others, same in block_slices(left, right, sink.symmetric, size):
        # every thread has its own samples; more threads inside each matrix product would get in their way
        with threadpool_limits(1, user_api="blas"):
            block = _sample_products(left, right, models, others, same, threads)
            close = np.argwhere(np.triu(block < CLOSE, 1) if same else block < CLOSE)
            if len(close):
                _add_close(left, right, models, others, same, threads, close, block)
        sink.write(models.start, others.start, block)


def _passes(left: Models, right: Models, models: slice, others: slice, same: bool):
    """Both sides on some samples at a time, on all where that takes no memory, and :data:`SAMPLE_PARTS` parts of them.

    Of a part these are the bounds.
    """
    n_samples, n_classes = left.shape[1:]
    largest = max(models.stop - models.start, others.stop - others.start)
    whole = left.is_view and right.is_view
    step = n_samples if whole else max(SAMPLE_PARTS, BLOCK_BYTES // (4 * largest * n_classes))
    for start in range(0, n_samples, step):
        stop = min(start + step, n_samples)
        samples = slice(None) if step >= n_samples else slice(start, stop)
        a = left.read(models, samples)
        edges = np.linspace(0, stop - start, SAMPLE_PARTS + 1).astype(np.int64)
        yield a, a if same else right.read(others, samples), np.stack([edges[:-1], edges[1:]], axis=1)


def _some_samples(left: Models, right: Models, a: np.ndarray, b: np.ndarray, bounds: np.ndarray):
    """Both sides as float32 or float64, and bounds in them, of the samples ``bounds``: views, unless of two bytes.

    Of these, some groups of samples at a time; products of groups do not depend on how many they are.
    """
    if not (left.half or right.half):
        yield a, b, bounds
        return
    step = GROUP * max(1, NUMBERS_AT_ONCE // (GROUP * max(len(a), len(b)) * a.shape[2]))
    for start in range(bounds[0], bounds[1], step):
        part = slice(start, min(start + step, bounds[1]))
        x = np.ascontiguousarray(left.floats(a[:, part]))
        y = x if a is b else np.ascontiguousarray(right.floats(b[:, part]))
        yield x, y, np.array([0, part.stop - part.start])


def _sample_products(left: Models, right: Models, models: slice, others: slice, same: bool, threads: int):
    """One block of Bhattacharyya distances by matrix products; its upper half if both sides are the same."""
    m, k = models.stop - models.start, others.stop - others.start
    total = np.zeros((m, k))
    mantissa, bits, exponent = _empty_products(SAMPLE_PARTS, m, k)
    for a, b, bounds in _passes(left, right, models, others, same):
        mantissa[:], exponent[:] = 1, 0
        deviation = np.zeros((SAMPLE_PARTS, 2, max(m, k)))

        def multiply(part: int, a=a, b=b, bounds=bounds, deviation=deviation):
            own = mantissa[part], bits[part], exponent[part]
            for x, y, some in _some_samples(left, right, a, b, bounds[part]):
                sample_products(x, y, same, left.log, some, SMALLEST_OVERLAP, own, deviation[part])
                for row, side, values in ((0, left, x), (1, right, y)):
                    if side.are_too_large(values):
                        deviation[part, row] = np.nan

        in_threads(threads, multiply, list(range(SAMPLE_PARTS)))
        left.check(models, deviation[:, 0])
        right.check(others, deviation[:, 1])
        # each part's mantissa lies in [1, 2), so that their product is below 2^SAMPLE_PARTS
        total -= _logarithm(mantissa.prod(axis=0), exponent.sum(axis=0))
    return np.maximum(total / left.shape[1], 0)


def _add_close(left, right, models, others, same: bool, threads: int, pairs: np.ndarray, block: np.ndarray) -> None:
    """Replace the distances of close pairs of models in a block."""
    (rows, i), (columns, j) = (np.unique(side, return_inverse=True) for side in pairs.T)
    sums, positions = np.zeros((SAMPLE_PARTS, len(pairs))), np.stack([i, j], axis=1)
    for a, b, bounds in _passes(left, right, models, others, same):

        def add(part: int, a=a, b=b, bounds=bounds):
            chosen = rows, columns
            for x, y, some in _some_samples(left, right, a, b, bounds[part]):
                add_close(x, y, chosen, left.log, some, SMALLEST_OVERLAP, positions, sums[part])

        in_threads(threads, add, list(range(SAMPLE_PARTS)))
    block[pairs[:, 0], pairs[:, 1]] = sums.sum(axis=0) / left.shape[1]
