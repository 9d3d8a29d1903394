"""What a network predicts, without changing its training by one bit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from inpca.predictions.contents import check_choice
from inpca.predictions.half import STORED
from inpca.probabilities import sum_tolerance
from inpca.recording.diverged import Diverged
from inpca.recording.random_states import random_states_kept
from inpca.recording.samples import batches, mapped

OUTPUTS = ("logits", "probabilities", "log_probabilities")


@dataclass(frozen=True)
class Evaluation:
    """How a Recorder evaluates a model at a checkpoint.

    Parameters
    ----------
    outputs : {"logits", "probabilities", "log_probabilities"}
        What the model returns.
    batch_norm : str, (inputs, labels) or DataLoader, optional
        Samples over which the statistics of batch normalisation are taken anew at each checkpoint, the name of a split
        or others; see :func:`inpca.recording.reestimated`. Unless given, running statistics are used as training left
        them, which measures their start too in the first steps.
    stored : {"float32", "float16"}
        Type of the log-probabilities in the store; float16 takes half the space and moves distances a little, see
        ``inpca.predictions.half.distance_error``.
    largest_loss : float
        A run whose last checkpoint has a larger loss, the mean of -ln p of the truth in nats, on every split counts as
        diverged.

    Raises
    ------
    TypeError, ValueError
        If outputs or stored is none of these, or the largest loss is no number above 0.

    See Also
    --------
    inpca.Recorder : takes it as ``evaluation``.

    Examples
    --------
    >>> from inpca.recording import Evaluation
    >>> Evaluation(batch_norm="train").outputs
    'logits'
    """

    outputs: str = "logits"
    batch_norm: Any = None
    stored: str = "float32"
    largest_loss: float = math.inf

    def __post_init__(self) -> None:
        check_choice(self.stored, STORED, "stored")
        check_choice(self.outputs, OUTPUTS, "outputs")
        if isinstance(self.largest_loss, bool) or not isinstance(self.largest_loss, int | float):
            raise TypeError(f"largest_loss must be a number above 0, not {self.largest_loss!r}")
        if not self.largest_loss > 0:
            raise ValueError(f"largest_loss must be a number above 0, not {self.largest_loss!r}")


#: Logits, under running statistics.
PLAIN = Evaluation()


def log_probabilities(model: nn.Module, split, *, outputs: str = "logits", n_classes: int | None = None) -> Tensor:
    """Log-probabilities (N, C), float32 on the CPU, of a model in evaluation mode.

    Modes, buffers, gradients and random states are as before afterwards, also when the model raises.

    Parameters
    ----------
    model : torch.nn.Module
    split : (inputs, labels) or DataLoader
        Inputs are a tensor, a tuple (positional arguments of the model) or a mapping (keyword arguments).
    outputs : {"logits", "probabilities", "log_probabilities"}
        What the model returns, (B, C): as a tensor, under ``logits``, or in a tuple, the first entry that is no loss
        (a single number) and not None.
    n_classes : int, optional
        Number of classes that must come out.

    Raises
    ------
    TypeError, ValueError
        If the outputs have another shape or kind; the message says what to pass.
    Diverged
        If they hold NaN or infinity; it is a ValueError as well.

    See Also
    --------
    inpca.Recorder : Stores them while a network is trained.

    Examples
    --------
    >>> import torch
    >>> from inpca.recording import log_probabilities
    >>> model = torch.nn.Linear(2, 2, bias=False)
    >>> _ = model.weight.data.zero_()
    >>> log_probabilities(model, (torch.ones(1, 2), torch.zeros(1))).exp()
    tensor([[0.5000, 0.5000]])
    """
    return evaluated(model, split, outputs=outputs, n_classes=n_classes)[0]


def evaluated(
    model: nn.Module, split, *, outputs: str, n_classes: int | None = None, seen: Callable | None = None
) -> tuple[Tensor, Tensor]:
    """Log-probabilities (N, C) and the labels that came with them; ``seen`` gets each batch before the model does."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, not {type(model).__name__}")
    check_choice(outputs, OUTPUTS, "outputs")
    with observed(model, split):
        return predicted(model, split, outputs, n_classes, seen)


def predicted(
    model: nn.Module, split, outputs: str, n_classes: int | None = None, seen: Callable | None = None
) -> tuple[Tensor, Tensor]:
    """What :func:`evaluated` returns, in the modes that the modules of the model have now."""
    device = device_of(model)
    values, labels = [], []
    for inputs, batch in batches(split):
        if seen is not None:
            seen(inputs, batch)
        inputs = mapped(lambda tensor: tensor.to(device, non_blocking=True), inputs)
        values.append(class_values(called(model, inputs), len(batch), n_classes))
        labels.append(batch)
    if not values:
        raise ValueError("there are no samples to predict")
    precision, given = str(values[0].dtype).removeprefix("torch."), values[0].shape[1]
    tolerance = sum_tolerance(precision, given, log=outputs == "log_probabilities")
    values = torch.cat([value.float() for value in values])
    return normalised(values, outputs, tolerance).cpu(), torch.cat(labels).detach().cpu()


