r"""A small residual network of equal blocks, of which every component can be exchanged alone.

Of an input x a block makes :math:`x + V\,\mathrm{ReLU}(N(M x))`: M mixes pixels, by a convolution or by self-attention,
N is a norm, V maps the channels of each pixel, and x is added where there are residual connections.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from paper.study.configuration import ATTENTION_HEADS, BlockNetwork


def drawn(layer: nn.Conv2d | nn.Linear) -> nn.Conv2d | nn.Linear:
    """The same layer, its weights drawn so that a signal keeps its size (He et al. 2015), biases 0.

    Without that a signal fades from block to block where nothing is added to it, and no such network learns.
    """
    nn.init.kaiming_normal_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class SelfAttention(nn.Module):
    """Self-attention of all pixels of an image, whose channels are shared among heads (Vaswani et al. 2017)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.to_heads = drawn(nn.Linear(width, 3 * width))
        self.from_heads = drawn(nn.Linear(width, width))

    def forward(self, x: Tensor) -> Tensor:
        pixels = x.flatten(2).transpose(1, 2)  # (B, pixels, channels)
        parts = self.to_heads(pixels).unflatten(2, (3, ATTENTION_HEADS, -1)).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2])
        return self.from_heads(mixed.transpose(1, 2).flatten(2)).transpose(1, 2).unflatten(2, x.shape[2:])


class LearnedPlaces(nn.Module):
    """Adds a learned vector to each pixel, without which self-attention does not know where it is."""

    def __init__(self, width: int, height: int, length: int) -> None:
        super().__init__()
        self.places = nn.Parameter(0.02 * torch.randn(1, width, height, length))  # as vision transformers start

    def forward(self, x: Tensor) -> Tensor:
        return x + self.places


class Block(nn.Module):
    """Mixing, norm, ReLU, 1×1 convolution; plus the input where there are residual connections."""

    def __init__(self, size: BlockNetwork) -> None:
        super().__init__()
        self.residual = size.residual
        kernel = size.kernel
        mixing = (
            SelfAttention(size.width)
            if kernel is None
            else drawn(nn.Conv2d(size.width, size.width, kernel, padding=kernel // 2))
        )
        channels = drawn(nn.Conv2d(size.width, size.width, 1))
        self.layers = nn.Sequential(mixing, norm_of(size), nn.ReLU(), channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.residual else self.layers(x)


class ReadOut(nn.Module):
    """Mean over all pixels, then a linear layer."""

    def __init__(self, width: int, n_classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x.mean((2, 3)))


def norm_of(size: BlockNetwork) -> nn.Module:
    """Batch norm; layer norm, over all channels and pixels of an image (Ba et al. 2016), scaled by channel; or none."""
    norms = {"batch": nn.BatchNorm2d(size.width), "layer": nn.GroupNorm(1, size.width), "none": nn.Identity()}
    return norms[size.norm]


def block_network(size: BlockNetwork, input_shape: tuple[int, int, int], n_classes: int) -> nn.Sequential:
    """A 3×3 convolution of every second pixel, ``depth`` blocks of equal width, norm, ReLU, and the read-out.

    Parameters
    ----------
    size : BlockNetwork
    input_shape : (channels, height, width)
    n_classes : int

    Examples
    --------
    >>> size = BlockNetwork(kind="blocks", depth=2, width=8, mixing="attention", norm="layer", residual=True)
    >>> block_network(size, (1, 14, 14), 10)(torch.randn(5, 1, 14, 14)).shape
    torch.Size([5, 10])
    """
    channels, height, width = input_shape
    places = [LearnedPlaces(size.width, -(-height // 2), -(-width // 2))] if size.kernel is None else []
    return nn.Sequential(
        nn.Conv2d(channels, size.width, 3, 2, padding=1),
        *places,
        *(Block(size) for _ in range(size.depth)),
        norm_of(size),
        nn.ReLU(),
        ReadOut(size.width, n_classes),
    )
