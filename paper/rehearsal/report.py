"""What a rehearsal took, and how that grows, in Markdown; all of it from what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from inpca.cli.common import bytes_in_words
from paper.rehearsal.growth import Exponent, exponent
from paper.rehearsal.record import total
from paper.study.made_up import NOTICE

#: What the rehearsal of the paper's number of runs should take at most on two cores: seconds, bytes, seconds.
AIMS = {"seconds": 3600.0, "memory": 12e9, "planning": 60.0}
#: What the figure of growth shows, for who does not see it.
ALT = (
    "Time in all, time of stages, and memory and disk of a study of made-up trajectories by its number of runs, on "
    "logarithmic axes, each beside the linear law."
)
#: Stages that take less than this part of the time of all jobs, at every size, are left out of the figure.
SMALL = 0.02

TEXT = """# Rehearsal: what {n_runs:,} runs take

> {notice}

`make rehearsal` ran the study at {sizes} runs, wrote this page, and measured all numbers on it.{missing} A size has the
first few seeds of each configuration, {fewest} of them the smallest; so all have the same {configurations}
configurations in the experiment `main`, whose runs and models are counted here. {machine}.

![{alt}](../../figures/{study}/growth.png)

## In all

{whole}

*Exponents* are those of the power law in the number of runs that fits best (least squares of logarithms, with a
standard error, where there are three sizes): 1 is linear, 0 does not depend on the number of runs. CPU times of
Snakemake and of the jobs that it started are the operating system's; Snakemake's share is of their sum. Memory of the
largest job is the most that Snakemake saw at its samples, that of all at once the most that all processes had
together at looks a second apart, where what they share counts for each of them. {attempts}

{aims}

## By stage

Sums over the jobs of a stage. Each job starts Python and loads its libraries, which takes seconds and does not grow.
CPU times are the last of Snakemake's samples, up to 30 s before the end of a job.

{stages}

## Planning

`snakemake --dry-run` of the study with all seeds before anything was there, with all configurations and with those of
the first levels of some factors.

{planning}

## Does the known dimension come out?

Trajectories were made up to differ from each other in **{dimension}** directions (`made_up.dimension`) at equal
progress. The participation ratio between runs is about that, less where some directions are longer, more where
deviations are not small; that of the null, runs whose samples are permuted within classes, is many times as much.

{dimensions}
"""
MACHINE = (
    "{processor}, {cores} cores used, {memory} of memory, {system}, Python {python}, Snakemake {snakemake}, commit "
    "`{commit}`{changed}"
)


def report(
    study: str,
    sizes: Sequence[dict],
    planning: Sequence[dict],
    numbers: Mapping[str, dict],
    missing: Sequence[int] = (),
) -> str:
    """The page.

    Parameters
    ----------
    study : str
        Name of the study, whose figures folder has the figure of growth.
    sizes : sequence of dict
        Records of :func:`paper.rehearsal.record.run`, the smallest first.
    planning : sequence of dict
        From :func:`paper.rehearsal.record.planned`, the fewest configurations first.
    numbers : mapping
        Of the largest size, by split, what its notebook says of dimensions; a split without has none.
    missing : sequence of int
        Runs of the sizes that have not been run to their end.

    Raises
    ------
    ValueError
        If there is no size.
    """
    if not sizes:
        raise ValueError("no size was measured to its end: run python -m paper.rehearsal first")
    last = sizes[-1]
    again = [f"{one['planning']['runs']:,} runs in {len(one['attempts'])}" for one in sizes if len(one["attempts"]) > 1]
    return TEXT.format(
        notice=NOTICE,
        n_runs=last["planning"]["runs"],
        sizes=listed(runs_of(sizes)),
        missing=f" Not run to their end: the sizes of {listed(missing)} runs." if missing else "",
        fewest=round(sizes[0]["planning"]["runs"] / sizes[0]["planning"]["configurations"]),
        configurations=last["planning"]["configurations"],
        machine="; ".join(dict.fromkeys(_machine(one["machine"]) for one in sizes)),
        alt=ALT,
        study=study,
        whole=whole(sizes),
        attempts=f"Begun again after an interruption, which is in their times: {', '.join(again)} parts." * bool(again),
        aims=aims(last),
        stages=by_stage(sizes),
        planning=of_planning(planning),
        dimension=last["made_up"]["dimension"],
        dimensions=of_dimension(numbers),
    )


def listed(numbers: Sequence[int]) -> str:
    """Numbers in a sentence.

    Examples
    --------
    >>> listed([693, 1151, 2296]), listed([693])
    ('693, 1,151 and 2,296', '693')
    """
    *first, last = (f"{number:,}" for number in numbers)
    return f"{', '.join(first)} and {last}" if first else last


def runs_of(sizes: Sequence[dict]) -> list[int]:
    """Number of runs of each size."""
    return [one["planning"]["runs"] for one in sizes]


def growth(sizes: Sequence[dict], values: Sequence[float | None]) -> Exponent | None:
    """Exponent of values by the runs of sizes; None of one size, or where a value is missing or zero."""
    if len(sizes) < 2 or not all(values):
        return None
    return exponent(runs_of(sizes), values)


#: What is said of a whole size: name, what it is of a record, how it is written, whether its growth is told.
WHOLE: tuple[tuple[str, Callable[[dict], float], Callable[[float], str], bool], ...] = (
    ("models", lambda one: one["planning"]["models"], "{:,}".format, False),
    ("jobs", lambda one: one["planning"]["jobs"], "{:,}".format, False),
    ("time", lambda one: total(one["attempts"], "wall"), lambda s: duration(s), True),
    ("CPU time of jobs", lambda one: total(one["attempts"], "started_cpu"), lambda s: duration(s), True),
    ("CPU time of Snakemake", lambda one: total(one["attempts"], "own_cpu"), lambda s: duration(s), True),
    ("Snakemake's share", lambda one: share(one), "{:.1%}".format, False),
    ("cores in use, on average", lambda one: in_use(one), "{:.2f}".format, False),
    ("planning", lambda one: one["planning"]["seconds"], lambda s: duration(s), True),
    ("memory of the largest job", lambda one: largest_job(one), bytes_in_words, True),
    ("memory of all at once", lambda one: total(one["attempts"], "memory"), bytes_in_words, True),
    ("memory of Snakemake", lambda one: total(one["attempts"], "own_memory"), bytes_in_words, True),
    ("disk", lambda one: sum(one["disk"].values()), bytes_in_words, True),
    ("of that predictions", lambda one: one["disk"].get("predictions", 0), bytes_in_words, True),
)


def share(size: dict) -> float:
    """Snakemake's part of the CPU time of a size."""
    own = total(size["attempts"], "own_cpu")
    return own / (own + total(size["attempts"], "started_cpu"))


