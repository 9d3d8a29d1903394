"""CIFAR-10's files: read without running them, checked, and the whole way to an embedding."""

import hashlib
import pickle

import numpy as np
import pytest
from image_files import cifar10_files, pickled_batch

from paper.data import cifar10
from paper.data.cifar10 import CIFAR10, find_cifar10, images_and_labels
from paper.data.cifar10 import cifar10 as read_cifar10
from paper.data.datasets import DataError
from paper.data.preparation import prepare


@pytest.fixture
def no_fetching(monkeypatch):
    def fail(folder):
        raise OSError("no way out")

    monkeypatch.setattr(cifar10, "fetch_with_torchvision", fail)


@pytest.fixture
def batch(rng):
    return rng.integers(0, 256, (4, 3, 32, 32), np.uint8), [3, 9, 0, 7]


def test_checksums_classes_and_names_are_those_of_torchvision():
    from torchvision.datasets import CIFAR10 as OF_TORCHVISION

    assert CIFAR10["train"] == dict(OF_TORCHVISION.train_list)
    assert CIFAR10["test"] == dict(OF_TORCHVISION.test_list)
    assert (OF_TORCHVISION.base_folder, OF_TORCHVISION.filename) == (cifar10.FOLDER, cifar10.ARCHIVE)


def test_torchvision_reads_the_same_from_the_same_files(tmp_path, monkeypatch):
    """The files of these tests are in the format that torchvision reads, and images lie as it lays them."""
    from torchvision.datasets import CIFAR10 as OF_TORCHVISION

    place = cifar10_files(tmp_path, monkeypatch, each=10)
    meta = pickle.dumps({"label_names": list(cifar10.CIFAR10_CLASSES)})
    (place / "batches.meta").write_bytes(meta)
    monkeypatch.setattr(OF_TORCHVISION, "train_list", list(cifar10.CIFAR10["train"].items()))
    monkeypatch.setattr(OF_TORCHVISION, "test_list", list(cifar10.CIFAR10["test"].items()))
    known = {**OF_TORCHVISION.meta, "md5": hashlib.md5(meta, usedforsecurity=False).hexdigest()}
    monkeypatch.setattr(OF_TORCHVISION, "meta", known)
    for train, (images, labels) in zip((True, False), read_cifar10(tmp_path), strict=True):
        theirs = OF_TORCHVISION(str(tmp_path), train=train)
        np.testing.assert_array_equal(images, theirs.data.transpose(0, 3, 1, 2) / 255)
        np.testing.assert_array_equal(labels, theirs.targets)


@pytest.mark.parametrize("keys", [("labels", "data"), ("data", "labels")])
def test_images_and_labels_of_python_2_are_read(batch, keys):
    images, labels = images_and_labels(pickled_batch(*batch, keys))
    np.testing.assert_array_equal(images, batch[0])
    assert labels.tolist() == batch[1]


def test_nothing_that_a_file_holds_is_run(batch, tmp_path):
    class Evil:
        def __reduce__(self):
            return open, (str(tmp_path / "was run"), "w")

    images, labels = batch
    evil = pickle.dumps({"labels": labels, "data": images.tobytes(), "evil": Evil()})
    assert images_and_labels(evil)[1].tolist() == labels
    assert not (tmp_path / "was run").exists()
    pickle.loads(evil)["evil"].close()
    assert (tmp_path / "was run").exists(), "the file would have done something"


def test_missing_files_are_named_and_never_replaced(tmp_path, monkeypatch, no_fetching):
    place = cifar10_files(tmp_path, monkeypatch)
    assert find_cifar10(tmp_path) == place
    (place / "data_batch_3").unlink()
    with pytest.raises(DataError, match=r"lacks data_batch_3 of CIFAR-10\. Put "):
        find_cifar10(tmp_path)


def test_prepared_images_are_balanced_and_normalised_in_each_colour(tmp_path, monkeypatch):
    cifar10_files(tmp_path, monkeypatch)
    data = prepare("cifar10", tmp_path, n_train=100, n_test=20, pool=1, normalize=True)
    assert data.train_images.shape == (100, 3, 32, 32) and data.classes[3] == "cat"
    np.testing.assert_allclose(data.train_images.mean(axis=(0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(data.train_images.std(axis=(0, 2, 3)), 1, atol=1e-5)
    with pytest.raises(DataError, match=r"cifar10 \(train\): 11 samples of each class are asked for, .* only 10"):
        prepare("cifar10", tmp_path, n_train=110, n_test=20, pool=1, normalize=True)
