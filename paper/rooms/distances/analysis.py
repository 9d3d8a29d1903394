"""Numbers that compare distances, weightings and embeddings of the same models.

Squared distances in a picture stand beside Bhattacharyya distances, as InPCA has it: Σ_i sign(λ_i) (x_i - x'_i)² ≈ d_B.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy.spatial import procrustes
from scipy.spatial.distance import pdist, squareform
from scipy.stats import pearsonr, rankdata, spearmanr

from inpca.embedding.estimator import InPCA
from paper.models import oriented
from paper.report.embedding import stress_numbers

#: Axes of the embeddings that are made only to be compared.
COMPARED_AXES = 10
#: Metrics as they are written, and the unit of their coordinates: the root of that of the distance.
METRIC_NAMES = {
    "bhattacharyya": "Bhattacharyya",
    "spherical": "spherical",
    "jeffreys": "Jeffreys",
    "euclidean": "Euclidean",
    "hellinger": "Hellinger",
}
UNITS = {
    "bhattacharyya": "√nats",
    "spherical": "√rad",
    "jeffreys": "√nats",
    "euclidean": "no unit",
    "hellinger": "no unit",
}
#: Pictures as they are written.
PICTURE_NAMES = {
    "inpca_2": "InPCA, 2 axes",
    "inpca_3": "InPCA, 3 axes",
    "tsne": "t-SNE",
    "umap": "UMAP",
    "progress": "progress alone",
}
#: Hellinger distances above this count as saturated; the largest is 1.
SATURATED = 0.99


def embed(D: np.ndarray, models: Sequence[str], weight: np.ndarray | None = None) -> xr.Dataset:
    """InPCA of distances between labelled models: :data:`COMPARED_AXES` axes, explained stress and distance."""
    inpca = InPCA(min(COMPARED_AXES, len(D)), metric="precomputed").fit(D, sample_weight=weight)
    return oriented(inpca.to_xarray(labels=np.asarray(models)))


def hellinger_distances(D: np.ndarray, n_samples: int) -> np.ndarray:
    """d_H² = 1 - exp(-n d_B) from Bhattacharyya distances, for models on n samples together, as float32.

    Parameters
    ----------
    D : (m, m) array
        Bhattacharyya distances, nats a sample.
    n_samples : int
        n; at the same d_B, d_H² saturates at 1 as n grows.

    Examples
    --------
    >>> hellinger_distances(np.array([[0, 0.1]]), 100).round(3).tolist()
    [[0.0, 1.0]]
    """
    return (-np.expm1(-n_samples * np.asarray(D, np.float64))).astype(np.float32)


def powers_of_ten(n_samples: int) -> list[int]:
    """1, 10, 100, … below the number of samples, and that number.

    Examples
    --------
    >>> powers_of_ten(2000)
    [1, 10, 100, 1000, 2000]
    """
    powers = [10**exponent for exponent in range(len(str(n_samples)))]
    return [*(power for power in powers if power < n_samples), n_samples]


def hellinger_numbers(D: np.ndarray, embeddings: Mapping[int, xr.Dataset]) -> dict:
    """Fraction of pairs of models with a saturated Hellinger distance, and explained stress, by number of samples.

    Parameters
    ----------
    D : (m, m) array
        Bhattacharyya distances.
    embeddings : mapping from a number of samples n to the InPCA of d_H² on n samples
    """
    pairs = squareform(D, checks=False).astype(np.float64)
    return {
        str(n): {
            "saturated": float(np.mean(-np.expm1(-n * pairs) > SATURATED)),
            "explained_stress": stress_numbers(embedding)["explained_stress"],
        }
        for n, embedding in embeddings.items()
    }


def agreement(first: np.ndarray, second: np.ndarray) -> float:
    """Fraction in [0, 1] of the variance of coordinates that others give after shift, rotation and scaling.

    1 less the disparity of :func:`scipy.spatial.procrustes`; both arrays are (m, k).
    """
    return 1 - float(procrustes(first, second)[2])


def crowding_weights(progress: np.ndarray, bins: int) -> np.ndarray:
    """Weights that make up for the crowding of models along the way, w_i = m / (B n_b(i)).

    n_b is the number of models in bin b of progress ([0, 1] in bins of equal width), B the number of bins with models.
    Every such bin has the same total weight; the mean weight is 1.

    Parameters
    ----------
    progress : (m,) array in [0, 1]
    bins : int

    Examples
    --------
    >>> crowding_weights([0.1, 0.2, 0.3, 0.9], bins=2).round(2).tolist()
    [0.67, 0.67, 0.67, 2.0]
    """
    index = np.minimum((np.asarray(progress) * bins).astype(int), bins - 1)
    _, position, counts = np.unique(index, return_inverse=True, return_counts=True)
    return len(index) / (len(counts) * counts[position])


def weighting_numbers(unweighted: xr.Dataset, weighted: xr.Dataset, weight: np.ndarray) -> dict:
    """Explained stress and distance with and without weights, and what the weights are.

    ``effective_models`` is (Σ w)² / Σ w², ``largest_ratio`` the largest weight over the smallest; ``agreement`` is that
    of the first three axes.
    """
    axes = (dataset["embedding"].values[:, :3] for dataset in (unweighted, weighted))
    return {
        "unweighted": stress_numbers(unweighted),
        "weighted": stress_numbers(weighted),
        "agreement": agreement(*axes),
        "effective_models": float(weight.sum() ** 2 / np.sum(weight**2)),
        "largest_ratio": float(weight.max() / weight.min()),
    }


@dataclass(frozen=True)
class Picture:
    """Models as points of a few dimensions.

    Parameters
    ----------
    name : str
        Such as those of :data:`PICTURE_NAMES`.
    coordinates : (m, k) array
    signature : (k,) array of ±1
        -1 for time-like axes.
    unit : str
        √nats where squared distances are meant to be d_B.
    """

    name: str
    coordinates: np.ndarray
    signature: np.ndarray
    unit: str

    @classmethod
    def of_inpca(cls, embedding: xr.Dataset, axes: int) -> Picture:
        """The first axes of an InPCA."""
        first = embedding.isel(axis=slice(axes))
        return cls(f"inpca_{axes}", first["embedding"].values, first["signature"].values, "√nats")

    @classmethod
    def plain(cls, name: str, coordinates: np.ndarray) -> Picture:
        """A picture in ordinary Euclidean space."""
        return cls(name, coordinates, np.ones(coordinates.shape[1]), "no unit")

    def squares(self) -> np.ndarray:
        """Signed squared distances Σ_i s_i (x_i - x'_i)² of all pairs, (m(m-1)/2,) in the order of ``pdist``."""
        axes = zip(self.signature, self.coordinates.T, strict=True)
        return sum(sign * pdist(axis[:, None].astype(np.float64), "sqeuclidean") for sign, axis in axes)

    def steps(self) -> np.ndarray:
        """Signed squared distances between successive models, (m-1,)."""
        return np.diff(self.coordinates.astype(np.float64), axis=0) ** 2 @ self.signature


def signed_root(squares: np.ndarray) -> np.ndarray:
    """sign(x) sqrt|x|.

    Examples
    --------
    >>> signed_root(np.array([-4.0, 9.0])).tolist()
    [-2.0, 3.0]
    """
    return np.sign(squares) * np.sqrt(np.abs(squares))


def trajectory_lengths(table: pd.DataFrame, steps: np.ndarray) -> pd.Series:
    """Length of each run, Σ_t 2 sqrt(d_t), as :func:`inpca.geometry.riemannian_length` has it.

    Parameters
    ----------
    table : DataFrame
        Model table; the rows of a run succeed each other.
    steps : (m-1,) array
        Distances d_B, or signed squares in a picture, between successive rows; a time-like step counts zero.

    Returns
    -------
    Series, by run
    """
    inside = table["run"].eq(table["run"].shift(-1)).to_numpy()[:-1]
    lengths = 2 * np.sqrt(np.clip(np.asarray(steps, np.float64)[inside], 0, None))
    return pd.Series(lengths).groupby(table["run"].to_numpy()[:-1][inside], sort=False).sum()


def nearest(squares: np.ndarray, k: int) -> np.ndarray:
    """Which models are among the k nearest of each, (m, m) of bool, from the squares of all pairs."""
    square = squareform(squares)
    np.fill_diagonal(square, np.inf)
    near = np.zeros(square.shape, bool)
    np.put_along_axis(near, np.argpartition(square, k, axis=1)[:, :k], True, axis=1)
    return near


def preservation_numbers(table: pd.DataFrame, D: np.ndarray, pictures: list[Picture], neighbours: int) -> dict:
    """How well pictures preserve the true distances.

    Parameters
    ----------
    table : DataFrame
        Model table, in the order of D.
    D : (m, m) array
        Bhattacharyya distances.
    pictures : list of Picture
    neighbours : int
        k of the fraction of nearest neighbours that are preserved.

    Returns
    -------
    dict
        For each picture ``distance_spearman`` and ``distance_pearson``: correlation over pairs of models of the
        (signed) distance in the picture with sqrt(d_B); ``length_spearman`` and ``length_pearson``: over runs, of the
        length of the trajectory in the picture with the Riemannian length; ``neighbours_preserved``: fraction of the k
        nearest models of each that are among its k nearest in the picture. Where the unit is that of d_B,
        ``length_ratio`` is the median of the length in the picture over the true one.
    """
    pairs = squareform(D, checks=False).astype(np.float64)
    roots, ranks, near = np.sqrt(pairs), rankdata(pairs), nearest(pairs, neighbours)
    lengths = trajectory_lengths(table, np.diagonal(D, 1))
    numbers = {}
    for picture in pictures:
        squares, in_picture = picture.squares(), trajectory_lengths(table, picture.steps())
        numbers[picture.name] = {
            "distance_spearman": float(pearsonr(ranks, rankdata(squares)).statistic),
            "distance_pearson": float(pearsonr(roots, signed_root(squares)).statistic),
            "length_spearman": float(spearmanr(lengths, in_picture).statistic),
            "length_pearson": float(pearsonr(lengths, in_picture).statistic),
            "neighbours_preserved": float((near & nearest(squares, neighbours)).sum() / near.sum()),
        }
        if picture.unit == "√nats":
            numbers[picture.name]["length_ratio"] = float((in_picture / lengths).median())
    return numbers


def metric_numbers(
    table: pd.DataFrame,
    embeddings: Mapping[str, xr.Dataset],
    distances: Mapping[str, np.ndarray],
    reference: str = "bhattacharyya",
) -> dict:
    """Explained stress and distance of the InPCA of each metric, and how alike it is to that of one of them.

    Parameters
    ----------
    table : DataFrame
        Model table.
    embeddings : mapping from metric to InPCA
    distances : mapping from metric to (m, m) array
    reference : str
        Metric that the others are compared with: ``rank_correlation`` of distances (Spearman) and ``agreement`` of the
        first three coordinates of models of runs.
    """
    models = (table["kind"] == "run").to_numpy()
    ranks = rankdata(squareform(distances[reference], checks=False))
    axes = embeddings[reference]["embedding"].values[models, :3]
    return {
        name: {
            **stress_numbers(embedding),
            "rank_correlation": float(pearsonr(ranks, rankdata(squareform(distances[name], checks=False))).statistic),
            "agreement": agreement(axes, embedding["embedding"].values[models, :3]),
        }
        for name, embedding in embeddings.items()
    }
