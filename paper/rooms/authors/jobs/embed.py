"""Embed the authors' models on one split from their distances, which are read once."""

from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.data.datasets import DataError
from paper.rooms.authors import analysis
from paper.rooms.authors.experiment import Authors
from paper.rooms.authors.gathering import gather
from paper.rooms.authors.published import open_distances, read_embedding
from paper.saving import load_record, load_table, save_dataset


def embed(
    section: Authors,
    files: Annotated[Path, "record of the files"],
    models: Annotated[Path, "table of models"],
    split: str,
    n_components: int,
    output: Path,
) -> None:
    """Embed the authors' models on one split from their distances, which are read once."""
    record, table = load_record(files), load_table(models)
    of_split = section.train if split == "train" else section.test
    for name in filter(None, (of_split.distances, of_split.embedding)):
        path = Path(record["folder"]) / name
        if not path.is_file() or path.stat().st_size != record["files"][name]["bytes"]:
            raise DataError(f"{path} is no longer what {files} says; delete {files} and run again")
    folder, m = Path(record["folder"]), len(table)
    published = read_embedding(folder / of_split.embedding, m) if of_split.embedding else None
    chosen = analysis.choose(table, section.n_landmarks, section.seed)
    path = folder / of_split.distances
    with open_distances(path, m) as D:
        gathered = gather(D, chosen.landmarks, chosen.alone, name=str(path))
    dataset = analysis.embed(table, gathered, chosen, published, n_components, section.seed)
    save_dataset(dataset, output)
    print(f"{m} models, stress explained by three axes {dataset['explained_stress'].sel(axis=3).item():.4f}")


if __name__ == "__main__":
    run(embed, errors=(DataError,))
