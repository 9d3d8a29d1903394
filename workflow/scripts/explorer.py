"""Write the page in which a reader looks around in the embeddings of a study."""

from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.figures.explorer import explore
from paper.saving import load_dataset, load_table


def write_page(
    embeddings: list[Path],
    models: Annotated[Path, "model table"],
    study: str,
    notice: Annotated[str, "what all pages of the study say first, if anything"],
    output: Path,
) -> None:
    """Write the page in which a reader looks around in the embeddings of a study."""
    table = load_table(models)
    title = f"Explorer of the study {study}" + (f". {notice}" if notice else "")
    explore(output, table, {path.stem: load_dataset(path) for path in embeddings}, title)
    print(f"{len(table)} models, {output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    run(write_page)
