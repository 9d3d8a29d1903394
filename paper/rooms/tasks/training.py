"""Train networks on tasks, and record what they predict of all classes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from inpca.recording.recorder import Recorder
from paper.data.datasets import PreparedData
from paper.rooms.tasks.configuration import TaskJob
from paper.rooms.tasks.images import recorded_samples, task_images
from paper.rooms.tasks.imprinting import imprinted
from paper.training.batches import Resident
from paper.training.loop import train_networks
from paper.training.random_streams import reproducible
from paper.training.runs import (
    RunState,
    bar_of_steps,
    choose_device,
    initial_run,
    memory_format,
    on_device,
    record_all,
    store_attributes,
    trained_together,
)


def train_task(job: TaskJob, data: PreparedData, path: str | Path, *, progress_bar: bool = False) -> None:
    """Train a network on a task from every seed, and write what it predicts of all classes by imprinted heads.

    Parameters
    ----------
    job : TaskJob
    data : PreparedData
        Whose train images the task takes its own from, see :func:`paper.rooms.tasks.images.task_images`.
    path : path
        Name of the prediction store; one of that name is replaced.
    progress_bar : bool
    """
    configuration, recorded = job.configuration, recorded_samples(data, job.n_images)
    device = choose_device(job.device, job.training)
    splits = on_device(recorded, configuration, device)
    images, labels = task_images(job, data)
    layout = memory_format(configuration)
    own = torch.as_tensor(images, device=device).to(memory_format=layout), torch.as_tensor(labels, device=device)
    checkpoints = job.checkpoints.epochs_of(configuration, len(labels))
    attributes = store_attributes(job, recorded) | {"classes": list(recorded.classes)}
    with (
        reproducible(),
        bar_of_steps(job, len(job.seeds) * configuration.n_steps(len(labels)), progress_bar) as bar,
        Recorder(
            path,
            splits,
            checkpoints=checkpoints,
            n_classes=len(recorded.classes),
            seeds=job.seeds,
            attributes=attributes,
            if_exists="overwrite",
        ) as record,
    ):
        for seeds in trained_together(job.seeds, job.training):
            runs = [initial_run(configuration, seed, own[0], len(job.task.members)) for seed in seeds]
            train_and_imprint(runs, job, own, splits["train"], record, checkpoints, bar)
        record.close(strict=True)


def train_and_imprint(
    runs: Sequence[RunState],
    job: TaskJob,
    own: tuple[Tensor, Tensor],
    samples: tuple[Tensor, Tensor],
    record: Recorder,
    checkpoints: dict[int, float],
    bar: tqdm,
) -> None:
    """Train runs together until all of them diverged, and record them with imprinted heads at the checkpoints."""
    networks, streams = [run.network for run in runs], [run.streams for run in runs]
    n_classes = int(samples[1].max()) + 1
    losses = train_networks(networks, Resident(*own), job.configuration, streams, job.training)
    left = list(runs)
    for step, _ in enumerate(chain([None], losses)):
        bar.update(len(runs) if step else 0)
        recorded = []
        for run in left if step in checkpoints else []:
            with imprinted(run.network, own, samples, n_classes, job.scale) as model:
                recorded += record_all([run._replace(network=model)], step, record)
        if step in checkpoints:
            left = [run for run in left if run.seed in {one.seed for one in recorded}]
        if not left:
            return
