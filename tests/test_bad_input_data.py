"""Data files that are damaged, of another kind, or not what a study says: each is named, and stays as it is."""

import gzip
import hashlib
import pickle
from dataclasses import replace

import numpy as np
import pytest
from image_files import imagenet_files
from refusals import refused

from paper.data import cifar10, fashion_mnist
from paper.data.cifar10 import CIFAR10, find_cifar10, read_batch
from paper.data.datasets import DataError, PreparedData
from paper.data.fashion_mnist import FASHION_MNIST, find_fashion_mnist, read_checked
from paper.data.image_folder import list_images, load_data
from paper.data.preparation import prepare

AGAIN = "; delete it and run again"
LABELS = "t10k-labels-idx1-ubyte"
#: An IDX file of labels: magic number, how many there are, and they.
IDX = bytes([0, 0, 8, 1, 0, 0, 3, 232]) + np.random.default_rng(0).integers(0, 10, 1000, dtype=np.uint8).tobytes()
ARCHIVE = gzip.compress(IDX, mtime=0)


def flipped(content, place):
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


def other(content):
    """What is said of another file in the place of Fashion-MNIST's labels."""
    found = hashlib.sha256(content).hexdigest()
    return f" is not Fashion-MNIST's {LABELS}: SHA-256 {found}, expected {FASHION_MNIST[LABELS]}{AGAIN}"


IDX_FILES = {
    "gzip, empty": (".gz", b"", other(b"")),
    "gzip, text": (".gz", b"no archive", f" cannot be read (Not a gzipped file (b'no')){AGAIN}"),
    "gzip, cut off": (
        ".gz",
        ARCHIVE[:-9],
        f" cannot be read (Compressed file ended before the end-of-stream marker was reached){AGAIN}",
    ),
    "gzip, header": (".gz", flipped(ARCHIVE, 2), f" cannot be read (Unknown compression method){AGAIN}"),
    "gzip, block": (".gz", flipped(ARCHIVE, 10), " cannot be read (Error -3 while decompressing data: invalid …"),
    "gzip, checksum": (".gz", flipped(ARCHIVE, len(ARCHIVE) - 5), f" cannot be read (CRC check failed){AGAIN}"),
    "gzip, length": (
        ".gz",
        flipped(ARCHIVE, len(ARCHIVE) - 1),
        f" cannot be read (Incorrect length of data produced){AGAIN}",
    ),
    "gzip, other data": (".gz", ARCHIVE, other(IDX)),
    "empty": ("", b"", other(b"")),
    "magic": ("", b"\xff" + IDX[1:], other(b"\xff" + IDX[1:])),
    "cut off": ("", IDX[:-1], other(IDX[:-1])),
    "a label out of range": ("", IDX[:-1] + b"\x0a", other(IDX[:-1] + b"\x0a")),
    "a class less": ("", IDX.replace(b"\x09", b"\x00"), other(IDX.replace(b"\x09", b"\x00"))),
}


@pytest.mark.parametrize("case", IDX_FILES)
def test_a_damaged_idx_file_is_named_with_what_to_do(tmp_path, case):
    suffix, content, message = IDX_FILES[case]
    path = tmp_path / f"{LABELS}{suffix}"
    path.write_bytes(content)
    refused(lambda: read_checked(tmp_path, LABELS), DataError, f"{path}{message}", tmp_path)


@pytest.fixture
def no_fetching(monkeypatch):
    def fail(folder):
        raise OSError("no way out")

    for module in (cifar10, fashion_mnist):
        monkeypatch.setattr(module, "fetch_with_torchvision", fail)
    monkeypatch.setattr(fashion_mnist, "fetch_with_apt", fail)


