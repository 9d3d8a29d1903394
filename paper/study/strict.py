"""Base of every configuration model: immutable, strict in keys and types, with errors that a person can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema, model_validator

#: Longest name; a configuration's id, which is the name of files, holds one and some numbers.
LONGEST_NAME = 40
#: Longest text of a wrong value that a message repeats.
LONGEST_VALUE = 60
LARGEST_COUNT = 1_000_000
#: Bits of the longest whole number that Python writes.
LONGEST_INTEGER = 14_000


class Strict(BaseModel):
    """A frozen pydantic model that rejects unknown keys and says which it has.

    Types are not converted: true is no number, 1.0 and "1" are no whole numbers; a whole number may stand for a real
    one. Real numbers are finite.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _name_allowed_keys(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for key in data:
                if key not in cls.model_fields:
                    close = get_close_matches(str(key), cls.model_fields, n=1)
                    hint = f"did you mean {close[0]!r}? " if close else ""
                    raise ValueError(
                        f"unknown key {shown(key)}; {hint}allowed: {', '.join(cls.model_fields) or 'none'}"
                    )
        return data


def _name(value: str) -> str:
    if not re.fullmatch(rf"[a-z][a-z0-9_]{{0,{LONGEST_NAME - 1}}}", value):
        raise ValueError(
            f"{shown(value)} is not allowed as a name; allowed are 1 to {LONGEST_NAME} characters: lower-case letters "
            "a to z, digits and _, a letter first"
        )
    return value


Values = TypeVar("Values", bound=Sequence)


def _different(values: Values) -> Values:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise ValueError(f"{shown(value)} is listed twice; list each value once")
    return values


#: Names files, folders and wildcards: safe in a shell and on file systems that do not tell upper from lower case.
Name = Annotated[
    str,
    AfterValidator(_name),
    WithJsonSchema({"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "minLength": 1, "maxLength": LONGEST_NAME}),
]
#: How many there are of something.
Count = Annotated[int, Field(ge=1, le=LARGEST_COUNT)]
#: Of random numbers; as much as the tables of models hold, and NumPy and torch take.
Seed = Annotated[int, Field(ge=0, le=2**63 - 1)]
Positive = Annotated[float, Field(gt=0)]
#: In a list: no value occurs twice.
Different = AfterValidator(_different)
Seeds = Annotated[list[Seed], Field(min_length=1), Different]


def shown(value: Any) -> str:
    """A wrong value as a message repeats it: on one line, not longer than :data:`LONGEST_VALUE`."""
    text, size = "", 0
    for part in [str(value)] if isinstance(value, BaseModel) else _pieces(value, ()):
        text, size = text + part, size + len(part)
        if size > LONGEST_VALUE:
            return f"{text[: LONGEST_VALUE - 1]}…"
    return text


def _pieces(value: Any, around: tuple[Any, ...]) -> Iterator[str]:
    """What repr gives, piece by piece: aliases of YAML can make that longer than memory is large."""
    if any(value is one for one in around):
        yield "[...]" if isinstance(value, list) else "{...}"
    elif isinstance(value, list):
        yield "["
        for index, item in enumerate(value):
            yield ", " if index else ""
            yield from _pieces(item, (*around, value))
        yield "]"
    elif isinstance(value, dict):
        yield "{"
        for index, (key, item) in enumerate(value.items()):
            yield f"{', ' if index else ''}{shown(key)}: "
            yield from _pieces(item, (*around, value))
        yield "}"
    elif isinstance(value, int) and value.bit_length() > LONGEST_INTEGER:
        yield f"a number of {value.bit_length()} bits"
    else:
        yield repr(value)


def problems(error: ValidationError, data: Any) -> list[str]:
    """What is wrong with data, one line for each value: where it is, what it is, what is allowed."""
    lines = []
    for found in error.errors(include_url=False):
        where, what = _where(found, data), _what(found)
        names_its_place = not where and found["type"] == "value_error" and not what.startswith("unknown key")
        lines.append(what if names_its_place else f"{where or 'top level'}: {what}")
    return lines


def _where(found: dict[str, Any], data: Any) -> str:
    """Keys that lead to a value in the data; what pydantic adds to them (tags of unions) is left out."""
    keys = list(found["loc"])
    if keys and keys[-1] == "[key]":
        keys = keys[:-2]
    place, parts = data, []
    for key in keys:
        if (isinstance(place, dict) and key in place) or (
            isinstance(place, list) and isinstance(key, int) and key < len(place)
        ):
            place = place[key]
        elif key != keys[-1] or found["type"] != "missing":
            continue
        parts.append(str(key))
    return ".".join(parts)


#: Pydantic's errors in the words of a person who writes YAML.
WORDS = {
    "int_type": "it should be a whole number",
    "float_type": "it should be a number",
    "finite_number": "it should be a finite number",
    "string_type": "it should be text",
    "string_pattern_mismatch": "it should match {pattern}",
    "string_too_short": "it should have {min_length} or more characters",
    "bool_type": "it should be true or false",
    "list_type": "it should be a list",
    "model_type": "it should be a mapping of keys to values",
    "model_attributes_type": "it should be a mapping of keys to values",
    "dict_type": "it should be a mapping of keys to values",
    "too_short": "it should have at least {min_length} of them, not {actual_length}",
    "too_long": "it should have at most {max_length} of them, not {actual_length}",
    "union_tag_invalid": "{discriminator} should be {expected_tags}",
    "union_tag_not_found": "{discriminator} is missing",
}


def _what(found: dict[str, Any]) -> str:
    if found["type"] == "value_error":
        return str(found["ctx"]["error"])
    if found["type"] == "missing":
        return "is missing"
    words = WORDS.get(found["type"], found["msg"].replace("Input should", "it should", 1))
    return f"{shown(found['input'])} is not allowed: {words.format(**found.get('ctx', {}))}"
