"""The mini study run as a user would, watched and stopped from outside."""

from __future__ import annotations

import hashlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from conftest import copy_project

HERE = Path(__file__).parent
COMMAND = [sys.executable, "-m", "snakemake", "--configfile", "config/mini.yaml", "--cores", "2"]
#: What a study writes and promises nothing about: how long jobs took and what they said, and its own records.
UNPROMISED = ("/logs/", "/benchmarks/", ".snakemake/")
MOST_SECONDS = 900


def copied(folder: Path) -> Path:
    """A copy of the project with the mini study among its studies."""
    copy_project(folder)
    (folder / "config/mini.yaml").write_text((HERE / "mini.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run the study to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
    )


def promised(folder: Path) -> dict[str, str]:
    """SHA-256 of every file that stands under its name, below results and figures of the study."""
    files = [file for kind in ("results", "figures") for file in (folder / kind / "mini").rglob("*") if file.is_file()]
    names = {file.relative_to(folder).as_posix(): file for file in files}
    return {
        name: hashlib.sha256(file.read_bytes()).hexdigest()
        for name, file in sorted(names.items())
        if not any(part in name for part in UNPROMISED) and "/." not in name
    }


class Stopped:
    """The study running in a process group of its own until one of its programs is at a chosen moment.

    Parameters
    ----------
    folder : Path
    moment : str
        ``<audit event> <pattern>``, see ``injection/sitecustomize.py``.
    *targets : str
        What is asked for; all unless given.

    Attributes
    ----------
    job : int
        Process that is at the moment, and waits.
    """

    def __init__(self, folder: Path, moment: str, *targets: str):
        self.fifo = folder / "moment.fifo"
        self.fifo.unlink(missing_ok=True)
        os.mkfifo(self.fifo)
        injected = {"FAULT": moment, "FAULT_FIFO": str(self.fifo), "PYTHONPATH": f"{HERE / 'injection'}:{folder}"}
        reader = os.open(self.fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.said = folder / "said.txt"
        with open(self.said, "w", encoding="utf-8") as said:
            self.study = subprocess.Popen(
                [*COMMAND, *targets],
                cwd=folder,
                env=os.environ | injected,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        line = ""
        while not line and self.study.poll() is None:
            if select.select([reader], [], [], 1)[0]:
                line = os.read(reader, 4096).decode().partition("\n")[0]
        os.close(reader)
        if not line:
            raise AssertionError(f"the study never came to {moment!r}:\n{self.said.read_text()[-3000:]}")
        self.job = int(line.split()[0])

    def kill(self) -> None:
        """End every process of the study at once, as when a machine is switched off."""
        for group in {os.getpgid(process) for process in self._processes()}:
            os.killpg(group, signal.SIGKILL)
        self.study.wait(MOST_SECONDS)

    def kill_job(self) -> str:
        """End the job that waits, alone; what the study said until it ended by itself."""
        os.kill(self.job, signal.SIGKILL)
        self.study.wait(MOST_SECONDS)
        return self.said.read_text(encoding="utf-8")

    def interrupt(self) -> str:
        """Ctrl-C, which the terminal sends to all; what the study said until it ended by itself."""
        for group in {os.getpgid(process) for process in self._processes()}:
            os.killpg(group, signal.SIGINT)
        self.fifo.unlink()  # a thread that waits goes on, as threads do that no signal reaches
        self.study.wait(MOST_SECONDS)
        return self.said.read_text(encoding="utf-8")

    def _processes(self) -> list[int]:
        """The study's process and all that it started."""
        found, waiting = [], [self.study.pid]
        while waiting:
            process = waiting.pop()
            found.append(process)
            listed = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True)
            waiting += map(int, listed.stdout.split())
        return found
