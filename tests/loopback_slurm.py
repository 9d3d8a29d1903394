"""A SLURM of two nodes on this machine, on loopback, with a configuration of its own; for tests."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Snakemake takes variables of SLURM from the environment of jobs, so that the configuration must be where SLURM looks.
CONFIGURATION = Path("/etc/slurm/slurm.conf")
GPUS = CONFIGURATION.with_name("gres.conf")
MARK = "# written by tests/loopback_slurm.py, which removes it\n"
PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch", "squeue", "scontrol", "scancel")
NODES = ("n1", "n2")
#: Longest time in seconds until the nodes are up.
LONGEST_START = 60
#: The same until cancelled jobs have ended.
LONGEST_END = 60


class NoSlurm(RuntimeError):
    """SLURM cannot be started here; the message says what is missing."""


def check() -> None:
    """Whether a SLURM can be started here.

    Raises
    ------
    NoSlurm
        If programs are missing, the user is not root, or the machine has a SLURM of its own.
    """
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    if missing := [name for name in PROGRAMS if shutil.which(name, path=path) is None]:
        raise NoSlurm(f"not found: {', '.join(missing)}; on Debian and Ubuntu: apt install slurm-wlm munge")
    if os.geteuid() != 0:
        raise NoSlurm("only root can start SLURM's daemons; run the tests as root, in a container for example")
    if CONFIGURATION.exists() and not CONFIGURATION.read_text("utf-8").startswith(MARK):
        raise NoSlurm(f"{CONFIGURATION} is there already; these tests write their own and leave a SLURM in use alone")
    if CONFIGURATION.exists() and subprocess.run(["sinfo"], capture_output=True).returncode == 0:
        raise NoSlurm(
            "these tests are running already on this machine, or were killed; end slurmctld, slurmd and munged"
        )


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def configuration(folder: Path) -> str:
    """Two nodes of one core and one GPU each, which is none: jobs that ask for one get ``/dev/null``."""
    host = socket.gethostname().partition(".")[0]
    nodes = "\n".join(
        f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={free_port()} CPUs=1 RealMemory=16000 Gres=gpu:1"
        for name in NODES
    )
    return f"""{MARK}
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={free_port()}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
MinJobAge=3600
GresTypes=gpu
{nodes}
PartitionName=main Nodes={",".join(NODES)} Default=YES MaxTime=INFINITE State=UP
"""


def asked(*command: str) -> str:
    """What one of SLURM's programs prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@contextmanager
def running(folder: Path) -> Iterator[None]:
    """SLURM in a folder, until the context is left; its daemons are stopped by their process ids.

    Raises
    ------
    NoSlurm
        If it cannot be started, or its nodes are not up after :data:`LONGEST_START` seconds.
    """
    check()
    folder.chmod(0o755)
    for name in ("state", *NODES):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(1024))
    CONFIGURATION.parent.mkdir(exist_ok=True)
    CONFIGURATION.write_text(configuration(folder), "utf-8")
    GPUS.write_text(f"{MARK}NodeName={','.join(NODES)} Name=gpu File=/dev/null\n", "utf-8")
    munge = [f"--{part}-file={folder}/munge.{part}" for part in ("key", "pid", "log", "seed")]
    commands = [
        ["munged", "--foreground", "--force", f"--socket={folder}/munge.socket", *munge],
        ["slurmctld", "-D"],
        *(["slurmd", "-D", "-N", name] for name in NODES),
    ]
    daemons = []
    stopped_before = signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the daemons are, too
    environment = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    try:
        for command in commands:
            with open(folder / f"daemon{len(daemons)}.log", "wb") as log:
                daemons.append(subprocess.Popen(command, stdout=log, stderr=log, env=environment))
            time.sleep(1)
        _wait_for_nodes(folder)
        yield
    finally:
        signal.signal(signal.SIGTERM, stopped_before)
        _end_jobs()
        for daemon in reversed(daemons):
            daemon.terminate()
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
        for file in (CONFIGURATION, GPUS):
            file.unlink()


def _end_jobs() -> None:
    subprocess.run(["scancel", "--user=root"], capture_output=True)
    end = time.monotonic() + LONGEST_END
    while time.monotonic() < end:
        left = subprocess.run(["squeue", "--noheader"], capture_output=True, text=True)
        if left.returncode or not left.stdout.strip():
            return
        time.sleep(1)


def _wait_for_nodes(folder: Path) -> None:
    end, states = time.monotonic() + LONGEST_START, ""
    while time.monotonic() < end:
        states = subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True).stdout.split()
        if states == ["idle"]:
            return
        time.sleep(1)
    logs = "\n".join(file.read_text(errors="replace")[-1000:] for file in sorted(folder.glob("*.log")))
    raise NoSlurm(f"nodes are {states} after {LONGEST_START} seconds:\n{logs}")
