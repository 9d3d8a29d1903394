"""What an embedding accepts and refuses, laws of weights and zeros, and models placed in a saved embedding."""

import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
import scipy.sparse
import torch
import xarray as xr
import zarr
from conftest import ROOT
from scipy.linalg import orthogonal_procrustes
from synthetic import synthetic_models

from inpca import InPCA, geodesic, ignorance, pairwise_distances, truth
from inpca.embedding.fingerprints import TOLERANCE, fingerprints
from inpca.embedding.saved import describe_models, with_models

PAIR = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 1.5], [2.0, 1.5, 0.0]])


def changed(value, *where):
    D = PAIR.copy()
    for index in where:
        D[index] = value
    return D


@pytest.mark.parametrize(
    ("D", "error", "message"),
    [
        (changed(-0.1, (0, 1), (1, 0)), ValueError, "Negative values in data: a distance cannot be -0.1, as at (0, 1)"),
        (
            np.exp(-PAIR),
            ValueError,
            "distances of models to themselves must be 0, not 1 at (0, 0); for a matrix of similarities or overlaps "
            "pass the distances, such as -ln of an overlap",
        ),
        (changed(0.5, (2, 2)), ValueError, "distances of models to themselves must be 0, not 0.5 at (2, 2)"),
        (changed(np.nan, (0, 1)), ValueError, "Input X contains NaN."),
        (changed(np.inf, (0, 1)), ValueError, "Input X contains infinity"),
        (changed(1.2, (0, 1)), ValueError, "distances are not symmetric: entries (0, 1) and (1, 0) differ by 0.2"),
        (
            np.ma.array(PAIR, mask=PAIR == 2),
            TypeError,
            "X is a masked array with masked entries; fill or leave them out first",
        ),
        (
            changed(0.5e160, (0, 1)),
            ValueError,
            "distances are not symmetric: entries (0, 1) and (1, 0) differ by 5e+159",
        ),
        (PAIR[:2], ValueError, "distances must be a square matrix, not of shape (2, 3)"),
        (PAIR + 0j, ValueError, "Complex data not supported"),
        (np.array([[0, "x"], ["x", 0]], object), ValueError, "could not convert string to float: 'x'"),
        (PAIR[0], ValueError, "X must be a square matrix of distances, not an array of shape (3,)"),
        ([[0, 1], [1]], ValueError, "with metric='precomputed' X must be a square matrix of distances, not list"),
        ("abc", ValueError, "with metric='precomputed' X must be a square matrix of distances, not str"),
        (None, ValueError, "with metric='precomputed' X must be a square matrix of distances, not NoneType"),
        ((row for row in PAIR), ValueError, "X must be a square matrix of distances, not generator"),
        (scipy.sparse.csr_matrix(PAIR), TypeError, "Sparse data was passed"),
        (
            np.full((3, 4, 2), 0.5),
            ValueError,
            "with metric='precomputed' X is a matrix of distances (m, m), not of shape (3, 4, 2); for models name a "
            "metric such as 'bhattacharyya'",
        ),
    ],
)
def test_what_is_no_matrix_of_distances_is_named(D, error, message):
    with pytest.raises(error, match=re.escape(message)):
        InPCA(1, metric="precomputed").fit(D)


