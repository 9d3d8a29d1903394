"""Sample an Ising model at every temperature and field of a study."""

from pathlib import Path

from paper.command import run
from paper.rooms.ising.experiment import Ising
from paper.rooms.ising.sampling import sampled
from paper.saving import save_dataset


def sample(section: Ising, side: int, output: Path) -> None:
    """Sample an Ising model at every temperature and field of a study."""
    found = sampled(side, section.temperatures, section.fields, section.sweeps, section.seed)
    save_dataset(found, output)


if __name__ == "__main__":
    run(sample)
