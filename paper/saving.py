"""Tables and data sets as files that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

from inpca.files import atomic


def save_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table as parquet, without its index."""
    with atomic(path) as partial:
        table.to_parquet(partial, index=False)


def save_dataset(dataset: xr.Dataset, path: str | Path) -> None:
    """Write a data set as netCDF 3."""
    with atomic(path) as partial:
        dataset.to_netcdf(partial, engine="scipy")


def load_dataset(path: str | Path) -> xr.Dataset:
    """What :func:`save_dataset` wrote, in memory."""
    return xr.load_dataset(path, engine="scipy")
