"""What changes with scale: the same claims in studies of growing size, beside the paper's numbers.

``python -m paper.report.scales config/smoke.yaml config/fashion.yaml config/fashion_large_reduced.yaml`` prints the
table, once these studies were run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from paper.report.claims import ClaimsError
from paper.report.comparison import compared, read_claims_of, rows
from paper.study.study import ConfigError, Study, read_study

TEXT = """# What changes with scale

The same claims in studies of growing size. At least two of them tested {n} claims; {differ} have another verdict in
one than in another, and come first. Of these, {small} differ only in {smallest}, which is there to try the workflow:
with few and short runs it can tell little. The paper's numbers are of its own networks and data; in brackets, how well
each is known. Intervals, in brackets, are of 95 %. A dash: the study has no such notebook or
experiment, or was run before the claim was written. Studies can be of different versions of the code, which
`provenance.json` beside their claims tells.

"""


def sizes(study: Study) -> dict[str, str]:
    """How large a study is, in words and numbers."""
    images, main = study.dataset, study.experiments["main"]
    configurations = study.configurations("main").values()
    epochs = sorted({configuration.epochs for configuration in configurations})
    return {
        "images": f"{images.name}, {images.side}×{images.side} pixels",
        "train, test samples": f"{images.n_train:,}, {images.n_test:,}",
        "configurations × seeds, main experiment": f"{len(configurations)} × {len(main.seeds)}",
        "their epochs": f"{epochs[0]} to {epochs[-1]}" if len(epochs) > 1 else f"{epochs[0]}",
        "their checkpoints": main.checkpoints.schedule,
    }


def scales(configs: Sequence[Path], results: Path = Path("results")) -> str:
    """The comparison as Markdown.

    Parameters
    ----------
    configs : sequence of path
        Studies, the smallest first.
    results : path
        The folder that has a folder of each study's results.
    """
    studies = {study.study: study for study in map(read_study, configs)}
    table = compared({name: read_claims_of(results / name) for name in studies}, written_since=True)
    smallest, *others = studies
    papers = [next(claim["paper"] for claim in row if claim) for row in table[list(studies)].itertuples(index=False)]
    small = sum(
        len({claim["verdict"] for claim in row[others] if claim}) == 1 for _, row in table[table["differs"]].iterrows()
    )
    text = TEXT.format(n=len(table), differ=int(table["differs"].sum()), small=small, smallest=smallest)
    size = pd.DataFrame({name: sizes(study) for name, study in studies.items()})
    cells = rows(table).assign(
        paper=[f"{paper['value']:g} ({paper['confidence']})" if paper else "–" for paper in papers]
    )
    parts = size.to_markdown(disable_numparse=True), cells.to_markdown(index=False, disable_numparse=True)
    return text + "\n\n".join(parts) + "\n"


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(prog="python -m paper.report.scales", description=__doc__)
    parser.add_argument("studies", nargs="+", type=Path, help="configuration files, that of the smallest study first")
    given = parser.parse_args().studies
    if len(given) < 2:
        parser.error("name two studies or more")
    try:
        print(scales(given), end="")
    except (ClaimsError, ConfigError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
