import numpy as np
import pytest

from inpca.distances import TILE, pairwise_distances
from inpca.geometry import LARGEST_SAMPLE_DISTANCE, ignorance, truth


def brute_force(X, Y):
    """The formula in float64, one pair at a time."""
    result = np.empty((len(X), len(Y)))
    for i, P in enumerate(np.asarray(X, np.float64)):
        for j, Q in enumerate(np.asarray(Y, np.float64)):
            overlap = np.clip(np.sqrt(P * Q).sum(axis=1), np.exp(-LARGEST_SAMPLE_DISTANCE), 1)
            result[i, j] = -np.log(overlap).mean()
    return result


@pytest.mark.parametrize(
    ("m", "n_samples", "n_classes", "tolerance"),
    [(1, 1, 2, 1e-7), (TILE, 7, 3, 1e-7), (TILE + 5, 2000, 10, 1e-7), (70, 13, 120, 5e-7)],
)
def test_equals_brute_force(rng, m, n_samples, n_classes, tolerance):
    X = rng.dirichlet(np.full(n_classes, 0.3), size=(m, n_samples))
    assert np.allclose(pairwise_distances(X), brute_force(X, X), rtol=0, atol=tolerance)


def test_two_sets_equal_brute_force(rng):
    X, Y = rng.dirichlet(np.ones(5), size=(41, 9)), rng.dirichlet(np.ones(5), size=(37, 9))
    assert np.allclose(pairwise_distances(X, Y), brute_force(X, Y), rtol=0, atol=1e-7)


def test_is_a_symmetric_non_negative_matrix_with_zero_diagonal(models):
    D = pairwise_distances(models)
    assert np.array_equal(D, D.T)
    assert not D.diagonal().any()
    assert D.min() >= 0


def test_nearly_identical_models_keep_their_small_distance(rng):
    P = rng.dirichlet(np.full(10, 2.0), size=2000)
    noise = rng.standard_normal(P.shape)
    Q = P * (1 + 0.0028 * noise)
    Q /= Q.sum(axis=1, keepdims=True)
    exact = brute_force([P], [Q])[0, 0]
    assert 5e-7 < exact < 2e-6
    X = np.stack([P, Q]).astype(np.float32)
    assert pairwise_distances(X)[0, 1] == pytest.approx(exact, rel=0.05)


def test_confident_wrong_predictions_do_not_underflow():
    log_probs = np.full((2, 8, 3), -150.0, np.float32)
    log_probs[0, :, 0] = 0
    log_probs[1, :, 1] = 0
    D = pairwise_distances(log_probs, log=True)
    assert D[0, 1] == pytest.approx(75 - np.log(2), rel=1e-5)


def test_disjoint_models_have_the_bounded_distance():
    X = np.stack([truth(np.zeros(9, int), 3), truth(np.ones(9, int), 3), ignorance(9, 3)])
    D = pairwise_distances(X)
    assert D[0, 1] == pytest.approx(LARGEST_SAMPLE_DISTANCE, rel=1e-3)
    assert D[0, 2] == pytest.approx(0.5 * np.log(3), abs=1e-7)


def test_log_probabilities_give_the_same(models):
    assert np.allclose(pairwise_distances(np.log(models), log=True), pairwise_distances(models), rtol=0, atol=1e-7)


def test_does_not_depend_on_the_number_of_threads(models):
    assert np.array_equal(pairwise_distances(models, n_jobs=1), pairwise_distances(models))


def test_bad_input_is_named(models):
    with pytest.raises(ValueError, match=r"metric 'cosine'; allowed: bhattacharyya"):
        pairwise_distances(models, metric="cosine")
    with pytest.raises(ValueError, match="same samples and classes"):
        pairwise_distances(models, models[:, :-1])
    with pytest.raises(ValueError, match=r"\(models, samples, classes\)"):
        pairwise_distances(models[0])
    with pytest.raises(ValueError, match=r"Y\[0:\] is not normalised"):
        pairwise_distances(models, models * 2)
