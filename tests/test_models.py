import re
from pathlib import Path

import numpy as np
import pytest
from distances import measure_distances

from inpca import InPCA, pairwise_distances
from inpca.geometry import bhattacharyya_distance, geodesic, ignorance, truth
from inpca.predictions.store import PredictionStore, PredictionStoreError, PredictionWriter
from paper.distances import load_description
from paper.models import model_table, open_stores, oriented, reference_points, same_models
from paper.stored import StoredModels, stored_runs

LABELS = {"train": np.arange(12) % 3, "test": np.arange(6) % 3}
CONFIGURATION = dict(
    name="fc", optimizer="sgd", batch_size=4, learning_rate=0.1, weight_decay=0.0, augmentation="none", epochs=2
)
POINTS = 8


def make_store(path, seeds, t, fingerprint="same"):
    """A store whose runs walk along the geodesic, at the given progress."""
    attributes = {"job": {"configuration": CONFIGURATION}, "configuration": path.stem, "data_fingerprint": fingerprint}
    writer = PredictionWriter(
        path, seeds=seeds, checkpoints={0: 0, 3: 1, 6: 2}, labels=LABELS, n_classes=3, attributes=attributes
    )
    for split, labels in LABELS.items():
        for seed in seeds:
            for step, s in zip([0, 3, 6], t, strict=True):
                point = geodesic(ignorance(len(labels), 3), truth(labels, 3), s)
                writer.write(split, seed, step, np.log(point).astype(np.float32))
    writer.close()
    return path


@pytest.fixture
def stores(tmp_path):
    return open_stores(
        [make_store(tmp_path / "b.zarr", [1, 2], [0, 0.3, 0.6]), make_store(tmp_path / "a.zarr", [5], [0, 0.5, 0.9])]
    )


def test_models_are_those_of_the_rows(stores):
    table = model_table(stores, POINTS)
    stack = StoredModels(table, stores, "train")[:]
    assert len(table) == len(stack) == 9 + POINTS + 2
    of_truth = stack[:, np.arange(12), LABELS["train"]]
    assert np.allclose(-of_truth.mean(axis=1), table["train_loss"], atol=1e-6)
    assert table["run"].dropna().unique().tolist() == ["b-seed1", "b-seed2", "a-seed5"]


@pytest.mark.parametrize("step", [1, 2, 5, 12, 40])
def test_every_so_manieth_sample_is_read_as_from_all(stores, step):
    table = model_table(stores, POINTS)
    models = StoredModels(table, stores, "train", sample_step=step)
    every = StoredModels(table, stores, "train")[:][:, ::step]
    assert models.shape == every.shape
    np.testing.assert_array_equal(models[:], every)
    np.testing.assert_array_equal(models[2:7, 1:3], every[2:7, 1:3])
    np.testing.assert_array_equal(models[-1], every[-1])


def test_distances_on_every_second_sample_are_means_over_these(stores, tmp_path):
    table = model_table(stores, POINTS)
    table.to_parquet(tmp_path / "models.parquet")
    settings = {"metric": "bhattacharyya", "part": {"of": "all"}, "sample_step": 2, "threads": 1}
    paths = [Path(store.path) for store in stores]
    measure_distances(paths, tmp_path / "models.parquet", "train", output=tmp_path / "train.npy", **settings)
    every = np.exp(StoredModels(table, stores, "train")[:][:, ::2])
    np.testing.assert_allclose(np.load(tmp_path / "train.npy"), pairwise_distances(every), atol=1e-6)
    assert load_description(tmp_path / "train.npy").attrs["sample_step"] == 2


def test_progress_of_runs_on_the_geodesic_is_their_parameter(stores):
    table = model_table(stores, POINTS)
    for split in LABELS:
        assert np.allclose(table[f"{split}_progress"][:3], [0, 0.3, 0.6], atol=1e-4)
        assert np.allclose(table[f"{split}_progress"][-POINTS - 2 :], np.linspace(0, 1, POINTS + 2))


def test_half_the_loss_is_the_distance_to_the_truth(stores):
    table = model_table(stores, POINTS)
    stack = np.exp(StoredModels(table, stores, "test")[:].astype(float))
    distance = bhattacharyya_distance(stack, truth(LABELS["test"], 3))
    assert np.allclose(table["test_loss"] / 2, distance, atol=1e-6)


