"""Images and labels of a data set, cut to size, pooled and normalised."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from paper.data.cifar10 import CIFAR10_CLASSES, cifar10
from paper.data.datasets import DataError, PreparedData, fingerprint
from paper.data.fashion_mnist import FASHION_MNIST_CLASSES, fashion_mnist


def prepare(name: str, folder: Path, *, n_train: int, n_test: int, pool: int, normalize: bool) -> PreparedData:
    """Balanced subset of a data set, pooled and normalised.

    Parameters
    ----------
    name : {"fashion_mnist", "cifar10", "digits", "made_up"}
    folder : Path
        The project's own data folder; what is fetched is put there.
    n_train, n_test : int
        Samples of each split; the same number of each class, the first in the data set's own order.
    pool : int
        Side of the squares of pixels that are averaged into one.
    normalize : bool
        Subtract the mean of the training pixels (per channel) and divide by their standard deviation.

    Raises
    ------
    DataError
        If the data cannot be had or checked, or do not have that many samples of each class.

    Examples
    --------
    >>> data = prepare("digits", Path("data"), n_train=300, n_test=150, pool=2, normalize=True)
    >>> data.train_images.shape, np.bincount(data.test_labels).tolist()
    ((300, 1, 4, 4), [15, 15, 15, 15, 15, 15, 15, 15, 15, 15])
    """
    if name == "made_up":
        return without_images(n_train, n_test, tuple("0123456789"))
    if name == "fashion_mnist":
        splits, classes = fashion_mnist(folder), FASHION_MNIST_CLASSES
    elif name == "cifar10":
        splits, classes = cifar10(folder), CIFAR10_CLASSES
    else:
        splits, classes = digits(n_train), tuple("0123456789")
    subsets = []
    for split, size in (("train", n_train), ("test", n_test)):
        images, labels = splits.pop(0)  # so that no more is kept than is needed: CIFAR-10 takes 1.2 GB
        chosen = balanced(labels, size, len(classes), f"{name} ({split})")
        subsets += [average_pool(images[chosen], pool), labels[chosen].astype(np.int64)]
    train, train_labels, test, test_labels = subsets
    if normalize:
        mean = train.mean(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
        deviation = train.std(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
        for split in (train, test):
            split -= mean
            split /= deviation
    arrays = [train.astype(np.float32), train_labels, test.astype(np.float32), test_labels]
    return PreparedData(*arrays, classes, fingerprint(*arrays))


def without_images(n_train: int, n_test: int, classes: tuple[str, ...]) -> PreparedData:
    """Labels alone, the classes in turn; the images are of one pixel, which is 0."""
    arrays = []
    for n_samples in (n_train, n_test):
        labels = np.arange(n_samples, dtype=np.int64) % len(classes)
        arrays += [np.zeros((n_samples, 1, 1, 1), np.float32), labels]
    return PreparedData(*arrays, classes, fingerprint(*arrays))


def balanced(labels: np.ndarray, size: int, n_classes: int, what: str) -> np.ndarray:
    """Ascending indices of the first ``size / n_classes`` samples of each class; ``what`` has them, in messages.

    Raises
    ------
    DataError
        If the size is no multiple of the classes, or one has too few samples.

    Examples
    --------
    >>> balanced(np.array([0, 0, 1, 0, 1]), 4, 2, "labels")
    array([0, 1, 2, 4])
    """
    if size % n_classes:
        raise DataError(
            f"{what}: {size} samples cannot be balanced over {n_classes} classes; choose a multiple of {n_classes}"
        )
    each = size // n_classes
    of_class = [np.flatnonzero(labels == label) for label in range(n_classes)]
    fewest = min(map(len, of_class))
    if fewest < each:
        raise DataError(f"{what}: {each} samples of each class are asked for, but one class has only {fewest}")
    return np.sort(np.concatenate([indices[:each] for indices in of_class]))


def average_pool(images: np.ndarray, side: int) -> np.ndarray:
    """Images (n, channels, height, width) with each ``side`` × ``side`` square of pixels averaged, as float64.

    Raises
    ------
    DataError
        If ``side`` does not divide height and width.

    Examples
    --------
    >>> average_pool(np.arange(4.0).reshape(1, 1, 2, 2), 2).item()
    1.5
    """
    n, channels, height, width = images.shape
    if side == 1:
        return images.astype(np.float64, copy=False)
    if height % side or width % side:
        raise DataError(f"images of {height}×{width} pixels cannot be pooled by {side}")
    squares = images.reshape(n, channels, height // side, side, width // side, side)
    return squares.mean(axis=(3, 5), dtype=np.float64)


def digits(n_train: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """scikit-learn's 8×8 digits; a balanced training split first, the rest is the test split."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images, labels = bunch.images[:, None] / 16, bunch.target
    train = balanced(labels, n_train, 10, "digits (train)")
    rest = np.setdiff1d(np.arange(len(labels)), train)
    return [(images[train], labels[train]), (images[rest], labels[rest])]
