"""Average the runs of one configuration at each checkpoint, and embed members and averages on one split."""

import argparse
from pathlib import Path

from inpca.files import atomic
from paper.models import open_stores
from paper.rooms.ensembles.analysis import measure_ensemble

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--store", type=Path, required=True)
parser.add_argument("--split", required=True)
parser.add_argument("--geodesic-points", type=int, required=True)
parser.add_argument("--n-components", type=int, required=True)
parser.add_argument("--output", type=Path, required=True)
arguments = parser.parse_args()
(store,) = open_stores([arguments.store])
dataset = measure_ensemble(
    store, arguments.split, geodesic_points=arguments.geodesic_points, n_components=arguments.n_components
)
with atomic(arguments.output) as partial:
    dataset.to_netcdf(partial, engine="scipy")
print(f"{len(store.seeds)} members, {dataset.sizes['model']} models")
