"""Write the tangent axes of an experiment on one split, beside its ordinary axes."""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

from inpca.files import atomic
from paper.models import open_stores, stack_log_probs
from paper.rooms.tangent_embeddings.analysis import tangent_embeddings

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--stores", type=Path, nargs="+", required=True)
parser.add_argument("--models", type=Path, required=True)
parser.add_argument("--distances", type=Path, required=True)
parser.add_argument("--split", required=True)
parser.add_argument("--settings", type=json.loads, required=True, help="JSON object")
parser.add_argument("--output", type=Path, required=True)
arguments = parser.parse_args()
table = pd.read_parquet(arguments.models)
D = np.load(arguments.distances, allow_pickle=False)
stores = open_stores(arguments.stores)
models = stack_log_probs(stores, arguments.split, int((table["kind"] == "geodesic").sum()))
labels = stores[0].labels(arguments.split)
dataset = tangent_embeddings(table, D, models, labels, arguments.split, **arguments.settings)
with atomic(arguments.output) as partial:
    dataset.to_netcdf(partial, engine="scipy")
explained = dataset["tangent_explained_distance"].sel(group="all", axis=3).item()
print(f"{dataset.sizes['group']} groups, distance explained by the tangent axes of all models {explained:.4f}")
