import time

import numpy as np
import pytest
import torch
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from inpca import progress_bar
from inpca.distances import blocks as distances_blocks
from inpca.distances import kernels
from inpca.distances.kernels import TILE
from inpca.distances.pairwise import METRICS, pairwise_distances
from inpca.geometry import LARGEST_SAMPLE_DISTANCE, ignorance, truth

FLOOR = np.exp(-LARGEST_SAMPLE_DISTANCE)


def brute_force(X, Y, metric="bhattacharyya"):
    """The formulas in float64, one pair of renormalised models at a time."""
    X, Y = (M / M.sum(axis=-1, keepdims=True) for M in (np.asarray(X, np.float64), np.asarray(Y, np.float64)))
    result = np.empty((len(X), len(Y)))
    for i, P in enumerate(X):
        for j, Q in enumerate(Y):
            half_chord = ((np.sqrt(P) - np.sqrt(Q)) ** 2).sum(axis=1) / 2
            overlap = np.clip(np.sqrt(P * Q).sum(axis=1), FLOOR, 1)
            d_B = np.where(half_chord < 0.5, -np.log1p(-np.minimum(half_chord, 0.5)), -np.log(overlap))
            logs = [np.log(np.maximum(M, FLOOR)) for M in (P, Q)]
            result[i, j] = {
                "bhattacharyya": d_B,
                "hellinger": d_B,
                "spherical": 2 * np.arcsin(np.minimum(np.sqrt(half_chord / 2), np.sqrt(0.5))),
                "jeffreys": ((P - Q) * (logs[0] - logs[1])).sum(axis=1),
                "euclidean": ((P - Q) ** 2).sum(axis=1),
            }[metric].mean()
    return -np.expm1(-X.shape[1] * result) if metric == "hellinger" else result


def close_models(rng, m, n_samples, n_classes):
    """Models around one of them, at distances from 1e-13 to 1."""
    base = rng.dirichlet(np.full(n_classes, 0.7), size=n_samples)
    width = np.geomspace(1e-6, 1, m)[:, None, None]
    models = base * np.exp(width * rng.standard_normal((m, n_samples, n_classes)))
    return models / models.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize(
    ("m", "n_samples", "n_classes", "tolerance"),
    [(1, 1, 2, 1e-7), (TILE, 7, 3, 1e-7), (TILE + 5, 2000, 10, 1e-7), (70, 13, 120, 5e-7), (130, 33, 500, 5e-7)],
)
def test_equals_brute_force(rng, m, n_samples, n_classes, tolerance):
    X = rng.dirichlet(np.full(n_classes, 0.3), size=(m, n_samples))
    some = np.unique(np.linspace(0, m - 1, 20).astype(int))
    exact = brute_force(X[some], X[some])
    assert np.allclose(pairwise_distances(X)[np.ix_(some, some)], exact, rtol=0, atol=tolerance)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("n_classes", [1, 2, 3, 10, 16, 17, 47, 48, 101, 1000])
def test_all_metrics_equal_brute_force_for_all_numbers_of_classes(rng, metric, n_classes):
    X, Y = (rng.dirichlet(np.full(n_classes, 0.5), size=(m, 3)) for m in (TILE + 3, TILE + 9))
    X[4], Y[2], Y[-1] = X[7], X[-2], X[3]
    some = np.array([0, 3, 4, 7, TILE, TILE + 1, TILE + 2])
    others = np.append(some, TILE + 8)
    within, between = pairwise_distances(X, metric=metric), pairwise_distances(X, Y, metric=metric)
    assert np.array_equal(within, within.T) and not within.diagonal().any()
    assert within[4, 7] == between[-2, 2] == between[3, -1] == 0
    tolerance = 3e-6 if metric == "jeffreys" else 5e-7
    assert np.allclose(within[np.ix_(some, some)], brute_force(X[some], X[some], metric), rtol=1e-6, atol=tolerance)
    assert np.allclose(
        between[np.ix_(some, others)], brute_force(X[some], Y[others], metric), rtol=1e-6, atol=tolerance
    )
    # few models are computed in double precision
    few = pairwise_distances(X[:3], Y[:2], metric=metric)
    assert np.allclose(few, brute_force(X[:3], Y[:2], metric), rtol=1e-12, atol=1e-15)
    assert np.allclose(pairwise_distances(X[3:8], metric=metric), brute_force(X[3:8], X[3:8], metric), 1e-12, 1e-15)


