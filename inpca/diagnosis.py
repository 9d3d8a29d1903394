"""What may be wrong with the picture that runs give: three signatures, each with its number and what a null gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import kendalltau

from inpca.dimension import StackedRuns, class_preserving_orders, explained_stress, signed_spectrum
from inpca.distances.pairwise import pairwise_distances
from inpca.geometry import progress
from inpca.labels import class_labels
from inpca.trajectories import Trajectory

#: Explained stress of three axes below which it is low: the least over the experiments of Mao et al.
LEAST_STRESS = 0.7
#: Distance between runs, over that between runs of the null, from which they diverge.
AS_FAR_AS_NULL = 0.95
#: Part of d_B(P0, P*) = ½ ln C below which no distance between runs is a divergence.
LEAST_DISTANCE = 0.01
#: Concordance of progress and accuracy, over all models and of one run, below which progress tells little.
LEAST_CONCORDANCE, LEAST_OF_ONE_RUN = 0.8, 0.65
#: Most models whose distances are computed; of longer runs every second, third, ... checkpoint is taken.
MOST_MODELS = 3000
#: Fewest models and runs of which something can be said, and fewest checkpoints of one run.
FEWEST_MODELS, FEWEST_RUNS, FEWEST_CHECKPOINTS = 10, 3, 5
#: Progress at which runs are compared.
LEVELS = np.linspace(0.05, 0.95, 19)
EXCHANGES = 10  # of progress between runs, at most, that its null is a mean of
SHOWN, NOT_SHOWN, CANNOT_TELL = "shown", "not shown", "cannot tell"


@dataclass(frozen=True)
class Signature:
    """One way in which runs may fail to give the picture, and whether they do.

    Parameters
    ----------
    name : str
        Also the heading of the documentation that explains it.
    verdict : {"shown", "not shown", "cannot tell"}
    value, null, bound : float
        The number that decides, what the null gives for it, and where the signature begins; NaN where there is none.
    runs : tuple of str
        Runs that show it, where it can be told of single ones.
    meaning : str
        What the numbers say, in a sentence.
    """

    name: str
    verdict: str
    value: float
    null: float
    bound: float
    runs: tuple[str, ...]
    meaning: str


def diagnose(
    runs: Mapping[str, Any] | Sequence[Any],
    truth: ArrayLike,
    *,
    log: bool = False,
    normalize: bool = False,
    draws: int = 3,
    rng: int | np.random.Generator | None = None,
    n_jobs: int | None = None,
) -> list[Signature]:
    """Which of three failure signatures runs show: low stress, diverging trajectories, progress apart from error.

    ``low explained stress``
        Three axes of InPCA explain less than 0.7 of the stress of all models. Null: the samples of each run permuted
        within classes (:func:`inpca.dimension.class_preserving_orders`).
    ``diverging trajectories``
        The mean of d_B(P_u(s), P_v(s)) over pairs of runs u, v and over s = 0.05 … 0.95 that both get to is at least
        0.95 of the same of the null, and 0.01 of ½ ln C; or that of one run to all others is.
    ``progress that does not track error``
        Of two models of different error, the one that is further on is the better in less than 0.8 of the pairs of all
        models (or 0.65 of those of one run). Null: each run has the progress of another one at the same share of its
        checkpoints, which keeps that later models are better.

    The bounds are conventions; the numbers stand beside them.

    Parameters
    ----------
    runs : mapping from names, or sequence, of (T, N, C) arrays
        Probabilities, or log-probabilities with ``log=True``; T may differ. They are read one checkpoint at a time.
    truth : (N,) array of int or (N, C) array
        The truth P*, as labels or one-hot.
    log, normalize : bool
        As in :func:`inpca.pairwise_distances`.
    draws : int
        Nulls that are drawn.
    rng : None, int or numpy.random.Generator
    n_jobs : int, optional
        Threads of the distances.

    Returns
    -------
    list of Signature
        The three, in this order.

    Raises
    ------
    TypeError, ValueError
        If runs hold no probabilities on the same samples, the truth has others, or ``draws`` is below 1.

    See Also
    --------
    inpca.calibrated_dimension : the dimension of runs beside that of nulls, with intervals.

    References
    ----------
    Mao et al., PNAS 121(12), 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca import diagnose, geodesic, ignorance, truth
    >>> labels = np.arange(40) % 2
    >>> way = geodesic(ignorance(40, 2), truth(labels, 2), np.linspace(0, 0.95, 8))
    >>> [signature.verdict for signature in diagnose([way, way, way], labels)]
    ['not shown', 'not shown', 'not shown']
    """
    if not isinstance(draws, int) or draws < 1:
        raise ValueError(f"draws is {draws!r}; it must be a whole number from 1 on")
    named = dict(runs) if isinstance(runs, Mapping) else {str(number): run for number, run in enumerate(runs)}
    stack = StackedRuns(list(named.values()))
    labels = class_labels(truth, stack.shape[2], "truth")
    if len(labels) != stack.shape[1]:
        raise ValueError(f"truth has {len(labels)} samples, runs have {stack.shape[1]}")
    rng, given = np.random.default_rng(rng), {"log": log, "normalize": normalize}
    orders = [class_preserving_orders(labels, len(named), rng=rng) for _ in range(draws)]
    measured = {name: progress_and_accuracy(run, labels, given) for name, run in named.items()}
    ways = [Trajectory(run, measured[name][0], truth=labels, **given) for name, run in named.items()]
    return [
        of_stress(list(named.values()), orders, given | {"n_jobs": n_jobs}),
        of_divergence(list(named), ways, [None, *orders], n_jobs, np.log(stack.shape[2]) / 2),
        of_progress(measured),
    ]


def progress_and_accuracy(run: Any, labels: np.ndarray, given: dict[str, bool]) -> tuple[np.ndarray, np.ndarray]:
    """Progress and accuracy of each checkpoint of a run, (T,) each."""
    index, accuracy = np.empty(len(run)), np.empty(len(run))
    for checkpoint in range(len(run)):
        model = np.asarray(run[checkpoint])
        index[checkpoint] = progress(model, labels, **given)
        accuracy[checkpoint] = (model.argmax(axis=1) == labels).mean()
    return index, accuracy


class Some:
    """Some checkpoints of a run, read when they are indexed."""

    def __init__(self, run: Any, rows: np.ndarray):
        self._run, self._rows = run, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, number: int) -> np.ndarray:
        return np.asarray(self._run[int(self._rows[number])])


def of_stress(runs: list, orders: list, how: dict) -> Signature:
    """Whether three axes explain little."""
    every = -(-sum(map(len, runs)) // MOST_MODELS)
    some = [Some(run, np.unique([*range(0, len(run), every), len(run) - 1])) for run in runs]
    m = sum(map(len, some))
    if m < FEWEST_MODELS:
        return undecided("low explained stress", LEAST_STRESS, f"{m} models are too few: it takes {FEWEST_MODELS}")

    def stress(order: list | None) -> float:
        return float(explained_stress(signed_spectrum(pairwise_distances(StackedRuns(some, order), **how)))[2])

    value = stress(None)
    nulls = [stress(order) for order in orders] if len(runs) > 1 else [np.nan]
    low, more = value < LEAST_STRESS, value > max(nulls)
    words = {
        (True, True): "runs share more directions than three axes hold, and more than their accuracy",
        (True, False): "no more than those of the null: runs share nothing but their accuracy",
        (False, True): "and more than those of the null: runs share directions beyond their accuracy",
        (False, False): "the null has it too: no evidence that runs share more than their accuracy",
    }
    meaning = words[low, more] if len(runs) > 1 else "one run has no null"
    verdict = SHOWN if low else NOT_SHOWN
    return Signature("low explained stress", verdict, value, float(np.mean(nulls)), LEAST_STRESS, (), meaning)


def of_divergence(names: list[str], ways: list, orders: list, n_jobs: int | None, largest: float) -> Signature:
    """Whether runs are as far from each other at equal progress as runs of the null."""
    name = "diverging trajectories"
    D = between_runs(ways, orders, n_jobs)
    compared = [number for number in range(len(names)) if np.isfinite(np.delete(D[0, number], number)).any()]
    stuck = [names[number] for number in range(len(names)) if number not in compared]
    if len(compared) < FEWEST_RUNS:
        return undecided(name, np.nan, f"{len(compared)} runs get to progress that others have: it takes {FEWEST_RUNS}")
    D = D[np.ix_(range(len(D)), compared, compared)]
    D[:, np.arange(len(compared)), np.arange(len(compared))] = np.nan
    real, null = np.nanmean(D[0], axis=1), np.nanmean(D[1:], axis=(0, 2))
    bound = max(AS_FAR_AS_NULL * null.mean(), LEAST_DISTANCE * largest)
    own = real >= np.maximum(AS_FAR_AS_NULL * null, LEAST_DISTANCE * largest)
    diverge = tuple(names[compared[number]] for number in np.flatnonzero(own))
    shown = real.mean() >= bound or bool(diverge)
    if not shown:
        meaning = f"runs are at {real.mean() / max(null.mean(), 1e-300):.0%} of the distance of the null"
    elif len(diverge) < len(compared):
        meaning = "some runs are as far from all others as runs that share nothing but their accuracy"
    else:
        meaning = "runs are as far from each other as runs that share nothing but their accuracy"
    meaning += f"; left out, for others do not get where they are: {', '.join(stuck)}" if stuck else ""
    return Signature(
        name, SHOWN if shown else NOT_SHOWN, float(real.mean()), float(null.mean()), float(bound), diverge, meaning
    )


def between_runs(ways: list, orders: list, n_jobs: int | None) -> np.ndarray:
    """Mean distance of every two runs at equal progress, (orders, n, n); NaN where they have none in common."""
    n = len(ways)
    total, count = np.zeros((len(orders), n, n)), np.zeros((n, n))
    for s in LEVELS:
        there = [number for number, way in enumerate(ways) if way.index[0] <= s <= way.index[-1]]
        if len(there) < 2:
            continue
        models, pairs = [ways[number].at(s) for number in there], np.ix_(there, there)
        count[pairs] += 1
        for row, order in enumerate(orders):
            shown = models if order is None else [model[order[run]] for run, model in zip(there, models, strict=True)]
            total[row][pairs] += pairwise_distances(np.stack(shown), n_jobs=n_jobs)
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def of_progress(measured: dict[str, tuple[np.ndarray, np.ndarray]]) -> Signature:
    """Whether progress and error order models alike."""
    name = "progress that does not track error"
    index, accuracy = zip(*measured.values(), strict=True)
    value, long = concordance(index, accuracy), [run for run in measured if len(measured[run][0]) >= FEWEST_CHECKPOINTS]
    own = {run: concordance([measured[run][0]], [measured[run][1]]) for run in long}
    if sum(map(len, index)) < FEWEST_MODELS or np.isnan(value):
        return undecided(name, LEAST_CONCORDANCE, f"it takes {FEWEST_MODELS} models of different progress and error")
    n = len(index)
    exchanged = [
        concordance([at_places(index[(i + k) % n], len(index[i])) for i in range(n)], accuracy)
        for k in range(1, min(n, EXCHANGES + 1))
    ]
    null = float(np.mean(exchanged)) if exchanged else np.nan
    apart = tuple(run for run, one in own.items() if one < LEAST_OF_ONE_RUN)
    shown = value < LEAST_CONCORDANCE or bool(apart)
    if value < LEAST_CONCORDANCE:
        meaning = "models that are further on are often no better"
    elif apart:
        meaning = "within some runs, models that are further on are often no better"
    elif value <= null:
        meaning = "the progress of other runs does it as well: both only grow with time"
    else:
        meaning = "models that are further on are better, beyond what the time trained tells"
    return Signature(name, SHOWN if shown else NOT_SHOWN, value, null, LEAST_CONCORDANCE, apart, meaning)


def at_places(values: np.ndarray, number: int) -> np.ndarray:
    """Values of a run read at as many places, evenly spread over its checkpoints.

    Examples
    --------
    >>> at_places(np.array([0.0, 1.0]), 3)
    array([0. , 0.5, 1. ])
    """
    return np.interp(np.linspace(0, 1, number), np.linspace(0, 1, len(values)), values)


def concordance(x: Sequence[np.ndarray], y: Sequence[np.ndarray]) -> float:
    """Of pairs of models of different y, the part in which x orders them alike (ties of x count half); NaN without any.

    Examples
    --------
    >>> concordance([np.array([0.1, 0.5]), np.array([0.7])], [np.array([0.5, 1.0]), np.array([1.0])])
    1.0
    """
    one, other = np.concatenate(x), np.concatenate(y)
    pairs = [len(one) * (len(one) - 1) / 2 - tied(values) for values in (one, other)]
    if not all(pairs):
        return 0.5 if pairs[1] else float("nan")
    tau: Any = kendalltau(one, other)[0]
    return float(1 + tau * np.sqrt(pairs[0] / pairs[1])) / 2


def tied(values: np.ndarray) -> float:
    """Pairs of equal values."""
    counts = np.unique(values, return_counts=True)[1]
    return float(counts @ (counts - 1)) / 2


def undecided(name: str, bound: float, why: str) -> Signature:
    """A signature of which nothing can be said."""
    return Signature(name, CANNOT_TELL, float("nan"), float("nan"), bound, (), why)