@pytest.mark.parametrize("kind", [list, np.array])
def test_whole_numbers_are_distances(kind):
    D = kind([[0, 1, 4], [1, 0, 1], [4, 1, 0]])  # points 0, 1, 2 on a line
    assert np.allclose(InPCA(1, metric="precomputed").fit(D).eigenvalues_, 2)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (dict(n_components=2.0), "n_components must be an int of at least 1, not 2.0"),
        (dict(n_components=None), "n_components must be an int of at least 1, not None"),
        (dict(n_components="3"), "n_components must be an int of at least 1, not '3'"),
        (dict(n_components=True), "n_components must be an int of at least 1, not True"),
        (dict(n_components=0), "n_components must be an int of at least 1, not 0"),
        (dict(n_components=-1), "n_components must be an int of at least 1, not -1"),
        (dict(n_components=[2]), "n_components must be an int of at least 1, not [2]"),
        (dict(n_components=np.nan), "n_components must be an int of at least 1, not nan"),
        (dict(n_components=41), "n_components must lie in 1 … 40 (the number of models), not 41"),
        (dict(n_landmarks=10.0), "n_landmarks must be an int of at least 1, or None, not 10.0"),
        (dict(n_landmarks=True), "n_landmarks must be an int of at least 1, or None, not True"),
        (dict(n_landmarks="all"), "n_landmarks must be an int of at least 1, or None, not 'all'"),
        (dict(n_landmarks=0), "n_landmarks must be an int of at least 1, or None, not 0"),
        (dict(n_landmarks=41), "n_landmarks must lie in 1 … 40 (the number of models), not 41"),
        (dict(random_state=-1), "random_state must be an int of at least 0, not -1"),
        (dict(random_state=None), "random_state must be an int of at least 0, not None"),
        (dict(random_state="0"), "random_state must be an int of at least 0, not '0'"),
        (dict(log="yes"), "log must be True or False, not 'yes'"),
        (dict(log=1), "log must be True or False, not 1"),
        (dict(normalize=1), "normalize must be True or False, not 1"),
        (dict(metric=None), "unknown metric None; allowed: precomputed, bhattacharyya"),
        (dict(metric=["jeffreys"]), "unknown metric ['jeffreys']; allowed: precomputed, bhattacharyya"),
    ],
)
def test_wrong_parameters_are_named(models, parameters, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        InPCA(**parameters).fit(models)


def test_numpy_integers_are_numbers_of_axes(models):
    assert InPCA(np.int64(2), n_landmarks=np.int32(9)).fit(models).embedding_.shape == (40, 2)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ((x for x in [1]), TypeError, "X must be an array"),
        ({"models": np.ones(3)}, TypeError, "pass one of its arrays, such as X['models']"),
        (np.full((3, 3), 0.5), ValueError, "for a matrix of distances pass metric='precomputed'"),
        (np.full((3, 2), 0.5), ValueError, "a single model is passed as X[None]"),
    ],
)
def test_what_are_no_models_is_named(X, error, message):
    with pytest.raises(error, match=re.escape(message)):
        InPCA(1).fit(X)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.ones(3), "sample_weight must have the shape (40,), not (3,)"),
        (np.r_[np.nan, np.ones(39)], "sample_weight must be finite, not negative, and not all zero"),
        (np.r_[np.inf, np.ones(39)], "sample_weight must be finite, not negative, and not all zero"),
        (np.r_[-1, np.ones(39)], "sample_weight must be finite, not negative, and not all zero"),
        (
            np.ma.array(np.ones(40), mask=np.arange(40) < 2),
            "sample_weight is a masked array with masked entries; fill or leave them out first",
        ),
        (np.zeros(40), "sample_weight must be finite, not negative, and not all zero"),
        (["1"] * 40, "sample_weight must be an array of real numbers"),
        (np.ones(40) + 0j, "sample_weight must be an array of real numbers"),
        ([[1], [2, 3]], "sample_weight must be an array of real numbers"),
    ],
)
def test_wrong_weights_are_named(models, weight, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        InPCA().fit(models, sample_weight=weight)


def test_whole_weights_repeat_models_and_weight_zero_leaves_them_out(models):
    weight = np.arange(40) % 4
    weighted = InPCA(5).fit(models, sample_weight=weight)
    repeated = InPCA(5).fit(np.repeat(models, weight, axis=0))
    assert np.allclose(weighted.eigenvalues_, repeated.eigenvalues_, rtol=1e-10)
    assert np.allclose(np.repeat(weighted.embedding_, weight, axis=0), repeated.embedding_, atol=1e-9)
    assert np.allclose(weighted.explained_stress_, repeated.explained_stress_, atol=1e-10)
    assert np.allclose(weighted.explained_distance_, repeated.explained_distance_, atol=1e-10)
    assert np.allclose(weighted.transform(models), repeated.transform(models), atol=1e-9)
    assert np.allclose(weighted.transform(models), weighted.embedding_, atol=1e-9)


@pytest.mark.parametrize("scale", [3.0, 1e-200, 1e200])
def test_only_eigenvalues_scale_with_weights(models, scale):
    weight = np.random.default_rng(0).uniform(0.5, 2, 40)
    plain, scaled = (InPCA(4).fit(models, sample_weight=weight * factor) for factor in (1, scale))
    assert np.allclose(scaled.eigenvalues_ / scale, plain.eigenvalues_, rtol=1e-9)
    assert np.allclose(scaled.embedding_, plain.embedding_, atol=1e-9)
    assert np.allclose(scaled.explained_stress_, plain.explained_stress_, atol=1e-10)
    assert np.allclose(scaled.explained_distance_, plain.explained_distance_, atol=1e-10)


NOISE = np.abs(np.random.default_rng(0).standard_normal((6, 6)))
NOISE = np.triu(NOISE, 1) + np.triu(NOISE, 1).T
SIGNS = np.triu(np.random.default_rng(1).choice([-1, 1], (6, 6)), 1)
EQUAL = np.repeat(np.random.default_rng(2).dirichlet(np.ones(5), (1, 30)), 6, axis=0)


@pytest.mark.parametrize(
    ("X", "parameters", "weight"),
    [
        (np.zeros((1, 1)), {}, None),
        (np.zeros((2, 2)), {}, None),
        (np.zeros((500, 500)), {}, None),
        (np.zeros((501, 501)), {}, None),
        (np.zeros((501, 501), np.float32), {}, None),
        (np.zeros((501, 501)), dict(n_landmarks=50), None),
        (np.zeros((501, 501)), {}, np.arange(501)),
        (1e-17 * NOISE, {}, None),
        ((1e-8 * NOISE).astype(np.float32), {}, None),
        (1e-8 * NOISE * (SIGNS + SIGNS.T), {}, None),
        (1e-17 * NOISE, dict(n_landmarks=4), None),
        *((EQUAL, dict(metric=metric), None) for metric in ("bhattacharyya", "spherical", "jeffreys", "hellinger")),
        (EQUAL.astype(np.float32), dict(metric="bhattacharyya"), None),
        (EQUAL, dict(metric="bhattacharyya", n_landmarks=4), None),
    ],
)
def test_equal_models_are_at_zero_with_a_warning(X, parameters, weight):
    k = min(2, len(X))
    with pytest.warns(UserWarning, match="no distance between the models is larger than rounding: all coordinates"):
        inpca = InPCA(k, **{"metric": "precomputed"} | parameters).fit(X, sample_weight=weight)
    assert not inpca.embedding_.any() and not inpca.eigenvalues_.any()
    assert inpca.explained_stress_.tolist() == inpca.explained_distance_.tolist() == [1.0] * k
    assert inpca.landmark_error_ in (None, 0)


@pytest.mark.parametrize("m", [6, 600])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_axes_beyond_the_rank_are_zero(m, dtype):
    points = np.random.default_rng(0).integers(-9, 9, (m, 2))
    D = np.square(points[:, None] - points).sum(axis=-1).astype(dtype)
    inpca = InPCA(5, metric="precomputed").fit(D)
    assert (inpca.eigenvalues_[:2] > 0).all() and not inpca.eigenvalues_[2:].any()
    assert not inpca.embedding_[:, 2:].any()
    assert np.allclose(inpca.transform(D), inpca.embedding_, atol=1e-9)


def test_all_axes_of_many_models():
    points = np.random.default_rng(0).standard_normal((501, 3))
    inpca = InPCA(501, metric="precomputed").fit(np.square(points[:, None] - points).sum(axis=-1))
    assert (inpca.eigenvalues_ != 0).sum() == 3


def noisy_runs():
    """12 runs of 25 checkpoints along one geodesic, each checkpoint with noise of its own."""
    rng = np.random.default_rng(0)
    target = truth(rng.integers(10, size=100), 10)
    path = geodesic(ignorance(100, 10), target, np.linspace(0, 1, 25))
    return np.concatenate([0.9 * path + 0.1 * rng.dirichlet(np.ones(10), (25, 100)) for _ in range(12)])


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        lambda: synthetic_models(600, 40, 5, seed=3),
        noisy_runs,
        lambda: np.random.default_rng(0).dirichlet(np.ones(10), (400, 100)),
    ],
    ids=["alike", "noisy", "random"],
)
def test_the_error_by_landmarks_is_estimated(make):
    D = pairwise_distances(make())
    exact = InPCA(3, metric="precomputed").fit_transform(D)
    for n_landmarks in (20, 50, 200):
        errors, estimates = [], []
        for seed in range(9):
            inpca = InPCA(3, n_landmarks=n_landmarks, metric="precomputed", random_state=seed).fit(D)
            rotation, _ = orthogonal_procrustes(inpca.embedding_, exact)
            errors.append(np.linalg.norm(inpca.embedding_ @ rotation - exact) / np.linalg.norm(exact))
            estimates.append(inpca.landmark_error_)
        assert 0.55 < np.median(estimates) / np.median(errors) < 5, n_landmarks


