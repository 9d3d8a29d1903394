"""Compare sets of runs: how many dimensions each fills beside its null, and whether sets differ as trajectories.

Sets are the values of a factor (--by COLUMN), such as the optimiser, or files that are named (--set NAME FILE ..., once
for each set). Trajectories are compared at equal progress; the
null permutes the samples of each run within their classes, so that runs agree on accuracy alone. Whether sets differ is
tested by permuting runs among sets. Writes OUT/sets.csv, OUT/distances.csv (of every two runs), and with matplotlib
OUT/dendrogram.png.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping
from importlib.util import find_spec
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
from scipy.stats import permutation_test

from inpca.cli.common import add_predictions, folder_for, positive, print_table, read, stage, write_table
from inpca.dimension import calibrated_dimension
from inpca.geometry import progress
from inpca.predictions.read import Predictions
from inpca.trajectories import Permuted, Trajectory, order_within_classes
from inpca.tubes import trajectory_distances

EXAMPLE = "inpca compare adam.npz sgd.npz --by optimizer -o compared"
#: Fewest runs of a set whose dimension is compared with that of its null.
FEWEST_RUNS = 3
#: Values of progress at which trajectories are compared; runs that do not get to one stand still at their end.
LEVELS = np.linspace(0.05, 0.95, 19)
#: Permutations of runs among sets.
PERMUTATIONS = 9999


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_predictions(parser, nargs="*")
    sets = parser.add_mutually_exclusive_group(required=True)
    sets.add_argument("--by", metavar="COLUMN", help="factor whose values are the sets")
    sets.add_argument(
        "--set", metavar=("NAME", "FILE"), nargs="+", action="append", help="a set: its name, then its files"
    )
    parser.add_argument("-o", "--out", required=True, help="folder to write into")
    parser.add_argument("--draws", type=positive, default=3, help="nulls that are drawn, 2 or more (default: 3)")


def do(given: argparse.Namespace) -> None:
    """Compare, write and print."""
    if given.set:
        predictions, sets = of_files(given)
    else:
        predictions = read(given)
        sets = sets_of(predictions, given.by)
    folder = folder_for(given.out)
    with stage("dimensions of sets beside those of nulls"):
        dimensions = {name: dimension_of(predictions, runs, given.draws) for name, runs in sets.items()}
    with stage("distances between trajectories"):
        distances, null = distances_of(predictions)
    columns = {"set": list(sets), "runs": [len(runs) for runs in sets.values()]}
    columns |= {key: [one[key] for one in dimensions.values()] for key in next(iter(dimensions.values()))}
    write_table(folder / "sets.csv", columns)
    names = list(predictions.runs)
    write_table(folder / "distances.csv", {"run": names} | dict(zip(names, distances.T, strict=True)))
    print_table({key: [number(value) for value in values] for key, values in columns.items()})
    set_of = {run: name for name, runs in sets.items() for run in runs}
    member = np.array([set_of[run] for run in names])
    print("\nmedian distance between trajectories (nats a sample), beside that of the null")
    print_table(between_sets(distances, null, member))
    if len(sets) > 1:
        excess, p = difference(distances, member)
        print(f"\nruns of different sets are {excess:.3g} nats further apart than those of one (p = {p:.2g})")
    with stage("drawing"):
        draw(folder, distances, names, {given.by or "set": member.tolist()})


def number(value) -> str:
    """A number as it is printed."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def of_files(given: argparse.Namespace) -> tuple[Predictions, dict[str, list[str]]]:
    """Predictions of all sets of files, and names of the runs of each set."""
    if given.predictions:
        raise ValueError(f"with --set, files are named after the name of their set; {given.predictions[0]} is in none")
    repeated = [name for name, count in Counter(name for name, *_ in given.set).items() if count > 1]
    if repeated:
        raise ValueError(f"several sets have the name {repeated[0]!r}; name all files of a set after one --set")
    files: Mapping[str, list[str]] = {name: paths for name, *paths in given.set}
    empty = [name for name, paths in files.items() if not paths]
    if empty:
        raise ValueError(f"the set {empty[0]!r} has no files; name them after it: --set NAME FILE ...")
    numbers = {}
    for name, paths in files.items():
        given.predictions = paths
        numbers[name] = len(read(given).runs)
    given.predictions = [path for paths in files.values() for path in paths]
    predictions = read(given)
    runs = iter(predictions.runs)
    return predictions, {name: [next(runs) for _ in range(number)] for name, number in numbers.items()}


