"""Measure the dimension of training over a grid of decays of the input variances and numbers of corners."""

import argparse
import json
import sys
from pathlib import Path

from inpca.files import atomic
from paper.data.datasets import DataError
from paper.rooms.sloppy_synthetic.configuration import SyntheticData, SyntheticJob
from paper.rooms.sloppy_synthetic.data import synthetic_data
from paper.rooms.sloppy_synthetic.sweep import sweep

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--datasets", type=json.loads, required=True, help="list of data sets, as JSON")
parser.add_argument("--job", type=SyntheticJob.model_validate_json, required=True, help="training job, as JSON")
parser.add_argument("--corners", type=json.loads, required=True, help="run seeds by number of corners, as JSON")
parser.add_argument("--output", type=Path, required=True)
arguments = parser.parse_args()
datasets = [SyntheticData.model_validate(described) for described in arguments.datasets]
corners = {int(number): seeds for number, seeds in arguments.corners.items()}
try:
    for described in datasets:  # what one cannot have is said before the first is trained on
        synthetic_data(described)
    result = sweep(datasets, arguments.job, corners, progress_bar=True)
except DataError as error:
    sys.exit(f"error: {error}")
with atomic(arguments.output) as partial:
    result.to_netcdf(partial, engine="scipy")
