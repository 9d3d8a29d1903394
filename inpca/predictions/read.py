"""Read predictions of anyone's networks, from files of several formats, as labelled models."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from inpca.bars import bar
from inpca.geometry import progress
from inpca.labels import class_labels
from inpca.predictions.factors import read_factors
from inpca.predictions.models import LogModels
from inpca.predictions.sources import Run, check_kind, load_array, read_source

#: Bytes of models that are read at once.
BLOCK_BYTES = 2**26
#: Columns that every table of models has.
OWN_COLUMNS = ("model", "run", "checkpoint")


@dataclass(frozen=True, eq=False)
class Predictions:
    """Models of several runs, in the order of the runs and of their checkpoints.

    Attributes
    ----------
    log_probs : LogModels (m, N, C)
        Normalised log-probabilities, read when they are indexed.
    labels : (N,) array of int, or None
        Ground truth.
    table : dict from str to (m,) array
        ``model`` (a label), ``run``, ``checkpoint`` (0, 1, … in each run), then what files and factors say.
    """

    log_probs: LogModels
    labels: np.ndarray | None
    table: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.log_probs)

    @property
    def truth(self) -> np.ndarray:
        """Labels (N,), where they must be known.

        Raises
        ------
        ValueError
            If they are not.
        """
        if self.labels is None:
            raise ValueError("the labels of the samples are not known: the files hold none, so they must be given")
        return self.labels

    @property
    def runs(self) -> dict[str, Checkpoints]:
        """Models of each run (T, N, C) by its name, read when they are indexed; T may differ between runs.

        Examples
        --------
        >>> from inpca import read_predictions
        >>> from inpca.predictions.examples import example_store
        >>> {name: run.shape for name, run in read_predictions(example_store().path).runs.items()}
        {'run-seed0': (2, 6, 3), 'run-seed1': (2, 6, 3)}
        """
        names = self.table["run"]
        return {
            name: Checkpoints(self.log_probs, np.flatnonzero(names == name)) for name in dict.fromkeys(names.tolist())
        }

    def of_runs(self, column: str) -> dict[str, object]:
        """What a column of the table says of each run.

        Raises
        ------
        ValueError
            If there is no such column, or it differs between checkpoints of a run.

        Examples
        --------
        >>> from inpca import read_predictions
        >>> from inpca.predictions.examples import example_store
        >>> read_predictions(example_store().path).of_runs("seed")
        {'run-seed0': 0, 'run-seed1': 1}
        """
        if column not in self.table:
            raise ValueError(f"there is no column {column!r}; there are {', '.join(map(repr, self.table))}")
        found: dict[str, object] = {}
        for name, value in zip(self.table["run"].tolist(), self.table[column].tolist(), strict=True):
            if found.setdefault(name, value) != value:
                raise ValueError(f"{column!r} differs between checkpoints of {name!r}; it is no factor of runs")
        return found

    def measured(self) -> dict[str, np.ndarray]:
        """Progress, loss and error of each model, if labels are known; models are read once, by blocks.

        Returns
        -------
        dict from str to (m,) array
            ``progress`` (0 … 1), ``loss`` (mean -ln p of the truth, in nats), ``error`` (share of samples whose most
            probable class is another); empty without labels.

        Examples
        --------
        >>> from inpca import read_predictions
        >>> from inpca.predictions.examples import example_store
        >>> read_predictions(example_store().path).measured()["loss"].round(3)
        array([1.099, 0.405, 1.099, 0.405])
        """
        if self.labels is None:
            return {}
        m, n_samples, n_classes = self.log_probs.shape
        found = {name: np.empty(m) for name in ("progress", "loss", "error")}
        rows, every = max(1, BLOCK_BYTES // (8 * n_samples * n_classes)), np.arange(n_samples)
        for first in bar(range(0, m, rows), desc="progress"):
            block = self.log_probs[first : first + rows]
            part = slice(first, first + len(block))
            found["progress"][part] = progress(block, self.labels, log=True)
            found["loss"][part] = -block[:, every, self.labels].mean(axis=1)
            found["error"][part] = (block.argmax(axis=2) != self.labels).mean(axis=1)
        return found


@dataclass(frozen=True, eq=False)
class Checkpoints:
    """Models (T, N, C) of one run among all, read when they are indexed."""

    models: LogModels
    rows: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.rows), *self.models.shape[1:])

    @property
    def dtype(self) -> np.dtype:
        return self.models.dtype

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, checkpoints) -> np.ndarray:
        return self.models[self.rows[checkpoints]]


def read_predictions(
    *paths: str | os.PathLike[str],
    kind: str | None = None,
    split: str | None = None,
    truth: ArrayLike | str | os.PathLike[str] | None = None,
    factors: str | os.PathLike[str] | None = None,
) -> Predictions:
    """Models of runs from files; runs may have different numbers of checkpoints.

    ``.zarr``
        A prediction store, as :class:`inpca.Recorder` writes it; each seed is a run.
    ``.npy``
        An array (checkpoints, samples, classes) of one run, (runs, checkpoints, samples, classes) of several, or
        (samples, classes) of one model. It is memory-mapped: files may be larger than memory.
    ``.npz``
        One such array named ``probabilities``, ``log_probs`` or ``logits``; optionally ``labels`` (samples,), ``run``
        (the name of each run, or the run of each model), and further arrays, such as ``step`` or ``optimizer``, with an
        entry for each checkpoint, run or model. It is loaded into memory.

    Each sample is normalised when it is read. Its probabilities must sum to 1 within the tolerance of the type (1e-4
    for float32 and float64; for float16 1e-3, for its logarithms 5e-3, see
    :func:`inpca.probabilities.sum_tolerance`); logits may be anything finite, and -inf for a class that is impossible.

    Parameters
    ----------
    *paths : path
        A run has the name of its file without suffix, with ``-seed<seed>`` or ``-<number>`` where there are several.
    kind : {"probabilities", "log-probabilities", "logits"}, optional
        What the numbers of ``.npy`` files are. Unless given, probabilities and log-probabilities are told by their
        sums; logits must be named.
    split : str, optional
        Of stores: ``train`` unless given, if there is one.
    truth : (N,) array of int, or path of a ``.npy`` file, optional
        Labels of the samples; those of the files unless given.
    factors : path, optional
        Table (``.csv`` or ``.parquet``) with one row for each run, which its column ``run`` names, and a column for
        each factor.

    Returns
    -------
    Predictions

    Raises
    ------
    TypeError, ValueError, OSError
        If a file is missing, of another format, or on other samples; names of runs repeat; labels differ between files;
        or factors lack a run.
    PredictionStoreError
        If a store is damaged or unfinished.

    See Also
    --------
    inpca.PredictionStore : One store.
    inpca.InPCA : Embeds ``log_probs`` (with ``log=True``).

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from inpca import InPCA, read_predictions
    >>> path = tempfile.mkdtemp() + "/adam.npy"
    >>> np.save(path, np.random.default_rng(0).standard_normal((7, 20, 3)).astype(np.float16))
    >>> predictions = read_predictions(path, kind="logits", truth=np.arange(20) % 3)
    >>> predictions.table["run"].tolist()[:2], predictions.log_probs.shape
    (['adam', 'adam'], (7, 20, 3))
    >>> InPCA(2, log=True).fit(predictions.log_probs).embedding_.shape
    (7, 2)
    """
    check_kind(kind)
    if not paths:
        raise ValueError("no predictions are given: name .zarr stores, .npy or .npz files")
    sources = [Path(path) for path in paths]
    found: list[Run] = []
    truths: dict[str, np.ndarray] = {}
    for path, prefix in zip(sources, _prefixes(sources), strict=True):
        runs, own = read_source(path, kind=kind, split=split)
        found += [Run(prefix + run.name, run.models, run.kind, run.columns, run.factors) for run in runs]
        if own is not None:
            truths[str(path)] = own
    repeated = [name for name, count in Counter(run.name for run in found).items() if count > 1]
    if repeated:
        raise ValueError(f"several runs have the name {repeated[0]!r}; names must differ")
    models = LogModels([(run.models, run.kind, f"run {run.name!r}") for run in found])
    table = table_of(found)
    if factors is not None:
        names = [run.name for run in found]
        lengths = [len(run.models) for run in found]
        for column, values in read_factors(factors, names).items():
            if column in OWN_COLUMNS:
                raise ValueError(f"{factors}: a column cannot be named {column!r}, which is one of the table of models")
            table[column] = np.repeat(values, lengths)
    return Predictions(models, _labels(truth, truths, models.shape), table)


def _prefixes(paths: list[Path]) -> list[str]:
    """What goes before the name of a file that other paths have too: the folder that it is in."""
    count = Counter(path.stem for path in paths)
    return [f"{path.parent.name}/" if count[path.stem] > 1 and path.parent.name else "" for path in paths]


def table_of(runs: Sequence[Run]) -> dict[str, np.ndarray]:
    """Columns with an entry for each model of some runs; what a run does not say is missing (NaN or "")."""
    lengths = [len(run.models) for run in runs]
    checkpoint = np.concatenate([np.arange(n) for n in lengths])
    name = np.repeat([run.name for run in runs], lengths)
    label = np.array([f"{run}/{number}" for run, number in zip(name, checkpoint, strict=True)])
    table = {"model": label, "run": name, "checkpoint": checkpoint}
    for key in dict.fromkeys(key for run in runs for key in (*run.columns, *run.factors)):
        if key in OWN_COLUMNS:
            continue
        parts = [
            np.asarray(run.columns[key] if key in run.columns else np.full(n, run.factors[key]))
            if key in run.columns or key in run.factors
            else None
            for run, n in zip(runs, lengths, strict=True)
        ]
        words = any(part is not None and part.dtype.kind not in "iufb" for part in parts)
        blank = np.array("") if words else np.array(np.nan)
        parts = [np.repeat(blank, n) if part is None else part for part, n in zip(parts, lengths, strict=True)]
        table[key] = np.concatenate([part.astype(str) for part in parts] if words else parts)
    return table


def _labels(given, truths: dict[str, np.ndarray], shape: tuple[int, ...]) -> np.ndarray | None:
    """Labels that were given, or those of the files, which must agree."""
    name = "truth"
    if isinstance(given, str | os.PathLike):
        name = str(given)
        if Path(given).suffix == ".npz":
            raise ValueError(f"{given} is an archive of arrays; labels are read from a .npy file")
        given = load_array(given)
    found = {name: given} if given is not None else truths
    checked = {name: class_labels(values, shape[2], name) for name, values in found.items()}
    for name, values in checked.items():
        first = next(iter(checked))
        if len(values) != shape[1]:
            raise ValueError(f"{name} has {len(values)} labels for {shape[1]} samples")
        if not np.array_equal(values, checked[first]):
            raise ValueError(f"{name} has other labels than {first}: predictions must be on the same samples")
    return next(iter(checked.values()), None)
