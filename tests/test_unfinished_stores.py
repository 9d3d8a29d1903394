"""Early stopping, crashes and resuming: what becomes of a store that is not finished."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from test_recording import X, Y, finished, names, network, recorder, stop

from inpca import PredictionStore
from inpca.predictions.store import PredictionStoreError, PredictionWriter
from inpca.recording import Evaluation


def test_a_killed_process_leaves_no_lock_and_its_checkpoints(tmp_path):
    code = (
        "import os, sys; sys.path.insert(0, 'tests'); from test_recording import *\n"
        f"record = recorder({str(tmp_path / 'r.zarr')!r}); record(network(), 0); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    with pytest.raises(PredictionStoreError, match="holds recorded predictions; pass if_exists='resume' to go on"):
        recorder(tmp_path / "r.zarr")
    with recorder(tmp_path / "r.zarr", if_exists="resume") as record:
        assert [record(network(), step) for step in (0, 5, 10)] == [False, True, True]
    finished(tmp_path / "whole.zarr")
    a, b = (PredictionStore(tmp_path / name) for name in ("r.zarr", "whole.zarr"))
    assert np.array_equal(a.log_probs("train")[:], b.log_probs("train")[:])


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        (dict(checkpoints={0: 0, 5: 1}), "steps"),
        (dict(seeds=[1]), "seeds"),
        (dict(n_classes=4), "n_classes"),
        (dict(splits={"train": (X, (Y + 1) % 3)}), "labels of split 'train'"),
        (dict(attributes={"lr": 1}), r"attributes\['lr'\]"),
        (dict(splits={"train": (100 * X, Y)}), "inputs of split 'train'"),
        (dict(evaluation=Evaluation(outputs="log_probabilities")), "outputs"),
        (dict(evaluation=Evaluation(batch_norm="train")), "statistics of batch normalisation"),
        (dict(splits={"test": (X, Y)}), "splits"),
        (dict(checkpoints={0: 0, 5: 1.25, 10: 2.5}), "epochs"),
    ],
)
def test_resuming_another_recording_is_refused(changes, part, tmp_path):
    with pytest.raises(ZeroDivisionError), recorder(tmp_path / "r.zarr") as record:
        record(network(), 0)
        1 / 0  # noqa: B018
    with pytest.raises(PredictionStoreError, match=f"^r.zarr cannot be resumed: {part} differ from those"):
        recorder(tmp_path / "r.zarr", if_exists="resume", **changes)
    assert PredictionStore(tmp_path / "r.zarr", partial=True).recorded.tolist() == [[True, False, False]]


def test_early_stopping_keeps_what_was_recorded(tmp_path):
    path = tmp_path / "r.zarr"
    with (
        pytest.warns(UserWarning, match=r"^r.zarr: 2 of 3 checkpoints were recorded, 2 are in the store$"),
        recorder(path) as record,
    ):
        record(network(), 0)
        record(network(), 5)
    assert PredictionStore(tmp_path / "r.zarr").steps.tolist() == [0, 5]
    assert [path.name for path in tmp_path.iterdir()] == ["r.zarr"]


def test_seeds_that_stop_at_different_steps_keep_what_they_share_and_the_rest_stays(tmp_path):
    message = r"^r.zarr: 4 of 9 checkpoints were recorded, 2 are in the store; the other 2 stay in .*/\.partial-r.zarr$"
    with pytest.warns(UserWarning, match=message), recorder(tmp_path / "r.zarr", seeds=[1, 2, 3]) as record:
        for step in (0, 5, 10):
            record(network(), step, 1)
        record(network(), 0, 2)
    store = PredictionStore(tmp_path / "r.zarr")
    assert store.seeds.tolist() == [1, 2] and store.steps.tolist() == [0]
    one = PredictionStore(tmp_path / "r.zarr", partial=True).finish(tmp_path / "one.zarr", seeds=[1])
    assert one.seeds.tolist() == [1] and one.steps.tolist() == [0, 5, 10]


def test_seeds_that_share_no_checkpoint_can_be_kept_apart(tmp_path):
    record = recorder(tmp_path / "r.zarr", seeds=[0, 1])
    record(network(), 0, seed=0)
    record(network(), 5, seed=1)
    message = r"seeds \[0, 1\] have no checkpoint in common; finish some of them with PredictionStore\('r.zarr', "
    with pytest.raises(PredictionStoreError, match=message + r"partial=True\)\.finish\(seeds=\.\.\.\)$"):
        record.close()
    recorder(tmp_path / "r.zarr", seeds=[0, 1], if_exists="resume")._writer.release()
    store = PredictionStore(tmp_path / "r.zarr", partial=True).finish(seeds=[0])
    assert store.seeds.tolist() == [0] and store.steps.tolist() == [0]
    assert names(tmp_path) == [".partial-r.zarr", "r.zarr"]


def test_finishing_that_is_refused_leaves_nothing_behind(tmp_path):
    finished(tmp_path / "b.zarr")
    stop(tmp_path / "r.zarr")
    (tmp_path / "photos").mkdir()
    before, store = names(tmp_path), PredictionStore(tmp_path / "r.zarr", partial=True)
    for name, message in (
        ("b.zarr", "pass if_exists='overwrite' to replace it"),
        ("photos", "is not a prediction store"),
    ):
        with pytest.raises(PredictionStoreError, match=message):
            store.finish(tmp_path / name)
        assert names(tmp_path) == before
    with pytest.raises(PredictionStoreError) as caught:
        store.finish(tmp_path / "b.zarr")
    assert caught.value.__traceback__ and store.finish(tmp_path / "b.zarr", if_exists="overwrite").steps.tolist() == [0]
    assert names(tmp_path) == ["b.zarr", "photos"]


def test_finishing_that_fails_halfway_leaves_nothing_behind(tmp_path, monkeypatch):
    stop(tmp_path / "r.zarr")
    store = PredictionStore(tmp_path / "r.zarr", partial=True)
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(PredictionWriter, "close", lambda self: 1 / 0)
        store.finish()
    assert names(tmp_path) == [".partial-r.zarr"] and store.finish().steps.tolist() == [0]


def test_what_stands_where_a_replaced_store_would_go_is_named(tmp_path):
    path = finished(tmp_path / "x.zarr")
    (tmp_path / ".replaced-x.zarr").mkdir()
    (tmp_path / ".replaced-x.zarr/cat.jpg").write_text("cat")
    with pytest.raises(
        PredictionStoreError,
        match=r"\.replaced-x\.zarr exists and is not a prediction store; move it, to replace x.zarr",
    ):
        recorder(path, if_exists="overwrite")
    assert names(tmp_path) == [".replaced-x.zarr", "x.zarr"] and PredictionStore(path).n_models == 3


def test_resuming_goes_on_with_the_same_inputs_in_another_form_and_the_store_is_the_same(tmp_path):
    finished(tmp_path / "whole.zarr")
    stop(tmp_path / "r.zarr")
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), batch_size=4)
    with recorder(tmp_path / "r.zarr", splits={"train": loader}, if_exists="resume") as record:
        assert [record(network(), step) for step in (0, 5, 10)] == [False, True, True]
    manifests = [(tmp_path / name / "manifest.json").read_text() for name in ("whole.zarr", "r.zarr")]
    assert manifests[0] == manifests[1]


def test_strict_closing_and_closing_of_nothing(tmp_path):
    record = recorder(tmp_path / "r.zarr")
    record(network(), 0)
    with pytest.raises(
        PredictionStoreError, match="2 checkpoints were not recorded, the first is train, seed 0, step 5"
    ):
        record.close(strict=True)
    assert PredictionStore(tmp_path / "r.zarr", partial=True).finish().steps.tolist() == [0]
    with pytest.raises(PredictionStoreError, match=r"^n.zarr: no checkpoint was recorded, so there is no store$"):
        recorder(tmp_path / "n.zarr").close()
    assert not (tmp_path / ".partial-n.zarr").exists()


def test_an_unfinished_store_is_read_but_never_where_nothing_was_recorded(tmp_path):
    with pytest.raises(ZeroDivisionError) as caught, recorder(tmp_path / "r.zarr") as record:
        record(network(), 5)
        1 / 0  # noqa: B018
    assert (
        "1 recorded checkpoints are in" in caught.value.__notes__[0]
        and "if_exists='resume'" in caught.value.__notes__[0]
    )
    with pytest.raises(PredictionStoreError, match="can be opened with partial=True"):
        PredictionStore(tmp_path / "r.zarr")
    for name in ("r.zarr", ".partial-r.zarr"):
        store = PredictionStore(tmp_path / name, partial=True)
        assert store.recorded.tolist() == [[False, True, False]]
        expected = torch.log_softmax(network()(X), 1).detach().numpy()
        for key in ((0, 1), (0, store.recorded[0]), (0, slice(1, 2)), (Ellipsis, [1], slice(None), slice(None))):
            assert np.array_equal(store.log_probs("train")[key].reshape(6, 3), expected)
        for key in ((0, 0), 0, slice(None), (0, -1), (0, [1, 2]), Ellipsis):
            with pytest.raises(PredictionStoreError, match=r"seed 0, step (0|10) was not recorded"):
                store.log_probs("train")[key]
        with pytest.raises(PredictionStoreError, match="was not recorded"):
            np.asarray(store.log_probs("train"))
    assert store.finish().steps.tolist() == [5] and not (tmp_path / ".partial-r.zarr").exists()


def test_a_checkpoint_that_was_damaged_counts_as_not_recorded(tmp_path):
    with pytest.raises(ZeroDivisionError), recorder(tmp_path / "r.zarr") as record:
        record(network(), 0)
        record(network(), 5)
        1 / 0  # noqa: B018
    chunk = tmp_path / ".partial-r.zarr/train/log_probs/c/0/1/0/0"
    chunk.write_bytes(b"x")
    (tmp_path / f".partial-r.zarr/train/zarr.{'0' * 32}.partial").write_bytes(b"x")
    with open(tmp_path / ".partial-r.zarr/recorded.jsonl", "a") as journal:
        journal.write('{"split": "tra')
    assert PredictionStore(tmp_path / "r.zarr", partial=True).recorded.tolist() == [[True, False, False]]
    with recorder(tmp_path / "r.zarr", if_exists="resume") as record:
        assert [record(network(), step) for step in (0, 5, 10)] == [False, True, True]
    assert PredictionStore(tmp_path / "r.zarr").n_models == 3
