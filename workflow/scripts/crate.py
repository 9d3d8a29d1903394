"""Write a study as a Workflow Run RO-Crate, profile 0.5: one zip file for a repository of research data."""

from pathlib import Path
from typing import Annotated

from modules import PROJECT

from paper.command import run
from paper.crate.run import Run
from paper.crate.writing import write_crate
from paper.study.study import read_study


def write(
    study: dict,
    text: Annotated[str, "configuration of the study, as YAML"],
    rule_files: Annotated[list[str], "files of rules that the study includes"],
    results: Annotated[Path, "results of the study"],
    figures: Annotated[Path, "figures of the study"],
    agent: Annotated[str, "who ran it: a name, with <https://orcid.org/…> where there is one; nobody to say nothing"],
    output: Path,
) -> None:
    """Write a study as a Workflow Run RO-Crate, profile 0.5: one zip file for a repository of research data."""
    crate = Run(read_study(study), text, PROJECT, rule_files, results, figures, None if agent == "nobody" else agent)
    graph = write_crate(output, crate)
    print(f"{len(graph)} entities, {output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    run(write)
