"""CIFAR-10's files, found or fetched, checked, and read without running what they hold.

The files are those that torchvision's CIFAR10 downloads (``cifar-10-batches-py``), which most users have, and each of
which has a known checksum; of the binary version only the archive has one. They are pickled, and to unpickle a file is
to run it. So their instructions are read as a list (:func:`pickletools.genops`) and none is carried out: the labels are
the whole numbers after the word ``labels``, the images the string after the word ``data``.

Nothing is replaced silently: data that cannot be had, or whose checksum is wrong, is an error.
"""

from __future__ import annotations

import hashlib
import pickletools
from pathlib import Path

import numpy as np

from paper.data.datasets import DataError, reason

#: MD5 of the files of each split, as torchvision knows them.
CIFAR10 = {
    "train": {
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    },
    "test": {"test_batch": "40351d587109b95175f43aff81a1287e"},
}
CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FOLDER, ARCHIVE = "cifar-10-batches-py", "cifar-10-python.tar.gz"
#: Channels, rows and columns of an image.
SHAPE = (3, 32, 32)
WHOLE_NUMBERS = {"BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1"}


def cifar10(folder: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """CIFAR-10's train and test split: images in [0, 1], (n, 3, 32, 32), and labels."""
    source = find_cifar10(folder)
    splits = []
    for checksums in CIFAR10.values():
        images, labels = zip(
            *(read_batch(source / name, checksum) for name, checksum in checksums.items()), strict=True
        )
        splits.append((np.concatenate(images) / 255, np.concatenate(labels)))
    return splits


def find_cifar10(folder: Path) -> Path:
    """Folder that holds the six files, which are fetched into it where there is none.

    Raises
    ------
    DataError
        If a file is missing, or there is none and they cannot be fetched.
    """
    own = folder / FOLDER
    names = [name for checksums in CIFAR10.values() for name in checksums]
    missing = [name for name in names if not (own / name).is_file()]
    if not missing:
        return own
    what_to_do = (
        f"Put {', '.join(names)} into {own}, or {ARCHIVE}, from which they come, into {folder}, "
        "or run a study that needs no download: snakemake --cores all --configfile config/smoke.yaml"
    )
    if len(missing) < len(names):
        raise DataError(f"{own} lacks {', '.join(missing)} of CIFAR-10. {what_to_do}")
    try:
        fetch_with_torchvision(folder)
    except Exception as error:  # whatever stops it, the reason is reported
        raise DataError(
            f"CIFAR-10 is not here and could not be fetched ({type(error).__name__}: {reason(error)}). {what_to_do}"
        ) from None
    return find_cifar10(folder)


def fetch_with_torchvision(folder: Path) -> None:
    """Let torchvision's downloader fetch and check the archive, unless it is in ``folder``, and unpack it there.

    ``CIFAR10(download=True)`` would unpickle the files.
    """
    from torchvision.datasets import CIFAR10 as OF_TORCHVISION
    from torchvision.datasets.utils import download_and_extract_archive

    known = OF_TORCHVISION
    download_and_extract_archive(known.url, str(folder), filename=known.filename, md5=known.tgz_md5)


def read_batch(path: Path, checksum: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 3, 32, 32) and labels (n,), both uint8, of a file, after its MD5 was found right.

    Raises
    ------
    DataError
        If the file cannot be read or has another content than CIFAR-10's.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({reason(error)}); delete it and run again") from None
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != checksum:
        raise DataError(
            f"{path} is not CIFAR-10's {path.name}: MD5 {found} of {len(content):,} bytes, expected {checksum}; "
            "delete it and run again"
        )
    try:
        return images_and_labels(content)
    except ValueError as error:
        raise DataError(f"{path} is no file of CIFAR-10 ({reason(error)}); delete it and run again") from None


def images_and_labels(pickled: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 3, 32, 32) and labels (n,), both uint8, that a pickled batch holds; none of it is run.

    Raises
    ------
    ValueError
        If it is cut short, images or labels are missing or of different number, an image has another size than
        32×32 pixels in three colours, or a label is none of 0 to 9.

    Examples
    --------
    >>> import pickle
    >>> images, labels = images_and_labels(pickle.dumps({b"labels": [3, 8], b"data": bytes(2 * 3072)}))
    >>> images.shape, labels
    ((2, 3, 32, 32), array([3, 8], dtype=uint8))
    """
    labels, images, key = [], None, None
    for opcode, value, _ in pickletools.genops(pickled):
        if isinstance(value, str | bytes):
            text = value if isinstance(value, bytes) else value.encode("latin-1", "replace")
            if text in {b"labels", b"data"}:
                key = text
            elif key == b"labels":
                key = None
            elif key == b"data" and len(text) >= np.prod(SHAPE):
                images, key = np.frombuffer(text, np.uint8), None
        elif key == b"labels" and opcode.name in WHOLE_NUMBERS:
            labels.append(value)
    if images is None or not labels:
        raise ValueError("it holds no images" if images is None else "it holds no labels")
    if images.size % np.prod(SHAPE):
        raise ValueError(f"its images have {images.size:,} bytes, no multiple of {np.prod(SHAPE):,}")
    images = images.reshape(-1, *SHAPE)
    if len(images) != len(labels):
        raise ValueError(f"it holds {len(images):,} images and {len(labels):,} labels")
    wrong = [label for label in labels if not 0 <= label < len(CIFAR10_CLASSES)]
    if wrong:
        raise ValueError(f"it holds the label {wrong[0]}; allowed: 0 to {len(CIFAR10_CLASSES) - 1}")
    return images, np.array(labels, np.uint8)
