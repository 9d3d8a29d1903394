"""Intensive principal component analysis (InPCA): a Minkowski embedding of probabilistic models."""

from __future__ import annotations

import numpy as np
import xarray as xr
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from inpca.distances.pairwise import as_models, pairwise_distances
from inpca.embedding.distance_matrix import check_distances, check_rows, read_distances
from inpca.embedding.fingerprints import fingerprints
from inpca.embedding.fitting import Fit, fit_all, fit_landmarks
from inpca.embedding.input import check_numbers, check_parameters, check_placed, check_weight, labels_of, warn_of_zeros
from inpca.embedding.saved import as_dataset, give_models, kind_of, parameters_of, restore, unchanged
from inpca.embedding.spectral import explained_distance, times


class InPCA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
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
    normalize : bool
        Accept samples whose probabilities do not sum to 1, such as rounded ones, or logits with ``log=True``.
    n_landmarks : int, optional
        Models to whose distances the computation is restricted.
    random_state : int
        Seed of the Lanczos iteration and of the choice of landmarks.

    Attributes
    ----------
    embedding_ : (m, k) array
        Coordinates. The entry of largest magnitude of each axis is positive. Axes beyond the rank of W are 0; all
        are, with a warning, if no distance is larger than rounding.
    eigenvalues_ : (k,) array
        Signed, ordered by magnitude; proportional to the weights, if there are any.
    signature_ : (k,) array of int
        +1 for a space-like axis, and one of 0, -1 for a time-like one.
    explained_stress_ : (k,) array
        1 - sqrt(1 - Σ_{i≤k} λ_i² / ‖W‖_F²), for 1 … k axes; ‖W‖_F² is the sum over all m axes, computed from D (with
        landmarks: what the axes leave of it is estimated from the distances to them). 1 if W is 0: nothing is left
        unexplained.
    distances_ : (m, m) array, or (m, n_landmarks)
        The distances that were embedded.
    landmarks_ : (n_landmarks,) array of int, or None
    metric_, log_, normalize_ : str, bool, bool
        The parameters of the fit, which are those of what follows, whatever is set meanwhile.
    landmark_error_ : float, or None
        Relative error of the coordinates, estimated by :func:`.landmarks.landmark_error`; None for few landmarks.

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

    def __init__(
        self,
        n_components=3,
        *,
        metric="bhattacharyya",
        log=False,
        normalize=False,
        n_landmarks=None,
        random_state=0,
        n_jobs=None,
        device="cpu",
    ):
        self.n_components = n_components
        self.metric = metric
        self.log = log
        self.normalize = normalize
        self.n_landmarks = n_landmarks
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.device = device

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = tags.input_tags.positive_only = self.metric == "precomputed"
        tags.input_tags.three_d_array = self.metric != "precomputed"
        tags.input_tags.two_d_array = self.metric == "precomputed"
        return tags

    def fit(self, X, y=None, sample_weight=None) -> InPCA:
        """Embed models.

        Parameters
        ----------
        X : (m, N, C) array of models, or (m, m) distances with ``metric="precomputed"``
            Models are not copied: they must stay as they are for as long as others are placed or it is saved.
        y : ignored
        sample_weight : (m,) array, optional
            Weight of each model: the embedding is that of the models with each repeated as often as its weight says.

        Raises
        ------
        TypeError, ValueError
            For parameters of a wrong type or out of range, distances that are not square, finite, symmetric, 0 on the
            diagonal and not negative, invalid weights, weights together with landmarks, or invalid models.
        """
        check_parameters(self, X)
        precomputed = self.metric == "precomputed"
        given = check_distances(read_distances(self, X, reset=True)) if precomputed else as_models(X, "X")
        m = given.shape[0]
        check_numbers(self, m)
        self.n_features_in_ = given.shape[-1]
        self.metric_, self.log_, self.normalize_ = self.metric, bool(self.log), bool(self.normalize)
        self._labels, self._order = labels_of(X), None
        if self.n_landmarks is None:
            self._weight, unit = check_weight(sample_weight, m)
            self._learn(fit_all(self, given, self._weight, **self._settings()))
            self.eigenvalues_ = self.eigenvalues_ * unit
        elif sample_weight is not None:
            raise ValueError("sample_weight and n_landmarks cannot be combined")
        else:
            self._weight = None
            self._learn(fit_landmarks(self, given, **self._settings()))
            # distances that transform takes
            self.n_features_in_ = self.n_landmarks if precomputed else self.n_features_in_
        self._fingerprints = None if precomputed else fingerprints(self._models, **kind_of(self))
        self._fingerprints_seen = self._fingerprints
        warn_of_zeros(self.embedding_)
        return self

    def _settings(self) -> dict:
        """How distances are computed."""
        return {**kind_of(self), "n_jobs": self.n_jobs, "device": self.device}

    def _learn(self, fit: Fit) -> None:
        embedding = fit.embedding
        self.embedding_, self.eigenvalues_ = embedding.coordinates, embedding.eigenvalues
        self.signature_ = np.where(embedding.eigenvalues < 0, -1, 1)
        self.explained_stress_, self._explained_distance = embedding.explained_stress(), None
        self.distances_, self.landmarks_, self.landmark_error_ = fit.distances, fit.landmarks, fit.landmark_error
        self._placement, self._models = embedding.placement, fit.models

    @property
    def _n_features_out(self) -> int:
        return len(self.eigenvalues_)

    @property
    def explained_distance_(self) -> np.ndarray:
        """Explained pairwise distance of 1 … k axes, (k,); computed from ``distances_`` when it is first used."""
        check_is_fitted(self, "embedding_")
        if self._explained_distance is None:
            if not self.embedding_.any() and self.explained_stress_[0] == 1:
                self._explained_distance = np.ones(len(self.eigenvalues_))
            else:
                self._explained_distance = explained_distance(
                    self.embedding_, self.signature_, self.distances_, self.landmarks_, self._weight
                )
        return self._explained_distance

    def fit_transform(self, X, y=None, **fit_params) -> np.ndarray:
        """Coordinates (m, k) of models that are embedded; parameters and errors are those of :meth:`fit`."""
        return self.fit(X, **fit_params).embedding_

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

        Raises
        ------
        TypeError, ValueError
            For invalid models or distances, or if the fitted models have changed since.
        """
        check_is_fitted(self, "embedding_")
        check_placed(X, self.n_features_in_, of_models=self._models is not None)
        if self._models is None:
            D = check_rows(read_distances(self, X, reset=False), self.n_features_in_)
        else:
            unchanged(self)
            D = pairwise_distances(X, self._models, metric=self.metric_, **self._settings())
            D = D if self._order is None else D[:, self._order]
        return self._placement.place(D)

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
        if self.landmarks_ is not None or D.shape[0] != len(self.embedding_):
            raise ValueError(f"distances between the {len(self.embedding_)} fitted models expected, not {D.shape[0]}")
        weight = self._placement.weight
        means = times(D, weight)
        return self._placement.place(D, means, float(weight @ means))

    def to_xarray(self, labels=None) -> xr.Dataset:
        """The fitted embedding without models and distances, to be saved in any format that xarray writes.

        With a fingerprint of each model, by which :meth:`from_xarray` knows it again.

        Parameters
        ----------
        labels : (m,) array of str or int, optional
            Coordinate ``model`` of the dataset; unless given those of the fitted xarray or DataFrame, or 0 … m-1.

        Raises
        ------
        ValueError
            For labels of another number or type, or if the fitted models have changed since.
        """
        check_is_fitted(self, "embedding_")
        return as_dataset(self, labels)

    @classmethod
    def from_xarray(cls, dataset: xr.Dataset, models=None) -> InPCA:
        """A fitted InPCA from what :meth:`to_xarray` returned, or from a file that the workflow wrote.

        Parameters
        ----------
        dataset : Dataset
        models : (m, N, C) array, optional
            The fitted models, in any order, or any models among which are all landmarks; they are known by their
            fingerprints. Give them as they were fitted, as probabilities or log-probabilities: probabilities of few
            digits lose the smallest ones, with a warning. With models :meth:`transform` takes models of the same kind,
            without them distances to the fitted models (the landmarks), in their order.

        Raises
        ------
        ValueError
            If models are missing or foreign, or if the dataset is of distances and not of models.

        Notes
        -----
        To place own models, log-probabilities (q, N, C) on the training samples, in the embedding of a study::

            dataset = xr.load_dataset("results/fashion/embeddings/main/train.nc", engine="scipy")
            stores = open_stores(sorted(Path("results/fashion/predictions/main").glob("*.zarr")))
            points = int(dataset["model"].str.startswith("geodesic/").sum())
            inpca = InPCA.from_xarray(dataset, models=stack_log_probs(stores, "train", points))
            coordinates = inpca.transform(own)
        """
        inpca = cls(**parameters_of(dataset))
        restore(inpca, dataset)
        if models is not None:
            give_models(inpca, models, dataset.attrs.get("mean_of"))
        return inpca
