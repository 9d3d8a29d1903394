"""Names of the files that the shared stages write, relative to the folder of a study's results."""

from __future__ import annotations

from pathlib import Path

#: What the names of files of a sample of whole runs end with.
SAMPLE = "_sample"


def models(experiment: str) -> str:
    """Model table of an experiment."""
    return f"distances/{experiment}/models.parquet"


def distances(experiment: str, split: str, metric: str | None = None, *, sample: bool = False) -> str:
    """Distances of an experiment; Bhattacharyya's, unless another metric is named; those of a sample of whole runs."""
    return f"distances/{experiment}/{split}{f'_{metric}' if metric else ''}{SAMPLE if sample else ''}.npy"


def described(distances: str | Path) -> str:
    """Which models a matrix of distances is of: the file beside it."""
    return f"{Path(distances).with_suffix('')}_models.nc"


def embedding(experiment: str, view: str, metric: str | None = None, *, sample: bool = False) -> str:
    """Embedding of an experiment on one split, or the joint one of both; that of a sample of whole runs."""
    return f"embeddings/{experiment}/{view}{f'_{metric}' if metric else ''}{SAMPLE if sample else ''}.nc"


def geometry(experiment: str, split: str, *, sample: bool = False) -> dict[str, str]:
    """Model table, distances and embedding of an experiment on one split, by the names of a notebook's parameters."""
    return {
        "models": models(experiment),
        "distances": distances(experiment, split, sample=sample),
        "embedding": embedding(experiment, split, sample=sample),
    }


def dimension(experiment: str, split: str) -> str:
    """Dimension of an experiment on one split, beside nulls."""
    return f"dimension/{experiment}/{split}.nc"


def trajectories(experiment: str) -> dict[str, str]:
    """Model table and trajectories of an experiment on both splits, by the names of a notebook's parameters."""
    return {
        "models": models(experiment),
        "train": f"trajectories/{experiment}/train.nc",
        "test": f"trajectories/{experiment}/test.nc",
    }
