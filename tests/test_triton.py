"""The kernel for GPUs, run by Triton's interpreter on the processor, and compiled for GPUs that need not be there."""

import importlib
import sys

import numpy as np
import pytest

from inpca import pairwise_distances
from inpca.distances import torch_path, triton_path
from inpca.geometry import ignorance, truth

triton = pytest.importorskip("triton", reason="Triton is not installed: PyTorch brings it on Linux alone")


def forget_kernel():
    sys.modules.pop("inpca.distances.triton_kernel", None)


@pytest.fixture
def interpreted(monkeypatch):
    """``cpu:0``, a device of torch, takes the way of GPUs; PyTorch's operations take over nowhere."""
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    monkeypatch.setattr(torch_path, "_sums", None)
    monkeypatch.setattr(triton_path, "BLOCK", 16)
    forget_kernel()
    yield
    forget_kernel()


def by_torch(*given, **options):
    """PyTorch's operations, the reference."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(triton_path, "is_used", lambda device: False)
        patch.setattr(torch_path, "_sums", SUMS)
        return pairwise_distances(*given, device="cpu:0", **options)


SUMS = torch_path._sums


@pytest.mark.parametrize(
    ("m", "k", "n_samples", "n_classes"),
    [(1, 1, 1, 2), (21, 17, 70, 2), (16, 33, 33, 3), (35, 5, 64, 10), (18, 4, 5, 17), (5, 20, 3, 100), (4, 6, 2, 300)],
)
def test_distances_are_those_of_the_reference(rng, interpreted, m, k, n_samples, n_classes):
    """To 3e-7, what float32 leaves on the processor as well; zeros among probabilities, equal and close models."""
    X, Y = (rng.dirichlet(np.full(n_classes, 0.3), size=(size, n_samples)) for size in (m, k))
    X[:, :, 0], X[::2, :, -1] = 0.1, 0
    X /= X.sum(axis=-1, keepdims=True)
    Y[-1] = X[-1]
    Y[0] = X[0] * np.exp(1e-4 * rng.normal(size=X[0].shape)) if k > 1 else Y[0]
    Y /= Y.sum(axis=-1, keepdims=True)
    found, within = pairwise_distances(X, Y, device="cpu:0"), pairwise_distances(X, device="cpu:0")
    assert found[-1, -1] == 0
    for exact, distances in ((by_torch(X, Y), found), (by_torch(X), within)):
        assert np.allclose(distances, exact, rtol=0, atol=3e-7)
    assert np.allclose(found, pairwise_distances(X, Y), rtol=2e-6, atol=3e-7)
    assert np.array_equal(within, within.T) and not within.diagonal().any()


@pytest.mark.parametrize("n_samples", [1, 31, 32, 65])
@pytest.mark.parametrize("n_classes", [2, 10, 100])
def test_analytic_values(interpreted, n_samples, n_classes):
    """½ ln C from ignorance to truth, 100 between truths, and exp(-x/2) for an overlap far below float32's range."""
    labels = np.zeros(n_samples, int)
    models = np.stack([ignorance(n_samples, n_classes), truth(labels, n_classes), truth(labels + 1, n_classes)])
    D = pairwise_distances(models, device="cpu:0")
    half = np.log(n_classes) / 2
    assert np.allclose(D, [[0, half, half], [half, 0, 100], [half, 100, 0]], rtol=1e-6, atol=1e-7)
    assert D[1, 2] == pytest.approx(100, rel=1e-7)
    sizes = np.linspace(1, 190, 20)
    logs = np.full((len(sizes), n_samples, 2), 0.0)
    logs[:, :, 1] = -sizes[:, None]
    logs -= np.log1p(np.exp(-sizes))[:, None, None]
    D = pairwise_distances(logs, np.log(truth(labels + 1, 2) + 1e-300)[None], log=True, device="cpu:0")
    exact = sizes / 2 + np.log1p(np.exp(-sizes)) / 2
    assert np.allclose(D[:, 0], np.minimum(exact, 100), rtol=1e-6)


