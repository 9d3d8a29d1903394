"""Place networks in axes that were fitted on linear ones, and measure how much of their distances these explain."""

from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.models import open_stores
from paper.rooms.linear_networks.axes import explained_stress_of_networks, places_in_linear_axes
from paper.saving import load_table, save_dataset, save_table


def place(
    linear: Annotated[list[Path], "prediction stores of linear networks"],
    networks: Annotated[list[Path], "those of the main experiment"],
    models: Annotated[Path, "model table of these"],
    most: Annotated[int, "models of half of them that are placed at once"],
    null_seed: int,
    explained: Path,
    places: Path,
) -> None:
    """Place networks in axes that were fitted on linear ones, and measure how much of their distances these explain."""
    stores = {"linear": open_stores(linear, verify=True), "networks": open_stores(networks)}
    open_stores([of_kind[0].path for of_kind in stores.values()])  # both are on the same samples
    table = load_table(models)
    save_dataset(explained_stress_of_networks(stores, table, most, null_seed), explained)
    save_table(places_in_linear_axes(stores, table), places)


if __name__ == "__main__":
    run(place)
