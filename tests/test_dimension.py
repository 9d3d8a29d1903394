import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpca.dimension import (
    axes_needed,
    bootstrap_spectra,
    dimension,
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
    found = dimension(np.zeros((n, n)), np.arange(n), n, 3, np.random.default_rng(0))
    expected = {"eigenvalue": np.zeros(n), "axes_needed": 0, "participation_ratio": 0}
    expected |= {"axes_needed_error": 0, "participation_ratio_error": 0}
    assert all(np.array_equal(found[name], value) for name, value in expected.items())
    first = found["explained_stress"].sel(axis=1), found["explained_stress_error"].sel(axis=1)
    assert first == (1, 0)


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


def test_a_seed_is_as_good_as_its_generator(distances):
    run = np.arange(40) // 8
    from_seed, from_generator = (dimension(distances, run, 3, 5, rng=rng) for rng in (4, np.random.default_rng(4)))
    assert from_seed.equals(from_generator)


def test_a_standard_error_takes_two_samples():
    with pytest.raises(ValueError, match=r"^resamples is 1; a standard error takes two or more$"):
        dimension(1 - np.eye(3), np.arange(3), 2, 1, np.random.default_rng(0))


def test_resampled_runs_come_with_all_their_models(distances):
    run = np.arange(40) // 8
    sizes = [len(values) for values in bootstrap_spectra(distances, run, 30, np.random.default_rng(0))]
    assert all(size % 8 == 0 and 8 <= size <= 40 for size in sizes) and len(set(sizes)) > 1


def test_runs_that_are_copies_have_no_error_and_different_ones_have(distances):
    copies = np.tile(np.arange(8), 5)
    of_copies = distances[np.ix_(copies, copies)]
    run = np.arange(40) // 8
    same, different = (dimension(D, run, 50, 20, np.random.default_rng(1)) for D in (of_copies, distances))
    assert same["participation_ratio_error"] < 1e-6 * same["participation_ratio"]
    assert different["participation_ratio_error"] > 0.001
    assert different.sizes["axis"] == 50 and np.isnan(different["eigenvalue"].sel(axis=50))
    again = dimension(distances, run, 50, 20, np.random.default_rng(1))
    assert again.equals(different)
