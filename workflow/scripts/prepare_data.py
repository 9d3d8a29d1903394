"""Prepare a study's data set: find or fetch it, check it, cut it to size."""

import argparse
import json
import sys
from pathlib import Path

from paper.data.datasets import DataError
from paper.data.preparation import prepare

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--dataset", type=json.loads, required=True, help="dataset section of the study, as JSON")
parser.add_argument("--folder", type=Path, required=True, help="the project's data folder")
parser.add_argument("--output", type=Path, required=True)
arguments = parser.parse_args()
try:
    data = prepare(folder=arguments.folder, **arguments.dataset)
except DataError as error:
    sys.exit(f"error: {error}")
data.save(arguments.output)
print(f"{len(data.train_labels)} train and {len(data.test_labels)} test samples, fingerprint {data.fingerprint}")
