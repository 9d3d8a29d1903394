"""The run of a study that a crate describes: its files, and when it was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from paper.study.study import Study

#: Of the project, what the workflow needs to run.
FOLDERS = ("inpca", "paper", "workflow", "notebooks", "envs")
FILES = ("Snakefile", "Makefile", "pyproject.toml", "LICENSE", "CITATION.cff", "REUSE.toml", "README.md")
#: Of the results of a study, what the run gave.
RESULTS = ("numbers/*.json", "notebooks/*.ipynb", "notebooks/*.html", "claims.*", "provenance.json")


@dataclass(frozen=True)
class Run:
    """What a crate is made of.

    Attributes
    ----------
    study : Study
    text : str
        Its configuration, as YAML.
    project : Path
        Folder of the workflow.
    rule_files : list of str
        Of the workflow, relative to the project.
    results, figures : Path
        Of the study.
    agent : str, optional
        Who ran it.
    """

    study: Study
    text: str
    project: Path
    rule_files: list[str]
    results: Path
    figures: Path
    agent: str | None = None

    @property
    def configuration(self) -> str:
        """Name of the configuration in the crate."""
        return f"config/{self.study.study}.yaml"

    @property
    def results_name(self) -> str:
        """Name of the results in the crate."""
        return f"results/{self.study.study}"

    def result_files(self) -> dict[str, Path]:
        """Files that the run gave, by their names in the crate."""
        made = [path for kind in RESULTS for path in self.results.glob(kind)]
        figures = named(self.figures.rglob("*"), self.figures, f"figures/{self.study.study}")
        return dict(sorted({**named(made, self.results, self.results_name), **figures}.items()))

    def code_files(self) -> dict[str, Path]:
        """Files of the project that the workflow runs with, by their names in the crate."""
        paths = [self.project / name for name in FILES]
        paths += [path for folder in FOLDERS for path in (self.project / folder).rglob("*")]
        return named((path for path in paths if "__pycache__" not in path.parts), self.project, "")

    def benchmark_files(self) -> dict[str, Path]:
        """Time and memory of every job, as Snakemake measured them, by their names in the crate."""
        return named((self.results / "benchmarks").rglob("*.tsv"), self.results, self.results_name)

    def times(self) -> tuple[str | None, str]:
        """When the first job began, if its benchmark is there, and when the last result was written."""
        began = [path.stat().st_mtime - seconds(path) for path in self.benchmark_files().values()]
        ended = max(path.stat().st_mtime for path in self.result_files().values())
        return (moment(min(began)) if began else None), moment(ended)


def named(paths: Iterable[Path], folder: Path, name: str) -> dict[str, Path]:
    """Files below a folder, by their names in the crate, where the folder has another name."""
    files = sorted(path for path in paths if path.is_file())
    return {(Path(name) / path.relative_to(folder)).as_posix(): path for path in files}


def seconds(benchmark: Path) -> float:
    """How long a job took, of a benchmark of Snakemake."""
    header, values = (line.split("\t") for line in benchmark.read_text(encoding="utf-8").splitlines()[:2])
    return float(values[header.index("s")])


def moment(timestamp: float) -> str:
    """A time in ISO 8601, to the second."""
    return datetime.fromtimestamp(int(timestamp), UTC).isoformat()
