"""Eigenvalues and norms of a doubly centred matrix that is never formed.

The matrix of distances may be an array in memory, of any float type and not copied, a memory-mapped or a zarr array
larger than memory; every pass reads it once, by blocks of rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np
from scipy.linalg import eigh
from scipy.sparse.linalg import LinearOperator, eigsh
from threadpoolctl import threadpool_limits

from inpca.compiled import compiled

#: Up to this many models all eigenvalues are computed, beyond it only those of the axes (Lanczos iteration).
DENSE_MODELS = 500
#: Bytes that are read at once from a matrix that is not in memory, or compared at once for symmetry.
BLOCK_BYTES = 2**26
#: Largest residual of an eigenvector, relative to its eigenvalue, whose own error is of the order of the square.
RESIDUAL = 1e-9
#: Size of a matrix at which residuals of rounding size are small enough for its eigenvalues of 0.
SMALL = 2.0**-20
#: Partial sums of a product that reads half of a symmetric matrix.
PARTS = 16

FAST = {"contract", "reassoc", "nsz"}


def row_blocks(D) -> Iterator[tuple[int, np.ndarray]]:
    """Blocks of rows with the index of their first; the whole matrix at once if it is in memory (or mapped into it)."""
    if isinstance(D, np.ndarray):
        yield 0, D.view(np.ndarray)
        return
    for first, last in block_bounds(D):
        yield first, np.asarray(D[first:last])


def block_bounds(D) -> Iterator[tuple[int, int]]:
    """First and last row of blocks of at most :data:`BLOCK_BYTES`."""
    rows = max(1, BLOCK_BYTES // (8 * D.shape[1]))
    for first in range(0, D.shape[0], rows):
        yield first, min(first + rows, D.shape[0])


@compiled(parallel=True, fastmath=FAST)
def _symmetric_times(D, vector, parts):  # pragma: no cover (compiled)
    m = len(vector)
    for part in numba.prange(len(parts)):
        result = parts[part]
        result[:] = 0
        for i in range(part, m, len(parts)):
            factor = vector[i]
            row, behind, ahead = D[i, i + 1 :], vector[i + 1 :], result[i + 1 :]
            total = D[i, i] * factor
            for j in range(len(row)):
                total += row[j] * behind[j]
            for j in range(len(row)):
                ahead[j] += row[j] * factor
            result[i] += total


@compiled(parallel=True, fastmath=FAST)
def _rows_times(block, vector, result):  # pragma: no cover (compiled)
    for i in numba.prange(block.shape[0]):
        total = 0.0
        for j in range(block.shape[1]):
            total += block[i, j] * vector[j]
        result[i] = total


@compiled(parallel=True, fastmath=FAST)
def _squared_rows_times(block, vector, result):  # pragma: no cover (compiled)
    for i in numba.prange(block.shape[0]):
        total = 0.0
        for j in range(block.shape[1]):
            total += np.float64(block[i, j]) * block[i, j] * vector[j]
        result[i] = total


def symmetric_times(D, vector: np.ndarray) -> np.ndarray:
    """D @ vector for a symmetric D; in memory, only its upper half is read, which is what takes the time.

    The rows are shared out between a fixed number of partial sums, so that the bits do not depend on the threads.
    """
    if not isinstance(D, np.ndarray):
        return times(D, vector)
    parts = np.empty((PARTS, len(vector)))
    _symmetric_times(D.view(np.ndarray), vector, parts)
    return parts.sum(axis=0)


def times(D, vector: np.ndarray, product=_rows_times) -> np.ndarray:
    """D @ vector with float64 sums; of the squared entries with ``product=_squared_rows_times``."""
    result = np.empty(D.shape[0])
    for first, block in row_blocks(D):
        product(block, vector, result[first : first + len(block)])
    return result


def squared_norm(D, weight: np.ndarray, row_means: np.ndarray, grand_mean: float) -> float:
    """Σ_ij w_i w_j W_ij² for W = -½ of the doubly centred D, without forming W.

    ‖W‖² = ¼ [Σ_ij w_i w_j D_ij² - 2 w Σ_i w_i r_i² + w² g²], with w = Σ_i w_i, r the row means and g the grand mean.
    """
    total = weight.sum()
    squares = float(weight @ times(D, weight, _squared_rows_times))
    return (squares - 2 * total * float(weight @ row_means**2) + total**2 * grand_mean**2) / 4


class DoublyCentred(LinearOperator):
    """A multiple of S W S, with W = -½ of the doubly centred D and S = diag(sqrt(weight)), applied and never formed.

    Parameters
    ----------
    D : (m, m) array
    weight : (m,) array
    scale : float
    """

    def __init__(self, D, weight: np.ndarray, scale: float):
        super().__init__(np.dtype(np.float64), D.shape)
        self._D, self._root, self._relative, self._scale = D, np.sqrt(weight), weight / weight.sum(), scale

    def _matvec(self, x: np.ndarray) -> np.ndarray:
        vector = self._scale * self._root * x.ravel()
        product = symmetric_times(self._D, vector - self._relative * vector.sum())
        return -0.5 * self._root * (product - self._relative @ product)


def top_eigenpairs(
    D, weight: np.ndarray, row_means: np.ndarray, grand_mean: float, k: int, random_state: int, size: float
) -> tuple[np.ndarray, np.ndarray]:
    """The k eigenvalues of largest magnitude of S W S, S = diag(sqrt(weight)), with their vectors divided by S.

    Parameters
    ----------
    D : (m, m) array
    weight : (m,) array
    row_means : (m,) array
        Weighted means of the rows of D.
    grand_mean : float
    k : int
    random_state : int
        Seed of the start vector of the Lanczos iteration.
    size : float
        ‖S W S‖_F; the iteration is for a multiple of S W S so small that eigenvalues of 0 converge too.

    Returns
    -------
    eigenvalues : (k,) array
        Signed, by descending magnitude; 0 where they are of the size of rounding.
    vectors : (m, k) array
        Zero for eigenvalues that are zero.
    """
    m, root = D.shape[0], np.sqrt(weight)
    if size == 0:
        return np.zeros(k), np.zeros((m, k))
    if m <= DENSE_MODELS or k > m // 3:
        W = -0.5 * (np.asarray(D[:], np.float64) - row_means[:, None] - row_means + grand_mean)
        eigenvalues, vectors = eigh(root[:, None] * W * root)
    else:
        scale = float(np.ldexp(SMALL, -np.frexp(size)[1]))
        start = np.random.default_rng(random_state).standard_normal(m)
        operator = DoublyCentred(D, weight, scale)
        # BLAS threads that wait for work would hold up those of the product; tol is a float, its default a whole 0
        with threadpool_limits(1, user_api="blas"):
            eigenvalues, vectors = eigsh(operator, k=k, which="LM", v0=start, tol=RESIDUAL)  # pyright: ignore[reportArgumentType]
        eigenvalues = eigenvalues / scale
    order = np.argsort(-np.abs(eigenvalues), kind="stable")[:k]
    inverse = np.divide(1, root, out=np.zeros(m), where=root > 0)
    eigenvalues, vectors = eigenvalues[order], vectors[:, order] * inverse[:, None]
    null = np.abs(eigenvalues) <= rounding(D) * np.abs(eigenvalues[0])
    return np.where(null, 0, eigenvalues), np.where(null, 0, vectors)


def rounding(D) -> float:
    """Eigenvalues below this part of the largest are rounding of D or of what is computed from it."""
    return max(D.shape[0] * np.finfo(np.float64).eps, float(np.finfo(D.dtype).eps))


@compiled(parallel=True, fastmath=FAST)
def _unexplained_rows(block, left, right, signature, weight, unexplained, total):  # pragma: no cover (compiled)
    for i in numba.prange(block.shape[0]):
        for j in range(block.shape[1]):
            rest = np.float64(block[i, j])
            total[i] += weight[j] * rest
            for axis in range(len(signature)):
                rest -= signature[axis] * (left[i, axis] - right[j, axis]) ** 2
                unexplained[i, axis] += weight[j] * abs(rest)


def explained_distance(
    embedding: np.ndarray,
    signature: np.ndarray,
    D,
    columns: np.ndarray | None = None,
    weight: np.ndarray | None = None,
    of_columns: np.ndarray | None = None,
) -> np.ndarray:
    """Explained pairwise distance of the first 1 … k axes, 1 - Σ_ij w_i w_j |D̂_ij - D_ij| / Σ_ij w_i w_j D_ij.

    D̂_ij = Σ_{i≤k} sign(λ_i) (x_i - x'_i)². Unlike the stress it may fall when an axis is added. Where all distances are
    zero it is 1: nothing is left unexplained.

    Parameters
    ----------
    embedding : (m, k) array
    signature : (k,) array of ±1
    D : (m, n) array
    columns : (n,) array of int, optional
        Models that the columns of D belong to; all in order unless given.
    weight : (m,) array, optional
        Weight of each model; 1 unless given.
    of_columns : (n,) array, optional
        Weight of each column, where it is not that of its model.

    Returns
    -------
    (k,) array

    See Also
    --------
    inpca.InPCA : Has it as ``explained_distance_``.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca.embedding import explained_distance
    >>> x = np.array([[0.0, 0.1], [1.0, 0.0], [3.0, 0.2]])
    >>> explained_distance(x[:, :1], np.array([1]), (x[:, :1] - x[:, :1].T) ** 2)
    array([1.])
    """
    weight = np.ones(len(embedding)) if weight is None else weight
    right, own = (embedding, weight) if columns is None else (embedding[columns], weight[columns])
    of_columns = own if of_columns is None else of_columns
    unexplained, total = np.zeros(embedding.shape), np.zeros(len(embedding))
    for first, block in row_blocks(D):
        rows = slice(first, first + len(block))
        _unexplained_rows(block, embedding[rows], right, signature, of_columns, unexplained[rows], total[rows])
    if not weight @ total:
        return np.ones(len(signature))
    return 1 - (weight[:, None] * unexplained).sum(axis=0) / (weight * total).sum()
