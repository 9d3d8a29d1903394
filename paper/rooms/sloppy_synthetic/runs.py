"""Which runs start from how many corners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from paper.rooms.sloppy_synthetic.configuration import Run


def runs_from(corners: int, seeds: int) -> list[Run]:
    """``seeds`` runs from each of the first ``corners`` corners, or from ignorance if there are none."""
    starts = range(corners) if corners else [None]
    return [Run(seed=seed, corner=corner) for corner in starts for seed in range(seeds)]


def all_runs(corners: Mapping[int, int]) -> list[Run]:
    """Runs that the cases need together, each once: few corners with many seeds share runs with many corners.

    Parameters
    ----------
    corners : mapping from number of corners to number of run seeds for each

    Examples
    --------
    >>> [(run.corner, run.seed) for run in all_runs({0: 2, 1: 2, 2: 1})]
    [(None, 0), (None, 1), (0, 0), (0, 1), (1, 0)]
    """
    return list(dict.fromkeys(run for number, seeds in corners.items() for run in runs_from(number, seeds)))


def members(runs: Sequence[Run], corners: int, seeds: int) -> np.ndarray:
    """Which of the runs belong to a case, (len(runs),) of bool.

    Examples
    --------
    >>> members(all_runs({0: 2, 1: 2, 2: 1}), 2, 1)
    array([False, False,  True, False,  True])
    """
    wanted = set(runs_from(corners, seeds))
    return np.array([run in wanted for run in runs])
