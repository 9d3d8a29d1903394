"""Measure how far layers of a network are from the paths of its outputs, and map all of them."""

from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.models import open_stores
from paper.rooms.hidden_layers.configuration import PROBES
from paper.rooms.hidden_layers.paths import map_of, measure_paths
from paper.saving import save_dataset


def measure(
    stores: Annotated[list[Path], "of one network"],
    null_seed: int,
    paths: Path,
    maps: Annotated[list[Path], "one for each probe"],
) -> None:
    """Measure how far layers of a network are from the paths of its outputs, and map all of them."""
    opened = open_stores(stores, verify=True)
    save_dataset(measure_paths(opened, null_seed=null_seed), paths)
    for probe, path in zip(PROBES, maps, strict=True):
        save_dataset(map_of(opened, probe), path)


if __name__ == "__main__":
    run(measure)
