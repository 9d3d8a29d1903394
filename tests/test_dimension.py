import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpca.dimension import (
    axes_needed,
    explained_stress,
    participation_ratio,
    signed_spectrum,
)
from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.estimator import InPCA


@pytest.fixture
def distances(models):
    return pairwise_distances(models)


def squared_distances(points):
    return ((points[:, None] - points) ** 2).sum(axis=2)


def test_spectrum_and_stress_are_those_of_inpca(distances):
    fitted = InPCA(40, metric="precomputed").fit(distances)
    eigenvalues = signed_spectrum(distances)
    assert np.allclose(eigenvalues[:39], fitted.eigenvalues_[:39], atol=1e-12)
    assert np.allclose(explained_stress(eigenvalues), fitted.explained_stress_, atol=1e-6)


def test_weights_are_repetitions(distances, rng):
    weight = rng.integers(0, 4, len(distances))
    repeated = np.repeat(np.arange(len(distances)), weight)
    expected = signed_spectrum(distances[np.ix_(repeated, repeated)])
    found = signed_spectrum(distances, weight)
    assert np.allclose(found, expected[: len(found)]) and np.allclose(expected[len(found) :], 0, atol=1e-12)


@given(n_axes=st.integers(1, 6), length=st.floats(0.1, 10))
def test_a_cross_of_equal_arms_has_as_many_dimensions_as_arms(n_axes, length):
    cross = length * np.concatenate([np.eye(n_axes), -np.eye(n_axes)])
    eigenvalues = signed_spectrum(squared_distances(cross))
    assert np.isclose(participation_ratio(eigenvalues), n_axes)
    stress = explained_stress(eigenvalues)[:n_axes]
    assert np.allclose(stress, 1 - np.sqrt(1 - np.arange(1, n_axes + 1) / n_axes), atol=1e-6)
    assert axes_needed(eigenvalues) == n_axes


def test_a_time_like_axis_counts_by_its_magnitude():
    values = np.array([2.0, -1.0, 1.0])
    assert participation_ratio(values) == pytest.approx(16 / 6)
    assert np.allclose(explained_stress(values), 1 - np.sqrt([2 / 6, 1 / 6, 0]))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [1, 5])
def test_models_that_are_all_the_same_fill_no_dimension(n):
    zeros = signed_spectrum(np.zeros((n, n)))
    assert np.array_equal(zeros, np.zeros(n))
    assert np.array_equal(explained_stress(zeros), np.ones(n))
    assert axes_needed(zeros) == 0 and participation_ratio(zeros) == 0


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1, np.nan, 1], "weight[1] is nan; weights should be finite and not negative"),
        ([1, 1, np.inf], "weight[2] is inf; weights should be finite and not negative"),
        ([-0.5, 1, 1], "weight[0] is -0.5; weights should be finite and not negative"),
        ([0, 0, 0], "all weights are zero; at least one model should have a positive one"),
        ([1, 1], "weight has the shape (2,); it should be (3,), one number for each model"),
        (2.0, "weight has the shape (); it should be (3,), one number for each model"),
        (["a", "b", "c"], "weight should be 3 numbers, one for each model"),
    ],
)
def test_weights_that_count_no_models_are_refused(weight, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        signed_spectrum(1 - np.eye(3), weight)


@pytest.mark.parametrize(
    ("D", "message"),
    [
        (np.zeros((2, 3)), "D must hold the distances between models, (m, m), not (2, 3)"),
        (np.zeros(4), "D must hold the distances between models, (m, m), not (4,)"),
        (np.zeros((0, 0)), "D must hold the distances between models, (m, m), not (0, 0)"),
        (np.full((2, 2), np.nan), "D holds NaN or infinite distances"),
    ],
)
def test_what_is_no_table_of_distances_is_refused(D, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        signed_spectrum(D)
