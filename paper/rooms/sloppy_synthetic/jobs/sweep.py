"""Measure the dimension of training over a grid of decays of the input variances and numbers of corners."""

from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.data.datasets import DataError
from paper.rooms.sloppy_synthetic.configuration import SyntheticData, SyntheticJob
from paper.rooms.sloppy_synthetic.data import synthetic_data
from paper.rooms.sloppy_synthetic.sweep import sweep
from paper.saving import save_dataset


def sweep_decays(
    datasets: Annotated[list, "descriptions of the data sets"],
    job: SyntheticJob,
    corners: Annotated[dict, "run seeds by number of corners"],
    draws: Annotated[int, "nulls"],
    null_seed: int,
    output: Path,
) -> None:
    """Measure the dimension of training over a grid of decays of the input variances and numbers of corners."""
    described = [SyntheticData.model_validate(one) for one in datasets]
    for one in described:  # what one cannot have is said before the first is trained on
        synthetic_data(one)
    cases = {int(number): seeds for number, seeds in corners.items()}
    save_dataset(sweep(described, job, cases, draws=draws, null_seed=null_seed, progress_bar=True), output)


if __name__ == "__main__":
    run(sweep_decays, errors=(DataError,))
