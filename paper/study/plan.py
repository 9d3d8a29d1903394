"""What a study will train, store and take, before anything is run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from paper.study.checks import landmarks_of, n_checkpoints
from paper.study.common import CommonStudy
from paper.study.planned import RATES, STEP_SECONDS, PlannedRuns, recorded
from paper.study.study import Study

#: Bytes of a number in a matrix of distances, and in an embedding.
MEASURED, EMBEDDED = 4, 8


@dataclass(frozen=True)
class Plan:
    """Totals of some planned runs; hours are those at the fast and at the slow end of what is assumed.

    ``job_hours`` are those of the longest job: all seeds of one configuration.
    """

    n_configurations: int
    n_runs: int
    n_models: int
    prediction_bytes: int
    distance_bytes: int
    embedding_bytes: int
    gpu_hours: tuple[float, float]
    job_hours: tuple[float, float]


def experiments(study: CommonStudy) -> list[PlannedRuns]:
    """Runs of the experiments of a study that its own grids describe."""
    found = []
    for name, settings in study.experiments.items():
        for configuration, seeds in study.runs(name).values():
            n_train = study.epoch_samples
            found.append(
                PlannedRuns(
                    experiment=name,
                    network=None if study.made_up else configuration.network,
                    n_runs=len(seeds),
                    n_checkpoints=n_checkpoints(settings, configuration.steps_per_epoch(n_train), configuration.epochs),
                    trained=configuration.epochs * n_train,
                    n_steps=configuration.n_steps(n_train),
                    passes=int(settings.batch_norm == "reestimated"),
                    **recorded(study),
                )
            )
    return found


def planned(study: Study) -> list[PlannedRuns]:
    """All runs of a study: those of its experiments, then those that its notebooks' own jobs train."""
    own = [runs for section in study.sections().values() for runs in section.planned(study)]
    return experiments(study) + own


def measured_to(study: CommonStudy, experiment: str, n_models: int) -> int:
    """To how many models the distances of each of ``n_models`` are kept: to all, or to landmarks if they are many."""
    landmarks = landmarks_of(study, experiment)
    return landmarks + study.analysis.geodesic_points + 2 if landmarks else n_models


def plan(study: CommonStudy, runs: Iterable[PlannedRuns]) -> Plan:
    """Totals of some runs of a study.

    Parameters
    ----------
    study : CommonStudy
        Its analysis says how many axes an embedding has, and from how many models on distances are to landmarks.
    runs : iterable of PlannedRuns
    """
    runs = list(runs)
    models: dict[str, int] = {}
    for one in filter(lambda one: one.embedded, runs):
        models[one.experiment] = models.get(one.experiment, 0) + one.n_models
    fast = [one.gpu_hours(max(RATES), min(STEP_SECONDS)) for one in runs]
    slow = [one.gpu_hours(min(RATES), max(STEP_SECONDS)) for one in runs]
    return Plan(
        n_configurations=len(runs),
        n_runs=sum(one.n_runs for one in runs),
        n_models=sum(one.n_models for one in runs),
        prediction_bytes=sum(one.prediction_bytes for one in runs),
        distance_bytes=sum(2 * n * measured_to(study, name, n) * MEASURED for name, n in models.items()),
        embedding_bytes=sum(3 * n * min(n, study.analysis.n_components) * EMBEDDED for n in models.values()),
        gpu_hours=(sum(fast), sum(slow)),
        job_hours=(max(fast, default=0), max(slow, default=0)),
    )
