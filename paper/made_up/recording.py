"""Prediction stores of made-up runs, as training would write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inpca.predictions.writer import PredictionWriter
from paper.data.datasets import PreparedData
from paper.made_up.trajectories import Split, deviation, progress_of
from paper.study.made_up import MadeUpJob

#: Progress on test samples for one on train samples.
GAP = {"train": 1.0, "test": 0.9}


def make_up(job: MadeUpJob, data: PreparedData, path: str | Path) -> None:
    """Write the prediction store of one configuration, whose runs are made up, not trained.

    Parameters
    ----------
    job : MadeUpJob
    data : PreparedData
        The data set ``made_up``, whose labels are used.
    path : path
        Name of the prediction store; one of that name is replaced.

    Examples
    --------
    >>> import tempfile
    >>> from inpca import PredictionStore
    >>> from paper.data.preparation import prepare
    >>> data = prepare("made_up", Path("data"), n_train=40, n_test=20, pool=1, normalize=False)
    >>> configuration = {
    ...     "name": "a", "network": {"kind": "fc", "widths": [8]}, "optimizer": "sgd", "batch_size": 20,
    ...     "learning_rate": 0.1, "weight_decay": 0, "augmentation": "none", "epochs": 2,
    ... }
    >>> schedule, settings = {"schedule": "log", "number": 4}, {"dimension": 2}
    >>> job = MadeUpJob(configuration=configuration, seeds=[1, 2], checkpoints=schedule, made_up=settings)
    >>> path = tempfile.mkdtemp() + "/a.zarr"
    >>> make_up(job, data, path)
    >>> PredictionStore(path).log_probs("test").shape  # seeds, checkpoints, samples, classes
    (2, 4, 20, 10)
    """
    configuration, settings = job.configuration, job.made_up
    epochs = job.checkpoints.epochs_of(configuration, settings.epoch_samples)
    labels = {"train": data.train_labels, "test": data.test_labels}
    splits = {name: Split.made(name, label, len(data.classes), settings) for name, label in labels.items()}
    attributes = {
        "job": job.model_dump(mode="json"),
        "configuration": configuration.id,
        "data_fingerprint": data.fingerprint,
        "classes": list(data.classes),
        "made_up": "computed from a formula; no network was trained",
    }
    writer = PredictionWriter(
        path,
        seeds=job.seeds,
        checkpoints=epochs,
        labels=labels,
        n_classes=len(data.classes),
        attributes=attributes,
        if_exists="overwrite",
    )
    for seed in job.seeds:
        s = progress_of(configuration, seed, np.array(list(epochs.values())), settings)
        a = deviation(configuration, seed, settings)
        for name, split in splits.items():
            for step, log_probs in zip(epochs, split.log_probs(GAP[name] * s, a), strict=True):
                writer.write(name, seed, step, log_probs)
    writer.close()
