"""Dimension against the decay of the input variances and the number of corners: many small cells in one process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from tqdm import tqdm

from inpca.dimension import axes_needed, participation_ratio, signed_spectrum
from inpca.distances.pairwise import pairwise_distances
from paper.data.datasets import PreparedData
from paper.rooms.sloppy_synthetic.batched import train_together
from paper.rooms.sloppy_synthetic.configuration import SyntheticData, SyntheticJob
from paper.rooms.sloppy_synthetic.data import synthetic_data
from paper.rooms.sloppy_synthetic.runs import members


def sweep(
    datasets: Sequence[SyntheticData], job: SyntheticJob, corners: Mapping[int, int], *, progress_bar: bool = False
) -> xr.Dataset:
    """Train all runs on every data set; nothing but a few numbers of each cell is kept.

    Parameters
    ----------
    datasets : sequence of SyntheticData
    job : SyntheticJob
        With the runs of all cases.
    corners : mapping from number of corners to number of run seeds for each
        The cases.
    progress_bar : bool
        Show a progress bar over data sets.

    Returns
    -------
    Dataset
        By ``decay`` and ``corners``: ``axes_needed`` and ``participation_ratio`` of the models of all runs on the train
        split, ``train_error`` and ``test_error`` at the end, means over runs.
    """
    rows = [row(job, corners, synthetic_data(described)) for described in tqdm(datasets, disable=not progress_bar)]
    coordinates = {"decay": [described.decay for described in datasets], "corners": list(corners)}
    return xr.Dataset(
        {name: (tuple(coordinates), np.array([cells[name] for cells in rows])) for name in rows[0]}, coordinates
    )


def row(job: SyntheticJob, corners: Mapping[int, int], data: PreparedData) -> dict[str, list[float]]:
    """Numbers of one data set, one value for each number of corners."""
    models: list[list[np.ndarray]] = [[] for _ in job.runs]
    errors = {split: np.empty(len(job.runs)) for split in data.splits}

    def record(split: str, number: int, step: int, log_probs: np.ndarray) -> None:
        errors[split][number] = (log_probs.argmax(axis=1) != data.splits[split][1]).mean()
        if split == "train":
            models[number].append(log_probs)

    train_together(job, data, record)
    D = pairwise_distances(np.concatenate(models), log=True, n_jobs=1)
    cells = {"axes_needed": [], "participation_ratio": [], "train_error": [], "test_error": []}
    for number, seeds in corners.items():
        chosen = members(job.runs, number, seeds)
        of_case = np.flatnonzero(np.repeat(chosen, len(models[0])))
        eigenvalues = signed_spectrum(D[np.ix_(of_case, of_case)])
        cells["axes_needed"].append(axes_needed(eigenvalues))
        cells["participation_ratio"].append(participation_ratio(eigenvalues))
        for split in errors:
            cells[f"{split}_error"].append(float(errors[split][chosen].mean()))
    return cells