def test_blocks_of_models_and_of_samples_give_the_same(rng, interpreted, monkeypatch):
    X = rng.dirichlet(np.full(5, 0.5), size=(25, 24)).astype(np.float32)
    whole = pairwise_distances(X, device="cpu:0")
    monkeypatch.setattr(torch_path, "FUSED_MODELS", 16)
    assert np.array_equal(pairwise_distances(X, device="cpu:0"), whole)
    monkeypatch.setattr(torch_path, "FUSED_BYTES", 4 * 16 * 5 * 7)
    assert np.allclose(pairwise_distances(X, device="cpu:0"), whole, rtol=0, atol=1e-7)
    hellinger = pairwise_distances(X, metric="hellinger", device="cpu:0")
    assert np.allclose(hellinger, -np.expm1(-24 * whole), rtol=0, atol=1e-5)


def test_products_of_many_samples_lose_nothing(rng, interpreted):
    """Three hundred samples whose overlaps are e^-90, and as many that are nearly 1: sums from 1e-4 to 27,000."""
    angles = np.stack([np.full(300, 1e-3), np.full(300, np.pi / 2 - np.exp(-90)), rng.uniform(0, 1.5, 300)])
    X = np.stack([np.cos(angles) ** 2, np.sin(angles) ** 2], axis=-1)
    X[1, :, 0] = np.exp(-180)
    one = truth(np.zeros(300, int), 2)[None]
    exact = -np.log(np.sqrt(X[:, :, 0])).mean(axis=1)
    assert np.allclose(pairwise_distances(X, one, device="cpu:0")[:, 0], exact, rtol=1e-6, atol=1e-9)


def test_without_triton_or_where_it_fails_pytorch_does_it(rng, monkeypatch):
    X = rng.dirichlet(np.ones(3), size=(9, 8))
    assert not triton_path.is_used("cpu:0")
    with monkeypatch.context() as patch:
        patch.setattr(importlib.util, "find_spec", lambda name: None)
        patch.setenv("TRITON_INTERPRET", "1")
        assert not triton_path.is_used("cuda")
    forget_kernel()
    monkeypatch.setattr(triton_path, "is_used", triton_path.works_on.__wrapped__)
    with pytest.warns(
        UserWarning, match=r"^Triton cannot be used on cpu:0 \(.+\); distances take PyTorch's operations$"
    ):
        D = pairwise_distances(X, device="cpu:0")
    assert np.array_equal(D, by_torch(X))
    monkeypatch.setattr(triton_path, "sums", lambda a, b, upper: 0 * a[0] @ b[0].T)
    with pytest.warns(UserWarning, match=r"\(it computes something else\)"):
        assert np.array_equal(pairwise_distances(X, device="cpu:0"), D)


def test_where_it_works_it_is_used(rng, interpreted, recwarn):
    assert triton_path.works_on.__wrapped__("cpu:0") and not recwarn.list


@pytest.mark.slow
@pytest.mark.parametrize("n_classes", [10, 1000])
def test_it_compiles_for_gpus_to_float32_alone(n_classes):
    """Machine code of two generations, without double precision, and without the short numbers of TF32."""
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    forget_kernel()
    from inpca.distances.triton_kernel import overlap_products

    types = dict(left="*fp32", right="*fp32", products=("*fp32", "*i32"), sizes=("i32",) * 4)
    constants = triton_path.constants(n_classes, upper=True)
    for generation in (80, 90):
        source = ASTSource(overlap_products, types | dict.fromkeys(constants, "constexpr"), constants)
        ptx = triton.compile(source, target=GPUTarget("cuda", generation, 32), options=dict(num_warps=4)).asm["ptx"]
        assert "fma.rn.f32" in ptx and "tf32" not in ptx and "f64" not in ptx and ".local" not in ptx
