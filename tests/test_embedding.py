import numba
import numpy as np
import pytest
import xarray as xr
import zarr
from scipy.linalg import orthogonal_procrustes
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks
from synthetic import synthetic_models

from inpca import InPCA, pairwise_distances
from inpca.embedding.spectral import explained_distance


def signed_squares(inpca):
    """Signed squared differences of the coordinates of every two models."""
    difference = inpca.embedding_[:, None] - inpca.embedding_
    return (difference**2 * inpca.signature_).sum(axis=-1)


def test_all_axes_return_the_distances(models):
    inpca = InPCA(len(models)).fit(models)
    assert np.allclose(signed_squares(inpca), pairwise_distances(models), rtol=0, atol=1e-9)
    assert inpca.explained_stress_[-1] == pytest.approx(1, abs=1e-6)
    assert inpca.explained_distance_[-1] == pytest.approx(1, abs=1e-9)


def test_a_minkowski_arrangement_is_recovered(rng):
    points = rng.standard_normal((30, 3)) * [3, 2, 0.5]
    points[:, 1] = 0.8 * np.hypot(points[:, 0], points[:, 2])  # slower than light: no distance is negative
    signature = np.array([1, -1, 1])
    D = ((points[:, None] - points) ** 2 * signature).sum(axis=-1)
    inpca = InPCA(3, metric="precomputed").fit(D)
    assert sorted(inpca.signature_) == [-1, 1, 1]
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
    assert inpca.explained_distance_[2] == pytest.approx(expected)


def test_explained_distance_and_stress_are_saved_and_learnt_alike(models):
    inpca = InPCA(3)
    for name in ("explained_stress", "explained_distance"):
        assert not hasattr(inpca, f"{name}_")
        dataset = inpca.fit(models).to_xarray()
        assert np.array_equal(dataset[name], getattr(inpca, f"{name}_")) and dataset[name].dims == ("axis",)
        inpca = InPCA(3)


def test_threads_change_nothing_and_are_checked_with_the_device(models):
    one, all_of_them = (InPCA(3, n_jobs=n_jobs).fit(models) for n_jobs in (1, -1))
    assert np.array_equal(one.embedding_, all_of_them.embedding_)
    assert np.array_equal(one.transform(models[:3]), all_of_them.transform(models[:3]))
    with pytest.raises(ValueError, match="n_jobs must be a whole number of threads"):
        InPCA(n_jobs=0).fit(models)
    with pytest.raises(ValueError, match="device must be 'cpu', or a device of torch that this machine has"):
        InPCA(device="abacus").fit(models)


@pytest.mark.parametrize("n_landmarks", [None, 20])
def test_axes_have_names_that_tables_carry(models, n_landmarks):
    inpca = InPCA(3, n_landmarks=n_landmarks).set_output(transform="pandas")
    table = inpca.fit_transform(models)
    assert table.columns.tolist() == inpca.get_feature_names_out().tolist() == ["inpca0", "inpca1", "inpca2"]
    assert np.array_equal(table, inpca.embedding_) and list(inpca.transform(models[:2]).columns) == list(table.columns)


def test_lanczos_equals_dense(rng, monkeypatch):
    X = rng.dirichlet(np.full(5, 0.5), size=(120, 40))
    dense = InPCA(6).fit(X)
    monkeypatch.setattr("inpca.embedding.spectral.DENSE_MODELS", 50)
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
        (lambda D: np.where(D > 0.5, np.nan, D), "contains NaN"),
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


@pytest.fixture
def run_like():
    """Models of runs that share most of what they do, so that a few landmarks stand for all."""
    return synthetic_models(600, 40, 5, seed=3)


def test_landmarks_that_are_all_models_give_the_exact_embedding(models):
    exact = InPCA(4).fit(models)
    landmarks = InPCA(4, n_landmarks=len(models)).fit(models)
    assert np.allclose(landmarks.eigenvalues_, exact.eigenvalues_, rtol=1e-4)
    assert np.allclose(landmarks.embedding_, exact.embedding_, atol=1e-4)
    assert np.allclose(landmarks.explained_stress_, exact.explained_stress_, atol=1e-4)


