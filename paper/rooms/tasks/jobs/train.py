"""Train one network on every task of a study, and write its prediction stores."""

from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.data.datasets import DataError, PreparedData
from paper.rooms.tasks.configuration import TaskJob
from paper.rooms.tasks.training import train_task
from paper.training.runs import DeviceError


def train(
    jobs: Annotated[list, "one for each task"],
    data: Path,
    outputs: Annotated[list[Path], "a prediction store for each, in the same order"],
) -> None:
    """Train one network on every task of a study, and write its prediction stores."""
    prepared = PreparedData.load(data)
    for job, output in zip(jobs, outputs, strict=True):
        train_task(TaskJob.model_validate(job), prepared, output, progress_bar=True)


if __name__ == "__main__":
    run(train, errors=(DataError, DeviceError))
