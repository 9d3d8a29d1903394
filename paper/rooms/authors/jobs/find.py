"""Find the authors' files, or fetch them, or make them up; record what they are, and write the table of models."""

from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.data.datasets import DataError
from paper.rooms.authors.experiment import Authors
from paper.rooms.authors.fetching import find_files
from paper.rooms.authors.made_up import write_made_up
from paper.rooms.authors.published import read_models
from paper.saving import save_record, save_table


def find(
    section: Authors,
    folder: Annotated[Path, "where the files are or shall be"],
    output: Annotated[Path, "record of the files"],
    models: Annotated[Path, "table of models"],
) -> None:
    """Find the authors' files, or fetch them, or make them up; record what they are, and write the table of models."""
    names = section.names()
    if section.made_up:
        write_made_up(folder, section.made_up.runs, section.made_up.checkpoints, section.seed, names)
    found = find_files(
        folder,
        list(names.values()),
        source=section.source,
        checksums=section.sha256,
        unverified=section.unverified,
    )
    save_table(read_models(folder / section.models), models)
    record = {"folder": str(folder), "made_up": section.made_up is not None, "files": found}
    save_record(record, output)


if __name__ == "__main__":
    run(find, errors=(DataError,))
