"""What a study has published: its notebooks and figures, and what makes each figure again."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from PIL import Image

from paper.study.rooms import rooms
from paper.study.study import ConfigError, read_study

#: The study that the workflow runs unless told otherwise.
DEFAULT_STUDY = "fashion"
#: What a figure is said to come from if no history knows it.
NO_COMMIT = "not in git"
#: What a figure of an earlier version shows, which carries no description.
NO_DESCRIPTION = "Figure {} of the notebook {}, made by an earlier version, which did not say what it shows."


class SiteError(ValueError):
    """A site that cannot be built; its message says why, and what to do."""


@dataclass(frozen=True)
class PublishedFigure:
    """A figure of a study.

    Parameters
    ----------
    file : str
        PNG, from the root of the project.
    room : str
        The notebook that made it.
    alt : str
        What it shows, in a sentence.
    commit : str
        The last commit that changed it, shortened, or :data:`NO_COMMIT`.
    """

    file: str
    room: str
    alt: str
    commit: str

    @property
    def name(self) -> str:
        """Name of the file without folder and suffix."""
        return Path(self.file).stem


@dataclass(frozen=True)
class PublishedStudy:
    """Results and figures of a study that was run.

    Parameters
    ----------
    root : Path
        The project, which has ``results/`` and ``figures/``.
    name : str
    """

    root: Path
    name: str

    @classmethod
    def find(cls, root: Path, name: str) -> PublishedStudy:
        """The study of some name.

        Raises
        ------
        SiteError
            If that is no name of a study, it was not run here, or no file in ``config/`` describes it.
        """
        if not re.fullmatch("[a-z][a-z0-9_]*", name):
            raise SiteError(f"{name!r} is no name of a study; name one such as {DEFAULT_STUDY}")
        found = cls(root, name)
        ran = sorted(path.parent.name for path in root.glob("results/*/notebooks"))
        if not (root / found.config).is_file():
            raise SiteError(f"there is no {found.config}; studies with results here: {', '.join(ran) or 'none'}")
        if not found.rooms:
            raise SiteError(
                f"the study {name} has no results here: run it first with {shlex.join(found.snakemake)}; studies with "
                f"results: {', '.join(ran) or 'none'}"
            )
        for needed in ("claims.md", "provenance.json"):
            if not (root / found.results / needed).is_file():
                raise SiteError(f"{found.results}/{needed} is missing: {shlex.join(found.snakemake)} makes it")
        return found

    @property
    def config(self) -> str:
        """File that describes the study."""
        return f"config/{self.name}.yaml"

    @property
    def notice(self) -> str:
        """What all pages say first, if anything.

        Raises
        ------
        SiteError
            If the file that describes the study is not valid.
        """
        try:
            return read_study(self.root / self.config).notice
        except ConfigError as error:
            raise SiteError(str(error)) from None

    @property
    def results(self) -> str:
        """Folder of its results."""
        return f"results/{self.name}"

    @property
    def figures(self) -> str:
        """Folder of its figures."""
        return f"figures/{self.name}"

    @property
    def snakemake(self) -> list[str]:
        """The command that runs the study."""
        given = [] if self.name == DEFAULT_STUDY else ["--configfile", self.config]
        return ["snakemake", "--cores", "all", *given]

    def again(self, file: str) -> str:
        """The command that makes one file of the study again.

        Examples
        --------
        >>> PublishedStudy(Path(), "smoke").again("figures/smoke/main_manifold/pairs.png")
        'snakemake --cores all --configfile config/smoke.yaml figures/smoke/main_manifold/pairs.png'
        """
        return shlex.join([*self.snakemake, file])

    def notebook_file(self, room: str) -> str:
        """The executed notebook of a room."""
        return f"{self.results}/notebooks/{room}.ipynb"

    @cached_property
    def rooms(self) -> list[str]:
        """Rooms whose notebooks were run, in the order of reading."""
        return [room for room in rooms() if (self.root / self.notebook_file(room)).is_file()]

    def notebook(self, file: str) -> NotebookNode:
        """An executed notebook, from the root of the project.

        Raises
        ------
        SiteError
            If the file is none.
        """
        try:
            return nbformat.read(self.root / file, as_version=4)
        except (OSError, ValueError, nbformat.ValidationError) as error:
            raise SiteError(f"{file} is no notebook ({error}); {self.again(file)} makes it again") from None

    @cached_property
    def provenance(self) -> dict[str, str]:
        """Checksum of each file that the study depends on, by name."""
        return json.loads((self.root / self.results / "provenance.json").read_text(encoding="utf-8"))

    @cached_property
    def all_figures(self) -> list[PublishedFigure]:
        """Every figure of the study that a notebook writes, in the order of the notebooks, by name."""
        commits = last_commits(self.root, self.figures)
        files = [
            (f"{self.figures}/{room}/{name}.png", room) for room in self.rooms for name in sorted(rooms()[room].figures)
        ]
        return [
            PublishedFigure(file, room, self._alt(file, room), commits.get(file, NO_COMMIT))
            for file, room in files
            if (self.root / file).is_file()
        ]

    def _alt(self, file: str, room: str) -> str:
        """The sentence that a PNG file carries as its description.

        Raises
        ------
        SiteError
            If the file is no PNG.
        """
        try:
            with Image.open(self.root / file, formats=["PNG"]) as image:
                return image.info.get("Description", NO_DESCRIPTION.format(Path(file).stem, room))
        except OSError:
            raise SiteError(f"{file} is no PNG; {self.again(file)} makes it again") from None

    @cached_property
    def interactive(self) -> list[str]:
        """Pages to turn the manifold on that are there: the explorer, then those of the rooms."""
        folder = self.root / self.figures
        pages = [
            folder / "explorer.html",
            *(page for room in self.rooms for page in sorted(folder.glob(f"{room}/*.html"))),
        ]
        return [page.relative_to(self.root).as_posix() for page in pages if page.is_file()]


def last_commits(root: Path, folder: str) -> dict[str, str]:
    """The last commit that changed each file of a folder, by file; none for a file that differs, or without git."""
    log = _git(root, "log", "--format=commit %h", "--name-only", "--relative", "--", folder)
    found: dict[str, str] = {}
    commit = ""
    for line in filter(None, log.splitlines()):
        if line.startswith("commit "):
            commit = line.removeprefix("commit ")
        else:
            found.setdefault(line, commit)
    changed = _git(root, "diff", "--name-only", "--relative", "HEAD", "--", folder).splitlines()
    return {file: commit for file, commit in found.items() if file not in changed}


def _git(root: Path, *arguments: str) -> str:
    """What git says of the project; nothing if there is no git or no history."""
    command = ["git", "-C", str(root), "-c", "core.quotePath=false", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""
