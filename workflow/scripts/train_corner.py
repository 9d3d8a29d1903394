"""Fit all seeds of one job to their corner, train them on the truth and write their prediction store."""

import argparse
import sys
from pathlib import Path

from paper.data.datasets import DataError, PreparedData
from paper.rooms.corner_initialization.configuration import CornerJob
from paper.rooms.corner_initialization.training import train_from_corner

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--job", type=CornerJob.model_validate_json, required=True, help="corner job, as JSON")
parser.add_argument("--data", type=Path, required=True)
parser.add_argument("--output", type=Path, required=True)
arguments = parser.parse_args()
try:
    data = PreparedData.load(arguments.data)
except DataError as error:
    sys.exit(f"error: {error}")
missed = train_from_corner(arguments.job, data, arguments.output, progress_bar=True)
print("\n".join(missed) or f"{arguments.job.id}: all runs reached their start")
