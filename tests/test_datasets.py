import gzip
import re
import shutil

import numpy as np
import pytest

from paper.data import fashion_mnist
from paper.data.datasets import DataError, PreparedData
from paper.data.fashion_mnist import find_fashion_mnist, read_checked
from paper.data.preparation import average_pool, balanced, prepare

DIGITS = dict(name="digits", n_train=300, n_test=150, pool=1, normalize=True)


@pytest.fixture
def no_fetching(monkeypatch):
    def fail(folder):
        raise OSError("no way out")

    monkeypatch.setattr(fashion_mnist, "fetch_with_torchvision", fail)
    monkeypatch.setattr(fashion_mnist, "fetch_with_apt", fail)


def idx_files(folder, suffix=""):
    folder.mkdir(parents=True)
    for name in fashion_mnist.FASHION_MNIST:
        (folder / f"{name}{suffix}").write_bytes(b"something else")
    return folder


def test_digits_are_balanced_disjoint_and_normalised(tmp_path):
    data = prepare(folder=tmp_path, **DIGITS)
    assert data.train_images.shape == (300, 1, 8, 8) and data.test_images.shape == (150, 1, 8, 8)
    assert np.bincount(data.train_labels).tolist() == [30] * 10
    assert np.bincount(data.test_labels).tolist() == [15] * 10
    assert data.train_images.mean() == pytest.approx(0, abs=1e-6) and data.train_images.std() == pytest.approx(
        1, abs=1e-5
    )
    train = {image.tobytes() for image in data.train_images}
    assert not any(image.tobytes() in train for image in data.test_images)


def test_prepared_data_survive_the_file_and_are_bit_identical(tmp_path):
    first, second = prepare(folder=tmp_path, **DIGITS), prepare(folder=tmp_path, **DIGITS)
    first.save(tmp_path / "a.npz")
    second.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert PreparedData.load(tmp_path / "a.npz").fingerprint == first.fingerprint


def test_fingerprint_tells_other_data(tmp_path):
    data = prepare(folder=tmp_path, **DIGITS)
    assert prepare(folder=tmp_path, **DIGITS | {"n_test": 140}).fingerprint != data.fingerprint


def test_pooling_averages_squares():
    images = np.arange(16.0).reshape(1, 1, 4, 4)
    assert average_pool(images, 2).ravel().tolist() == [2.5, 4.5, 10.5, 12.5]
    with pytest.raises(DataError, match="4×4 pixels cannot be pooled by 3"):
        average_pool(images, 3)


def test_unbalanced_requests_are_errors():
    labels = np.array([0, 0, 1, 1, 1])
    assert balanced(labels, 4, 2, "x").tolist() == [0, 1, 2, 3]
    with pytest.raises(DataError, match="choose a multiple of 2"):
        balanced(labels, 3, 2, "x")
    with pytest.raises(DataError, match="only 2"):
        balanced(labels, 6, 2, "x")


def test_own_folder_comes_first_then_torchvisions_then_debians(tmp_path, no_fetching):
    debian = idx_files(tmp_path / "system" / fashion_mnist.DEBIAN_FOLDER, ".gz")
    assert find_fashion_mnist(tmp_path / "data", tmp_path / "system") == debian
    torchvisions = idx_files(tmp_path / "data/FashionMNIST/raw")
    assert find_fashion_mnist(tmp_path / "data", tmp_path / "system") == torchvisions
    own = idx_files(tmp_path / "data/fashion_mnist", ".gz")
    assert find_fashion_mnist(tmp_path / "data", tmp_path / "system") == own


def test_the_package_is_the_second_way(tmp_path, no_fetching, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "fetch_with_apt", lambda folder: idx_files(folder / "fashion_mnist"))
    assert find_fashion_mnist(tmp_path / "data", tmp_path) == tmp_path / "data/fashion_mnist"


LABELS = "t10k-labels-idx1-ubyte"
ARCHIVE = gzip.compress(np.random.default_rng(0).integers(0, 10, 1000, dtype=np.uint8).tobytes(), mtime=0)


def flipped(content, place):
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


def test_every_damage_of_an_archive_is_a_data_error(tmp_path):
    path = tmp_path / f"{LABELS}.gz"
    cut = [ARCHIVE[:length] for length in range(0, len(ARCHIVE), 11)]
    for content in [*cut, *(flipped(ARCHIVE, place) for place in range(len(ARCHIVE)))]:
        path.write_bytes(content)
        with pytest.raises(DataError, match=re.escape(str(path))):
            read_checked(tmp_path, LABELS)


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / LABELS).write_bytes(b"")
    monkeypatch.setattr(fashion_mnist.Path, "read_bytes", refuse)
    message = f"{tmp_path / LABELS} cannot be read (Permission denied); delete it and run again"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_checked(tmp_path, LABELS)


def test_a_damaged_file_of_prepared_data_is_named_or_harmless(tmp_path):
    data = prepare(folder=tmp_path, **DIGITS | {"n_train": 20, "n_test": 10, "pool": 4})
    path = tmp_path / "data.npz"
    data.save(path)
    good, harmless = path.read_bytes(), 0
    places = range(0, len(good), 3)
    for content in [*(good[:length] for length in range(0, len(good), 101)), *(flipped(good, at) for at in places)]:
        path.write_bytes(content)
        try:
            loaded = PreparedData.load(path)
        except DataError as error:
            assert str(path) in str(error) and str(error).endswith("; delete it and run again")
        else:
            harmless += 1  # a date, a permission
            assert loaded.fingerprint == data.fingerprint and (loaded.train_images == data.train_images).all()
    assert harmless < len(places) / 2


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="unpacking Debian's package needs dpkg-deb")
def test_the_package_is_unpacked_into_the_own_folder(tmp_path, monkeypatch):
    contents = tmp_path / "package"
    idx_files(contents / fashion_mnist.DEBIAN_FOLDER, ".gz")
    (contents / "DEBIAN").mkdir()
    (contents / "DEBIAN/control").write_text(
        "Package: dataset-fashion-mnist\nVersion: 1\nArchitecture: all\nMaintainer: x <x@y.z>\nDescription: x\n"
    )
    run = fashion_mnist.subprocess.run

    def offline(command, cwd, **settings):
        if command[0] == "apt-get":
            command = ["dpkg-deb", "-b", str(contents), "package.deb"]
        return run(command, cwd=cwd, **settings)

    monkeypatch.setattr(fashion_mnist.subprocess, "run", offline)
    fashion_mnist.fetch_with_apt(tmp_path / "data")
    assert len(list((tmp_path / "data/fashion_mnist").iterdir())) == 4
