"""What pairwise distances accept, what they refuse and with which words."""

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
import zarr

from inpca import bhattacharyya_distance, pairwise_distances

WANTED = "must be an array (models, samples, classes), numpy, memory-mapped, torch or zarr, not "
SHAPE = "X must have the shape (models, samples, classes), not "
THREADS = "n_jobs must be a whole number of threads from 1 up, or -1 for all, not "
P = np.random.default_rng(0).dirichlet(np.ones(3), size=(4, 5))
EXACT = np.array([[bhattacharyya_distance(a, b) for b in P] for a in P])


class Sliced:
    """Something that is no array: it has a shape and yields arrays when its first axis is sliced."""

    shape = P.shape

    def __getitem__(self, models: slice) -> np.ndarray:
        return P[models]


def rounded() -> np.ndarray:
    """Probabilities with two digits, whose sums miss 1."""
    return np.stack([[[0.33, 0.33, 0.33]] * 2, [[0.3, 0.3, 0.41]] * 2, [[0.01, 0.01, 0.99]] * 2])


@pytest.mark.parametrize(
    "given",
    [
        P.tolist(),
        list(P),
        tuple(P),
        list(torch.tensor(P, requires_grad=True)),
        torch.tensor(P),
        torch.tensor(P, requires_grad=True),
        torch.tensor(P).transpose(0, 1).contiguous().transpose(0, 1),
        np.asfortranarray(P),
        P[::-1][::-1],
        P.astype(np.longdouble),
        P.astype(">f8"),
        np.ma.MaskedArray(P),
        xr.DataArray(P, dims=("model", "sample", "class")),
        zarr.create_array(zarr.storage.MemoryStore(), data=P, chunks=(3, 2, 2)),
        Sliced(),
    ],
    ids=lambda given: type(given).__name__,
)
def test_arrays_of_all_kinds_give_the_same(given):
    assert np.allclose(pairwise_distances(given), EXACT, rtol=1e-12, atol=0)
    assert np.allclose(pairwise_distances(P, given), EXACT, rtol=1e-12, atol=0)


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8, bool])
def test_certain_models_may_be_whole_numbers(dtype):
    X = np.eye(3, dtype=dtype)[[[0, 1], [0, 2], [1, 2]]]
    assert np.allclose(pairwise_distances(X), [[0, 50, 100], [50, 0, 50], [100, 50, 0]], rtol=1e-15, atol=0)


def test_half_precision_gives_the_distances_of_renormalised_models():
    half, brain = P.astype(np.float16), torch.tensor(P, dtype=torch.bfloat16)
    for given in (half, list(half), torch.tensor(half), brain, list(brain)):
        exact = np.stack([torch.as_tensor(model).double().numpy() for model in given])
        exact /= exact.sum(axis=-1, keepdims=True)
        assert np.allclose(pairwise_distances(given), pairwise_distances(exact), rtol=1e-6, atol=0)


