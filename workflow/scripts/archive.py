"""Pack what training made of a study into one file."""

from pathlib import Path
from typing import Annotated

from inpca.files import sha256
from paper.archive.contents import write_archive
from paper.command import run


def pack(
    study: str,
    text: Annotated[str, "configuration of the study, as YAML"],
    folder: Annotated[Path, "results of the study"],
    trained: Annotated[list[Path], "prediction stores, and other files that training made"],
    made: Annotated[list[Path], "files that the notebooks gave"],
    output: Path,
) -> None:
    """Pack what training made of a study into one file."""
    manifest = write_archive(output, study=study, text=text, folder=folder, trained=trained, made=made)
    print(f"{len(manifest['files'])} files, {output.stat().st_size / 1e6:.1f} MB, SHA-256 {sha256(output)}")


if __name__ == "__main__":
    run(pack)
