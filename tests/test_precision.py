"""Numbers of few digits are taken for what their rounding makes of probabilities; small distances have their digits."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax

import inpca
from inpca.probabilities import check_models, sum_tolerance

RNG = np.random.default_rng(5)
P = RNG.dirichlet(np.ones(4), (5, 6))


@pytest.mark.parametrize("n_classes", [2, 10, 1000, 50_000])
@pytest.mark.parametrize("kind", ["probabilities", "logs"])
@pytest.mark.parametrize("scale", [0.0, 1.0, 10.0])
def test_float16_is_taken_for_what_its_rounding_makes_of_models(n_classes, kind, scale):
    logs = log_softmax(scale * np.random.default_rng(0).normal(size=(20, n_classes)), axis=-1)
    given = logs if kind == "logs" else np.exp(logs)
    if kind == "probabilities" and n_classes * scale > 10_000:
        return  # most of them are below the smallest float16
    found = check_models(given.astype(np.float16), log=kind == "logs")
    assert found.dtype == np.float32
    assert np.allclose(found.sum(axis=-1), 1, rtol=0, atol=1e-5)
    bfloat16 = check_models(torch.tensor(given).bfloat16(), log=kind == "logs")
    assert np.allclose(bfloat16.sum(axis=-1), 1, rtol=0, atol=1e-5)


def test_sums_may_be_off_by_what_rounding_in_their_type_makes():
    rng = np.random.default_rng(1)
    for n_classes, log in [(10, False), (1000, False), (10, True), (1000, True)]:
        exact = rng.dirichlet(np.ones(n_classes), 200)
        given = np.log(exact) if log else exact
        sums = given.astype(np.float16).astype(float)
        sums = (np.exp(sums) if log else sums).sum(axis=1)
        assert np.abs(sums - 1).max() < sum_tolerance("float16", n_classes, log=log) < 0.01
    assert sum_tolerance("float32", 10, log=True) == sum_tolerance("float64", 1000, log=False) == 1e-4


def test_float16_tables_are_renormalised_so_that_equal_models_are_at_distance_zero():
    half = P.astype(np.float16)
    assert inpca.bhattacharyya_distance(half, half).max() == 0
    assert inpca.spherical_distance(half, half).max() == 0
    assert inpca.riemannian_length(np.repeat(half[:1], 25, axis=0)) == 0
    exact = half.astype(np.float64) / half.astype(np.float64).sum(axis=-1, keepdims=True)
    found = inpca.bhattacharyya_distance(half, half[::-1])
    assert np.allclose(found, inpca.bhattacharyya_distance(exact, exact[::-1]), rtol=1e-5, atol=1e-12)


@given(st.floats(-7, -2), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_small_distances_have_their_digits(exponent, seed):
    rng = np.random.default_rng(seed)
    roots = np.sqrt(rng.dirichlet(np.full(6, 2), 8))
    direction = rng.normal(size=roots.shape)
    direction -= (direction * roots).sum(axis=1, keepdims=True) * roots
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    angle = 10**exponent * roots.min()
    other = np.cos(angle) * roots + np.sin(angle) * direction
    assert inpca.bhattacharyya_distance(roots**2, other**2) == pytest.approx(
        -np.log1p(-2 * np.sin(angle / 2) ** 2), rel=1e-5, abs=0
    )
    assert inpca.spherical_distance(roots**2, other**2) == pytest.approx(angle, rel=1e-5)


def test_ends_of_progress_in_float32_do_not_move_a_point_of_the_geodesic():
    labels = RNG.integers(0, 10, 2000)
    ends = inpca.ignorance(2000, 10), 0.999 * inpca.truth(labels, 10) + 0.0001
    point = inpca.geodesic(*ends, 0.37)
    start, target = (end.astype(np.float32) for end in ends)
    assert inpca.progress(point, target, start) == pytest.approx(0.37, abs=2e-6)
    assert inpca.progress(point.astype(np.float32), target, start) == pytest.approx(0.37, abs=2e-6)


def test_logarithms_of_what_no_float32_holds_have_their_distances():
    A = np.array([[0, -120.0]], np.float32)
    exact = -np.log(2 * np.exp(-60.0) / (1 + np.exp(-120.0)))
    assert inpca.bhattacharyya_distance(A, A[:, ::-1], log=True) == pytest.approx(exact, rel=1e-12)
    assert inpca.trajectory_distance(A[None], A[None, :, ::-1], log=True) == pytest.approx(exact, rel=1e-12)
    way = np.stack([A, A[:, ::-1]])
    assert inpca.riemannian_length(way, log=True) == pytest.approx(2 * np.sqrt(exact), rel=1e-12)
    assert inpca.pairwise_distances(way, log=True)[0, 1] == pytest.approx(exact, rel=1e-5)
