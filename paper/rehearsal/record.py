"""One size of a study, run and measured; what was measured is kept, so that an interrupted rehearsal goes on."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import yaml

from inpca.files import atomic
from paper.rehearsal.growth import BenchmarkError, stages
from paper.rehearsal.measured import Measured, measure
from paper.rehearsal.sizes import CUT
from paper.study.checks import n_models
from paper.study.study import Study, read_study

#: What was measured of a size, in the folder of its results, and what Snakemake said.
RECORD, LOG = "measured.json", "logs/snakemake.log"
#: Seconds between two times that a record is written while the study runs.
KEPT_EVERY = 10.0
#: What a dry-run says last.
TOTAL = re.compile(r"^total\s+(\d+)\s*$", re.M)


class RehearsalError(ValueError):
    """A rehearsal that cannot go on; the message says why, and what to do."""


@dataclass(frozen=True)
class Size:
    """A study of some number of runs.

    Attributes
    ----------
    study : Study
    file : Path
        Its configuration; written by :meth:`of` where it is not one that ships.
    """

    study: Study
    file: Path

    @classmethod
    def of(cls, data: dict[str, Any], file: Path, kind: str = "") -> Size:
        """The size of a configuration; one that was cut from ``file`` is named for kind and runs, and written."""
        full = read_study(file)
        study = read_study(data)
        if study == full:
            return cls(full, file)
        name = f"{full.study}{kind}_{sum(len(seeds) for _, seeds in study.runs(CUT).values())}"
        written = Path("results") / name / "study.yaml"
        with atomic(written) as partial:
            partial.write_text(yaml.safe_dump(data | {"study": name}, sort_keys=False), encoding="utf-8")
        return cls(read_study(written), written)

    @property
    def results(self) -> Path:
        """Folder of its results, relative to the project."""
        return Path("results") / self.study.study

    @property
    def counts(self) -> dict[str, int]:
        """Configurations, runs and models of the main experiment."""
        runs = self.study.runs(CUT)
        return {
            "configurations": len(runs),
            "runs": sum(len(seeds) for _, seeds in runs.values()),
            "models": n_models(self.study, CUT) - self.study.analysis.geodesic_points - 2,
        }

    @property
    def digest(self) -> str:
        """Checksum of the configuration."""
        return hashlib.sha256(self.study.model_dump_json().encode()).hexdigest()

    def command(self, cores: int, *options: str) -> list[str]:
        """Snakemake on this study."""
        given = ["--cores", str(cores), "--configfile", str(self.file), "--quiet", "rules", "reason"]
        return [sys.executable, "-m", "snakemake", *given, *options]


def read_record(size: Size) -> dict[str, Any]:
    """What was measured of a size until now; empty if nothing was.

    Raises
    ------
    RehearsalError
        If it is no record, is of another configuration, or the study was begun without being measured.
    """
    path = size.results / RECORD
    if not path.exists():
        if any((size.results / "benchmarks").rglob("*.tsv")):
            raise RehearsalError(
                f"{size.results} holds jobs that ran, but were not measured as a whole; delete it to measure them"
            )
        return {}
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        digest = record["configuration"]
    except (OSError, ValueError, KeyError, TypeError):
        raise RehearsalError(f"{path} is no record of a rehearsal; delete {size.results} to measure again") from None
    if digest != size.digest:
        raise RehearsalError(
            f"{path} is of another configuration than {size.file} has now; delete {size.results} to measure again"
        )
    return record


def write_record(size: Size, record: dict[str, Any]) -> None:
    """Keep what was measured of a size."""
    with atomic(size.results / RECORD) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def planned(size: Size, cores: int) -> dict[str, Any]:
    """What a dry-run of a size takes, and how many jobs it plans.

    Raises
    ------
    RehearsalError
        If it fails, or plans nothing.
    """
    log = size.results / "logs/planning.log"
    log.unlink(missing_ok=True)
    took = measure(size.command(cores, "--dry-run"), log, every=0.2)
    found = TOTAL.findall(log.read_text(encoding="utf-8", errors="replace"))
    if not took.ended or not found:
        raise RehearsalError(f"{size.file} cannot be planned; {log} says why")
    return {**size.counts, "jobs": int(found[-1]), "seconds": took.wall, "cpu": took.own_cpu + took.started_cpu}


def run(size: Size, cores: int) -> dict[str, Any]:
    """Run a size to its end, or go on where it was interrupted, and measure it; one that has ended is not run again.

    Returns
    -------
    dict
        The record: ``study``, ``configuration`` (a checksum), ``made_up``, ``machine``, ``planning``, ``attempts`` (one
        for each time that it was begun, as :class:`Measured`), and of an ended one ``finished``, ``disk`` and
        ``stages``.

    Raises
    ------
    RehearsalError
        If a job fails; what is done until then is kept.
    """
    record = read_record(size)
    if record.get("finished"):
        return record
    if not record:
        settings = size.study.made_up
        record = {
            "study": size.study.study,
            "configuration": size.digest,
            "made_up": settings and settings.model_dump(mode="json"),
            "machine": machine(cores),
            "planning": planned(size, cores),
            "attempts": [],
        }
    _attempt(size, record, cores)
    try:
        found = stages(size.results / "benchmarks").reset_index().astype(object)
        record["stages"] = found.where(found.notna(), None).to_dict("records")
    except BenchmarkError as error:
        raise RehearsalError(str(error)) from None
    record |= {"disk": disk(size), "finished": True}
    write_record(size, record)
    return record


def _attempt(size: Size, record: dict[str, Any], cores: int) -> None:
    """Run Snakemake once; the record has what it took, also if this process is stopped."""
    record["attempts"].append(asdict(Measured()))
    kept = [0.0]

    def keep(took: Measured) -> None:
        record["attempts"][-1] = asdict(took)
        if took.ended or time.monotonic() - kept[0] > KEPT_EVERY:
            kept[0] = time.monotonic()
            write_record(size, record)

    log = size.results / LOG
    took = measure(size.command(cores), log, keep)
    record["attempts"][-1] = asdict(took)
    write_record(size, record)
    if not took.ended:
        raise RehearsalError(f"the study {size.study.study} failed; {log} says why; the same command goes on")


def disk(size: Size) -> dict[str, int]:
    """Bytes on the disk of what a study wrote, by folder of its results, and of its figures."""
    parts = {path.name: path for path in sorted(size.results.iterdir()) if path.is_dir()}
    parts["figures"] = Path("figures") / size.study.study
    return {name: bytes_on_disk(path) for name, path in parts.items()}


def bytes_on_disk(folder: Path) -> int:
    """Bytes that the files of a folder take, in whole blocks."""
    return sum(os.lstat(file).st_blocks * 512 for file in folder.rglob("*"))


def machine(cores: int) -> dict[str, Any]:
    """Where and by what code something is measured; no name of the machine is in it."""
    names = re.findall(r"^model name\s*:\s*(.+)$", _text("/proc/cpuinfo"), re.M)
    return {
        "cores": cores,
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "memory": psutil.virtual_memory().total,
        "load_before": os.getloadavg()[0],
        "system": platform.system(),
        "python": platform.python_version(),
        "snakemake": version("snakemake"),
        "commit": _git("rev-parse", "--short", "HEAD") or "not in git",
        "changed": bool(_git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!results", ":!figures")),
    }


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def _git(*arguments: str) -> str:
    """What git says of the project; nothing if there is none."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def total(attempts: Sequence[dict[str, Any]], name: str) -> float:
    """Sum over attempts of what took time; the most of what took memory."""
    values = [attempt[name] for attempt in attempts]
    return max(values) if name.endswith("memory") else sum(values)
