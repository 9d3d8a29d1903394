"""The same study with other random numbers: what differs between the two is chance."""

from __future__ import annotations

from typing import Any, TypeVar

from paper.study.strict import Strict

#: Parts of a study whose seeds stay: a replicate has the same data.
SAME = ("dataset", "data")

Part = TypeVar("Part")


def with_shifted_seeds(part: Part, shift: int) -> Part:
    """A study, or a part of one, whose every seed but those of its data is larger by ``shift``.

    Seeds are the fields named ``seed`` or ``seeds``, or ending so. A field ``seed_shift`` gets the shift itself: it is
    for jobs that number their seeds from 0.

    Parameters
    ----------
    part : Strict
    shift : int

    Examples
    --------
    >>> from paper.study.analysis import Analysis
    >>> with_shifted_seeds(Analysis(null_seed=3), 1000).null_seed
    1003
    """
    return _shifted(part, "", shift)


def _shifted(value: Any, name: str, shift: int) -> Any:
    """A value of a field of that name, with its seeds shifted."""
    if isinstance(value, Strict):
        changed = {key: _shifted(item, key, shift) for key, item in value if key not in SAME}
        return value.model_copy(update=changed)
    if name == "seed_shift":
        return shift
    if isinstance(value, dict):
        return {key: _shifted(item, name, shift) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_shifted(item, name, shift) for item in value)
    is_seed = name.rpartition("_")[2] in ("seed", "seeds")
    return value + shift if is_seed and isinstance(value, int) else value
