"""Write what is known of corner runs, their distances to normal trajectories, and those of geodesics to corners."""

import argparse
from pathlib import Path

import numpy as np
import xarray as xr

from inpca.distances.pairwise import pairwise_distances
from inpca.files import atomic
from inpca.predictions.store import SPLITS
from paper.models import open_stores, stack_log_probs
from paper.rooms.corner_initialization.geometry import (
    corner_runs,
    distances_to_normal_trajectories,
    geodesics_to_corners,
)

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--stores", type=Path, nargs="+", required=True)
parser.add_argument("--geodesic-points", type=int, required=True)
parser.add_argument("--runs", type=Path, required=True)
parser.add_argument("--paths", type=Path, required=True)
arguments = parser.parse_args()
stores = open_stores(arguments.stores)
paths = xr.Dataset()
for split in SPLITS:
    names, curves = geodesics_to_corners(stores, split)
    models = np.exp(stack_log_probs(stores, split, arguments.geodesic_points))
    D = pairwise_distances(curves.reshape(-1, *curves.shape[2:]), models, n_jobs=1)
    paths[f"{split}_curve_distance"] = (
        ("curve", "point", "model"),
        D.reshape(*curves.shape[:2], -1).astype(np.float32),
    )
    paths[f"{split}_trajectory_distance"] = ("run_model", distances_to_normal_trajectories(stores, split))
runs = corner_runs(stores)
with atomic(arguments.runs) as partial:
    runs.to_parquet(partial, index=False)
with atomic(arguments.paths) as partial:
    paths.assign_coords(curve=names).to_netcdf(partial, engine="scipy")
missed = runs.loc[(runs["start"] != "normal") & ~runs["in_corner"], "run"]
print(f"{len(names)} geodesics to corners; not in their corner: {', '.join(missed) or 'none'}")
