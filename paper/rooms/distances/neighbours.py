"""Embeddings that keep neighbours rather than distances, t-SNE and UMAP, for comparison with InPCA."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.manifold import TSNE

#: Standard deviation of the first axis of t-SNE's start; so small that it sets the arrangement and not the distances.
START_SPREAD = 1e-4


def tsne(distances: np.ndarray, start: np.ndarray, perplexity: float, random_state: int = 0) -> np.ndarray:
    """t-SNE of models in two dimensions, (m, 2).

    Parameters
    ----------
    distances : (m, m) array
    start : (m, 2) array
        Where the models start, up to scale; an informed start keeps more of the arrangement at large than a random one.
    perplexity : float
        Effective number of neighbours of a model, less than m.
    random_state : int

    References
    ----------
    van der Maaten & Hinton, JMLR 9, 2008; Kobak & Linderman, Nature Biotechnology 39, 2021 (start).
    """
    start = START_SPREAD * start / start[:, 0].std()
    return TSNE(
        metric="precomputed", init=start.astype(np.float32), perplexity=perplexity, random_state=random_state, n_jobs=1
    ).fit_transform(distances)


def umap(distances: np.ndarray, start: np.ndarray, neighbours: int, random_state: int = 0) -> np.ndarray:
    """UMAP of models in two dimensions, (m, 2).

    Its own, spectral start draws from a generator without a seed where the graph of neighbours is not connected.

    Parameters
    ----------
    distances : (m, m) array
    start : (m, 2) array
        Where the models start, up to scale.
    neighbours : int
        Neighbours of a model in the graph.
    random_state : int

    References
    ----------
    McInnes, Healy & Melville, arXiv:1802.03426.
    """
    from umap import UMAP  # takes seconds to import

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "using precomputed metric; inverse_transform will be unavailable")
        return UMAP(
            metric="precomputed",
            init=start.astype(np.float32),
            n_neighbors=neighbours,
            random_state=random_state,
            n_jobs=1,
        ).fit_transform(distances)