@pytest.mark.parametrize("metric", METRICS)
def test_torch_gives_the_same(models, metric, monkeypatch):
    monkeypatch.setattr("inpca.distances.torch_path.BLOCK_MODELS", 16)
    monkeypatch.setattr("inpca.distances.torch_path.BLOCK_SAMPLES", 8)
    # "cpu:0" is a device of torch, so that the code for CUDA runs here
    on_device = pairwise_distances(models, metric=metric, device="cpu:0")
    assert np.allclose(on_device, pairwise_distances(models, metric=metric), rtol=1e-5, atol=2e-6)
    between = pairwise_distances(models, models[:7], metric=metric, device="cpu:0")
    assert np.allclose(between, on_device[:, :7], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("log", [False, True])
def test_blocks_give_the_same(models, monkeypatch, log):
    X = np.concatenate([models] * 5)
    X = np.log(X) if log else X
    whole = pairwise_distances(X, log=log)
    monkeypatch.setattr(distances_blocks, "BLOCK_BYTES", 4 * 34 * 4 * TILE)
    assert np.array_equal(pairwise_distances(X, log=log), whole)
    assert np.array_equal(pairwise_distances(X, X[:30], log=log)[31:], whole[31:, :30])


def test_many_classes_in_blocks_give_the_same(rng, monkeypatch, tmp_path):
    X = rng.dirichlet(np.full(50, 0.5), size=(90, 70))
    whole = pairwise_distances(X)
    monkeypatch.setattr(
        distances_blocks, "BLOCK_BYTES", 16 * distances_blocks.SAMPLE_PARTS * 20**2
    )  # 20 models, 51 samples
    stored = zarr.create_array(tmp_path / "x.zarr", data=X, chunks=(7, 30, 50))
    for given_models in (X, X[::-1][::-1], np.asfortranarray(X), stored):
        assert np.allclose(pairwise_distances(given_models), whole, rtol=0, atol=1e-7)
    assert np.allclose(pairwise_distances(X, X[:30]), whole[:, :30], rtol=0, atol=1e-7)
    assert np.array_equal(pairwise_distances(X, n_jobs=1), pairwise_distances(X, n_jobs=2))


def test_reads_and_writes_arrays_of_all_kinds(models, tmp_path):
    expected = pairwise_distances(models)
    X = models.astype(np.float32)
    np.save(tmp_path / "x.npy", X)
    stored = zarr.create_array(tmp_path / "x.zarr", data=X, chunks=(7, 30, 4))
    for given_models in (np.load(tmp_path / "x.npy", mmap_mode="r"), stored, torch.tensor(X), X.tolist()):
        assert np.allclose(pairwise_distances(given_models), expected, atol=1e-6)
    mapped = np.lib.format.open_memmap(tmp_path / "d.npy", "w+", np.float32, expected.shape)
    written = zarr.create_array(tmp_path / "d.zarr", shape=expected.shape, chunks=(16, 16), dtype="float32")
    for out in (mapped, written):
        assert pairwise_distances(models, out=out) is out
        assert np.allclose(out[:], expected, atol=1e-6)


def test_is_a_symmetric_non_negative_matrix_with_zero_diagonal(models):
    D = pairwise_distances(models)
    assert np.array_equal(D, D.T)
    assert not D.diagonal().any()
    assert D.min() >= 0


@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(2, 12))
@settings(max_examples=25, deadline=None)
def test_neither_the_order_of_samples_nor_repeating_them_matters(seed, n_samples, n_classes):
    rng = np.random.default_rng(seed)
    X = rng.dirichlet(np.ones(n_classes), size=(6, n_samples))
    order = rng.permutation(n_samples)
    assert np.allclose(pairwise_distances(X[:, order]), pairwise_distances(X), atol=1e-7)
    repeated = np.concatenate([X, X], axis=1)
    assert np.allclose(pairwise_distances(repeated), pairwise_distances(X), atol=1e-7)


