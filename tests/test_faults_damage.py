"""Files cut off as by a power cut: what reads them stops with one line that names the file, and what to do mends it."""

import os
import re
import shutil

import pytest
from mini_study import promised, run

pytestmark = pytest.mark.faults

RESULTS, FIGURES = "results/mini", "figures/mini"
STORES = [f"{RESULTS}/predictions/main/{name}-sgd-b20-lr0.1-wd0-none.zarr" for name in ("fc", "wide", "wider")]
#: File that is damaged, and what is asked of snakemake, which must notice. Each is deleted before the next is damaged,
#: so that none may be made again on the way to the one that reads the next: what is made last comes first.
DAMAGES = [
    (f"{RESULTS}/numbers/main_manifold.json", "claims"),
    (f"{RESULTS}/dimension/main/train.nc", "notebook_main_manifold"),
    (f"{RESULTS}/embeddings/main/joint.nc", "explorer"),
    (f"{RESULTS}/embeddings/main/train.nc", "notebook_main_manifold"),
    (f"{RESULTS}/distances/main/train.npy", "embedding"),
    (f"{RESULTS}/distances/main/test_models.nc", "embedding"),
    (f"{RESULTS}/distances/main/models.parquet", "distances"),
    (f"{STORES[0]}/train/log_probs/c/0/3/0/0", "model_table"),
    (f"{STORES[1]}/manifest.json", "model_table"),
    (f"{STORES[2]}/zarr.json", "model_table"),
    (f"{RESULTS}/dataset.npz", "train"),
]
#: Files that a report shows; each is made again before the next is damaged.
REPORTED = [f"{FIGURES}/main_manifold/pairs.png", f"{RESULTS}/claims.json"]
#: The same for files that there are only in an experiment of many models.
MANY = ("--config", "analysis={landmarks_above: 10, landmarks: 20}", "--notemp")
DAMAGES_OF_MANY = [
    (f"{RESULTS}/embeddings/main/train.nc", "notebook_main_manifold"),
    (f"{RESULTS}/distances/main/train.npy", "embedding"),
    (f"{RESULTS}/distances/main/tiles/train/0-0.npy", "matrix"),
]
TARGETS_OF_MANY = [f"{RESULTS}/embeddings/main/train.nc", f"{RESULTS}/distances/main/train_matrix.npy"]


def cut(file, keep):
    """Leave the first part of a file, with the time at which it was whole."""
    whole, times = file.read_bytes(), file.stat()
    file.write_bytes(whole[: int(len(whole) * keep)])
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def delete(folder, name):
    """Delete what a message says that is to be deleted: the file, or the store that it is part of."""
    store = next((store for store in STORES if name.startswith(store)), name)
    (shutil.rmtree if store in STORES else os.unlink)(folder / store)


def said_of_damage(folder, name, keep, asked, *arguments):
    """What is said when a damaged file is read, on lines that begin as an error does; the rest of it for a reader."""
    cut(folder / name, keep)
    logs = folder / RESULTS / "logs"
    shutil.rmtree(logs, ignore_errors=True)
    asked = ("--forcerun", asked, "--until", asked) if isinstance(asked, str) else asked
    done = run(folder, *arguments, *asked)
    said = done.stdout + done.stderr + "".join(file.read_text("utf-8") for file in logs.rglob("*.log"))
    assert done.returncode, f"nobody noticed that {name} is damaged"
    assert "Traceback (most recent call last)" not in said, said[-3000:]
    return said


def check_named(said, name):
    """One line names the file, or the store that it is part of, and says what to do."""
    named = next((store for store in STORES if name.startswith(store)), name)
    lines = re.findall(rf"^.*{re.escape(named)} .*; delete (?:it|that store) and run again", said, re.M)
    assert lines, f"{name} is not named in:\n{said[-3000:]}"


@pytest.mark.parametrize("keep", [0, 0.6])
def test_files_cut_off_are_named_and_made_again_when_deleted(disturbed, keep):
    folder, manifest = disturbed
    for name in REPORTED:
        check_named(said_of_damage(folder, name, keep, ("--report", "report.html")), name)
        delete(folder, name)
        assert run(folder).returncode == 0
    for name, asked in DAMAGES:
        check_named(said_of_damage(folder, name, keep, asked), name)
        delete(folder, name)
    done = run(folder)
    assert done.returncode == 0, done.stderr[-3000:]
    assert promised(folder) == manifest


@pytest.mark.parametrize("keep", [0, 0.6])
def test_tiles_and_what_landmarks_give_are_named_and_made_again_when_deleted(disturbed, keep):
    folder, _ = disturbed
    (folder / RESULTS / "distances/main/train.npy").unlink()
    assert run(folder, *MANY, "--", *TARGETS_OF_MANY).returncode == 0
    whole = promised(folder)
    for name, asked in DAMAGES_OF_MANY:
        target = ("--forcerun", asked, "--", TARGETS_OF_MANY[asked == "matrix"])
        if asked.startswith("notebook"):
            target = asked
        check_named(said_of_damage(folder, name, keep, target, *MANY), name)
        delete(folder, name)
    assert run(folder, *MANY, "--", *TARGETS_OF_MANY).returncode == 0
    standing = promised(folder)
    assert all(standing[name] == whole[name] for name in [*TARGETS_OF_MANY, *(name for name, _ in DAMAGES_OF_MANY)])
