"""Train all seeds of one configuration and write their prediction store."""

from pathlib import Path

from paper.command import run
from paper.data.datasets import DataError
from paper.data.image_folder import load_data
from paper.study.configuration import TrainingJob
from paper.training.runs import DeviceError, train


def train_configuration(job: TrainingJob, data: Path, output: Path) -> None:
    """Train all seeds of one configuration on prepared data and write their prediction store."""
    train(job, load_data(data), output, progress_bar=True)


if __name__ == "__main__":
    run(train_configuration, errors=(DataError, DeviceError))