def test_data_that_cannot_be_had_say_what_to_do(tmp_path, no_fetching):
    names = ", ".join(FASHION_MNIST)
    message = (
        "Fashion-MNIST is not here and could not be fetched.\n"
        "  torchvision's downloader: OSError: no way out\n"
        "  Debian's package dataset-fashion-mnist: OSError: no way out\n"
        f"Put its four files ({names}; .gz or not) into {{folder}}/fashion_mnist, or install Debian's package "
        "dataset-fashion-mnist, or run the study that needs no download: "
        "snakemake --cores all --configfile config/smoke.yaml"
    )
    refused(lambda: find_fashion_mnist(tmp_path, tmp_path), DataError, message, tmp_path)


def test_a_folder_in_place_of_a_file_is_named(tmp_path, no_fetching):
    folder = tmp_path / "fashion_mnist"
    (folder / LABELS).mkdir(parents=True)
    for name in FASHION_MNIST.keys() - {LABELS}:
        (folder / name).write_bytes(b"")
    message = f"{folder / LABELS} is a folder; put the file of that name there, or remove the folder"
    refused(lambda: find_fashion_mnist(tmp_path, tmp_path), DataError, message, tmp_path)


def dumped(**changes):
    return pickle.dumps({"labels": [1, 2], "data": bytes(2 * 3072)} | changes)


BATCHES = {
    "empty": (b"", "pickle exhausted before seeing STOP"),
    "text": (b"no pickle", "at position 0, opcode b'n' unknown"),
    "end cut off": (dumped()[:-1], "pickle exhausted before seeing STOP"),
    "cut off": (dumped()[:3000], "expected …"),
    "no labels": (dumped(labels=[]), "it holds no labels"),
    "no images": (dumped(data=b""), "it holds no images"),
    "other numbers": (dumped(data=bytes(3072)), "it holds 1 images and 2 labels"),
    "other size": (dumped(data=bytes(6145)), "its images have 6,145 bytes, no multiple of 3,072"),
    "a label too high": (dumped(labels=[1, 10]), "it holds the label 10; allowed: 0 to 9"),
    "a label too low": (dumped(labels=[-1, 1]), "it holds the label -1; allowed: 0 to 9"),
}


@pytest.mark.parametrize("case", BATCHES)
def test_a_wrong_file_of_cifar10_is_named_with_what_is_wrong(tmp_path, case):
    content, why = BATCHES[case]
    path = tmp_path / "data_batch_1"
    path.write_bytes(content)
    found, expected = hashlib.md5(content, usedforsecurity=False).hexdigest(), CIFAR10["train"]["data_batch_1"]
    end = "" if why.endswith("…") else f"){AGAIN}"
    refused(lambda: read_batch(path, found), DataError, f"{path} is no file of CIFAR-10 ({why}{end}", tmp_path)
    message = (
        f"{path} is not CIFAR-10's data_batch_1: MD5 {found} of {len(content):,} bytes, expected {expected}{AGAIN}"
    )
    refused(lambda: read_batch(path, expected), DataError, message, tmp_path)


def test_missing_files_of_cifar10_are_named(tmp_path, no_fetching):
    names = [name for split in CIFAR10.values() for name in split]
    put = (
        f"Put {', '.join(names)} into {{folder}}/cifar-10-batches-py, or cifar-10-python.tar.gz, from which they come, "
        "into {folder}, or run a study that needs no download: snakemake --cores all --configfile config/smoke.yaml"
    )
    message = f"CIFAR-10 is not here and could not be fetched (OSError: no way out). {put}"
    refused(lambda: find_cifar10(tmp_path), DataError, message, tmp_path)
    (tmp_path / "cifar-10-batches-py").mkdir()
    for name in names[1:]:
        (tmp_path / "cifar-10-batches-py" / name).write_bytes(b"")
    message = f"{{folder}}/cifar-10-batches-py lacks data_batch_1 of CIFAR-10. {put}"
    refused(lambda: find_cifar10(tmp_path), DataError, message, tmp_path)
    where = tmp_path / "cifar-10-batches-py/data_batch_1"
    message = f"{where} cannot be read (No such file or directory){AGAIN}"
    refused(lambda: read_batch(where, ""), DataError, message, tmp_path)


