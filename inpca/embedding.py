"""Intensive principal component analysis (InPCA): a Minkowski embedding of probabilistic models."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.linalg import eigh
from scipy.sparse.linalg import LinearOperator, eigsh
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import NotFittedError

from inpca.distances import METRICS, pairwise_distances

#: Up to this many models all eigenvalues are computed, beyond it only those that are asked for (by Lanczos iteration).
DENSE_MODELS = 500
#: Rows of a distance matrix that are compared with the embedding at once.
BLOCK = 512


class InPCA(TransformerMixin, BaseEstimator):
    """Embedding of models whose signed squared distances are the distances between the models.

    W = -½ L D L with L = I - 1 1ᵀ/m and D the matrix of distances (neither squared nor rooted); W = U Λ Uᵀ, ordered by
    |λ|; coordinates X = U sqrt|Λ|. An axis with λ < 0 is *time-like*: along it, separation lowers the distance.

    Parameters
    ----------
    n_components : int
        Axes that are kept, those of largest |λ|.
    metric : {"bhattacharyya", "precomputed"}
        Distance between models; with ``"precomputed"``, ``X`` is the matrix of distances.
    log : bool
        X holds log-probabilities.
    random_state : int
        Seed of the start vector of the Lanczos iteration.

    Attributes
    ----------
    embedding_ : (m, k) array
        Coordinates. The entry of largest magnitude of each axis is positive.
    eigenvalues_ : (k,) array
        Signed, ordered by magnitude.
    signature_ : (k,) array of int
        +1 for a space-like axis, -1 for a time-like one.
    explained_stress_ : (k,) array
        1 - sqrt(1 - Σ_{i≤k} λ_i² / ‖W‖_F²), for 1 … k axes; ‖W‖_F is over all m axes.
    distances_ : (m, m) array
        The distances that were embedded.

    References
    ----------
    Quinn et al., "Visualizing probabilistic models and data with intensive principal component analysis",
    PNAS 116(28), 2019. Teoh et al., "Visualizing probabilistic models in Minkowski space with intensive symmetrized
    Kullback-Leibler embedding", Phys. Rev. Research 2, 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca import InPCA
    >>> models = np.random.default_rng(0).dirichlet(np.ones(3), size=(20, 5))
    >>> InPCA(n_components=2).fit_transform(models).shape
    (20, 2)
    """

    def __init__(self, n_components=3, *, metric="bhattacharyya", log=False, random_state=0):
        self.n_components = n_components
        self.metric = metric
        self.log = log
        self.random_state = random_state

    def fit(self, X, y=None, sample_weight=None) -> InPCA:
        """Embed models.

        Parameters
        ----------
        X : (m, N, C) array of models, or (m, m) distances with ``metric="precomputed"``
        y : ignored
        sample_weight : (m,) array, optional
            Weight of each model: the embedding is that of the models with each repeated as often as its weight says.

        Raises
        ------
        ValueError
            For an unknown metric, ``n_components`` not in 1 … m, distances that are not square, finite and symmetric,
            weights that are negative or of another number, or invalid models.
        """
        D = self._distances(X)
        m = len(D)
        if not 1 <= self.n_components <= m:
            raise ValueError(f"n_components must lie in 1 … {m} (the number of models), not {self.n_components}")
        weight = _check_weight(sample_weight, m)
        share = weight / weight.sum()
        self._row_means = np.asarray(D, np.float64) @ share
        self._grand_mean = float(share @ self._row_means)
        eigenvalues, vectors = self._decompose(D, weight)
        order = np.argsort(-np.abs(eigenvalues), kind="stable")[: self.n_components]
        eigenvalues, vectors = eigenvalues[order], vectors[:, order]
        embedding = vectors * np.sqrt(np.abs(eigenvalues))
        largest = embedding[np.abs(embedding).argmax(axis=0), np.arange(len(eigenvalues))]
        self.embedding_ = embedding * np.where(largest < 0, -1, 1)
        self.eigenvalues_ = eigenvalues
        self.signature_ = np.where(eigenvalues < 0, -1, 1)
        norm = _squared_norm(D, share, self._row_means, self._grand_mean) * weight.sum() ** 2
        self.explained_stress_ = 1 - np.sqrt(np.clip(1 - np.cumsum(eigenvalues**2) / norm, 0, None))
        self.distances_ = D
        self._models = None if self.metric == "precomputed" else X
        return self

    def fit_transform(self, X, y=None, sample_weight=None) -> np.ndarray:
        """Embed models and return their coordinates; see :meth:`fit`."""
        return self.fit(X, sample_weight=sample_weight).embedding_

    def transform(self, X) -> np.ndarray:
        """Coordinates of new models, x_i = [-½ (d - mean(d) - d̄ + d̿) · u_i] / (sign(λ_i) sqrt|λ_i|).

        d are the distances of a new model to the fitted ones, d̄ the means over the columns of the fitted distances and
        d̿ their grand mean. A fitted model lands on its own coordinates. Not for weighted embeddings with new
        weights: means are taken with the weights of :meth:`fit`.

        Parameters
        ----------
        X : (q, N, C) array of models, or (q, m) distances to the fitted models with ``metric="precomputed"``

        Returns
        -------
        (q, k) array
        """
        if not hasattr(self, "embedding_"):
            raise NotFittedError("this InPCA is not fitted; call fit first")
        if self.metric == "precomputed":
            D = np.asarray(X, np.float64)
            if D.ndim != 2 or D.shape[1] != len(self.embedding_):
                raise ValueError(f"distances to the {len(self.embedding_)} fitted models expected, not shape {D.shape}")
        else:
            D = pairwise_distances(X, self._models, metric=self.metric, log=self.log)
        centred = D - (D @ self._share)[:, None] - self._row_means + self._grand_mean
        return self._project(centred)

    def transform_view(self, D) -> np.ndarray:
        """Coordinates of the fitted models as seen by other distances between them.

        The rows of -½ L D' L, instead of those of W, are projected on the axes. Where the embedded distances are the
        mean of several matrices, a model's coordinates are the mean of its views: the partial factor scores
        of DISTATIS (Abdi et al., 2005; doi:10.1109/CVPR.2005.445).

        Parameters
        ----------
        D : (m, m) array
            Distances between the same models, for example on other samples.

        Returns
        -------
        (m, k) array
        """
        D = _check_distances(D)
        if len(D) != len(self.embedding_):
            raise ValueError(f"distances between the {len(self.embedding_)} fitted models expected, not {len(D)}")
        means = D @ self._share
        return self._project(D - means[:, None] - means + self._share @ means)

    def _project(self, centred: np.ndarray) -> np.ndarray:
        weighted = (self.embedding_ * self._weight[:, None]) / self.eigenvalues_
        return -0.5 * centred @ weighted

    def explained_distance(self) -> np.ndarray:
        """Explained pairwise distance of 1 … k axes, 1 - Σ_ij |D̂_ij - D_ij| / Σ_ij D_ij.

        D̂_ij = Σ_{i≤k} sign(λ_i) (x_i - x'_i)². Computed in blocks of rows; unlike the stress it may fall when an axis
        is added.

        Returns
        -------
        (k,) array
        """
        return explained_distance(self.embedding_, self.signature_, self.distances_)

    def to_xarray(self) -> xr.Dataset:
        """The fitted embedding as a dataset (without the distances), to be saved in any format xarray writes."""
        return xr.Dataset(
            {
                "embedding": (("model", "axis"), self.embedding_),
                "eigenvalue": ("axis", self.eigenvalues_),
                "signature": ("axis", self.signature_),
                "explained_stress": ("axis", self.explained_stress_),
            },
            coords={"axis": np.arange(1, len(self.eigenvalues_) + 1)},
            attrs={"metric": self.metric},
        )

    def _distances(self, X) -> np.ndarray:
        if self.metric == "precomputed":
            return _check_distances(X)
        if self.metric not in METRICS:
            raise ValueError(f"unknown metric {self.metric!r}; allowed: precomputed, {', '.join(METRICS)}")
        return pairwise_distances(X, metric=self.metric, log=self.log)

    def _decompose(self, D: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues of S W S with S = sqrt(weight), and its eigenvectors divided by S."""
        m, root = len(D), np.sqrt(weight)
        self._weight, self._share = weight, weight / weight.sum()
        if m <= DENSE_MODELS or self.n_components > m // 2:
            W = -0.5 * (D - self._row_means[:, None] - self._row_means + self._grand_mean)
            eigenvalues, vectors = eigh(root[:, None] * W * root)
        else:
            D = np.asarray(D, np.float64)

            def multiply(vector: np.ndarray) -> np.ndarray:
                vector = root * vector.ravel()
                product = D @ (vector - self._share * vector.sum())
                return -0.5 * root * (product - self._share @ product)

            start = np.random.default_rng(self.random_state).standard_normal(m)
            operator = LinearOperator((m, m), matvec=multiply, dtype=np.float64)
            eigenvalues, vectors = eigsh(operator, k=self.n_components, which="LM", v0=start)
        inverse = np.divide(1, root, out=np.zeros(m), where=root > 0)
        return eigenvalues, vectors * inverse[:, None]


def explained_distance(embedding: np.ndarray, signature: np.ndarray, D: np.ndarray) -> np.ndarray:
    """Explained pairwise distance of the first 1 … k axes of any coordinates; see :meth:`InPCA.explained_distance`.

    Parameters
    ----------
    embedding : (m, k) array
    signature : (k,) array of ±1
    D : (m, m) array

    Returns
    -------
    (k,) array
    """
    missed, total = np.zeros(len(signature)), 0.0
    for first in range(0, len(D), BLOCK):
        rows = np.asarray(D[first : first + BLOCK], np.float64)
        total += rows.sum()
        rest = rows.copy()
        for axis, sign in enumerate(signature):
            x = embedding[:, axis]
            rest -= sign * (x[first : first + BLOCK, None] - x) ** 2
            missed[axis] += np.abs(rest).sum()
    return 1 - missed / total


def _squared_norm(D: np.ndarray, share: np.ndarray, row_means: np.ndarray, grand_mean: float) -> float:
    """Σ_ij w_i w_j W_ij² for weights of sum 1, without forming W."""
    squares = sum(
        share[first : first + BLOCK] @ np.square(D[first : first + BLOCK], dtype=np.float64) @ share
        for first in range(0, len(D), BLOCK)
    )
    return float(squares - 2 * share @ row_means**2 + grand_mean**2) / 4


def _check_distances(D) -> np.ndarray:
    D = np.asarray(D)
    if D.ndim != 2 or D.shape[0] != D.shape[1] or not len(D):
        raise ValueError(f"distances must be a square matrix, not of shape {D.shape}")
    if not np.all(np.isfinite(D)):
        raise ValueError("distances hold NaN or infinite values")
    scale = np.abs(D).max()
    asymmetry = np.abs(D - D.T)
    if asymmetry.max() > 1e-6 * scale:
        where = tuple(int(i) for i in np.unravel_index(asymmetry.argmax(), D.shape))
        raise ValueError(
            f"distances are not symmetric: entries {where} and {where[::-1]} differ by {asymmetry.max():g}"
        )
    return D


def _check_weight(weight, m: int) -> np.ndarray:
    if weight is None:
        return np.ones(m)
    weight = np.asarray(weight, np.float64)
    if weight.shape != (m,):
        raise ValueError(f"sample_weight must have the shape ({m},), not {weight.shape}")
    if not np.all(np.isfinite(weight)) or weight.min() < 0 or weight.sum() == 0:
        raise ValueError("sample_weight must be finite, not negative, and not all zero")
    return weight