def saved(inpca, path, labels=None):
    inpca.to_xarray(labels).to_netcdf(path, engine="scipy")
    return xr.load_dataset(path, engine="scipy")


@pytest.mark.parametrize("kind", ["float64", "float32", "log", "float32 log"])
@pytest.mark.parametrize("n_landmarks", [None, 25])
def test_models_are_placed_in_any_order(models, rng, tmp_path, kind, n_landmarks):
    inpca = InPCA(3, n_landmarks=n_landmarks).fit(models)
    fitted = rng.permutation(models if n_landmarks is None else models[inpca.landmarks_])
    new = rng.dirichlet(np.ones(4), (7, 30))
    expected = inpca.transform(new)

    def given(X):
        X = np.log(X) if "log" in kind else X
        return X.astype(np.float32) if "float32" in kind else X

    again = InPCA.from_xarray(saved(inpca, tmp_path / "e.nc"), models=given(fitted))
    assert np.allclose(again.transform(given(new)), expected, atol=1e-9 if kind == "float64" else 1e-5)


def test_labels_are_kept(models, tmp_path):
    inpca = InPCA(2).fit(models)
    names = [f"größe/step{i}" for i in range(40)]
    assert saved(inpca, tmp_path / "a.nc", names)["model"].values.tolist() == names
    assert saved(inpca, tmp_path / "b.nc")["model"].values.tolist() == list(range(40))
    labelled = xr.DataArray(models, dims=("model", "sample", "class"), coords={"model": names})
    assert InPCA(2).fit(labelled).to_xarray()["model"].values.tolist() == names
    for labels in (names[:3], "abc", np.arange(40) / 2):
        with pytest.raises(ValueError, match=r"labels must be 40 strings or whole numbers, one for each model, not"):
            inpca.to_xarray(labels)


