"""Pairwise distances on a device of torch, block by block; loaded only when such a device is asked for."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from inpca.geometry import LARGEST_SAMPLE_DISTANCE, check_models

#: Models a side of one block, and samples that are computed at once.
BLOCK_MODELS, BLOCK_SAMPLES = 1024, 64


def fill_blocks(left, right, metric: str, log: bool, device: str, sink) -> None:
    """Write all blocks of the distances between two sets of models; see :func:`inpca.distances.pairwise_distances`."""
    n_samples = left.shape[1]
    for first in range(0, left.shape[0], BLOCK_MODELS):
        rows = _load(left, first, log, "X")
        for second in range(0, right.shape[0], BLOCK_MODELS):
            if sink.symmetric and second < first:
                continue
            columns = rows if sink.symmetric and second == first else _load(right, second, log, sink.name_of_right)
            total = torch.zeros(len(rows), len(columns), dtype=torch.float64, device=device)
            for start in range(0, n_samples, BLOCK_SAMPLES):
                chunk = slice(start, start + BLOCK_SAMPLES)
                a, b = (torch.as_tensor(side[:, chunk], device=device).transpose(0, 1) for side in (rows, columns))
                total += _sum_over_samples(a, b, metric)
            sink.write(first, second, (total / n_samples).cpu().numpy(), n_samples)


def _load(X, first: int, log: bool, name: str) -> np.ndarray:
    """Log-probabilities of one block of models, after they were found to be probabilities."""
    given = np.asarray(X[first : first + BLOCK_MODELS])
    models = check_models(given, log=log, name=name)
    with np.errstate(divide="ignore"):
        return np.asarray(given, models.dtype) if log else np.log(models)


def _sum_over_samples(a: Tensor, b: Tensor, metric: str) -> Tensor:
    """Sum of the per-sample distances of all pairs; a and b hold log-probabilities (samples, models, classes)."""
    if metric in ("bhattacharyya", "hellinger"):
        roots = (a.float() / 2).exp(), (b.float() / 2).exp()
        overlap = torch.matmul(roots[0], roots[1].transpose(1, 2)).clamp(np.exp(-LARGEST_SAMPLE_DISTANCE), 1)
        return -overlap.log().sum(dim=0, dtype=torch.float64)
    if metric == "jeffreys":
        logs = [side.double().clamp(min=-LARGEST_SAMPLE_DISTANCE) for side in (a, b)]
        p, q = (side.double().exp() for side in (a, b))
        own = (p * logs[0]).sum((0, 2))[:, None] + (q * logs[1]).sum((0, 2))
        cross = torch.matmul(p, logs[1].transpose(1, 2)) + torch.matmul(logs[0], q.transpose(1, 2))
        return (own - cross.sum(0)).clamp(min=0)
    scale = 2.0 if metric == "spherical" else 1.0
    points = [(side.float() / scale).exp() for side in (a, b)]
    chord = torch.cdist(*points, compute_mode="donot_use_mm_for_euclid_dist")
    value = 2 * (chord / 2).clamp(max=1).arcsin() if metric == "spherical" else chord**2
    return value.sum(dim=0, dtype=torch.float64)
