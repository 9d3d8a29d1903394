"""Checkpoints that are even in progress: where the predictions of a network move, not where its steps lie."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from inpca.geometry import progress
from inpca.labels import class_labels
from inpca.predictions.contents import whole_number
from inpca.recording.batch_norm import normalising_layers
from inpca.recording.evaluation import Evaluation, observed, predicted
from inpca.recording.samples import is_pair, mapped, read_split

#: Samples of a probe that is taken of tensors, the same number of each class.
PROBE_SAMPLES = 200
#: After s steps, the next look is s / LOOKS_APART steps later, but at least one.
LOOKS_APART = 20


@dataclass(frozen=True)
class EvenProgress:
    """Checkpoints of a :class:`inpca.Recorder` that are even in progress.

    The recorder looks at the progress s of the model on a few samples, the probe: at every step up to
    :data:`LOOKS_APART`, then every 5 % of the steps done. It records the first look and every one with
    \\|s - s_last\\| ≥ δ, where s_last is that of the model recorded last, so that a run that falls back is recorded as
    well, and the last step. With several seeds, the first decides the steps and the others follow, as arrays of a store
    have the same checkpoints for all seeds.

    Parameters
    ----------
    last_step : int
        Optimiser steps of the whole training. A training that stops earlier lacks its last checkpoint.
    steps_per_epoch : float
    delta : float
        δ, in progress, which goes from 0 (ignorance) to 1 (the truth).
    most : int
        Largest number of checkpoints. When all but one are used, only the last step is recorded.
    probe : str, (inputs, labels) or DataLoader
        Name of a split, or others. Of tensors the first samples of each class are taken, :data:`PROBE_SAMPLES` in all;
        a DataLoader is read whole at each look. If :class:`Evaluation` takes statistics of batch normalisation anew,
        a look uses those of the probe's batches.

    Raises
    ------
    TypeError, ValueError
        If a number is not what it must be.

    See Also
    --------
    inpca.progress : The progress of models.

    Notes
    -----
    On resuming, a checkpoint of the first seed that the store holds is looked at, not recorded again; if the training
    goes on behind all of them, the first look is recorded.

    Examples
    --------
    >>> from inpca.recording import EvenProgress
    >>> schedule = EvenProgress(last_step=100, steps_per_epoch=50, delta=0.1, most=20)
    >>> list(schedule.looks())[18:25], schedule.looks()[100]
    ([18, 19, 20, 21, 22, 23, 24], 2.0)
    """

    last_step: int
    steps_per_epoch: float
    delta: float = 0.05
    most: int = 40
    probe: Any = "train"

    def __post_init__(self) -> None:
        for name, least in (("last_step", 1), ("most", 2)):
            if whole_number(getattr(self, name), name) < least:
                raise ValueError(f"{name} must be a whole number from {least} on, not {getattr(self, name)}")
        for name, largest in (("delta", 1), ("steps_per_epoch", math.inf)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"{name} must be a number, not {value!r}")
            if not 0 < value < largest:
                allowed = "between 0 and 1" if largest == 1 else "above 0, and finite"
                raise ValueError(f"{name} must be {allowed}, not {value!r}")

    def looks(self) -> dict[int, float]:
        """Epoch of each step at which the recorder looks: any of them can become a checkpoint."""
        steps = [0]
        while steps[-1] < self.last_step:
            steps.append(min(steps[-1] + max(1, steps[-1] // LOOKS_APART), int(self.last_step)))
        return {step: step / self.steps_per_epoch for step in steps}


class EvenSteps:
    """Steps of a store whose first seed decides them.

    Parameters
    ----------
    schedule : EvenProgress
    splits : mapping from name to (inputs, labels) or DataLoader
        Where the probe is if it is named.
    n_classes : int
    evaluation : Evaluation

    Raises
    ------
    TypeError, ValueError
        If the probe is neither a split nor samples.
    """

    def __init__(self, schedule: EvenProgress, splits: Mapping[str, Any], n_classes: int, evaluation: Evaluation):
        if isinstance(schedule.probe, str) and schedule.probe not in splits:
            raise ValueError(f"probe must be one of the splits {', '.join(splits)}, or samples, not {schedule.probe!r}")
        probe = splits[schedule.probe] if isinstance(schedule.probe, str) else schedule.probe
        labels, digest = read_split(probe, "probe")
        self._labels = class_labels(labels, n_classes, "labels of the probe")
        if is_pair(probe):
            chosen = balanced(self._labels, n_classes)
            index, self._labels = torch.from_numpy(chosen), self._labels[chosen]
            probe = mapped(lambda tensor: tensor[index], probe[0]), self._labels
        self._probe, self._schedule, self._n_classes, self._evaluation = probe, schedule, n_classes, evaluation
        self.origin = f"even in progress, {schedule.delta}, {schedule.most}, {digest}"
        self.begin(0, [])

    def begin(self, first: int, recorded: Iterable[int]) -> None:
        """Say which seed decides, and what was recorded of it earlier."""
        self.first, self.steps = first, list(recorded)
        self._last = self._seen = math.nan

    def is_due(self, model: nn.Module, step: int, seed: int) -> bool:
        """Whether a model is to be recorded.

        Raises
        ------
        ValueError
            If nothing was recorded of the first seed yet, and this is another.
        """
        if seed != self.first:
            if not self.steps:
                raise ValueError(f"seed {self.first} decides the checkpoints of the others: record it before {seed}")
            return step in self.steps
        is_recorded, is_last = step in self.steps, step == self._schedule.last_step
        if not is_recorded and not is_last and len(self.steps) >= self._schedule.most - 1:
            return False
        self._seen = self._progress(model)
        has_moved = not abs(self._seen - self._last) < self._schedule.delta
        return is_recorded or is_last or has_moved

    def record(self, step: int, seed: int) -> None:
        """Say that a model that was due is in the store."""
        if seed == self.first:
            self._last = self._seen
            self.steps.extend([step] if step not in self.steps else [])

    def expected(self) -> list[int]:
        """Steps that every seed of a complete store has."""
        return sorted({*self.steps, self._schedule.last_step})

    def _progress(self, model: nn.Module) -> float:
        """Progress of a model on the probe."""
        with observed(model, self._probe):
            for layer in normalising_layers(model) if self._evaluation.batch_norm is not None else []:
                layer.training = True
            try:
                log_probs = predicted(model, self._probe, self._evaluation.outputs, self._n_classes)[0]
            except Exception as error:
                error.add_note("while the progress on the probe was taken")
                raise
        return float(progress(log_probs.numpy(), self._labels, log=True))


def balanced(labels: np.ndarray, n_classes: int) -> np.ndarray:
    """Indices of the first samples of each class, the same number of each where there are enough, in their order.

    Examples
    --------
    >>> balanced(np.repeat([0, 1], 300), 2)[[0, 99, 100, -1]]
    array([  0,  99, 300, 399])
    """
    of_each = max(1, PROBE_SAMPLES // n_classes)
    return np.sort(np.concatenate([np.flatnonzero(labels == c)[:of_each] for c in range(n_classes)]))
