import ctypes.util
import os
import subprocess
import sys

import pytest
import torch
from conftest import ROOT
from torch import nn

from paper.study.configuration import AllCNN, ConvMixer, FullyConnected, VisionTransformerSize, WideResNet
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


STUDIES = sorted(str(path) for path in (ROOT / "config").glob("*.yaml"))


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
    for size in PAPER.values():
        convolutions = [m for m in build_network(size, (3, 32, 32), 10).modules() if isinstance(m, nn.Conv2d)]
        assert not [m for m in convolutions if m.kernel_size == (1, 1) and m.stride != (1, 1)]
