"""What pairwise distances are given: models to read block by block, a place for the result, threads, a device."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba.core import config

from inpca.bfloat16 import BFLOAT16, BFloat16Array, as_bfloat16, as_float32
from inpca.distances.quantities import QUANTITIES, fill_quantities
from inpca.probabilities import SUM_TOLERANCE, as_numbers, check_models, sum_tolerance
from inpca.sphere import LARGEST_SAMPLE_DISTANCE

WANTED = "an array (models, samples, classes), numpy, memory-mapped, torch or zarr"
#: Sums of probabilities that miss 1 by less need no closer look; below the tolerance for every type of number.
CHECKED_DEVIATION = 5e-5
#: The same for types of two bytes, whose own rounding is allowed for: below their tolerance by so much.
ROUNDING_OF_SUMS = 1e-5
#: Numbers of two bytes that are turned into float32 at once, in each thread.
NUMBERS_AT_ONCE = 2**20


def as_models(X, name: str):
    """Something with a shape (m, N, C) that yields arrays when its first axis is sliced.

    Raises
    ------
    TypeError
        For what is no array of real numbers; the message says what to pass.
    ValueError
        For another shape, or an empty array.
    """
    if hasattr(X, "detach"):  # a torch tensor, recognised without importing torch
        X = _as_array(X, name)
    elif isinstance(X, list | tuple):
        X = _stacked(X, name)
    elif not hasattr(X, "shape") or hasattr(X, "columns"):
        raise TypeError(f"{name} must be {WANTED}, not {_described(X, name)}")
    X = as_bfloat16(X) if hasattr(X, "dtype") else X
    dtype = getattr(X, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers, not values of type {dtype}")
    if len(X.shape) != 3:
        one = f"; a single model is passed as {name}[None]" if len(X.shape) == 2 else ""
        raise ValueError(f"{name} must have the shape (models, samples, classes), not {tuple(X.shape)}{one}")
    if 0 in X.shape:
        raise ValueError(f"{name} is empty: shape {tuple(X.shape)}")
    return X


def _stacked(X: list | tuple, name: str):
    """Models of a list as one array, or tensor, of their own type."""
    if not X or not all(hasattr(model, "detach") for model in X):
        as_numbers(X, name)  # stops at what is no array of numbers
        return np.asarray(X)
    import torch

    try:
        return _as_array(torch.stack(list(X)), name)
    except (RuntimeError, TypeError):
        raise TypeError(f"{name} must be an array of numbers; the tensors in it differ in shape or type") from None


def _as_array(X, name: str):
    """A torch tensor as an array; its own memory where that can be."""
    try:
        X = as_bfloat16(X.detach().cpu())
        return X if isinstance(X, BFloat16Array) else X.numpy()
    except (TypeError, RuntimeError, NotImplementedError) as error:
        raise TypeError(f"{name} is a tensor that cannot be read: {str(error).splitlines()[0]}") from None


def _described(X, name: str) -> str:
    """What something is that is no array, and what to pass instead."""
    kind = type(X).__name__
    if X is None:
        return "None"
    if hasattr(X, "columns"):
        return f"{kind}; pass {name}.to_numpy().reshape(models, samples, classes)"
    if hasattr(X, "keys"):
        keys = list(X.keys())
        return f"{kind}; pass one of its arrays" + (f", such as {name}[{keys[0]!r}]" if keys else "")
    if isinstance(X, str | bytes) or hasattr(X, "__fspath__"):
        return f"{kind}; read the file first, for example with np.load"
    if hasattr(X, "__next__"):
        return f"{kind}; pass np.stack(list({name}))"
    return kind


class Models:
    """Models of one side, read and checked where they are needed.

    Those of two bytes a number (float16, bfloat16) stay as they are until a quantity is made of them, some samples at a
    time: no float32 copy of a block is made.
    """

    def __init__(self, X, name: str, log: bool, normalize: bool):
        self.X, self.name, self.log, self.normalize = as_models(X, name), name, bool(log), bool(normalize)
        self.shape = tuple(self.X.shape)
        dtype = getattr(self.X, "dtype", None)
        half = "float16" if isinstance(dtype, np.dtype) and dtype == np.float16 else None
        #: Name of the type of two bytes, or None.
        self.half = BFLOAT16 if isinstance(self.X, BFloat16Array) else half
        #: Deviation of sums that needs no closer look.
        self.allowed = CHECKED_DEVIATION
        if self.half:
            self.allowed = sum_tolerance(self.half, self.shape[2], log=self.log) - ROUNDING_OF_SUMS

    @property
    def is_view(self) -> bool:
        """Whether :meth:`read` copies nothing."""
        X = self.X.bits if isinstance(self.X, BFloat16Array) else self.X
        return isinstance(X, np.ndarray) and X.flags.c_contiguous and (bool(self.half) or X.dtype in ("f4", "f8"))

    def read(self, models: slice, samples: slice = slice(None)) -> np.ndarray:
        """Some models as a contiguous array for :meth:`floats`; a view of X where that saves a copy."""
        if samples == slice(None):
            part = self.X[models]
        else:  # what is no array is sliced along its first axis only
            part = self.X[models, samples] if hasattr(self.X, "dtype") else self.X[models][:, samples]
        if self.half:
            part = np.asarray(part.bits if isinstance(part, BFloat16Array) else part)
            return np.ascontiguousarray(part, part.dtype.newbyteorder("="))
        return np.ascontiguousarray(as_numbers(part, self._name(models))[0])

    def floats(self, given: np.ndarray) -> np.ndarray:
        """Numbers that were read, as float32 or float64: themselves, unless they are of two bytes."""
        if not self.half:
            return given
        return as_float32(given) if self.half == BFLOAT16 else given.astype(np.float32)

    def fill(self, given: np.ndarray, quantity: str, target: np.ndarray, dtype: type | None = None) -> np.ndarray:
        """Fill ``target`` with a quantity of models that were read; deviations of their sums, for :meth:`check`.

        With ``dtype``, they are turned into that type before.
        """
        deviation, found = np.zeros(len(given)), np.empty(len(given))
        step = max(1, NUMBERS_AT_ONCE // (len(given) * given.shape[2])) if self.half else given.shape[1]
        for start in range(0, given.shape[1], step):
            part = slice(start, start + step)
            values = self.floats(given[:, part])
            values = values if dtype is None else values.astype(dtype, copy=False)
            fill_quantities(values, self.log, QUANTITIES[quantity], LARGEST_SAMPLE_DISTANCE, target[:, part], found)
            if self.are_too_large(values):
                found[:] = np.nan
            np.maximum(deviation, found, out=deviation)  # NaN stays NaN
        return deviation

    def are_too_large(self, values: np.ndarray) -> bool:
        """Whether log-probabilities are above 0, which sums of two bytes a number do not tell by themselves."""
        return bool(self.half) and self.log and not self.normalize and values.max() > SUM_TOLERANCE

    def check(self, models: slice, deviation) -> None:
        """Look closer at models whose sums are off by ``deviation``; an error that names the worst, if too far."""
        allowed = np.inf if self.normalize else self.allowed
        if not np.all(np.asarray(deviation) <= allowed):
            check_models(self.X[models], log=self.log, normalize=self.normalize, name=self._name(models))

    def _name(self, models: slice) -> str:
        return self.name if not models.start else f"{self.name}[{models.start}:]"


def check_out(out, shape: tuple[int, int], given: Iterable) -> None:
    """Stop if distances cannot be written to ``out`` without loss, or not without a change of the models."""
    if not hasattr(out, "shape") or not isinstance(getattr(out, "dtype", None), np.dtype):
        hint = "; pass out.numpy()" if hasattr(out, "detach") else ""
        raise TypeError(f"out must be an array, numpy, memory-mapped or zarr, not {type(out).__name__}{hint}")
    if tuple(out.shape) != shape:
        raise ValueError(f"out must have the shape {shape}, not {tuple(out.shape)}")
    if out.dtype.kind != "f" or out.dtype.itemsize < 4:
        raise TypeError(f"out must hold float32 or float64, not {out.dtype}")
    if getattr(out, "read_only", False) or (isinstance(out, np.ndarray) and not out.flags.writeable):
        raise ValueError("out cannot be written to: it is read-only")
    if isinstance(out, np.ndarray) and any(isinstance(X, np.ndarray) and np.may_share_memory(out, X) for X in given):
        raise ValueError("out shares its memory with the models; pass an array of its own")


def check_threads(n_jobs) -> int:
    """Number of threads; all that numba may use for None and -1."""
    available = int(config.NUMBA_NUM_THREADS)  # pyright: ignore[reportAttributeAccessIssue] (set when it is read)
    if n_jobs is None:
        return available
    try:
        threads = 0 if isinstance(n_jobs, bool | np.bool_) else operator.index(n_jobs)
    except TypeError:
        threads = 0
    if threads < 1 and threads != -1:
        raise ValueError(f"n_jobs must be a whole number of threads from 1 up, or -1 for all, not {n_jobs!r}")
    return available if threads == -1 else min(threads, available)


def check_device(device) -> str:
    """The name of a device that this machine has."""
    if str(device) == "cpu":
        return "cpu"
    try:
        import torch
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            f"device {str(device)!r} needs PyTorch; install it, with: pip install 'inpca[torch]'"
        ) from None
    try:
        if not isinstance(device, str | torch.device):
            raise TypeError("it is no name of a device")
        torch.zeros(1, dtype=torch.float64, device=device).cpu()
    except Exception as error:  # torch raises AssertionError, RuntimeError, TypeError and others
        why = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ValueError(
            f"device must be 'cpu', or a device of torch that this machine has, such as 'cuda', not {device!r}: {why}"
        ) from None
    return str(device)


def in_threads(threads: int, work: Callable, items: list) -> list:
    """Results of ``work`` for all items, on that many threads; compiled kernels leave Python's lock to each other."""
    if threads == 1 or len(items) == 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))
