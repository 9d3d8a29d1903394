"""Pairwise distances on a device of torch, block by block; loaded only when such a device is asked for."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from inpca.distances import triton_path
from inpca.distances.blocks import BLOCK_BYTES, CLOSE, SMALLEST_OVERLAP, loaded_blocks, quantities_of
from inpca.distances.input import Models, in_threads

#: Models a side of one block at most, samples that are computed at once, and pairs of close models at once.
BLOCK_MODELS, BLOCK_SAMPLES, BLOCK_PAIRS = 1024, 64, 4096
#: Models a side of one block, and its bytes, where overlaps take so little time that reading models takes more.
FUSED_MODELS, FUSED_BYTES = 8192, 2**30
#: Models that one thread reads at once.
MODELS_AT_ONCE = 16


def fill_blocks(left: Models, right: Models, metric: str, device: str, sink, threads: int = 1) -> None:
    """Write all blocks of the distances between two sets of models; see :func:`inpca.distances.pairwise_distances`."""
    n_samples, n_classes = left.shape[1:]
    fused = metric in ("bhattacharyya", "hellinger") and triton_path.is_used(device)
    most, memory = (FUSED_MODELS, FUSED_BYTES) if fused else (BLOCK_MODELS, BLOCK_BYTES)
    size = max(16, min(most, memory // (4 * n_samples * n_classes)))

    def load(side: Models, models: slice) -> list[np.ndarray]:
        return _load(side, models, metric, threads)

    for models, others, same, rows, columns in loaded_blocks(left, right, sink.symmetric, size, load):
        total = _fused_sums(rows[0], columns[0], same, device) if fused else _sums(rows, columns, metric, device)
        if metric not in ("spherical", "euclidean"):
            _correct_close(rows, columns, metric, same, device, total)
        sink.write(models.start, others.start, (total / n_samples).cpu().numpy())


def _load(side: Models, models: slice, metric: str, threads: int) -> list[np.ndarray]:
    """What is made of one block of models, (models, samples, classes) float32, after they were found valid."""
    given = side.read(models)
    quantities = [np.empty(given.shape, np.float32) for _ in quantities_of(metric)]
    parts = [slice(start, start + MODELS_AT_ONCE) for start in range(0, len(given), MODELS_AT_ONCE)]
    for quantity, target in zip(quantities_of(metric), quantities, strict=True):

        def fill(part: slice, quantity=quantity, target=target) -> np.ndarray:
            return side.fill(given[part], quantity, target[part])

        side.check(models, np.concatenate(in_threads(threads, fill, parts)))
    return quantities


def _fused_sums(rows: np.ndarray, columns: np.ndarray, same: bool, device: str) -> Tensor:
    """Sums over samples of the Bhattacharyya distances of all pairs by Triton, (m, k); the upper half of one side's."""
    total = torch.zeros(len(rows), len(columns), dtype=torch.float64, device=device)
    step = max(1, FUSED_BYTES // (4 * max(len(rows), len(columns)) * rows.shape[2]))
    for start in range(0, rows.shape[1], step):
        part = slice(start, start + step)
        a = _scaled(rows[:, part], device)
        total += triton_path.sums(a, a if same else _scaled(columns[:, part], device), same)
    return total


def _scaled(roots: np.ndarray, device: str) -> Tensor:
    """Square roots (models, samples, classes) as :func:`.triton_path.sums` takes them."""
    return torch.as_tensor(roots, device=device).transpose(0, 1).contiguous() * 2.0**triton_path.SCALE


def _sums(rows: list[np.ndarray], columns: list[np.ndarray], metric: str, device: str) -> Tensor:
    """Sums over samples of the distances of all pairs, (m, k) float64."""
    total = torch.zeros(rows[0].shape[0], columns[0].shape[0], dtype=torch.float64, device=device)
    for a, b in _chunks(rows, columns, device):
        total += _sum_over_samples(a, b, metric)
    return total


def _chunks(rows: list[np.ndarray], columns: list[np.ndarray], device: str):
    """Both sides, (samples, models, classes) of each quantity, for some samples at a time."""
    for start in range(0, rows[0].shape[1], BLOCK_SAMPLES):
        chunk = slice(start, start + BLOCK_SAMPLES)
        yield ([torch.as_tensor(x[:, chunk], device=device).transpose(0, 1) for x in side] for side in (rows, columns))


def _sum_over_samples(a: list[Tensor], b: list[Tensor], metric: str) -> Tensor:
    """Sum of the per-sample distances of all pairs."""
    if metric in ("bhattacharyya", "hellinger"):
        overlap = torch.matmul(a[0], b[0].transpose(1, 2)).double().clamp(SMALLEST_OVERLAP, 1)
        return -overlap.log().sum(dim=0)
    if metric == "jeffreys":
        (p, log_p), (q, log_q) = ([x.double() for x in side] for side in (a, b))
        own = (p * log_p).sum((0, 2))[:, None] + (q * log_q).sum((0, 2))
        cross = torch.matmul(p, log_q.transpose(1, 2)) + torch.matmul(log_p, q.transpose(1, 2))
        return (own - cross.sum(0)).clamp(min=0)
    chord = torch.cdist(a[0], b[0], compute_mode="donot_use_mm_for_euclid_dist")
    value = 2 * (chord / 2).clamp(max=math.sqrt(0.5)).arcsin() if metric == "spherical" else chord**2
    return value.sum(dim=0, dtype=torch.float64)


def _sum_of_pairs(a: list[Tensor], b: list[Tensor], metric: str) -> Tensor:
    """The same of paired models, from differences that are 0 where models are equal."""
    if metric == "jeffreys":
        return ((a[0] - b[0]).double() * (a[1] - b[1])).sum((0, 2))
    half = (a[0] - b[0]).square().sum(-1).double() / 2
    overlap = (a[0] * b[0]).sum(-1).double().clamp(SMALLEST_OVERLAP, 1)
    return -torch.where(half < 0.5, torch.log1p(-half.clamp(max=0.5)), overlap.log()).sum(0)


def _correct_close(rows, columns, metric: str, same: bool, device: str, total: Tensor) -> None:
    """Replace the sums of close pairs of models."""
    close = total < CLOSE * rows[0].shape[1]
    for pairs in (close.triu(1) if same else close).nonzero().split(BLOCK_PAIRS):
        i, j = pairs.T
        total[i, j] = sum(
            _sum_of_pairs([x[:, i] for x in a], [x[:, j] for x in b], metric) for a, b in _chunks(rows, columns, device)
        )
