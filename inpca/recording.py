"""Record what a network predicts while it trains, from any torch training loop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, SequentialSampler

from inpca.predictions import PredictionWriter

#: Samples that are evaluated at once when a split is given as tensors.
EVALUATION_BATCH = 250
LIBRARIES = ("numpy", "torch", "zarr")


class Recorder:
    """Records predictions on fixed samples at the steps of a schedule and writes a prediction store.

    Call it with the model after every optimiser step (and once before the first, with step 0); at the steps of the
    schedule it evaluates the model on each split, in evaluation mode and without gradients, and stores the
    log-probabilities. The model's mode and torch's random state are left as they were.

    Parameters
    ----------
    path : path
        Name of the prediction store; it appears when the recorder is closed complete.
    splits : mapping from name to (inputs, labels) or DataLoader
        Samples to predict, without augmentation. A DataLoader must not shuffle.
    steps : sequence of int
        Optimiser steps at which to record, such as those of :meth:`inpca.configuration.Checkpoints.steps`.
    n_classes : int
        Number of logits of the model.
    steps_per_epoch : int
        Gives each checkpoint its epoch.
    seeds : sequence of int
        Runs of the store.
    attributes : mapping, optional
        Kept with the predictions: configuration, data fingerprint, anything that JSON holds.

    Raises
    ------
    ValueError
        If a DataLoader shuffles.

    Examples
    --------
    >>> with Recorder("run.zarr", {"train": (x, y), "test": (u, v)}, steps=[0, 10, 100],
    ...               n_classes=10, steps_per_epoch=10) as record:      # doctest: +SKIP
    ...     record(model, 0)
    ...     for step in range(1, 101):
    ...         train_one_step(model)
    ...         record(model, step)
    """

    def __init__(
        self,
        path,
        splits: Mapping[str, tuple[Tensor, Tensor] | DataLoader],
        *,
        steps: Iterable[int],
        n_classes: int,
        steps_per_epoch: int,
        seeds: Iterable[int] = (0,),
        attributes: Mapping[str, Any] | None = None,
    ):
        self._splits = dict(splits)
        for name, split in self._splits.items():
            if isinstance(split, DataLoader) and not isinstance(split.sampler, SequentialSampler):
                raise ValueError(
                    f"the DataLoader of split {name!r} shuffles: predictions would not line up with labels"
                )
        steps = [int(step) for step in steps]
        self._steps = frozenset(steps)
        self._writer = PredictionWriter(
            path,
            seeds=seeds,
            steps=steps,
            epochs=[step / steps_per_epoch for step in steps],
            labels={
                name: torch.cat([y for _, y in batches(split)]).cpu().numpy() for name, split in self._splits.items()
            },
            n_classes=n_classes,
            attributes={**(attributes or {}), "versions": {name: version(name) for name in LIBRARIES}},
        )

    def __call__(self, model: nn.Module, step: int, seed: int = 0) -> bool:
        """Record the model if ``step`` is in the schedule; says whether it was.

        Parameters
        ----------
        model : torch.nn.Module
            Maps a batch of inputs to logits (B, C); on any device.
        step : int
            Optimiser steps done so far.
        seed : int
            Which run this is.
        """
        if step not in self._steps:
            return False
        for name, split in self._splits.items():
            self._writer.write(name, seed, step, log_probabilities(model, split).numpy())
        return True

    def close(self) -> None:
        """Finish the store; an error if a checkpoint is missing (see :class:`inpca.predictions.PredictionWriter`)."""
        self._writer.close()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind, error, traceback) -> None:
        if kind is None:
            self.close()


def batches(split: tuple[Tensor, Tensor] | DataLoader) -> Iterable[tuple[Tensor, Tensor]]:
    """(inputs, labels) in order, from tensors or from a DataLoader."""
    if isinstance(split, DataLoader):
        return split
    inputs, labels = split
    return zip(inputs.split(EVALUATION_BATCH), labels.split(EVALUATION_BATCH), strict=True)


def log_probabilities(model: nn.Module, split: tuple[Tensor, Tensor] | DataLoader) -> Tensor:
    """Log-probabilities (N, C), float32 on the CPU, of a model in evaluation mode."""
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    # a DataLoader draws from torch's generator, even one that does not shuffle
    with torch.inference_mode(), torch.random.fork_rng(devices=[]):
        logits = torch.cat([model(x.to(device, non_blocking=True)).float() for x, _ in batches(split)])
    model.train(was_training)
    return torch.log_softmax(logits, dim=1).cpu()
