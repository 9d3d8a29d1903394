"""Fit all seeds of one job to their corner, train them on the truth and write their prediction store."""

from pathlib import Path

from paper.command import run
from paper.data.datasets import DataError, PreparedData
from paper.rooms.corner_initialization.configuration import CornerJob
from paper.rooms.corner_initialization.training import train_from_corner
from paper.training.runs import DeviceError


def train_corner(job: CornerJob, data: Path, output: Path) -> None:
    """Fit all seeds of one job to their corner, train them on the truth and write their prediction store."""
    missed = train_from_corner(job, PreparedData.load(data), output, progress_bar=True)
    print("\n".join(missed) or f"{job.id}: all runs reached their start")


if __name__ == "__main__":
    run(train_corner, errors=(DataError, DeviceError))
