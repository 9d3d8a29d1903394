"""Rooms of the paper: every folder beside each other that describes an experiment."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from paper.study.room import Room

#: One folder for each room.
FOLDER = Path(__file__).parents[1] / "rooms"


@cache
def rooms() -> dict[str, Room]:
    """Rooms by name, in the order of their notebooks; each is a folder whose module ``experiment`` has ``ROOM``."""
    names = sorted(path.parent.name for path in FOLDER.glob("*/experiment.py"))
    found = {name: import_module(f"paper.rooms.{name}.experiment").ROOM for name in names}
    return dict(sorted(found.items(), key=lambda item: item[1].place))
