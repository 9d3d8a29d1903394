"""Train all runs of one configuration on synthetic data and write their prediction store."""

from pathlib import Path

from paper.command import run
from paper.data.datasets import DataError, PreparedData
from paper.rooms.sloppy_synthetic.batched import train_synthetic
from paper.rooms.sloppy_synthetic.configuration import SyntheticJob


def train_runs(job: SyntheticJob, data: Path, output: Path) -> None:
    """Train all runs of one configuration on synthetic data and write their prediction store."""
    train_synthetic(job, PreparedData.load(data), output, progress_bar=True)


if __name__ == "__main__":
    run(train_runs, errors=(DataError,))
