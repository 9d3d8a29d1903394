"""Write the matrix of distances between all models of an experiment from its tiles, and which models these are."""

from pathlib import Path
from typing import Annotated

from inpca.embedding.saved import describe_models
from paper.command import run
from paper.models import open_stores
from paper.saving import load_table, save_dataset
from paper.stored import StoredModels
from paper.study import files
from paper.tiles import gather, tile_pairs


def gather_tiles(
    tiles: Annotated[list[Path], "in the order of their parts"],
    stores: list[Path],
    models: Annotated[Path, "model table"],
    split: str,
    metric: str,
    parts: int,
    sample_step: Annotated[int, "distances are means over every so-manieth sample"],
    output: Path,
) -> None:
    """Write the matrix of distances between all models of an experiment from its tiles."""
    table = load_table(models)
    gather(dict(zip(tile_pairs(parts), tiles, strict=True)), len(table), parts, output)
    log_probs = StoredModels(table, open_stores(stores), split, sample_step=sample_step)
    described = describe_models(log_probs, labels=table["model"].to_numpy(), metric=metric, log=True)
    described.attrs["sample_step"] = sample_step
    save_dataset(described, files.described(output))
    print(f"{len(table)} models from {len(tiles)} tiles")


if __name__ == "__main__":
    run(gather_tiles)
