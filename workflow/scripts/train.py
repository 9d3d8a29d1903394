"""Train all seeds of one configuration and write their prediction store."""

import argparse
import sys
from pathlib import Path

from paper.data.datasets import DataError, PreparedData
from paper.study.configuration import TrainingJob
from paper.training.training import train

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--job", type=TrainingJob.model_validate_json, required=True, help="training job, as JSON")
parser.add_argument("--data", type=Path, required=True)
parser.add_argument("--output", type=Path, required=True)
arguments = parser.parse_args()
try:
    data = PreparedData.load(arguments.data)
except DataError as error:
    sys.exit(f"error: {error}")
train(arguments.job, data, arguments.output, progress_bar=True)
