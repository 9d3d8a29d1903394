"""Multiplications of networks by formula, against torch's counter of operations and published numbers."""

import pytest
import torch
from test_networks import IMAGENET, PAPER
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import ResNet18_Weights, ResNet50_Weights

from paper.study.configuration import (
    AllCNN,
    BlockNetwork,
    ConvMixer,
    FullyConnected,
    ResNet,
    VisionTransformerSize,
    WideResNet,
)
from paper.study.operations import multiplications
from paper.training.networks import build_network


def counted(size, input_shape, n_classes):
    """Half of the floating-point operations that torch counts in a forward pass of one image."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        build_network(size, input_shape, n_classes).eval()(torch.empty(1, *input_shape))
    return counter.get_total_flops() / 2


ODD = {
    "fc": FullyConnected(kind="fc", widths=[7, 5]),
    "allcnn": AllCNN(kind="allcnn", c1=3, c2=5),
    "convmixer": ConvMixer(kind="convmixer", dim=6, depth=3, kernel=3, patch=2),
    "wrn": WideResNet(kind="wrn", depth=16, planes=3, widen=1),
    "wrn_wide": WideResNet(kind="wrn", depth=10, planes=3, widen=2),
    "resnet_small": ResNet(kind="resnet", depth=34, stem="small"),
    "resnet": ResNet(kind="resnet", depth=101),
    "vit": VisionTransformerSize(kind="vit", patch=4, dim=12, depth=2, heads=3, mlp=8),
    "blocks": BlockNetwork(kind="blocks", depth=3, width=6, mixing="conv5", norm="none", residual=False),
    "blocks_attention": BlockNetwork(kind="blocks", depth=2, width=6, mixing="attention", norm="layer", residual=True),
}
CASES = {
    **{f"{name} of the paper": (size, (3, 32, 32), 10) for name, size in PAPER.items()},
    **{f"{name} for ImageNet": (size, (3, 224, 224), 1000) for name, (size, _) in IMAGENET.items()},
    **{f"{name}, images of odd side": (size, (1, 15, 15), 7) for name, size in ODD.items()},
}


@pytest.mark.parametrize("case", CASES)
def test_multiplications_are_those_that_torch_counts(case):
    assert multiplications(*CASES[case]) == counted(*CASES[case])


@pytest.mark.parametrize(("name", "weights"), [("resnet18", ResNet18_Weights), ("resnet50", ResNet50_Weights)])
def test_multiplications_of_resnets_are_those_that_torchvision_publishes(name, weights):
    published = weights.IMAGENET1K_V1.meta["_ops"]  # in thousand millions
    assert multiplications(IMAGENET[name][0], (3, 224, 224), 1000) / 1e9 == pytest.approx(published, rel=1e-3)
