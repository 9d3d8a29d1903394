"""Images and labels, found or fetched, checked, cut to size and given a fingerprint.

Nothing is replaced silently: data that cannot be had, or whose checksum is wrong, is an error.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import subprocess
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inpca.files import atomic

#: SHA-256 of the four IDX files of Fashion-MNIST, uncompressed, so that the way they were compressed does not matter.
FASHION_MNIST = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
FASHION_MNIST_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
DEBIAN_PACKAGE = "dataset-fashion-mnist"
DEBIAN_FOLDER = Path("usr/share/datasets/fashion-mnist")


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


def reason(error: Exception) -> str:
    """Why something failed, on one line without the name of the file."""
    text = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return " ".join(text.split())


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


def prepare(name: str, folder: Path, *, n_train: int, n_test: int, pool: int, normalize: bool) -> PreparedData:
    """Balanced subset of a data set, pooled and normalised.

    Parameters
    ----------
    name : {"fashion_mnist", "digits"}
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
    """
    if name == "fashion_mnist":
        splits, classes = fashion_mnist(folder), FASHION_MNIST_CLASSES
    else:
        splits, classes = digits(n_train), tuple("0123456789")
    subsets = []
    for split, (images, labels), size in zip(("train", "test"), splits, (n_train, n_test), strict=True):
        chosen = balanced(labels, size, len(classes), f"{name} ({split})")
        subsets += [average_pool(images[chosen], pool), labels[chosen].astype(np.int64)]
    train, train_labels, test, test_labels = subsets
    if normalize:
        mean = train.mean(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
        deviation = train.std(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
        train, test = ((split - mean) / deviation for split in (train, test))
    arrays = [train.astype(np.float32), train_labels, test.astype(np.float32), test_labels]
    return PreparedData(*arrays, classes, fingerprint(*arrays))


def balanced(labels: np.ndarray, size: int, n_classes: int, what: str) -> np.ndarray:
    """Ascending indices of the first ``size / n_classes`` samples of each class."""
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
    """Images (n, channels, height, width) with each ``side`` × ``side`` square of pixels averaged, as float64."""
    n, channels, height, width = images.shape
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


def fashion_mnist(folder: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Fashion-MNIST's train and test split: images in [0, 1], (n, 1, 28, 28), and labels."""
    source = find_fashion_mnist(folder)
    contents = {name: read_checked(source, name) for name in FASHION_MNIST}
    return [
        (
            np.frombuffer(contents[f"{split}-images-idx3-ubyte"], np.uint8, offset=16).reshape(-1, 1, 28, 28) / 255,
            np.frombuffer(contents[f"{split}-labels-idx1-ubyte"], np.uint8, offset=8),
        )
        for split in ("train", "t10k")
    ]


def find_fashion_mnist(folder: Path, system: Path = Path("/")) -> Path:
    """Folder that holds the four files: the project's, Debian's, or the project's after fetching them.

    Raises
    ------
    DataError
        If they are nowhere and no way of fetching them worked.
    """
    own, torchvisions = folder / "fashion_mnist", folder / "FashionMNIST" / "raw"
    for candidate in (own, torchvisions, system / DEBIAN_FOLDER):
        if all(idx_file(candidate, name) for name in FASHION_MNIST):
            return candidate
    failures = []
    for way, fetch, target in (
        ("torchvision's downloader", fetch_with_torchvision, torchvisions),
        (f"Debian's package {DEBIAN_PACKAGE}", fetch_with_apt, own),
    ):
        try:
            fetch(folder)
            return target
        except Exception as error:  # whatever stops one way, the next is tried and the reason is reported
            failures.append(f"  {way}: {type(error).__name__}: {error}")
    raise DataError(
        "Fashion-MNIST is not here and could not be fetched.\n" + "\n".join(failures) + "\n"
        f"Put its four files ({', '.join(FASHION_MNIST)}; .gz or not) into {own}, "
        f"or install Debian's package {DEBIAN_PACKAGE}, "
        "or run the study that needs no download: snakemake --cores all --configfile config/smoke.yaml"
    )


def idx_file(folder: Path, name: str) -> Path | None:
    """The file of that name, plain or gzipped, if it is there.

    Raises
    ------
    DataError
        If a folder has its name.
    """
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_dir():
            raise DataError(f"{path} is a folder; put the file of that name there, or remove the folder")
        if path.is_file():
            return path
    return None


def read_checked(folder: Path, name: str) -> bytes:
    """Content of an IDX file, uncompressed, after its checksum was found right.

    Raises
    ------
    DataError
        If the file cannot be read, is a damaged archive, or has another content than Fashion-MNIST's.
    """
    path = idx_file(folder, name)
    try:
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read ({reason(error)}); delete it and run again") from None
    found = hashlib.sha256(content).hexdigest()
    if found != FASHION_MNIST[name]:
        raise DataError(
            f"{path} is not Fashion-MNIST's {name}: SHA-256 {found}, expected {FASHION_MNIST[name]}; "
            "delete it and run again"
        )
    return content


def fetch_with_torchvision(folder: Path) -> None:
    """Let torchvision download into ``folder``/FashionMNIST/raw."""
    from torchvision.datasets import FashionMNIST

    FashionMNIST(str(folder), download=True)


def fetch_with_apt(folder: Path) -> None:
    """Download Debian's package and unpack its four files into ``folder``/fashion_mnist; needs no root."""
    with tempfile.TemporaryDirectory() as scratch:
        for command in (["apt-get", "download", DEBIAN_PACKAGE], ["sh", "-c", "dpkg-deb -x *.deb ."]):
            done = subprocess.run(command, cwd=scratch, capture_output=True, text=True)
            if done.returncode:
                raise DataError(f"{' '.join(command)}: {done.stderr.strip().splitlines()[-1:] or done.returncode}")
        with atomic(folder / "fashion_mnist") as partial:
            shutil.copytree(Path(scratch) / DEBIAN_FOLDER, partial)
