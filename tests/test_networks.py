import ctypes.util
import os
import subprocess
import sys
from itertools import pairwise

import pytest
import torch
import torchvision
from conftest import ROOT
from torch import nn

from paper.study.configuration import AllCNN, ConvMixer, FullyConnected, ResNet, VisionTransformerSize, WideResNet
from paper.training.networks import PreactivationBlock, build_network

# the sizes of the paper, for 32×32 images in colour
PAPER = {
    "fc": FullyConnected(kind="fc", widths=[1024, 512, 256, 128]),
    "allcnn": AllCNN(kind="allcnn", c1=96, c2=144),
    "convmixer": ConvMixer(kind="convmixer", dim=256, depth=8, kernel=5, patch=2),
    "wrn_small": WideResNet(kind="wrn", depth=10, planes=8, widen=4),
    "wrn_large": WideResNet(kind="wrn", depth=16, planes=64, widen=4),
    "vit": VisionTransformerSize(kind="vit", patch=4, dim=512, depth=6, heads=8, mlp=512),
}


@pytest.mark.parametrize("name", [name for name in PAPER if name != "wrn_large"])
def test_networks_of_the_papers_size_give_logits_and_gradients(name):
    torch.manual_seed(0)
    network = build_network(PAPER[name], (3, 32, 32), 10)
    logits = network(torch.randn(2, 3, 32, 32))
    assert logits.shape == (2, 10)
    logits.square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in network.parameters())


def kinds(network):
    return [type(module) for module in network.modules() if not list(module.children())]


def test_fully_connected_normalises_after_the_non_linearity_without_affine():
    network = build_network(PAPER["fc"], (3, 32, 32), 10)
    assert kinds(network) == [nn.Flatten, *[nn.Linear, nn.ReLU, nn.BatchNorm1d] * 4, nn.Linear]
    assert not any(module.affine for module in network.modules() if isinstance(module, nn.BatchNorm1d))
    assert [m.in_features for m in network if isinstance(m, nn.Linear)] == [3072, 1024, 512, 256, 128]


def test_all_cnn_has_the_order_of_the_paper():
    network = build_network(PAPER["allcnn"], (3, 32, 32), 10)
    assert kinds(network)[:3] == [nn.Conv2d, nn.ReLU, nn.BatchNorm2d]
    convolutions = [m for m in network if isinstance(m, nn.Conv2d)]
    assert [m.out_channels for m in convolutions] == [96] * 3 + [144] * 5 + [10]
    assert [m.stride[0] for m in convolutions] == [1, 1, 2, 1, 1, 2, 1, 1, 1]


@pytest.mark.parametrize(("name", "layers"), [("wrn_small", 10), ("wrn_large", 16)])
def test_wide_resnets_have_their_depth_and_no_affine_norms(name, layers):
    network = build_network(PAPER[name], (3, 32, 32), 10)
    # the depth of a wide ResNet counts its convolutions, three projections among them
    assert len([m for m in network.modules() if isinstance(m, nn.Conv2d)]) == layers
    assert not any(m.affine for m in network.modules() if isinstance(m, nn.BatchNorm2d))
    size = PAPER[name]
    assert network[-1].in_features == size.planes * size.widen * 4


def test_vision_transformer_takes_one_channel_and_pads_to_whole_patches():
    network = build_network(PAPER["vit"], (1, 14, 14), 10)
    assert network[1].image_size == 16 and network[1].conv_proj.in_channels == 1
    assert network(torch.randn(2, 1, 14, 14)).shape == (2, 10)
    with pytest.raises(ValueError, match="must be square"):
        build_network(PAPER["vit"], (1, 14, 15), 10)


def test_vision_transformer_does_not_start_at_ignorance():
    torch.manual_seed(0)
    network = build_network(PAPER["vit"], (3, 32, 32), 10)
    assert network(torch.randn(4, 3, 32, 32)).std() > 0.01


def n_parameters(size, input_shape, n_classes):
    with torch.device("meta"):  # shapes without numbers
        network = build_network(size, input_shape, n_classes)
    return sum(parameter.numel() for parameter in network.parameters())


def wide_resnet_parameters(depth, planes, widen):
    """Convolutions without bias and one linear layer; two convolutions a block, a projection where channels change."""
    widths = [planes, *(planes * widen * 2**stage for stage in range(3))]
    blocks = (depth - 4) // 6
    convolutions = 27 * planes
    for before, width in pairwise(widths):
        convolutions += 9 * before * width + 9 * width**2 + before * width + (blocks - 1) * 18 * width**2
    return convolutions + 10 * widths[-1] + 10