NONE = "none of the models is one that the embedding was made from: are they on the same samples, in the same order"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda P: P[:-2], "models are not the 40 that the embedding was made from; missing: m38, m39"),
        (lambda P: np.concatenate([P, P[:1, ::-1]]), "made from; foreign: at position 40"),
        (lambda P: np.concatenate([P[:1, ::-1], P[1:]]), "made from; missing: m0; foreign: at position 0"),
        (lambda P: np.concatenate([P, P[:1]]), "made from; foreign: at position "),
        (lambda P: P[:5], "missing: m5, m6, m7 and 32 more"),
        (lambda P: P[:, ::-1], NONE),
        (lambda P: P[..., ::-1], NONE),
        (lambda P: P[:, :20], NONE),
        (lambda P: np.concatenate([P, P[:9]]), "made from; foreign: at position "),
        (lambda P: P[0], "models must have the shape (models, samples, classes), not (30, 4)"),
        (lambda P: 3 * P, "models[0] is not normalised"),
    ],
)
def test_other_models_are_refused(models, change, message):
    dataset = InPCA(2).fit(models).to_xarray([f"m{i}" for i in range(40)])
    with pytest.raises(ValueError, match=re.escape(message)):
        InPCA.from_xarray(dataset, models=change(models))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda dataset: "train.nc", TypeError, "from_xarray takes a dataset, such as xr.load_dataset(path, engine="),
        (lambda dataset: dataset.drop_vars("offset"), ValueError, "it has no offset"),
        (
            lambda dataset: xr.Dataset(),
            ValueError,
            "this dataset is not an embedding that to_xarray returned, it has no",
        ),
        (lambda dataset: dataset.drop_attrs(), ValueError, "it has no metric, log, grand_mean"),
        (lambda dataset: dataset.drop_vars("fingerprint"), ValueError, "was saved without fingerprints of its models"),
    ],
)
def test_what_is_no_saved_embedding_is_named(models, change, error, message):
    with pytest.raises(error, match=re.escape(message)):
        InPCA.from_xarray(change(InPCA(2).fit(models).to_xarray()), models=models)


