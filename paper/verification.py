"""Whether the prediction stores of a study are still what was written::

    python -m paper.verification results/fashion/predictions

Each is verified as it is finished, and again by the first reader of its experiment, on which the others wait (see
:func:`paper.models.open_stores`); a file that is damaged later on is noticed by this alone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from inpca.files import DamagedFile
from inpca.predictions.store import PredictionStore, PredictionStoreError


class DamagedStore(PredictionStoreError, DamagedFile):
    """A store of a study that is unfinished or damaged; the message names it and says what to do."""

    def __init__(self, error: PredictionStoreError):
        RuntimeError.__init__(self, f"{error}; delete that store and run again")


def open_store(path: str | Path, *, verify: bool = False) -> PredictionStore:
    """A prediction store of a study, which can be made again: the door through which all of the paper opens one.

    Parameters
    ----------
    path : path
    verify : bool
        Compare every file with its checksum, not only see that it is there.

    Raises
    ------
    DamagedStore
        If it is unfinished or damaged.

    Examples
    --------
    >>> from inpca.predictions.examples import example_store
    >>> open_store(example_store().path, verify=True).n_models
    4
    """
    try:
        return PredictionStore(path, verify=verify)
    except PredictionStoreError as error:
        raise DamagedStore(error) from None


def verify_stores(folder: str | Path) -> dict[Path, str | None]:
    """What is wrong with each prediction store, ``<name>.zarr``, below a folder; None if all of its files are right.

    Unfinished stores, whose names begin with a dot, are left out.

    Raises
    ------
    FileNotFoundError
        If there is no store.
    """
    paths = sorted(path for path in Path(folder).rglob("*.zarr") if not path.name.startswith("."))
    if not paths:
        raise FileNotFoundError(
            f"{folder} holds no prediction store; give a folder such as results/fashion/predictions"
        )
    return {path: problem(path) for path in paths}


def problem(path: Path) -> str | None:
    """Why a prediction store cannot be trusted, or None."""
    try:
        open_store(path, verify=True)
    except DamagedStore as error:
        return str(error)
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    try:
        found = verify_stores(parser.parse_args().folder)
    except FileNotFoundError as error:
        sys.exit(f"error: {error}")
    damaged = [problem for problem in found.values() if problem]
    if damaged:
        sys.exit("\n".join(damaged))
    print(f"{len(found)} stores are what was written")


if __name__ == "__main__":
    main()