def transformer_parameters(side, patch, dim, depth, mlp, n_classes):
    """Patches, class token and positions; attention (4 d² + 4 d), two linear layers and two norms a layer; a head."""
    tokens = (side // patch) ** 2 + 1
    layer = 4 * dim**2 + 4 * dim + 2 * dim * mlp + mlp + dim + 4 * dim
    return 3 * patch**2 * dim + dim + dim + tokens * dim + depth * layer + 2 * dim + dim * n_classes + n_classes


PARAMETERS = {
    "fc": 3072 * 1024 + 1024 * 512 + 512 * 256 + 256 * 128 + 128 * 10 + (1024 + 512 + 256 + 128 + 10),
    # kernels, biases, and scale and shift of each normalised channel; a head of 1×1
    "allcnn": 9 * (3 * 96 + 2 * 96**2 + 96 * 144 + 3 * 144**2) + 144**2 + 3 * (3 * 96 + 5 * 144) + 144 * 10 + 10,
    # patches; a depthwise and a pointwise convolution a block; biases and norms of each
    "convmixer": 12 * 256 + 3 * 256 + 8 * (25 * 256 + 256**2 + 6 * 256) + 256 * 10 + 10,
    "wrn_small": wide_resnet_parameters(10, 8, 4),
    "wrn_large": wide_resnet_parameters(16, 64, 4),
    "vit": transformer_parameters(32, 4, 512, 6, 512, 10),
}


@pytest.mark.parametrize("name", PAPER)
def test_networks_of_the_papers_size_have_the_parameters_of_their_shapes(name):
    assert n_parameters(PAPER[name], (3, 32, 32), 10) == PARAMETERS[name]


@pytest.mark.parametrize(("name", "millions"), [("wrn_small", 0.30), ("wrn_large", 43.9)])
def test_wide_resnets_have_the_published_number_of_parameters(name, millions):
    assert n_parameters(PAPER[name], (3, 32, 32), 10) / 1e6 == pytest.approx(millions, rel=0.02)


#: As torchvision publishes them, and of ViT-S what Touvron et al. 2021 give as 22 million.
IMAGENET = {
    "resnet18": (ResNet(kind="resnet", depth=18), 11_689_512),
    "resnet50": (ResNet(kind="resnet", depth=50), 25_557_032),
    "vit_s": (
        VisionTransformerSize(kind="vit", patch=16, dim=384, depth=12, heads=6, mlp=1536),
        transformer_parameters(224, 16, 384, 12, 1536, 1000),
    ),
}


@pytest.mark.parametrize("name", IMAGENET)
def test_networks_for_imagenet_have_the_published_number_of_parameters(name):
    size, expected = IMAGENET[name]
    assert n_parameters(size, (3, 224, 224), 1000) == expected
    assert name != "vit_s" or round(expected / 1e6) == 22


@pytest.mark.parametrize("depth", [18, 50])
def test_a_resnet_is_torchvisions(depth):
    """The same weights give the same logits, though pixels are left out before the projections, not by their stride."""
    torch.manual_seed(0)
    network = build_network(ResNet(kind="resnet", depth=depth), (3, 64, 64), 7)
    original = getattr(torchvision.models, f"resnet{depth}")(num_classes=7)
    original.load_state_dict(dict(zip(original.state_dict(), network.state_dict().values(), strict=True)))
    images = torch.randn(2, 3, 64, 64)
    assert torch.allclose(network.eval()(images), original.eval()(images), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("stem", "side"), [("small", 14), ("imagenet", 4)])
def test_the_stem_of_a_resnet_keeps_or_quarters_the_side_of_an_image(stem, side):
    with torch.device("meta"):
        network = build_network(ResNet(kind="resnet", depth=18, stem=stem), (1, 14, 14), 10)
        first = network.maxpool(network.conv1(torch.empty(2, 1, 14, 14)))
        assert network(torch.empty(2, 1, 14, 14)).shape == (2, 10)
    assert first.shape[1:] == (64, side, side)


STUDIES = sorted(str(path) for path in (ROOT / "config").glob("*.yaml"))


@pytest.mark.slow
@pytest.mark.parametrize("instructions", ["AVX2", "DEFAULT"])
def test_training_stays_within_its_memory_on_every_processor(instructions):
    checked = {"MALLOC_CHECK_": "3", "MALLOC_PERTURB_": "165", "OMP_NUM_THREADS": "1"}
    debugging = ctypes.util.find_library("c_malloc_debug")  # where malloc's checks are, since glibc 2.34
    preload = {"LD_PRELOAD": debugging} if debugging else {}
    environment = os.environ | checked | preload | {"ONEDNN_MAX_CPU_ISA": instructions}
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/train_all_shapes.py"), *STUDIES],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.split()[0]) >= 12


def test_a_projection_of_every_second_pixel_is_the_convolution_with_stride_two():
    torch.manual_seed(0)
    block = PreactivationBlock(4, 8, stride=2)
    x = torch.randn(3, 4, 7, 7).to(memory_format=torch.channels_last)
    active = torch.relu(block.norm1(x))
    expected = nn.functional.conv2d(active, block.shortcut.weight, stride=2)
    rest = block.conv2(torch.relu(block.norm2(block.conv1(active))))
    assert torch.allclose(block(x), expected + rest, atol=1e-5)


def test_no_network_has_a_strided_pointwise_convolution():
    for size in [*PAPER.values(), *(size for size, _ in IMAGENET.values())]:
        with torch.device("meta"):
            network = build_network(size, (3, 32, 32), 10)
        convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
        assert not [m for m in convolutions if m.kernel_size == (1, 1) and m.stride != (1, 1)]
