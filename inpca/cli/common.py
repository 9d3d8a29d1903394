"""What commands share: options that say where predictions are, and tables on disk and on screen."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import numpy as np
from tqdm import tqdm

from inpca.bars import progress_bar
from inpca.files import atomic
from inpca.predictions.models import KINDS
from inpca.predictions.read import Predictions, read_predictions

#: Seconds after which a command says what it does.
DELAY = 2
#: Files that say that a folder holds results of a command.
MARKS = ("predictions.json", "sets.csv")


def add_predictions(parser: argparse.ArgumentParser, *, nargs: str = "+") -> None:
    """Options that say which predictions are read, and how."""
    parser.add_argument(
        "predictions", nargs=nargs, metavar="PREDICTIONS", help=".zarr stores, .npy or .npz files; each run by its name"
    )
    add_reading(parser)


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Options that say how predictions are read."""
    group = parser.add_argument_group("reading predictions")
    group.add_argument("--kind", choices=KINDS, help="what the numbers of .npy files are (logits must be named)")
    group.add_argument("--split", help="split of stores (default: train)")
    group.add_argument("--labels", metavar="FILE", help="labels of the samples, .npy (default: those of the files)")
    group.add_argument("--factors", metavar="FILE", help=".csv or .parquet, a row for each run, named in column 'run'")


def reading(given: argparse.Namespace) -> dict:
    """Arguments of :func:`inpca.read_predictions` that the options give."""
    return {"kind": given.kind, "split": given.split, "truth": given.labels, "factors": given.factors}


def read(given: argparse.Namespace) -> Predictions:
    """The predictions that the options name."""
    with stage("reading predictions"):
        return read_predictions(*given.predictions, **reading(given))


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Say on standard error what takes longer than :data:`DELAY`, with progress bars of its parts."""
    said = Timer(DELAY, lambda: tqdm.write(f"{name} …", file=sys.stderr))
    said.daemon = True
    said.start()
    try:
        with progress_bar(delay=DELAY):
            yield
    finally:
        said.cancel()


def positive(text: str) -> int:
    """A whole number from 1 on, for argparse."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


positive.__name__ = "whole number from 1 on"  # what argparse calls it in errors


def folder_for(path: str) -> Path:
    """A folder to write into, made if it is not there.

    Raises
    ------
    ValueError
        If the name is that of a file, of a prediction store, or of a folder that holds anything but earlier results.
    PermissionError
        If it cannot be written into.
    """
    folder = Path(path)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; name a folder for the results")
    if (folder / "zarr.json").exists():
        raise ValueError(f"{folder} is a prediction store; name another folder for the results")
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) and not any((folder / mark).is_file() for mark in MARKS):
        raise ValueError(f"{folder} holds other files, which are left as they are; name a new folder for the results")
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} cannot be written into; name another folder for the results")
    return folder


def table_for(path: str, inputs: Sequence[str | None]) -> Path:
    """A table to write.

    Raises
    ------
    ValueError
        If it is a folder, not called .csv, or one of the files that are read.
    """
    table = Path(path)
    if table.is_dir():
        raise ValueError(f"{table} is a folder; name a table to write, such as placed.csv")
    if table.suffix != ".csv":
        raise ValueError(f"{table}: a table is written as .csv; name one, such as placed.csv")
    if any(one is not None and table.resolve() == Path(one).resolve() for one in inputs):
        raise ValueError(f"{table} is read, and would be written over; name another table")
    return table


def write_table(path: Path, columns: Mapping[str, Sequence | np.ndarray]) -> None:
    """Write columns as CSV."""
    with atomic(path) as partial, open(partial, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*(np.asarray(values).tolist() for values in columns.values()), strict=True))


def print_table(columns: Mapping[str, Sequence[str]]) -> None:
    """Print columns of text under each other."""
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(columns))]
    for row in rows:
        print("  ".join(str(entry).ljust(width) for entry, width in zip(row, widths, strict=True)).rstrip())


def bytes_in_words(number: float) -> str:
    """A number of bytes with a unit that a person reads.

    Examples
    --------
    >>> bytes_in_words(3.2e9)
    '3.2 GB'
    """
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} TB"
