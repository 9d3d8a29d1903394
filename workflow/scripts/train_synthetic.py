"""Train all runs of one configuration on synthetic data and write their prediction store."""

import argparse
import sys
from pathlib import Path

from paper.data.datasets import DataError, PreparedData
from paper.rooms.sloppy_synthetic.batched import train_synthetic
from paper.rooms.sloppy_synthetic.configuration import SyntheticJob

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--job", type=SyntheticJob.model_validate_json, required=True, help="training job, as JSON")
parser.add_argument("--data", type=Path, required=True)
parser.add_argument("--output", type=Path, required=True)
arguments = parser.parse_args()
try:
    data = PreparedData.load(arguments.data)
except DataError as error:
    sys.exit(f"error: {error}")
train_synthetic(arguments.job, data, arguments.output, progress_bar=True)
