"""A Recorder in the training loop of Transformers' Trainer."""

from __future__ import annotations

try:
    from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
except ModuleNotFoundError as error:
    if error.name != "transformers":
        raise
    message = "this callback is for Transformers, which is not installed: pip install 'inpca[transformers]'"
    raise ModuleNotFoundError(message, name="transformers") from None

from inpca.recording.recorder import Recorder


class RecorderCallback(TrainerCallback):
    """Calls a Recorder before the first optimiser step of Transformers' Trainer and after each.

    The recorder evaluates the model itself, in evaluation mode and without gradients, and leaves modes and random
    states as they were; it is closed by its own ``with`` block. Steps are ``state.global_step``. Of several processes
    the first records.

    Parameters
    ----------
    record : Recorder
        Its splits are DataLoaders of mappings with "labels", as the Trainer's.
    seed : int, optional
        Which run of the recorder this is; needed if it has several.

    Raises
    ------
    TypeError
        If this is no recorder.

    See Also
    --------
    inpca.Recorder : What it records.
    inpca.recording.lightning.RecorderCallback : The same for Lightning.

    Examples
    --------
    With a model, its training arguments and its data::

        from inpca.recording.transformers import RecorderCallback

        with Recorder("run.zarr", {"train": loader}, checkpoints={0: 0, 100: 1}, n_classes=2) as record:
            Trainer(model, arguments, train_dataset=rows, callbacks=[RecorderCallback(record)]).train()
    """

    def __init__(self, record: Recorder, seed: int | None = None):
        if not isinstance(record, Recorder):
            raise TypeError(f"record must be an inpca.Recorder, not {type(record).__name__}")
        self._record, self._seed = record, seed

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs) -> None:
        """Record the model that training begins with."""
        self._at(state, kwargs["model"])

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs) -> None:
        """Record the model after an optimiser step."""
        self._at(state, kwargs["model"])

    def _at(self, state: TrainerState, model) -> None:
        if state.is_world_process_zero:
            self._record(model, state.global_step, seed=self._seed)
