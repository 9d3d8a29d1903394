"""Tables, data sets and records as files that appear whole or not at all, and are read whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from inpca.files import DamagedFile, atomic


def save_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table as parquet, without its index."""
    with atomic(path) as partial:
        table.to_parquet(partial, index=False)


def save_dataset(dataset: xr.Dataset, path: str | Path) -> None:
    """Write a data set as netCDF 3."""
    with atomic(path) as partial:
        dataset.to_netcdf(partial, engine="scipy")


def save_record(record: dict[str, Any], path: str | Path) -> None:
    """Write a record, a dict of what JSON can hold."""
    with atomic(path) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def load_table(path: str | Path) -> pd.DataFrame:
    """What :func:`save_table` wrote.

    Raises
    ------
    DamagedFile
        If the file is not whole.
    """
    try:
        return pd.read_parquet(path)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # pyarrow's errors are both
        raise DamagedFile(path, error) from None


def load_dataset(path: str | Path) -> xr.Dataset:
    """What :func:`save_dataset` wrote, in memory.

    Raises
    ------
    DamagedFile
        If the file is not whole.
    """
    try:
        return xr.load_dataset(path, engine="scipy")
    except FileNotFoundError:
        raise
    except Exception as error:  # a header of damaged bytes leads to errors of many kinds
        raise DamagedFile(path, error) from None


def load_record(path: str | Path) -> dict[str, Any]:
    """What :func:`save_record` wrote.

    Raises
    ------
    DamagedFile
        If the file is not whole.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise DamagedFile(path, error) from None
    if not isinstance(found, dict):
        raise DamagedFile(path, ValueError(f"it holds a {type(found).__name__}, not a record"))
    return found
