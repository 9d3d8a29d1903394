"""How far layers are from the paths of outputs, as a part of how far their nulls are; how depth is like time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import spearmanr

from inpca.predictions.store import SPLITS
from paper.rooms.hidden_layers.configuration import PROBES
from paper.statistics import jackknife_interval, with_interval

#: Checkpoints: all but that before training; the last; that before training.
ALL, END, START = slice(1, None), slice(-1, None), slice(0, 1)
#: Layers of the measured ones: hidden ones, the first and the last of these, the images, the output.
HIDDEN, FIRST, LAST, IMAGES, OUTPUT = slice(1, -1), slice(1, 2), slice(-2, -1), slice(0, 1), slice(-1, None)
#: A number of each run that is kept, (configuration, seed), others NaN; takes the measured paths of a network and
#: which runs are kept.
OfRuns = Callable[[xr.Dataset, np.ndarray], np.ndarray]


def ratios(
    paths: xr.Dataset, keep: np.ndarray, *, at: slice = ALL, of: str = "distance", to: str = "null", own: bool = False
) -> np.ndarray:
    """Distance of each layer of each run to paths of outputs, over that of its null: Σ d / Σ d_null.

    Sums are over checkpoints and over the outputs of other seeds of the configuration. 0 for a layer that is on these
    paths, 1 for one that agrees with them on how many samples of a class it is right about, but not on which.

    Parameters
    ----------
    paths : Dataset
        From :func:`paper.rooms.hidden_layers.paths.measure_paths`, of one split and probe.
    keep : (configuration, seed) array of bool
        Runs that count, as runs and as paths.
    at : slice
        Checkpoints.
    of, to : str
        Whose distance, over whose.
    own : bool
        Sums are over the run's own output instead.

    Returns
    -------
    (layer, configuration, seed) array
        NaN for runs that do not count.
    """
    both = keep[:, :, None] & keep[:, None, :]
    same = np.eye(keep.shape[1], dtype=bool)
    dims = ("layer", "configuration", "seed", "checkpoint", "other")
    above, below = (paths[name].transpose(*dims).values[..., at, :].sum(axis=-2) for name in (of, to))
    pairs = both & (same if own else ~same)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (above * pairs).sum(axis=-1) / (below * pairs).sum(axis=-1)


def mean_ratio(layers: slice, **settings) -> OfRuns:
    """Ratio of each run, a mean over layers."""
    return lambda paths, keep: ratios(paths, keep, **settings)[layers].mean(axis=0)


def difference(first: OfRuns, second: OfRuns) -> OfRuns:
    """The first less the second, run by run."""
    return lambda paths, keep: first(paths, keep) - second(paths, keep)


def own_over_others(layers: slice, **settings) -> OfRuns:
    """Ratio of each run to the path of its own output, over that to those of other seeds."""
    own, others = mean_ratio(layers, own=True, **settings), mean_ratio(layers, **settings)
    return lambda paths, keep: own(paths, keep) / others(paths, keep)


def forward(at: int) -> OfRuns:
    """Rank correlation of depth and progress over the hidden layers of each run, at one checkpoint."""

    def of_runs(paths: xr.Dataset, keep: np.ndarray) -> np.ndarray:
        progress = paths["progress"].transpose("configuration", "seed", "layer", "checkpoint").values[:, :, HIDDEN, at]
        depth = np.arange(progress.shape[2])
        found = [[spearmanr(depth, one).statistic for one in of_configuration] for of_configuration in progress]
        return np.where(keep, found, np.nan)

    return of_runs


def over_runs(networks: Sequence[xr.Dataset], of_runs: OfRuns) -> dict[str, float | list]:
    """Mean over all runs of all networks, and its 95 % interval from leaving out one run at a time.

    A run that is left out is no run and no path.

    Parameters
    ----------
    networks : sequence of Dataset
        Measured paths of one split and probe.
    of_runs : callable

    Returns
    -------
    dict
        ``value`` and ``interval``.
    """
    kept = [np.ones((one.sizes["configuration"], one.sizes["seed"]), bool) for one in networks]
    whole = [of_runs(one, keep) for one, keep in zip(networks, kept, strict=True)]
    value = float(np.mean(np.concatenate([found.ravel() for found in whole])))
    without = []
    for place, (one, keep) in enumerate(zip(networks, kept, strict=True)):
        others = [found.ravel() for number, found in enumerate(whole) if number != place]
        for index in np.ndindex(keep.shape):
            left = keep.copy()
            left[index] = False
            without.append(float(np.nanmean(np.concatenate([of_runs(one, left).ravel(), *others]))))
    return {"value": value, "interval": jackknife_interval(value, np.array(without))}


def mean_over_runs(networks: Sequence[xr.Dataset], of_runs: OfRuns) -> float:
    """The mean alone."""
    return float(over_runs(networks, of_runs)["value"])


def selected(networks: Sequence[xr.Dataset], split: str, probe: str) -> list[xr.Dataset]:
    """Measured paths of all networks, of one split and probe."""
    return [one.sel(split=split, probe=probe) for one in networks]


def numbers_of(networks: Sequence[xr.Dataset], on_path: float) -> dict[str, float | dict]:
    """Numbers of one split and probe, which the claims bear on.

    Parameters
    ----------
    networks : sequence of Dataset
        See :func:`selected`.
    on_path : float
        Part of the way from the ratio of outputs to 1, below which layers are on the path.

    Returns
    -------
    dict
        ``first`` and ``last``, ratios of these hidden layers over all checkpoints but the first, each with that of a
        second ``null`` and that of the same layer ``untrained``; ``images`` and ``output``, the same, and ``bound``.
        ``end``, the mean ratio of hidden layers at the last checkpoint, with ``end_bound``. ``depth``: last less first,
        and ``untrained`` the same before training. ``learning``: end less before training, and the same of the
        ``images``. ``forward``: see :func:`forward`. ``own``: see :func:`own_over_others`, of the last hidden layer.
    """
    found: dict = {}
    for name, layers, at in (("first", FIRST, ALL), ("last", LAST, ALL), ("end", HIDDEN, END)):
        beside = {
            "null": mean_over_runs(networks, mean_ratio(layers, at=at, of="null_again")),
            "untrained": mean_over_runs(networks, mean_ratio(layers, at=START)),
        }
        found[name] = over_runs(networks, mean_ratio(layers, at=at)) | beside
    for name, at, bound in (("output", ALL, "bound"), ("output_at_end", END, "end_bound")):
        found[name] = over_runs(networks, mean_ratio(OUTPUT, at=at))
        found[bound] = found[name]["value"] + on_path * (1 - found[name]["value"])
    before = mean_over_runs(networks, difference(mean_ratio(LAST, at=START), mean_ratio(FIRST, at=START)))
    found["depth"] = over_runs(networks, difference(mean_ratio(LAST), mean_ratio(FIRST))) | {"untrained": before}
    images = mean_over_runs(networks, difference(mean_ratio(IMAGES, at=END), mean_ratio(IMAGES, at=START)))
    learning = difference(mean_ratio(HIDDEN, at=END), mean_ratio(HIDDEN, at=START))
    found["learning"] = over_runs(networks, learning) | {"images": images}
    found["images"] = over_runs(networks, mean_ratio(IMAGES))
    found["forward"] = over_runs(networks, forward(-1)) | {"untrained": mean_over_runs(networks, forward(0))}
    of_null = mean_over_runs(networks, own_over_others(LAST, of="null_again"))
    return found | {"own": over_runs(networks, own_over_others(LAST)) | {"null": of_null}}


def by_layer(network: xr.Dataset, split: str, probe: str) -> pd.DataFrame:
    """One row for each layer of a network: the images, hidden ones and the output.

    Columns: ``layer``; ``ratio``, ``low`` and ``high``, over all checkpoints but the first; ``end`` and ``start``, of
    the last and of the first checkpoint; ``progress`` and ``error`` at the end, ``progress_before`` and
    ``error_before`` training.
    """
    one = network.sel(split=split, probe=probe)
    rows = []
    for layer in range(one.sizes["layer"]):
        at = slice(layer, layer + 1)
        found = over_runs([one], mean_ratio(at))
        row = {"layer": layer, "ratio": found["value"], "low": found["interval"][0], "high": found["interval"][1]}
        row |= {name: mean_over_runs([one], mean_ratio(at, at=some)) for name, some in (("end", END), ("start", START))}
        for name in ("progress", "error"):
            values = one[name].isel(layer=layer).mean(("configuration", "seed")).values
            row |= {name: values[-1], f"{name}_before": values[0]}
        rows.append(row)
    return pd.DataFrame(rows)


def layer_name(layer: int, n_layers: int) -> str:
    """``images``, the number of a hidden layer, or ``output``.

    Examples
    --------
    >>> [layer_name(layer, 4) for layer in range(4)]
    ['images', '1', '2', 'output']
    """
    return "images" if layer == 0 else "output" if layer == n_layers - 1 else str(layer)


def layer_table(table: pd.DataFrame) -> pd.DataFrame:
    """What :func:`by_layer` found, as text."""
    n = len(table)
    return pd.DataFrame(
        {
            "layer": [layer_name(layer, n) for layer in table["layer"]],
            "ratio": [with_interval(row["ratio"], [row["low"], row["high"]], ".2f") for _, row in table.iterrows()],
            "ratio at the end": table["end"],
            "before training": table["start"],
            "progress at the end": table["progress"],
            "before training ": table["progress_before"],
            "error at the end": table["error"],
            "before training  ": table["error_before"],
        }
    )


def all_numbers(networks: Sequence[xr.Dataset], on_path: float) -> dict:
    """Numbers of both splits and both probes; how many networks and runs."""
    found = {
        split: {probe: numbers_of(selected(networks, split, probe), on_path) for probe in PROBES} for split in SPLITS
    }
    return {
        "n_networks": len(networks),
        "n_runs": sum(one.sizes["configuration"] * one.sizes["seed"] for one in networks),
    } | found


#: What the notebook found, in two sentences.
ANSWER = (
    "By a linear probe, on test samples, the last hidden layer is at {last:.2f} of its null's distance from the "
    "output's path and the first at {first:.2f}, where outputs of other seeds are at {output:.2f} and layers before "
    "training at {untrained:.2f}. Progress goes with depth at a rank correlation of {forward:.2f} once trained, "
    "{before:.2f} before."
)


def answer(numbers: dict) -> str:
    """The answer to the notebook's question, with its numbers."""
    found = numbers["test"]["linear"]
    return ANSWER.format(
        **{name: found[name]["value"] for name in ("first", "last", "output", "forward")},
        untrained=found["end"]["untrained"],
        before=found["forward"]["untrained"],
    )
