"""What studies will train, store and take: a table before anything is run.

``python -m paper.plan config/cifar10.yaml`` prints a row for each experiment of a study, ``python -m paper.plan
config/*.yaml`` one for each study; ``--page docs/guide/scale.md`` writes the latter into a page.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate

from inpca.cli.common import bytes_in_words
from inpca.files import atomic
from paper.study.plan import Plan, plan, planned
from paper.study.planned import RATES, STEP_SECONDS
from paper.study.study import ConfigError, Study, read_study

HEAD = ("configurations", "runs", "models", "predictions", "distances", "embeddings", "GPU-hours", "longest job")
#: What a page has around the table that is written into it.
BEFORE, AFTER = "<!-- written by: {command} -->", "<!-- end of what is written -->"
COMMAND = "python -m paper.plan --page docs/guide/scale.md config/*.yaml"
ASSUMED = """\
Models are at most so many where training decides when to record. Bytes are those of predictions before they are
compressed (four a number, two in a study with `store: float16`), of the distances of each experiment on both splits,
and of three embeddings. GPU-hours, in all and of the longest job (all seeds of one configuration), are an estimate,
and a range: operations are twice the multiplications of each network, three times as many in training. A GPU does
{few:g}·10¹² to {many:g}·10¹² of them a second, which is a quarter of the peak that NVIDIA gives for an A100 in float32
and in bfloat16, and a step takes {fast:g} to {slow:g} ms at least; both are assumptions. Learners that are no networks
count for nothing."""


def cells(total: Plan) -> list[str]:
    """A row of the table."""
    return [
        f"{total.n_configurations:,}",
        f"{total.n_runs:,}",
        f"{total.n_models:,}",
        *(bytes_in_words(n) for n in (total.prediction_bytes, total.distance_bytes, total.embedding_bytes)),
        *(
            " to ".join(f"{hours:.2g}" if hours < 100 else f"{hours:,.0f}" for hours in both)
            for both in (total.gpu_hours, total.job_hours)
        ),
    ]


def markdown(rows: dict[str, Plan], what: str) -> str:
    """The table, a row for each plan."""
    body = [[name, *cells(total)] for name, total in rows.items()]
    align = ["left", *["right"] * len(HEAD)]
    return tabulate(body, headers=[what, *HEAD], tablefmt="pipe", colalign=align, disable_numparse=True)


def of_experiments(study: Study) -> str:
    """The table of one study, a row for each experiment and the sum."""
    runs = planned(study)
    names = dict.fromkeys(one.experiment for one in runs)
    rows = {name: plan(study, [one for one in runs if one.experiment == name]) for name in names}
    return markdown(rows | {"in all": plan(study, runs)}, study.study)


def of_studies(studies: Sequence[Study]) -> str:
    """The table of several studies, a row for each."""
    return markdown({study.study: plan(study, planned(study)) for study in studies}, "study")


def in_words() -> str:
    """What the numbers of a table are."""
    return ASSUMED.format(
        few=min(RATES) / 1e12, many=max(RATES) / 1e12, fast=1000 * min(STEP_SECONDS), slow=1000 * max(STEP_SECONDS)
    )


def in_a_line(study: Study) -> str:
    """The sum of the table of one study, on one line."""
    total = plan(study, planned(study))
    *counts, predictions, distances, embeddings, hours, _ = cells(total)
    named = ", ".join(f"{count} {name}" for count, name in zip(counts, HEAD, strict=False))
    return (
        f"{study.study}: {named}; at most {predictions} of predictions, {distances} of distances, {embeddings} of "
        f"embeddings; {hours} GPU-hours (python -m paper.plan says of what, and what is assumed)"
    )


def with_table(page: str, table: str, command: str = COMMAND) -> str:
    """A page whose table, or other text that a command writes, is replaced by another.

    Raises
    ------
    ValueError
        If the page does not say where the table goes.
    """
    before = BEFORE.format(command=command)
    start, found, rest = page.partition(before)
    _, ended, end = rest.partition(AFTER)
    if not found or not ended:
        raise ValueError(f"the page has no lines {before!r} and {AFTER!r}, between which the table goes")
    return f"{start}{before}\n\n{table}\n\n{AFTER}{end}"


def main() -> None:
    """Print the plan of studies, or write it into a page."""
    parser = argparse.ArgumentParser(prog="python -m paper.plan", description=__doc__)
    parser.add_argument("studies", nargs="+", help="configuration files")
    parser.add_argument("--page", type=Path, help="write the table of these studies into this page")
    given = parser.parse_args()
    try:
        studies = [read_study(file) for file in given.studies]
        table = of_experiments(studies[0]) if len(studies) == 1 and not given.page else of_studies(studies)
        if given.page:
            written = with_table(given.page.read_text("utf-8"), f"{table}\n\n{in_words()}")
            with atomic(given.page) as partial:
                partial.write_text(written, encoding="utf-8")
        else:
            print(f"{table}\n\n{in_words()}")
    except OSError as error:
        sys.exit(f"error: {error.filename}: {error.strerror}")
    except (ConfigError, ValueError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
