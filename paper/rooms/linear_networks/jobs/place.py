"""Place networks in axes that were fitted on linear ones, and measure how much of their distances these explain."""

from pathlib import Path
from typing import Annotated

from inpca.predictions.store import PredictionStoreError
from paper.command import run
from paper.models import open_stores
from paper.rooms.linear_networks.axes import explained_stress_of_networks, places_in_linear_axes
from paper.saving import save_dataset, save_table


def place(
    linear: Annotated[list[Path], "prediction stores of linear networks"],
    others: Annotated[list[Path], "those of other networks"],
    null_seed: int,
    explained: Path,
    places: Path,
) -> None:
    """Place networks in axes that were fitted on linear ones, and measure how much of their distances these explain."""
    stores = open_stores([*linear, *others], verify=True)
    by_kind = {"linear": stores[: len(linear)], "others": stores[len(linear) :]}
    save_dataset(explained_stress_of_networks(by_kind, null_seed), explained)
    save_table(places_in_linear_axes(by_kind), places)


if __name__ == "__main__":
    run(place, errors=(PredictionStoreError,))
