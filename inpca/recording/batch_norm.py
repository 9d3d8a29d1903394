"""Statistics of batch normalisation as the network has them now, not as they were some steps ago."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from inpca.recording.evaluation import called, device_of, observed
from inpca.recording.samples import mapped, mixed_batches, read_split

#: Samples of a batch over which statistics are taken.
STATISTICS_BATCH = 500


@contextmanager
def reestimated(model: nn.Module, samples) -> Iterator[None]:
    """Within the context, batch normalisation has the statistics of some samples under the present weights.

    While a network is trained, running statistics are a moving average over its steps, μ ← 0.9 μ + 0.1 μ_batch unless
    told otherwise. In the first steps they hold much of their start (mean 0, variance 1); later they lag behind the
    weights. Here each batch b of n_b samples counts by its size, μ = Σ n_b μ_b / Σ n_b, and the variance likewise. The
    model is in evaluation mode, without gradients; afterwards all its modes, buffers and all random states are as they
    were. A network without batch normalisation is not run. Instance normalisation keeps its statistics.

    Parameters
    ----------
    model : torch.nn.Module
    samples : (inputs, labels) or DataLoader
        Of tensors, one of k batches holds every k-th sample, so that samples sorted by class are mixed, and has at most
        :data:`STATISTICS_BATCH`. Batches of a DataLoader are taken as they come.

    Raises
    ------
    ValueError
        If there are no samples, or torch cannot normalise a batch because it has one sample.

    See Also
    --------
    inpca.recording.Evaluation : asks a Recorder to do so at each checkpoint.
    torch.optim.swa_utils.update_bn : for good, with all layers in training mode, each batch counted alike.

    References
    ----------
    Wu & Johnson, Rethinking "Batch" in BatchNorm, arXiv 2105.07576, 2021.

    Examples
    --------
    >>> import torch
    >>> from inpca.recording import reestimated
    >>> layer = torch.nn.BatchNorm1d(1)
    >>> with reestimated(layer, (torch.tensor([[1.0], [3.0]]), torch.zeros(2))):
    ...     layer.running_mean, layer.running_var
    (tensor([2.]), tensor([2.]))
    >>> layer.running_mean, layer.running_var
    (tensor([0.]), tensor([1.]))
    """
    with observed(model, samples):
        layers = normalising_layers(model)
        momenta = [layer.momentum for layer in layers]
        try:
            if layers:
                _take_statistics(model, layers, samples)
        finally:
            for layer, momentum in zip(layers, momenta, strict=True):
                layer.momentum, layer.training = momentum, False
        yield


def normalising_layers(model: nn.Module) -> list[_BatchNorm]:
    """Layers of batch normalisation that keep running statistics."""
    return [one for one in model.modules() if isinstance(one, _BatchNorm) and one.running_mean is not None]


def _take_statistics(model: nn.Module, layers: list[_BatchNorm], samples) -> None:
    """Reset the statistics of these layers and take them over samples, in training mode; the caller ends that."""
    for layer in layers:
        layer.reset_running_stats()
        layer.training = True
    device, seen = device_of(model), 0
    for inputs, labels in mixed_batches(samples, STATISTICS_BATCH):
        seen += len(labels)
        for layer in layers:
            layer.momentum = len(labels) / seen
        called(model, mapped(lambda tensor: tensor.to(device, non_blocking=True), inputs))
    if not seen:
        raise ValueError("there are no samples to take the statistics of batch normalisation over")


def statistics_samples(given: Any, splits: Mapping[str, Any]) -> tuple[Any, str]:
    """Samples that :class:`Evaluation` asks to take statistics over, None for none, and words or a digest for them.

    Raises
    ------
    TypeError, ValueError
        If they are neither the name of a split nor samples that can be read again.
    """
    if given is None:
        return None, "running"
    if isinstance(given, str):
        if given not in splits:
            raise ValueError(f"batch_norm must be one of the splits {', '.join(splits)}, or samples, not {given!r}")
        return splits[given], f"split {given!r}"
    return given, read_split(given, "batch_norm")[1]
