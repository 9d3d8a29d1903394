"""What is installed is the whole library."""

import subprocess
import sys
import zipfile

from conftest import ROOT, copy_project


def test_a_wheel_holds_every_module_of_the_library(tmp_path):
    project = copy_project(tmp_path / "project")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, project]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    (wheel,) = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".py")}
    assert held == {path.relative_to(ROOT).as_posix() for path in (ROOT / "inpca").rglob("*.py")}
    assert "paper/figures/manifold.py" in held