def test_equal_models_may_be_interchanged(models):
    P = np.concatenate([models, models[:3]])
    inpca = InPCA(2).fit(P)
    again = InPCA.from_xarray(inpca.to_xarray(), models=P[::-1])
    assert np.allclose(again.transform(models), inpca.transform(models), atol=1e-9)


def test_fingerprints_differ_by_the_distance_and_not_by_the_type(models):
    exact = fingerprints(models)
    assert np.abs(fingerprints(np.log(models).astype(np.float32), log=True) - exact).max() < TOLERANCE / 10
    near = models * (1 + 1e-3 * np.random.default_rng(0).standard_normal(models.shape))
    moved = np.abs(fingerprints(near / near.sum(axis=-1, keepdims=True)) - exact).max(axis=1)
    assert (moved > TOLERANCE).all()


def test_distances_and_models_are_not_mixed_up(models):
    D = pairwise_distances(models)
    of_distances, of_models = InPCA(2, metric="precomputed").fit(D), InPCA(2).fit(models)
    message = "this InPCA takes distances (q, 40) to the fitted models, not an array of shape (40, 30, 4)"
    for inpca in (of_distances, InPCA.from_xarray(of_models.to_xarray())):
        with pytest.raises(ValueError, match=re.escape(message)):
            inpca.transform(models)
    with pytest.raises(
        ValueError, match=re.escape("takes models (q, samples, classes), not an array of shape (40, 40)")
    ):
        of_models.transform(D)
    with pytest.raises(ValueError, match=r"made from a matrix of distances \(metric 'precomputed'\), not from models"):
        InPCA.from_xarray(of_distances.to_xarray(), models=models)


def test_distances_with_a_description_of_their_models_place_models(models):
    inpca = InPCA(3, metric="precomputed").fit(pairwise_distances(models, metric="jeffreys"))
    described = describe_models(np.log(models), labels=np.arange(40), metric="jeffreys", log=True)
    again = InPCA.from_xarray(with_models(inpca.to_xarray(), described), models=models[::-1])
    assert again.metric == "jeffreys" and again.log is False
    assert np.allclose(again.transform(models), inpca.embedding_, atol=1e-6)


