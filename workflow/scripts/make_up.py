"""Write the prediction store of one configuration whose runs are made up, not trained."""

from pathlib import Path

from paper.command import run
from paper.data.datasets import DataError, PreparedData
from paper.made_up.recording import make_up
from paper.study.made_up import MadeUpJob


def make_up_configuration(job: MadeUpJob, data: Path, output: Path) -> None:
    """Write the prediction store of one configuration whose runs are made up, not trained."""
    make_up(job, PreparedData.load(data), output)


if __name__ == "__main__":
    run(make_up_configuration, errors=(DataError,))
