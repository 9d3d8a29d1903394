"""Train networks and write what their outputs, and probes of their hidden layers, predict at each checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from inpca.predictions.store import SPLITS, PredictionWriter
from inpca.recording.batch_norm import normalising_layers, reestimated
from inpca.recording.diverged import Diverged
from paper.data.datasets import PreparedData
from paper.rooms.hidden_layers.configuration import LayersJob, n_layers, split_name, split_names
from paper.rooms.hidden_layers.probes import fitted
from paper.training.batches import Resident
from paper.training.loop import train_networks
from paper.training.random_streams import reproducible
from paper.training.runs import (
    bar_of_steps,
    checkpoints_of,
    choose_device,
    initial_run,
    on_device,
    store_attributes,
)

Splits = Mapping[str, tuple[Tensor, Tensor]]


def train_with_layers(job: LayersJob, data: PreparedData, path: str | Path, *, progress_bar: bool = False) -> None:
    """Train every seed of a job and write its prediction store, where each probe of each layer has splits of its own.

    Training is that of :func:`paper.training.runs.train`, to the bit; layers are read with the statistics of BatchNorm
    over the training samples. ``train`` and ``test`` are the outputs; of the others, see
    :func:`paper.rooms.hidden_layers.configuration.split_name`.

    Parameters
    ----------
    job : LayersJob
    data : PreparedData
    path : path
        Name of the prediction store; one of that name, finished or not, is replaced. Its attribute ``layers`` is the
        number of hidden layers.
    progress_bar : bool
        Show a progress bar over all steps of all seeds.

    Raises
    ------
    Diverged
        If a network gives NaN or infinity at a checkpoint; the message names seed and step.
    """
    configuration = job.configuration
    splits = on_device(data, configuration, choose_device(job.device, job.training))
    layers = n_layers(configuration)
    labels = {name: data.splits[split][1] for split in SPLITS for name in (split, *split_names(split, layers).values())}
    writer = PredictionWriter(
        path,
        seeds=job.seeds,
        checkpoints=checkpoints_of(job, len(data.train_labels)),
        labels=labels,
        n_classes=len(data.classes),
        attributes=store_attributes(job, data) | {"classes": list(data.classes), "layers": layers},
        if_exists="overwrite",
    )
    n_steps = len(job.seeds) * configuration.n_steps(len(data.train_labels))
    record = LayerRecorder(writer, splits, job)
    try:
        with reproducible(), bar_of_steps(job, n_steps, progress_bar) as bar:
            for seed in job.seeds:
                run = initial_run(configuration, seed, splits["train"][0], len(data.classes))
                losses = train_networks([run.network], Resident(*splits["train"]), configuration, [run.streams])
                for step, _ in enumerate(chain([None], losses)):
                    record(run.network, step, seed)
                    bar.update(step > 0)
        writer.close()
    finally:
        writer.release()


class LayerRecorder:
    """Records the output of a network and probes of its layers at the checkpoints of a store.

    Parameters
    ----------
    writer : PredictionWriter
    splits : mapping from split to (images, labels)
    job : LayersJob
    """

    def __init__(self, writer: PredictionWriter, splits: Splits, job: LayersJob):
        self._writer, self._splits, self._job = writer, splits, job
        self._steps = set(writer.steps)

    def __call__(self, network: nn.Module, step: int, seed: int) -> None:
        """Record a network if the step is a checkpoint."""
        if step not in self._steps:
            return
        with reestimated(network, self._splits["train"]):
            read = {split: layers_of(network, images, self._job.side) for split, (images, _) in self._splits.items()}
        if not all(np.isfinite(log_probs).all() for _, log_probs in read.values()):
            raise Diverged(
                f"{self._job.id}, seed {seed}: the network gives NaN or infinity at step {step}; every run is compared "
                "with the others, so that none may diverge: use a smaller learning rate"
            )
        labels = self._splits["train"][1].numpy()
        for split, (_, log_probs) in read.items():
            self._writer.write(split, seed, step, log_probs)
        for layer, features in enumerate(read["train"][0]):
            for name, probe in fitted(features, labels, self._job.penalty).items():
                for split, (others, _) in read.items():
                    self._writer.write(split_name(split, name, layer), seed, step, probe(others[layer]))


def layers_of(network: nn.Module, images: Tensor, side: int) -> tuple[list[np.ndarray], np.ndarray]:
    """What each layer of a network in evaluation mode has of images, and the network's predictions.

    A layer is a linear map, ReLU and BatchNorm. Of convolutions, features are means over ``side`` × ``side`` parts of
    the image, at most; layer 0 is the images themselves, pixel by pixel.

    Returns
    -------
    features : list of (N, d) arrays of float64
        Of the images, then of each hidden layer.
    log_probs : (N, C) array of float32
    """
    kept: list[Tensor] = []
    hooks = [
        layer.register_forward_hook(lambda module, given, output: kept.append(output))
        for layer in normalising_layers(network)
    ]
    try:
        with torch.no_grad():
            log_probs = network(images).log_softmax(dim=1)
    finally:
        for hook in hooks:
            hook.remove()
    hidden = [adaptive_avg_pool2d(one, side) if one.ndim == 4 and one.shape[-1] > side else one for one in kept]
    features = [one.flatten(1).double().numpy() for one in (images, *hidden)]
    return features, log_probs.numpy()
