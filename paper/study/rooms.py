"""What a room of the paper says of itself: its section of a study, what its notebook needs, reads and writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from paper.study.common import CommonStudy
from paper.study.planned import PlannedRuns
from paper.study.strict import Strict

#: One folder for each room.
FOLDER = Path(__file__).parents[1] / "rooms"
#: Files by the name of the notebook's parameter; names are relative to the folder of the study's results.
Files = dict[str, str | list[str]]


class Section(Strict):
    """Settings of one notebook in a study; empty for a notebook that has none of its own."""

    def check(self, key: str, study: CommonStudy) -> None:
        """Whether the section fits the rest of the study.

        Parameters
        ----------
        key : str
            Where the section stands, for messages.
        study : CommonStudy

        Raises
        ------
        ValueError
            If not; the message names the key, its value and what is allowed.
        """

    def stores(self, study: CommonStudy) -> dict[str, list[str]]:
        """Names of the prediction stores that the room's own rules make for each experiment in :attr:`Room.trains`."""
        return {}

    def planned(self, study: CommonStudy) -> list[PlannedRuns]:
        """Runs that the room's own rules train, for what they will take; none where they train nothing."""
        return []


@dataclass(frozen=True)
class Room:
    """One experiment of the paper: a folder with this description, its analysis, its figures and its claims.

    Parameters
    ----------
    place : int
        Of its notebook in the order of reading.
    section : type of Section
        Its section of a study, under ``notebooks`` and the room's name.
    reads : callable
        Takes a study and its section; files that the notebook reads, by parameter.
    figures : tuple of str
        Names of the figures that the notebook writes, without suffix.
    pages : tuple of str
        The same for interactive pages.
    needs : tuple of str
        Experiments that the study must have.
    trains : tuple of str
        Experiments whose prediction stores the room's own rules make.
    resident : bool
        Whether it needs images that are in memory, so that a study that streams them cannot have it.
    analysis, settings : tuple of str
        Settings that the notebook has as parameters: those of the study's section ``analysis``, and of its own.
    """

    place: int
    section: type[Section]
    reads: Callable[[CommonStudy, Section], Files]
    figures: tuple[str, ...]
    pages: tuple[str, ...] = ()
    needs: tuple[str, ...] = ("main",)
    trains: tuple[str, ...] = ()
    resident: bool = False
    analysis: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()

    def written(self) -> list[str]:
        """Names of all files that the notebook writes into its folder of figures."""
        figures = [f"{figure}.{suffix}" for figure in self.figures for suffix in ("pdf", "png")]
        pages = [f"{page}.html" for page in self.pages]
        return [*figures, *pages, *(["plotly.min.js"] if pages else [])]

    def parameters(self, study: CommonStudy, section: Section) -> dict:
        """Settings that the notebook has as parameters, by name."""
        return study.analysis.model_dump(include=set(self.analysis)) | section.model_dump(include=set(self.settings))


@cache
def rooms() -> dict[str, Room]:
    """Rooms by name, in the order of their notebooks; each is a folder whose module ``experiment`` has ``ROOM``."""
    names = sorted(path.parent.name for path in FOLDER.glob("*/experiment.py"))
    found = {name: import_module(f"paper.rooms.{name}.experiment").ROOM for name in names}
    return dict(sorted(found.items(), key=lambda item: item[1].place))
