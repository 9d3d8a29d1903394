"""A study cut to fewer seeds, or to fewer configurations, to see how what it takes grows."""

from __future__ import annotations

import copy
from typing import Any

#: The experiment whose runs are cut; others stay as they are.
CUT = "main"


def with_seeds(study: dict[str, Any], n: int) -> dict[str, Any]:
    """The configuration of a study whose main experiment has the first ``n`` seeds at most of each configuration.

    Parameters
    ----------
    study : dict
        As its file parses to.
    n : int

    Examples
    --------
    >>> grids = [{"network": ["fc"]}, {"network": ["vit"], "seeds": [1]}]
    >>> main = with_seeds({"experiments": {"main": {"seeds": [1, 2, 3], "grids": grids}}}, 2)["experiments"]["main"]
    >>> main["seeds"], main["grids"][1]["seeds"]
    ([1, 2], [1])
    """
    cut = copy.deepcopy(study)
    main = cut["experiments"][CUT]
    for part in [main, *main["grids"]]:
        if "seeds" in part:
            part["seeds"] = part["seeds"][:n]
    return cut


def with_levels(study: dict[str, Any], levels: dict[str, int]) -> dict[str, Any]:
    """The configuration of a study whose main experiment has the first few levels of some factors of each grid.

    Parameters
    ----------
    study : dict
        As its file parses to.
    levels : dict of int
        How many levels to keep, by factor, such as ``{"weight_decay": 1}``.

    Examples
    --------
    >>> grids = [{"augmentation": ["none", "cropflip"]}]
    >>> with_levels({"experiments": {"main": {"grids": grids}}}, {"augmentation": 1})["experiments"]["main"]
    {'grids': [{'augmentation': ['none']}]}
    """
    cut = copy.deepcopy(study)
    for grid in cut["experiments"][CUT]["grids"]:
        for factor, n in levels.items():
            grid[factor] = grid[factor][:n]
    return cut
