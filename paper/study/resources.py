"""What jobs of a study ask a cluster for: memory, time and GPUs, from the sizes of what they read and make.

Requests are bounds that a scheduler holds jobs to, not estimates: jobs of the default study stay below 1.4 GB. A job
that was stopped at a bound is tried again with twice as much of both, then three times. Where jobs run on one machine,
requests limit nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod
from typing import NamedTuple

from paper.study.plan import planned
from paper.study.planned import RATES, STEP_SECONDS, PlannedRuns
from paper.study.study import Study

#: Cores that a job with threads takes where there are as many; Snakemake cuts it to ``--cores`` and ``--max-threads``.
THREADS = 16
#: Of Python with PyTorch and its libraries, in MB: 0.9 GB were measured, and more with CUDA.
PROCESS = {"cpu": 2000, "gpu": 6000}
#: Of a process that reads images, and batches that wait, in MB; not measured at ImageNet's size.
WORKER = 1000
#: Start of a job, reading and writing, in minutes.
START = 30
#: Operations a second and seconds of a step at the worst. One core did five times better than that, or more, on every
#: network of the default study; for a GPU it is half of what a plan assumes, and was not measured.
SLOWEST = {"cpu": (2e9, 0.02), "gpu": (min(RATES) / 2, 2 * max(STEP_SECONDS))}
#: Predictions that do not fit into so much are read by blocks, in MB.
LARGEST_TABLE = 4000
#: Products of probabilities a second at least: a tenth of what one core does (results/benchmarks/distances.md).
PRODUCTS = 5e9
#: Products that one core does in a minute, at ten times that rate.
MINUTE_OF_PRODUCTS = 60 * 10 * PRODUCTS
#: Probabilities of which one core makes the model table in a minute: 1.5e9 took two cores 359 s
#: (results/rehearsal/report.md).
MINUTE_OF_PROBABILITIES = 60 * 2.1e6


class Request(NamedTuple):
    """What one job asks for: memory in MB, time in minutes."""

    mem_mb: int
    runtime: int


class Models(NamedTuple):
    """How many models, and of how many samples and classes each."""

    number: int
    samples: int
    classes: int

    @property
    def table_mb(self) -> float:
        """Their predictions in float32, in MB."""
        return 4e-6 * self.number * self.samples * self.classes

    @property
    def matrix_mb(self) -> float:
        """Their distances in float32, in MB."""
        return 4e-6 * self.number**2

    @property
    def products(self) -> float:
        """Products of probabilities behind all their distances."""
        return float(self.number) ** 2 * self.samples * self.classes


def gpus(study: Study) -> int:
    """GPUs of a job that trains networks: one, unless the study says ``device: cpu``."""
    return int(study.device != "cpu")


def runs_of_stores(study: Study) -> dict[str, dict[str, PlannedRuns]]:
    """Runs by the experiment and the name of the prediction store that they are in."""
    runs = planned(study)
    return {
        experiment: dict(zip(stores, (one for one in runs if one.experiment == experiment), strict=True))
        for experiment, stores in study.stores().items()
    }


def models_of(runs: Iterable[PlannedRuns], points: int = 0) -> Models:
    """Models of some runs on their larger split, with some points of the geodesic between P0 and P*.

    Examples
    --------
    >>> from paper.study.study import read_study
    >>> models_of(runs_of_stores(read_study("config/smoke.yaml"))["ensembles"].values(), points=50)
    Models(number=116, samples=300, classes=10)
    """
    runs = list(runs)
    samples, classes = max(max(one.n_train, one.n_test) for one in runs), max(one.n_classes for one in runs)
    return Models(sum(one.n_models for one in runs) + points + 2, samples, classes)


def light() -> Request:
    """For a job that reads and writes small files: tables, text, pages.

    Examples
    --------
    >>> light()
    Request(mem_mb=2000, runtime=30)
    """
    return Request(PROCESS["cpu"], START)


def preparation(runs: PlannedRuns, shrunk: int = 1) -> Request:
    """For a job that prepares the data of some runs, of which each number is the mean of ``shrunk``."""
    data = (shrunk + 3) * _data_mb(runs) if runs.resident else 0
    return Request(round(PROCESS["cpu"] + data), START)


def training(runs: PlannedRuns, gpu: int = 0) -> Request:
    """For a job that trains networks.

    Memory is that of the process, of four copies of the data, or of what reads them from disk, and of two tables of
    predictions of each run; time is that of their operations at the rate of :data:`SLOWEST`.

    Examples
    --------
    A small network and the widest one of the default study, whose jobs took 10 s and 2.5 min of one core:

    >>> from paper.study.study import read_study
    >>> stores = runs_of_stores(read_study("config/fashion.yaml"))
    >>> training(stores["main"]["fc-sgd-b50-lr0.1-wd0-none"])
    Request(mem_mb=2007, runtime=31)
    >>> training(stores["sizes"]["wrn_wide-sgdn-b50-lr0.025-wd0-none"])
    Request(mem_mb=2007, runtime=106)
    """
    where = "gpu" if gpu else "cpu"
    of_one = Models(2 * runs.n_runs, runs.n_train + runs.n_test, runs.n_classes)
    minutes = 60 * runs.gpu_hours(*SLOWEST[where])
    data = 4 * _data_mb(runs) if runs.resident else WORKER * (1 + runs.workers)
    return Request(round(PROCESS[where] + data + of_one.table_mb), round(START + minutes))


def comparison(models: Models, *, tables: float = 2, matrices: float = 3, rounds: float = 1) -> Request:
    """For a job that reads the predictions of models and compares all of them.

    Parameters
    ----------
    models : Models
    tables, matrices : float
        How many times predictions and distances of all models are in memory.
    rounds : float
        How many times all pairs are compared, by one thread: how many a job gets is known when it runs.

    Examples
    --------
    Distances of a few thousand models:

    >>> comparison(Models(3490, 2000, 10))
    Request(mem_mb=2705, runtime=31)
    """
    memory = PROCESS["cpu"] + tables * min(models.table_mb, LARGEST_TABLE) + matrices * models.matrix_mb
    return Request(round(memory), round(START + rounds * models.products / PRODUCTS / 60))


def threads(models: Models, rounds: float, minutes: float) -> int:
    """Threads of a job that compares all of some models so many times, and works on each by itself as well.

    One, if comparisons take one core no longer than so many minutes: such a job is mostly other work, of one core, and
    two of them are faster beside each other.

    Examples
    --------
    The trajectories of the paper's runs at 100 values of progress, to each other and to nulls, on 500 samples and on
    the 50,000 of CIFAR-10:

    >>> [threads(Models(2296, samples, 10), rounds=200, minutes=10) for samples in (500, 50_000)]
    [1, 16]
    """
    return 1 if rounds * models.products <= minutes * MINUTE_OF_PRODUCTS else THREADS


def threads_of_table(models: Models) -> int:
    """Threads of the job that all others of an experiment wait for, which reads each model on both splits.

    Examples
    --------
    >>> [threads_of_table(Models(number, 500, 10)) for number in (3000, 150_000)]
    [1, 16]
    """
    return 1 if 2 * models.number * models.samples * models.classes <= MINUTE_OF_PROBABILITIES else THREADS


def at_most(models: Models, number: int) -> Models:
    """Models of which a job takes a sample of so many."""
    return models._replace(number=min(models.number, number))


def in_turn(*requests: Request) -> Request:
    """For a job that does several things, one after the other.

    Examples
    --------
    >>> in_turn(Request(3000, 40), Request(2000, 50))
    Request(mem_mb=3000, runtime=90)
    """
    return Request(max(one.mem_mb for one in requests), sum(one.runtime for one in requests))


def asked(request: Callable[..., Request] | Request, gpu: int = 0) -> dict[str, int | Callable[..., int]]:
    """Resources of a rule, by Snakemake's names.

    Parameters
    ----------
    request : callable or Request
        What the first attempt of a job asks for; a callable gets the job's wildcards.
    gpu : int

    Examples
    --------
    >>> rule = asked(light())
    >>> rule["mem_mb"](None, attempt=1), rule["mem_mb"](None, attempt=2), rule["gpu"]
    (2000, 4000, 0)
    """

    def scaled(field: str) -> Callable[..., int]:
        def resource(wildcards, attempt: int) -> int:
            first = request(wildcards) if callable(request) else request
            return attempt * getattr(first, field)

        return resource

    return {"mem_mb": scaled("mem_mb"), "runtime": scaled("runtime"), "gpu": gpu}


def _data_mb(runs: PlannedRuns) -> float:
    """Their samples in float32, in MB."""
    return 4e-6 * (runs.n_train + runs.n_test) * prod(runs.input_shape)
