"""Write the model table of an experiment, whose stores are verified first."""

from pathlib import Path

from inpca.predictions.store import PredictionStoreError
from paper.command import run
from paper.models import model_table, open_stores
from paper.saving import save_table


def write_model_table(stores: list[Path], geodesic_points: int, output: Path) -> None:
    """Write the model table of an experiment, whose stores are verified first."""
    table = model_table(open_stores(stores, verify=True), geodesic_points)
    save_table(table, output)
    print(f"{len(table)} models of {table['run'].nunique()} runs")


if __name__ == "__main__":
    run(write_model_table, errors=(PredictionStoreError,))
