"""A Recorder in the training loop of Lightning."""

from __future__ import annotations

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] != "lightning":
        raise
    message = "this callback is for Lightning, which is not installed: pip install 'inpca[lightning]'"
    raise ModuleNotFoundError(message, name="lightning") from None

from inpca.recording.recorder import Recorder


class RecorderCallback(Callback):
    """Calls a Recorder before the first optimiser step of Lightning's Trainer and after each.

    The recorder evaluates the module itself, in evaluation mode and without gradients, and leaves modes and random
    states as they were; it is closed by its own ``with`` block. Steps are ``trainer.global_step``: optimiser steps, not
    batches whose gradients are accumulated. On several devices the first rank records.

    Parameters
    ----------
    record : Recorder
    seed : int, optional
        Which run of the recorder this is; needed if it has several.

    Raises
    ------
    TypeError
        If this is no recorder.

    See Also
    --------
    inpca.Recorder : What it records.
    inpca.recording.transformers.RecorderCallback : The same for Transformers.

    Examples
    --------
    In a module ``network`` whose batches come from ``loader``::

        from inpca.recording.lightning import RecorderCallback

        with Recorder("run.zarr", {"train": (x, y)}, checkpoints={0: 0, 100: 1}, n_classes=10) as record:
            Trainer(max_epochs=1, callbacks=[RecorderCallback(record)]).fit(network, loader)
    """

    def __init__(self, record: Recorder, seed: int | None = None):
        if not isinstance(record, Recorder):
            raise TypeError(f"record must be an inpca.Recorder, not {type(record).__name__}")
        self._record, self._seed, self._last = record, seed, -1

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Record the module that training begins with."""
        self._at(trainer, pl_module)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs, batch, batch_idx) -> None:
        """Record the module after an optimiser step."""
        self._at(trainer, pl_module)

    def _at(self, trainer: Trainer, module: LightningModule) -> None:
        if trainer.is_global_zero and trainer.global_step != self._last:
            self._last = trainer.global_step
            self._record(module, self._last, seed=self._seed)