def script(name, *arguments):
    subprocess.run([sys.executable, ROOT / "workflow/scripts" / name, *map(str, arguments)], check=True, cwd=ROOT)


def test_own_models_are_placed_in_the_embedding_of_a_study(tmp_path):
    from test_models import make_store

    from paper.models import open_stores, stack_log_probs

    paths = [
        make_store(tmp_path / "b.zarr", [1, 2], [0, 0.3, 0.6]),
        make_store(tmp_path / "a.zarr", [5], [0, 0.5, 0.9]),
    ]
    for split in ("train", "test"):
        out = "--output", tmp_path / f"{split}.npy", "--models", tmp_path / f"{split}_models.nc"
        options = "--metric", "bhattacharyya", "--geodesic-points", 4, "--threads", 1
        script("distances.py", "--stores", *paths, "--split", split, *options, *out)
    for name, splits in (("train", ["train"]), ("joint", ["train", "test"])):
        files = [tmp_path / f"{split}.npy" for split in splits], [tmp_path / f"{split}_models.nc" for split in splits]
        sizes = "--n-components", 3, "--output", tmp_path / f"{name}_embedding.nc"
        script("embed.py", "--distances", *files[0], "--models", *files[1], *sizes)
    dataset = xr.load_dataset(tmp_path / "train_embedding.nc", engine="scipy")
    assert dataset["model"].values[[0, 8, 9, 10, 14]].tolist() == [
        "b-seed1/step0",
        "a-seed5/step6",
        "ignorance",
        "geodesic/0.2",
        "truth",
    ]
    points = int(dataset["model"].str.startswith("geodesic/").sum())
    stores = open_stores(sorted(paths))  # another order than that of the study
    inpca = InPCA.from_xarray(dataset, models=stack_log_probs(stores, "train", points))
    own = stack_log_probs(open_stores(paths), "train", points)
    assert np.allclose(inpca.transform(own), dataset["embedding"], atol=1e-4)
    with pytest.raises(ValueError, match="none of the models"):
        InPCA.from_xarray(dataset, models=stack_log_probs(stores, "test", points))
    joint = xr.load_dataset(tmp_path / "joint_embedding.nc", engine="scipy")
    with pytest.raises(ValueError, match="the mean of the distances on train, test, it has no single set of models"):
        InPCA.from_xarray(joint, models=own)


@pytest.mark.parametrize("n_landmarks", [None, 25])
def test_tensors_of_few_digits_are_embedded_and_placed(models, n_landmarks, tmp_path):
    given = torch.tensor(models).bfloat16()
    inpca = InPCA(2, n_landmarks=n_landmarks).fit(given)
    assert np.allclose(inpca.transform(given), inpca.embedding_, atol=1e-3)
    fitted = given if n_landmarks is None else given[inpca.landmarks_]
    again = InPCA.from_xarray(saved(inpca, tmp_path / "e.nc"), models=fitted.flip(0))
    assert np.allclose(again.transform(given), inpca.transform(given), atol=1e-5)


CHANGED = "^the models that were fitted have changed since; fit again or pass a copy$"


@pytest.mark.parametrize("kind", ["array", "tensor", "mapped", "zarr"])
@pytest.mark.parametrize("value", [0.25, 0.1])  # another model, and what is none
def test_fitted_models_must_stay_as_they_are(models, kind, value, tmp_path):
    np.save(tmp_path / "p.npy", models)
    X = {
        "array": lambda: models.copy(),
        "tensor": lambda: torch.tensor(models),
        "mapped": lambda: np.load(tmp_path / "p.npy", mmap_mode="r+"),
        "zarr": lambda: zarr.array(models),
    }[kind]()
    inpca = InPCA(2).fit(X)
    again, landmarks = InPCA.from_xarray(inpca.to_xarray(), models=X), InPCA(2, n_landmarks=9).fit(X)
    copied = InPCA.from_xarray(landmarks.to_xarray(), models=X)
    expected = landmarks.transform(models)
    assert np.allclose(inpca.transform(models), inpca.embedding_, atol=1e-9)
    X[17] = value
    for call in (lambda: inpca.transform(models), inpca.to_xarray, lambda: again.transform(models)):
        with pytest.raises(ValueError, match=CHANGED):
            call()
    # landmarks are copied
    assert np.array_equal(landmarks.transform(models), expected)
    assert np.allclose(copied.transform(models), expected, atol=1e-9)


