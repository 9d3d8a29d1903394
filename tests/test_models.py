import numpy as np
import pytest

from inpca.geometry import bhattacharyya_distance, geodesic, ignorance, truth
from inpca.models import model_table, open_stores, stack_log_probs
from inpca.predictions import PredictionStoreError, PredictionWriter

LABELS = {"train": np.arange(12) % 3, "test": np.arange(6) % 3}
CONFIGURATION = dict(
    name="fc", optimizer="sgd", batch_size=4, learning_rate=0.1, weight_decay=0.0, augmentation="none", epochs=2
)
POINTS = 8


def make_store(path, seeds, t, fingerprint="same"):
    """A store whose runs walk along the geodesic, at the given progress."""
    attributes = {"job": {"configuration": CONFIGURATION}, "configuration": path.stem, "data_fingerprint": fingerprint}
    writer = PredictionWriter(
        path, seeds=seeds, steps=[0, 3, 6], epochs=[0, 1, 2], labels=LABELS, n_classes=3, attributes=attributes
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
