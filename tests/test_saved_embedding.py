"""Models are placed in an embedding that was fitted, or saved and loaded: in any order, or not at all."""

import re
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
import zarr
from conftest import ROOT

from inpca import InPCA, pairwise_distances
from inpca.embedding.fingerprints import TOLERANCE, fingerprints
from inpca.embedding.saved import describe_models, with_models


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

    from paper.models import model_table, open_stores
    from paper.stored import StoredModels

    paths = [
        make_store(tmp_path / "b.zarr", [1, 2], [0, 0.3, 0.6]),
        make_store(tmp_path / "a.zarr", [5], [0, 0.5, 0.9]),
    ]
    models = "--models", tmp_path / "models.parquet"
    script("model_table.py", "--stores", *paths, "--geodesic-points", 4, "--threads", 1, "--output", models[1])
    for split in ("train", "test"):
        options = (
            "--metric",
            "bhattacharyya",
            "--part",
            '{"of": "all"}',
            "--sample-step",
            1,
            "--threads",
            1,
            "--output",
            tmp_path / f"{split}.npy",
        )
        script("distances.py", "--stores", *paths, *models, "--split", split, *options)
    for name, splits in (("train", ["train"]), ("joint", ["train", "test"])):
        files = [tmp_path / f"{split}.npy" for split in splits]
        sizes = "--n-components", 3, "--output", tmp_path / f"{name}_embedding.nc"
        script("embed.py", "--distances", *files, *models, *sizes)
    dataset = xr.load_dataset(tmp_path / "train_embedding.nc", engine="scipy")
    assert dataset["model"].values[[0, 8, 9, 10, 14]].tolist() == [
        "b-seed1/step0",
        "a-seed5/step6",
        "ignorance",
        "geodesic/0.2",
        "truth",
    ]
    stores = open_stores(sorted(paths))  # another order than that of the study
    inpca = InPCA.from_xarray(dataset, models=StoredModels(model_table(stores, 4), stores, "train"))
    own = StoredModels(pd.read_parquet(models[1]), open_stores(paths), "train")[:]
    assert np.allclose(inpca.transform(own), dataset["embedding"], atol=1e-4)
    with pytest.raises(ValueError, match="none of the models"):
        InPCA.from_xarray(dataset, models=StoredModels(model_table(stores, 4), stores, "test"))
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
