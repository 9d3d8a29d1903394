"""Write the distances between all models of an experiment on one split, or to landmarks, and which models these are."""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd

from inpca.distances import pairwise_distances
from inpca.embedding.saved import describe_models
from inpca.files import atomic
from paper.command import run
from paper.distances import described_landmarks, save_distances
from paper.landmarks import choose_landmarks
from paper.models import open_stores
from paper.samples import whole_runs
from paper.saving import load_table, save_dataset
from paper.stored import StoredModels
from paper.study import files


def measure_distances(
    stores: list[Path],
    models: Annotated[Path, "model table"],
    split: str,
    metric: str,
    part: Annotated[dict, "of: all, landmarks or sample; models: how many of the last two"],
    sample_step: Annotated[int, "distances are means over every so-manieth sample"],
    threads: int,
    output: Path,
) -> None:
    """Write the distances of models of an experiment on one split, and their labels and fingerprints."""
    table = load_table(models)
    if part["of"] == "sample":
        table = whole_runs(table, part["models"])
    log_probs = StoredModels(table, open_stores(stores), split, sample_step=sample_step)
    labels = table["model"].to_numpy()
    if part["of"] == "landmarks":
        return to_landmarks(table, log_probs, part["models"], output, metric=metric, n_jobs=threads)
    log_probs = log_probs.fitting()
    distances = pairwise_distances(log_probs, metric=metric, log=True, n_jobs=threads)
    described = describe_models(log_probs, labels=labels, metric=metric, log=True)
    described.attrs["sample_step"] = sample_step
    save_distances(distances, described, output)
    print(f"{len(distances)} models, {log_probs.shape[1]} samples, largest distance {distances.max():.6g}")


def to_landmarks(table: pd.DataFrame, log_probs: StoredModels, n: int, output: Path, *, metric: str, n_jobs: int):
    """Write the distances of all models to landmarks, into the file as they are computed."""
    landmarks, weight = choose_landmarks(table, n)
    chosen, labels = log_probs[landmarks], table["model"].to_numpy()
    described = describe_models(chosen, labels=labels[landmarks], metric=metric, log=True)
    described.attrs["sample_step"] = log_probs.sample_step
    with atomic(output) as partial:
        D = np.lib.format.open_memmap(partial, "w+", np.float32, (len(table), len(landmarks)))
        pairwise_distances(log_probs, chosen, metric=metric, log=True, n_jobs=n_jobs, out=D)
        D[landmarks, np.arange(len(landmarks))] = 0
        D.flush()
    save_dataset(described_landmarks(described, labels, weight), files.described(output))
    print(
        f"{len(table)} models to {len(landmarks)} landmarks, {chosen.shape[1]} samples, largest distance {D.max():.6g}"
    )


if __name__ == "__main__":
    run(measure_distances)
