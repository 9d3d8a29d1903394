"""Write the scores of the averages of each configuration's runs at the last checkpoint."""

from pathlib import Path

from paper.command import run
from paper.models import open_stores
from paper.rooms.ensembles.analysis import final_averages
from paper.saving import save_table


def write_final_averages(stores: list[Path], split: str, output: Path) -> None:
    """Write the scores of the averages of each configuration's runs at the last checkpoint."""
    table = final_averages(open_stores(stores), split)
    save_table(table, output)
    print(f"{table['configuration'].nunique()} configurations")


if __name__ == "__main__":
    run(write_final_averages)
