"""Archives of predictions: the same bytes each time, and refused, with nothing changed, when anything is wrong."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

from inpca.predictions import PredictionStore, PredictionWriter
from inpca.predictions.store import PredictionStoreError
from paper.archive.contents import LICENCE, MANIFEST, study_text, write_archive
from paper.archive.reading import ArchiveError, member, read_archive
from paper.archive.record import origin
from paper.archive.unpacking import compared, unpack
from paper.crate.entities import licence_of, licences
from paper.study.study import read_study

SMOKE = ROOT / "config/smoke.yaml"
CHUNK = "results/predictions/main/a.zarr/test/log_probs/c/0/0/0/0"


def write_store(path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0.1, 1, (5, 3))
    writer = PredictionWriter(path, seeds=[seed], checkpoints={0: 0}, labels={"test": [0, 1, 2, 0, 1]}, n_classes=3)
    writer.write("test", seed, 0, np.log(weights / weights.sum(axis=1, keepdims=True)))
    writer.close()


@pytest.fixture
def results(tmp_path):
    """Results of a study with two stores, a file that was trained besides, and numbers."""
    folder = tmp_path / "made here" / "results" / "smoke"
    for name, seed in (("main/a", 0), ("synthetic/sloppy/b", 1)):
        write_store(folder / f"predictions/{name}.zarr", seed)
    for name in ("synthetic", "numbers"):
        (folder / name).mkdir()
    (folder / "synthetic/sweep.nc").write_bytes(b"sweep")
    (folder / "numbers/main_manifold.json").write_text('{"n_runs": 2}\n')
    (folder / "provenance.json").write_text("{}\n")
    (folder / "predictions/main/a.zarr/.snakemake_timestamp").touch()
    return folder


def pack(results: Path, output: Path, text: str | None = None) -> dict:
    return write_archive(
        output,
        study="smoke",
        text=text or SMOKE.read_text(),
        folder=results,
        trained=[*results.rglob("*.zarr"), results / "synthetic/sweep.nc"],
        made=[results / "numbers/main_manifold.json", results / "provenance.json"],
    )


@pytest.fixture
def archive(results, tmp_path):
    pack(results, tmp_path / "smoke.tar")
    return tmp_path / "smoke.tar"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def rewritten(archive: Path, change) -> Path:
    """The archive with its members, a dict of contents by name, changed."""
    with tarfile.open(archive) as file:
        members = {found.name: (found, file.extractfile(found).read()) for found in file}
    change(members)
    other = archive.with_name("other.tar")
    with tarfile.open(other, "w") as file:
        for name, (found, content) in members.items():
            found.name, found.size = name, len(content) if found.isreg() else 0
            file.addfile(found, io.BytesIO(content))
    return other


def listed(members: dict, name: str, content: bytes, **more) -> None:
    """Add a member, and list it with its checksum as whoever forges an archive would."""
    manifest = json.loads(members[MANIFEST][1])
    manifest["files"][name] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    members[MANIFEST] = (members[MANIFEST][0], json.dumps(manifest).encode())
    found = tarfile.TarInfo(name)
    for key, value in more.items():
        setattr(found, key, value)
    members[name] = (found, content)


def test_an_archive_holds_what_was_trained_and_only_that(archive, results):
    manifest = read_archive(archive)
    names = [name.removeprefix("results/") for name in manifest["files"] if name.startswith("results/")]
    trained = {name for name in contents(results) if name.startswith(("predictions", "synthetic"))}
    assert set(names) == trained - {"predictions/main/a.zarr/.snakemake_timestamp"}
    assert member(archive, "study.yaml") == SMOKE.read_bytes()
    with tarfile.open(archive) as file:
        found = file.getmembers()
    assert [one.name for one in found] == [MANIFEST, *sorted(manifest["files"])]
    assert {(one.mtime, one.uid, one.gid, one.uname, one.gname, one.mode) for one in found} == {
        (0, 0, 0, "", "", 0o644)
    }


def test_the_same_files_give_the_same_bytes(archive, results, tmp_path):
    moved = tmp_path / "elsewhere" / "smoke"
    shutil.copytree(results, moved)
    pack(moved, tmp_path / "again.tar")
    assert (tmp_path / "again.tar").read_bytes() == archive.read_bytes()


def test_a_damaged_store_is_not_packed(results, tmp_path):
    (results / "predictions/main/a.zarr/step/c/0").unlink()
    with pytest.raises(PredictionStoreError, match="step/c/0 is missing"):
        pack(results, tmp_path / "smoke.tar")
    assert not (tmp_path / "smoke.tar").exists()


def test_settings_of_the_command_line_are_in_the_study_of_an_archive(tmp_path):
    assert study_text(SMOKE, {}) == SMOKE.read_text()
    (tmp_path / "again.yaml").write_text(study_text(SMOKE, {"study": "again", "seed_shift": "1000"}))
    other = read_study(SMOKE, changes={"study": "again", "seed_shift": "1000"})
    assert read_study(tmp_path / "again.yaml") == other
    assert other.experiments["main"].seeds[0] > 1000


def test_unpacked_stores_are_those_that_were_packed(archive, results, tmp_path):
    manifest, folder = unpack(archive, SMOKE, tmp_path / "there")
    assert folder == tmp_path / "there/smoke"
    for store in results.rglob("*.zarr"):
        other = PredictionStore(folder / store.relative_to(results), verify=True)
        assert np.array_equal(other.log_probs("test")[:], PredictionStore(store).log_probs("test")[:])
    assert (folder / "synthetic/sweep.nc").read_bytes() == b"sweep"
    assert origin(folder) == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert not list(folder.glob(".*")) and not (folder / "numbers").exists()
    assert compared(manifest, folder) == {"numbers/main_manifold.json": False}
    shutil.copytree(results / "numbers", folder / "numbers")
    assert compared(manifest, folder) == {"numbers/main_manifold.json": True}


def test_unpacking_again_and_after_a_stop_completes_it(archive, tmp_path):
    _, folder = unpack(archive, SMOKE, tmp_path / "there")
    whole = contents(folder)
    assert contents(unpack(archive, SMOKE, tmp_path / "there")[1]) == whole
    [(folder / name).unlink() for name in (CHUNK.removeprefix("results/"), "archive.json")]
    shutil.rmtree(folder / "predictions/synthetic")
    assert contents(unpack(archive, SMOKE, tmp_path / "there")[1]) == whole


def test_results_that_were_trained_since_are_not_said_to_be_of_the_archive(archive, tmp_path):
    _, folder = unpack(archive, SMOKE, tmp_path / "there")
    shutil.rmtree(folder / "predictions/main/a.zarr")
    write_store(folder / "predictions/main/a.zarr", seed=5)
    assert origin(folder) is None


def truncated(archive, size):
    os.truncate(archive, size)
    return archive


def flipped(archive):
    """One bit of a chunk of predictions."""
    with tarfile.open(archive) as file:
        at = file.getmember(CHUNK).offset_data + 3
    data = bytearray(archive.read_bytes())
    data[at] ^= 1
    archive.write_bytes(data)
    return archive


def other_manifest(archive, **changes):
    def change(members):
        manifest = json.loads(members[MANIFEST][1]) | changes
        members[MANIFEST] = (members[MANIFEST][0], json.dumps(manifest).encode())

    return rewritten(archive, change)


FAULTS = {
    "damaged member": (flipped, f"is damaged: {CHUNK} is not what was written"),
    "cut in a member": (lambda archive: truncated(archive, archive.stat().st_size // 2), "damaged or cut off"),
    "cut between members": (lambda archive: truncated(archive, end_of(archive, CHUNK)), "damaged or cut off: it lacks"),
    "cut at the end": (
        lambda archive: truncated(archive, archive.stat().st_size - 1),
        "does not end as a tar",
    ),
    "empty file": (lambda archive: truncated(archive, 0), "is no archive of a study, or damaged"),
    "no tar": (lambda archive: archive.write_text("no tar" * 1000) and archive, "is no archive of a study, or damaged"),
    "no file": (lambda archive: archive.with_name("none.tar"), "none.tar cannot be read: No such file or directory"),
    "missing member": (lambda archive: rewritten(archive, lambda members: members.pop(CHUNK)), f"it lacks {CHUNK}"),
    "not listed": (
        lambda archive: rewritten(archive, lambda members: members.update({"results/x": (tarfile.TarInfo(), b"x")})),
        "holds results/x, which manifest.json does not list",
    ),
    "path outside": (
        lambda archive: rewritten(archive, lambda members: listed(members, "results/../../out", b"x")),
        "'results/../../out' lies outside",
    ),
    "absolute path": (
        lambda archive: rewritten(archive, lambda members: listed(members, "/tmp/out", b"x")),
        "'/tmp/out' lies outside",
    ),
    "link": (
        lambda archive: rewritten(
            archive, lambda members: listed(members, "results/link", b"", type=tarfile.SYMTYPE, linkname="/etc")
        ),
        "results/link is a link or a device",
    ),
    "no manifest": (
        lambda archive: rewritten(archive, lambda members: members.pop(MANIFEST)),
        "does not begin with manifest.json",
    ),
    "another format": (lambda archive: other_manifest(archive, format="other"), "has the format 'other'"),
    "no checksums": (lambda archive: other_manifest(archive, files={"README.md": 1}), "does not list files"),
}


def end_of(archive, name):
    with tarfile.open(archive) as file:
        found = file.getmember(name)
    return found.offset_data + (found.size + 511) // 512 * 512


@pytest.mark.parametrize("fault", FAULTS)
def test_an_archive_with_a_fault_is_refused_and_nothing_changed(archive, tmp_path, fault):
    break_it, message = FAULTS[fault]
    (tmp_path / "there/smoke").mkdir(parents=True)
    with pytest.raises(ArchiveError) as error:
        unpack(break_it(archive), SMOKE, tmp_path / "there")
    assert message in str(error.value)
    assert not list((tmp_path / "there/smoke").iterdir()) and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ((ROOT / "config/synthetic.yaml").read_text(), "is an archive of the study 'smoke'; "),
        (
            SMOKE.read_text().replace("learning_rate: 0.01", "learning_rate: 0.02"),
            ": 0.02, the archive 0.01",
        ),
    ],
    ids=["another name", "another setting"],
)
def test_an_archive_of_another_study_is_refused(archive, tmp_path, asked, message):
    (tmp_path / "asked.yaml").write_text(asked)
    assert "learning_rate: 0.01" in SMOKE.read_text()
    with pytest.raises(ArchiveError, match="is an archive of") as error:
        unpack(archive, tmp_path / "asked.yaml", tmp_path / "there")
    assert message in str(error.value)
    assert not (tmp_path / "there").exists()


def test_comments_make_no_other_study(archive, tmp_path):
    (tmp_path / "asked.yaml").write_text("# mine\n" + SMOKE.read_text())
    assert unpack(archive, tmp_path / "asked.yaml", tmp_path / "there")[0]["study"] == "smoke"


@pytest.mark.parametrize("there", ["another store", "another sweep", "one store more"])
def test_other_predictions_that_are_there_stay(archive, tmp_path, there):
    folder = tmp_path / "there/smoke"
    if there == "another sweep":
        (folder / "synthetic").mkdir(parents=True)
        (folder / "synthetic/sweep.nc").write_bytes(b"mine")
    else:
        write_store(folder / f"predictions/main/{'a' if there == 'another store' else 'c'}.zarr", seed=9)
    before = contents(tmp_path / "there")
    with pytest.raises(ArchiveError, match=r"is there, and .* move .*smoke away"):
        unpack(archive, SMOKE, tmp_path / "there")
    assert contents(tmp_path / "there") == before


def test_the_licence_of_an_archive_is_that_of_results():
    assert licence_of("results/fashion/predictions.tar", licences(ROOT)) == LICENCE


def command(folder, *arguments):
    done = [sys.executable, "-m", "paper.archive", *map(str, arguments)]
    return subprocess.run(done, cwd=folder, capture_output=True, text=True)


def test_the_command_says_what_it_does_and_what_is_wrong_in_a_line(archive, tmp_path):
    done = command(tmp_path, "check", archive)
    assert done.returncode == 0 and "study smoke, " in done.stdout and "all as written" in done.stdout
    assert command(tmp_path, "study", archive).stdout == SMOKE.read_text()
    done = command(tmp_path, "unpack", archive, "--study", SMOKE)
    assert done.returncode == 0 and (tmp_path / "results/smoke/predictions/main/a.zarr").is_dir()
    done = command(tmp_path, "compare", archive, "--study", SMOKE)
    assert done.returncode == 1 and "other or missing: numbers/main_manifold.json" in done.stderr
    done = command(tmp_path, "check", flipped(archive))
    assert done.returncode == 1 and done.stderr.startswith("error: ") and len(done.stderr.splitlines()) == 1
    assert "from-archive" in command(tmp_path, "--help").stdout
