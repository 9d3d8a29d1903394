"""Laws of weights, of equal models, of units, and of the error by landmarks."""

import re

import numpy as np
import pytest
import zarr
from scipy.linalg import orthogonal_procrustes
from synthetic import synthetic_models

from inpca import InPCA, geodesic, ignorance, pairwise_distances, truth


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.ones(3), "sample_weight must have the shape (40,), not (3,)"),
        (np.r_[np.nan, np.ones(39)], "sample_weight must be finite, not negative, and not all zero"),
        (np.r_[np.inf, np.ones(39)], "sample_weight must be finite, not negative, and not all zero"),
        (np.r_[-1, np.ones(39)], "sample_weight must be finite, not negative, and not all zero"),
        (
            np.ma.array(np.ones(40), mask=np.arange(40) < 2),
            "sample_weight is a masked array with masked entries; fill or leave them out first",
        ),
        (np.zeros(40), "sample_weight must be finite, not negative, and not all zero"),
        (["1"] * 40, "sample_weight must be an array of real numbers"),
        (np.ones(40) + 0j, "sample_weight must be an array of real numbers"),
        ([[1], [2, 3]], "sample_weight must be an array of real numbers"),
    ],
)
def test_wrong_weights_are_named(models, weight, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        InPCA().fit(models, sample_weight=weight)


def test_whole_weights_repeat_models_and_weight_zero_leaves_them_out(models):
    weight = np.arange(40) % 4
    weighted = InPCA(5).fit(models, sample_weight=weight)
    repeated = InPCA(5).fit(np.repeat(models, weight, axis=0))
    assert np.allclose(weighted.eigenvalues_, repeated.eigenvalues_, rtol=1e-10)
    assert np.allclose(np.repeat(weighted.embedding_, weight, axis=0), repeated.embedding_, atol=1e-9)
    assert np.allclose(weighted.explained_stress_, repeated.explained_stress_, atol=1e-10)
    assert np.allclose(weighted.explained_distance_, repeated.explained_distance_, atol=1e-10)
    assert np.allclose(weighted.transform(models), repeated.transform(models), atol=1e-9)
    assert np.allclose(weighted.transform(models), weighted.embedding_, atol=1e-9)


@pytest.mark.parametrize("scale", [3.0, 1e-200, 1e200])
def test_only_eigenvalues_scale_with_weights(models, scale):
    weight = np.random.default_rng(0).uniform(0.5, 2, 40)
    plain, scaled = (InPCA(4).fit(models, sample_weight=weight * factor) for factor in (1, scale))
    assert np.allclose(scaled.eigenvalues_ / scale, plain.eigenvalues_, rtol=1e-9)
    assert np.allclose(scaled.embedding_, plain.embedding_, atol=1e-9)
    assert np.allclose(scaled.explained_stress_, plain.explained_stress_, atol=1e-10)
    assert np.allclose(scaled.explained_distance_, plain.explained_distance_, atol=1e-10)


NOISE = np.abs(np.random.default_rng(0).standard_normal((6, 6)))


NOISE = np.triu(NOISE, 1) + np.triu(NOISE, 1).T


SIGNS = np.triu(np.random.default_rng(1).choice([-1, 1], (6, 6)), 1)


EQUAL = np.repeat(np.random.default_rng(2).dirichlet(np.ones(5), (1, 30)), 6, axis=0)


@pytest.mark.parametrize(
    ("X", "parameters", "weight"),
    [
        (np.zeros((1, 1)), {}, None),
        (np.zeros((2, 2)), {}, None),
        (np.zeros((500, 500)), {}, None),
        (np.zeros((501, 501)), {}, None),
        (np.zeros((501, 501), np.float32), {}, None),
        (np.zeros((501, 501)), dict(n_landmarks=50), None),
        (np.zeros((501, 501)), {}, np.arange(501)),
        (1e-17 * NOISE, {}, None),
        ((1e-8 * NOISE).astype(np.float32), {}, None),
        (1e-8 * NOISE * (SIGNS + SIGNS.T), {}, None),
        (1e-17 * NOISE, dict(n_landmarks=4), None),
        *((EQUAL, dict(metric=metric), None) for metric in ("bhattacharyya", "spherical", "jeffreys", "hellinger")),
        (EQUAL.astype(np.float32), dict(metric="bhattacharyya"), None),
        (EQUAL, dict(metric="bhattacharyya", n_landmarks=4), None),
    ],
)
def test_equal_models_are_at_zero_with_a_warning(X, parameters, weight):
    k = min(2, len(X))
    with pytest.warns(UserWarning, match="no distance between the models is larger than rounding: all coordinates"):
        inpca = InPCA(k, **{"metric": "precomputed"} | parameters).fit(X, sample_weight=weight)
    assert not inpca.embedding_.any() and not inpca.eigenvalues_.any()
    assert inpca.explained_stress_.tolist() == inpca.explained_distance_.tolist() == [1.0] * k
    assert inpca.landmark_error_ in (None, 0)


@pytest.mark.parametrize("m", [6, 600])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_axes_beyond_the_rank_are_zero(m, dtype):
    points = np.random.default_rng(0).integers(-9, 9, (m, 2))
    D = np.square(points[:, None] - points).sum(axis=-1).astype(dtype)
    inpca = InPCA(5, metric="precomputed").fit(D)
    assert (inpca.eigenvalues_[:2] > 0).all() and not inpca.eigenvalues_[2:].any()
    assert not inpca.embedding_[:, 2:].any()
    assert np.allclose(inpca.transform(D), inpca.embedding_, atol=1e-9)


def test_all_axes_of_many_models():
    points = np.random.default_rng(0).standard_normal((501, 3))
    inpca = InPCA(501, metric="precomputed").fit(np.square(points[:, None] - points).sum(axis=-1))
    assert (inpca.eigenvalues_ != 0).sum() == 3


def noisy_runs():
    """12 runs of 25 checkpoints along one geodesic, each checkpoint with noise of its own."""
    rng = np.random.default_rng(0)
    target = truth(rng.integers(10, size=100), 10)
    path = geodesic(ignorance(100, 10), target, np.linspace(0, 1, 25))
    return np.concatenate([0.9 * path + 0.1 * rng.dirichlet(np.ones(10), (25, 100)) for _ in range(12)])


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        lambda: synthetic_models(600, 40, 5, seed=3),
        noisy_runs,
        lambda: np.random.default_rng(0).dirichlet(np.ones(10), (400, 100)),
    ],
    ids=["alike", "noisy", "random"],
)
def test_the_error_by_landmarks_is_estimated(make):
    D = pairwise_distances(make())
    exact = InPCA(3, metric="precomputed").fit_transform(D)
    for n_landmarks in (20, 50, 200):
        errors, estimates = [], []
        for seed in range(9):
            inpca = InPCA(3, n_landmarks=n_landmarks, metric="precomputed", random_state=seed).fit(D)
            rotation, _ = orthogonal_procrustes(inpca.embedding_, exact)
            errors.append(np.linalg.norm(inpca.embedding_ @ rotation - exact) / np.linalg.norm(exact))
            estimates.append(inpca.landmark_error_)
        assert 0.55 < np.median(estimates) / np.median(errors) < 5, n_landmarks


