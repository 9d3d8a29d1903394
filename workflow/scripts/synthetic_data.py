"""Write the synthetic data set of one spectrum."""

import argparse
import sys
from pathlib import Path

from paper.data.datasets import DataError
from paper.rooms.sloppy_synthetic.configuration import SyntheticData
from paper.rooms.sloppy_synthetic.data import synthetic_data

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--data", type=SyntheticData.model_validate_json, required=True, help="the data set, as JSON")
parser.add_argument("--output", type=Path, required=True)
arguments = parser.parse_args()
try:
    data = synthetic_data(arguments.data)
except DataError as error:
    sys.exit(f"error: {error}")
data.save(arguments.output)
print(f"{len(data.train_labels)} train and {len(data.test_labels)} test samples, fingerprint {data.fingerprint}")
