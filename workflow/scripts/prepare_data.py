"""Prepare a study's data set: find or fetch it, check it, cut it to size."""

from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.data.datasets import DataError
from paper.data.image_folder import list_images
from paper.data.preparation import prepare


def prepare_data(
    dataset: dict, folder: Annotated[Path, "where data are looked for and fetched to"], output: Path
) -> None:
    """Prepare the data set that a study's section describes: find or fetch it, check it, cut it to size."""
    if dataset["name"] == "imagenet":
        prepared = list_images(**{key: value for key, value in dataset.items() if key != "name"})
    else:
        prepared = prepare(folder=folder, **dataset)
    prepared.save(output)
    print(prepared.summary())


if __name__ == "__main__":
    run(prepare_data, errors=(DataError,))
