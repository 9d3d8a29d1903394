"""Write what is known of corner runs, their distances to normal trajectories, and those of geodesics to corners."""

from pathlib import Path

import numpy as np
import xarray as xr

from inpca.distances import pairwise_distances
from inpca.predictions import SPLITS
from paper.command import run
from paper.models import open_stores, stack_log_probs
from paper.rooms.corner_initialization.geometry import (
    corner_runs,
    distances_to_normal_trajectories,
    geodesics_to_corners,
)
from paper.saving import save_dataset, save_table


def measure_corners(stores: list[Path], geodesic_points: int, runs: Path, paths: Path) -> None:
    """Write what is known of corner runs, their distances to normal trajectories, and those of geodesics to corners."""
    opened = open_stores(stores)
    measured = xr.Dataset()
    for split in SPLITS:
        names, curves = geodesics_to_corners(opened, split)
        models = np.exp(stack_log_probs(opened, split, geodesic_points))
        D = pairwise_distances(curves.reshape(-1, *curves.shape[2:]), models, n_jobs=1)
        measured[f"{split}_curve_distance"] = (
            ("curve", "point", "model"),
            D.reshape(*curves.shape[:2], -1).astype(np.float32),
        )
        measured[f"{split}_trajectory_distance"] = ("run_model", distances_to_normal_trajectories(opened, split))
    table = corner_runs(opened)
    save_table(table, runs)
    save_dataset(measured.assign_coords(curve=names), paths)
    missed = table.loc[(table["start"] != "normal") & ~table["in_corner"], "run"]
    print(f"{len(names)} geodesics to corners; not in their corner: {', '.join(missed) or 'none'}")


if __name__ == "__main__":
    run(measure_corners)