def in_use(size: dict) -> float:
    """CPU seconds by second."""
    cpu = total(size["attempts"], "own_cpu") + total(size["attempts"], "started_cpu")
    return cpu / total(size["attempts"], "wall")


def largest_job(size: dict) -> float:
    """Most bytes of a job."""
    return max(stage["memory"] or 0 for stage in size["stages"])


def whole(sizes: Sequence[dict]) -> str:
    """The table of all sizes, a column for each, and exponents."""
    rows = []
    for name, value, written, grows in WHOLE:
        values = [value(one) for one in sizes]
        found = growth(sizes, values) if grows else None
        cells = {f"{runs:,} runs": written(number) for runs, number in zip(runs_of(sizes), values, strict=True)}
        rows.append({"": name, **cells, "exponent": str(found or "")})
    return _table(rows)


def by_stage(sizes: Sequence[dict]) -> str:
    """The table of stages: times, their exponents, and memory of the largest job at the largest size."""
    rows = []
    for stage in sizes[-1]["stages"]:
        same = [next((one for one in size["stages"] if one["stage"] == stage["stage"]), {}) for size in sizes]
        times, cpu = ([one.get(name) for one in same] for name in ("seconds", "cpu"))
        cells = {f"{runs:,} runs": duration(time) for runs, time in zip(runs_of(sizes), times, strict=True)}
        rows.append(
            {
                "stage": stage["stage"],
                "jobs": stage["jobs"],
                **cells,
                "exponent": str(growth(sizes, times) or ""),
                "CPU time": duration(stage["cpu"]),
                "its exponent": str(growth(sizes, cpu) or ""),
                "largest job": "" if stage["memory"] is None else bytes_in_words(stage["memory"]),
            }
        )
    return _table(rows)


def of_planning(planning: Sequence[dict]) -> str:
    """The table of dry-runs by number of configurations, and the exponent of their time in the number of jobs."""
    rows = [
        {name: f"{one[name]:,}" for name in ("configurations", "runs", "jobs")} | {"time": duration(one["seconds"])}
        for one in planning
    ]
    if len({one["jobs"] for one in planning}) < 2:
        return _table(rows)
    found = exponent([one["jobs"] for one in planning], [one["seconds"] for one in planning])
    return f"{_table(rows)}\n\nExponent of the time in the number of jobs: {found}."


def of_dimension(numbers: Mapping[str, dict]) -> str:
    """The table of participation ratios between runs at equal progress, and of the stress that three axes explain."""
    rows = [
        {
            "split": split,
            "dimensions between runs": f"{found['participation']['between']:.3g}",
            "the same of the null": f"{found['participation']['between_null']:.3g}",
            "stress that 3 axes explain": f"{found['stress']['between']['3']:.1%}",
            "the same of the null ": f"{found['stress']['between_null']['3']:.1%}",
        }
        for split, found in numbers.items()
    ]
    return _table(rows) if rows else "The notebooks of the largest size were not run to their end."


def aims(size: dict) -> str:
    """What was aimed at for the full number of runs, beside what this size takes."""
    took = {
        "seconds": total(size["attempts"], "wall"),
        "memory": total(size["attempts"], "memory"),
        "planning": size["planning"]["seconds"],
    }
    written = {"seconds": duration, "memory": bytes_in_words, "planning": duration}
    names = {"seconds": "time", "memory": "memory of all at once", "planning": "planning"}
    rows = [
        {
            "aim": names[key],
            "at most": written[key](most),
            f"{size['planning']['runs']:,} runs": written[key](took[key]),
            "met": "yes" if took[key] <= most else "**no**",
        }
        for key, most in AIMS.items()
    ]
    return _table(rows)


def duration(seconds: float | None) -> str:
    """Seconds, and minutes where there are many.

    Examples
    --------
    >>> duration(4.321), duration(75.2), duration(3700), duration(None)
    ('4.3 s', '75 s', '61.7 min', '')
    """
    if seconds is None:
        return ""
    if seconds >= 600:
        return f"{seconds / 60:.1f} min"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _machine(found: Mapping[str, Any]) -> str:
    """Where something was measured, in words."""
    changed = " with changes" if found["changed"] else ""
    return MACHINE.format(**dict(found, memory=bytes_in_words(found["memory"]), changed=changed))


def _table(rows: Sequence[dict]) -> str:
    return pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True)
