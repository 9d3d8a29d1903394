"""Record what a network predicts while it trains, from any torch training loop."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from importlib.metadata import version
from typing import Any

import numpy as np
from torch import nn

from inpca.labels import class_labels
from inpca.predictions.contents import check_choice, class_count, steps_and_epochs, whole_number
from inpca.predictions.files import store_path
from inpca.predictions.half_writer import WRITERS
from inpca.predictions.store import PredictionStoreError
from inpca.predictions.writer import IF_EXISTS
from inpca.recording.batch_norm import reestimated, statistics_samples
from inpca.recording.diverged import Diverged, check_loss, finish_without
from inpca.recording.evaluation import PLAIN, Evaluation, log_probabilities
from inpca.recording.even_progress import EvenProgress, EvenSteps
from inpca.recording.fixed_samples import FixedSamples
from inpca.recording.samples import EVALUATION_BATCH, batches

__all__ = ["EVALUATION_BATCH", "LIBRARIES", "Recorder", "batches", "log_probabilities"]

LIBRARIES = ("numpy", "torch", "zarr")


class Recorder:
    """Records predictions on fixed samples at chosen steps and writes a prediction store.

    Call it with the model after every optimiser step (and once before the first, with step 0); at the
    checkpoints it evaluates the model on each split, in evaluation mode and without gradients, and stores the
    log-probabilities. The mode of each module, buffers and random states are left as they were.

    Parameters
    ----------
    path : path
        Name of the prediction store; it appears when the recorder is closed.
    splits : mapping from name to (inputs, labels) or DataLoader
        Samples to predict, without augmentation. A DataLoader is read twice here, and must give the same samples in the
        same order, also at every checkpoint; tensors and arrays must stay as they are. Batches are (inputs, labels) or
        mappings with "labels" or "label", whose other entries are keyword arguments of the model.
    checkpoints : mapping from int to float, or EvenProgress
        Epoch of each optimiser step at which to record; or :class:`inpca.recording.EvenProgress`, which finds them
        while the network is trained.
    n_classes : int
        Number C of logits of the model.
    seeds : sequence of int
        Runs of the store.
    attributes : mapping, optional
        Kept with the predictions: configuration, data fingerprint, anything that JSON holds.
    evaluation : Evaluation
        What the model returns, which statistics its batch normalisation uses, and the type of the stored numbers.
    if_exists : {"error", "overwrite", "resume"}
        What to do with a store of that name: stop; replace a finished one, once this one is complete, and an unfinished
        one at once; or go on with the unfinished one, which must have been begun with the same inputs. What that holds
        is not recorded again.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it must be, or a DataLoader shuffles or augments.
    PredictionStoreError
        If something else has that name, another recorder writes it, or what there is does not fit.

    See Also
    --------
    inpca.PredictionStore : Reads what was recorded, ln p of each class in nats.
    inpca.predictions.PredictionWriter : Writes predictions from elsewhere.

    Notes
    -----
    :mod:`inpca.recording.lightning` and :mod:`inpca.recording.transformers` have a ``RecorderCallback`` that calls it
    in the training loops of these.

    Examples
    --------
    >>> import tempfile
    >>> import torch
    >>> from inpca import PredictionStore, Recorder
    >>> x, y = torch.randn(6, 5), torch.arange(6) % 3
    >>> model, path = torch.nn.Linear(5, 3), tempfile.mkdtemp() + "/run.zarr"
    >>> with Recorder(path, {"train": (x, y)}, checkpoints={0: 0, 2: 1}, n_classes=3) as record:
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
        checkpoints: Mapping[int, float] | EvenProgress,
        n_classes: int,
        seeds: Iterable[int] = (0,),
        attributes: Mapping[str, Any] | None = None,
        evaluation: Evaluation = PLAIN,
        if_exists: str = "error",
    ):
        store_path(path)
        if not isinstance(evaluation, Evaluation):
            raise TypeError(f"evaluation must be an inpca.recording.Evaluation, not {type(evaluation).__name__}")
        check_choice(if_exists, IF_EXISTS, "if_exists")
        is_even = isinstance(checkpoints, EvenProgress)
        looks = checkpoints.looks() if is_even else checkpoints
        steps_and_epochs(looks)
        for key in {"versions", "diverged"} & set(attributes if isinstance(attributes, Mapping) else ()):
            raise ValueError(f"attributes[{key!r}] is what the recorder writes; choose another key")
        self._evaluation, self._n_classes = evaluation, class_count(n_classes)
        self._samples = FixedSamples(splits)
        self._statistics_of, statistics = statistics_samples(evaluation.batch_norm, splits)
        self._even = EvenSteps(checkpoints, splits, self._n_classes, evaluation) if is_even else None
        libraries = {"versions": {name: version(name) for name in LIBRARIES}}
        self._labels = {
            name: class_labels(labels, self._n_classes, f"labels of split {name!r}")
            for name, labels in self._samples.labels.items()
        }
        self._writer = WRITERS[evaluation.stored](
            path,
            seeds=seeds,
            checkpoints=looks,
            labels=self._labels,
            n_classes=n_classes,
            attributes={**attributes, **libraries} if isinstance(attributes, Mapping) else attributes or libraries,
            if_exists=if_exists,
            origin={f"inputs of split {name!r}": digest for name, digest in self._samples.digests.items()}
            | {"outputs": evaluation.outputs, "statistics of batch normalisation": statistics}
            | ({"checkpoints": self._even.origin} if self._even else {}),
        )
        self._recorded: set[tuple[int, int]] = set()
        self._diverged: dict[int, int] = {}
        if self._even:
            self._even.begin(self._writer.seeds[0], self._writer.recorded(self._writer.seeds[0]))

    def __call__(self, model: nn.Module, step: int, seed: int | None = None) -> bool:
        """Record the model if ``step`` is a checkpoint; says whether it was.

        What the store that is resumed holds is left as it is, and of a run that diverged nothing is recorded.

        Parameters
        ----------
        model : torch.nn.Module
            Maps a batch of inputs to (B, C); on any device.
        step : int
            Optimiser steps done so far.
        seed : int, optional
            Which run this is; needed if there are several.

        Returns
        -------
        bool

        Raises
        ------
        PredictionStoreError
            If the checkpoint was recorded before by this recorder, or the recorder is closed.
        TypeError, ValueError
            If step or seed is none of the store's, or the outputs of the model are not what they must be, or the
            samples of a split differ from those at construction. Nothing is recorded then, and the checkpoint can be
            repeated.
        Diverged
            If the model returns NaN or infinity, or ends with a loss that is too large; it is a ValueError as well.

        See Also
        --------
        inpca.recording.log_probabilities : What is recorded of one split.
        """
        step, seed = whole_number(step, "step"), self._seed(seed)
        if step not in self._writer.steps:
            return False
        where = f"seed {seed}, step {step}"
        name = self._writer.path.name
        if self._writer.closed:
            raise PredictionStoreError(f"{name} is closed: {where} cannot be recorded")
        if (seed, step) in self._recorded:
            raise PredictionStoreError(f"{name}: {where} was recorded before")
        if seed in self._diverged:
            return False
        pending = [split for split in self._samples.splits if self._writer.is_pending(split, seed, step)]
        try:
            if self._even and not self._even.is_due(model, step, seed):
                return False
            values = self._evaluate_all(model, pending, where)
            if step == self._writer.steps[-1]:
                check_loss(values, self._labels, self._evaluation.largest_loss)
        except Diverged as error:
            error.add_note(f"training diverged; record.diverged({step}, seed={seed}) leaves that run out of the store")
            raise
        for split, log_probs in values.items():
            self._writer.write(split, seed, step, log_probs)
        self._recorded.add((seed, step))
        if self._even:
            self._even.record(step, seed)
        return bool(pending)

    def diverged(self, step: int, seed: int | None = None) -> None:
        """Say that a run diverged: the store will not have it, and tells the step in its attribute ``diverged``.

        Parameters
        ----------
        step : int
            Optimiser steps done when that was seen, such as when recording the model raised
            ``inpca.recording.Diverged``.
        seed : int, optional
            Which run this is; needed if there are several. A store of which all runs diverged has none.

        Raises
        ------
        TypeError, ValueError
            If step is no whole number from 0 on, or seed is none of the store's.

        Examples
        --------
        >>> import tempfile
        >>> import torch
        >>> from inpca import PredictionStore, Recorder
        >>> path, samples = tempfile.mkdtemp() + "/run.zarr", (torch.ones(2, 3), torch.arange(2))
        >>> with Recorder(path, {"train": samples}, checkpoints={0: 0}, n_classes=2, seeds=[1, 2]) as record:
        ...     recorded = record(torch.nn.Linear(3, 2), 0, seed=1)
        ...     record.diverged(0, seed=2)
        >>> PredictionStore(path).seeds, PredictionStore(path).attributes["diverged"]
        (array([1]), {'2': 0})
        """
        seed = self._seed(seed)
        self._diverged[seed] = whole_number(step, "step")
        left = [other for other in self._writer.seeds if other not in self._diverged]
        if self._even and seed == self._even.first and left:
            self._even.begin(left[0], self._writer.recorded(left[0]))

    def _seed(self, seed: int | None) -> int:
        seeds = self._writer.seeds
        if seed is None and len(seeds) == 1:
            return seeds[0]
        if seed is None or (number := whole_number(seed, "seed")) not in seeds:
            raise ValueError(f"pass seed= one of {', '.join(map(str, seeds))}, not {seed!r}")
        return number

    def _evaluate_all(self, model: nn.Module, splits: list[str], where: str) -> dict[str, np.ndarray]:
        """Log-probabilities (N, C) on some splits."""
        with ExitStack() as stack:
            if splits and self._statistics_of is not None:
                try:
                    stack.enter_context(reestimated(model, self._statistics_of))
                except Exception as error:
                    error.add_note(f"while the statistics of batch normalisation were taken at {where}")
                    raise
            outputs, samples = self._evaluation.outputs, self._samples
            return {split: samples.evaluate(model, split, outputs, self._n_classes, where) for split in splits}

    def close(self, *, strict: bool = False) -> None:
        """Finish the store; a second call does nothing. Others may write it afterwards, also if that failed.

        If checkpoints are missing, as after early stopping, a warning says so, and the store holds the seeds of which
        something was recorded at the checkpoints that they have in common; what does not fit in stays in the
        unfinished store (see :meth:`inpca.PredictionStore.finish`). Runs that diverged are not in the store.

        Parameters
        ----------
        strict : bool
            A missing checkpoint is an error.

        Raises
        ------
        PredictionStoreError
            If nothing was recorded, a file is damaged, the seeds have no checkpoint in common, or a checkpoint is
            missing and ``strict``; what was recorded stays in the unfinished store.

        See Also
        --------
        inpca.PredictionStore.finish : Does so after a crash.
        """
        expected = self._even.expected() if self._even else self._writer.steps
        try:
            lacking = finish_without(self._writer, expected, self._diverged, strict=strict)
        finally:
            self._writer.release()
        if lacking:
            warnings.warn(lacking, stacklevel=2)

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
                f"{self._writer.path.name!r}, partial=True), keep them with its finish(), or go on with "
                "if_exists='resume'"
            )
        self._writer.release()
