"""Plan what to record before training: checkpoints, models, and how large predictions and distances become.

Checkpoints are spread evenly over the logarithm of the step, since networks move most in the first steps.
"""

from __future__ import annotations

import argparse

import numpy as np

from inpca.cli.common import bytes_in_words, positive

EXAMPLE = "inpca plan --runs 30 --samples 2000 --classes 10 --last-step 4000 --checkpoints 25"
#: Bytes of a number in a store, and of a distance in memory.
STORED, IN_MEMORY = 4, 8
#: Bytes of distances from which on landmarks are advised.
LARGE = 4e9
#: Landmarks that are advised.
LANDMARKS = 2000


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--runs", type=positive, required=True, help="networks that are trained, seeds counted")
    parser.add_argument("--samples", type=positive, required=True, help="samples that are predicted, of all splits")
    parser.add_argument("--classes", type=positive, required=True)
    parser.add_argument("--last-step", type=positive, required=True, help="optimiser steps of a run")
    parser.add_argument("--checkpoints", type=positive, default=40, help="most of a run (default: 40)")


def steps(last: int, number: int) -> list[int]:
    """0 and up to number - 1 steps from 1 to the last, even in their logarithm.

    Examples
    --------
    >>> steps(100, 5)
    [0, 1, 5, 22, 100]
    """
    return [0, *np.unique(np.geomspace(1, last, number - 1).round().astype(int)).tolist()] if number > 1 else [last]


def do(given: argparse.Namespace) -> None:
    """Print the plan."""
    chosen = steps(given.last_step, given.checkpoints)
    models = given.runs * len(chosen)
    distances = models**2 * IN_MEMORY
    lines = {
        "checkpoints": f"{len(chosen)} of each run",
        "steps": ", ".join(map(str, chosen)),
        "models": f"{models} of {given.runs} runs",
        "predictions": f"at most {bytes_in_words(models * given.samples * given.classes * STORED)} on disk",
        "distances": f"{models} × {models}, {bytes_in_words(distances)} in memory",
        "landmarks": "not needed",
    }
    if distances > LARGE:
        size = bytes_in_words(models * LANDMARKS * STORED)
        lines["landmarks"] = f"advised: with --landmarks {LANDMARKS}, distances are {size} in memory"
    for name, text in lines.items():
        print(f"{name:<21}{text}")
