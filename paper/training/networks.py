"""The paper's six networks and those of its ImageNet experiment, in a size set by their configuration.

Layer order and normalisation follow Mao et al. (arXiv:2305.01604): the fully connected and the all-convolutional
networks normalise *after* the non-linearity; the fully connected network and the wide ResNets have BatchNorm
without affine parameters.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torchvision.models import VisionTransformer, resnet18, resnet34, resnet50, resnet101

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
from paper.training.block_network import block_network


def build_network(size: Network, input_shape: tuple[int, int, int], n_classes: int) -> nn.Module:
    """Network with freshly drawn weights (from torch's global generator).

    Parameters
    ----------
    size : Network
        One of the size models of :mod:`paper.study.configuration`; its ``kind`` selects the architecture.
    input_shape : (channels, height, width)
        Shape of one sample.
    n_classes : int
        Number of logits.

    Returns
    -------
    torch.nn.Module
        Maps (B, channels, height, width) to logits (B, n_classes).

    Examples
    --------
    >>> network = build_network(FullyConnected(kind="fc", widths=[32]), (1, 8, 8), 10)
    >>> network(torch.randn(5, 1, 8, 8)).shape
    torch.Size([5, 10])
    """
    builders = {
        FullyConnected: fully_connected,
        Linear: linear,
        AllCNN: all_cnn,
        ConvMixer: conv_mixer,
        WideResNet: wide_resnet,
        ResNet: residual_network,
        VisionTransformerSize: vision_transformer,
        BlockNetwork: block_network,
    }
    return builders[type(size)](size, input_shape, n_classes)


def fully_connected(size: FullyConnected, input_shape: tuple[int, int, int], n_classes: int) -> nn.Sequential:
    """Linear, ReLU, BatchNorm without affine parameters, for each hidden width; then a linear layer."""
    channels, height, width = input_shape
    widths = [channels * height * width, *size.widths]
    hidden = [
        layer
        for fan_in, fan_out in pairwise(widths)
        for layer in (nn.Linear(fan_in, fan_out), nn.ReLU(), nn.BatchNorm1d(fan_out, affine=False))
    ]
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(widths[-1], n_classes))


def linear(size: Linear, input_shape: tuple[int, int, int], n_classes: int) -> nn.Sequential:
    """Linear layers through each hidden width, whose product is one matrix."""
    channels, height, width = input_shape
    widths = [channels * height * width, *size.widths, n_classes]
    return nn.Sequential(nn.Flatten(), *(nn.Linear(fan_in, fan_out) for fan_in, fan_out in pairwise(widths)))


def all_cnn(size: AllCNN, input_shape: tuple[int, int, int], n_classes: int) -> nn.Sequential:
    """All-convolutional network (Springenberg et al. 2015): strides instead of pooling; conv, ReLU, BatchNorm."""

    def block(fan_in: int, fan_out: int, kernel: int = 3, stride: int = 1) -> list[nn.Module]:
        conv = nn.Conv2d(fan_in, fan_out, kernel, stride, padding=kernel // 2)
        return [conv, nn.ReLU(), nn.BatchNorm2d(fan_out)]

    c1, c2 = size.c1, size.c2
    return nn.Sequential(
        *block(input_shape[0], c1),
        *block(c1, c1),
        *block(c1, c1, stride=2),
        *block(c1, c2),
        *block(c2, c2),
        *block(c2, c2, stride=2),
        *block(c2, c2),
        *block(c2, c2, kernel=1),
        nn.Conv2d(c2, n_classes, 1),
        MeanOfPixels(),
        nn.Flatten(),
    )


class MeanOfPixels(nn.Module):
    """Mean over all pixels of each channel: (B, channels, height, width) to (B, channels, 1, 1).

    The same numbers as ``AdaptiveAvgPool2d(1)``, which torch cannot batch over networks where channels come last.
    """

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3), keepdim=True)


class Residual(nn.Sequential):
    """x + f(x) for the sequence f."""

    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


def conv_mixer(size: ConvMixer, input_shape: tuple[int, int, int], n_classes: int) -> nn.Sequential:
    """ConvMixer (Trockman & Kolter 2022): patch embedding, then depthwise and pointwise convolutions."""

    def mix(conv: nn.Conv2d) -> list[nn.Module]:
        return [conv, nn.GELU(), nn.BatchNorm2d(size.dim)]

    def depthwise() -> nn.Conv2d:
        return nn.Conv2d(size.dim, size.dim, size.kernel, groups=size.dim, padding="same")

    blocks = [
        nn.Sequential(Residual(*mix(depthwise())), *mix(nn.Conv2d(size.dim, size.dim, 1))) for _ in range(size.depth)
    ]
    patches = nn.Conv2d(input_shape[0], size.dim, size.patch, stride=size.patch)
    return nn.Sequential(*mix(patches), *blocks, MeanOfPixels(), nn.Flatten(), nn.Linear(size.dim, n_classes))


class EverySecondPixel(nn.Module):
    """Every second row and column of images."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, ::2, ::2]


def residual_network(size: ResNet, input_shape: tuple[int, int, int], n_classes: int) -> nn.Module:
    """torchvision's ResNet (He et al. 2016) for images of any number of channels.

    Its projections, 1×1 convolutions with stride 2, take every second pixel before them instead: the same map, for the
    reason that :class:`PreactivationBlock` has.
    """
    build = {18: resnet18, 34: resnet34, 50: resnet50, 101: resnet101}[size.depth]
    network = build(num_classes=n_classes)
    small = size.stem == "small"
    if small or input_shape[0] != 3:
        kernel, stride = (3, 1) if small else (7, 2)
        network.conv1 = nn.Conv2d(input_shape[0], 64, kernel, stride, padding=kernel // 2, bias=False)
        nn.init.kaiming_normal_(network.conv1.weight, mode="fan_out", nonlinearity="relu")  # as torchvision does
    if small:
        network.maxpool = nn.Identity()
    for layer in (network.layer2, network.layer3, network.layer4):
        projection, norm = layer[0].downsample
        projection.stride = (1, 1)
        layer[0].downsample = nn.Sequential(EverySecondPixel(), projection, norm)
    network.avgpool = MeanOfPixels()
    return network


class PreactivationBlock(nn.Module):
    """BatchNorm, ReLU, conv, twice, plus the (projected) input: the block of a wide ResNet.

    The projection, a 1×1 convolution, takes every ``stride``-th pixel before it, which is the same map as a stride of
    its own: the gradient of a 1×1 convolution with stride and few channels, channels last, writes beyond its memory in
    oneDNN on processors with AVX2 alone (uxlfoundation/oneDNN#6035).
    """

    def __init__(self, fan_in: int, fan_out: int, stride: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(fan_in, affine=False)
        self.conv1 = nn.Conv2d(fan_in, fan_out, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(fan_out, affine=False)
        self.conv2 = nn.Conv2d(fan_out, fan_out, 3, padding=1, bias=False)
        same = fan_in == fan_out and stride == 1
        self.stride = stride
        self.shortcut = None if same else nn.Conv2d(fan_in, fan_out, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        active = torch.relu(self.norm1(x))
        skip = x if self.shortcut is None else self.shortcut(active[:, :, :: self.stride, :: self.stride])
        return skip + self.conv2(torch.relu(self.norm2(self.conv1(active))))


def wide_resnet(size: WideResNet, input_shape: tuple[int, int, int], n_classes: int) -> nn.Sequential:
    """Wide ResNet (Zagoruyko & Komodakis 2016) of ``depth`` layers: three stages of widened pre-activation blocks."""
    blocks_per_stage = (size.depth - 4) // 6
    layers: list[nn.Module] = [nn.Conv2d(input_shape[0], size.planes, 3, padding=1, bias=False)]
    fan_in = size.planes
    for stage in range(3):
        fan_out = size.planes * size.widen * 2**stage
        for block in range(blocks_per_stage):
            layers.append(PreactivationBlock(fan_in, fan_out, stride=2 if stage and not block else 1))
            fan_in = fan_out
    return nn.Sequential(
        *layers,
        nn.BatchNorm2d(fan_in, affine=False),
        nn.ReLU(),
        MeanOfPixels(),
        nn.Flatten(),
        nn.Linear(fan_in, n_classes),
    )


def vision_transformer(size: VisionTransformerSize, input_shape: tuple[int, int, int], n_classes: int) -> nn.Sequential:
    """torchvision's vision transformer for square images of any number of channels, zero-padded to whole patches.

    Raises
    ------
    ValueError
        If the images are not square.
    """
    channels, height, width = input_shape
    if height != width:
        raise ValueError(f"vision transformer: images must be square, not {height}×{width} pixels")
    missing = -height % size.patch
    before, after = missing // 2, missing - missing // 2
    network = VisionTransformer(
        image_size=height + missing,
        patch_size=size.patch,
        num_layers=size.depth,
        num_heads=size.heads,
        hidden_dim=size.dim,
        mlp_dim=size.mlp,
        num_classes=n_classes,
    )
    if channels != 3:
        network.conv_proj = nn.Conv2d(channels, size.dim, size.patch, stride=size.patch)
    # torchvision starts the head at zero, which puts every run at P0 exactly; the other five networks start from a
    # random head, so this one does too.
    network.heads.head.reset_parameters()
    return nn.Sequential(nn.ZeroPad2d((before, after, before, after)), network)
