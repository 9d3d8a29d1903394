"""Pairwise distances between probabilistic models: in memory or out of it, on all cores or on a GPU."""

from __future__ import annotations

from typing import Any, TypeVar, overload

import numpy as np
from tqdm import tqdm

from inpca.bars import bar
from inpca.distances.blocks import are_few, fill_pairs, fill_products, fill_tiles
from inpca.distances.input import Models, as_models, check_device, check_out, check_threads

__all__ = ["MANY_CLASSES", "METRICS", "as_models", "pairwise_distances"]

METRICS = ("bhattacharyya", "spherical", "jeffreys", "euclidean", "hellinger")
#: Classes from which overlaps are computed by matrix products, one for each sample.
MANY_CLASSES = 48
Out = TypeVar("Out")


@overload
def pairwise_distances(
    X: Any,
    Y: Any = None,
    *,
    metric: str = ...,
    log: bool = ...,
    normalize: bool = ...,
    n_jobs: int | None = ...,
    device: str = ...,
    out: None = None,
) -> np.ndarray: ...


@overload
def pairwise_distances(
    X: Any,
    Y: Any = None,
    *,
    metric: str = ...,
    log: bool = ...,
    normalize: bool = ...,
    n_jobs: int | None = ...,
    device: str = ...,
    out: Out,
) -> Out: ...


