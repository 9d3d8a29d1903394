"""Train a learner from all its seeds, and write what it predicts as a prediction store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inpca.predictions.store import PredictionWriter
from paper.data.datasets import PreparedData
from paper.rooms.own_runs.configuration import LearnerJob, RadialBasis
from paper.rooms.own_runs.learners import Flat, stages


def train_learner(job: LearnerJob, data: PreparedData, path: str | Path) -> None:
    """Train every seed of a job and write its prediction store; the same job gives the same bits.

    Parameters
    ----------
    job : LearnerJob
    data : PreparedData
    path : path
        Name of the prediction store; one of that name, finished or not, is replaced.

    Examples
    --------
    >>> import tempfile
    >>> from inpca import PredictionStore
    >>> from paper.data.preparation import prepare
    >>> data = prepare("digits", Path("data"), n_train=100, n_test=50, pool=2, normalize=True)
    >>> job = LearnerJob(name="votes", learner={"kind": "neighbours"}, seeds=[1, 2], checkpoints=4)
    >>> path = tempfile.mkdtemp() + "/votes.zarr"
    >>> train_learner(job, data, path)
    >>> PredictionStore(path).log_probs("train").shape  # seeds, checkpoints, samples, classes
    (2, 4, 100, 10)
    """
    if isinstance(job.learner, RadialBasis):
        from paper.rooms.own_runs.radial import train_radial  # torch, for this learner alone

        train_radial(job, data, path, store_attributes(job, data))
        return
    writer = PredictionWriter(
        path,
        seeds=job.seeds,
        checkpoints=job.epochs(len(data.train_labels)),
        labels={split: labels for split, (_, labels) in data.splits.items()},
        n_classes=len(data.classes),
        attributes=store_attributes(job, data),
        if_exists="overwrite",
    )
    try:
        for seed in job.seeds:
            for step, of_splits in stages(job.learner, Flat.of(data), writer.steps, seed):
                for split, log_probs in of_splits.items():
                    writer.write(split, seed, step, log_probs)
        writer.close()
    finally:
        writer.release()


def store_attributes(job: LearnerJob, data: PreparedData) -> dict[str, Any]:
    """What the store says of itself: how the learner was trained, and on what."""
    return {
        "job": job.model_dump(mode="json"),
        "configuration": job.name,
        "data_fingerprint": data.fingerprint,
        "classes": list(data.classes),
    }
