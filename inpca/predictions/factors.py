"""A table of factors of runs, such as their optimisers, from CSV or parquet."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

#: Column that names the runs.
RUN = "run"


def read_factors(path: str | os.PathLike[str], runs: Sequence[str]) -> dict[str, np.ndarray]:
    """Factors of some runs from a table with one row for each run, which its column ``run`` names.

    Parameters
    ----------
    path : path
        ``.csv`` (a first line of names; a column of numbers becomes numbers) or ``.parquet`` (needs pyarrow).
    runs : sequence of str
        The table may have others as well.

    Returns
    -------
    dict from str to (n,) array
        Every other column, in the order of ``runs``.

    Raises
    ------
    OSError, ValueError
        If there is no such file, it is no table with a column ``run``, or a run has no row or several.
    ModuleNotFoundError
        For parquet without pyarrow.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from inpca.predictions.factors import read_factors
    >>> path = Path(tempfile.mkdtemp(), "factors.csv")
    >>> _ = path.write_text("run,optimizer,lr\\na,adam,0.001\\nb,sgd,0.1\\n")
    >>> read_factors(path, ["b", "a"])
    {'optimizer': array(['sgd', 'adam'], dtype='<U4'), 'lr': array([0.1  , 0.001])}
    """
    path = Path(path)
    if path.suffix == ".csv":
        table = _read_csv(path)
    elif path.suffix == ".parquet":
        table = _read_parquet(path)
    else:
        raise ValueError(f"{path}: a table of factors is .csv or .parquet, not {path.suffix or 'without a suffix'}")
    if RUN not in table:
        raise ValueError(f"{path} has no column 'run', which names the runs; it has {', '.join(map(repr, table))}")
    names = [str(name) for name in table.pop(RUN)]
    for name in runs:
        if names.count(name) != 1:
            more = ", …" if len(names) > 5 else ""
            raise ValueError(
                f"{path} must have one row of the run {name!r}, not {names.count(name)}; its runs are "
                f"{', '.join(names[:5])}{more}"
            )
    rows = [names.index(name) for name in runs]
    return {column: np.asarray(values)[rows] for column, values in table.items()}


def _read_csv(path: Path) -> dict[str, np.ndarray]:
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            lines = [line for line in csv.reader(file) if line]
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no {path}") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a CSV file in UTF-8: {error}") from None
    if not lines:
        raise ValueError(f"{path} is empty; its first line must name the columns, one of them 'run'")
    header, *rows = lines
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise ValueError(f"{path}: row {number} has {len(row)} entries, the header {len(header)}")
    if len(set(header)) < len(header):
        raise ValueError(f"{path} names a column twice: {', '.join(header)}")
    columns = {name: [row[i] for row in rows] for i, name in enumerate(header)}
    return {name: np.array(values) if name == RUN else numbers_or_words(values) for name, values in columns.items()}


def numbers_or_words(values: list[str]) -> np.ndarray:
    """Text as whole numbers or floats where each entry is one, else as it is."""
    for kind in (int, float):
        try:
            return np.array([kind(value) for value in values])
        except ValueError:
            continue
    return np.array(values)


def _read_parquet(path: Path) -> dict[str, np.ndarray]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError:
        message = f"{path} is read with pyarrow, which is not installed: pip install pyarrow, or save it as CSV"
        raise ModuleNotFoundError(message, name="pyarrow") from None
    try:
        table = parquet.read_table(path)
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no {path}") from None
    except (pyarrow.ArrowException, ValueError, OSError) as error:
        raise ValueError(f"{path} is not a parquet file: {str(error).splitlines()[0]}") from None
    return {name: table[name].to_numpy() for name in table.column_names if not name.startswith("__index_")}
