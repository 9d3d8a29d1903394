"""How many multiplications a network takes for one image, from its size alone: no network is built."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from paper.study.configuration import (
    AllCNN,
    BlockNetwork,
    ConvMixer,
    FullyConnected,
    Linear,
    Network,
    ResNet,
    VisionTransformerSize,
    WideResNet,
)

#: Number of blocks in each stage of a ResNet, and whether these are bottlenecks of three convolutions.
RESNETS = {
    18: ((2, 2, 2, 2), False),
    34: ((3, 4, 6, 3), False),
    50: ((3, 4, 6, 3), True),
    101: ((3, 4, 23, 3), True),
}


def multiplications(size: Network, input_shape: tuple[int, int, int], n_classes: int) -> int:
    """Multiplications of convolutions, linear layers and attention when a network predicts one image.

    Each goes with one addition, so that floating-point operations are twice as many; the gradients of a step take about
    twice the operations of the prediction. Norms, non-linearities and sums are not counted, as is the custom.

    Parameters
    ----------
    size : Network
        See :func:`paper.training.networks.build_network`.
    input_shape : (channels, height, width)
        Of square images.
    n_classes : int

    Examples
    --------
    >>> multiplications(FullyConnected(kind="fc", widths=[32]), (1, 8, 8), 10)
    2368
    """
    channels, side, _ = input_shape
    counts: dict[type, Callable[..., int]] = {
        FullyConnected: _fully_connected,
        Linear: _fully_connected,
        AllCNN: _all_cnn,
        ConvMixer: _conv_mixer,
        WideResNet: _wide_resnet,
        ResNet: _residual_network,
        VisionTransformerSize: _vision_transformer,
        BlockNetwork: _block_network,
    }
    return counts[type(size)](size, channels, side, n_classes)


def _convolution(fan_in: int, fan_out: int, kernel: int, side: int) -> int:
    """Of a convolution whose output has ``side`` × ``side`` pixels."""
    return kernel**2 * fan_in * fan_out * side**2


def _half(side: int) -> int:
    """Side of the output of a convolution with stride 2."""
    return -(-side // 2)


def _fully_connected(size: FullyConnected | Linear, channels: int, side: int, n_classes: int) -> int:
    return sum(a * b for a, b in pairwise([channels * side**2, *size.widths, n_classes]))


def _all_cnn(size: AllCNN, channels: int, side: int, n_classes: int) -> int:
    c1, c2, half = size.c1, size.c2, _half(side)
    quarter = _half(half)
    return (
        _convolution(channels, c1, 3, side)
        + _convolution(c1, c1, 3, side)
        + _convolution(c1, c1, 3, half)
        + _convolution(c1, c2, 3, half)
        + _convolution(c2, c2, 3, half)
        + 2 * _convolution(c2, c2, 3, quarter)
        + _convolution(c2, c2, 1, quarter)
        + _convolution(c2, n_classes, 1, quarter)
    )


def _conv_mixer(size: ConvMixer, channels: int, side: int, n_classes: int) -> int:
    patches = side // size.patch
    block = _convolution(1, size.dim, size.kernel, patches) + _convolution(size.dim, size.dim, 1, patches)
    return _convolution(channels, size.dim, size.patch, patches) + size.depth * block + size.dim * n_classes


def _wide_resnet(size: WideResNet, channels: int, side: int, n_classes: int) -> int:
    total, fan_in = _convolution(channels, size.planes, 3, side), size.planes
    for stage in range(3):
        fan_out = size.planes * size.widen * 2**stage
        side = _half(side) if stage else side
        for block in range((size.depth - 4) // 6):
            total += _convolution(fan_in, fan_out, 3, side) + _convolution(fan_out, fan_out, 3, side)
            if fan_in != fan_out or (stage and not block):
                total += _convolution(fan_in, fan_out, 1, side)
            fan_in = fan_out
    return total + fan_in * n_classes


def _residual_network(size: ResNet, channels: int, side: int, n_classes: int) -> int:
    blocks, bottleneck = RESNETS[size.depth]
    small = size.stem == "small"
    side = side if small else _half(side)
    total, fan_in = _convolution(channels, 64, 3 if small else 7, side), 64
    side = side if small else _half(side)
    for stage, n_blocks in enumerate(blocks):
        width = 64 * 2**stage
        fan_out = 4 * width if bottleneck else width
        for block in range(n_blocks):
            before, side = side, _half(side) if stage and not block else side
            if bottleneck:
                total += _convolution(fan_in, width, 1, before) + _convolution(width, width, 3, side)
                total += _convolution(width, fan_out, 1, side)
            else:
                total += _convolution(fan_in, width, 3, side) + _convolution(width, width, 3, side)
            if fan_in != fan_out or before != side:
                total += _convolution(fan_in, fan_out, 1, side)
            fan_in = fan_out
    return total + fan_in * n_classes


def _vision_transformer(size: VisionTransformerSize, channels: int, side: int, n_classes: int) -> int:
    patches = (-(-side // size.patch)) ** 2
    tokens = patches + 1
    layer = tokens * (4 * size.dim**2 + 2 * size.dim * size.mlp) + 2 * tokens**2 * size.dim
    return channels * size.patch**2 * size.dim * patches + size.depth * layer + size.dim * n_classes


def _block_network(size: BlockNetwork, channels: int, side: int, n_classes: int) -> int:
    side = _half(side)
    attention = 4 * _convolution(size.width, size.width, 1, side) + 2 * side**4 * size.width
    mixing = attention if size.kernel is None else _convolution(size.width, size.width, size.kernel, side)
    block = mixing + _convolution(size.width, size.width, 1, side)
    return _convolution(channels, size.width, 3, side) + size.depth * block + size.width * n_classes
