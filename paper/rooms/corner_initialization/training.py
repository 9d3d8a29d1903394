"""Train networks that start in a corner: first fitted to random labels or to a small subset, then to the truth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from inpca.recording.recorder import Recorder, log_probabilities
from paper.data.datasets import PreparedData
from paper.rooms.corner_initialization.configuration import CornerJob, Fit
from paper.study.configuration import Configuration
from paper.training.networks import build_network
from paper.training.training import (
    build_optimizer,
    choose_device,
    memory_format,
    random_streams,
    reproducible,
    to_device,
)


def train_from_corner(job: CornerJob, data: PreparedData, path: str | Path, *, progress: bool = False) -> list[str]:
    """Fit every seed of a job to its corner, train it on the true labels, and write the predictions of the training.

    A run's first weights and order of data come from its seed, what is fitted from the label seed of the job. The
    training goes on where the fit ended, with a new optimiser and the cosine schedule from its beginning; the order of
    data goes on as well. Without a fit, a run is the same as that of :func:`paper.training.training.train`.

    Parameters
    ----------
    job : CornerJob
    data : PreparedData
    path : path
        Name of the prediction store; step 0 is the corner. Its attribute ``corner`` holds, for each entry of the seed
        axis, label seed, run seed, error on the fitted labels and whether that is a corner.
    progress : bool
        Show a progress bar over all steps of all seeds.

    Returns
    -------
    list of str
        A sentence for each run that did not reach its corner.
    """
    configuration, fit = job.configuration, job.fit
    device = choose_device(job.device)
    splits = {
        name: (to_device(images, device, configuration), torch.as_tensor(labels, device=device))
        for name, images, labels in (
            ("train", data.train_images, data.train_labels),
            ("test", data.test_images, data.test_labels),
        )
    }
    images, labels = splits["train"]
    steps_per_epoch = -(-len(labels) // configuration.batch_size)
    networks, orders, errors = [], [], []
    with reproducible(), tqdm(total=n_steps(job, len(labels)), desc=job.id, disable=not progress, mininterval=1) as bar:
        for seed in job.seeds:
            streams = random_streams(seed)
            torch.manual_seed(streams["initialisation"].initial_seed())
            network = build_network(configuration.network, tuple(images.shape[1:]), len(data.classes)).to(device)
            network = network.to(memory_format=memory_format(configuration)).train()
            if fit is not None:
                chosen, targets = fitted_labels(fit, data.train_labels)
                corner = images[torch.as_tensor(chosen, device=device)], torch.as_tensor(targets, device=device)
                for _ in optimise(network, *corner, configuration, fit.epochs, streams["order"]):
                    bar.update()
                errors.append(float(np.mean(log_probabilities(network, corner).argmax(1).numpy() != targets)))
            networks.append(network)
            orders.append(streams["order"])
        attributes = {
            "job": job.model_dump(mode="json"),
            "configuration": job.id,
            "data_fingerprint": data.fingerprint,
            "classes": list(data.classes),
            "corner": corner_attributes(job, errors),
        }
        with Recorder(
            path, splits, steps=job.checkpoints.steps(steps_per_epoch, configuration.epochs),
            n_classes=len(data.classes), steps_per_epoch=steps_per_epoch, seeds=job.seeds, attributes=attributes,
            overwrite=True,
        ) as record:  # fmt: skip
            for seed, network, order in zip(job.seeds, networks, orders, strict=True):
                record(network, 0, seed)
                for step in optimise(network, images, labels, configuration, configuration.epochs, order):
                    record(network, step, seed)
                    bar.update()
            record.close(strict=True)
    return [
        f"{job.id}, seed {seed} is not in its corner: error {error:.1%} on the labels it was fitted to for "
        f"{fit.epochs} epochs, more than {fit.largest_error:.1%}"
        for seed, error in zip(job.seeds, errors, strict=False)
        if error > fit.largest_error
    ]


def optimise(
    network: nn.Module, images: Tensor, labels: Tensor, configuration: Configuration, epochs: int,
    order: torch.Generator,
) -> Iterator[int]:  # fmt: skip
    """Train a network with a cosine schedule over the given epochs; yields the number of each step when it is done."""
    optimizer = build_optimizer(configuration, network)
    n_batches = -(-len(labels) // configuration.batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * n_batches)
    step = 0
    for _ in range(epochs):
        for batch in torch.randperm(len(labels), generator=order).to(images.device).split(configuration.batch_size):
            loss = functional.cross_entropy(network(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
            yield step


def fitted_labels(fit: Fit, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the samples that a fit is made to, and the labels it is made to; both depend on the label seed alone.

    ``random``: all samples with their true labels shuffled, so that they are as balanced as the true ones and
    independent of them: where classes are equally frequent, they agree on 1/C of the samples on average. ``subset``:
    some samples, chosen at random, with their true labels.
    """
    rng = np.random.default_rng(fit.label_seed)
    if fit.start == "random":
        return np.arange(len(labels)), rng.permutation(labels)
    chosen = np.sort(rng.choice(len(labels), fit.samples, replace=False))
    return chosen, labels[chosen]


def corner_attributes(job: CornerJob, errors: list[float]) -> dict:
    """What the store says of each entry of its seed axis; nothing of a fit where there was none."""
    n = len(job.seeds)
    fit = job.fit
    return {
        "start": "normal" if fit is None else fit.start,
        "run_seeds": job.seeds,
        "label_seeds": [None if fit is None else fit.label_seed] * n,
        "fit_errors": errors or [None] * n,
        "in_corner": [error <= fit.largest_error for error in errors] or [None] * n,
    }


def n_steps(job: CornerJob, n_train: int) -> int:
    """Optimiser steps of all seeds, fits included."""

    def batches(samples: int) -> int:
        return -(-samples // job.configuration.batch_size)

    steps = job.configuration.epochs * batches(n_train)
    if job.fit is not None:
        steps += job.fit.epochs * batches(job.fit.samples or n_train)
    return len(job.seeds) * steps
