"""Write what there is to know of the trajectories of an experiment on one split."""

import argparse
from pathlib import Path

import pandas as pd

from inpca.files import atomic
from paper.models import open_stores, stored_runs
from paper.trajectories import measure_trajectories

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--stores", type=Path, nargs="+", required=True)
parser.add_argument("--models", type=Path, required=True, help="model table")
parser.add_argument("--split", required=True)
parser.add_argument("--null-seed", type=int, required=True)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--output", type=Path, required=True)
arguments = parser.parse_args()
stores, table = open_stores(arguments.stores), pd.read_parquet(arguments.models)
runs, labels = stored_runs(stores, arguments.split), stores[0].labels(arguments.split)
dataset = measure_trajectories(runs, labels, table, arguments.split, arguments.null_seed, arguments.threads)
with atomic(arguments.output) as partial:
    dataset.to_netcdf(partial, engine="scipy")
print(f"{len(runs)} trajectories, median distance {float(dataset['distance'].median()):.6g} nats a sample")
