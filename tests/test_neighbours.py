import warnings

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from paper.rooms.distances.neighbours import tsne, umap


@pytest.fixture
def groups(rng):
    """Three groups of 30 points, far apart."""
    points = rng.standard_normal((90, 4)) + np.repeat(100 * np.eye(4)[:3], 30, axis=0)
    return points, squareform(pdist(points))


def together(place):
    """Whether the nearest other point of each is of its group."""
    D = squareform(pdist(place))
    np.fill_diagonal(D, np.inf)
    return (D.argmin(axis=1) // 30 == np.arange(90) // 30).all()


@pytest.mark.slow
def test_tsne_keeps_groups_and_the_arrangement_it_starts_from_at_any_scale(groups):
    points, D = groups
    place = tsne(D, points[:, :2], 10)
    assert place.shape == (90, 2) and together(place)
    assert np.allclose(place, tsne(D, 5 * points[:, :2], 10), atol=1e-2)
    mirrored = tsne(D, points[:, :2] * [1, -1], 10)
    assert np.corrcoef(place[:, 1], mirrored[:, 1])[0, 1] < 0


@pytest.mark.slow
def test_umap_keeps_groups_without_a_warning_and_is_reproducible(groups):
    points, D = groups
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        place = umap(D, points[:, :2], 10)
    assert place.shape == (90, 2) and together(place)
    assert np.array_equal(place, umap(D, points[:, :2], 10))
