"""Write the matrix of distances between all models of an experiment on one split, by one metric."""

import argparse
from pathlib import Path

import numpy as np

from inpca.distances import pairwise_distances
from inpca.files import atomic
from inpca.models import open_stores, stack_log_probs

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--stores", type=Path, nargs="+", required=True)
parser.add_argument("--split", required=True)
parser.add_argument("--metric", required=True)
parser.add_argument("--geodesic-points", type=int, required=True)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--output", type=Path, required=True)
arguments = parser.parse_args()
models = stack_log_probs(open_stores(arguments.stores), arguments.split, arguments.geodesic_points)
distances = pairwise_distances(models, metric=arguments.metric, log=True, n_jobs=arguments.threads)
with atomic(arguments.output) as partial:
    np.save(partial, distances.astype(np.float32), allow_pickle=False)
print(f"{len(distances)} models, largest distance {distances.max():.6g}")
