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
    metric_numbers,
    powers_of_ten,
    preservation_numbers,
    signed_root,
    trajectory_lengths,
    weighting_numbers,
)
from paper.rooms.distances.tables import (
    hellinger_table,
    metric_table,
    preservation_table,
    stress_columns,
    weighting_table,
)

MODELS = [*(f"{run}-seed1/step{step}" for run in "ab" for step in range(19)), "ignorance", "truth"]


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
    numbers = hellinger_numbers(D, {n: embed(hellinger_distances(D, n), MODELS) for n in sizes})
    saturated = [entry["saturated"] for entry in numbers.values()]
    stress = [entry["explained_stress"]["3"] for entry in numbers.values()]
    assert saturated == sorted(saturated) and saturated[0] == 0 and saturated[-1] > 0.9
    assert stress[-1] < stress[0]
    table = hellinger_table(numbers)
    assert table.index.tolist() == ["1", "10", "100", "1000", "2000"]
    assert table["saturated pairs"].tolist() == saturated and table["stress, k = 3"].tolist() == stress


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
    plain, weighted = embed(D, MODELS), embed(D, MODELS, weight)
    assert plain.equals(weighted)
    numbers = weighting_numbers(plain, weighted, weight)
    assert numbers["agreement"] == pytest.approx(1) and numbers["effective_models"] == 40
    assert numbers["largest_ratio"] == 1
    rows = weighting_table(numbers)
    assert rows.index.tolist() == ["unweighted", "weighted"] and rows.loc["weighted"].equals(rows.loc["unweighted"])


def test_all_axes_of_inpca_are_an_isometry(models, D, table):
    exact = Picture.of_inpca(InPCA(40, metric="precomputed").fit(D).to_xarray(), 40)
    assert np.allclose(squareform(exact.squares()), D, atol=1e-12)
    assert np.allclose(exact.steps(), np.diagonal(D, 1), atol=1e-12)
    found = preservation_numbers(table, D, [exact], 5)[exact.name]
    assert all(value == pytest.approx(1, abs=1e-6) for value in found.values())


def test_a_scaled_copy_preserves_everything_and_a_shuffled_one_little(rng, table):
    points = np.cumsum(rng.standard_normal((40, 2)), axis=0)
    D = squareform(pdist(points, "sqeuclidean"))
    pictures = [Picture.plain("tsne", 5 * points), Picture.plain("umap", rng.permutation(points))]
    found = preservation_numbers(table, D, pictures, 5)
    assert all(value == pytest.approx(1) for value in found["tsne"].values())
    assert found["umap"]["distance_spearman"] < 0.3 and found["umap"]["neighbours_preserved"] < 0.5
    assert "length_ratio" not in found["tsne"]
    rows = preservation_table(found)
    assert rows.index.tolist() == ["t-SNE", "UMAP"]
    assert rows.loc["UMAP", "distances (Spearman)"] == found["umap"]["distance_spearman"]


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


def test_the_reference_agrees_with_itself_and_tables_have_a_row_for_each_metric(D, table):
    distances = {"bhattacharyya": D, "hellinger": hellinger_distances(D, 30)}
    embeddings = {name: embed(matrix, MODELS) for name, matrix in distances.items()}
    numbers = metric_numbers(table, embeddings, distances)
    assert numbers["bhattacharyya"]["agreement"] == pytest.approx(1)
    assert numbers["bhattacharyya"]["rank_correlation"] == pytest.approx(1)
    rows = metric_table(numbers)
    assert rows.index.tolist() == ["Bhattacharyya", "Hellinger"]
    assert rows["agreement"].tolist() == [row["agreement"] for row in numbers.values()]
    stress = embeddings["hellinger"]["explained_stress"].sel(axis=3).item()
    assert rows.loc["Hellinger", "stress, k = 3"] == stress == stress_columns(numbers["hellinger"])["stress, k = 3"]
