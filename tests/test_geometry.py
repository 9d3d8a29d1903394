import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpca.geometry import (
    LARGEST_SAMPLE_DISTANCE,
    bhattacharyya_distance,
    geodesic,
    ignorance,
    progress,
    riemannian_length,
    spherical_distance,
    truth,
)
from inpca.probabilities import check_models

seeds = st.integers(0, 2**32 - 1)


def random_models(seed, *shape):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(shape[-1], rng.uniform(0.2, 3)), size=shape[:-1])


@pytest.mark.parametrize("n_classes", [2, 3, 10, 1000])
def test_distance_from_ignorance_to_truth_is_half_log_of_classes(n_classes):
    labels = np.arange(20) % n_classes
    ends = ignorance(20, n_classes), truth(labels, n_classes)
    assert bhattacharyya_distance(*ends) == pytest.approx(0.5 * np.log(n_classes))
    assert spherical_distance(*ends) == pytest.approx(np.arccos(n_classes**-0.5))


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_geodesic_has_constant_speed_and_the_right_ends(seed):
    P, Q = random_models(seed, 2, 6, 5)
    t = np.linspace(0, 1, 9)
    points = geodesic(P, Q, t)
    assert np.allclose(points.sum(axis=-1), 1)
    assert np.allclose(points[0], P) and np.allclose(points[-1], Q)
    assert np.allclose(spherical_distance(P, points), t * spherical_distance(P, Q), atol=1e-7)


def test_geodesic_between_equal_models_stands_still():
    P = random_models(3, 6, 5)
    assert np.allclose(geodesic(P, P, 0.3), P, rtol=1e-14, atol=0)


@given(seeds, st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_progress_of_a_point_of_the_geodesic_is_its_parameter(seed, t):
    labels = np.random.default_rng(seed).integers(0, 4, size=12)
    point = geodesic(ignorance(12, 4), truth(labels, 4), t)
    assert progress(point[None], labels)[0] == pytest.approx(t, abs=1e-5)


def test_progress_minimises_the_distance_to_the_geodesic():
    X = random_models(5, 20, 30, 4)
    labels = np.arange(30) % 4
    s = progress(X, labels)
    t = np.linspace(0, 1, 20001)
    line = np.sqrt(geodesic(ignorance(30, 4), truth(labels, 4), t))
    for model, found in zip(X, s, strict=True):
        distance = np.arccos(np.clip(np.einsum("nc,tnc->tn", np.sqrt(model), line), 0, 1)).mean(axis=1)
        assert found == pytest.approx(t[distance.argmin()], abs=1e-4)


def test_progress_takes_labels_one_hot_log_and_another_start():
    X = random_models(5, 3, 2, 8, 4)
    labels = np.arange(8) % 4
    expected = progress(X, labels)
    assert expected.shape == (3, 2)
    assert np.array_equal(progress(X, truth(labels, 4)), expected)
    assert np.allclose(progress(np.log(X), labels, log=True), expected, atol=1e-6)
    assert progress(X[0, 0], labels, start=X[0, 0]) == pytest.approx(0, abs=1e-6)


def test_progress_of_the_ends_is_exact():
    labels = np.arange(8) % 4
    ends = np.stack([ignorance(8, 4), truth(labels, 4)])
    assert progress(ends, labels).tolist() == [0, 1]


def test_length_of_a_geodesic_in_many_steps_is_twice_its_bhattacharyya_line_element():
    # d_B(γ_t, γ_{t+h}) = -ln cos(h θ) = (h θ)²/2 + …, so the length is the integral of 2 θ / sqrt(2)
    labels = np.zeros(5, int)
    run = geodesic(ignorance(5, 4), truth(labels, 4), np.linspace(0, 1, 2001))
    assert riemannian_length(run) == pytest.approx(np.sqrt(2) * np.arccos(0.5), rel=1e-5)


def test_models_without_overlap_have_the_bounded_distance():
    P, Q = truth(np.zeros(4, int), 3), truth(np.ones(4, int), 3)
    assert bhattacharyya_distance(P, Q) == pytest.approx(LARGEST_SAMPLE_DISTANCE)
    assert spherical_distance(P, Q) == pytest.approx(np.pi / 2)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_all_floats_are_accepted(dtype):
    X = random_models(1, 2, 5, 3).astype(dtype)
    assert check_models(X).dtype == (np.float64 if dtype == np.float64 else np.float32)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X[0, 0], "must have the shape"),
        (lambda X: X[:0], "is empty"),
        (lambda X: np.where(X[1, 2, 0] == X, np.nan, X), r"NaN or infinite values, the first at index \(1, 2, 0\)"),
        (lambda X: X * np.where(X[1, 2, 0] == X, 1.5, 1), r"index \(1, 2\) sum to"),
        (lambda X: np.log(X), "pass log=True"),
        (lambda X: X - np.where(X[0, 1, 1] == X, 2, 0), r"negative probabilities, the lowest .* at index \(0, 1, 1\)"),
    ],
)
def test_bad_models_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        check_models(change(random_models(2, 3, 4, 5)))


def test_bad_labels_and_shapes_are_named():
    with pytest.raises(ValueError, match="0 … 2"):
        truth(np.array([0, 3]), 3)
    with pytest.raises(ValueError, match=r"sample 1 has 1\.5, not a class"):
        truth(np.array([0.0, 1.5]), 3)
    with pytest.raises(ValueError, match="truth has the shape"):
        progress(random_models(2, 3, 4, 5), truth(np.zeros(3, int), 5))
