"""Run a study at several sizes, measure it, and write what it takes and how that grows.

``python -m paper.rehearsal`` goes on where it was interrupted: a size that has ended is not run again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from inpca.files import atomic
from paper.rehearsal.figure import draw
from paper.rehearsal.record import RehearsalError, Size, planned, read_record, run
from paper.rehearsal.report import duration, report
from paper.rehearsal.sizes import with_levels, with_seeds
from paper.study.study import ConfigError, read_study
from paper.study.yaml_file import read_yaml

STUDY = Path("config/rehearsal.yaml")
#: Seeds of each configuration in each size; all seeds of the study are more than the second.
SEEDS = (3, 5, 10)
#: Levels of factors that are kept where only the planning is measured, besides all.
LEVELS = ({"weight_decay": 1, "augmentation": 1}, {"augmentation": 1})
#: Notebooks whose numbers tell the dimension, by split.
TOLD_BY = {"train": "main_manifold", "test": "test_embedding"}
#: All that was measured, in the results of the study.
MEASURED = "growth.json"


def sizes_of(file: Path, seeds: Sequence[int]) -> list[Size]:
    """The sizes of a study, the smallest first; what has no more seeds than another is the same size."""
    data = read_yaml(file)
    found = {size.study.study: size for size in (Size.of(with_seeds(data, n), file) for n in sorted(seeds))}
    return sorted(found.values(), key=lambda size: size.counts["runs"])


def plannings(file: Path, cores: int) -> list[dict]:
    """Dry-runs of the study with fewer configurations; measured once."""
    data, full = read_yaml(file), read_study(file)
    kept = Path("results") / full.study / "planning.json"
    if kept.is_file():
        return json.loads(kept.read_text(encoding="utf-8"))
    sizes = [Size.of(with_levels(data, levels), file, "_planned") for levels in LEVELS]
    found = [planned(size, cores) for size in sizes if size.file != file]
    with atomic(kept) as partial:
        partial.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


def rehearse(file: Path, seeds: Sequence[int], cores: int) -> None:
    """Run all sizes and write the report, after each of them.

    Raises
    ------
    RehearsalError
        If a size cannot be run; what was measured is kept.
    """
    sizes = sizes_of(file, seeds)
    for size in sizes:
        read_record(size)  # what is wrong is said before anything runs
    plannings(file, cores)
    for size in sizes:
        print(f"{size.study.study}: {size.counts['runs']:,} runs …", flush=True)
        record = run(size, cores)
        print(f"{size.study.study}: {duration(sum(one['wall'] for one in record['attempts']))}", flush=True)
        write(file, seeds, cores)


def write(file: Path, seeds: Sequence[int], cores: int) -> None:
    """Write figure, report and all that was measured, of the sizes that have ended.

    Raises
    ------
    RehearsalError
        If none has.
    """
    kept = {size.counts["runs"]: read_record(size) for size in sizes_of(file, seeds)}
    records = [record for record in kept.values() if record.get("finished")]
    missing = [runs for runs, record in kept.items() if not record.get("finished")]
    if not records:
        raise RehearsalError("no size has been run to its end; without --report, python -m paper.rehearsal runs them")
    planning = sorted([*plannings(file, cores), records[-1]["planning"]], key=lambda one: one["jobs"])
    last = Path("results") / records[-1]["study"]
    notebooks = {split: last / f"numbers/{name}.json" for split, name in TOLD_BY.items()}
    numbers = {
        split: json.loads(path.read_text(encoding="utf-8"))["dimension"]
        for split, path in notebooks.items()
        if path.is_file()
    }
    name = read_study(file).study
    measured = {"sizes": records, "planning": planning, "dimension": numbers}
    draw(records, Path("figures") / name)
    for path, text in (
        (MEASURED, json.dumps(measured, indent=1) + "\n"),
        ("report.md", report(name, records, planning, numbers, missing)),
    ):
        with atomic(Path("results") / name / path) as partial:
            partial.write_text(text, encoding="utf-8")
    print(f"results/{name}/report.md")


def main() -> None:
    """Read the command line, run and write."""
    parser = argparse.ArgumentParser(prog="python -m paper.rehearsal", description=__doc__)
    parser.add_argument("study", nargs="?", type=Path, default=STUDY, help="its configuration (%(default)s)")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="of each configuration, for each size")
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)), help="all that there are by default")
    parser.add_argument("--report", action="store_true", help="write the report of what was run, and run nothing")
    given = parser.parse_args()
    if min(given.seeds) < 1 or given.cores < 1:
        parser.error("--seeds and --cores are numbers from 1 on")
    try:
        (write if given.report else rehearse)(given.study, given.seeds, given.cores)
    except (RehearsalError, ConfigError, ValueError) as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        sys.exit("interrupted: what was measured is kept, and the same command goes on")


if __name__ == "__main__":
    main()
