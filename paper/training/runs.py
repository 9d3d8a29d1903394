"""Train the runs of one configuration and record their predictions."""

from __future__ import annotations

import math
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from tqdm import tqdm

from inpca.recording.diverged import Diverged
from inpca.recording.evaluation import Evaluation
from inpca.recording.even_progress import EvenProgress
from inpca.recording.recorder import Recorder
from paper.data.datasets import PreparedData
from paper.data.image_folder import StreamedImages
from paper.study.configuration import Configuration, Job, TrainingJob
from paper.study.training import LARGEST_LOSS, REFERENCE, Training
from paper.training.batches import Batches, Resident
from paper.training.loop import train_networks
from paper.training.networks import build_network
from paper.training.random_streams import random_streams, reproducible
from paper.training.streamed import Streamed, recorded_splits


class RunState(NamedTuple):
    """A network and the random streams of its run, before training or after some."""

    seed: int
    network: nn.Module
    streams: dict[str, torch.Generator]


def train(
    job: TrainingJob, data: PreparedData | StreamedImages, path: str | Path, *, progress_bar: bool = False
) -> None:
    """Train every seed of a job and write its prediction store, from which runs that diverge are left out.

    The same job on the same machine gives the same bits: one thread, deterministic algorithms, own random streams.

    Parameters
    ----------
    job : TrainingJob
    data : PreparedData or StreamedImages
    path : path
        Name of the prediction store; one of that name, finished or left by a job that was interrupted, is replaced.
    progress_bar : bool
        Show a progress bar over all steps of all seeds.

    Examples
    --------
    >>> import tempfile
    >>> from inpca import PredictionStore
    >>> from paper.data.preparation import prepare
    >>> data = prepare("digits", Path("data"), n_train=100, n_test=50, pool=2, normalize=True)
    >>> configuration = Configuration(
    ...     name="fc", network={"kind": "fc", "widths": [8]}, optimizer="sgd", batch_size=20, learning_rate=0.1,
    ...     weight_decay=0, augmentation="none", epochs=2,
    ... )
    >>> job = TrainingJob(configuration=configuration, seeds=[1, 2], checkpoints={"schedule": "log", "number": 4})
    >>> path = tempfile.mkdtemp() + "/fc.zarr"
    >>> train(job, data, path)
    >>> PredictionStore(path).log_probs("train").shape  # seeds, checkpoints, samples, classes
    (2, 4, 100, 10)
    """
    configuration = job.configuration
    splits, source = samples_of(data, configuration, choose_device(job.device, job.training), job.crop_padding)
    n_steps = len(job.seeds) * configuration.n_steps(len(source))
    with (
        reproducible(),
        bar_of_steps(job, n_steps, progress_bar) as bar,
        recorder(job, data, splits, path) as record,
    ):
        for seeds in trained_together(job.seeds, job.training):
            runs = [initial_run(configuration, seed, source.images, len(data.classes)) for seed in seeds]
            train_runs(runs, source, configuration, record, bar, job.training)
        record.close(strict=True)


def train_runs(
    runs: Sequence[RunState],
    source: Batches,
    configuration: Configuration,
    record: Recorder,
    bar: tqdm,
    training: Training = REFERENCE,
) -> None:
    """Train runs together from where they are, which is their step 0, and record them until all of them diverged.

    Parameters
    ----------
    runs : sequence of RunState
    source : Batches
        What they are trained on.
    configuration : Configuration
    record : Recorder
        Called after every step, first with the first run; it knows the checkpoints.
    bar : tqdm
        Its bar is moved on by every step.
    training : Training
    """
    steps_per_epoch = configuration.steps_per_epoch(len(source))
    networks, streams = [run.network for run in runs], [run.streams for run in runs]
    losses = train_networks(networks, source, configuration, streams, training)
    left = record_all(runs, 0, record)
    for step, loss in enumerate(losses, start=1):
        left = record_all(left, step, record)
        if not left:
            return
        bar.update(len(runs))
        if step % steps_per_epoch == 0 and not bar.disable:  # to read a loss is to wait for a GPU
            bar.set_postfix(seed=runs[0].seed, loss=f"{loss.item() / len(runs):.3f}", refresh=False)


def record_all(runs: Sequence[RunState], step: int, record: Recorder) -> list[RunState]:
    """Record runs if the step is a checkpoint; the first comes first, since it decides which steps are.

    Returns those that did not diverge.
    """
    left = []
    for run in runs:
        try:
            record(run.network, step, run.seed)
            left.append(run)
        except Diverged as error:
            record.diverged(step, run.seed)
            tqdm.write(f"seed {run.seed} diverged, step {step}: {error}; it is left out", file=sys.stderr)
    return left


One = TypeVar("One")


def trained_together(runs: Sequence[One], training: Training) -> list[list[One]]:
    """Runs, or their seeds, in groups that are trained together.

    Examples
    --------
    >>> trained_together([42, 43], REFERENCE), trained_together([42, 43], Training(seeds="together"))
    ([[42], [43]], [[42, 43]])
    """
    return [list(runs)] if training.seeds == "together" else [[one] for one in runs]


