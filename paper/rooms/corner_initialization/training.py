"""Train networks that start in a corner: first fitted to random labels or to a small subset, then to the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from inpca.recording.diverged import Diverged
from inpca.recording.evaluation import log_probabilities
from paper.data.datasets import PreparedData
from paper.rooms.corner_initialization.configuration import CornerJob, Fit
from paper.study.configuration import Configuration
from paper.training.batches import Resident
from paper.training.loop import train_networks
from paper.training.random_streams import reproducible
from paper.training.runs import (
    RunState,
    bar_of_steps,
    choose_device,
    initial_run,
    on_device,
    recorder,
    train_runs,
    trained_together,
)


def train_from_corner(job: CornerJob, data: PreparedData, path: str | Path, *, progress_bar: bool = False) -> list[str]:
    """Fit every seed of a job to its corner, train it on the true labels, and write the predictions of the training.

    A run's first weights and order of data come from its seed, what is fitted from the label seed of the job. The
    training goes on where the fit ended, with a new optimiser and the cosine schedule from its beginning; the order of
    data goes on as well. Without a fit, a run is the same as that of :func:`paper.training.runs.train`.

    Parameters
    ----------
    job : CornerJob
    data : PreparedData
    path : path
        Name of the prediction store; step 0 is the corner. Its attribute ``corner`` holds, for each entry of the seed
        axis, label seed, run seed, error on the fitted labels and whether that is a corner.
    progress_bar : bool
        Show a progress bar over all steps of all seeds.

    Returns
    -------
    list of str
        A sentence for each run that did not reach its corner.
    """
    configuration, fit = job.configuration, job.fit
    splits = on_device(data, configuration, choose_device(job.device, job.training))
    with reproducible(), bar_of_steps(job, n_steps(job, len(data.train_labels)), progress_bar) as bar:
        runs = [initial_run(configuration, seed, splits["train"][0], len(data.classes)) for seed in job.seeds]
        groups = trained_together(runs, job.training)
        errors = [] if fit is None else [e for group in groups for e in fit_corner(group, job, splits["train"], bar)]
        # The store says of each run whether it is in its corner, so that all are fitted before the first is recorded.
        with recorder(job, data, splits, path, corner=corner_attributes(job, errors)) as record:
            for group in groups:
                train_runs(group, Resident(*splits["train"]), configuration, record, bar, job.training)
            record.close(strict=True)
    return [
        f"{job.id}, seed {seed} is not in its corner: error {error:.1%} on the labels it was fitted to for "
        f"{fit.epochs} epochs, more than {fit.largest_error:.1%}"
        for seed, error in zip(job.seeds, errors, strict=False)
        if error > fit.largest_error
    ]


def fit_corner(runs: list[RunState], job: CornerJob, samples: tuple[Tensor, Tensor], bar: tqdm) -> list[float]:
    """Take runs into their corners together.

    Returns
    -------
    list of float
        Of each run, the fraction of the fitted samples whose most probable class is wrong.
    """
    images, labels = samples
    chosen, targets = fitted_labels(job.fit, labels.cpu().numpy())
    corner = images[torch.as_tensor(chosen, device=images.device)], torch.as_tensor(targets, device=images.device)
    networks, streams = [run.network for run in runs], [run.streams for run in runs]
    configuration = configuration_of(job.fit, job.configuration)
    for _ in train_networks(networks, Resident(*corner), configuration, streams, job.training):
        bar.update(len(runs))
    return [error_on(network, corner) for network in networks]


def error_on(network: nn.Module, samples: tuple[Tensor, Tensor]) -> float:
    """Fraction of samples whose most probable class is not their label; all of them if the network diverged."""
    try:
        predicted = log_probabilities(network, samples).argmax(1).numpy()
    except Diverged:
        return 1.0
    return float(np.mean(predicted != samples[1].cpu().numpy()))


def configuration_of(fit: Fit, configuration: Configuration) -> Configuration:
    """That of the training, with the epochs of the fit."""
    return configuration.model_copy(update={"epochs": fit.epochs})


def fitted_labels(fit: Fit, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the samples that a fit is made to, and the labels it is made to; both depend on the label seed alone.

    ``random``: all samples with their true labels shuffled, so that they are as balanced as the true ones and
    independent of them: where classes are equally frequent, they agree on 1/C of the samples on average. ``subset``:
    some samples, chosen at random, with their true labels.

    Examples
    --------
    >>> fit = Fit(start="subset", label_seed=0, samples=2, epochs=1, largest_error=0.1)
    >>> chosen, targets = fitted_labels(fit, np.arange(10))
    >>> len(chosen), bool(np.all(targets == chosen))
    (2, True)
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
    steps = job.configuration.n_steps(n_train)
    if job.fit is not None:
        steps += configuration_of(job.fit, job.configuration).n_steps(job.fit.samples or n_train)
    return len(job.seeds) * steps
