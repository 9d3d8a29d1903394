"""Intensive principal component analysis (InPCA): a Minkowski embedding of probabilistic models."""

from __future__ import annotations

import numpy as np
import xarray as xr
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin

from inpca.distances.pairwise import as_models
from inpca.embedding.distance_matrix import check_distances, read_distances
from inpca.embedding.fingerprints import fingerprints
from inpca.embedding.fitted import FittedMixin
from inpca.embedding.fitting import fit_all, fit_landmarks
from inpca.embedding.given_landmarks import fit_columns
from inpca.embedding.input import check_numbers, check_parameters, check_weight, labels_of, warn_of_zeros
from inpca.embedding.saved import give_models, kind_of, parameters_of, restore


class InPCA(FittedMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
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
        Number k of axes, those of largest |λ|.
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
    n_jobs : int, optional
        Threads of the distances between models; all for None and -1. The result does not depend on it.
    device : str
        Where distances between models are computed: ``"cpu"``, or a device of torch such as ``"cuda"``.

    Attributes
    ----------
    embedding_ : (m, k) array
        Coordinates, in the square root of the unit of the distance (sqrt(nats) for bhattacharyya). The entry of largest
        magnitude of each axis is positive. Axes beyond the rank of W are 0; all are, with a warning, if no distance is
        larger than rounding.
    eigenvalues_ : (k,) array
        Signed, ordered by magnitude; proportional to the weights, if there are any.
    signature_ : (k,) array of int
        +1 for a space-like axis, and one of 0, -1 for a time-like one.
    explained_stress_ : (k,) array
        1 - sqrt(1 - Σ_{i≤k} λ_i² / ‖W‖_F²), for 1 … k axes; ‖W‖_F² is the sum over all m axes, computed from D (with
        landmarks: what the axes leave of it is estimated from the distances to them). 1 if W is 0: nothing is left
        unexplained.
    explained_distance_ : (k,) array
        1 - Σ_ij |D̂_ij - D_ij| / Σ_ij D_ij for 1 … k axes, with D̂ the signed squared differences of the coordinates.
    distances_ : (m, m) array, or (m, n_landmarks)
        The distances that were embedded; None after :meth:`from_xarray`.
    landmarks_ : (n_landmarks,) array of int, or None
        Positions of the models to which distances were computed.
    metric_, log_, normalize_ : str, bool, bool
        The parameters of the fit, which are those of what follows, whatever is set meanwhile.
    landmark_error_ : float, or None
        Relative error of the coordinates, estimated by :func:`.landmarks.landmark_error`; None for few landmarks.

    See Also
    --------
    inpca.pairwise_distances : The distances.
    inpca.progress : How far a model is on the way to the truth.
    inpca.plotting.pairs : A figure of an embedding.

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
    >>> inpca = InPCA(n_components=2).fit(models)
    >>> inpca.embedding_.shape, inpca.signature_.tolist(), inpca.get_feature_names_out().tolist()
    ((20, 2), [1, 1], ['inpca0', 'inpca1'])
    >>> bool(inpca.explained_stress_[0] < inpca.explained_stress_[1] < 1)
    True
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

    def fit(self, X, y=None, sample_weight=None, landmarks=None, landmark_weight=None) -> InPCA:
        """Embed models.

        Parameters
        ----------
        X : (m, N, C) array of models, or (m, m) distances with ``metric="precomputed"``
            Models are not copied: they must stay as they are for as long as others are placed or it is saved.
        y : ignored
        sample_weight : (m,) array, optional
            Weight of each model: the embedding is that of the models with each repeated as often as its weight says.
        landmarks : (n,) array of int, optional
            With ``metric="precomputed"``: X is (m, n), the distances to these models, which were chosen beforehand.
        landmark_weight : (n,) array, optional
            How many models each of them stands for where stress and distances of all models are estimated; all the
            same unless given.

        Returns
        -------
        InPCA
            Itself.

        Raises
        ------
        TypeError, ValueError
            For parameters of a wrong type or out of range, distances that are not square, finite, symmetric, 0 on the
            diagonal and not negative, invalid weights, weights together with landmarks, landmarks that are not one
            model for each column, or invalid models.

        See Also
        --------
        inpca.InPCA.transform : Places other models.

        Examples
        --------
        >>> import numpy as np
        >>> from inpca import InPCA
        >>> D = np.array([[0.0, 1.0, 9.0], [1.0, 0.0, 4.0], [9.0, 4.0, 0.0]])  # squares: 0, 1 and 3 on a line
        >>> (np.ptp(InPCA(1, metric="precomputed").fit(D).embedding_)).round(6)
        np.float64(3.0)
        """
        check_parameters(self, X)
        precomputed = self.metric == "precomputed"
        if landmarks is not None or landmark_weight is not None:
            return fit_columns(self, X, landmarks, landmark_weight, sample_weight)
        given = check_distances(read_distances(self, X, reset=True)) if precomputed else as_models(X, "X")
        m = given.shape[0]
        check_numbers(self, m)
        self.n_features_in_ = given.shape[-1]
        self.metric_, self.log_, self.normalize_ = self.metric, bool(self.log), bool(self.normalize)
        self._labels, self._order, self._of_columns = labels_of(X), None, None
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

    def fit_transform(self, X, y=None, **fit_params) -> np.ndarray:
        """Coordinates (m, k) of models that are embedded; parameters and errors are those of :meth:`fit`.

        See Also
        --------
        inpca.InPCA.fit : The same without coordinates.

        Examples
        --------
        >>> import numpy as np
        >>> from inpca import InPCA
        >>> models = np.random.default_rng(0).dirichlet(np.ones(3), size=(20, 5))
        >>> InPCA(2).set_output(transform="pandas").fit_transform(models).columns.tolist()
        ['inpca0', 'inpca1']
        """
        return self.fit(X, **fit_params).embedding_

    def transform(self, X) -> np.ndarray:
        """Coordinates of new models, x_i = [-½ (d - mean(d) - d̄ + d̿) · u_i] / (sign(λ_i) sqrt|λ_i|).

        d are the distances of a new model to the fitted ones (or to the landmarks), d̄ the means over the columns of the
        fitted distances and d̿ their grand mean. A fitted model lands on its own coordinates.

        Parameters
        ----------
        X : (q, N, C) array of models, or (q, m) distances to the fitted models (the landmarks, if there are any) with
            ``metric="precomputed"`` or after ``from_xarray``

        Returns
        -------
        (q, k) array
            In the unit of the fitted coordinates, the square root of that of the distances.

        Raises
        ------
        TypeError, ValueError
            For invalid models or distances, or if the fitted models have changed since.

        See Also
        --------
        inpca.InPCA.place : The same with how well each model is placed.
        inpca.InPCA.transform_view : The fitted models by other distances.

        References
        ----------
        De Silva & Tenenbaum, "Sparse multidimensional scaling using landmark points", 2004.

        Examples
        --------
        >>> import numpy as np
        >>> from inpca import InPCA
        >>> models = np.random.default_rng(0).dirichlet(np.ones(3), size=(20, 5))
        >>> inpca = InPCA(2).fit(models)
        >>> bool(np.allclose(inpca.transform(models[:3]), inpca.embedding_[:3], atol=1e-6))
        True
        """
        D = self._to_fitted(X)
        return self._placement.place(D)

    @classmethod
    def from_xarray(cls, dataset: xr.Dataset, models=None) -> InPCA:
        """A fitted InPCA from what :meth:`to_xarray` returned.

        Parameters
        ----------
        dataset : Dataset
        models : (m, N, C) array, optional
            The fitted models, in any order, or any models among which are all landmarks; they are known by their
            fingerprints. Give them as they were fitted, as probabilities or log-probabilities: probabilities of few
            digits lose the smallest ones, with a warning. With models :meth:`transform` takes models of the same kind,
            without them distances to the fitted models (the landmarks), in their order.

        Returns
        -------
        InPCA

        Raises
        ------
        TypeError, ValueError
            If this is no such dataset, models are missing or foreign, or the dataset is of distances and not of models.

        Examples
        --------
        >>> import numpy as np
        >>> from inpca import InPCA, pairwise_distances
        >>> models = np.random.default_rng(0).dirichlet(np.ones(3), size=(20, 5))
        >>> saved = InPCA(2).fit(models).to_xarray()
        >>> placed = InPCA.from_xarray(saved, models=models[::-1]).transform(models[:4])
        >>> by_distances = InPCA.from_xarray(saved).transform(pairwise_distances(models[:4], models))
        >>> bool(np.allclose(placed, by_distances, atol=1e-6))
        True
        """
        inpca = cls(**parameters_of(dataset))
        restore(inpca, dataset)
        if models is not None:
            give_models(inpca, models, dataset.attrs.get("mean_of"))
        return inpca
