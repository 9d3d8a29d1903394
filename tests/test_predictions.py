import json

import numpy as np
import pytest
import xarray as xr

from inpca.predictions.store import MANIFEST, PredictionStore, PredictionStoreError, PredictionWriter

LABELS = {"train": np.arange(6) % 3, "test": np.arange(4) % 3}


def writer(path):
    return PredictionWriter(
        path, seeds=[42, 43], checkpoints={0: 0, 5: 0.5}, labels=LABELS, n_classes=3, attributes={"note": "x"}
    )


def predictions(seed, step, split):
    rng = np.random.default_rng([seed, step, len(LABELS[split])])
    return np.log(rng.dirichlet(np.ones(3), size=len(LABELS[split]))).astype(np.float32)


@pytest.fixture
def store(tmp_path):
    store = writer(tmp_path / "run.zarr")
    for split in LABELS:
        for seed in (42, 43):
            for step in (0, 5):
                store.write(split, seed, step, predictions(seed, step, split))
    assert not store.path.exists()
    store.close()
    return store.path


def test_holds_what_was_written(store):
    opened = PredictionStore(store)
    assert opened.seeds.tolist() == [42, 43] and opened.steps.tolist() == [0, 5] and opened.epochs.tolist() == [0, 0.5]
    assert opened.attributes == {"note": "x"} and opened.n_models == 4
    for split, labels in LABELS.items():
        assert np.array_equal(opened.labels(split), labels)
        assert np.array_equal(opened.log_probs(split)[1, 0], predictions(43, 0, split))


def test_is_readable_with_xarray(store):
    dataset = xr.open_zarr(store, group="train", consolidated=False)
    assert dataset["log_probs"].dims == ("seed", "checkpoint", "sample", "class")
    assert np.array_equal(dataset["log_probs"][0, 1], predictions(42, 5, "train"))


def test_a_certain_prediction_of_zero_is_stored_as_a_chunk(tmp_path):
    store = PredictionWriter(tmp_path / "z.zarr", seeds=[0], checkpoints={0: 0}, labels={"train": [0]}, n_classes=2)
    store.write("train", 0, 0, np.array([[0, -np.inf]], np.float32))
    store.close()
    assert any("log_probs/c/" in name for name in json.loads((tmp_path / "z.zarr" / MANIFEST).read_text()))


def test_a_store_is_a_tree_of_labelled_splits(store):
    opened, tree = PredictionStore(store), PredictionStore(store).to_datatree()
    assert sorted(tree.children) == ["test", "train"] and tree.attrs == opened.attributes
    for split, labels in LABELS.items():
        log_probs = tree[split]["log_probs"]
        assert log_probs.dims == ("seed", "checkpoint", "sample", "class") and log_probs.dtype == np.float32
        assert np.array_equal(log_probs.sel(seed=43, step=5), predictions(43, 5, split))
        assert np.array_equal(tree[split]["label"], labels) and np.array_equal(tree[split]["epoch"], opened.epochs)


def test_a_tree_reads_only_what_is_used(store):
    tree = PredictionStore(store).to_datatree()
    for chunk in (store / "train/log_probs/c").rglob("*"):
        if chunk.is_file() and chunk.relative_to(store / "train/log_probs/c").parts[:2] != ("1", "1"):
            chunk.write_bytes(b"unreadable")
    log_probs = tree["train"]["log_probs"]
    assert np.array_equal(log_probs.sel(seed=43, step=5), predictions(43, 5, "train"))
    with pytest.raises(RuntimeError):
        log_probs.load()


def test_an_unfinished_store_is_no_tree(tmp_path):
    unfinished = writer(tmp_path / "store.zarr")
    unfinished.write("train", 42, 0, predictions(42, 0, "train"))
    unfinished.release()
    with pytest.raises(
        PredictionStoreError,
        match=r"is unfinished; finish what was recorded with its finish\(\)",
    ):
        PredictionStore(tmp_path / "store.zarr", partial=True).to_datatree()


def test_files_are_compared_with_their_checksums_unless_told_otherwise(store):
    chunk = next(path for path in (store / "train/log_probs/c").rglob("*") if path.is_file())
    chunk.write_bytes(chunk.read_bytes()[::-1])
    with pytest.raises(PredictionStoreError, match="is not what was written"):
        PredictionStore(store)
    assert PredictionStore(store, verify=False).n_models == 4


def test_a_missing_chunk_is_an_error(store):
    chunk = next(path for path in (store / "test/log_probs").rglob("*") if path.is_file() and path.name != "zarr.json")
    chunk.unlink()
    with pytest.raises(PredictionStoreError, match=r"damaged: test/log_probs/.* is missing"):
        PredictionStore(store)


def test_a_changed_chunk_is_an_error(store):
    chunk = next(path for path in (store / "test/log_probs").rglob("*") if path.is_file() and path.name != "zarr.json")
    chunk.write_bytes(chunk.read_bytes()[:-1] + b"x")
    with pytest.raises(PredictionStoreError, match="not what was written"):
        PredictionStore(store)


def test_an_unfinished_store_does_not_appear(tmp_path):
    store = writer(tmp_path / "run.zarr")
    store.write("train", 42, 0, predictions(42, 0, "train"))
    with pytest.raises(
        PredictionStoreError, match="7 checkpoints were not recorded, the first is test, seed 42, step 0"
    ):
        store.close()
    assert not (tmp_path / "run.zarr").exists() and store.partial.exists()
    with pytest.raises(PredictionStoreError, match="not a finished prediction store"):
        PredictionStore(store.partial)


def test_writes_against_the_schedule_are_errors(tmp_path):
    store = writer(tmp_path / "run.zarr")
    values = predictions(42, 0, "train")
    store.write("train", 42, 0, values)
    with pytest.raises(PredictionStoreError, match="was written before"):
        store.write("train", 42, 0, values)
    with pytest.raises(PredictionStoreError, match="step 3 is not a split, seed and step of this store"):
        store.write("train", 42, 3, values)
    with pytest.raises(PredictionStoreError, match="NaN"):
        store.write("train", 42, 5, np.full_like(values, np.nan))


def test_marks_of_workflows_and_desktops_are_no_damage(tmp_path):
    writer = PredictionWriter(tmp_path / "s.zarr", seeds=[0], checkpoints={0: 0}, labels={"train": [0, 1]}, n_classes=2)
    writer.write("train", 0, 0, np.log(np.full((2, 2), 0.5)))
    writer.close()
    for name in (".snakemake_timestamp", ".DS_Store"):
        (tmp_path / "s.zarr" / name).touch()
    assert PredictionStore(tmp_path / "s.zarr").log_probs("train").shape == (1, 1, 2, 2)
