"""Write what is known of corner runs, their distances to normal trajectories, and those of geodesics to corners."""

from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.models import open_stores
from paper.rooms.corner_initialization.geometry import corner_runs, measure_paths
from paper.saving import load_table, save_dataset, save_table


def measure_corners(stores: list[Path], models: Annotated[Path, "model table"], runs: Path, paths: Path) -> None:
    """Write what is known of corner runs, their distances to normal trajectories, and those of geodesics to corners."""
    opened = open_stores(stores)
    measured = measure_paths(load_table(models), opened)
    table = corner_runs(opened)
    save_table(table, runs)
    save_dataset(measured, paths)
    missed = table.loc[(table["start"] != "normal") & ~table["in_corner"], "run"]
    print(f"{measured.sizes['curve']} geodesics to corners; not in their corner: {', '.join(missed) or 'none'}")


if __name__ == "__main__":
    run(measure_corners)
