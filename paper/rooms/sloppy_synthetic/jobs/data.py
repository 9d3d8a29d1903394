"""Write the synthetic data set of one spectrum."""

from pathlib import Path

from paper.command import run
from paper.data.datasets import DataError
from paper.rooms.sloppy_synthetic.configuration import SyntheticData
from paper.rooms.sloppy_synthetic.data import synthetic_data


def write_data(data: SyntheticData, output: Path) -> None:
    """Write the synthetic data set of one spectrum."""
    prepared = synthetic_data(data)
    prepared.save(output)
    print(prepared.summary())


if __name__ == "__main__":
    run(write_data, errors=(DataError,))
