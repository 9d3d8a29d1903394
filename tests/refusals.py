"""What a wrong input must lead to: an error of ours with exactly the message that is expected, files as they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def contents(folder: Path) -> dict[str, bytes | None]:
    """The bytes of every file in a folder by its name, None of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def refused(call: Callable[[], Any], error: type[Exception], message: str, folder: Path) -> None:
    """Whether a call stops with an error of a type and exactly this message, and leaves a folder as it was.

    ``{folder}`` in the message stands for the folder; ``…`` at its end for what another library says.
    """
    before = contents(folder)
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error, repr(caught.value)
    said, expected = str(caught.value), message.replace("{folder}", str(folder))
    same = said.startswith(expected[:-1]) if expected.endswith("…") else said == expected
    assert same, f"said\n{said}\nexpected\n{expected}"
    assert contents(folder) == before, "files were changed"
