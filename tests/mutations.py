"""Valid bytes and valid trees of keys and values, changed a little, as hypothesis draws it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

#: Where something is changed, as a fraction of what there is.
PLACE = st.integers(0, 2**20 - 1)
#: Values that formats do not expect. Whole numbers are small, or so large that no memory could hold as many.
ODD = (
    *(None, True, 0, -1, 1, 3, 7, 2**15, -(2**31), 2**63, 10**30, 0.5, -0.0, float("nan"), float("inf")),
    *("", "a", "../a", "/etc/passwd", "\0", "x" * 300, "\ud800", "<script>", "float16", "int64", b"\xff"),
    *([], {}, [1, 2], {"a": 1}, [[]]),
)
EDITS = st.lists(
    st.tuples(st.sampled_from(("set", "flip", "delete", "insert", "cut", "repeat")), PLACE, st.binary(max_size=6)),
    min_size=1,
    max_size=4,
)
CHANGES = st.lists(
    st.tuples(st.sampled_from(("set", "set", "delete", "rename", "swap", "wrap")), PLACE, st.sampled_from(ODD)),
    min_size=1,
    max_size=3,
)


def edited(content: bytes, edits) -> bytes:
    """Bytes after some edits."""
    for kind, place, new in edits:
        at = place * len(content) >> 20
        length = max(1, len(new))
        if kind == "set":
            content = content[:at] + new + content[at + len(new) :]
        elif kind == "flip" and content:
            content = content[:at] + bytes([content[at] ^ (1 << place % 8)]) + content[at + 1 :]
        elif kind == "delete":
            content = content[:at] + content[at + length :]
        elif kind == "insert":
            content = content[:at] + new + content[at:]
        elif kind == "cut":
            content = content[:at]
        elif kind == "repeat":
            content = content[: at + length] + content[at:]
    return content


def changed(tree: Any, changes) -> Any:
    """A tree of dicts and lists after some changes of its values and keys."""
    tree = deepcopy(tree)
    for kind, place, new in changes:
        places = [(tree, key) for key in keys_of(tree)]
        for around, key in places:
            places += [(around[key], inner) for inner in keys_of(around[key])]
        if not places:
            return deepcopy(new)
        around, key = places[place * len(places) >> 20]
        if kind == "delete":
            del around[key]
        elif kind == "rename" and isinstance(around, dict):
            name = new if isinstance(new, str | int | float | bytes | None) else "other"
            around[name] = around.pop(key)
        elif kind == "swap":
            other, there = places[(place * 31) % len(places)]
            around[key] = deepcopy(other[there])
        elif kind == "wrap":
            around[key] = [around[key]]
        else:
            around[key] = deepcopy(new)
    return tree


def keys_of(value: Any) -> list:
    """What leads to the parts of a value."""
    return list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []


def fuzz(check: Callable[[Any], None], inputs: st.SearchStrategy, number: int, *, always: bool) -> int:
    """Give a number of inputs to a check, the same ones every time where that is asked for; how many it was given."""
    count = 0

    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        derandomize=always,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs)
    def counted(one):
        nonlocal count
        count += 1
        check(one)

    counted()
    return count
