"""Embed the runs on synthetic data of one spectrum, for each number of corners, and measure their dimension."""

from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.rooms.sloppy_synthetic.configuration import Spectrum
from paper.rooms.sloppy_synthetic.geometry import spectrum_geometry
from paper.saving import save_dataset, save_table


def measure_spectrum(
    stores: list[Path],
    corners: Annotated[dict, "run seeds by number of corners"],
    spectrum: Annotated[Spectrum, "of the input variances; saved with the dimensions"],
    settings: Annotated[dict, "of spectrum_geometry"],
    models: Path,
    dimensions: Path,
) -> None:
    """Embed the runs on synthetic data of one spectrum, for each number of corners, and measure their dimension."""
    cases = {int(number): seeds for number, seeds in corners.items()}
    table, measured = spectrum_geometry(stores, cases, **settings)
    save_table(table, models)
    measured.attrs |= spectrum.model_dump(exclude_none=True)
    save_dataset(measured, dimensions)
    print(measured["participation"].to_pandas())


if __name__ == "__main__":
    run(measure_spectrum)