def test_confident_wrong_predictions_do_not_underflow():
    log_probs = np.full((3, 8, 3), -150.0, np.float32)
    log_probs[0, :, 0] = log_probs[1, :, 1] = 0
    log_probs[2] = np.log(1 / 3)
    D = pairwise_distances(log_probs, log=True)
    assert D[0, 1] == pytest.approx(75 - np.log(2), rel=1e-5)
    assert D[0, 2] == pytest.approx(0.5 * np.log(3), abs=1e-6)


def test_disjoint_models_have_the_bounded_distance():
    X = np.stack([truth(np.zeros(9, int), 3), truth(np.ones(9, int), 3), ignorance(9, 3)])
    D = pairwise_distances(X)
    assert D[0, 1] == pytest.approx(LARGEST_SAMPLE_DISTANCE, rel=1e-3)
    assert D[0, 2] == pytest.approx(0.5 * np.log(3), abs=1e-7)
    assert np.isfinite(pairwise_distances(X, metric="jeffreys")).all()
    assert pairwise_distances(X, metric="spherical")[0, 1] == pytest.approx(np.pi / 2, abs=1e-6)


@pytest.mark.parametrize("n_classes", [2, 10, 40, 100])
def test_no_distance_is_off_by_more_than_the_bound(rng, n_classes):
    """(C + 3) 2^-24, what sums of C products, square roots and products of four leave; no idle bound at few classes."""
    X = rng.dirichlet(np.full(n_classes, 0.5), size=(TILE, 1)).astype(np.float32)
    exact = brute_force(X[:40], X[:40])
    error, bound = np.abs(pairwise_distances(X)[:40, :40] - exact).max(), (n_classes + 3) * 2.0**-24
    assert bound / 50 < error < bound


def test_disjoint_models_do_not_take_many_times_as_long(rng):
    X = rng.dirichlet(np.ones(10), size=(2 * TILE, 400)).astype(np.float32)
    Y = X.copy()
    Y[:, :40] = np.eye(10)[np.arange(len(Y)) % 10][:, None]
    assert np.allclose(pairwise_distances(Y)[:3, :3], brute_force(Y[:3], Y[:3]), rtol=1e-6, atol=1e-6)

    def seconds(models):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            pairwise_distances(models, n_jobs=1)
            times.append(time.perf_counter() - start)
        return min(times)

    assert seconds(Y) < 6 * seconds(X)


@pytest.mark.parametrize("n_classes", [10, 20])
def test_a_distance_depends_on_no_other_model_and_not_on_its_place(rng, n_classes):
    X = rng.dirichlet(np.full(n_classes, 0.5), size=(2 * TILE + 5, 50)).astype(np.float32)
    X[::7, 3:9] = np.eye(n_classes, dtype=np.float32)[np.arange(len(X[::7])) % n_classes][:, None]
    whole, order = pairwise_distances(X), rng.permutation(len(X))[: TILE + 20]
    assert whole.max() > 1 and np.array_equal(pairwise_distances(X[order]), whole[np.ix_(order, order)])
    near = np.flatnonzero(np.arange(len(X)) % 7)
    assert np.array_equal(pairwise_distances(X[near], X[order]), whole[np.ix_(near, order)])


