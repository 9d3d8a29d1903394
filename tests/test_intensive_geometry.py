"""The intensive limit against closed forms: the curse, replicas, coins, Gaussians, light cones, corners."""

import numpy as np
import pytest

from inpca import InPCA, pairwise_distances, signed_spectrum
from paper.exponential_family import iskl_coordinates, light_ratio, symmetrized_divergences
from paper.rooms.intensive_geometry import analysis, coins, corners, replicas


def test_hellinger_of_many_samples_is_that_of_their_joint_distribution(rng):
    models = rng.dirichlet(np.ones(3), size=(4, 3))  # 4 models, 3 samples: 27 outcomes
    joint = np.einsum("ma,mb,mc->mabc", *np.moveaxis(models, 1, 0)).reshape(4, -1)
    roots = np.sqrt(joint)
    direct = 0.5 * ((roots[:, None] - roots) ** 2).sum(axis=2)
    assert replicas.replicated(pairwise_distances(models), 3) * 3 == pytest.approx(direct, abs=1e-6)


def test_all_models_at_one_distance_have_one_eigenvalue():
    far = np.full((6, 6), 50.0) * (1 - np.eye(6))
    found = replicas.by_samples(replicas.logistic_models(6, 4000, seed=1), [4000])
    assert signed_spectrum(1 - np.exp(-far))[:5] == pytest.approx(np.full(5, 0.5))
    assert found["hellinger"]["axes"][0] == pytest.approx(5, rel=1e-6)
    assert found["hellinger"]["contrast"][0] < 1e-6 < 0.1 < found["bhattacharyya"]["contrast"][0]


@pytest.mark.parametrize("n", [1e-2, 1e-4])
def test_few_replicas_are_below_the_limit_by_half_their_number(n):
    d = np.array([0.1, 0.5, 2.0])
    assert (1 - replicas.replicated(d, n) / d) == pytest.approx(n * d / 2, rel=0.01)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_whole_replicas_of_a_coin_span_as_many_axes_as_heads_can_be_counted(n):
    spectrum = signed_spectrum(replicas.replicated(coins.coin_distances(coins.coin_angles(15)), n))
    n_axes = n + n % 2  # roots of n + 1 probabilities, which an affine relation joins if n is even: (c² + s²)^(n/2) = 1
    assert (np.abs(spectrum) > 1e-12).sum() == n_axes
    assert (spectrum[:n_axes] > 0).all()


