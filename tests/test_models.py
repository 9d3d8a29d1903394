import re

import numpy as np
import pytest

from inpca.geometry import bhattacharyya_distance, geodesic, ignorance, truth
from inpca.predictions.store import PredictionStore, PredictionStoreError, PredictionWriter
from paper.models import model_table, open_stores, stack_log_probs

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


def test_table_and_stack_have_the_same_order(stores):
    table = model_table(stores, POINTS)
    stack = stack_log_probs(stores, "train", POINTS)
    assert len(table) == len(stack) == 9 + POINTS + 2
    of_truth = stack[:, np.arange(12), LABELS["train"]]
    assert np.allclose(-of_truth.mean(axis=1), table["train_loss"], atol=1e-6)
    assert table["run"].dropna().unique().tolist() == ["b-seed1", "b-seed2", "a-seed5"]


def test_progress_of_runs_on_the_geodesic_is_their_parameter(stores):
    table = model_table(stores, POINTS)
    for split in LABELS:
        assert np.allclose(table[f"{split}_progress"][:3], [0, 0.3, 0.6], atol=1e-4)
        assert np.allclose(table[f"{split}_progress"][-POINTS - 2 :], np.linspace(0, 1, POINTS + 2))


def test_half_the_loss_is_the_distance_to_the_truth(stores):
    table = model_table(stores, POINTS)
    stack = np.exp(stack_log_probs(stores, "test", POINTS).astype(float))
    distance = bhattacharyya_distance(stack, truth(LABELS["test"], 3))
    assert np.allclose(table["test_loss"] / 2, distance, atol=1e-6)


def test_ends_of_the_geodesic_are_ignorance_and_truth(stores):
    table = model_table(stores, POINTS)
    stack = np.exp(stack_log_probs(stores, "train", POINTS))
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


def test_a_stack_is_made_of_stores_of_the_same_samples(tmp_path):
    for make in (open_stores, lambda stores: stack_log_probs(stores, "train", 3)):
        with pytest.raises(ValueError, match=r"^no prediction stores are given; give one or more$"):
            make([])
    a = PredictionStore(own_store(tmp_path / "a.zarr", LABELS, {}))
    b = PredictionStore(own_store(tmp_path / "b.zarr", {"train": np.arange(9) % 3}, {}))
    assert stack_log_probs([a, a], "train", 3).shape == (7, 12, 3)
    for stores, split, message in (
        ([a, b], "train", f"{b.path} has 9 train samples of 3 classes, but {a.path} has 12 of 3"),
        ([a, b], "test", f"{b.path} has no split 'test'; it has train"),
        ([a], "valid", f"{a.path} has no split 'valid'; it has test, train"),
    ):
        with pytest.raises(PredictionStoreError, match=f"^{re.escape(message)}$"):
            stack_log_probs(stores, split, 3)


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