SIZES = dict(side=28, workers=0, n_classes=3, n_train=6, n_test=3, n_recorded=3)


def without(*names):
    def change(folder):
        for name in names:
            for file in sorted((folder / name).rglob("*"), reverse=True):
                file.rmdir() if file.is_dir() else file.unlink()
            (folder / name).rmdir()

    return change


def emptied(folder):
    for file in (folder / "train/n01443537").iterdir():
        file.unlink()


def blank(folder):
    (folder / "val/n01443537/n01443537_0.JPEG").write_bytes(b"")


def folders(split, why):
    return f"{{folder}}/{split} has no folders of images, one for each class ({why}"


PUT = "); put ImageNet there as train/<class>/*.JPEG and val/<class>/*.JPEG, or name another dataset.folder"
IMAGENET = {
    "nothing": (without("train", "val"), {}, folders("train", f"No such file or directory{PUT}")),
    "no val": (without("val"), {}, folders("val", f"No such file or directory{PUT}")),
    "a class without images": (emptied, {}, folders("train", "Found no valid file for the classes n01443537…")),
    "other classes": (
        without("val/n01443537"),
        {},
        "{folder}/val has other classes than {folder}/train, such as n01443537",
    ),
    "a class less": (
        without("val/n01443537", "train/n01443537"),
        {},
        "{folder}/train has 2 folders of classes, but dataset.n_classes is 3",
    ),
    "an empty file": (blank, {}, "{folder}/val/n01443537/n01443537_0.JPEG is empty; copy it again"),
    "other n_train": (None, {"n_train": 7}, "{folder}/train has 6 images, but dataset.n_train is 7"),
    "other n_test": (None, {"n_test": 50_000}, "{folder}/val has 3 images, but dataset.n_test is 50000"),
    "too many recorded": (None, {"n_recorded": 9}, "{folder} (train): 3 samples of each class are asked for, …"),
}


@pytest.mark.parametrize("case", IMAGENET)
def test_a_wrong_folder_of_images_is_named_with_what_is_wrong(tmp_path, case):
    change, sizes, message = IMAGENET[case]
    imagenet_files(tmp_path, train=2, val=1)
    if change is not None:
        change(tmp_path)
    refused(lambda: list_images(tmp_path, **SIZES | sizes), DataError, message, tmp_path)


def resaved(change):
    """Bytes of a prepared data set in which something was changed."""

    def make(path):
        data = prepare("digits", path.parent, n_train=20, n_test=10, pool=4, normalize=True)
        change(data).save(path)

    return make


NONE = "{folder}/data.npz is no prepared data set ("
FORGED = "{folder}/data.npz does not match its fingerprint; delete it and run again"
PREPARED = {
    "missing": (lambda path: None, f"{NONE}No such file or directory){AGAIN}"),
    "a folder": (lambda path: path.mkdir(), f"{NONE}Is a directory){AGAIN}"),
    "empty": (lambda path: path.write_bytes(b""), f"{NONE}No data left in file){AGAIN}"),
    "text": (lambda path: path.write_text("text"), f"{NONE}…"),
    "other arrays": (lambda path: np.savez(path, train_images=np.zeros(3)), f"{NONE}…"),
    "objects": (lambda path: np.savez(path, train_images=np.array([{}])), f"{NONE}…"),
    "other images": (resaved(lambda data: replace(data, train_images=data.train_images + 1)), FORGED),
    "labels in another order": (resaved(lambda data: replace(data, train_labels=data.train_labels[::-1])), FORGED),
    "another type": (resaved(lambda data: replace(data, test_images=data.test_images.astype(np.float64))), FORGED),
}


@pytest.mark.parametrize("case", PREPARED)
def test_a_prepared_data_set_that_is_none_is_named(tmp_path, case):
    make, message = PREPARED[case]
    path = tmp_path / "data.npz"
    make(path)
    refused(lambda: PreparedData.load(path), DataError, message, tmp_path)
    refused(lambda: load_data(path), DataError, message, tmp_path)
