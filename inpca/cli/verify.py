"""Verify that predictions are whole: every chunk of stores by its checksum, every model of arrays by its numbers.

A chunk that is missing is told from one that was changed, and from one that holds zeros; each is named with its split,
seed and step. Of .npy and .npz files, models that are none are named; probabilities that are all 0 were never written.
Exit code 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from inpca.cli.common import add_predictions
from inpca.predictions.damages import damages, unwritten

EXAMPLE = "inpca verify run.zarr"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_predictions(parser)


def do(given: argparse.Namespace) -> int:
    """Print what is wrong with each file, and say whether anything is."""
    wrong = 0
    for path in map(Path, given.predictions):
        if not path.exists():
            raise FileNotFoundError(f"there is no {path}")
        found = damages(path) if path.is_dir() else unwritten(path, kind=given.kind)
        wrong += bool(found)
        print(f"{path}: {'whole' if not found else f'{len(found)} damaged'}")
        for one in found:
            print(f"  {one}")
    return int(wrong > 0)
