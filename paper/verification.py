"""Whether the prediction stores of a study are still what was written::

    python -m paper.verification results/fashion/predictions

Each is verified as it is finished, and again by the first reader of its experiment, on which the others wait (see
:func:`paper.models.open_stores`); a file that is damaged later on is noticed by this alone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from inpca.predictions.store import PredictionStore, PredictionStoreError


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
        PredictionStore(path, verify=True)
    except PredictionStoreError as error:
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
        sys.exit("\n".join(f"{problem}; delete that store and run again" for problem in damaged))
    print(f"{len(found)} stores are what was written")


if __name__ == "__main__":
    main()
