"""Dimension against the decay of the input variances and the number of corners: many small cells in one process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from tqdm import tqdm

from paper.data.datasets import PreparedData
from paper.rooms.sloppy_synthetic.batched import train_together
from paper.rooms.sloppy_synthetic.configuration import SyntheticData, SyntheticJob
from paper.rooms.sloppy_synthetic.data import synthetic_data
from paper.rooms.sloppy_synthetic.geometry import CORNERS_LEFT_OUT, case_dimension
from paper.rooms.sloppy_synthetic.runs import members


def sweep(
    datasets: Sequence[SyntheticData],
    job: SyntheticJob,
    corners: Mapping[int, int],
    *,
    draws: int,
    null_seed: int,
    progress_bar: bool = False,
) -> xr.Dataset:
    """Train all runs on every data set; nothing but a few numbers of each cell is kept.

    Parameters
    ----------
    datasets : sequence of SyntheticData
    job : SyntheticJob
        With the runs of all cases.
    corners : mapping from number of corners to number of run seeds for each
        The cases.
    draws, null_seed : int
        Nulls that each dimension is compared with.
    progress_bar : bool
        Show a progress bar over data sets.

    Returns
    -------
    Dataset
        By ``decay`` and ``corners``: ``between`` and ``between_null``, the participation ratios of runs at equal
        progress and of their null, train split; ``fewer``, the second over the first, with ``fewer_low`` and
        ``fewer_high``; ``train_error`` and ``test_error`` at the end, means over runs; of those that did not diverge.

    Raises
    ------
    PredictionStoreError
        If too few runs of a cell did not.
    """
    rows = [
        row(job, corners, synthetic_data(described), draws, null_seed)
        for described in tqdm(datasets, disable=not progress_bar)
    ]
    coordinates = {"decay": [described.decay for described in datasets], "corners": list(corners)}
    return xr.Dataset(
        {
            name: (tuple(coordinates), np.array([[cell[name] for cell in cells] for cells in rows]))
            for name in rows[0][0]
        },
        coordinates,
    )


def row(
    job: SyntheticJob, corners: Mapping[int, int], data: PreparedData, draws: int, null_seed: int
) -> list[dict[str, float]]:
    """Numbers of one data set, for each number of corners."""
    models: list[list[np.ndarray]] = [[] for _ in job.runs]
    diverged: set[int] = set()
    errors = {split: np.empty(len(job.runs)) for split in data.splits}

    def record(split: str, number: int, step: int, log_probs: np.ndarray) -> None:
        if np.isnan(log_probs).any():
            diverged.add(number)
        errors[split][number] = (log_probs.argmax(axis=1) != data.splits[split][1]).mean()
        if split == "train":
            models[number].append(log_probs)

    train_together(job, data, record)
    cells = []
    for number, seeds in corners.items():
        chosen = [run for run in np.flatnonzero(members(job.runs, number, seeds)) if run not in diverged]
        groups = [job.runs[run].corner if number >= CORNERS_LEFT_OUT else run for run in chosen]
        found = case_dimension(
            [np.stack(models[run]) for run in chosen], data.train_labels, groups, draws=draws, rng=null_seed
        )
        ratio, of = found["participation"], found.sel(of="between")
        cells.append(
            {"between": ratio.sel(kind="between").item(), "between_null": ratio.sel(kind="between null").item()}
            | {f"fewer{end}": of[f"fewer_dimensions{end}"].item() for end in ("", "_low", "_high")}
            | {f"{split}_error": float(of_split[chosen].mean()) for split, of_split in errors.items()}
        )
    return cells
