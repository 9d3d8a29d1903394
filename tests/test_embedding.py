import numpy as np
import pytest
import xarray as xr
from sklearn.exceptions import NotFittedError

from inpca import InPCA, pairwise_distances
from inpca.embedding import explained_distance


def signed_squares(inpca):
    """Signed squared differences of the coordinates of every two models."""
    difference = inpca.embedding_[:, None] - inpca.embedding_
    return (difference**2 * inpca.signature_).sum(axis=-1)


def test_all_axes_return_the_distances(models):
    inpca = InPCA(len(models)).fit(models)
    assert np.allclose(signed_squares(inpca), pairwise_distances(models), rtol=0, atol=1e-9)
    assert inpca.explained_stress_[-1] == pytest.approx(1, abs=1e-6)
    assert inpca.explained_distance()[-1] == pytest.approx(1, abs=1e-9)


def test_a_minkowski_arrangement_is_recovered(rng):
    points = rng.standard_normal((30, 3)) * [3, 2, 0.5]
    signature = np.array([1, -1, 1])
    D = ((points[:, None] - points) ** 2 * signature).sum(axis=-1)
    inpca = InPCA(3, metric="precomputed").fit(D)
    assert inpca.signature_.tolist() == [1, -1, 1]
    assert np.allclose(signed_squares(inpca), D, atol=1e-10)
    assert inpca.explained_stress_[-1] == pytest.approx(1, abs=1e-6)


def test_stress_equals_its_definition(models):
    D = pairwise_distances(models)
    L = np.eye(len(D)) - 1 / len(D)
    W = -0.5 * L @ D @ L
    eigenvalues = np.linalg.eigvalsh(W)
    eigenvalues = eigenvalues[np.argsort(-np.abs(eigenvalues))]
    inpca = InPCA(7).fit(models)
    assert np.allclose(inpca.eigenvalues_, eigenvalues[:7])
    expected = 1 - np.sqrt(1 - np.cumsum(eigenvalues[:7] ** 2) / np.sum(W**2))
    assert np.allclose(inpca.explained_stress_, expected)


def test_explained_distance_equals_its_definition(models):
    inpca = InPCA(3).fit(models)
    D = pairwise_distances(models)
    expected = 1 - np.abs(signed_squares(inpca) - D).sum() / D.sum()
    assert inpca.explained_distance()[2] == pytest.approx(expected)


def test_lanczos_equals_dense(rng, monkeypatch):
    X = rng.dirichlet(np.full(5, 0.5), size=(120, 40))
    dense = InPCA(6).fit(X)
    monkeypatch.setattr("inpca.embedding.DENSE_MODELS", 50)
    lanczos = InPCA(6).fit(X)
    assert np.allclose(lanczos.eigenvalues_, dense.eigenvalues_, rtol=1e-8)
    assert np.allclose(lanczos.embedding_, dense.embedding_, atol=1e-6)


def test_fitted_models_land_on_their_own_coordinates(models):
    inpca = InPCA(6).fit(models)
    assert (inpca.signature_ < 0).any()  # the sign in the formula matters only if an axis is time-like
    assert np.allclose(inpca.transform(models), inpca.embedding_, atol=1e-6)


def test_permuted_models_give_the_permuted_embedding(models, rng):
    order = rng.permutation(len(models))
    assert np.allclose(InPCA(4).fit_transform(models[order]), InPCA(4).fit_transform(models)[order], atol=1e-7)


def test_weight_two_equals_a_repeated_model(models):
    weight = np.where(np.arange(len(models)) < 10, 2.0, 1.0)
    weighted = InPCA(5).fit(models, sample_weight=weight)
    repeated = InPCA(5).fit(np.concatenate([models, models[:10]]))
    assert np.allclose(weighted.eigenvalues_, repeated.eigenvalues_, atol=1e-6)
    assert np.allclose(weighted.embedding_, repeated.embedding_[: len(models)], atol=1e-6)
    assert np.allclose(weighted.explained_stress_, repeated.explained_stress_, atol=1e-6)
    assert np.allclose(weighted.transform(models), weighted.embedding_, atol=1e-6)


def test_weights_of_one_change_nothing(models):
    plain, weighted = InPCA(5).fit(models), InPCA(5).fit(models, sample_weight=np.ones(len(models)))
    assert np.array_equal(plain.embedding_, weighted.embedding_)


def test_models_lie_half_way_between_their_views(models, rng):
    D = pairwise_distances(models), pairwise_distances(models[rng.permutation(len(models))])
    inpca = InPCA(4, metric="precomputed").fit((D[0] + D[1]) / 2)
    views = [inpca.transform_view(d) for d in D]
    assert np.allclose((views[0] + views[1]) / 2, inpca.embedding_, atol=1e-9)
    assert np.allclose(inpca.transform_view((D[0] + D[1]) / 2), inpca.embedding_, atol=1e-9)


def test_signs_are_fixed(models):
    embedding = InPCA(5).fit_transform(models)
    largest = embedding[np.abs(embedding).argmax(axis=0), range(5)]
    assert (largest > 0).all()


def test_dataset_holds_the_embedding(models, tmp_path):
    inpca = InPCA(5).fit(models)
    inpca.to_xarray().to_netcdf(tmp_path / "embedding.nc", engine="scipy")
    dataset = xr.load_dataset(tmp_path / "embedding.nc", engine="scipy")
    assert np.array_equal(dataset["embedding"], inpca.embedding_)
    assert np.array_equal(dataset["signature"], inpca.signature_)
    assert dataset.attrs["metric"] == "bhattacharyya"


def test_explained_distance_of_no_error_is_one(rng):
    x = rng.standard_normal((9, 1))
    assert explained_distance(x, np.array([1]), (x - x.T) ** 2) == pytest.approx([1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda D: D[:, :-1], "square matrix"),
        (lambda D: D + np.triu(np.ones_like(D)), "not symmetric: entries"),
        (lambda D: np.where(D > 0.5, np.nan, D), "NaN or infinite"),
    ],
)
def test_bad_distances_are_named(models, change, message):
    with pytest.raises(ValueError, match=message):
        InPCA(2, metric="precomputed").fit(change(pairwise_distances(models)))


def test_bad_arguments_are_named(models):
    with pytest.raises(ValueError, match=r"1 … 40 \(the number of models\), not 41"):
        InPCA(41).fit(models)
    with pytest.raises(ValueError, match="metric 'cosine'; allowed: precomputed, bhattacharyya"):
        InPCA(metric="cosine").fit(models)
    with pytest.raises(ValueError, match=r"shape \(40,\)"):
        InPCA().fit(models, sample_weight=np.ones(3))
    with pytest.raises(ValueError, match="not negative"):
        InPCA().fit(models, sample_weight=-np.ones(40))
    with pytest.raises(NotFittedError):
        InPCA().transform(models)
