"""A study that is killed at any moment leaves no half-written file under its name, and goes on to the same bits."""

import re

import pytest
from mini_study import Stopped, copied, promised, run

pytestmark = pytest.mark.faults

TRAINED, GEOMETRY, NOTEBOOK = "results/mini/predictions/main", "results/mini/distances/main", "results/mini/notebooks"
#: Moments of a run in the order in which they come: before a file gets its name, or when writing to it begins. With
#: each what is asked for, so that no job that goes on beside it was done before.
MOMENTS = {
    "open */results/mini/.partial-dataset.npz": "results/mini/dataset.npz",
    "os.rename */results/mini/dataset.npz": "results/mini/dataset.npz",
    "open */predictions/main/.*fc-*/train/log_probs/*": f"{TRAINED}/fc-sgd-b20-lr0.1-wd0-none.zarr",
    "os.rename */predictions/main/wide-*.zarr": f"{TRAINED}/wide-sgd-b20-lr0.1-wd0-none.zarr",
    "open */.snakemake/metadata/*": f"{GEOMETRY}/models.parquet",
    "os.rename */distances/main/models.parquet": f"{GEOMETRY}/models.parquet",
    "open */distances/main/.partial-train.npy": f"{GEOMETRY}/train.npy",
    "os.rename */distances/main/train.npy": f"{GEOMETRY}/train.npy",
    "os.rename */distances/main/train_models.nc": f"{GEOMETRY}/train.npy",
    "open */dimension/main/.partial-train.nc": "results/mini/dimension/main/train.nc",
    "os.rename */embeddings/main/train.nc": "results/mini/embeddings/main/train.nc",
    "open */figures/mini/main_manifold/*.png": f"{NOTEBOOK}/main_manifold.ipynb",
    "os.rename */numbers/main_manifold.json": f"{NOTEBOOK}/main_manifold.ipynb",
    "os.rename */notebooks/main_manifold.html": f"{NOTEBOOK}/main_manifold.ipynb",
    "os.rename */notebooks/main_manifold.ipynb": f"{NOTEBOOK}/main_manifold.ipynb",
    "os.rename */claims.json": "results/mini/claims.json",
}
STORE, MATRIX, PICTURE, NUMBERS = (list(MOMENTS)[at] for at in (2, 6, 11, 12))


def check_what_stands(folder, manifest):
    """Every file that stands under its name is the one of a run without a fault."""
    standing = promised(folder)
    assert not [name for name, checksum in standing.items() if manifest.get(name) != checksum]
    return len(standing)


@pytest.fixture(scope="module")
def killed(undisturbed, tmp_path_factory):
    """A study that was killed whole at every moment in turn, going on after each: how many files stood after each."""
    folder, manifest = copied(tmp_path_factory.mktemp("killed") / "study"), undisturbed[1]
    stood = []
    for moment, target in MOMENTS.items():
        Stopped(folder, moment, target).kill()
        stood.append(check_what_stands(folder, manifest))
        locked = run(folder)
        assert locked.returncode != 0 and "removed with the --unlock argument" in locked.stderr
        assert run(folder, "--unlock").returncode == 0
    return folder, stood


def test_what_stands_after_a_kill_is_whole_and_grows(killed):
    assert len(killed[1]) >= 10 and killed[1] == sorted(killed[1])


def test_after_all_kills_the_same_command_ends_with_the_same_bits(killed, undisturbed):
    done = run(killed[0])
    assert done.returncode == 0, done.stderr[-3000:]
    assert promised(killed[0]) == undisturbed[1]
    assert not list((killed[0] / "results/mini").rglob(".partial-*"))


@pytest.mark.parametrize("moment", [STORE, MATRIX, NUMBERS])
def test_a_single_job_that_is_killed_is_named_and_runs_again(undisturbed, tmp_path, moment):
    folder = copied(tmp_path / "study")
    said = Stopped(folder, moment).kill_job()
    assert re.search(r"Error in rule (train|distances|notebook_main_manifold)", said) and "Traceback" not in said
    check_what_stands(folder, undisturbed[1])
    done = run(folder)
    assert done.returncode == 0, done.stderr[-3000:]
    assert promised(folder) == undisturbed[1]


@pytest.mark.parametrize("moment", [STORE, PICTURE])
def test_after_ctrl_c_the_same_command_goes_on(undisturbed, tmp_path, moment):
    folder = copied(tmp_path / "study")
    said = Stopped(folder, moment).interrupt()
    assert "Traceback" not in said
    check_what_stands(folder, undisturbed[1])
    done = run(folder)
    assert done.returncode == 0, done.stderr[-3000:]
    assert promised(folder) == undisturbed[1]
