"""Load: 2,000 tiny runs, trained and embedded by the whole workflow, and the planning of as many jobs.

``python benchmarks/load.py`` writes what that takes into docs/guide/promises.md; interrupted, the same command goes on.
The study is benchmarks/load.yaml; git keeps nothing of its results.
"""

from __future__ import annotations

import argparse
import copy
import os
from pathlib import Path
from typing import Any

from inpca.files import atomic
from paper.plan import with_table
from paper.rehearsal.record import Size, planned, run, total
from paper.study.study import read_study
from paper.study.yaml_file import read_yaml

FILE, PAGE = Path(__file__).with_name("load.yaml"), Path("docs/guide/promises.md")
COMMAND = "python benchmarks/load.py"
RAN = """{runs:,} tiny runs of {configurations} configurations, {models:,} models, were trained and embedded: planned in
{planning:.0f} s, {jobs} jobs, run in {wall:.0f} min ({cpu:.0f} CPU-minutes) on {cores} cores, with
at most {memory:.1f} GB in all processes together and {largest:.1f} GB in the largest job."""
PLANNED = """{runs:,} tiny runs of {configurations:,} configurations, {jobs:,} jobs, were planned in {cpu:.0f}
CPU-seconds, {seconds:.0f} s; none of these jobs was run."""
NOT_RUN = "The same number of runs of 50 configurations, trained and embedded, has not been measured."


def with_one_seed(study: dict[str, Any], n: int) -> dict[str, Any]:
    """The same number of runs, each of a configuration of its own: n weight decays, and one seed.

    Parameters
    ----------
    study : dict
        As its file parses to.
    n : int
    """
    changed = copy.deepcopy(study)
    main = changed["experiments"]["main"]
    main["seeds"] = main["seeds"][:1]
    for grid in main["grids"]:
        grid["weight_decay"] = [round(1e-4 * decay, 6) for decay in range(n)]
    return changed


def many_configurations() -> Size:
    """A study of as many runs, each of a configuration of its own."""
    data = read_yaml(FILE)
    runs = [len(seeds) for _, seeds in read_study(FILE).runs("main").values()]
    per_decay = len(runs) // len(data["experiments"]["main"]["grids"][0]["weight_decay"])
    return Size.of(with_one_seed(data, sum(runs) // per_decay), FILE, "_planned")


def text(record: dict[str, Any] | None, counts: dict[str, int], many: dict[str, Any]) -> str:
    """What was measured, in words; of a study that was not run to its end, only how others are planned."""
    parts = [PLANNED.format(**many)]
    if record is None:
        parts.append(NOT_RUN)
    else:
        took = {name: total(record["attempts"], name) for name in ("wall", "own_cpu", "started_cpu", "memory")}
        measured = {
            "planning": record["planning"]["seconds"],
            "jobs": record["planning"]["jobs"],
            "wall": took["wall"] / 60,
            "cpu": (took["own_cpu"] + took["started_cpu"]) / 60,
            "cores": record["machine"]["cores"],
            "memory": took["memory"] / 1e9,
            "largest": max(stage["memory"] for stage in record["stages"] if stage["memory"]) / 1e9,
        }
        parts.insert(0, RAN.format(**counts, **measured))
    return "\n".join(parts)


def main() -> None:
    """Plan, run, and write the page."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--plan", action="store_true", help="plan alone, and run nothing")
    given = parser.parse_args()
    size, many = Size(read_study(FILE), FILE), planned(many_configurations(), given.cores)
    record = None if given.plan else run(size, given.cores)
    written = with_table(PAGE.read_text("utf-8"), text(record, size.counts, many), COMMAND)
    with atomic(PAGE) as partial:
        partial.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
