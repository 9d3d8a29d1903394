"""Write what class-preserving nulls of an experiment give under several distances."""

import json
from pathlib import Path
from typing import Annotated

from paper.command import run
from paper.models import open_stores
from paper.rooms.distances.nulls import metric_nulls
from paper.samples import some_checkpoints
from paper.saving import load_table, save_dataset
from paper.stored import stored_runs


def write_nulls(
    stores: list[Path],
    models: Annotated[Path, "model table"],
    split: str,
    metrics: Annotated[str, "names, as JSON"],
    n_models: int,
    nulls: Annotated[dict, "how many draws, and their seed as rng"],
    excess_margin: Annotated[float, "excess that counts, set beforehand; kept as attribute"],
    output: Path,
) -> None:
    """Write what class-preserving nulls of an experiment give under several distances."""
    table, opened = load_table(models), open_stores(stores)
    stored, labels = stored_runs(table, opened, split), opened[0].labels(split)
    kept, every = some_checkpoints([len(one) for one in stored], n_models)
    given, groups = [stored[one][::every] for one in kept], [stored[one].configuration for one in kept]
    found = metric_nulls(given, labels, json.loads(metrics), groups=groups, n_jobs=1, **nulls)
    save_dataset(found.assign_attrs(excess_margin=excess_margin), output)
    print(f"{sum(map(len, given))} models, {found.sizes['metric']} distances")


if __name__ == "__main__":
    run(write_nulls)
