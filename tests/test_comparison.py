import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist, squareform

from inpca import InPCA, pairwise_distances
from inpca.geometry import riemannian_length
from paper.rooms.distances.analysis import (
    Picture,
    agreement,
    crowding_weights,
    embed,
    hellinger_distances,
    hellinger_numbers,
    kept_numbers,
    metric_numbers,
    powers_of_ten,
    signed_root,
    trajectory_lengths,
    weighting_numbers,
)
from paper.rooms.distances.subsets import sampling_errors, subset_errors
from paper.rooms.distances.verdicts import hellinger_verdict, kept_verdict, metric_verdict, verdict, weighting_verdict


@pytest.fixture
def table():
    """Two runs of 19 checkpoints, P0 and P*."""
    runs = np.repeat(["a-seed1", "b-seed1"], 19)
    return pd.DataFrame({"kind": ["run"] * 38 + ["ignorance", "truth"], "run": [*runs, None, None]})


@pytest.fixture
def D(models):
    return pairwise_distances(models)


def test_hellinger_from_bhattacharyya_is_hellinger(models, D):
    assert np.allclose(hellinger_distances(D, 30), pairwise_distances(models, metric="hellinger"), atol=1e-6)


def test_hellinger_saturates_as_samples_are_added(D):
    sizes = powers_of_ten(2000)
    assert sizes == [1, 10, 100, 1000, 2000] and powers_of_ten(100) == [1, 10, 100] and powers_of_ten(1) == [1]
    numbers = hellinger_numbers(D, {n: embed(hellinger_distances(D, n)) for n in sizes})
    saturated = [entry["saturated"] for entry in numbers.values()]
    stress = [entry["explained_stress"]["3"] for entry in numbers.values()]
    assert saturated == sorted(saturated) and saturated[0] == 0 and saturated[-1] > 0.9
    assert stress[-1] < stress[0]
    numbers["1"]["explained_stress"]["3"] = 0.9
    assert "is lost" in hellinger_verdict(numbers)
    numbers["2000"]["explained_stress"]["3"] = 0.8
    assert "does not decide" in hellinger_verdict(numbers)


def test_agreement_does_not_see_position_orientation_and_scale(rng):
    points = rng.standard_normal((20, 3))
    turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    assert agreement(points, 7 * points @ turn + 2) == pytest.approx(1)
    assert agreement(points, rng.standard_normal((20, 3))) < 0.9


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(1, 12))
def test_every_bin_with_models_has_the_same_total_weight(progress, bins):
    progress = np.array(progress)
    weight = crowding_weights(progress, bins)
    index = np.minimum((progress * bins).astype(int), bins - 1)
    totals = [weight[index == b].sum() for b in np.unique(index)]
    assert np.allclose(totals, totals[0]) and weight.mean() == pytest.approx(1)


def test_evenly_spread_models_have_equal_weights_and_the_unweighted_embedding(D):
    weight = crowding_weights((np.arange(40) + 0.5) / 40, 20)
    assert np.array_equal(weight, np.ones(40))
    plain, weighted = embed(D), embed(D, weight)
    assert plain.equals(weighted)
    numbers = weighting_numbers(plain, weighted, weight)
    assert numbers["agreement"] == pytest.approx(1) and numbers["effective_models"] == 40
    assert numbers["largest_ratio"] == 1 and "as if there were 40 models" in weighting_verdict(numbers)


def test_all_axes_of_inpca_are_an_isometry(models, D, table):
    exact = Picture.of_inpca(InPCA(40, metric="precomputed").fit(D).to_xarray(), 40)
    assert np.allclose(squareform(exact.squares()), D, atol=1e-12)
    assert np.allclose(exact.steps(), np.diagonal(D, 1), atol=1e-12)
    kept = kept_numbers(table, D, [exact], 5)[exact.name]
    assert all(value == pytest.approx(1, abs=1e-6) for value in kept.values())


def test_a_scaled_copy_keeps_everything_and_a_shuffled_one_little(rng, table):
    points = np.cumsum(rng.standard_normal((40, 2)), axis=0)
    D = squareform(pdist(points, "sqeuclidean"))
    pictures = [Picture.plain("tsne", 5 * points), Picture.plain("umap", rng.permutation(points))]
    kept = kept_numbers(table, D, pictures, 5)
    assert all(value == pytest.approx(1) for value in kept["tsne"].values())
    assert kept["umap"]["distance_spearman"] < 0.3 and kept["umap"]["neighbours_kept"] < 0.5
    assert "length_share" not in kept["tsne"]
    text = kept_verdict(kept, 5)
    assert "Distances are kept best by **t-SNE**, least by **UMAP**" in text and "| t-SNE | 1.00 |" in text


def test_length_is_that_of_a_line_and_of_the_riemannian_length(models, D, table):
    line = Picture.plain("line", np.arange(40)[:, None] * [[3.0, 4.0]])
    assert np.allclose(trajectory_lengths(table, line.steps()), 2 * 5 * 18)
    lengths = trajectory_lengths(table, np.diagonal(D, 1))
    assert lengths.index.tolist() == ["a-seed1", "b-seed1"]
    assert np.allclose(lengths, [riemannian_length(models[:19]), riemannian_length(models[19:38])])


def test_time_like_steps_have_no_length(table):
    steps = Picture("time", np.arange(40.0)[:, None], np.array([-1]), "√nats").steps()
    assert np.array_equal(steps, -np.ones(39)) and not trajectory_lengths(table, steps).any()
    assert signed_root(np.array([-4.0, 9.0])).tolist() == [-2, 3]


def test_verdicts_follow_the_numbers(models, D, table, rng):
    distances = {"bhattacharyya": D, "hellinger": hellinger_distances(D, 30)}
    embeddings = {name: embed(matrix) for name, matrix in distances.items()}
    numbers = metric_numbers(table, embeddings, distances)
    assert numbers["bhattacharyya"]["agreement"] == pytest.approx(1)
    assert numbers["bhattacharyya"]["rank_correlation"] == pytest.approx(1)
    numbers["hellinger"]["explained_stress"]["3"] = 0.1
    numbers["bhattacharyya"]["explained_stress"]["3"] = 0.9
    assert "under **Bhattacharyya**; less under **Hellinger**" in metric_verdict(numbers)
    weight = np.ones(40)
    everything = {
        "metrics": numbers,
        "weighted": weighting_numbers(embeddings["bhattacharyya"], embed(D, weight), weight),
        "kept": kept_numbers(table, D, [Picture.of_inpca(embeddings["bhattacharyya"], 3)], 5),
        "subsets": sampling_errors(subset_errors(np.log(models), [29], 2, rng=rng)),
    }
    assert "low-dimensional under Bhattacharyya, not under Hellinger" in verdict(everything)
    numbers["hellinger"]["explained_stress"]["3"] = 0.8
    assert "under Bhattacharyya and Hellinger, not under none" in verdict(everything)
