"""Train all seeds of one learner and write their prediction store."""

from pathlib import Path

from paper.command import run
from paper.data.datasets import DataError, PreparedData
from paper.rooms.own_runs.configuration import LearnerJob
from paper.rooms.own_runs.training import train_learner


def train(job: LearnerJob, data: Path, output: Path) -> None:
    """Train all seeds of one learner and write their prediction store."""
    train_learner(job, PreparedData.load(data), output)


if __name__ == "__main__":
    run(train, errors=(DataError,))