@pytest.mark.parametrize("m", [5, 9, 11])
def test_coins_have_as_many_time_like_axes_as_space_like_ones(m):
    spectrum = signed_spectrum(coins.coin_distances(coins.coin_angles(m)))
    some = spectrum[: m - 1]
    assert abs(spectrum[-1]) < 1e-12 < np.abs(some).min()
    assert np.sign(some).tolist() == [1, -1] * ((m - 1) // 2)


def test_the_series_of_coins_is_an_isometry_and_has_the_spectrum_of_inpca():
    angles = coins.coin_angles(21)
    heads = np.sin(angles) ** 2
    models = np.stack([heads, 1 - heads], axis=-1)[:, None]
    x, signs = coins.coin_coordinates(angles, 500)
    series = np.einsum("k,ijk->ij", signs, (x[:, None] - x) ** 2)
    assert series == pytest.approx(pairwise_distances(models), abs=1e-6)
    assert series == pytest.approx(coins.coin_distances(angles), abs=1e-12)
    assert InPCA(4).fit(models).eigenvalues_ == pytest.approx(analysis.embedded_spectrum(x, signs)[:4], abs=1e-5)


def test_gaussians_of_one_width_are_a_line_and_those_of_one_mean_all_space_like():
    line = np.linspace(-1.5, 1.5, 12)
    spectrum = signed_spectrum(coins.mean_distances(line, 0.5))
    assert spectrum[0] == pytest.approx(((line - line.mean()) ** 2).sum() / 2)
    assert np.abs(spectrum[1:]).max() < 1e-12
    x = coins.width_coordinates(line, 3000)
    assert ((x[:, None] - x) ** 2).sum(axis=2) == pytest.approx(coins.width_distances(line), abs=1e-12)
    grid = np.linspace(-60, 60, 40_001)
    widths = np.exp([-1.0, 0.7])[:, None]
    overlap = np.exp(-(grid**2) / 4 * (1 / widths**2).sum()) / np.sqrt(2 * np.pi * widths.prod())
    direct = -np.log(np.trapezoid(overlap, grid))
    assert coins.width_distances([-1.0, 0.7])[0, 1] == pytest.approx(direct, abs=1e-9)


def test_exact_coordinates_give_the_symmetrised_divergence_at_any_scale(rng):
    eta = rng.normal(size=(9, 2))
    mean = np.tanh(eta) + 0.1 * eta
    D = symmetrized_divergences(eta, mean)
    for scale in (None, [1.0, 3.0]):
        S, T, _ = iskl_coordinates(eta, mean, scale)
        squares = ((S[:, None] - S) ** 2).sum(axis=2) - ((T[:, None] - T) ** 2).sum(axis=2)
        assert squares == pytest.approx(D)
    spectrum = signed_spectrum(D)
    assert np.abs(spectrum[4:]).max() < 1e-12
    assert sorted(np.sign(spectrum[:4])) == [-1, -1, 1, 1]


def test_the_scale_makes_coordinates_least(rng):
    eta, mean = rng.normal(size=(9, 1)), 5 * rng.normal(size=(9, 1))
    size = {factor: _size(eta, mean, factor) for factor in (0.9, 1, 1.1)}
    assert size[1] < min(size[0.9], size[1.1])


def _size(eta, mean, factor):
    S, T, _ = iskl_coordinates(eta, mean, factor * iskl_coordinates(eta, mean).scale)
    return (S**2 + T**2).sum()


def test_members_that_are_all_the_same_have_no_scale():
    with pytest.raises(ValueError, match="differ neither in η nor"):
        iskl_coordinates(np.ones((3, 1)), np.arange(3.0)[:, None])


def test_same_predictions_or_same_weights_are_light_like():
    S, T, _ = iskl_coordinates([[0.0], [1.0], [1.0]], [[0.2], [0.2], [0.9]])
    assert light_ratio(S[0] - S[1], T[0] - T[1]) == pytest.approx(1)
    assert light_ratio(S[1] - S[2], T[1] - T[2]) == pytest.approx(1)


@pytest.mark.parametrize(("n_classes", "doubt"), [(4, 1e-3), (10, 1e-9), (5, 0.3)])
def test_corners_and_ignorance_have_the_spectrum_in_closed_form(n_classes, doubt):
    models = corners.corner_models(np.arange(7) % n_classes, n_classes, doubt)
    D = pairwise_distances(models)
    between, to_ignorance = corners.corner_distances(n_classes, doubt)
    assert D[1, 2] == pytest.approx(between, abs=1e-5)
    assert D[0, 1] == pytest.approx(to_ignorance, abs=1e-5)
    of_corners, of_ignorance = corners.corner_spectrum(n_classes, doubt)
    expected = sorted([*[of_corners] * (n_classes - 1), of_ignorance, 0])
    assert sorted(signed_spectrum(D)) == pytest.approx(expected, abs=1e-5)
    assert (of_ignorance < 0) == (between > 2 * to_ignorance * n_classes / (n_classes - 1))


def test_ignorance_nears_the_light_cone_of_the_truth_as_corners_become_certain():
    parts, spectra, closed = analysis.by_doubt(np.arange(6) % 3, 3, np.array([1e-2, 1e-4, 1e-8, 1e-16]))
    ratios = parts[:, 0, 1] / parts[:, 0, 0]
    assert (np.diff(ratios) > 0).all()
    for doubt, (space, time) in zip((1e-2, 1e-4, 1e-8, 1e-16), parts[:, 0], strict=True):
        between, to_ignorance = corners.corner_distances(3, doubt)
        assert space == pytest.approx(between / 3, rel=1e-4)  # the squared radius of the simplex
        assert space - time == pytest.approx(to_ignorance, rel=1e-4)
    assert spectra == pytest.approx(closed, rel=1e-4)
