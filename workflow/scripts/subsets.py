"""Write how much the embedding of some models changes when only some of the samples are used."""

import argparse
from pathlib import Path

import numpy as np

from inpca.files import atomic
from paper.models import open_stores, stack_log_probs
from paper.rooms.distances.subsets import subset_errors

#: Of the choice of models and of samples.
SEED = 0

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--stores", type=Path, nargs="+", required=True)
parser.add_argument("--split", required=True)
parser.add_argument("--geodesic-points", type=int, required=True)
parser.add_argument("--models", type=int, required=True, help="models that are embedded, chosen at random")
parser.add_argument("--halvings", type=int, required=True, help="how often the samples are halved")
parser.add_argument("--draws", type=int, required=True)
parser.add_argument("--output", type=Path, required=True)
arguments = parser.parse_args()
rng = np.random.default_rng(SEED)
models = stack_log_probs(open_stores(arguments.stores), arguments.split, arguments.geodesic_points)
models = models[np.sort(rng.permutation(len(models))[: arguments.models])]
sizes = [models.shape[1] >> halving for halving in range(1, arguments.halvings + 1)]
table = subset_errors(models, sizes, arguments.draws, rng=rng)
with atomic(arguments.output) as partial:
    table.to_parquet(partial, index=False)
print(f"{len(models)} models, {arguments.draws} draws of {', '.join(map(str, sizes))} samples")
