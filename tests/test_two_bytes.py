"""Distances of models of two bytes a number: bit for bit those of their float32 values, of which no copy is made."""

import tracemalloc

import numpy as np
import pytest
import torch
import zarr

from inpca import InPCA, pairwise_distances
from inpca.bfloat16 import BFloat16Array, as_bfloat16
from inpca.distances import blocks, input
from inpca.distances.kernels import TILE
from inpca.distances.pairwise import METRICS

#: Models, samples, classes: few, in parts of samples, in tiles, by matrix products.
SIZES = [(5, 40, 10), (3, 9000, 2), (TILE + 5, 70, 10), (150, 40, 60)]


def models_of(rng, m, n_samples, n_classes, log):
    X = rng.dirichlet(np.full(n_classes, 0.5), size=(m, n_samples))
    return np.log(np.maximum(X, 1e-6)) - np.log(np.maximum(X, 1e-6).sum(-1, keepdims=True)) if log else X


def in_two_bytes(X, kind):
    """Models in a type of two bytes, and the float32 numbers that they are."""
    if kind == "float16":
        half = X.astype(np.float16)
        return half, half.astype(np.float32)
    tensor = torch.tensor(X).bfloat16()
    return tensor, tensor.float().numpy()


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(
    ("m", "n_samples", "n_classes"), [(5, 40, 10), (3, 9000, 2), (TILE + 5, 70, 10), (150, 40, 60)]
)
def test_distances_are_those_of_their_values_bit_for_bit(rng, monkeypatch, kind, log, m, n_samples, n_classes):
    half, single = in_two_bytes(models_of(rng, m, n_samples, n_classes, log), kind)
    for module in (input, blocks):  # many slices of the samples
        monkeypatch.setattr(module, "NUMBERS_AT_ONCE", 300 * n_classes)
    for metric in METRICS:
        options = dict(metric=metric, log=log)
        exact = pairwise_distances(single, normalize=True, **options)
        assert np.array_equal(pairwise_distances(half, **options), exact)
        between = pairwise_distances(single, single[:7], normalize=True, **options)
        assert np.array_equal(pairwise_distances(half, half[:7], **options), between)
        if n_samples < 100:  # one side of each kind
            mixed = pairwise_distances(half, single[:7], normalize=True, **options)
            assert np.array_equal(mixed, between)


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(("m", "n_samples", "n_classes"), [(4, 8000, 50), (2 * TILE, 500, 10), (2 * TILE, 200, 64)])
def test_no_float32_copy_is_made(rng, monkeypatch, kind, log, m, n_samples, n_classes):
    """Beyond what float32 models, of which no copy is made, take: less than a third of such a copy."""
    half, single = in_two_bytes(models_of(rng, m, n_samples, n_classes, log), kind)
    for module in (input, blocks):
        monkeypatch.setattr(module, "NUMBERS_AT_ONCE", 4096)

    def peak(X):
        pairwise_distances(X[:, :8], log=log, normalize=True, n_jobs=2)  # compiled
        tracemalloc.start()
        pairwise_distances(X, log=log, normalize=X is single, n_jobs=2)
        largest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return largest

    assert peak(half) - peak(single) < single.nbytes / 3


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
@pytest.mark.parametrize("n_classes", [10, 60])
def test_stores_of_two_bytes_are_read_by_blocks(rng, monkeypatch, tmp_path, kind, n_classes):
    half, _ = in_two_bytes(models_of(rng, 2 * TILE + 3, 20, n_classes, True), kind)
    held = half if kind == "float16" else half.view(torch.int16).numpy().view(np.uint16)
    stored = zarr.create_array(tmp_path / "x.zarr", data=held, chunks=(50, 20, n_classes))
    if kind == "bfloat16":
        stored.attrs["dtype"] = "bfloat16"
    whole = pairwise_distances(half, log=True)
    assert np.array_equal(pairwise_distances(stored, log=True), whole)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 16 * blocks.SAMPLE_PARTS * 20**2)
    assert np.allclose(pairwise_distances(stored, log=True), whole, rtol=0, atol=5e-7)


def test_a_store_of_bfloat16_is_embedded_as_its_values_are(rng, tmp_path):
    tensor, single = in_two_bytes(models_of(rng, 30, 20, 4, True), "bfloat16")
    stored = zarr.create_array(tmp_path / "x.zarr", data=tensor.view(torch.int16).numpy().view(np.uint16))
    stored.attrs["dtype"] = "bfloat16"
    found, exact = InPCA(2, log=True).fit(stored), InPCA(2, log=True).fit(tensor)
    assert np.array_equal(found.embedding_, exact.embedding_)
    assert np.array_equal(np.asarray(as_bfloat16(stored)), single)
    assert np.array_equal(np.asarray(BFloat16Array(stored)[3:5, 2]), single[3:5, 2])


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
@pytest.mark.parametrize("m", [4, 140])
@pytest.mark.parametrize("n_classes", [3, 60])
def test_what_is_wrong_in_two_bytes_is_named(kind, m, n_classes):
    X = np.full((m, 2, n_classes), 1 / n_classes)
    above = np.log(X)
    above[-1, 1] = -100
    above[-1, 1, 0] = 2.0**-8  # within the tolerance of sums
    missing = X.copy()
    missing[-1, 1, 1] = np.nan
    for wrong, log, message in (
        (X * 2, False, r"^X is not normalised: .* sum to (2|1.99|2.00)\d*, not to 1"),
        (np.log(X), False, r"^X holds negative probabilities, .* are these log-probabilities\? then pass log=True$"),
        (above, True, rf"^X holds log-probabilities above 0, .* at index \({m - 1}, 1, 0\)"),
        (missing, False, rf"^X holds NaN or infinite values, the first at index \({m - 1}, 1, 1\)$"),
    ):
        with pytest.raises(ValueError, match=message):
            pairwise_distances(in_two_bytes(wrong, kind)[0], log=log)


def test_whole_numbers_without_the_attribute_are_whole_numbers():
    bits = torch.full((3, 2, 4), 0.25).bfloat16().view(torch.int16).numpy().view(np.uint16)
    with pytest.raises(ValueError, match="X is not normalised"):
        pairwise_distances(zarr.create_array(zarr.storage.MemoryStore(), data=bits))
