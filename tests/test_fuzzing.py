"""Every reader of files is given valid ones that were changed a little: it reads them, or stops with an error of ours.

``make test-faults`` gives them 100,000 and more; the quick tests some of them, the same ones every time.
"""

import gzip
import shutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import yaml
from conftest import ROOT
from fuzzed_predictions import arrays, beside, finished_store, saved, unfinished_store
from hypothesis import strategies as st
from image_files import pickled_batch
from mutations import CHANGES, EDITS, changed, edited, fuzz
from test_archive import pack, write_store

from paper.archive.reading import ArchiveError, read_archive
from paper.data import fashion_mnist
from paper.data.cifar10 import images_and_labels
from paper.data.datasets import DataError
from paper.data.image_folder import load_data
from paper.data.preparation import prepare
from paper.report.claims import ClaimsError, read_claims
from paper.study.study import ConfigError, read_study

#: What the quick tests give to each.
FEW = 40
FILE = st.integers(0, 99)


@dataclass(frozen=True)
class Door:
    """A reader: what makes a check of it, what is given to the check, and how many of these in ``make test-faults``."""

    check: Callable
    inputs: st.SearchStrategy
    many: int


def idx_file(folder):
    content = gzip.compress(np.random.default_rng(0).integers(0, 10, 300, dtype=np.uint8).tobytes(), mtime=0)
    name = "t10k-labels-idx1-ubyte"
    path = folder / f"{name}.gz"

    def check(edits):
        path.write_bytes(edited(content, edits))
        with pytest.raises(DataError) as error:
            fashion_mnist.read_checked(folder, name)
        assert str(error.value).startswith(str(path)) and str(error.value).endswith("delete it and run again")

    return check


def cifar10_file(folder):
    content = pickled_batch(np.random.default_rng(0).integers(0, 256, (2, 3, 32, 32), np.uint8), [3, 9])

    def check(edits):
        try:
            images, labels = images_and_labels(edited(content, edits))
        except ValueError:
            return
        assert images.shape == (len(labels), 3, 32, 32) and labels.max() <= 9

    return check


def prepared_data(folder):
    path = folder / "data.npz"
    prepare(name="digits", folder=folder, n_train=10, n_test=10, pool=8, normalize=True).save(path)
    whole, known = path.read_bytes(), load_data(path).fingerprint

    def check(edits):
        path.write_bytes(edited(whole, edits))
        try:
            assert load_data(path).fingerprint == known
        except DataError as error:
            assert str(error).startswith(str(path))

    return check


MINI = (ROOT / "tests/mini.yaml").read_bytes()


def study_text(folder):
    path = folder / "mini.yaml"

    def check(edits):
        path.write_bytes(edited(MINI, edits))
        try:
            read_study(path).stores()
        except ConfigError as error:
            assert str(path) in str(error)

    return check


def study_tree(folder):
    trees = [yaml.safe_load(MINI), yaml.safe_load((ROOT / "config/smoke.yaml").read_text(encoding="utf-8"))]

    def check(given):
        number, changes = given
        try:
            read_study(changed(trees[number % 8 == 0], changes)).stores()
        except ConfigError as error:
            assert str(error).startswith("configuration is not a valid study:\n  ")

    return check


def claims_text(folder):
    path = folder / "claims.yaml"
    whole = (ROOT / "paper/rooms/schematic/claims.yaml").read_bytes()

    def check(edits):
        path.write_bytes(edited(whole, edits))
        try:
            read_claims(path)
        except ClaimsError as error:
            assert str(path) in str(error)

    return check


def archive(folder):
    """An archive of a study; what is read has every file whole, whatever was changed between files."""
    results = folder / "results/smoke"
    write_store(results / "predictions/main/a.zarr", 0)
    (results / "numbers").mkdir()
    for name in ("synthetic/sweep.nc", "numbers/main_manifold.json", "provenance.json"):
        (results / name).parent.mkdir(exist_ok=True)
        (results / name).write_text("{}\n")
    path = folder / "smoke.tar"
    known = pack(results, path)["files"]
    whole = path.read_bytes()

    def check(edits):
        path.write_bytes(edited(whole, edits))
        try:
            assert read_archive(path)["files"] == known
        except ArchiveError as error:
            assert str(error).startswith(str(path))

    return check


OF_STORE = st.tuples(FILE, st.booleans(), EDITS, CHANGES)
DOORS = {
    "finished store": Door(finished_store, OF_STORE, 4_000),
    "unfinished store": Door(unfinished_store, OF_STORE, 5_000),
    "IDX": Door(idx_file, EDITS, 30_000),
    "CIFAR-10": Door(cifar10_file, EDITS, 10_000),
    "prepared data": Door(prepared_data, EDITS, 2_000),
    "npy": Door(arrays(".npy", kind="logits"), EDITS, 14_000),
    "npz": Door(arrays(".npz"), EDITS, 14_000),
    "labels": Door(beside("run.npy", saved([0, 1, 0, 1])), EDITS, 6_000),
    "factors": Door(beside("run.csv", b"run,optimizer,lr\na,adam,0.1\nb,sgd,1\n"), EDITS, 6_000),
    "study, text": Door(study_text, EDITS, 9_000),
    "study, tree": Door(study_tree, st.tuples(FILE, CHANGES), 12_000),
    "claims": Door(claims_text, EDITS, 2_000),
    "archive": Door(archive, EDITS, 3_000),
}


def given_to(name: str, number: int, folder, *, always: bool) -> int:
    door = DOORS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's, of numbers that overflow
        found = fuzz(door.check(folder), door.inputs, number, always=always)
    shutil.rmtree(folder)
    return found


@pytest.mark.parametrize("door", DOORS)
def test_a_changed_file_is_read_or_refused(door, tmp_path):
    assert given_to(door, FEW, tmp_path, always=True) >= FEW


def test_more_than_a_hundred_thousand_are_given_in_all():
    assert sum(door.many for door in DOORS.values()) >= 100_000


@pytest.mark.faults
@pytest.mark.parametrize("door", DOORS)
def test_very_many_changed_files_are_read_or_refused(door, tmp_path):
    assert given_to(door, DOORS[door].many, tmp_path, always=False) >= DOORS[door].many
