"""Averages agree with brute force; centroids are the minima they claim to be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpca import centroids, pairwise_distances
from inpca.centroids import KINDS, ConvergenceError, centroid
from inpca.geometry import LARGEST_SAMPLE_DISTANCE


def objective(X, q, metric):
    """Sum of distances of the models to q; q is positive but need not be normalised."""
    if metric == "bhattacharyya":
        return -np.log(np.sqrt(X * q).sum(axis=-1) / np.sqrt(q.sum(axis=-1))).sum(axis=0).mean()
    return ((X - q) * (np.log(X) - np.log(q))).sum(axis=(0, 2)).mean()


@pytest.fixture
def members(rng):
    return rng.dirichlet(np.full(5, 0.4), size=(7, 11)) * 0.999 + 0.001 / 5


def test_means_agree_with_brute_force(members):
    def normalised(q):
        return q / q.sum(axis=-1, keepdims=True)

    brute = {
        "arithmetic": sum(members) / 7,
        "geometric": normalised(np.prod(members, axis=0) ** (1 / 7)),
        "harmonic": normalised(7 / sum(1 / p for p in members)),
        "sqrt": normalised((sum(np.sqrt(p) for p in members) / 7) ** 2),
    }
    for kind, expected in brute.items():
        assert np.allclose(centroid(members, kind), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("metric", ["bhattacharyya", "jeffreys"])
def test_centroids_are_stationary_and_beat_the_others(members, rng, metric):
    best = centroid(members, metric)
    for _ in range(20):
        direction = rng.standard_normal(best.shape)
        direction -= direction.mean(axis=-1, keepdims=True)  # stays normalised
        h = 1e-5 * best.min()
        slope = objective(members, best + h * direction, metric) - objective(members, best - h * direction, metric)
        assert abs(slope / (2 * h)) < 1e-5
        far = best + 0.1 * best.min() * direction / np.abs(direction).max()
        assert objective(members, far, metric) > objective(members, best, metric)
    values = {kind: objective(members, centroid(members, kind), metric) for kind in KINDS}
    assert min(values, key=values.get) == metric


def test_the_library_measures_the_same_objective(members):
    values = {
        kind: pairwise_distances(members, centroid(members, kind)[None]).mean() for kind in ("bhattacharyya", "sqrt")
    }
    assert values["bhattacharyya"] == pytest.approx(
        objective(members, centroid(members, "bhattacharyya"), "bhattacharyya") / 7, abs=1e-7
    )
    assert values["bhattacharyya"] < values["sqrt"]


@given(st.integers(0, 2**32 - 1), st.sampled_from(KINDS))
@settings(max_examples=40, deadline=None)
def test_averages_are_models_between_their_members(seed, kind):
    X = np.random.default_rng(seed).dirichlet(np.full(4, 0.3), size=(3, 6))
    q = centroid(X, kind)
    assert np.allclose(q.sum(axis=-1), 1) and q.min() >= 0
    assert np.allclose(centroid(X[::-1], kind), q, atol=1e-7)
    assert np.allclose(centroid(np.stack([X[0]] * 3), kind), X[0], atol=1e-7)
    if X.min() > 1e-40:  # logarithms are bounded below
        assert np.allclose(centroid(np.log(X), kind, log=True), q, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_certain_members_that_disagree_are_averaged(kind):
    X = np.eye(3)[np.array([[0, 0], [1, 0]])]
    q = centroid(X, kind)
    # all three classes are next to impossible to one member: 1/p is 1 + e^100 for the first two, 2 e^100 for the third
    assert np.allclose(q[0], [0.4, 0.4, 0.2] if kind == "harmonic" else [0.5, 0.5, 0], atol=1e-9)
    assert np.allclose(q[1], [1, 0, 0], atol=np.exp(-LARGEST_SAMPLE_DISTANCE / 8))


def test_leading_dimensions_are_kept(members):
    X = np.stack([members, members[::-1] ** 2 / (members[::-1] ** 2).sum(axis=-1, keepdims=True)], axis=1)
    for kind in KINDS:
        assert np.allclose(centroid(X, kind)[1], centroid(X[:, 1], kind), atol=1e-7)


def test_bad_input(members, monkeypatch):
    with pytest.raises(ValueError, match="unknown kind 'median'; allowed: arithmetic"):
        centroid(members, "median")
    with pytest.raises(ValueError, match="X must have the shape"):
        centroid(members[0])
    with pytest.raises(ValueError, match="not normalised"):
        centroid(members * 2)
    monkeypatch.setattr(centroids, "MOST_STEPS", 2)
    with pytest.raises(ConvergenceError, match=r"Bhattacharyya centroid of \d+ samples did not converge"):
        centroid(members, "bhattacharyya")
