"""How what a study takes grows with its number of runs: stages, and the exponents of power laws."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

#: Folder of benchmarks whose files are a stage each: notebooks.
ONE_BY_ONE = "notebooks"
#: What Snakemake writes where it could not measure.
NOT_MEASURED = ("NA", "-")


class BenchmarkError(ValueError):
    """Benchmarks that are missing or cannot be read; the message names the file."""


class Exponent(NamedTuple):
    """Exponent b of the law y = a·n^b that fits best, and its standard error (nan for two sizes, which always fit)."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:.2f}" + ("" if pd.isna(self.error) else f" ± {self.error:.2f}")


def exponent(n: Sequence[float], y: Sequence[float]) -> Exponent:
    """Exponent of the power law that fits best, by least squares of log y on log n.

    Parameters
    ----------
    n, y : sequence of float
        Two or more, above zero.

    Raises
    ------
    ValueError
        If there are fewer than two sizes.

    Examples
    --------
    >>> print(exponent([600, 1200, 2400], [30, 60, 120]))
    1.00 ± 0.00
    """
    x, y = np.log(np.asarray([n, y], dtype=float))
    if len(np.unique(x)) < 2:
        raise ValueError("a law of growth needs two sizes or more")
    dx, dy = x - x.mean(), y - y.mean()
    slope = dx @ dy / (dx @ dx)
    left = dy - slope * dx
    return Exponent(slope, (left @ left / (len(x) - 2) / (dx @ dx)) ** 0.5 if len(x) > 2 else float("nan"))


def stages(folder: str | Path) -> pd.DataFrame:
    """What the jobs of a study took, summed by stage, from its benchmarks.

    Parameters
    ----------
    folder : path
        ``results/<study>/benchmarks``; a folder in it is a stage, and so is a file in it and each notebook.

    Returns
    -------
    DataFrame
        Row: stage, in the order of the time it takes, longest first. ``jobs``, ``seconds`` and ``cpu`` (seconds, the
        last of Snakemake's samples, 0.5 s apart in the first 15 s and then 30 s) are sums over jobs, ``memory`` is that
        of the largest job in bytes (resident, all its processes); nan where jobs were too short to be measured.

    Raises
    ------
    BenchmarkError
        If there is none, or one is not what Snakemake writes.
    """
    folder = Path(folder)
    files = sorted(folder.rglob("*.tsv"))
    if not files:
        raise BenchmarkError(f"{folder} has no benchmarks: run the study first")
    jobs = pd.DataFrame([_job(file, folder) for file in files])
    found = jobs.groupby("stage").agg(
        jobs=("seconds", "size"),
        seconds=("seconds", "sum"),
        cpu=("cpu", lambda values: values.sum(min_count=1)),
        memory=("memory", "max"),
    )
    return found.sort_values("seconds", ascending=False)


def _job(file: Path, folder: Path) -> dict:
    """One benchmark."""
    first, *rest = file.relative_to(folder).with_suffix("").parts
    stage = f"{first}: {rest[0]}" if first == ONE_BY_ONE and rest else first
    try:
        row = pd.read_csv(file, sep="\t", na_values=list(NOT_MEASURED)).iloc[0]
        return {
            "stage": stage.replace("_", " "),
            "seconds": float(row["s"]),
            "cpu": float(row["cpu_time"]),
            "memory": float(row["max_rss"]) * 2**20,
        }
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise BenchmarkError(f"{file} is no benchmark of Snakemake ({type(error).__name__}: {error})") from None
