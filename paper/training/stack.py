"""Networks of one shape that are trained together: their weights are stacked, a layer is one product of all.

Every run keeps its own initialisation, data order, augmentation and statistics of BatchNorm, so that it follows the
trajectory that it has when trained alone, up to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode


class Stack:
    """Networks of one shape as one: torch turns convolutions into grouped ones, other products into batched ones.

    The networks go on to exist: their weights and statistics become views of the stacked ones, so that each can be
    evaluated at any time.

    Parameters
    ----------
    networks : sequence of nn.Module
        R networks, in training mode.

    Attributes
    ----------
    weights : dict from str to Tensor (R, …)
        By the names that they have in a network.
    """

    def __init__(self, networks: Sequence[nn.Module]):
        self.networks = networks
        self.weights = {name: stacked(same) for name, same in tensors_by_name(networks, nn.Module.named_parameters)}
        self.buffers = {name: stacked(same) for name, same in tensors_by_name(networks, nn.Module.named_buffers)}
        for weight in self.weights.values():
            weight.requires_grad_()

    def logits(self, inputs: Tensor) -> Tensor:
        """Logits (R, B, C) of inputs (R, B, …) in training; running means and variances are updated."""
        # of torch's ways to compute attention, those for single networks have no rule for several on a CPU
        with sdpa_kernel([SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]), cast_convolutions(inputs.device):
            return vmap(self._logits_of_one)(self.weights, self.buffers, inputs)

    def _logits_of_one(self, weights: dict[str, Tensor], buffers: dict[str, Tensor], inputs: Tensor) -> Tensor:
        return functional_call(self.networks[0], (weights, buffers), (inputs,))

    def losses(self, inputs: Tensor, labels: Tensor) -> Tensor:
        """Mean cross-entropy (R,) of every run over its batch, of inputs (R, B, …) and labels (R, B)."""
        logits = self.logits(inputs)
        # one sample a row, since the loss of any other shape depends on the order of threads on a GPU
        losses = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
        return losses.view(labels.shape).mean(dim=1)


class CastConvolutions(TorchFunctionMode):
    """Convolutions of a lower precision, which autocast leaves out for several networks on a CPU.

    What they give is float32 again: BatchNorm of several networks takes no other numbers beside its float32 statistics.
    """

    def __init__(self, dtype: torch.dtype):
        super().__init__()
        self.dtype = dtype

    def __torch_function__(self, function, types, arguments=(), keywords=None):
        if function is torch.conv2d:
            cast = [part.to(self.dtype) if isinstance(part, Tensor) else part for part in arguments]
            return function(*cast, **(keywords or {})).float()
        return function(*arguments, **(keywords or {}))


def cast_convolutions(device: torch.device) -> AbstractContextManager:
    """Context in which autocast, where it is on, is of all convolutions."""
    if not torch.is_autocast_enabled(device.type):
        return nullcontext()
    return CastConvolutions(torch.get_autocast_dtype(device.type))


class FullyConnectedStack(Stack):
    """Fully connected networks of one shape (see :func:`paper.training.networks.fully_connected`) as one.

    Activations are (R, width, B), runs first and samples last: BatchNorm of all runs is then one call over R · width
    channels whose samples lie side by side.
    """

    def __init__(self, networks: Sequence[nn.Module]):
        super().__init__(networks)
        names = [name for name, module in networks[0].named_children() if isinstance(module, nn.Linear)]
        self.layers = [(self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]) for name in names]
        norms = [name for name, module in networks[0].named_children() if isinstance(module, nn.BatchNorm1d)]
        self.means, self.variances = (
            [self.buffers[f"{name}.{of}"].view(-1) for name in norms] for of in ("running_mean", "running_var")
        )
        self._counts = [self.buffers[f"{name}.num_batches_tracked"] for name in norms]

    def logits(self, inputs: Tensor) -> Tensor:
        for count in self._counts:
            count += 1
        channels = inputs.flatten(2).transpose(1, 2)
        return self.products(channels, (self.means, self.variances), training=True).transpose(1, 2)

    def products(
        self, inputs: Tensor, statistics: tuple[Sequence[Tensor | None], Sequence[Tensor | None]], *, training: bool
    ) -> Tensor:
        """Logits (R, C, B) of inputs (R, d, B); statistics are updated in training, and used otherwise."""
        for layer, mean, variance in zip(self.layers, *statistics, strict=False):  # the last layer has none
            active = self.active(layer, inputs)
            channels = active.view(1, -1, active.shape[2])
            inputs = functional.batch_norm(channels, mean, variance, training=training).view(active.shape)
        weight, bias = self.layers[-1]
        return torch.baddbmm(bias[:, :, None], weight, inputs)

    @staticmethod
    def active(layer: tuple[Tensor, Tensor], inputs: Tensor) -> Tensor:
        """What a hidden layer makes of inputs (R, d, B), before it is normalised."""
        weight, bias = layer
        return torch.relu(torch.baddbmm(bias[:, :, None], weight, inputs))


def stack_of(networks: Sequence[nn.Module]) -> Stack:
    """The stack of some networks of one shape; fully connected ones have a faster way than those of any shape."""
    layers = list(networks[0]) if isinstance(networks[0], nn.Sequential) else [networks[0]]
    of_kind = [sum(isinstance(layer, kind) for layer in layers) for kind in (nn.Linear, nn.ReLU, nn.BatchNorm1d)]
    hidden = of_kind[0] - 1
    is_plain = len(layers) == 2 + 3 * hidden and of_kind[1:] == [hidden, hidden]  # with the layer that flattens
    return (FullyConnectedStack if is_plain else Stack)(networks)


def tensors_by_name(networks: Sequence[nn.Module], tensors_of):
    """Name and tensors of all networks, of each of the parameters or buffers of the first."""
    of_all = [dict(tensors_of(network)) for network in networks]
    return [(name, [of_one[name] for of_one in of_all]) for name in of_all[0]]


def stacked(tensors: Sequence[Tensor]) -> Tensor:
    """Copies of tensors in one tensor (R, …), of which they become views, each with the strides that it has."""
    first = tensors[0].detach()
    whole = torch.empty_strided(
        (len(tensors), *first.shape), (first.numel(), *first.stride()), dtype=first.dtype, device=first.device
    )
    for part, tensor in zip(whole, tensors, strict=True):
        part.copy_(tensor.detach())
        tensor.data = part
    return whole
