"""Random states that an observer must leave as they were."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def random_states_kept(devices: Iterable[torch.device] = (), loader=None) -> Iterator[None]:
    """Afterwards Python's, numpy's, torch's (CPU, given CUDA devices) and a loader's random states are as before."""
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002
    generators = [(generator, generator.get_state()) for generator in loader_generators(loader)]
    cuda = sorted({torch.device(device).index or 0 for device in devices if torch.device(device).type == "cuda"})
    try:
        with torch.random.fork_rng(devices=cuda):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002
        for generator, state in generators:
            generator.set_state(state)


def loader_generators(loader) -> list[torch.Generator]:
    """Generators that a DataLoader and its samplers draw from, but for torch's own."""
    batch_sampler = getattr(loader, "batch_sampler", None)
    parts = (loader, getattr(loader, "sampler", None), batch_sampler, getattr(batch_sampler, "sampler", None))
    found = [getattr(part, "generator", None) for part in parts]
    return list({id(g): g for g in found if isinstance(g, torch.Generator)}.values())
