"""Train the runs of one configuration and record their predictions.

Data are resident as tensors, prepared once; batches are index look-ups and augmentation works on whole batches. Random
numbers for initialisation, data order and augmentation come from three streams, so that runs that differ only
in augmentation start from the same weights and see the same order.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from inpca.recording.recorder import Recorder
from paper.data.datasets import PreparedData
from paper.study.configuration import Configuration, TrainingJob
from paper.training.networks import build_network

STREAMS = ("initialisation", "order", "augmentation")


def train(job: TrainingJob, data: PreparedData, path: str | Path, *, progress: bool = False) -> None:
    """Train every seed of a job and write its prediction store.

    The same job on the same machine gives the same bits: one thread, deterministic algorithms, own random streams.

    Parameters
    ----------
    job : TrainingJob
    data : PreparedData
    path : path
        Name of the prediction store; one of that name, finished or left by a job that was interrupted, is replaced.
    progress : bool
        Show a progress bar over all steps of all seeds.
    """
    configuration = job.configuration
    device = choose_device(job.device)
    splits = {
        name: (to_device(images, device, configuration), torch.as_tensor(labels, device=device))
        for name, images, labels in (
            ("train", data.train_images, data.train_labels),
            ("test", data.test_images, data.test_labels),
        )
    }
    steps_per_epoch = -(-len(data.train_labels) // configuration.batch_size)
    attributes = {
        "job": job.model_dump(mode="json"),
        "configuration": configuration.id,
        "data_fingerprint": data.fingerprint,
        "classes": list(data.classes),
    }
    with reproducible(), tqdm(
        total=len(job.seeds) * configuration.epochs * steps_per_epoch, desc=configuration.id, disable=not progress,
        mininterval=1, unit="step",
    ) as bar, Recorder(
        path, splits, steps=job.checkpoints.steps(steps_per_epoch, configuration.epochs),
        n_classes=len(data.classes), steps_per_epoch=steps_per_epoch, seeds=job.seeds, attributes=attributes,
        overwrite=True,
    ) as record:  # fmt: skip
        for seed in job.seeds:
            train_run(job, seed, splits["train"], len(data.classes), record, bar)
        record.close(strict=True)


def train_run(
    job: TrainingJob, seed: int, split: tuple[Tensor, Tensor], n_classes: int, record: Recorder, bar: tqdm
) -> nn.Module:
    """Train one run from a fresh initialisation; returns the trained network."""
    images, labels = split
    configuration = job.configuration
    streams = random_streams(seed)
    torch.manual_seed(streams["initialisation"].initial_seed())
    model = build_network(configuration.network, tuple(images.shape[1:]), n_classes).to(images.device)
    model = model.to(memory_format=memory_format(configuration)).train()
    steps_per_epoch = -(-len(labels) // configuration.batch_size)
    optimizer = build_optimizer(configuration, model)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, configuration.epochs * steps_per_epoch)
    step = 0
    record(model, step, seed)
    for _ in range(configuration.epochs):
        order = torch.randperm(len(labels), generator=streams["order"]).to(images.device)
        for batch in order.split(configuration.batch_size):
            inputs = images[batch]
            if configuration.augmentation == "cropflip":
                inputs = crop_and_flip(inputs, job.crop_padding, streams["augmentation"])
            loss = functional.cross_entropy(model(inputs), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
            record(model, step, seed)
        bar.update(steps_per_epoch)
        bar.set_postfix(seed=seed, loss=f"{loss.item():.3f}", refresh=False)
    return model


def build_optimizer(configuration: Configuration, model: nn.Module) -> torch.optim.Optimizer:
    """SGD (``sgd``), SGD with Nesterov momentum 0.9 (``sgdn``) or Adam (``adam``)."""
    settings = {"lr": configuration.learning_rate, "weight_decay": configuration.weight_decay}
    if configuration.optimizer == "adam":
        return torch.optim.Adam(model.parameters(), **settings)
    if configuration.optimizer == "sgdn":
        return torch.optim.SGD(model.parameters(), momentum=0.9, nesterov=True, **settings)
    return torch.optim.SGD(model.parameters(), **settings)


def crop_and_flip(images: Tensor, padding: int, generator: torch.Generator) -> Tensor:
    """Each image shifted by up to ``padding`` pixels (zeros move in) and, half the time, mirrored left to right.

    Parameters
    ----------
    images : Tensor (B, channels, height, width)
    padding : int
    generator : torch.Generator
        On the CPU; one draw of three numbers an image.
    """
    n, _, height, width = images.shape
    down, right = torch.randint(0, 2 * padding + 1, (2, n, 1), generator=generator)
    mirrored = torch.rand((n, 1), generator=generator) < 0.5
    columns = torch.arange(width)
    rows = torch.arange(height) + down
    columns = torch.where(mirrored, columns.flip(0), columns) + right
    padded = functional.pad(images, (padding,) * 4)
    index = torch.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]
    index = tuple(i.to(images.device) for i in index)
    return padded.permute(0, 2, 3, 1)[index].permute(0, 3, 1, 2)


def random_streams(seed: int) -> dict[str, torch.Generator]:
    """Independent generators for initialisation, data order and augmentation."""
    states = np.random.SeedSequence(seed).generate_state(len(STREAMS), np.uint64)
    return {
        name: torch.Generator().manual_seed(int(state >> np.uint64(1)))
        for name, state in zip(STREAMS, states, strict=True)
    }


def choose_device(name: str) -> torch.device:
    """``auto`` is CUDA where there is one.

    Raises
    ------
    RuntimeError
        If CUDA is asked for and there is none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise RuntimeError("device: cuda, but torch sees no CUDA device here; use device: auto or device: cpu")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def memory_format(configuration: Configuration) -> torch.memory_format:
    """Channels last for convolutional networks, which makes them faster on CPUs and GPUs alike."""
    return torch.contiguous_format if configuration.network.kind == "fc" else torch.channels_last


def to_device(images: np.ndarray, device: torch.device, configuration: Configuration) -> Tensor:
    """Images as a tensor on the device in the network's memory format."""
    return torch.as_tensor(images, device=device).to(memory_format=memory_format(configuration))


@contextmanager
def reproducible():
    """One thread and deterministic algorithms; the former settings are restored."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what CUDA needs to be deterministic
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(deterministic)
