"""Runs whose training diverged: what tells them, and how the store of a recorder is finished without them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from inpca.predictions.files import PredictionStoreError
from inpca.predictions.recorded import finish_recorded
from inpca.predictions.store import PredictionStore
from inpca.predictions.writer import PredictionWriter


class Diverged(ValueError):
    """The training of a network diverged: it returns NaN or infinity, or ends with a loss beyond what is allowed.

    A :class:`inpca.Recorder` raises it and has recorded nothing then; its ``diverged`` leaves the run out.

    Examples
    --------
    >>> import torch
    >>> from inpca.recording import Diverged, log_probabilities
    >>> model = torch.nn.Linear(3, 2)
    >>> _ = model.weight.data.fill_(torch.nan)
    >>> try:
    ...     log_probabilities(model, (torch.ones(1, 3), torch.zeros(1)))
    ... except Diverged as error:
    ...     print(error)
    the model returned NaN or infinity
    """


def check_loss(values: Mapping[str, np.ndarray], labels: Mapping[str, np.ndarray], largest: float) -> None:
    """Raise :class:`Diverged` if the loss of a model is above the largest on every split.

    Parameters
    ----------
    values : mapping from split to (N, C) array
        Log-probabilities.
    labels : mapping from split to (N,) array of int
    largest : float
        Of the mean of -ln p of the truth, nats.
    """
    losses = {
        split: -log_probs[np.arange(len(log_probs)), labels[split]].mean(dtype=np.float64)
        for split, log_probs in values.items()
    }
    if losses and min(losses.values()) > largest:
        told = ", ".join(f"{loss:.3g} on {split}" for split, loss in losses.items())
        raise Diverged(f"the model ends with a loss of {told}, in nats, where {largest:.3g} is the largest allowed")


def finish_without(writer: PredictionWriter, expected: list[int], diverged: Mapping[int, int], *, strict: bool) -> str:
    """Finish the store of a recorder, without the runs that diverged.

    Parameters
    ----------
    writer : PredictionWriter
    expected : list of int
        Steps that every run which did not diverge has when it is complete.
    diverged : mapping from int to int
        Step at which a seed diverged.
    strict : bool
        A missing checkpoint is an error.

    Returns
    -------
    str
        What the store lacks that was to be recorded; nothing if it is complete.

    Raises
    ------
    PredictionStoreError
        As :meth:`inpca.Recorder.close` does.
    """
    kept = [seed for seed in writer.seeds if seed not in diverged]
    total, done = len(kept) * len(expected), sum(len(writer.recorded(seed)) for seed in kept)
    if writer.closed or (not diverged and expected == writer.steps and (strict or done == total)):
        writer.close()
        return ""
    if strict and done < total:
        raise PredictionStoreError(
            f"{writer.path.name}: {total - done} of {total} checkpoints were not recorded, which are steps "
            f"{', '.join(map(str, expected))} of each seed; the unfinished store is {writer.partial}"
        )
    if kept and not done:
        raise PredictionStoreError(f"{writer.path.name}: no checkpoint was recorded, so there is no store")
    store = PredictionStore(writer.path, partial=True)
    finish_recorded(store, writer.path, overwrite=writer.if_exists == "overwrite", diverged=diverged)
    if done == total:
        return ""
    stored = PredictionStore(writer.path, verify=False).n_models
    left = f"; the other {done - stored} stay in {writer.partial}" if stored < done else ""
    return f"{writer.path.name}: {done} of {total} checkpoints were recorded, {stored} are in the store{left}"
