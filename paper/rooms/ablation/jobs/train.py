"""Train networks that differ in their components, one after the other: each costs less than the start of a job."""

from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.data.datasets import DataError, PreparedData
from paper.study.configuration import TrainingJob
from paper.training.runs import DeviceError, train


def train_networks(
    jobs: Annotated[list, "training jobs"], data: Path, outputs: Annotated[list[Path], "a prediction store for each"]
) -> None:
    """Train all runs of some networks and write the prediction store of each."""
    prepared = PreparedData.load(data)
    for job, output in zip(jobs, outputs, strict=True):
        train(TrainingJob.model_validate(job), prepared, output)
        print(output.name, flush=True)


if __name__ == "__main__":
    run(train_networks, errors=(DataError, DeviceError))
