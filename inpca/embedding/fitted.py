"""What a fitted InPCA says: how much of the distances its axes explain, how others see it, itself as a dataset."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from sklearn.utils.validation import check_is_fitted

from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.distance_matrix import check_distances, check_rows, read_distances
from inpca.embedding.fitting import Fit
from inpca.embedding.input import check_labels, check_placed
from inpca.embedding.placement import Placement
from inpca.embedding.saved import as_dataset, kind_of, unchanged
from inpca.embedding.spectral import explained_distance, times


class FittedMixin:
    """Methods of :class:`inpca.InPCA` that need what it has learnt."""

    n_jobs: int | None
    device: str
    n_features_in_: int
    metric_: str
    embedding_: np.ndarray
    eigenvalues_: np.ndarray
    signature_: np.ndarray
    explained_stress_: np.ndarray
    distances_: Any
    landmarks_: np.ndarray | None
    landmark_error_: float | None
    _explained_distance: np.ndarray | None
    _placement: Placement
    _models: Any
    _order: np.ndarray | None
    _weight: np.ndarray | None
    _of_columns: np.ndarray | None

    def _settings(self) -> dict[str, Any]:
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
        """Explained pairwise distance of 1 … k axes, (k,); computed from ``distances_`` when it is first used.

        1 - Σ_ij |D̂_ij - D_ij| / Σ_ij D_ij with D̂_ij = Σ_{l≤k} sign(λ_l) (x_il - x_jl)², each pair by the product of its
        weights, if there are any. Unlike the stress it may fall when an axis is added. With landmarks, over the pairs
        of a model and a landmark.

        See Also
        --------
        inpca.embedding.explained_distance : The same for any coordinates.

        Examples
        --------
        >>> import numpy as np
        >>> from inpca import InPCA
        >>> x = np.array([[0.0], [1.0], [3.0]])
        >>> InPCA(1, metric="precomputed").fit((x - x.T) ** 2).explained_distance_.round(6)
        array([1.])
        """
        check_is_fitted(self, "embedding_")
        if self._explained_distance is None:
            if not self.embedding_.any() and self.explained_stress_[0] == 1:
                self._explained_distance = np.ones(len(self.eigenvalues_))
            else:
                self._explained_distance = explained_distance(
                    self.embedding_, self.signature_, self.distances_, self.landmarks_, self._weight, self._of_columns
                )
        return self._explained_distance

    def _to_fitted(self, X) -> Any:
        """Distances (q, n) of new models, or of rows of distances, to the fitted models or landmarks."""
        check_is_fitted(self, "embedding_")
        check_placed(X, self.n_features_in_, of_models=self._models is not None)
        if self._models is None:
            return check_rows(read_distances(self, X, reset=False), self.n_features_in_)
        unchanged(self)
        D = pairwise_distances(X, self._models, metric=self.metric_, **self._settings())
        return D if self._order is None else D[:, self._order]

    def place(self, X, labels=None) -> xr.Dataset:
        """New models among the fitted ones, which stay where they are, and how well the axes hold each.

        Parameters
        ----------
        X : as of :meth:`inpca.InPCA.transform`
        labels : (q,) array of str or int, optional
            Coordinate ``model`` of the dataset; 0 … q-1 unless given.

        Returns
        -------
        Dataset
            ``embedding`` (model, axis), as ``transform`` gives it. ``residual`` (model): what the axes leave of the
            signed squared distance of a model x from the mean of the fitted ones, Σ_j w_j d_j - ½ d̿ - Σ_i sign(λ_i)
            x_i², in the unit of the distance; negative where time-like directions are left. ``explained_distance``
            (model): 1 - Σ_j |d̂_j - d_j| / Σ_j d_j over the fitted models j (the landmarks), d̂_j = Σ_i sign(λ_i)
            (x_i - x_ji)²; 1 where the axes give every distance, and NaN where all distances are 0.

        Raises
        ------
        TypeError, ValueError
            As :meth:`inpca.InPCA.transform`, and for labels of another number or type.

        See Also
        --------
        inpca.InPCA.from_xarray : A published embedding, to place models in.

        Examples
        --------
        >>> import numpy as np
        >>> from inpca import InPCA
        >>> x = np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]])
        >>> fitted = InPCA(1, metric="precomputed").fit(((x[:, None] - x) ** 2).sum(axis=2))
        >>> new = np.array([[2.0, 0.5]])  # half a unit beside the line of the others
        >>> placed = fitted.place(((new[:, None] - x) ** 2).sum(axis=2))
        >>> placed["residual"].values.round(6)
        array([0.25])
        """
        D = np.asarray(self._to_fitted(X)[:], np.float64)
        placement, sign = self._placement, np.asarray(self.signature_, float)
        coordinates = placement.place(D)
        fitted = self.embedding_ if self.landmarks_ is None else self.embedding_[self.landmarks_]
        from_mean = D @ placement.weight - placement.grand_mean / 2
        estimate = ((coordinates**2) @ sign)[:, None] + (fitted**2) @ sign - 2 * (coordinates * sign) @ fitted.T
        with np.errstate(invalid="ignore"):
            explained = 1 - np.abs(estimate - D).sum(axis=1) / D.sum(axis=1)
        return xr.Dataset(
            {
                "embedding": (("model", "axis"), coordinates),
                "residual": ("model", from_mean - ((coordinates + placement.offset) ** 2) @ sign),
                "explained_distance": ("model", explained),
            },
            coords={
                "model": check_labels(np.arange(len(D)) if labels is None else labels, len(D)),
                "axis": np.arange(1, len(sign) + 1),
            },
            attrs={"metric": self.metric_},
        )

    def transform_view(self, D) -> np.ndarray:
        """Coordinates of the fitted models as seen by other distances between them.

        The rows of -½ L D' L, instead of those of W, are projected on the axes. Where the embedded distances are the
        mean of several matrices, a model's coordinates are the mean of its views.

        Parameters
        ----------
        D : (m, m) array
            Distances D' between the same models, for example on other samples; with landmarks (m, n), to these.

        Returns
        -------
        (m, k) array

        Raises
        ------
        TypeError, ValueError
            For invalid distances, or those of another number of models or landmarks.

        See Also
        --------
        inpca.InPCA.transform : New models by their distances.

        References
        ----------
        The partial factor scores of DISTATIS: Abdi et al., 2005, doi:10.1109/CVPR.2005.445.

        Examples
        --------
        >>> import numpy as np
        >>> from inpca import InPCA, pairwise_distances
        >>> models = np.random.default_rng(0).dirichlet(np.ones(3), size=(20, 6))
        >>> halves = [pairwise_distances(models[:, some]) for some in (slice(0, 3), slice(3, 6))]
        >>> inpca = InPCA(2, metric="precomputed").fit((halves[0] + halves[1]) / 2)
        >>> views = [inpca.transform_view(D) for D in halves]
        >>> bool(np.allclose((views[0] + views[1]) / 2, inpca.embedding_))
        True
        """
        check_is_fitted(self, "embedding_")
        weight, m = self._placement.weight, len(self.embedding_)
        D = check_distances(D) if self.landmarks_ is None else check_rows(D, len(weight))
        if D.shape[0] != m:
            raise ValueError(f"distances between the {m} fitted models expected, not {D.shape[0]}")
        if self.landmarks_ is None:
            means = times(D, weight)
        else:
            among = np.asarray(D[self.landmarks_], np.float64)
            means = (among + among.T) / 2 @ weight
        return self._placement.place(D, means, float(weight @ means))

    def to_xarray(self, labels=None) -> xr.Dataset:
        """The fitted embedding without models and distances, to be saved in any format that xarray writes.

        With a fingerprint of each model, by which ``from_xarray`` knows it again.

        Parameters
        ----------
        labels : (m,) array of str or int, optional
            Coordinate ``model`` of the dataset; unless given those of the fitted xarray or DataFrame, or 0 … m-1.

        Returns
        -------
        Dataset
            ``embedding`` (model, axis); ``eigenvalue``, ``signature``, ``explained_stress``, ``explained_distance``
            (axis); and what places other models by their distances to the landmarks, which all models are unless some
            were chosen: ``projection`` (landmark, axis), ``offset``, ``landmark_mean``, ``landmark_weight``,
            ``fingerprint``.

        Raises
        ------
        ValueError
            For labels of another number or type, or if the fitted models have changed since.

        See Also
        --------
        inpca.plotting.spectrum : A figure of what is returned.

        Examples
        --------
        >>> import numpy as np
        >>> from inpca import InPCA
        >>> models = np.random.default_rng(0).dirichlet(np.ones(3), size=(3, 5))
        >>> dataset = InPCA(2).fit(models).to_xarray(labels=["a", "b", "c"])
        >>> dataset["embedding"].sel(model="b", axis=1).dims, dict(dataset.sizes)["axis"]
        ((), 2)
        """
        check_is_fitted(self, "embedding_")
        return as_dataset(self, labels)