@contextmanager
def observed(model: nn.Module, split) -> Iterator[None]:
    """Evaluation mode without gradients; then each module's mode, buffers and all random states are as before.

    Modes are set on each module, not by ``eval()``: the model's own ``train()`` may do more, such as merging weights.
    Gradients are off by ``no_grad``: tensors that a model keeps of its first call can be used in training later. The
    cache of autocast is off, which would keep weights without gradients.
    """
    modules = list(model.modules())
    if any(is_lazy(parameter) for parameter in model.parameters()):
        raise ValueError(
            "the model has lazy parameters without a shape yet: run one batch through it before it is recorded"
        )
    modes = [module.training for module in modules]
    buffers = [(m, {k: (b, b.clone()) for k, b in m._buffers.items() if b is not None}) for m in modules]
    versions = {id(buffer): buffer._version for buffer in model.buffers()}
    cache = torch.is_autocast_cache_enabled()
    devices = {tensor.device for tensor in (*model.parameters(), *model.buffers())}
    try:
        torch.set_autocast_cache_enabled(False)
        for module in modules:
            module.training = False
        with torch.no_grad(), random_states_kept(devices, split):
            yield
    finally:
        torch.set_autocast_cache_enabled(cache)
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode
        for module, before in buffers:
            for name, (buffer, value) in before.items():
                if buffer._version != versions[id(buffer)]:
                    buffer.data.copy_(value)
                module._buffers[name] = buffer


def device_of(model: nn.Module) -> torch.device:
    """Device of the first parameter, else of the first buffer, else the CPU."""
    for tensor in (*model.parameters(), *model.buffers()):
        return tensor.device
    return torch.device("cpu")


def called(model: nn.Module, inputs):
    """Outputs of a model for a batch of inputs."""
    if isinstance(inputs, Mapping):
        return model(**inputs)
    return model(*inputs) if isinstance(inputs, tuple) else model(inputs)


def class_values(output, n_samples: int, n_classes: int | None) -> Tensor:
    """The (B, C) tensor in what a model returned.

    Raises
    ------
    TypeError, ValueError
        If there is none, or it has another shape.
    """
    kind = type(output).__name__
    if isinstance(output, Mapping):
        output = output.get("logits")
    elif isinstance(output, (tuple, list)):
        output = next((part for part in output if part is not None and not is_number(part)), None)
    elif not isinstance(output, Tensor):
        output = getattr(output, "logits", None)
    if not isinstance(output, Tensor):
        raise TypeError(f"the model returned {kind}; allowed are a tensor, a tuple that begins with one, or .logits")
    if not output.is_floating_point():
        raise TypeError(f"the model returned {output.dtype}; logits are floating-point numbers")
    shape = tuple(output.shape)
    if shape in ((n_samples,), (n_samples, 1)):
        raise ValueError(
            f"the model returned one number a sample, {shape}; for two classes with one logit z, "
            "return torch.stack([torch.zeros_like(z), z], 1) of z with shape (B,)"
        )
    if len(shape) != 2 or shape[0] != n_samples:
        raise ValueError(f"the model returned the shape {shape} for {n_samples} samples; (samples, classes) is needed")
    if n_classes is not None and shape[1] != n_classes:
        raise ValueError(f"the model returned {shape[1]} classes, but n_classes is {n_classes}")
    return output


def is_number(part) -> bool:
    """Whether a part of what a model returned is a single number, such as a loss."""
    return isinstance(part, Tensor) and part.ndim == 0


def normalised(values: Tensor, outputs: str, tolerance: float) -> Tensor:
    """Log-probabilities of logits, probabilities or log-probabilities (N, C).

    Raises
    ------
    ValueError
        If values are of another kind than ``outputs`` says.
    Diverged
        If they hold NaN or infinity, or leave a sample no class.
    """
    if values.isnan().any() or values.isposinf().any():
        raise Diverged("the model returned NaN or infinity")
    sums = (values.exp() if outputs == "log_probabilities" else values).sum(dim=1)
    are_probabilities = bool(((sums - 1).abs() <= tolerance).all())
    if outputs != "log_probabilities":
        are_probabilities = are_probabilities and bool((values >= 0).all())
    if outputs == "logits":
        if are_probabilities:
            raise ValueError('the model returned probabilities, not logits: pass outputs="probabilities"')
        impossible = values.isneginf().all(dim=1)
        if impossible.any():
            raise Diverged(f"the model returned -infinity for every class of sample {int(impossible.int().argmax())}")
        return torch.log_softmax(values, dim=1)
    if not are_probabilities:
        raise ValueError(f'outputs="{outputs}", but the model returned others: is outputs="logits" meant?')
    return torch.log_softmax(values.log() if outputs == "probabilities" else values, dim=1)
