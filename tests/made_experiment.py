"""Made-up experiments of any size: runs along the geodesic that deviate from it in a few directions, in stores."""

from pathlib import Path

import numpy as np

from inpca import geodesic, ignorance, truth
from inpca.predictions.store import PredictionStore, PredictionWriter
from inpca.recording.diverged import finish_without
from paper.models import FACTORS

NETWORKS = ("fc", "allcnn", "convmixer")


def made_runs(labels: np.ndarray, n_classes: int, seeds: int, checkpoints: int, rng) -> np.ndarray:
    """Probabilities (seeds, checkpoints, N, C) of runs that get nearly to the truth; each finds other samples hard."""
    ends = ignorance(len(labels), n_classes), truth(labels, n_classes)
    way = geodesic(*ends, np.linspace(0, 0.9, checkpoints))
    hard = np.clip(rng.normal(0.75, 0.12, (seeds, 1, len(labels), 1)), 0.3, 0.98)
    return way * hard + (1 - hard) / n_classes


def made_experiment(
    folder: Path, rng, *, configurations=6, seeds=2, checkpoints=9, samples=40, classes=4
) -> list[Path]:
    """Stores of an experiment, one for each configuration, as training would have written them."""
    labels = {"train": np.arange(samples) % classes, "test": np.arange(samples // 2) % classes}
    paths = []
    for number in range(configurations):
        factors = dict.fromkeys(FACTORS, 1) | {"name": NETWORKS[number % len(NETWORKS)], "batch_size": 10 + number}
        identity = f"{factors['name']}-c{number}"
        writer = PredictionWriter(
            folder / f"{identity}.zarr",
            seeds=list(range(seeds)),
            checkpoints={step: step / 4 for step in range(checkpoints)},
            labels=labels,
            n_classes=classes,
            attributes={"configuration": identity, "data_fingerprint": "made", "job": {"configuration": factors}},
        )
        for split, of_samples in labels.items():
            for seed, run in enumerate(made_runs(of_samples, classes, seeds, checkpoints, rng)):
                for step, model in enumerate(run):
                    writer.write(split, seed, step, np.log(model).astype(np.float32))
        writer.close()
        paths.append(writer.path)
    return paths


def without(path: Path, diverged: dict[int, int]) -> None:
    """Write the store of a path again, without seeds that diverged at some steps."""
    old = PredictionStore(path)
    labels = {split: old.labels(split) for split in old.splits}
    writer = PredictionWriter(
        path,
        seeds=old.seeds,
        checkpoints=dict(zip(old.steps.tolist(), old.epochs.tolist(), strict=True)),
        labels=labels,
        n_classes=old.log_probs("train").shape[-1],
        attributes=old.attributes,
        if_exists="overwrite",
    )
    for split in labels:
        for row, seed in enumerate(old.seeds.tolist()):
            for column, step in enumerate(old.steps.tolist()):
                if seed not in diverged:
                    writer.write(split, seed, step, old.log_probs(split)[row, column])
    finish_without(writer, writer.steps, diverged, strict=True)
    writer.release()
