"""A prediction store that examples read."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from inpca.predictions.store import PredictionStore
from inpca.predictions.writer import PredictionWriter


def example_store(folder: str | Path | None = None) -> PredictionStore:
    """A small store in a temporary folder: two seeds that go from ignorance to half-way to the truth, two splits.

    Parameters
    ----------
    folder : path, optional
        Where the store ``run.zarr`` is written.

    Examples
    --------
    >>> example_store().steps
    array([  0, 100])
    """
    labels = {"train": np.arange(6) % 3, "test": np.arange(3)}
    path = Path(mkdtemp() if folder is None else folder) / "run.zarr"
    writer = PredictionWriter(path, seeds=[0, 1], checkpoints={0: 0, 100: 1}, labels=labels, n_classes=3)
    for split, truth in labels.items():
        for seed in writer.seeds:
            for step, part in zip(writer.steps, (0, 0.5), strict=True):
                models = (1 - part) / 3 + part * np.eye(3)[truth]
                writer.write(split, seed, step, np.log(models))
    writer.close()
    return PredictionStore(path)
