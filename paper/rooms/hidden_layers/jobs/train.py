"""Train all seeds of one job and write the predictions of their outputs and of probes of their layers."""

from pathlib import Path

from inpca.recording.diverged import Diverged
from paper.command import run
from paper.data.datasets import DataError, PreparedData
from paper.rooms.hidden_layers.configuration import LayersJob
from paper.rooms.hidden_layers.training import train_with_layers
from paper.training.runs import DeviceError


def train(job: LayersJob, data: Path, output: Path) -> None:
    """Train all seeds of one job and write the predictions of their outputs and of probes of their layers."""
    train_with_layers(job, PreparedData.load(data), output, progress_bar=True)


if __name__ == "__main__":
    run(train, errors=(DataError, DeviceError, Diverged))
