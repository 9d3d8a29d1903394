"""Record what a network predicts while it trains, from any torch training loop."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from numbers import Real
from typing import Any

import numpy as np
from torch import nn

from inpca.evaluation import check_outputs, evaluated, log_probabilities
from inpca.predictions import PredictionStore, PredictionStoreError, PredictionWriter, keep_recorded
from inpca.samples import EVALUATION_BATCH, batches, is_pair, read_labels
from inpca.store_contents import class_count, class_labels, whole_number, whole_numbers
from inpca.store_files import store_path

__all__ = ["EVALUATION_BATCH", "LIBRARIES", "Recorder", "batches", "log_probabilities"]

LIBRARIES = ("numpy", "torch", "zarr")


class Recorder:
    """Records predictions on fixed samples at the steps of a schedule and writes a prediction store.

    Call it with the model after every optimiser step (and once before the first, with step 0); at the steps of the
    schedule it evaluates the model on each split, in evaluation mode and without gradients, and stores the
    log-probabilities. The mode of each module, buffers and random states are left as they were.

    Parameters
    ----------
    path : path
        Name of the prediction store; it appears when the recorder is closed.
    splits : mapping from name to (inputs, labels) or DataLoader
        Samples to predict, without augmentation. A DataLoader is read twice here, and must give the same samples in the
        same order; its labels are compared again at every checkpoint. Batches are (inputs, labels) or mappings with
        "labels" or "label", whose other entries are keyword arguments of the model.
    steps : iterable of int
        Optimiser steps at which to record, such as those of :meth:`inpca.configuration.Checkpoints.steps`; they are
        sorted, and each counts once.
    n_classes : int
        Number of logits of the model.
    steps_per_epoch : float
        Gives each checkpoint its epoch.
    seeds : sequence of int
        Runs of the store.
    attributes : mapping, optional
        Kept with the predictions: configuration, data fingerprint, anything that JSON holds.
    outputs : {"logits", "probabilities", "log_probabilities"}
        What the model returns.
    overwrite : bool
        Replace a finished store of that name, once this one is complete, and an unfinished one at once.
    resume : bool
        Go on with the unfinished store of that name, if there is one; what it holds is not recorded again.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it must be, or a DataLoader shuffles or augments.
    PredictionStoreError
        If something else has that name, another recorder writes it, or what there is does not fit.

    Examples
    --------
    >>> import tempfile, torch
    >>> from inpca import PredictionStore
    >>> x, y = torch.randn(6, 5), torch.arange(6) % 3
    >>> model, path = torch.nn.Linear(5, 3), tempfile.mkdtemp() + "/run.zarr"
    >>> with Recorder(path, {"train": (x, y)}, steps=[0, 2], n_classes=3, steps_per_epoch=2) as record:
    ...     [record(model, step) for step in range(3)]
    [True, False, True]
    >>> PredictionStore(path).log_probs("train").shape
    (1, 2, 6, 3)
    """

    def __init__(
        self,
        path,
        splits: Mapping[str, Any],
        *,
        steps: Iterable[int],
        n_classes: int,
        steps_per_epoch: float,
        seeds: Iterable[int] = (0,),
        attributes: Mapping[str, Any] | None = None,
        outputs: str = "logits",
        overwrite: bool = False,
        resume: bool = False,
    ):
        store_path(path)
        if not isinstance(splits, Mapping) or not splits:
            raise TypeError(f"splits must map names to (inputs, labels) or DataLoaders, not {type(splits).__name__}")
        if isinstance(steps_per_epoch, bool) or not isinstance(steps_per_epoch, Real):
            raise TypeError(f"steps_per_epoch must be a number above 0, not {steps_per_epoch!r}")
        if not math.isfinite(steps_per_epoch) or steps_per_epoch <= 0:
            raise ValueError(f"steps_per_epoch must be a number above 0, not {steps_per_epoch!r}")
        check_outputs(outputs)
        if isinstance(attributes, Mapping) and "versions" in attributes:
            raise ValueError("attributes['versions'] is what the recorder writes; choose another key")
        steps = sorted(set(whole_numbers(steps, "steps")))
        self._splits, self._outputs, self._n_classes = dict(splits), outputs, class_count(n_classes)
        self._labels = {name: read_labels(split, name) for name, split in self._splits.items()}
        versions = {"versions": {name: version(name) for name in LIBRARIES}}
        self._writer = PredictionWriter(
            path,
            seeds=seeds,
            steps=steps,
            epochs=[step / steps_per_epoch for step in steps],
            labels={n: class_labels(y, self._n_classes, f"labels of split {n!r}") for n, y in self._labels.items()},
            n_classes=n_classes,
            attributes={**attributes, **versions} if isinstance(attributes, Mapping) else attributes or versions,
            overwrite=overwrite,
            resume=resume,
        )
        self._steps, self._recorded = frozenset(steps), set()

    def __call__(self, model: nn.Module, step: int, seed: int | None = None) -> bool:
        """Record the model if ``step`` is in the schedule; says whether it was.

        A checkpoint that an earlier recorder has recorded, whose store is resumed, is left as it is.

        Parameters
        ----------
        model : torch.nn.Module
            Maps a batch of inputs to (B, C); on any device.
        step : int
            Optimiser steps done so far.
        seed : int, optional
            Which run this is; needed if there are several.

        Raises
        ------
        PredictionStoreError
            If the checkpoint was recorded before by this recorder, or the recorder is closed.
        TypeError, ValueError
            If step or seed is none of the store's, or the outputs of the model or the labels of a loader are not what
            they must be. Nothing is recorded then, and the checkpoint can be repeated.
        """
        step, seed = whole_number(step, "step"), self._seed(seed)
        if step not in self._steps:
            return False
        where = f"seed {seed}, step {step}"
        name = self._writer.path.name
        if self._writer.closed:
            raise PredictionStoreError(f"{name} is closed: {where} cannot be recorded")
        if (seed, step) in self._recorded:
            raise PredictionStoreError(f"{name}: {where} was recorded before")
        pending = [split for split in self._splits if self._writer.is_pending(split, seed, step)]
        values = {split: self._evaluate(model, split, where) for split in pending}
        for split, log_probs in values.items():
            self._writer.write(split, seed, step, log_probs)
        self._recorded.add((seed, step))
        return bool(pending)

    def _seed(self, seed: int | None) -> int:
        seeds = self._writer.seeds
        if seed is None and len(seeds) == 1:
            return seeds[0]
        if seed is None or (number := whole_number(seed, "seed")) not in seeds:
            raise ValueError(f"pass seed= one of {', '.join(map(str, seeds))}, not {seed!r}")
        return number

    def _evaluate(self, model: nn.Module, split: str, where: str) -> np.ndarray:
        """Log-probabilities (N, C) on a split; an error says where it happened."""
        where = f"split {split!r}, {where}"
        try:
            log_probs, labels = evaluated(model, self._splits[split], outputs=self._outputs, n_classes=self._n_classes)
        except Exception as error:
            error.add_note(f"while {where} was recorded")
            raise
        if not is_pair(self._splits[split]) and not np.array_equal(labels.numpy(), self._labels[split]):
            raise ValueError(f"{where}: the DataLoader gives other labels than when the recorder was made")
        return log_probs.numpy()

    def close(self, *, strict: bool = False) -> None:
        """Finish the store; a second call does nothing.

        If checkpoints are missing, as after early stopping, a warning says so, and the store holds the seeds of which
        something was recorded at the checkpoints that they share; what does not fit in stays in the unfinished store
        (see :meth:`inpca.predictions.PredictionStore.finish`).

        Parameters
        ----------
        strict : bool
            A missing checkpoint is an error.

        Raises
        ------
        PredictionStoreError
            If nothing was recorded, a file is damaged, or a checkpoint is missing and ``strict``.
        """
        writer = self._writer
        total, done = len(writer.seeds) * len(writer.steps), writer.n_recorded()
        if writer.closed or strict or done == total:
            writer.close()
            return
        if not done:
            writer.release()
            raise PredictionStoreError(f"{writer.path.name}: no checkpoint was recorded, so there is no store")
        store = PredictionStore(writer.path, partial=True)
        keep_recorded(store, writer.path, overwrite=writer.overwrite)
        writer.release()
        kept = PredictionStore(writer.path, verify=False).n_models
        left = f"; the other {done - kept} stay in {writer.partial}" if kept < done else ""
        warnings.warn(
            f"{writer.path.name}: {done} of {total} checkpoints were recorded, {kept} are in the store{left}",
            stacklevel=2,
        )

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind, error, traceback) -> None:
        if kind is None:
            self.close()
            return
        done = self._writer.n_recorded()
        if not self._writer.closed and done:
            error.add_note(
                f"{done} recorded checkpoints are in {self._writer.partial}: open them with PredictionStore("
                f"{self._writer.path.name!r}, partial=True), keep them with its finish(), or go on with resume=True"
            )
        self._writer.release()
