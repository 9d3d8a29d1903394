"""Write the model table of an experiment, whose stores are verified first."""

from pathlib import Path

from paper.command import run
from paper.diverged import diverged_runs, with_diverged
from paper.models import model_table, open_stores
from paper.saving import save_table


def write_model_table(stores: list[Path], geodesic_points: int, threads: int, output: Path) -> None:
    """Write the model table of an experiment, whose stores are verified first."""
    table = model_table(open_stores(stores, verify=True), geodesic_points, n_jobs=threads)
    diverged = diverged_runs(stores)
    save_table(with_diverged(table, diverged), output)
    print(f"{len(table)} models of {table['run'].nunique()} runs; {len(diverged)} runs diverged")


if __name__ == "__main__":
    run(write_model_table)