def pairwise_distances(
    X: Any,
    Y: Any = None,
    *,
    metric: str = "bhattacharyya",
    log: bool = False,
    normalize: bool = False,
    n_jobs: int | None = None,
    device: str = "cpu",
    out: Any = None,
) -> Any:
    """Distance between every two models, averaged over samples so that it does not grow with their number.

    ================  =========================================================================================
    bhattacharyya     d_B = -(1/N) Σ_n ln Σ_c sqrt(p_nc q_nc)
    spherical         d_G = (1/N) Σ_n arccos Σ_c sqrt(p_nc q_nc)
    jeffreys          (1/N) Σ_n Σ_c (p_nc - q_nc)(ln p_nc - ln q_nc), the symmetrised Kullback-Leibler divergence
    euclidean         (1/N) Σ_n Σ_c (p_nc - q_nc)², whose embedding is ordinary principal component analysis
    hellinger         d_H² = 1 - Π_n Σ_c sqrt(p_nc q_nc) = 1 - exp(-N d_B), of the models on all samples together;
                      not an average: it saturates at 1 as N grows
    ================  =========================================================================================

    Models are divided by their sums where they are read. Equal models are at exactly 0, also as float16 or as
    log-probabilities. Accuracy, measured against the formulas in float64 for 2 to 1,000 classes: few models (up to some
    twenty against as many) are computed in double precision, to a relative 1e-12. Of more, square roots are held in
    float32, and Bhattacharyya distances below 1e-4 are computed as -ln(1 - ½ Σ_c (sqrt p_c - sqrt q_c)²): their
    relative error is at most 1e-3 down to a distance of 1e-9 (3e-4 on twenty samples or more), and also above 1e-4,
    where the absolute one is at most 3e-7. Jeffreys and Euclidean distances have a relative error of at most 2e-3 at
    1e-9 and 1e-5 at 1e-4; the spherical one has 3e-3 at 1e-5 rad and 3e-4 at 1e-4.

    Memory beyond input and result is a few times :data:`inpca.distances.blocks.BLOCK_BYTES`, less than 1 GB, whatever
    the number of models, unless one tile of :data:`inpca.distances.kernels.TILE` models is larger than that: a block
    has one tile at least, of each side. Few models are not put in tiles.

    Distances use threads that end with the call: it may be called from several threads at once, and from a process
    that was forked from one that called it.

    Parameters
    ----------
    X : (m, N, C) array
        Probabilities, or log-probabilities with ``log=True``: numpy, memory-mapped, torch or zarr; read in blocks.
        Those of two bytes a number are not copied as float32, whose distances theirs are, bit for bit: float16, or
        bfloat16 as a torch tensor or as zarr's uint16 with the attribute ``dtype`` of "bfloat16", which zarr lacks.
    Y : (k, N, C) array, optional
        Other models on the same samples; X itself unless given, which takes half the work.
    metric : {"bhattacharyya", "spherical", "jeffreys", "euclidean", "hellinger"}
    log : bool
    normalize : bool
        Accept samples whose probabilities do not sum to 1, such as rounded ones, or logits with ``log=True``.
    n_jobs : int, optional
        Threads; all that numba may use for None and -1. The result does not depend on it.
    device : str
        ``"cpu"``, or a device of torch such as ``"cuda"``, which gives the same up to rounding of float32 overlaps. On
        GPUs overlaps are computed and multiplied by one kernel of Triton, which PyTorch for CUDA brings; without
        it, and under other metrics, by operations of PyTorch. Blocks then take up to 2 GB of memory and as much on it.
    out : (m, k) array of float32 or float64, optional
        Written block by block and returned: numpy, memory-mapped or zarr; its type is kept.

    Returns
    -------
    (m, k) array
        float64 unless ``out`` is given. Without Y it is exactly symmetric, with a zero diagonal. A sample without
        overlap counts :data:`inpca.geometry.LARGEST_SAMPLE_DISTANCE` (bhattacharyya, hellinger); logarithms of
        probabilities are bounded below by minus that number (jeffreys).

    Raises
    ------
    TypeError
        For X, Y or ``out`` that are no arrays of numbers, or an ``out`` of another type than float32 and float64.
    ValueError
        For an unknown metric, models that are not normalised probabilities (see
        :func:`inpca.probabilities.check_models`), X and Y on different samples or classes, ``out`` of another shape or
        read-only, a number of threads that is none, or a device that this machine does not have.

    See Also
    --------
    inpca.bhattacharyya_distance, inpca.spherical_distance : paired models.
    inpca.InPCA : embeds models by these distances.
    inpca.progress_bar : shows a bar over pairs of models.

    References
    ----------
    Mao et al., PNAS 121(12), 2024 (arXiv:2305.01604); Quinn et al., PNAS 116(28), 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca import ignorance, pairwise_distances, truth
    >>> models = np.stack([ignorance(2, 4), truth([0, 3], 4)])
    >>> pairwise_distances(models).round(4)  # ½ ln 4
    array([[0.    , 0.6931],
           [0.6931, 0.    ]])
    >>> pairwise_distances(models, truth([0, 3], 4)[None], metric="spherical").round(4)  # arccos ½
    array([[1.0472],
           [0.    ]])
    """
    if not isinstance(metric, str) or metric not in METRICS:
        raise ValueError(f"unknown metric {metric!r}; allowed: {', '.join(METRICS)}")
    left = Models(X, "X", log, normalize)
    right = left if Y is None else Models(Y, "Y", log, normalize)
    if left.shape[1:] != right.shape[1:]:
        raise ValueError(f"X and Y must have the same samples and classes, not {left.shape[1:]} and {right.shape[1:]}")
    threads, device = check_threads(n_jobs), check_device(device)
    shape = (left.shape[0], right.shape[0])
    if out is not None:
        check_out(out, shape, (left.X, right.X))
    result = np.empty(shape) if out is None else out
    with bar(total=shape[0] * shape[1], desc=metric, unit="pair", unit_scale=True) as pairs:
        hellinger_of = left.shape[1] if metric == "hellinger" else None
        sink = Sink(result, symmetric=Y is None, hellinger_of=hellinger_of, bar=pairs)
        if device != "cpu":
            from inpca.distances.torch_path import fill_blocks

            fill_blocks(left, right, metric, device, sink, threads)
        else:
            by_products = left.shape[2] >= MANY_CLASSES and metric in ("bhattacharyya", "hellinger")
            fill = fill_products if by_products else fill_tiles
            fill = fill_pairs if are_few(*shape, sink.symmetric, by_products) else fill
            fill(left, right, metric, threads, sink)
    return result


class Sink:
    """Receives blocks of the result, finishes them and writes them, with their mirror image where it is symmetric."""

    def __init__(self, result, *, symmetric: bool, hellinger_of: int | None, bar: tqdm):
        self.result, self.symmetric, self._hellinger_of, self._bar = result, symmetric, hellinger_of, bar

    def write(self, first: int, second: int, block: np.ndarray) -> None:
        """Store a block whose upper left entry is (first, second); on the diagonal only its upper half is read."""
        rows, columns = (slice(start, start + n) for start, n in zip((first, second), block.shape, strict=True))
        if self._hellinger_of is not None:
            block = -np.expm1(-self._hellinger_of * block)
        if self.symmetric and first == second:
            block = np.triu(block, 1)
            block += block.T
        self.result[rows, columns] = block
        if self.symmetric and first != second:
            self.result[columns, rows] = block.T
            self._bar.update(block.size)
        self._bar.update(block.size)
