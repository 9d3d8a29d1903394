"""Write the matrix of distances between all models of an experiment on one split, and which models these are."""

import argparse
from pathlib import Path

import numpy as np

from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.saved import describe_models
from inpca.files import atomic
from paper.models import model_labels, open_stores, stack_log_probs

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--stores", type=Path, nargs="+", required=True)
parser.add_argument("--split", required=True)
parser.add_argument("--metric", required=True)
parser.add_argument("--geodesic-points", type=int, required=True)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--output", type=Path, required=True)
parser.add_argument("--models", type=Path, required=True, help="file for their labels and fingerprints")
arguments = parser.parse_args()
stores = open_stores(arguments.stores)
models = stack_log_probs(stores, arguments.split, arguments.geodesic_points)
distances = pairwise_distances(models, metric=arguments.metric, log=True, n_jobs=arguments.threads)
with atomic(arguments.output) as partial:
    np.save(partial, distances.astype(np.float32), allow_pickle=False)
labels = model_labels(stores, arguments.geodesic_points)
with atomic(arguments.models) as partial:
    describe_models(models, labels=labels, metric=arguments.metric, log=True).to_netcdf(partial, engine="scipy")
print(f"{len(distances)} models, largest distance {distances.max():.6g}")
