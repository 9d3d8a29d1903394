"""Write how many dimensions the models of an experiment fill on one split, beside nulls."""

from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.dimension import measure_dimension
from paper.models import open_stores
from paper.saving import load_table, save_dataset


def write_dimension(
    stores: list[Path],
    models: Annotated[Path, "model table"],
    split: str,
    largest: Annotated[int, "models to take"],
    nulls: Annotated[dict, "how many draws, and their seed as rng"],
    margins: Annotated[dict, "what counts, set beforehand; kept as attributes"],
    threads: int,
    output: Path,
) -> None:
    """Write how many dimensions the models of an experiment fill on one split, beside nulls."""
    table = load_table(models)
    found = measure_dimension(table, open_stores(stores), split, largest=largest, n_jobs=threads, **nulls)
    save_dataset(found.assign_attrs(margins), output)
    real, null = (float(found["participation"].sel(kind=kind)) for kind in ("between", "between null"))
    print(f"{found.attrs['n_models']} models, participation ratio between runs {real:.4g}, of their null {null:.4g}")


if __name__ == "__main__":
    run(write_dimension)
