"""Files cut off as by a power cut: what reads them stops with one line that names the file, and what to do mends it."""

import os
import re
import shutil

import pytest
from mini_study import promised, run

pytestmark = pytest.mark.faults

STORE = "results/mini/predictions/main/fc-sgd-b20-lr0.1-wd0-none.zarr"
RESULTS = "results/mini"
#: File that is damaged, the rule that is made to read it again, and the file to delete, if it is another.
DAMAGES = [
    (f"{STORE}/train/log_probs/c/0/3/0/0", "model_table", STORE),
    (f"{STORE}/manifest.json", "model_table", STORE),
    (f"{STORE}/zarr.json", "model_table", STORE),
    (f"{RESULTS}/dataset.npz", "train", None),
    (f"{RESULTS}/distances/main/models.parquet", "embedding", None),
    (f"{RESULTS}/distances/main/train.npy", "embedding", None),
    (f"{RESULTS}/distances/main/train_models.nc", "embedding", None),
    (f"{RESULTS}/embeddings/main/train.nc", "notebook_main_manifold", None),
    (f"{RESULTS}/embeddings/main/train.nc", "explorer", None),
    (f"{RESULTS}/dimension/main/train.nc", "notebook_main_manifold", None),
    (f"{RESULTS}/numbers/main_manifold.json", "claims", None),
]


def cut(file, keep):
    """Leave the first part of a file, with the time at which it was whole."""
    whole, times = file.read_bytes(), file.stat()
    file.write_bytes(whole[: int(len(whole) * keep)])
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize("keep", [0, 0.6])
@pytest.mark.parametrize(("name", "rule", "delete"), DAMAGES, ids=lambda value: value and value.rpartition("/")[2])
def test_a_file_cut_off_is_named_and_made_again_when_deleted(disturbed, name, rule, delete, keep):
    folder, manifest = disturbed
    cut(folder / name, keep)
    done = run(folder, "--forcerun", rule)
    logs = "".join(file.read_text() for file in (folder / "results/mini/logs").rglob("*.log"))
    said = done.stdout + done.stderr + logs
    assert done.returncode, "the damage was not noticed"
    errors = set(re.findall(r"^error: .*", said, re.M))
    assert [error for error in errors if (delete or name) in error and "delete" in error], said[-2500:]
    assert "Traceback" not in said
    damaged = folder / (delete or name)
    if damaged.is_dir():
        shutil.rmtree(damaged)
    else:
        damaged.unlink()
    done = run(folder)
    assert done.returncode == 0, done.stderr[-3000:]
    assert promised(folder) == manifest
