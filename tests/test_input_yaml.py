"""A study's file: what is no mapping in YAML is named with its line, and values are what they look like."""

import re

import pytest
from study_changes import INF, SMOKE

from paper.study.study import ConfigError, read_study
from paper.study.yaml_file import YamlError, merged, parse, read_yaml

FILES = [
    (b"", " is empty"),
    (b"# nothing\n", " is empty"),
    (b"- a\n- b\n", " holds a list; it should hold keys with values"),
    (b"study", " holds a str; it should hold keys with values"),
    (b"study: a\ndevice: cpu\nstudy: b\n", ", line 3: key 'study' occurs twice in one place, first in line 1"),
    (b"a: {x: 1, x: 2}\n", ", line 1: key 'x' occurs twice in one place, first in line 1"),
    (
        b"study: a\n\tdevice: cpu\n",
        ", line 2: found character '\\t' that cannot start any token; indent with spaces, not with tabs",
    ),
    (b"study: [1\n", ", line 2: expected ',' or ']', but got '<stream end>'"),
    (b"study: caf\xe9\n", " is not UTF-8 text (byte 10); save it as UTF-8"),
    (b"? [a, b]\n: 1\n", ", line 1: a key is a list or a mapping"),
    (b"? !!set {a}\n: 1\n", ", line 1: a key is a list or a mapping"),
    (b"a: " + b"[" * 5000, " is not valid YAML: lists or mappings in it are too many inside each other"),
    (b"a: 2020-13-45\n", " is not valid YAML: month must be in 1..12"),
    (b"a: !!int x\n", " is not valid YAML: invalid literal for int() with base 10: 'x'"),
    (
        b"a: \x00\n",
        ': unacceptable character #x0000: special characters are not allowed in "<unicode string>", position 3',
    ),
    (b"a: *b\n", ", line 1: found undefined alias 'b'"),
    (
        b"a: !!python/object:os.system x\n",
        ", line 1: could not determine a constructor for the tag 'tag:yaml.org,2002:python/object:os.system'",
    ),
]


@pytest.mark.parametrize(("content", "message"), FILES, ids=range(len(FILES)))
def test_a_file_that_is_no_mapping_in_yaml_is_named_with_its_line(tmp_path, content, message):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(YamlError) as error:
        read_yaml(path)
    assert str(error.value) == f"{path}{message}"
    with pytest.raises(ConfigError, match=f"^{re.escape(str(error.value))}$"):
        read_study(path)


def test_a_number_too_long_to_be_written_is_named_by_its_size(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(f"study: 0x{'f' * 5000}\n")
    with pytest.raises(ConfigError) as error:
        read_study(path)
    message = f"{path} is not a valid study:\n  study: a number of 20000 bits is not allowed: it should be text"
    assert str(error.value).startswith(message)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    for path, reason in ((tmp_path, "Is a directory"), (tmp_path / "no.yaml", "No such file or directory")):
        with pytest.raises(ConfigError, match=f"^{re.escape(str(path))} cannot be read: {reason}$"):
            read_study(path)


def test_numbers_of_yaml_are_what_they_look_like():
    found = parse("a: 1e-3\nb: 1.0E5\nc: .5e1\nd: 12\ne: 1e\nf: .inf\nbase: &b {x: 1, y: 2}\nown: {<<: *b, y: 3}")
    assert found == {
        "a": 1e-3,
        "b": 1e5,
        "c": 5.0,
        "d": 12,
        "e": "1e",
        "f": INF,
        "base": {"x": 1, "y": 2},
        "own": {"x": 1, "y": 3},
    }


def test_changes_replace_values_key_by_key_and_are_typed():
    data = {"a": {"x": 1, "y": 2}, "b": [1], "c": {0: 1}}
    changes = {"a": {"y": "0.5"}, "b": ["3", "x"], "c": {"0": "2"}, "d": "true", "e": "a: [", "f": None}
    assert merged(data, changes) == {
        "a": {"x": 1, "y": 0.5},
        "b": [3, "x"],
        "c": {0: 2},
        "d": True,
        "e": "a: [",
        "f": None,
    }
    assert data == {"a": {"x": 1, "y": 2}, "b": [1], "c": {0: 1}}
    assert read_study(SMOKE, changes={"analysis": {"spread_radius": "0.2"}}).analysis.spread_radius == 0.2