def sets_of(predictions: Predictions, column: str) -> dict[str, list[str]]:
    """Names of the runs of each set."""
    found: dict[str, list[str]] = {}
    for run, value in predictions.of_runs(column).items():
        found.setdefault(str(value), []).append(run)
    return found


def dimension_of(predictions: Predictions, runs: list[str], draws: int) -> dict[str, float]:
    """Dimension of a set of runs and of its null: participation ratio between runs, stress of three axes."""
    kinds = {"": "models", "_of_null": "null"}
    between = {"": "between", "_of_null": "between null"}
    keys = [f"{name}{suffix}" for name in ("stress_of_3_axes", "dimensions_between_runs") for suffix in kinds]
    if len(runs) < FEWEST_RUNS:
        return dict.fromkeys(keys, float("nan"))
    models = predictions.runs
    found = calibrated_dimension([models[name] for name in runs], predictions.truth, log=True, draws=draws, rng=0)
    values = [found["stress"].sel(kind=kind, axis=3).item() for kind in kinds.values()]
    values += [found["participation"].sel(kind=kind).item() for kind in between.values()]
    return dict(zip(keys, values, strict=True))


def distances_of(predictions: Predictions) -> tuple[np.ndarray, np.ndarray]:
    """Distances between the trajectories of all runs at equal progress, and between those of a null."""
    labels, rng = predictions.truth, np.random.default_rng(0)
    ways = [
        Trajectory(run, progress(run[:], labels, log=True), truth=labels, log=True) for run in predictions.runs.values()
    ]
    permuted = [Permuted(way, order_within_classes(labels, rng)) for way in ways]
    return trajectory_distances(ways, s=LEVELS), trajectory_distances(permuted, s=LEVELS)


def between_sets(distances: np.ndarray, null: np.ndarray, member: np.ndarray) -> dict[str, list[str]]:
    """Median distance of pairs of runs within and between sets, and that of the null."""
    rows: dict[str, list[str]] = {"sets": [], "pairs": [], "runs": [], "null": []}
    for one, other in combinations_with_replacement(dict.fromkeys(member.tolist()), 2):
        pairs = np.argwhere(np.outer(member == one, member == other))
        pairs = pairs[pairs[:, 0] < pairs[:, 1]] if one == other else pairs
        if len(pairs):
            rows["sets"].append(f"within {one}" if one == other else f"{one} and {other}")
            rows["pairs"].append(str(len(pairs)))
            rows["runs"].append(number(float(np.median(distances[tuple(pairs.T)]))))
            rows["null"].append(number(float(np.median(null[tuple(pairs.T)]))))
    return rows


def difference(distances: np.ndarray, member: np.ndarray) -> tuple[float, float]:
    """Mean distance between sets less that within, and its p-value over permutations of runs among sets.

    Examples
    --------
    >>> x = np.array([0.0, 0.1, 0.2, 0.3, 5.0, 5.1, 5.2, 5.3])
    >>> excess, p = difference(abs(x[:, None] - x), np.repeat(["a", "b"], 4))
    >>> round(excess, 3), bool(p < 0.05)
    (4.833, True)
    """
    first, second = np.triu_indices(len(member), 1)
    D = distances[first, second]
    codes = np.unique(member, return_inverse=True)[1]

    def excess(order: np.ndarray) -> float:
        groups = codes[order.astype(int)]
        apart = groups[first] != groups[second]
        return float(D[apart].mean() - D[~apart].mean()) if apart.any() and not apart.all() else 0.0

    runs = np.arange(len(member))
    found = permutation_test(
        (runs,),
        excess,
        permutation_type="pairings",
        vectorized=False,
        alternative="greater",
        n_resamples=PERMUTATIONS,
        rng=np.random.default_rng(0),
    )
    return float(found.statistic), float(found.pvalue)


def draw(folder: Path, distances: np.ndarray, names: list[str], factors: dict[str, list[str]]) -> None:
    """Dendrogram of the runs, where matplotlib is."""
    if find_spec("matplotlib") is None or len(names) < 2:
        return
    import matplotlib

    matplotlib.use("agg")
    from inpca.plotting import dendrogram

    dendrogram(distances, names=names, factors=factors).savefig(folder / "dendrogram.png", dpi=150)
    print(f"{folder / 'dendrogram.png'} to see which runs are alike")