def test_parameters_set_after_the_fit_change_nothing_until_the_next(models):
    inpca = InPCA(2).fit(models)
    before = inpca.to_xarray()
    inpca.set_params(metric="jeffreys", log=True, normalize=True, n_components=5)
    assert np.allclose(inpca.transform(models), inpca.embedding_, atol=1e-9)
    assert inpca.to_xarray().identical(before)
    assert (inpca.metric_, inpca.log_, inpca.normalize_) == ("bhattacharyya", False, False)
    assert inpca.fit(np.log(models)).metric_ == "jeffreys"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda rows: -rows, ValueError, r"^Negative values in data: a distance cannot be -2, as at \(0, 2\)$"),
        (
            lambda rows: np.where(rows == 1.5, np.nan, rows),
            ValueError,
            "^Input X contains NaN|^distances hold NaN or infinite values$",
        ),
        (
            lambda rows: np.where(rows == 1.5, np.inf, rows),
            ValueError,
            "^Input X contains infinity|^distances hold NaN or infinite values$",
        ),
        (
            lambda rows: rows[:, :2],
            ValueError,
            r"^X has 2 features, but InPCA is expecting 3 |the shape \(q, 3\), not \(2, 2\)$",
        ),
        (
            lambda rows: rows[:0],
            ValueError,
            r"^Found array with 0 sample|^distances are empty: there is no model to place$",
        ),
        (
            lambda rows: rows + 0j,
            (TypeError, ValueError),
            "^Complex data not supported|of real numbers, not Array of type complex128$",
        ),
    ],
)
@pytest.mark.parametrize("kind", [np.asarray, zarr.array])
@pytest.mark.parametrize("restored", [False, True])
def test_placed_distances_are_checked(change, error, message, kind, restored):
    inpca = InPCA(1, metric="precomputed").fit(PAIR)
    inpca = InPCA.from_xarray(inpca.to_xarray()) if restored else inpca
    with pytest.raises(error, match=message):
        inpca.transform(kind(change(PAIR[:2])))
    assert np.allclose(inpca.transform(kind(PAIR[:2] - 1e-9)), inpca.embedding_[:2], atol=1e-8)


def test_masked_distances_are_refused():
    masked, message = np.ma.array(PAIR, mask=PAIR == 2), "X is a masked array with masked entries"
    inpca = InPCA(1, metric="precomputed").fit(np.ma.array(PAIR))  # nothing is masked
    for call in (inpca.transform, inpca.transform_view, inpca.fit):
        with pytest.raises(TypeError, match=message):
            call(masked)


@pytest.mark.parametrize("n_landmarks", [None, 20])
@pytest.mark.parametrize("log", [False, True])
def test_models_are_normalized_where_they_are_read(models, n_landmarks, log):
    shift = 1 + np.arange(30)[:, None] / 9  # any multiple of a sample is the same
    given = np.log(models) + shift if log else models * shift
    expected = InPCA(2, n_landmarks=n_landmarks).fit(models)
    with pytest.raises(ValueError, match="X"):
        InPCA(2, log=log, n_landmarks=n_landmarks).fit(given)
    inpca = InPCA(2, log=log, normalize=True, n_landmarks=n_landmarks).fit(given)
    assert inpca.get_params()["normalize"] is True
    assert np.allclose(inpca.embedding_, expected.embedding_, atol=1e-4)
    dataset = inpca.to_xarray()
    again = InPCA.from_xarray(dataset, models=given)
    assert again.normalize and again.log is log and dataset.attrs["normalize"] == 1
    for restored in (inpca, again):
        assert np.allclose(restored.transform(given), expected.transform(models), atol=1e-4)
    del dataset.attrs["normalize"]  # as in files from before there was this parameter
    assert InPCA.from_xarray(dataset).normalize is False