def test_landmarks_come_close_and_say_how_close(run_like):
    exact, approximate = InPCA(3).fit(run_like), InPCA(3, n_landmarks=150).fit(run_like)
    rotation, _ = orthogonal_procrustes(approximate.embedding_, exact.embedding_)
    error = np.linalg.norm(approximate.embedding_ @ rotation - exact.embedding_) / np.linalg.norm(exact.embedding_)
    assert error < 0.05
    assert error / 5 < approximate.landmark_error_ < 5 * error
    assert approximate.explained_stress_[2] == pytest.approx(exact.explained_stress_[2], abs=0.02)
    assert approximate.explained_distance_[2] == pytest.approx(exact.explained_distance_[2], abs=0.02)


def test_landmarks_of_distances_equal_those_of_models(run_like):
    of_models = InPCA(3, n_landmarks=60).fit(run_like)
    of_distances = InPCA(3, n_landmarks=60, metric="precomputed").fit(pairwise_distances(run_like))
    assert np.allclose(of_models.embedding_, of_distances.embedding_, atol=1e-4)


def test_models_placed_among_landmarks_land_on_their_coordinates(run_like):
    inpca = InPCA(3, n_landmarks=60).fit(run_like)
    assert np.allclose(inpca.transform(run_like[:50]), inpca.embedding_[:50], atol=1e-4)


@pytest.mark.parametrize("n_landmarks", [None, 30])
def test_a_saved_embedding_places_models_as_before(models, n_landmarks, tmp_path):
    inpca = InPCA(4, n_landmarks=n_landmarks).fit(models)
    inpca.to_xarray().to_netcdf(tmp_path / "embedding.nc", engine="scipy")
    dataset = xr.load_dataset(tmp_path / "embedding.nc", engine="scipy")
    fitted = models if n_landmarks is None else models[inpca.landmarks_]
    with_models, alone = InPCA.from_xarray(dataset, fitted), InPCA.from_xarray(dataset)
    expected = inpca.transform(models[:9])
    assert np.allclose(with_models.transform(models[:9]), expected, atol=1e-9)
    assert np.allclose(alone.transform(pairwise_distances(models[:9], fitted)), expected, atol=1e-9)
    assert np.array_equal(alone.embedding_, inpca.embedding_) and alone.landmark_error_ == inpca.landmark_error_
    assert np.array_equal(alone.explained_distance_, inpca.explained_distance_)


@pytest.mark.parametrize("kind", ["memory-mapped", "zarr", "float32"])
def test_distances_of_all_kinds_give_the_same(run_like, kind, tmp_path, monkeypatch):
    monkeypatch.setattr("inpca.embedding.spectral.BLOCK_BYTES", 8 * 600 * 100)
    D = pairwise_distances(run_like)
    expected = InPCA(5, metric="precomputed").fit(D)
    np.save(tmp_path / "d.npy", D)
    given_distances = {
        "memory-mapped": lambda: np.load(tmp_path / "d.npy", mmap_mode="r"),
        "zarr": lambda: zarr.create_array(tmp_path / "d.zarr", data=D, chunks=(100, 100)),
        "float32": lambda: D.astype(np.float32),
    }[kind]()
    inpca = InPCA(5, metric="precomputed").fit(given_distances)
    assert np.allclose(inpca.embedding_, expected.embedding_, atol=1e-5)
    assert np.allclose(inpca.explained_stress_, expected.explained_stress_, atol=1e-5)
    assert np.allclose(inpca.explained_distance_, expected.explained_distance_, atol=1e-5)


def test_bits_do_not_depend_on_threads(run_like):
    D = pairwise_distances(run_like)
    results = []
    for threads in (1, 2):
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
        results.append(InPCA(5, metric="precomputed").fit_transform(D))
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    assert np.array_equal(*results)


def test_bad_landmarks_are_named(models):
    with pytest.raises(ValueError, match=r"n_landmarks must lie in 1 … 40 .*, not 41"):
        InPCA(n_landmarks=41).fit(models)
    with pytest.raises(ValueError, match="n_landmarks 2 is less than n_components 3"):
        InPCA(n_landmarks=2).fit(models)
    with pytest.raises(ValueError, match="cannot be combined"):
        InPCA(n_landmarks=20).fit(models, sample_weight=np.ones(40))


# models are three-dimensional arrays, which scikit-learn's checks do not make; distances they do
@parametrize_with_checks([InPCA(1, metric="precomputed")])
def test_is_an_estimator_of_scikit_learn(estimator, check):
    check(estimator)


def test_landmarks_of_distances_place_new_models(run_like):
    D = pairwise_distances(run_like)
    inpca = InPCA(3, n_landmarks=60, metric="precomputed").fit(D)
    assert np.allclose(inpca.transform(D[:9][:, inpca.landmarks_]), inpca.embedding_[:9], atol=1e-4)
