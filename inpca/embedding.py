"""Intensive principal component analysis (InPCA): a Minkowski embedding of probabilistic models."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.linalg import eigh, orthogonal_procrustes
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from inpca.distances import METRICS, as_models, pairwise_distances
from inpca.frame import Frame, residual_squared_norm
from inpca.spectral import check_distances, explained_distance, squared_norm, times

#: Axes of the landmarks' embedding that are kept beyond twice those asked for, before all models turn to their own.
LANDMARK_AXES = 20


class InPCA(TransformerMixin, BaseEstimator):
    """Embedding of models whose signed squared differences are the distances between the models.

    W = -½ L D L with L = I - 1 1ᵀ/m and D the matrix of distances (neither squared nor rooted); W = U Λ Uᵀ, ordered by
    |λ|; coordinates X = U sqrt|Λ|. An axis with λ < 0 is *time-like*: along it, separation lowers the distance.

    Beyond some hundred models, axes are found by Lanczos iteration with W applied, never formed; memory beyond the
    distances is a few vectors an axis. With ``n_landmarks``, only distances to that many randomly chosen models are
    computed; these are embedded, all models are placed among them, and the result is centred and turned to its own
    principal axes (Nyström's approximation of W).

    Parameters
    ----------
    n_components : int
        Axes that are kept, those of largest |λ|.
    metric : str
        Distance between models, one of :data:`inpca.distances.METRICS`; with ``"precomputed"``, ``X`` is the matrix of
        distances: an array in memory (float32 or float64), memory-mapped, or zarr.
    log : bool
        X holds log-probabilities.
    n_landmarks : int, optional
        Models to whose distances the computation is restricted.
    random_state : int
        Seed of the start vector of the Lanczos iteration and of the choice of landmarks.

    Attributes
    ----------
    embedding_ : (m, k) array
        Coordinates. The entry of largest magnitude of each axis is positive.
    eigenvalues_ : (k,) array
        Signed, ordered by magnitude.
    signature_ : (k,) array of int
        +1 for a space-like axis, -1 for a time-like one.
    explained_stress_ : (k,) array
        1 - sqrt(1 - Σ_{i≤k} λ_i² / ‖W‖_F²), for 1 … k axes; ‖W‖_F² is the sum over all m axes, computed from D (with
        landmarks: what the axes leave of it is estimated from the distances to them).
    distances_ : (m, m) array, or (m, n_landmarks)
        The distances that were embedded.
    landmarks_ : (n_landmarks,) array of int, or None
    landmark_error_ : float, or None
        Estimated root mean square error of the coordinates, relative to their size: half the difference of two
        embeddings, each with half of the landmarks, after the best rotation.

    References
    ----------
    Quinn et al., "Visualizing probabilistic models and data with intensive principal component analysis",
    PNAS 116(28), 2019. Teoh et al., "Visualizing probabilistic models in Minkowski space with intensive symmetrized
    Kullback-Leibler embedding", Phys. Rev. Research 2, 2020. De Silva & Tenenbaum, "Sparse multidimensional scaling
    using landmark points", 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca import InPCA
    >>> models = np.random.default_rng(0).dirichlet(np.ones(3), size=(20, 5))
    >>> InPCA(n_components=2).fit_transform(models).shape
    (20, 2)
    """

    def __init__(self, n_components=3, *, metric="bhattacharyya", log=False, n_landmarks=None, random_state=0):
        self.n_components = n_components
        self.metric = metric
        self.log = log
        self.n_landmarks = n_landmarks
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self.metric == "precomputed"
        tags.input_tags.three_d_array = self.metric != "precomputed"
        tags.input_tags.two_d_array = self.metric == "precomputed"
        return tags

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
            For an unknown metric, ``n_components`` or ``n_landmarks`` not in 1 … m, distances that are not square,
            finite and symmetric, weights that are negative or of another number, weights together with landmarks, or
            invalid models.
        """
        if self.metric not in (*METRICS, "precomputed"):
            raise ValueError(f"unknown metric {self.metric!r}; allowed: precomputed, {', '.join(METRICS)}")
        given = check_distances(self._read(X)) if self.metric == "precomputed" else as_models(X, "X")
        m = given.shape[0]
        for name in ("n_components", "n_landmarks"):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= m:
                raise ValueError(f"{name} must lie in 1 … {m} (the number of models), not {value}")
        if self.n_landmarks is not None and self.n_landmarks < self.n_components:
            raise ValueError(f"n_landmarks {self.n_landmarks} is less than n_components {self.n_components}")
        self.n_features_in_ = given.shape[-1]
        self._models = None if self.metric == "precomputed" else given
        if self.n_landmarks is None:
            self._fit_all(given, _check_weight(sample_weight, m))
        elif sample_weight is not None:
            raise ValueError("sample_weight and n_landmarks cannot be combined")
        else:
            self._fit_landmarks(given)
            if self.metric == "precomputed":
                self.n_features_in_ = self.n_landmarks  # distances that transform takes
        return self

    def _read(self, X, reset: bool = True):
        """A matrix as scikit-learn wants its input to be; one in chunks, such as a zarr array, is left where it is."""
        if hasattr(X, "chunks"):
            return X
        return validate_data(self, X, dtype=[np.float64, np.float32], reset=reset)

    def _fit_all(self, X, weight: np.ndarray) -> None:
        D = X if self.metric == "precomputed" else pairwise_distances(X, metric=self.metric, log=self.log)
        frame = Frame.of(D, weight, self.n_components, self.random_state)
        norm = squared_norm(D, weight, frame.anchor_means, frame.grand_mean)
        self._set(frame.coordinates, frame.eigenvalues, norm)
        self._frame, self._map, self._offset = frame, np.diag(self._flips), np.zeros(self.n_components)
        self.distances_, self.landmarks_, self.landmark_error_ = D, None, None

    def _fit_landmarks(self, X) -> None:
        m = X.shape[0]
        rng = np.random.default_rng(self.random_state)
        landmarks = np.sort(rng.choice(m, self.n_landmarks, replace=False))
        D = self._distances_to(X, landmarks)
        half = np.isin(np.arange(len(landmarks)), rng.choice(len(landmarks), len(landmarks) // 2, replace=False))
        if min(half.sum(), (~half).sum()) > self.n_components:
            halves = [self._place_all(D, landmarks, part)[0] for part in (half, ~half)]
            rotation, _ = orthogonal_procrustes(*halves)
            size = np.linalg.norm(halves[1])
            self.landmark_error_ = float(np.linalg.norm(halves[0] @ rotation - halves[1]) / (2 * size))
        else:
            self.landmark_error_ = None
        coordinates, eigenvalues, self._frame, self._map, self._offset = self._place_all(
            D, landmarks, np.full(len(landmarks), True)
        )
        rest = residual_squared_norm(D, landmarks, coordinates, eigenvalues)
        self._set(coordinates, eigenvalues, float(np.sum(eigenvalues**2)) + rest)
        self._map, self._offset = self._map * self._flips, self._offset * self._flips
        self.distances_, self.landmarks_ = D, landmarks

    def _distances_to(self, X, landmarks: np.ndarray) -> np.ndarray:
        """Distances of all models to the landmarks, (m, n_landmarks) float32, exactly zero to themselves."""
        if self.metric == "precomputed":
            D = np.stack([np.asarray(X[:, column], np.float32) for column in landmarks], axis=1)
        else:
            D = np.empty((X.shape[0], len(landmarks)), np.float32)
            self._models = np.stack([np.asarray(X[i]) for i in landmarks])
            pairwise_distances(X, self._models, metric=self.metric, log=self.log, out=D)
        D[landmarks, np.arange(len(landmarks))] = 0
        return D

    def _place_all(self, D: np.ndarray, landmarks: np.ndarray, part: np.ndarray):
        """Embed some of the landmarks, place all models among them, centre, and turn to the principal axes.

        For coordinates Y of all models with signature S, centred: Z = Y - ȳ, W ≈ Z S Zᵀ. With G = ZᵀZ its eigenvalues
        are those of G^½ S G^½ = V Λ Vᵀ, and its coordinates are Z G^-½ V sqrt|Λ|.
        """
        among = D[np.ix_(landmarks[part], part)].astype(np.float64)
        axes = min(part.sum() - 1, 2 * self.n_components + LANDMARK_AXES)
        frame = Frame.of((among + among.T) / 2, np.ones(part.sum()), max(axes, self.n_components), self.random_state)
        Y = frame.place(D[:, part])
        middle = Y.mean(axis=0)
        Z = Y - middle
        size, turn = eigh(Z.T @ Z)
        size = np.sqrt(np.clip(size, size.max() * np.finfo(float).eps, None))
        half, inverse = (turn * size) @ turn.T, (turn / size) @ turn.T
        eigenvalues, vectors = eigh(half @ (np.sign(frame.eigenvalues)[:, None] * half))
        order = np.argsort(-np.abs(eigenvalues), kind="stable")[: self.n_components]
        to_axes = inverse @ vectors[:, order] * np.sqrt(np.abs(eigenvalues[order]))
        return Z @ to_axes, eigenvalues[order], frame, to_axes, middle @ to_axes

    def _set(self, coordinates: np.ndarray, eigenvalues: np.ndarray, norm: float) -> None:
        largest = coordinates[np.abs(coordinates).argmax(axis=0), np.arange(len(eigenvalues))]
        self._flips = np.where(largest < 0, -1.0, 1.0)
        self.embedding_ = coordinates * self._flips
        self.eigenvalues_ = eigenvalues
        self.signature_ = np.where(eigenvalues < 0, -1, 1)
        explained = np.cumsum(eigenvalues**2) / norm if norm > 0 else np.ones(len(eigenvalues))
        self.explained_stress_ = 1 - np.sqrt(np.clip(1 - explained, 0, None))

    def fit_transform(self, X, y=None, sample_weight=None) -> np.ndarray:
        """Embed models and return their coordinates; see :meth:`fit`."""
        return self.fit(X, sample_weight=sample_weight).embedding_

    def transform(self, X) -> np.ndarray:
        """Coordinates of new models, x_i = [-½ (d - mean(d) - d̄ + d̿) · u_i] / (sign(λ_i) sqrt|λ_i|).

        d are the distances of a new model to the fitted ones (or to the landmarks), d̄ the means over the columns of the
        fitted distances and d̿ their grand mean. A fitted model lands on its own coordinates.

        Parameters
        ----------
        X : (q, N, C) array of models, or (q, m) distances to the fitted models (the landmarks, if there are any) with
            ``metric="precomputed"`` or after :meth:`from_xarray`

        Returns
        -------
        (q, k) array
        """
        check_is_fitted(self, "embedding_")
        if self._models is None:
            D = self._read(X, reset=False)
        else:
            D = pairwise_distances(X, self._models, metric=self.metric, log=self.log)
        return self._frame.place(D) @ self._map - self._offset

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
        check_is_fitted(self, "embedding_")
        D = check_distances(D)
        if self.landmarks_ is not None or len(D) != len(self.embedding_):
            raise ValueError(f"distances between the {len(self.embedding_)} fitted models expected, not {len(D)}")
        means = times(D, self._frame.share)
        return self._frame.place(D, means, float(self._frame.share @ means)) @ self._map

    def explained_distance(self) -> np.ndarray:
        """Explained pairwise distance of 1 … k axes; see :func:`inpca.spectral.explained_distance`.

        Returns
        -------
        (k,) array
            With landmarks, over the pairs of a model and a landmark.
        """
        check_is_fitted(self, "embedding_")
        if self.distances_ is None:
            raise ValueError("distances are not kept by to_xarray; use inpca.spectral.explained_distance with them")
        return explained_distance(self.embedding_, self.signature_, self.distances_, self.landmarks_)

    def to_xarray(self) -> xr.Dataset:
        """The fitted embedding without models and distances, to be saved in any format that xarray writes."""
        check_is_fitted(self, "embedding_")
        frame = self._frame
        dataset = xr.Dataset(
            {
                "embedding": (("model", "axis"), self.embedding_),
                "eigenvalue": ("axis", self.eigenvalues_),
                "signature": ("axis", self.signature_),
                "explained_stress": ("axis", self.explained_stress_),
                "projection": (("anchor", "axis"), frame.projection @ self._map),
                "offset": ("axis", self._offset),
                "anchor_mean": ("anchor", frame.anchor_means),
                "anchor_share": ("anchor", frame.share),
            },
            coords={"axis": np.arange(1, len(self.eigenvalues_) + 1)},
            attrs={"metric": self.metric, "log": int(self.log), "grand_mean": frame.grand_mean},
        )
        if self.landmarks_ is not None:
            dataset["landmark"] = ("anchor", self.landmarks_)
            dataset.attrs["landmark_error"] = np.nan if self.landmark_error_ is None else self.landmark_error_
        return dataset

    @classmethod
    def from_xarray(cls, dataset: xr.Dataset, models=None) -> InPCA:
        """A fitted InPCA from what :meth:`to_xarray` returned.

        Parameters
        ----------
        dataset : Dataset
        models : (m, N, C) array, optional
            The fitted models (or all landmarks); with them :meth:`transform` takes models, without them distances.
        """
        metric, k = dataset.attrs["metric"], dataset.sizes["axis"]
        landmarks = dataset["landmark"].values if "landmark" in dataset else None
        inpca = cls(
            k, metric=metric, log=bool(dataset.attrs["log"]), n_landmarks=None if landmarks is None else len(landmarks)
        )
        inpca.embedding_, inpca.eigenvalues_ = dataset["embedding"].values, dataset["eigenvalue"].values
        inpca.signature_, inpca.explained_stress_ = dataset["signature"].values, dataset["explained_stress"].values
        inpca._frame = Frame(
            dataset["anchor_share"].values, dataset["anchor_mean"].values, float(dataset.attrs["grand_mean"]),
            dataset["projection"].values, inpca.eigenvalues_, inpca.embedding_,
        )  # fmt: skip
        inpca.n_features_in_ = dataset.sizes["anchor"]
        inpca._map, inpca._offset = np.eye(k), dataset["offset"].values
        inpca.landmarks_, inpca.distances_, inpca._models = landmarks, None, models
        error = dataset.attrs.get("landmark_error", np.nan)
        inpca.landmark_error_ = None if np.isnan(error) else float(error)
        return inpca


def _check_weight(weight, m: int) -> np.ndarray:
    if weight is None:
        return np.ones(m)
    weight = np.asarray(weight, np.float64)
    if weight.shape != (m,):
        raise ValueError(f"sample_weight must have the shape ({m},), not {weight.shape}")
    if not np.all(np.isfinite(weight)) or weight.min() < 0 or weight.sum() == 0:
        raise ValueError("sample_weight must be finite, not negative, and not all zero")
    return weight