def test_landmarks_are_found_among_all_models(models, rng):
    inpca = InPCA(3, n_landmarks=25).fit(models)
    again = InPCA.from_xarray(inpca.to_xarray(), models=rng.permutation(np.concatenate([models, models[:, ::-1]])))
    assert np.allclose(again.transform(models), inpca.transform(models), atol=1e-9)
    first, second = inpca.landmarks_[:2]
    with pytest.raises(ValueError, match=f"^models do not hold the 25 landmarks; missing: {first}, {second}$"):
        InPCA.from_xarray(inpca.to_xarray(), models=np.delete(models, [first, second], axis=0))


@pytest.mark.parametrize("unit", [1e160, 1e300])
@pytest.mark.parametrize("kind", [np.asarray, zarr.array])
@pytest.mark.parametrize("n_landmarks", [None, 20])
def test_huge_distances_only_scale_the_embedding(models, unit, kind, n_landmarks):
    D, columns = pairwise_distances(models), slice(None)
    plain, huge = (InPCA(3, metric="precomputed", n_landmarks=n_landmarks).fit(kind(D * u)) for u in (1, unit))
    assert np.allclose(huge.eigenvalues_ / unit, plain.eigenvalues_, rtol=1e-5)
    assert np.allclose(huge.embedding_ / unit**0.5, plain.embedding_, atol=1e-5)
    assert np.allclose(huge.explained_stress_, plain.explained_stress_, atol=1e-6)
    assert np.allclose(huge.explained_distance_, plain.explained_distance_, atol=1e-6)
    columns = columns if n_landmarks is None else huge.landmarks_
    assert np.allclose(huge.transform(kind(unit * D[:, columns])) / unit**0.5, plain.embedding_, atol=1e-5)


@pytest.mark.filterwarnings("error")
def test_tiny_weights_are_weights(models):
    tiny = InPCA(2).fit(models, sample_weight=np.full(40, 5e-324))
    assert np.array_equal(tiny.embedding_, InPCA(2).fit(models).embedding_)


@pytest.mark.parametrize("dtype", [np.int32, np.uint8, np.float16])
def test_numbers_of_any_type_in_chunks_are_distances(dtype):
    D = np.square(np.arange(6)[:, None] - np.arange(6)).astype(dtype)
    inpca = InPCA(1, metric="precomputed").fit(zarr.array(D, chunks=(2, 6)))
    assert inpca.eigenvalues_ == pytest.approx([17.5]) and inpca.explained_distance_ == pytest.approx([1])
    assert np.allclose(inpca.transform(zarr.array(D)), inpca.embedding_)


@pytest.mark.parametrize("given", ["log", "float64", "float32", "float16", "tensor"])
def test_models_of_lost_digits_are_warned_of(given):
    logits = 3 * np.random.default_rng(0).standard_normal((20, 30, 4))
    X = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    dataset = InPCA(2, log=True).fit(X).to_xarray()
    P = np.exp(X)
    models = X.astype(np.float32) if given == "log" else torch.tensor(P).float() if given == "tensor" else None
    models = P.astype(given) if models is None else models
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if given == "float16":  # too coarse for the fingerprints
            with pytest.raises(ValueError, match="models"):
                InPCA.from_xarray(dataset, models=models)
        else:
            InPCA.from_xarray(dataset, models=models)
    lost = [str(one.message) for one in caught if "have lost the smallest" in str(one.message)]
    assert len(lost) == (given in ("float32", "float16", "tensor"))