def test_ends_of_the_geodesic_are_ignorance_and_truth(stores):
    table = model_table(stores, POINTS)
    stack = np.exp(StoredModels(table, stores, "train")[:])
    assert table["kind"].tolist() == ["run"] * 9 + ["ignorance"] + ["geodesic"] * POINTS + ["truth"]
    assert np.allclose(stack[9], 1 / 3)
    assert np.allclose(stack[-1], truth(LABELS["train"], 3), atol=1e-12)


def test_error_counts_wrong_classes(stores):
    table = model_table(stores, POINTS)
    assert table.loc[table["step"] > 0, "train_error"].eq(0).all()


def test_stores_of_different_data_do_not_mix(tmp_path):
    paths = [make_store(tmp_path / f"{name}.zarr", [1], [0, 0.1, 0.2], fingerprint=name) for name in "ab"]
    with pytest.raises(PredictionStoreError, match="computed from different data"):
        open_stores(paths)


def own_store(path, labels, attributes, n_classes=3):
    """A store of one run and one checkpoint, recorded elsewhere."""
    writer = PredictionWriter(
        path, seeds=[0], checkpoints={0: 0}, labels=labels, n_classes=n_classes, attributes=attributes
    )
    for split, truths in labels.items():
        writer.write(split, 0, 0, np.full((len(truths), n_classes), -np.log(n_classes), np.float32))
    writer.close()
    return path


OWN = {"configuration": "b", "data_fingerprint": "same"}
GIVE = "record a store of an experiment with attributes={{'configuration': …, 'data_fingerprint': …}}"