def initial_run(configuration: Configuration, seed: int, images: Tensor, n_classes: int) -> RunState:
    """A run before training, on the device of the images.

    Parameters
    ----------
    configuration : Configuration
    seed : int
    images : Tensor (N, channels, height, width)
        Give the network its input shape and device.
    n_classes : int
    """
    streams = random_streams(seed)
    network = initial_network(configuration, streams, tuple(images.shape[1:]), n_classes).to(images.device)
    return RunState(seed, network.to(memory_format=memory_format(configuration)).train(), streams)


def initial_network(
    configuration: Configuration, streams: dict[str, torch.Generator], input_shape: tuple[int, int, int], n_classes: int
) -> nn.Module:
    """Network whose weights are drawn from the run's stream for initialisation, on the CPU.

    Parameters
    ----------
    configuration : Configuration
    streams : dict
        See :func:`paper.training.random_streams.random_streams`.
    input_shape : (channels, height, width)
    n_classes : int
    """
    torch.manual_seed(streams["initialisation"].initial_seed())
    return build_network(configuration.network, input_shape, n_classes)


def recorder(
    job: Job, data: PreparedData | StreamedImages, splits: dict[str, Any], path: str | Path, **attributes: Any
) -> Recorder:
    """Recorder of all seeds of a job, which has ``seeds`` and ``checkpoints``; it replaces a store of that name.

    Parameters
    ----------
    job : Job
    data : PreparedData or StreamedImages
    splits : dict
        What is recorded, see :func:`samples_of`.
    path : path
    **attributes
        What the store says of itself beside :func:`store_attributes`.
    """
    return Recorder(
        path,
        splits,
        checkpoints=checkpoints_of(job, len(data.train_labels)),
        n_classes=len(data.classes),
        seeds=job.seeds,
        attributes=store_attributes(job, data) | {"classes": list(data.classes)} | attributes,
        evaluation=Evaluation(
            batch_norm="train" if job.batch_norm == "reestimated" else None,
            stored=job.store,
            largest_loss=LARGEST_LOSS * math.log(len(data.classes)),
        ),
        if_exists="overwrite",
    )


def checkpoints_of(job: Job, n_samples: int) -> dict[int, float] | EvenProgress:
    """When the runs of a job, which has ``checkpoints``, are recorded: steps with their epochs, or how to find them."""
    schedule, configuration = job.checkpoints, job.configuration
    if schedule.schedule != "even":
        return schedule.epochs_of(configuration, n_samples)
    return EvenProgress(
        last_step=configuration.n_steps(n_samples),
        steps_per_epoch=configuration.steps_per_epoch(n_samples),
        delta=schedule.delta,
        most=schedule.number,
        probe="train",
    )


def store_attributes(job: Job, data: PreparedData | StreamedImages) -> dict[str, Any]:
    """What the prediction store of any job says of itself: how it was trained, and on what."""
    return {"job": job.model_dump(mode="json"), "configuration": job.id, "data_fingerprint": data.fingerprint}


def bar_of_steps(job: Job, n_steps: int, shown: bool) -> tqdm:
    """Progress bar over the optimiser steps of a job."""
    return tqdm(total=n_steps, desc=job.id, disable=not shown, mininterval=1, unit="step")


class DeviceError(RuntimeError):
    """This machine cannot compute as a study asks; the message says what it lacks."""


def choose_device(name: str, training: Training = REFERENCE) -> torch.device:
    """``auto`` is CUDA where there is one.

    Raises
    ------
    DeviceError
        If CUDA, CUDA graphs or compilation are asked for, and this machine has no CUDA device or no compiler.
    """
    has_cuda = torch.cuda.is_available()
    if name == "cuda" and not has_cuda:
        raise DeviceError("device: cuda, but torch sees no CUDA device here; use device: auto or device: cpu")
    if training.cuda_graphs and (name == "cpu" or not has_cuda):
        raise DeviceError(f"training.cuda_graphs needs a CUDA device, and device: {name} has none here; leave it out")
    if training.compile and not any(map(shutil.which, (os.environ.get("CXX", "g++"), "g++", "clang++"))):
        raise DeviceError("training.compile needs a C++ compiler (g++, clang++ or that of $CXX), and here is none")
    return torch.device("cuda" if has_cuda and name == "auto" else name.replace("auto", "cpu"))


def memory_format(configuration: Configuration) -> torch.memory_format:
    """Channels last for convolutional networks, which makes them faster on CPUs and GPUs alike."""
    return torch.contiguous_format if configuration.network.kind in {"fc", "linear"} else torch.channels_last


def samples_of(
    data: PreparedData | StreamedImages, configuration: Configuration, device: torch.device, crop_padding: int = 0
) -> tuple[dict[str, Any], Resident | Streamed]:
    """What is recorded of each split, and the source of the batches of training: in memory, or read from disk."""
    if isinstance(data, StreamedImages):
        return recorded_splits(data), Streamed(data, device, memory_format(configuration))
    splits = on_device(data, configuration, device)
    return splits, Resident(*splits["train"], crop_padding)


def on_device(
    data: PreparedData, configuration: Configuration, device: torch.device
) -> dict[str, tuple[Tensor, Tensor]]:
    """Images, in the network's memory format, and labels of each split as tensors on the device."""
    layout = memory_format(configuration)
    return {
        name: (
            torch.as_tensor(images, device=device).to(memory_format=layout),
            torch.as_tensor(labels, device=device),
        )
        for name, (images, labels) in data.splits.items()
    }
