"""Images in folders, one for each class, that stay on disk: what there is, and which of it is recorded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inpca.files import atomic
from paper.data.datasets import DataError, PreparedData, reason
from paper.data.preparation import balanced

ARRAYS = ("train_files", "train_labels", "test_files", "test_labels", "recorded")
#: Folder of each split, in that of the images.
FOLDERS = {"train": "train", "test": "val"}


@dataclass(frozen=True)
class StreamedImages:
    """Train and test split of images that are read when they are needed.

    Attributes
    ----------
    train_files, test_files : ndarray of str, (n,)
        Names in the folder, sorted.
    train_labels, test_labels : ndarray of int64, (n,)
    recorded : ndarray of int64
        Which images of train are recorded; classes take turns, so that each batch has many.
    classes : tuple of str
        Name of the folder of each class, sorted.
    folder : str
    side : int
        Height and width of an image as networks see it.
    workers : int
        Processes that read images.
    fingerprint : str
        SHA-256 over side, classes, and name, size and label of every file, sorted by name, not over pixels: reading
        all of ImageNet for that would take longer than an epoch. A file that was changed without changing its size is
        not noticed.
    """

    train_files: np.ndarray
    train_labels: np.ndarray
    test_files: np.ndarray
    test_labels: np.ndarray
    recorded: np.ndarray
    classes: tuple[str, ...]
    folder: str
    side: int
    workers: int
    fingerprint: str

    def summary(self) -> str:
        """Numbers of images and fingerprint, on one line."""
        return (
            f"{len(self.train_files)} train images, {len(self.recorded)} of them recorded, and {len(self.test_files)} "
            f"test images of {len(self.classes)} classes in {self.folder}, fingerprint {self.fingerprint}"
        )

    def save(self, path: str | Path) -> None:
        """Write one ``.npz`` file (no pickle), without images."""
        with atomic(path) as partial:
            np.savez_compressed(
                partial,
                **{name: getattr(self, name) for name in ARRAYS},
                classes=np.array(self.classes),
                folder=np.array(self.folder),
                side=np.array(self.side),
                workers=np.array(self.workers),
                fingerprint=np.array(self.fingerprint),
            )


def load_data(path: str | Path) -> PreparedData | StreamedImages:
    """The prepared data set of a study, whether its images are in the file or stay on disk.

    Raises
    ------
    DataError
        If the file is not there, is damaged, or no data set.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            if "train_files" not in file:
                return PreparedData.load(path)
            arrays = [file[name] for name in ARRAYS]
            classes, folder = tuple(file["classes"].tolist()), str(file["folder"])
            side, workers, known = int(file["side"]), int(file["workers"]), str(file["fingerprint"])
    except DataError:
        raise
    except Exception as error:  # damaged bytes of an archive lead to errors of many kinds
        raise DataError(f"{path} is no prepared data set ({reason(error)}); delete it and run again") from None
    return StreamedImages(*arrays, classes, folder, side, workers, known)


def list_images(
    folder: str | Path, *, side: int, workers: int, n_classes: int, n_train: int, n_test: int, n_recorded: int
) -> StreamedImages:
    """What there is in a folder of ImageNet's layout: ``train/<class>/*.JPEG`` and ``val/<class>/*.JPEG``.

    Parameters
    ----------
    folder : path
    side, workers : int
        See :class:`StreamedImages`.
    n_classes, n_train, n_test : int
        How many there must be.
    n_recorded : int
        Images of train that are recorded, the same number of each class: the first by name.

    Raises
    ------
    DataError
        If a folder is missing, the numbers are others, a class lacks images, or a file is empty.
    """
    found = {split: list_split(Path(folder), name) for split, name in FOLDERS.items()}
    classes = found["train"][3]
    for split, number in (("train", n_train), ("test", n_test)):
        where, files, own = Path(folder) / FOLDERS[split], found[split][0], found[split][3]
        if own != classes:
            other = sorted(set(own) ^ set(classes))
            raise DataError(f"{where} has other classes than {Path(folder) / FOLDERS['train']}, such as {other[0]}")
        if len(own) != n_classes:
            raise DataError(f"{where} has {len(own)} folders of classes, but dataset.n_classes is {n_classes}")
        if len(files) != number:
            raise DataError(f"{where} has {len(files)} images, but dataset.n_{split} is {number}")
    (train, train_labels, train_sizes, _), (test, test_labels, test_sizes, _) = found.values()
    chosen = balanced(train_labels, n_recorded, n_classes, f"{folder} (train)")
    turns = np.argsort(rank_in_class(train_labels[chosen]), kind="stable")
    digest = hashlib.sha256(f"{side} {classes}".encode())
    for files, labels, sizes in ((train, train_labels, train_sizes), (test, test_labels, test_sizes)):
        for of_file in zip(files, sizes, labels.tolist(), strict=True):
            digest.update(repr(of_file).encode())
    arrays = [np.array(train), train_labels, np.array(test), test_labels, chosen[turns]]
    return StreamedImages(*arrays, tuple(classes), str(folder), side, workers, digest.hexdigest())


def list_split(folder: Path, name: str) -> tuple[list[str], np.ndarray, list[int], list[str]]:
    """Files of a split as seen from the folder, sorted by name, with their labels and sizes, and the classes.

    Raises
    ------
    DataError
        If there are no such folders, a class has no images, or a file is empty.
    """
    from torchvision.datasets.folder import IMG_EXTENSIONS, find_classes, make_dataset

    place = folder / name
    try:
        classes, index = find_classes(place)
        samples = make_dataset(place, index, extensions=IMG_EXTENSIONS)
    except OSError as error:
        raise DataError(
            f"{place} has no folders of images, one for each class ({reason(error)}); put ImageNet there as "
            f"{FOLDERS['train']}/<class>/*.JPEG and {FOLDERS['test']}/<class>/*.JPEG, or name another dataset.folder"
        ) from None
    samples = sorted((Path(path).relative_to(folder).as_posix(), label) for path, label in samples)
    files, labels = map(list, zip(*samples, strict=True))
    sizes = [(folder / file).stat().st_size for file in files]
    if 0 in sizes:
        raise DataError(f"{folder / files[sizes.index(0)]} is empty; copy it again")
    return files, np.array(labels, np.int64), sizes, classes


def rank_in_class(labels: np.ndarray) -> np.ndarray:
    """How many samples of its class are before each sample.

    Examples
    --------
    >>> rank_in_class(np.array([0, 0, 1, 0, 1])).tolist()
    [0, 1, 0, 2, 1]
    """
    order = np.argsort(labels, kind="stable")
    first = np.searchsorted(labels[order], labels[order])
    ranks = np.empty(len(labels), np.int64)
    ranks[order] = np.arange(len(labels)) - first
    return ranks
