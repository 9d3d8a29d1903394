"""Time and memory of a program and of all that it starts, as the operating system counts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

#: Seconds between two looks at the memory of all processes.
EVERY = 1.0


@dataclass(frozen=True)
class Measured:
    """What a program took until now, or until it ended.

    Attributes
    ----------
    wall : float
        Seconds that passed.
    own_cpu : float
        CPU seconds of the program itself, all its threads.
    started_cpu : float
        CPU seconds of the programs that it started and that have ended.
    own_memory : int
        Most bytes of the program itself at any look, resident.
    memory : int
        Most bytes of it and all its descendants together at any look; what they share counts for each of them.
    ended : bool
        Whether it ended well.
    """

    wall: float = 0.0
    own_cpu: float = 0.0
    started_cpu: float = 0.0
    own_memory: int = 0
    memory: int = 0
    ended: bool = False


def measure(
    command: Sequence[str], log: str | Path, told: Callable[[Measured], None] | None = None, every: float = EVERY
) -> Measured:
    """Run a program to its end; what it says is added to a file.

    Parameters
    ----------
    command : sequence of str
    log : path
    told : callable, optional
        Called at each look with what it took until then: of a run that is stopped, this is what is known.
    every : float
        Seconds between looks.

    Returns
    -------
    Measured
        CPU times are exact; they are read before the system forgets the ended program. Memory is the most that was
        seen at a look.

    Notes
    -----
    When this process is interrupted or asked to end, so is the program, and this process ends when it has.

    Examples
    --------
    >>> import tempfile
    >>> took = measure([sys.executable, "-c", "sum(range(10**6))"], tempfile.mkdtemp() + "/log.txt", every=0.05)
    >>> took.ended, took.own_cpu > 0, took.started_cpu
    (True, True, 0.0)
    """
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    began, took = time.monotonic(), Measured()
    with open(log, "ab") as said, _ending_by_exit():
        child = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        program = psutil.Process(child.pid)
        try:
            while not _has_ended(child.pid):
                took = _looked(program, took, time.monotonic() - began)
                if told is not None:
                    told(took)
                time.sleep(every)
            took = _with_cpu(program, took, time.monotonic() - began)
        finally:
            if not _has_ended(child.pid):
                child.terminate()
            code = child.wait()
    return replace(took, ended=code == 0)


class _ending_by_exit:
    """While it holds, a request to end raises SystemExit, so that what was begun is brought to an end."""

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, self._before)


def _has_ended(pid: int) -> bool:
    """Whether a child has ended, which leaves it as it is, with its times."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _with_cpu(program: psutil.Process, took: Measured, wall: float) -> Measured:
    cpu = program.cpu_times()
    return replace(took, wall=wall, own_cpu=cpu.user + cpu.system, started_cpu=cpu.children_user + cpu.children_system)


def _looked(program: psutil.Process, took: Measured, wall: float) -> Measured:
    """With the times until now, and the memory of this moment if it is the most."""
    own = _memory(program)
    memory = own + sum(_memory(process) for process in program.children(recursive=True))
    took = replace(took, own_memory=max(took.own_memory, own), memory=max(took.memory, memory))
    return _with_cpu(program, took, wall)


def _memory(process: psutil.Process) -> int:
    """Resident bytes of a process; none of one that has ended."""
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0
