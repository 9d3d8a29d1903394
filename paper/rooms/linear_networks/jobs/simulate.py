"""Train linear models with Gaussian outputs, and compare the spectrum of their outputs with theory."""

from pathlib import Path

from paper.command import run
from paper.rooms.linear_networks.experiment import Theory
from paper.rooms.linear_networks.theory import simulated
from paper.saving import save_dataset


def simulate(theory: Theory, output: Path) -> None:
    """Train linear models with Gaussian outputs, and compare the spectrum of their outputs with theory."""
    save_dataset(simulated(theory), output)


if __name__ == "__main__":
    run(simulate)