def test_overlaps_of_a_group_down_to_the_smallest_double_have_their_logarithms():
    logs = np.zeros((TILE, 64, 2))
    size = np.geomspace(1, 190, TILE)[:, None]
    logs[:, :, 1] = -size
    logs[: TILE // 2] = logs[: TILE // 2, :, ::-1]
    D = pairwise_distances(logs, log=True, normalize=True)
    i, j = 20, TILE - 1
    roots = np.exp(logs[[i, j], 0] / 2) / np.sqrt(np.exp(logs[[i, j], 0]).sum(axis=1, keepdims=True))
    assert D[i, j] == pytest.approx(-np.log((roots[0] * roots[1]).sum()), rel=1e-6)
    a, b = TILE // 2 - 1, TILE - 1
    exact = np.logaddexp(-size[a, 0] / 2, -size[b, 0] / 2) - sum(np.logaddexp(0, -size[k, 0]) for k in (a, b)) / 2
    assert D[a, b] == pytest.approx(-exact, rel=1e-6)


@pytest.mark.parametrize("n_classes", [4, 60])
def test_an_error_in_a_later_block_names_the_argument_that_was_given(rng, monkeypatch, n_classes):
    monkeypatch.setattr(distances_blocks, "BLOCK_BYTES", 1)
    monkeypatch.setattr(distances_blocks, "SAMPLE_PARTS", 1)
    X = rng.dirichlet(np.ones(n_classes), size=(2 * TILE, 3))
    X[-1, 0] *= 2
    monkeypatch.setattr(distances_blocks, "BLOCK_BYTES", 16 * TILE**2 if n_classes > 48 else 1)
    with pytest.raises(ValueError, match=rf"^X\[{TILE}:\]"):
        pairwise_distances(X)
    with pytest.raises(ValueError, match=rf"^Y\[{TILE}:\]"):
        pairwise_distances(X[:TILE], X)


def test_hellinger_saturates_with_samples_and_bhattacharyya_does_not(rng):
    X = rng.dirichlet(np.ones(10), size=(4, 500))
    few, many = pairwise_distances(X[:, :5], metric="hellinger"), pairwise_distances(X, metric="hellinger")
    off = ~np.eye(4, dtype=bool)
    assert few[off].max() < 0.95 and many[off].min() > 1 - 1e-9
    assert pairwise_distances(X)[off].max() < 1


def test_log_probabilities_give_the_same(models):
    for metric in METRICS:
        plain = pairwise_distances(models, metric=metric)
        assert np.allclose(pairwise_distances(np.log(models), log=True, metric=metric), plain, rtol=1e-6, atol=2e-6)


def test_single_precision_gives_what_double_gives(models):
    single = models.astype(np.float32)
    for metric in METRICS:
        tolerance = 2e-4 if metric == "spherical" else 5e-7
        both = (pairwise_distances(X, metric=metric) for X in (single, models))
        assert np.allclose(*both, rtol=1e-6, atol=tolerance)


@pytest.mark.parametrize("metric", METRICS)
def test_does_not_depend_on_the_number_of_threads(rng, metric):
    for m, n_samples, n_classes in ((3, 9000, 2), (2 * TILE, 20, 10), (150, 40, 60)):
        X = close_models(rng, m, n_samples, n_classes)
        one, two, all_threads = (pairwise_distances(X, metric=metric, n_jobs=n) for n in (1, 2, -1))
        assert np.array_equal(one, two) and np.array_equal(one, all_threads)


def test_polynomial_of_the_arcsine_is_accurate():
    u = np.linspace(1e-9, 0.5, 10001)
    value = np.polynomial.Polynomial(kernels.ARCSINE)(u) * np.sqrt(u)
    assert np.abs(value - np.arcsin(np.sqrt(u))).max() < 1e-8


def test_a_progress_bar_is_shown_on_request(models, capsys):
    with progress_bar():
        pairwise_distances(models)
        assert "bhattacharyya: 100%" in capsys.readouterr().err
        with progress_bar(False):
            pairwise_distances(models)
        assert not capsys.readouterr().err
    pairwise_distances(models)
    assert not capsys.readouterr().err


def test_bad_input_is_named(models):
    with pytest.raises(ValueError, match=r"metric 'cosine'; allowed: bhattacharyya"):
        pairwise_distances(models, metric="cosine")
    with pytest.raises(ValueError, match="same samples and classes"):
        pairwise_distances(models, models[:, :-1])
    with pytest.raises(ValueError, match=r"\(models, samples, classes\)"):
        pairwise_distances(models[0])
    with pytest.raises(ValueError, match=r"X is empty"):
        pairwise_distances(models[:0])
    with pytest.raises(ValueError, match=r"Y is not normalised: the probabilities at index \(.*\) sum to 2"):
        pairwise_distances(models, models * 2)
    with pytest.raises(ValueError, match=r"out must have the shape \(40, 40\), not \(3, 40\)"):
        pairwise_distances(models, out=np.empty((3, 40)))
    for wrong, message in ((np.nan, "NaN or infinite"), (-0.1, "negative probabilities")):
        bad = models.copy()
        bad[7, 3, 1] = wrong
        with pytest.raises(ValueError, match=rf"X holds {message}.*\(7, 3, 1\)"):
            pairwise_distances(bad)