@pytest.mark.parametrize("m", [3, 150])
@pytest.mark.parametrize("metric", ["bhattacharyya", "jeffreys", "euclidean"])
def test_normalize_divides_by_the_sums(metric, m):
    X = np.concatenate([rounded()] * (m // 3))
    unit = X / X.sum(axis=-1, keepdims=True)
    with pytest.raises(ValueError, match=r"^X is not normalised: .* to 1; if they were rounded, pass normalize=True$"):
        pairwise_distances(X, metric=metric)
    expected = pairwise_distances(unit, metric=metric)
    for scale in (1, 100):  # percentages too
        assert np.allclose(
            pairwise_distances(scale * X, metric=metric, normalize=True), expected, rtol=1e-6, atol=1e-15
        )
    logits = np.log(unit) + np.linspace(-900, 900, len(X))[:, None, None]
    assert np.allclose(pairwise_distances(logits, metric=metric, log=True, normalize=True), expected, atol=3e-6)


@pytest.mark.parametrize("n_classes", [3, 60])
def test_normalize_still_refuses_what_is_no_model(n_classes):
    X = np.full((150, 2, n_classes), 1 / n_classes)
    for wrong, message in (
        (0, r"X cannot be normalised: the probabilities at index \(7, 1\) are all 0"),
        (np.nan, r"X holds NaN or infinite values, the first at index \(7, 1, 0\)"),
        (np.inf, r"X holds NaN or infinite values, the first at index \(7, 1, 0\)"),
        (-1, r"X holds negative probabilities, the lowest -1 at index \(7, 1, 0\).*"),
    ):
        bad = X.copy()
        bad[7, 1] = wrong
        with pytest.raises(ValueError, match=f"^{message}$"):
            pairwise_distances(bad, normalize=True)


LOGS = np.log(P)
NOT_MODELS = {
    "None": (None, "X " + WANTED + "None"),
    "generator": ((model for model in P), "X " + WANTED + "generator; pass np.stack(list(X))"),
    "iterator": (iter(P), "X " + WANTED + "iterator; pass np.stack(list(X))"),
    "map": (map(np.sqrt, P), "X " + WANTED + "map; pass np.stack(list(X))"),
    "dict": ({"a": P}, "X " + WANTED + "dict; pass one of its arrays, such as X['a']"),
    "empty dict": ({}, "X " + WANTED + "dict; pass one of its arrays"),
    "group": (
        zarr.create_group(zarr.storage.MemoryStore()),
        "X " + WANTED + "Group; pass one of its arrays",
    ),
    "text": ("probs.npy", "X " + WANTED + "str; read the file first, for example with np.load"),
    "path": (
        Path("probs.npy"),
        "X " + WANTED + type(Path()).__name__ + "; read the file first, for example with np.load",
    ),
    "frame": (pd.DataFrame(P[0]), "X " + WANTED + "DataFrame; pass X.to_numpy().reshape(models, samples, classes)"),
    "number": (3, "X " + WANTED + "int"),
    "set": ({1.0}, "X " + WANTED + "set"),
    "ragged": ([[[0.5, 0.5]], [[0.5, 0.5], [1, 0]]], "X must be an array of numbers; the lists in it differ in length"),
    "ragged arrays": ([P[0], P[1, :3]], "X must be an array of numbers; the lists in it differ in length"),
    "ragged tensors": (
        [torch.tensor(P[0]), torch.tensor(P[1, :3])],
        "X must be an array of numbers; the tensors in it differ in shape or type",
    ),
    "list of text": ([[["a", "b"]]], "X must be an array of real numbers, not values of type <U1"),
    "list of None": ([None, None], "X must be an array of real numbers, not values of type object"),
    "complex": (P.astype(complex), "X must hold real numbers, not values of type complex128"),
    "objects": (P.astype(object), "X must hold real numbers, not values of type object"),
    "times": (np.zeros((2, 2, 2), "M8[s]"), "X must hold real numbers, not values of type datetime64[s]"),
    "complex tensor": (torch.tensor(P + 0j), "X must hold real numbers, not values of type complex128"),
    "sparse tensor": (torch.tensor(P).to_sparse(), "X is a tensor that cannot be read: "),
    "tensor without data": (torch.tensor(P, device="meta"), "X is a tensor that cannot be read: "),
    "one model": (P[0], SHAPE + "(5, 3); a single model is passed as X[None]"),
    "four axes": (P[None], SHAPE + "(1, 4, 5, 3)"),
    "nothing": (np.float64(1), SHAPE + "()"),
    "empty list": ([], SHAPE + "(0,)"),
    "no models": (P[:0], "X is empty: shape (0, 5, 3)"),
    "no samples": (P[:, :0], "X is empty: shape (4, 0, 3)"),
    "no classes": (P[:, :, :0], "X is empty: shape (4, 5, 0)"),
    "logarithms": (LOGS, "X holds negative probabilities, "),
}


@pytest.mark.parametrize("case", NOT_MODELS)
def test_what_is_no_array_of_models_is_refused(case):
    given, message = NOT_MODELS[case]
    whole = "" if message.endswith((": ", ", ")) else "$"
    with pytest.raises((TypeError, ValueError), match="^" + re.escape(message) + whole) as found:
        pairwise_distances(given)
    assert "\n" not in str(found.value)
    if case not in ("None", "generator", "iterator", "map"):  # no Y is X itself; what was read is used up
        with pytest.raises((TypeError, ValueError), match="^Y" + re.escape(message[1:]).replace("X", "Y")):
            pairwise_distances(P, given)


def test_an_archive_is_refused_with_the_name_of_an_array(tmp_path):
    np.savez(tmp_path / "probs.npz", train=P)
    with np.load(tmp_path / "probs.npz") as archive:
        message = "X " + WANTED + "NpzFile; pass one of its arrays, such as X['train']"
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            pairwise_distances(archive)


@pytest.mark.parametrize("device", ["cpu", "cpu:0"])
@pytest.mark.parametrize("m", [4, 140])
@pytest.mark.parametrize("n_classes", [3, 60])
def test_wrong_probabilities_are_named_on_every_way(device, m, n_classes):
    X = np.full((m, 2, n_classes), 1 / n_classes)
    for wrong, options, message in (
        (X * 2, {}, r"^X is not normalised: .* sum to 2, not to 1"),
        (X * 100, {}, r"^X is not normalised: .* are these percentages\? then pass normalize=True$"),
        (np.log(X), {}, r"^X holds negative probabilities, .* are these log-probabilities\? then pass log=True$"),
        (X, {"log": True}, r"^X holds log-probabilities above 0, .* these are probabilities, leave out log=True$"),
        (np.log(X) + 2, {"log": True}, r"^X .* are these logits\? then pass normalize=True as well$"),
        (np.where(X > 0, np.nan, X), {}, r"^X holds NaN or infinite values, the first at index \(0, 0, 0\)$"),
    ):
        with pytest.raises(ValueError, match=message):
            pairwise_distances(wrong, device=device, **options)


@pytest.mark.parametrize("change", [(slice(None), slice(3)), (slice(None), slice(None), slice(2))])
def test_models_on_other_samples_or_classes_are_refused(change):
    Y = np.full((4, 7, 9), 1 / 3)[change][:, :5, :3] if len(change) == 1 else P[change]
    message = f"X and Y must have the same samples and classes, not (5, 3) and {Y.shape[1:]}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        pairwise_distances(P, Y)


@pytest.mark.parametrize("n_jobs", [0, -2, 1.5, 2.0, "2", "all", True, False, [1], np.nan, 0.5])
def test_threads_are_a_whole_number(n_jobs):
    with pytest.raises(ValueError, match=f"^{re.escape(THREADS + repr(n_jobs))}$"):
        pairwise_distances(P, n_jobs=n_jobs)


@pytest.mark.parametrize("n_jobs", [None, -1, 1, 2, np.int64(2), 1000])
def test_threads_do_not_change_the_result(n_jobs):
    assert np.array_equal(pairwise_distances(P, n_jobs=n_jobs), pairwise_distances(P))


@pytest.mark.parametrize("device", ["gpu", "cuda:99", "meta", "", "CPU", 5, -1, None, ("cpu",), "tpu:0"])
def test_a_device_that_is_not_there_is_refused(device):
    message = "device must be 'cpu', or a device of torch that this machine has, such as 'cuda', not "
    with pytest.raises(ValueError, match=f"^{re.escape(message + repr(device))}: .+$") as found:
        pairwise_distances(P, device=device)
    assert "\n" not in str(found.value)


def test_devices_of_torch_are_accepted():
    for device in (torch.device("cpu"), "cpu:0"):
        assert np.allclose(pairwise_distances(P, device=device), EXACT, rtol=1e-5)


def test_a_device_needs_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModuleNotFoundError, match=r"device 'cuda' needs PyTorch; .* pip install 'inpca\[torch\]'"):
        pairwise_distances(P, device="cuda")
    assert np.allclose(pairwise_distances(P), EXACT, rtol=1e-5)


@pytest.mark.parametrize("metric", ["cosine", "", None, 3, ("spherical",), "Spherical", np.array(["spherical"])])
def test_a_metric_that_is_none_is_refused(metric):
    allowed = "bhattacharyya, spherical, jeffreys, euclidean, hellinger"
    with pytest.raises(ValueError, match=f"^{re.escape(f'unknown metric {metric!r}; allowed: {allowed}')}$"):
        pairwise_distances(P, metric=metric)


def read_only() -> np.ndarray:
    out = np.empty((4, 4))
    out.flags.writeable = False
    return out


REFUSED = {
    **{
        str(np.dtype(dtype)): (np.zeros((4, 4), dtype), f"out must hold float32 or float64, not {np.dtype(dtype)}")
        for dtype in (int, np.int32, np.uint8, bool, complex, np.complex64, object, np.float16, "U8", "M8[s]")
    },
    "rows": (np.empty((3, 4)), "out must have the shape (4, 4), not (3, 4)"),
    "columns": (np.empty((4, 5)), "out must have the shape (4, 4), not (4, 5)"),
    "flat": (np.empty(16), "out must have the shape (4, 4), not (16,)"),
    "number": (np.float64(0), "out must have the shape (4, 4), not ()"),
    "read-only": (read_only(), "out cannot be written to: it is read-only"),
    "broadcast": (np.broadcast_to(0.0, (4, 4)), "out cannot be written to: it is read-only"),
    "list": ([[0.0] * 4] * 4, "out must be an array, numpy, memory-mapped or zarr, not list"),
    "text": ("d.npy", "out must be an array, numpy, memory-mapped or zarr, not str"),
    "path": (Path("d.npy"), "out must be an array, numpy, memory-mapped or zarr, not " + type(Path()).__name__),
    "type": (np.float32, "out must be an array, numpy, memory-mapped or zarr, not type"),
    "True": (True, "out must be an array, numpy, memory-mapped or zarr, not bool"),
    "frame": (pd.DataFrame(np.empty((4, 4))), "out must be an array, numpy, memory-mapped or zarr, not DataFrame"),
    "tensor": (torch.empty(4, 4), "out must be an array, numpy, memory-mapped or zarr, not Tensor; pass out.numpy()"),
    "whole zarr": (
        zarr.create_array(zarr.storage.MemoryStore(), shape=(4, 4), dtype="int64"),
        "out must hold float32 or float64, not int64",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_array_that_cannot_hold_the_distances_is_refused(case):
    out, message = REFUSED[case]
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(message)}$"):
        pairwise_distances(P, out=out)


def test_files_that_cannot_be_written_to_are_refused(tmp_path):
    np.save(tmp_path / "d.npy", np.empty((4, 4)))
    zarr.create_array(tmp_path / "d.zarr", shape=(4, 4), dtype="float64")
    for out in (np.load(tmp_path / "d.npy", mmap_mode="r"), zarr.open_array(tmp_path / "d.zarr", mode="r")):
        with pytest.raises(ValueError, match=r"^out cannot be written to: it is read-only$"):
            pairwise_distances(P, out=out)


def test_the_models_are_no_place_for_the_distances():
    X = P[:, :, :2] / P[:, :, :2].sum(axis=-1, keepdims=True)
    X = np.ascontiguousarray(X[:, :4])
    for given, options in ((X, {}), (X.copy(), {"Y": X})):
        with pytest.raises(ValueError, match=r"^out shares its memory with the models; pass an array of its own$"):
            pairwise_distances(given, out=X[:, :, 0], **options)


@pytest.mark.parametrize("out", [np.empty((4, 4), np.float32), np.empty((4, 4), ">f8"), np.empty((4, 8))[:, ::2]])
def test_an_array_for_the_result_keeps_its_type(out):
    assert pairwise_distances(P, out=out) is out
    assert np.allclose(out, EXACT, rtol=1e-6, atol=0)
