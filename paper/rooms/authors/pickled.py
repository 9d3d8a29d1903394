"""Tables and arrays out of files that the authors' scripts saved with ``torch.save``, without unpickling anything.

A pickle is a program, and may call any function of any module. The reader here admits the few names of numpy and pandas
that a table or an array needs, and puts a stand-in of its own in the place of each: nothing of what a file names is
imported or called. Whatever else a file names, it is refused.
"""

from __future__ import annotations

import io
import pickle
import re
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from paper.data.datasets import DataError, reason

#: First object of a file of torch before 1.6, which is followed by two more before what was saved.
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
#: Types of numbers and text that an array may have, O for Python objects.
TYPE = re.compile(r"[biuf][1248]|U\d{1,4}|O8?")
CONVERT = "convert it where it comes from: a table with to_parquet, arrays with numpy.savez"


class _Type:
    """Stands for ``numpy.dtype``."""

    def __init__(self, code: str, align: bool = False, copy: bool = False):
        if not isinstance(code, str) or not TYPE.fullmatch(code):
            raise DataError(f"an array of the type {code!r} is not admitted")
        self.code, self.order = code, "<"

    def __setstate__(self, state: tuple) -> None:
        self.order = ">" if state[1] == ">" else "<"

    @property
    def numpy(self) -> np.dtype:
        return np.dtype(object if self.code[0] == "O" else self.order + self.code)


class _Array:
    """Stands for ``numpy.ndarray``; its state is what it holds."""

    values: np.ndarray

    def __setstate__(self, state: tuple) -> None:
        _, shape, kind, by_columns, content = state
        if kind.code[0] == "O":
            values = np.empty(len(content), object)
            values[:] = content
        else:
            values = np.frombuffer(_as_bytes(content), kind.numpy)
        self.values = values.reshape(shape, order="F" if by_columns else "C")


class _Frame:
    """Stands for ``pandas.DataFrame``."""

    state: dict

    def __setstate__(self, state: dict) -> None:
        self.state = state


class _Manager:
    """Stands for pandas' blocks of columns of one type, with the labels of columns and rows."""

    def __init__(self, blocks=(), axes=(), *rest):
        self.blocks, self.axes = blocks, axes

    def __setstate__(self, state: tuple) -> None:
        saved = state[3]["0.14.1"]  # as pandas before 1.3 writes it
        self.axes = saved["axes"]
        self.blocks = [(block["values"], block["mgr_locs"], 2) for block in saved["blocks"]]


class _Index:
    """Stands for pandas' labels of rows or columns; ``data`` are what they are, those of a range are never needed."""

    def __init__(self, kind, data: dict):
        self.data = data.get("data")


def _as_bytes(content: Any) -> bytes:
    """Bytes of an array; they are text where a file of Python 2's protocol was read in another encoding."""
    if not isinstance(content, bytes | bytearray | memoryview):
        raise DataError(f"an array holds {type(content).__name__} instead of bytes")
    return bytes(content)


def _empty_array(kind, shape, code) -> _Array:
    return _Array()


def _array_of_buffer(content, kind: _Type, shape, order: str) -> _Array:
    array = _Array()
    array.__setstate__((1, shape, kind, order == "F", content))
    return array


def _scalar(kind: _Type, content) -> Any:
    return np.frombuffer(_as_bytes(content), kind.numpy)[0]


def _latin(text: str, encoding: str) -> bytes:
    return text.encode("latin1")


def _no_bytes() -> bytes:
    return b""


def _block(values, placement, n_dimensions) -> tuple:
    return values, placement, n_dimensions


#: Names that a file may have, and what stands for each; modules under their names before numpy 2 and after Python 2.
STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _empty_array,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy.core.numeric", "_frombuffer"): _array_of_buffer,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
    ("_codecs", "encode"): _latin,
    ("builtins", "slice"): slice,
    ("builtins", "bytes"): _no_bytes,  # as Python 2's protocol writes those of an empty array
    ("pandas.core.frame", "DataFrame"): _Frame,
    ("pandas", "DataFrame"): _Frame,
    ("pandas.core.internals.managers", "BlockManager"): _Manager,
    ("pandas._libs.internals", "_unpickle_block"): _block,
    ("pandas.core.indexes.base", "_new_Index"): _Index,
    **{
        (module, name): name
        for module in ("pandas", "pandas.core.indexes.base", "pandas.core.indexes.numeric", "pandas.core.indexes.range")
        for name in ("Index", "Int64Index", "UInt64Index", "Float64Index", "RangeIndex")
    },
}


class _Reader(pickle.Unpickler):
    """Knows the names of :data:`STAND_INS` and no others."""

    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("numpy._core", "numpy.core").replace("__builtin__", "builtins")
        known = STAND_INS.get((module, name))
        if known is None:
            raise DataError(f"it names {module}.{name}, which is not admitted; {CONVERT}")
        return known

    def persistent_load(self, pid: Any) -> Any:
        raise DataError(f"it holds tensors of torch, which are not admitted; {CONVERT}")


def read_saved(path: str | Path) -> Any:
    """What ``torch.save``, ``DataFrame.to_pickle`` or ``pickle.dump`` wrote of tables and arrays.

    Parameters
    ----------
    path : path

    Returns
    -------
    DataFrame, ndarray, number, text, or a dict, list or tuple of these

    Raises
    ------
    DataError
        If the file cannot be read, is damaged, or names anything but tables and arrays: tensors, own classes,
        functions, text columns of pandas 3 (as objects they are admitted).
    """
    try:
        with open(path, "rb") as file:
            return _plain(_load(file))
    except DataError as error:
        raise DataError(f"{path} is not read: {error}") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({reason(error)})") from None
    except Exception as error:  # a damaged pickle may stop in any way
        raise DataError(f"{path} is no file of torch.save, or damaged ({type(error).__name__}: {error})") from None


def _load(file: BinaryIO) -> Any:
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            names = [name for name in archive.namelist() if name.endswith("/data.pkl")]
            if len(names) != 1:
                raise DataError(f"it has {len(names)} members data.pkl, one is expected")
            return _Reader(io.BytesIO(archive.read(names[0]))).load()
    file.seek(0)
    found = _Reader(file).load()
    if found != LEGACY_MAGIC:
        return found
    for _ in range(2):  # the protocol, and what machine it was
        _Reader(file).load()
    return _Reader(file).load()


def _plain(value: Any) -> Any:
    """The same with tables and arrays in the place of what stands for them."""
    if isinstance(value, _Array):
        return value.values
    if isinstance(value, _Frame):
        return _table(value.state.get("_mgr", value.state.get("_data")))
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(item) for item in value)
    if isinstance(value, np.generic | int | float | str | bytes | type(None)):
        return value
    raise DataError(f"it holds {type(value).__name__.strip('_')}, which is not admitted; {CONVERT}")


def _table(manager: _Manager) -> pd.DataFrame:
    """Table of its blocks, with rows numbered from 0."""
    names = _plain(manager.axes[0].data)
    columns: dict[int, np.ndarray] = {}
    for values, placement, _ in manager.blocks:
        rows = _plain(values)
        where = np.arange(len(names))[placement if isinstance(placement, slice) else _plain(placement)]
        columns |= dict(zip(where.tolist(), rows, strict=True))
    if sorted(columns) != list(range(len(names))):
        raise DataError(f"of the {len(names)} columns of a table {len(columns)} are there")
    return pd.DataFrame({names[place]: columns[place] for place in sorted(columns)})
