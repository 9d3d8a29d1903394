"""Random numbers of a run, and settings of torch under which a run gives the same bits each time."""

from __future__ import annotations

import os
from contextlib import contextmanager

import numpy as np
import torch

STREAMS = ("initialisation", "order", "augmentation")


def random_streams(seed: int) -> dict[str, torch.Generator]:
    """Independent generators for initialisation, data order and augmentation, by these names.

    Runs of one seed that differ only in augmentation start from the same weights and see the same order.

    Examples
    --------
    >>> first, again = random_streams(42), random_streams(42)
    >>> list(first)
    ['initialisation', 'order', 'augmentation']
    >>> [torch.equal(torch.rand(3, generator=first[name]), torch.rand(3, generator=again["order"])) for name in STREAMS]
    [False, False, False]
    """
    states = np.random.SeedSequence(seed).generate_state(len(STREAMS), np.uint64)
    return {
        name: torch.Generator().manual_seed(int(state >> np.uint64(1)))
        for name, state in zip(STREAMS, states, strict=True)
    }


@contextmanager
def reproducible():
    """One thread, deterministic algorithms, float32 in full on GPUs; the former settings are restored."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what CUDA needs to be deterministic
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
    tf32, torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.allow_tf32, False  # else float32 keeps 10 bits there
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(deterministic)
        torch.backends.cudnn.allow_tf32 = tf32
