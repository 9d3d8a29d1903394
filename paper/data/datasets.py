"""A data set that is ready to train on, in one file with a fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inpca.files import atomic, reason


class DataError(RuntimeError):
    """Data that cannot be had or is not what it should be; the message says what to do."""


@dataclass(frozen=True)
class PreparedData:
    """Train and test split, ready to train on.

    Attributes
    ----------
    train_images, test_images : ndarray of float32, (n, channels, height, width)
    train_labels, test_labels : ndarray of int64, (n,)
    classes : tuple of str
        Name of each class.
    fingerprint : str
        SHA-256 over shapes, types and bytes of the four arrays; equal if and only if the data are.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: tuple[str, ...]
    fingerprint: str

    @property
    def splits(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Images and labels of each split, by its name."""
        return {"train": (self.train_images, self.train_labels), "test": (self.test_images, self.test_labels)}

    def summary(self) -> str:
        """Numbers of samples and fingerprint, on one line."""
        return (
            f"{len(self.train_labels)} train and {len(self.test_labels)} test samples, fingerprint {self.fingerprint}"
        )

    def save(self, path: str | Path) -> None:
        """Write one ``.npz`` file (no pickle)."""
        with atomic(path) as partial:
            np.savez(
                partial,
                train_images=self.train_images,
                train_labels=self.train_labels,
                test_images=self.test_images,
                test_labels=self.test_labels,
                classes=np.array(self.classes),
                fingerprint=np.array(self.fingerprint),
            )

    @classmethod
    def load(cls, path: str | Path) -> PreparedData:
        """Read what :meth:`save` wrote.

        Raises
        ------
        DataError
            If the file is not there, is damaged or not a prepared data set, or its arrays are not those that the
            fingerprint was taken of.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = [file[name] for name in ("train_images", "train_labels", "test_images", "test_labels")]
                data = cls(*arrays, tuple(file["classes"].tolist()), str(file["fingerprint"]))
        except Exception as error:  # damaged bytes of an archive lead to errors of many kinds
            raise DataError(f"{path} is no prepared data set ({reason(error)}); delete it and run again") from None
        if fingerprint(*arrays) != data.fingerprint:
            raise DataError(f"{path} does not match its fingerprint; delete it and run again")
        return data


def fingerprint(*arrays: np.ndarray) -> str:
    """SHA-256 over shape, type and bytes of the arrays, in order.

    Examples
    --------
    >>> fingerprint(np.zeros(6)) == fingerprint(np.zeros((2, 3)))
    False
    """
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
