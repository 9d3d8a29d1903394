"""Fashion-MNIST's files, found or fetched, and checked.

Nothing is replaced silently: data that cannot be had, or whose checksum is wrong, is an error.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import subprocess
import tempfile
import zlib
from pathlib import Path

import numpy as np

from inpca.files import atomic, reason
from paper.data.datasets import DataError

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
