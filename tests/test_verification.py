import os
import subprocess
import sys

import pytest
from conftest import ROOT
from test_models import make_store

from inpca.predictions.store import PredictionStoreError
from paper.models import open_stores
from paper.verification import verify_stores

CHUNK = "train/log_probs/c/0/1/0/0"


@pytest.fixture
def folder(tmp_path):
    """Two stores of an experiment, and an unfinished one."""
    for name in "ab":
        make_store(tmp_path / f"main/{name}.zarr", [1], [0, 0.3, 0.6])
    (tmp_path / "main/.partial-c.zarr").mkdir()
    return tmp_path


def damage(store):
    chunk = store / CHUNK
    content = bytearray(chunk.read_bytes())
    content[-1] ^= 1
    chunk.write_bytes(content)


def command(folder):
    return subprocess.run(
        [sys.executable, "-m", "paper.verification", folder], cwd=ROOT, capture_output=True, text=True
    )


def test_sound_stores_are_counted(folder):
    assert list(verify_stores(folder).values()) == [None, None]
    done = command(folder)
    assert done.returncode == 0 and done.stdout == "2 stores are what was written\n"


def test_every_damaged_store_is_named_with_what_to_do(folder):
    a, b = (folder / f"main/{name}.zarr" for name in "ab")
    damage(a)
    (b / "manifest.json").unlink()
    done = command(folder)
    assert done.returncode == 1 and done.stderr.splitlines() == [
        f"{a} is damaged: {CHUNK} is not what was written; delete that store and run again",
        f"{b} is not a finished prediction store: it has no manifest.json; delete that store and run again",
    ]


def test_a_folder_without_stores_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no prediction store; give a folder such as"):
        verify_stores(tmp_path)
    assert command(tmp_path).stderr.startswith(f"error: {tmp_path} holds no prediction store")


def test_stores_of_an_experiment_are_complete_and_verified_where_asked(folder):
    paths = [folder / f"main/{name}.zarr" for name in "ab"]
    damage(paths[1])
    assert len(open_stores(paths)) == 2
    with pytest.raises(PredictionStoreError, match=f"b.zarr is damaged: {CHUNK} is not what was written; delete that"):
        open_stores(paths, verify=True)
    (paths[0] / CHUNK).unlink()
    with pytest.raises(
        PredictionStoreError, match=f"a.zarr is damaged: {CHUNK} is missing; delete that store and run again"
    ):
        open_stores(paths)


def test_the_model_table_is_not_made_of_a_damaged_store_which_is_named(folder):
    stores, table = [folder / f"main/{name}.zarr" for name in "ab"], folder / "models.parquet"
    damage(stores[1])
    job = [sys.executable, ROOT / "workflow/scripts/model_table.py", "--stores", *stores]
    done = subprocess.run(
        [*job, "--geodesic-points", "3", "--threads", "2", "--output", table],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 1 and not table.exists()
    assert done.stderr.splitlines() == [
        f"error: {stores[1]} is damaged: {CHUNK} is not what was written; delete that store and run again"
    ]