@pytest.mark.parametrize(
    ("labels", "attributes", "n_classes", "message"),
    [
        (LABELS, {}, 3, f"{{b}} has no text as its attribute 'configuration'; {GIVE}"),
        (LABELS, {"configuration": "b"}, 3, f"{{b}} has no text as its attribute 'data_fingerprint'; {GIVE}"),
        (LABELS, OWN | {"configuration": 7}, 3, f"{{b}} has no text as its attribute 'configuration'; {GIVE}"),
        ({"test": LABELS["test"]}, OWN, 3, "{b} has the splits test, but {a} has test, train"),
        (LABELS | {"train": np.arange(9) % 3}, OWN, 3, "{b} has 9 train samples of 3 classes, but {a} has 12 of 3"),
        (LABELS, OWN, 4, "{b} has 6 test samples of 4 classes, but {a} has 6 of 3"),
        (LABELS | {"test": np.arange(6) // 2}, OWN, 3, "{b} and {a} have different test labels"),
        (LABELS, OWN | {"data_fingerprint": "x"}, 3, "{b} and {a} were computed from different data"),
    ],
)
def test_stores_that_do_not_go_together_are_named(tmp_path, labels, attributes, n_classes, message):
    a = make_store(tmp_path / "a.zarr", [1], [0, 0.1, 0.2])
    b = own_store(tmp_path / "b.zarr", labels, attributes, n_classes)
    with pytest.raises(PredictionStoreError) as error:
        open_stores([a, b])
    assert str(error.value) == message.format(a=a, b=b)


def test_models_are_read_of_stores_of_the_same_samples(tmp_path, stores):
    table = model_table(stores, 3)
    for make in (open_stores, lambda stores: StoredModels(table, stores, "train")):
        with pytest.raises(ValueError, match=r"^no prediction stores are given; give one or more$"):
            make([])
    a = PredictionStore(own_store(tmp_path / "x.zarr", LABELS, OWN))
    b = PredictionStore(own_store(tmp_path / "y.zarr", {"train": np.arange(9) % 3}, OWN))
    for given, split, message in (
        ([a, b], "train", f"{b.path} has 9 train samples of 3 classes, but {a.path} has 12 of 3"),
        ([a, b], "test", f"{b.path} has no split 'test'; it has train"),
        ([a], "valid", f"{a.path} has no split 'valid'; it has test, train"),
    ):
        with pytest.raises(PredictionStoreError, match=f"^{re.escape(message)}$"):
            StoredModels(table, given, split)


def test_every_model_has_a_label_of_its_own(stores, tmp_path):
    table = model_table(stores, POINTS)
    assert table["model"].is_unique and table["model"][[0, 1, 8, 9, 18]].tolist() == [
        "b-seed1/step0",
        "b-seed1/step3",
        "a-seed5/step6",
        "ignorance",
        "truth",
    ]
    assert table["model"][9:].tolist() == reference_points(POINTS)["model"].tolist()
    (tmp_path / "copy").mkdir()
    again = open_stores([make_store(tmp_path / "copy/a.zarr", [4, 5], [0, 0.5, 0.9])])
    with pytest.raises(PredictionStoreError, match=r"^two of the stores hold the run a-seed5; give each store once$"):
        model_table([*stores, *again], POINTS)


def test_threads_make_the_same_table_and_say_the_same_of_a_store_that_cannot_be_used(stores, tmp_path):
    assert model_table(stores, POINTS, n_jobs=3).equals(model_table(stores, POINTS))
    bare = PredictionStore(own_store(tmp_path / "bare.zarr", LABELS, OWN))
    with pytest.raises(PredictionStoreError, match=f"^{re.escape(str(bare.path))} does not tell name, optimizer"):
        model_table([*stores, bare], POINTS, n_jobs=3)


def test_a_table_in_another_order_or_of_some_models_gives_these(stores, rng):
    table = model_table(stores, POINTS)
    whole = StoredModels(table, stores, "test")[:]
    rows = rng.permutation(len(table))[:13]
    for given in (stores, stores[::-1]):
        models = StoredModels(table.iloc[rows], given, "test")
        assert models.shape == (13, 6, 3) and np.array_equal(models[:], whole[rows])
        for index in (slice(2, 9), 4, np.array([7, 3]), (slice(1, 5), slice(2, 4))):
            expected = whole[rows][index]
            assert models[index].dtype == np.float32 and np.array_equal(models[index], expected)
    names = [run.name for run in stored_runs(table[::-1], stores, "test")]
    assert names == ["a-seed5", "b-seed2", "b-seed1"]


def test_distances_of_stored_models_are_those_of_an_array(stores):
    models = StoredModels(model_table(stores, 40), stores, "train")
    assert np.array_equal(pairwise_distances(models, log=True), pairwise_distances(models[:], log=True))


def test_a_model_that_no_store_holds_is_named(stores):
    table = model_table(stores, POINTS)
    for make, what in ((StoredModels, "model b-seed1/step0 and 5 more"), (stored_runs, "run b-seed1 and 1 more")):
        message = f"the model table has the {what}, which none of these stores holds: {stores[1].path}"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            make(table, stores[1:], "train")


def test_labels_of_other_models_are_told_apart():
    assert same_models(["a", "b", "c"], ["c", "a", "b"], "this").tolist() == [1, 2, 0]
    for models, labels, message in (
        (["a", "b"], ["a", "a"], "this has the model a twice"),
        (["b", "b"], ["a", "b"], "the model table has the model b twice"),
        (["a"], ["a", "x", "y", "z"], "the model table and this are of different models: only this has x and 2 more"),
        (
            ["a", "b"],
            ["c", "b"],
            "the model table and this are of different models: only the model table has a; only this has c",
        ),
    ):
        with pytest.raises(ValueError, match=f"^{message}$"):
            same_models(models, labels, "this")


def test_axes_are_turned_once_and_for_what_is_placed_later(stores):
    table = model_table(stores, POINTS)
    D = pairwise_distances(StoredModels(table, stores, "train"), log=True)
    inpca = InPCA(5, metric="precomputed").fit(D)
    plain = inpca.to_xarray(labels=table["model"].to_numpy())
    mirrored = plain.assign({name: -plain[name] for name in ("embedding", "projection", "offset")})
    for given in (plain, mirrored):
        turned = oriented(given)
        assert (turned["embedding"].sel(model="truth") >= turned["embedding"].sel(model="ignorance")).all()
        assert np.array_equal(np.abs(turned["embedding"]), np.abs(inpca.embedding_)) and oriented(turned).equals(turned)
        assert np.allclose(InPCA.from_xarray(turned).transform(D), turned["embedding"], atol=1e-6)


@pytest.mark.parametrize("job", [None, {}, {"configuration": 1}, {"configuration": {"name": "fc"}}])
def test_a_store_without_its_factors_has_no_table(tmp_path, job):
    store = own_store(tmp_path / "a.zarr", LABELS, OWN | ({} if job is None else {"job": job}))
    known = "name, " if not job or job["configuration"] == 1 else ""
    message = (
        f"{store} does not tell {known}optimizer, batch_size, learning_rate, weight_decay, augmentation, epochs of its "
        "networks; its attributes should have them under 'job', 'configuration'"
    )
    with pytest.raises(PredictionStoreError, match=f"^{re.escape(message)}$"):
        model_table(open_stores([store]), 3)