@pytest.mark.parametrize("unit", [1e160, 1e300])
@pytest.mark.parametrize("kind", [np.asarray, zarr.array])
@pytest.mark.parametrize("n_landmarks", [None, 20])
def test_huge_distances_only_scale_the_embedding(models, unit, kind, n_landmarks):
    D, columns = pairwise_distances(models), slice(None)
    plain, huge = (InPCA(3, metric="precomputed", n_landmarks=n_landmarks).fit(kind(D * u)) for u in (1, unit))
    assert np.allclose(huge.eigenvalues_ / unit, plain.eigenvalues_, rtol=1e-5)
    assert np.allclose(huge.embedding_ / unit**0.5, plain.embedding_, atol=1e-5)
    assert np.allclose(huge.explained_stress_, plain.explained_stress_, atol=1e-6)
    assert np.allclose(huge.explained_distance_, plain.explained_distance_, atol=1e-6)
    columns = columns if n_landmarks is None else huge.landmarks_
    assert np.allclose(huge.transform(kind(unit * D[:, columns])) / unit**0.5, plain.embedding_, atol=1e-5)


@pytest.mark.filterwarnings("error")
def test_tiny_weights_are_weights(models):
    tiny = InPCA(2).fit(models, sample_weight=np.full(40, 5e-324))
    assert np.array_equal(tiny.embedding_, InPCA(2).fit(models).embedding_)
