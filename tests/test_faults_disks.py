"""Disks that are full or read-only: one message names the file, and the same command goes on when there is room."""

import shutil
import subprocess

import pytest
from mini_study import copied, promised, run

pytestmark = pytest.mark.faults


@pytest.fixture
def small_disk(tmp_path):
    """The results folder of a copy of the project on a disk of its own, and what changes that disk."""
    folder = copied(tmp_path / "study")
    results = folder / "results"
    results.mkdir(exist_ok=True)

    def mount(*options):
        return subprocess.run(["mount", *options, "-t", "tmpfs", "tmpfs", str(results)], capture_output=True, text=True)

    made = mount("-o", "size=64k")
    if made.returncode:
        pytest.skip(f"a disk of its own cannot be mounted here, which takes root: {made.stderr.strip()}")
    yield folder, lambda options: subprocess.run(["mount", "-o", f"remount,{options}", str(results)], check=True)
    subprocess.run(["umount", "--lazy", str(results)], check=True)


def free(folder):
    return shutil.disk_usage(folder / "results").free


def test_a_disk_that_fills_up_names_the_file_each_time_and_loses_nothing(small_disk, undisturbed):
    """The disk grows by a little after each failure, so that it fills up in one job after the other."""
    folder, remount = small_disk
    failures, size, rules = 0, 64, set()
    while (done := run(folder)).returncode:
        said = done.stdout + done.stderr
        failures, size = failures + 1, size * 2
        assert "No space left on device" in said, said[-3000:]
        rules |= {line.split()[3].rstrip(":") for line in said.splitlines() if line.startswith("Error in rule")}
        assert not {name for name, sha in promised(folder).items() if undisturbed[1][name] != sha}
        assert size < 10**6
        remount(f"size={size}k")
    assert failures >= 4 and len(rules) >= 3
    assert promised(folder) == undisturbed[1]


def test_a_read_only_folder_is_said_and_nothing_is_lost(small_disk, undisturbed):
    folder, remount = small_disk
    remount("size=512m")
    assert run(folder, "--until", "train").returncode == 0
    before = promised(folder)
    remount("ro")
    done = run(folder)
    assert done.returncode and "Read-only file system" in done.stdout + done.stderr
    assert promised(folder) == before
    remount("rw")
    assert run(folder).returncode == 0 and promised(folder) == undisturbed[1]
