"""Sloppy synthetic data: inputs of known spectra, and networks that start at ignorance or in corners."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from paper.rooms.sloppy_synthetic.configuration import (
    Decay,
    Spectrum,
    SyntheticData,
    SyntheticJob,
    SyntheticSetting,
    SyntheticSize,
)
from paper.rooms.sloppy_synthetic.runs import all_runs
from paper.study.checks import LARGEST_SIZE, n_checkpoints
from paper.study.common import CommonStudy
from paper.study.configuration import BatchNorm, Checkpoints, Configuration, Epochs, FullyConnected, check_batch
from paper.study.planned import PlannedRuns
from paper.study.rooms import Files, Room, Section
from paper.study.strict import Different, Name, Seed, Strict


def _with_whole_keys(data: Any) -> Any:
    """JSON has no numbers for keys; text of digits is one."""
    if not isinstance(data, dict):
        return data
    return {int(key) if isinstance(key, str) and key.isdecimal() else key: value for key, value in data.items()}


DecayOrSpectrum = Annotated[
    Spectrum,
    BeforeValidator(
        lambda value: value if isinstance(value, dict | Spectrum) else {"decay": value},
        json_schema_input_type=Decay | Spectrum,
    ),
]
Width = Annotated[int, Field(ge=1, le=LARGEST_SIZE)]
#: Numbers in one array of data; so many take 8 GB.
LARGEST_ARRAY = 1_000_000_000
#: Of all runs on one data set; distances between so many take 20 GB, and so do spectra.
LARGEST_MODELS = 50_000
#: Of each case; an interval leaves out runs in turn.
FEWEST_RUNS = 3
NumberOfCorners = Annotated[int, Field(ge=0, le=1000)]
RunSeeds = Annotated[int, Field(ge=1, le=1000)]
SeedsByCorners = Annotated[
    dict[NumberOfCorners, RunSeeds],
    BeforeValidator(_with_whole_keys, json_schema_input_type=dict[NumberOfCorners, RunSeeds]),
    Field(min_length=1),
]


class Sweep(Strict):
    """Data of many decays; the first student and setting, with fewer runs and epochs."""

    decays: list[Decay] = Field(min_length=2, max_length=100, description="values of c, ascending")
    corners: SeedsByCorners = Field(description="run seeds for each, by number of corner seeds; 0: ignorance")
    epochs: Epochs
    checkpoints: Checkpoints

    @model_validator(mode="after")
    def _ascending(self) -> Sweep:
        if sorted(set(self.decays)) != self.decays:
            raise ValueError(f"decays must be different, ascending and not negative, not {self.decays}")
        return self


class Synthetic(Section):
    """Students of a random teacher, on inputs of several spectra, from several numbers of corners."""

    data: SyntheticSize
    spectra: dict[Name, DecayOrSpectrum] = Field(
        min_length=1,
        description="variances e_i = 50 c exp(-c i) of the inputs, by name: the decay c (0: isotropic), or decay and "
        "sized_as, the decay of another spectrum whose sum they are scaled to",
    )
    students: dict[Name, Annotated[list[Width], Field(min_length=1, max_length=100)]] = Field(
        min_length=1, description="hidden widths, by name"
    )
    settings: Annotated[list[SyntheticSetting], Different] = Field(min_length=1)
    checkpoints: Checkpoints
    batch_norm: BatchNorm = "running"
    corners: SeedsByCorners = Field(description="run seeds for each, by number of corner seeds; 0: ignorance")
    seed_shift: Seed = Field(default=0, description="is added to the numbers of runs and corners to make their seeds")
    sweep: Sweep

    @model_validator(mode="after")
    def _consistent(self) -> Synthetic:
        check_size(self.data)
        for index, setting in enumerate(self.settings):
            check_batch(f"settings.{index}: batch_size", setting.batch_size, "n_train", self.data.n_train)
        for key, corners in (("corners", self.corners), ("sweep.corners", self.sweep.corners)):
            for number, seeds in corners.items():
                if (n := n_runs({number: seeds})) < FEWEST_RUNS:
                    given = "1 run gives" if n == 1 else f"{n} runs give"
                    raise ValueError(
                        f"{key}.{number}: {given} a dimension no interval; give it {FEWEST_RUNS} runs or more, which "
                        "are run seeds times corners"
                    )
        configurations = list(self.configurations().values())
        check_models("corners", self, configurations, self.data.n_train)
        first = configurations[0].model_copy(update={"epochs": self.sweep.epochs})
        check_models("sweep.corners", self.sweep, [first], self.data.n_train)
        return self

    def planned(self, study: CommonStudy) -> list[PlannedRuns]:
        """Runs of every configuration on the data of every spectrum; those of the sweep on the data of its decays."""
        jobs = [self.job(name) for name in self.configurations()] * len(self.spectra)
        found, data = [], self.data
        for name, job in [
            *(("synthetic", job) for job in jobs),
            *(("sweep", self.sweep_job()) for _ in self.sweep.decays),
        ]:
            one = job.configuration
            steps = job.checkpoints.steps_of(one, data.n_train)
            found.append(
                PlannedRuns(
                    experiment=name,
                    network=one.network,
                    input_shape=(data.dimension, 1, 1),
                    n_classes=data.n_classes,
                    n_runs=len(job.runs),
                    n_checkpoints=len(steps),
                    n_train=data.n_train,
                    n_test=data.n_test,
                    trained=one.epochs * data.n_train,
                    n_steps=one.n_steps(data.n_train),
                    passes=int(self.batch_norm == "reestimated"),
                    embedded=False,
                )
            )
        return found

    def dataset(self, spectrum: Spectrum) -> SyntheticData:
        """The data set whose input variances have this spectrum."""
        return SyntheticData(**self.data.model_dump(), **spectrum.model_dump())

    def configurations(self) -> dict[str, Configuration]:
        """Every student with every setting, by id.

        Raises
        ------
        ValueError
            If two settings give the same id (it does not hold the number of epochs).
        """
        found = {}
        for name, widths in self.students.items():
            for setting in self.settings:
                network = FullyConnected(kind="fc", widths=widths)
                configuration = Configuration(name=name, network=network, augmentation="none", **setting.model_dump())
                if configuration.id in found:
                    raise ValueError(f"settings: {configuration.id} occurs twice; it does not tell epochs")
                found[configuration.id] = configuration
        return found

    def job(self, configuration: str) -> SyntheticJob:
        """The training job of one configuration on the data of any spectrum."""
        return SyntheticJob(
            configuration=self.configurations()[configuration],
            runs=all_runs(self.corners),
            checkpoints=self.checkpoints,
            batch_norm=self.batch_norm,
            seed_shift=self.seed_shift,
        )

    def sweep_datasets(self) -> list[SyntheticData]:
        """The data sets of the sweep."""
        return [self.dataset(Spectrum(decay=decay)) for decay in self.sweep.decays]

    def sweep_job(self) -> SyntheticJob:
        """The training job of the sweep on the data of any decay."""
        first = next(iter(self.configurations().values()))
        return SyntheticJob(
            configuration=first.model_copy(update={"epochs": self.sweep.epochs}),
            runs=all_runs(self.sweep.corners),
            checkpoints=self.sweep.checkpoints,
            batch_norm=self.batch_norm,
            seed_shift=self.seed_shift,
        )


def check_size(data: SyntheticSize) -> None:
    """Whether data can be made, and every class can have a sample.

    Raises
    ------
    ValueError
        If there are more classes than samples, or inputs or teacher are too large.
    """
    for key, n in (("n_train", data.n_train), ("n_test", data.n_test)):
        if data.n_classes > n:
            raise ValueError(f"data.n_classes: {data.n_classes} classes are more than the {n} samples of {key}")
    if data.teacher.directions is not None and data.teacher.directions > data.dimension:
        raise ValueError(
            f"data.teacher.directions: {data.teacher.directions} are more than the {data.dimension} of data.dimension"
        )
    for key, size in (("dimension", data.dimension), ("teacher.hidden", data.teacher.hidden)):
        if size > LARGEST_SIZE:
            raise ValueError(f"data.{key}: {size} is too large; allowed: 1 to {LARGEST_SIZE}")
        if (data.n_train + data.n_test) * size > LARGEST_ARRAY:
            raise ValueError(
                f"data.{key}: {size} times {data.n_train + data.n_test} samples is more than {LARGEST_ARRAY} numbers"
            )


def n_runs(corners: dict[int, int]) -> int:
    """Runs from some numbers of corners, those that they share counted for each."""
    return sum(max(1, number) * seeds for number, seeds in corners.items())


def check_models(key: str, section: Synthetic | Sweep, configurations: list[Configuration], n_train: int) -> None:
    """Whether the models of all runs on one data set are few enough for their distances; raises ValueError if not."""
    of_one_run = sum(n_checkpoints(section, one.steps_per_epoch(n_train), one.epochs) for one in configurations)
    models = n_runs(section.corners) * of_one_run
    if models > LARGEST_MODELS:
        raise ValueError(f"{key}: {models} models on each data set are too many; allowed: up to {LARGEST_MODELS}")


def _reads(study: CommonStudy, section: Synthetic) -> Files:
    def of_each(folder: str, suffix: str) -> list[str]:
        return [f"synthetic/{folder}/{spectrum}.{suffix}" for spectrum in section.spectra]

    return {
        "data": of_each("data", "npz"),
        "models": of_each("models", "parquet"),
        "dimensions": of_each("dimensions", "nc"),
        "sweep": "synthetic/sweep.nc",
    }


ROOM = Room(
    place=10,
    section=Synthetic,
    needs=(),
    trains=("synthetic",),
    reads=_reads,
    figures=("variances", "errors", "manifolds", "participation", "comparison", "sweep"),
    analysis=("fitted_error",),
)
