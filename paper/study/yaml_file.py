"""YAML files, read strictly: a key that occurs twice is an error, and 1e-3 is a number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


class YamlError(ValueError):
    """A file that cannot be read as YAML with keys at its top level; the message is one line that names it."""


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader; the last of two equal keys does not win, and 1e-3 needs no dot and no sign."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        found: dict[Any, int] = {}
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key, line = self.construct_object(key_node, deep=True), key_node.start_mark.line + 1
            if isinstance(key, list | dict | set):
                raise yaml.constructor.ConstructorError(None, None, "a key is a list or a mapping", key_node.start_mark)
            if key in found:
                problem = f"key {key!r} occurs twice in one place, first in line {found[key]}"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            found[key] = line
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def parse(text: str) -> Any:
    """Value of a YAML text.

    Raises
    ------
    yaml.YAMLError
        If it is none, or a key occurs twice.
    """
    return yaml.load(text, Loader=_Loader)


def read_yaml(path: str | Path) -> dict:
    """Content of a YAML file that has keys at its top level.

    Raises
    ------
    YamlError
        If the file is not there, is not UTF-8, is not YAML, is empty, is no mapping, or has a key twice.
    """
    try:
        data = parse(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise YamlError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise YamlError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except yaml.YAMLError as error:
        raise YamlError(f"{path}{_problem(error)}") from None
    except RecursionError:
        raise YamlError(f"{path} is not valid YAML: lists or mappings in it are too many inside each other") from None
    except ValueError as error:
        raise YamlError(f"{path} is not valid YAML: {error}") from None
    if data is None:
        raise YamlError(f"{path} is empty")
    if not isinstance(data, dict):
        raise YamlError(f"{path} holds a {type(data).__name__}; it should hold keys with values")
    return data


def _problem(error: yaml.YAMLError) -> str:
    """Line and problem of a YAML error, on one line."""
    mark = getattr(error, "problem_mark", None)
    where = f", line {mark.line + 1}" if mark else ""
    what = getattr(error, "problem", None) or " ".join(str(error).split())
    hint = "; indent with spaces, not with tabs" if "'\\t'" in what else ""
    return f"{where}: {what}{hint}"


def merged(data: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Data with some values replaced, key by key in mappings of mappings.

    Parameters
    ----------
    data, changes : mapping
        In ``changes``, text stands for the value that it has in a YAML file.
    """
    result = dict(data)
    for name, value in changes.items():
        key = int(name) if isinstance(name, str) and name.isdecimal() else name
        if isinstance(value, Mapping):
            old = result.get(key)
            result[key] = merged(old if isinstance(old, Mapping) else {}, value)
        else:
            result[key] = _typed(value)
    return result


def _typed(value: Any) -> Any:
    if isinstance(value, list):
        return [_typed(item) for item in value]
    if isinstance(value, Mapping):
        return merged({}, value)
    try:
        return parse(value) if isinstance(value, str) else value
    except yaml.YAMLError:
        return value
