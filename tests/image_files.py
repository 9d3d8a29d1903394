"""Tiny files in the formats of CIFAR-10 and ImageNet."""

import hashlib
import struct

import numpy as np
from PIL import Image

from paper.data import cifar10


def pickled_batch(images: np.ndarray, labels, keys=("labels", "data")) -> bytes:
    """A batch as Python 2 pickled those of CIFAR-10 (protocol 2): strings of bytes, an array of uint8, lists."""

    def text(value: bytes) -> bytes:
        return b"U" + bytes([len(value)]) + value

    data = np.ascontiguousarray(images, np.uint8).tobytes()
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\t(K\x01"
        + b"M"
        + struct.pack("<H", len(images))
        + b"M\x00\x0c\x86cnumpy\ndtype\nq\nU\x02u1K\x00K\x01\x87Rq\x0b"
        + b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"
        + struct.pack("<i", len(data))
        + data
        + b"tb"
    )
    numbers = b"]q\x05(" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    names = b"]q\x0c(" + b"".join(text(b"frog_s_%06d.png" % i) for i in range(len(labels))) + b"e"
    parts = {"labels": numbers, "data": array}
    body = b"".join(text(key.encode()) + b"q\x04" + parts[key] for key in keys)
    title = text(b"batch_label") + b"q\x02" + text(b"training batch 1 of 5") + b"q\x03"
    return b"\x80\x02}q\x01(" + title + body + text(b"filenames") + names + b"u."


def cifar10_files(folder, monkeypatch, *, each: int = 20):
    """CIFAR-10's six files with ``each`` images in each, whose checksums count as those of CIFAR-10.

    Images of a class have a colour of their own, so that a network can tell them.
    """
    rng, place = np.random.default_rng(0), folder / cifar10.FOLDER
    place.mkdir(parents=True)
    colours = rng.integers(40, 200, (10, 3, 1, 1))
    known = {}
    for split, names in cifar10.CIFAR10.items():
        known[split] = {}
        for name in names:
            labels = rng.permutation(np.arange(each) % 10)
            content = pickled_batch(colours[labels] + rng.integers(-40, 40, (each, 3, 32, 32)), labels)
            (place / name).write_bytes(content)
            known[split][name] = hashlib.md5(content, usedforsecurity=False).hexdigest()
    monkeypatch.setattr(cifar10, "CIFAR10", known)
    return place


def imagenet_files(folder, *, classes=("n01440764", "n01443537", "n01484850"), train: int = 8, val: int = 4):
    """A folder of ImageNet's layout, ``train`` and ``val`` images in each class, of various sizes and colours."""
    rng = np.random.default_rng(1)
    for split, number in (("train", train), ("val", val)):
        for position, name in enumerate(classes):
            (folder / split / name).mkdir(parents=True)
            for i in range(number):
                height, width = rng.integers(40, 60, 2)
                image = rng.integers(0, 90, (height, width, 3), np.uint8)
                image[..., position % 3] += 120
                Image.fromarray(image).save(folder / split / name / f"{name}_{i}.JPEG", quality=95)
    return folder
