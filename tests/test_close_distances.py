"""Distances at their edges: equal and close models, no overlap, few models, on every way they are computed."""

import time
import tracemalloc

import numpy as np
import pytest
from test_distances import brute_force, close_models

from inpca.distances.kernels import TILE
from inpca.distances.pairwise import METRICS, pairwise_distances
from inpca.geometry import LARGEST_SAMPLE_DISTANCE, bhattacharyya_distance, truth

WAYS = {
    "few": dict(m=4, n_classes=10),
    "tiles": dict(m=TILE + 2, n_classes=10),
    "tiles of parts": dict(m=TILE + 2, n_classes=20),
    "products": dict(m=30, n_classes=60),
    "torch": dict(m=6, n_classes=10, device="cpu:0"),
    "torch, many classes": dict(m=6, n_classes=60, device="cpu:0"),
}


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("way", WAYS)
def test_equal_models_are_at_zero(rng, metric, way):
    options = dict(WAYS[way])
    X = rng.dirichlet(np.full(options.pop("n_classes"), 0.3), size=(options.pop("m"), 40))
    X[1] = X[0]
    with np.errstate(divide="ignore"):
        tables = [(X.astype(kind), False) for kind in (np.float16, np.float32, np.float64)]
        tables += [(np.log(X).astype(kind), True) for kind in (np.float32, np.float64)]
    for table, log in tables:
        D = pairwise_distances(table, table.copy(), metric=metric, log=log, **options)
        assert not D.diagonal().any() and D[0, 1] == D[1, 0] == 0 and D[0, 2] > 0
        assert pairwise_distances(table, metric=metric, log=log, **options)[0, 1] == 0
    half, n_samples = tables[0][0], 40 if metric == "hellinger" else 1
    between = pairwise_distances(half, half.astype(np.float64), metric=metric, normalize=True, **options)
    assert between.diagonal().max() <= n_samples * (1e-15 if way == "products" else 0)


@pytest.mark.parametrize("way", WAYS)
def test_a_distance_of_a_billionth_has_three_digits(rng, way):
    options = dict(WAYS[way])
    n_classes, m = options.pop("n_classes"), options.pop("m")
    X = close_models(rng, m, 50, n_classes)
    width = np.sqrt(8e-9 * np.array([0, 1, 10, 1e4]))[:, None, None]
    X[:4] = X[0] * np.exp(width * rng.standard_normal((4, 50, n_classes)))
    X /= X.sum(axis=-1, keepdims=True)
    for table, log in ((X, False), (X.astype(np.float32), False), (np.log(X).astype(np.float32), True)):
        exact = brute_force(*[np.exp(table[:4].astype(float)) if log else table[:4]] * 2)
        assert 3e-10 < exact[0, 1] < 3e-9
        D = pairwise_distances(table, log=log, **options)[:4, :4]
        assert np.allclose(D, exact, rtol=5e-4, atol=0)
        hellinger = pairwise_distances(table, log=log, metric="hellinger", **options)[:4, :4]
        assert np.allclose(hellinger, -np.expm1(-50 * exact), rtol=5e-4, atol=0)


@pytest.mark.parametrize("n_classes", [10, 60])
def test_half_precision_gives_the_distances_of_renormalised_models(rng, n_classes):
    half = close_models(rng, TILE + 2, 100, n_classes).astype(np.float16)
    some = np.arange(0, TILE, 9)
    exact = brute_force(half[some], half[some])
    off = exact > 1e-9
    assert np.abs(pairwise_distances(half)[np.ix_(some, some)] / np.where(off, exact, 1) - 1)[off].max() < 1e-3


@pytest.mark.parametrize("m", [4, TILE])
def test_equal_models_on_many_samples_are_at_hellinger_distance_zero(rng, m):
    X = np.repeat(rng.dirichlet(np.ones(3), size=(1, 50_000 if m == 4 else 5000)).astype(np.float32), m, axis=0)
    assert not pairwise_distances(X, X.copy(), metric="hellinger").any()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("metric", ["bhattacharyya", "hellinger", "spherical"])
def test_samples_without_overlap_have_one_bound_on_every_way(way, metric):
    options = dict(WAYS[way])
    n_classes, m = options.pop("n_classes"), options.pop("m")
    X = np.stack([truth(np.full(9, i % 2), n_classes) for i in range(m)])
    X[2, 0], X[3, :5] = X[3, 0], X[1, :5]
    D = pairwise_distances(X, metric=metric, **options)
    bound = {"bhattacharyya": LARGEST_SAMPLE_DISTANCE, "hellinger": 1.0, "spherical": np.pi / 2}[metric]
    assert D[0, 1] == pytest.approx(bound, rel=1e-13 if metric != "spherical" else 1e-7)
    if metric == "bhattacharyya":
        assert D[0, 1] == pytest.approx(bhattacharyya_distance(X[0], X[1]), rel=1e-14)
        assert D[0, 2] == pytest.approx(LARGEST_SAMPLE_DISTANCE / 9, rel=1e-7)


@pytest.mark.parametrize("metric", ["bhattacharyya", "hellinger"])
def test_one_far_sample_of_close_models_counts(rng, metric):
    X = np.repeat(rng.dirichlet(np.ones(2), size=(1, 20_000)), 40, axis=0)
    X[1, 777], X[0, 777] = [0.99, 0.01], [0.01, 0.99]
    X[2, 778], X[0, 778] = [0.6, 0.4], [0.3, 0.7]
    D = pairwise_distances(X, metric=metric)
    exact = brute_force(X[:4], X[:4], metric)
    assert 5e-5 < brute_force(X[:1], X[1:2])[0, 0] < 1e-4
    assert np.allclose(D[:4, :4], exact, rtol=1e-5, atol=0)


@pytest.mark.parametrize("metric", METRICS)
def test_two_models_take_as_long_as_the_paired_function_and_little_memory(rng, metric):
    X = rng.dirichlet(np.ones(10), size=(2, 100_000))
    pairwise_distances(X[:, :10_000], metric=metric)
    bhattacharyya_distance(*X[:, :1000])

    def seconds(work):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
        return min(times)

    assert seconds(lambda: pairwise_distances(X, metric=metric)) < 5 * seconds(lambda: bhattacharyya_distance(*X))
    tracemalloc.start()
    pairwise_distances(X, metric=metric)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * X.nbytes
