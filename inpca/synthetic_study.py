"""The synthetic section of a study: data of known spectra, and networks that start at ignorance or in corners."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PositiveInt, StringConstraints, model_validator

from inpca.configuration import Checkpoints, Configuration, FullyConnected
from inpca.strict import Strict
from inpca.synthetic_configuration import (
    Run,
    SyntheticData,
    SyntheticJob,
    SyntheticSetting,
    SyntheticSize,
)

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Corners = dict[Annotated[int, Field(ge=0)], PositiveInt]


class Sweep(Strict):
    """Data of many decays; the first student and setting, with fewer runs and epochs."""

    decays: list[float] = Field(min_length=2, description="values of c, ascending")
    corners: Corners = Field(min_length=1, description="run seeds for each, by number of corner seeds; 0: ignorance")
    epochs: PositiveInt
    checkpoints: Checkpoints

    @model_validator(mode="after")
    def _ascending(self) -> Sweep:
        if min(self.decays) < 0 or sorted(set(self.decays)) != self.decays:
            raise ValueError(f"decays must be different, ascending and not negative, not {self.decays}")
        return self


class Synthetic(Strict):
    """Students of a random teacher, on inputs of several spectra, from several numbers of corners."""

    data: SyntheticSize
    spectra: dict[Name, Annotated[float, Field(ge=0)]] = Field(
        min_length=1, description="decay c of the variances e_i = 50 c exp(-c i) of the inputs, by name; 0: isotropic"
    )
    students: dict[Name, list[PositiveInt]] = Field(min_length=1, description="hidden widths, by name")
    settings: list[SyntheticSetting] = Field(min_length=1)
    checkpoints: Checkpoints
    corners: Corners = Field(min_length=1, description="run seeds for each, by number of corner seeds; 0: ignorance")
    bootstrap: int = Field(default=50, ge=2, description="resamples of the runs behind an interval")
    sweep: Sweep

    @model_validator(mode="after")
    def _consistent(self) -> Synthetic:
        for index, setting in enumerate(self.settings):
            if setting.batch_size > self.data.n_train or self.data.n_train % setting.batch_size == 1:
                raise ValueError(
                    f"settings.{index}: batch_size {setting.batch_size} does not fit n_train {self.data.n_train} "
                    "(larger than it, or a last batch of one sample, on which BatchNorm is undefined)"
                )
        self.jobs()
        return self

    def dataset(self, decay: float) -> SyntheticData:
        """The data set whose variances decay by ``decay`` from one input to the next."""
        return SyntheticData(**self.data.model_dump(), decay=decay)

    def configurations(self) -> list[Configuration]:
        """Every student with every setting."""
        return [
            Configuration(
                name=name, network=FullyConnected(kind="fc", widths=widths), augmentation="none", **setting.model_dump()
            )
            for name, widths in self.students.items()
            for setting in self.settings
        ]  # fmt: skip

    def jobs(self) -> dict[str, SyntheticJob]:
        """Training jobs on the data of any spectrum, by case: each number of corners with each configuration.

        Raises
        ------
        ValueError
            If two settings give the same case (its name does not hold the number of epochs).
        """
        jobs = {}
        for number, seeds in self.corners.items():
            for configuration in self.configurations():
                case = f"corners{number}-{configuration.id}"
                if case in jobs:
                    raise ValueError(f"settings: {configuration.id} occurs twice, with different numbers of epochs")
                jobs[case] = SyntheticJob(
                    case=case, configuration=configuration, runs=runs(number, seeds), checkpoints=self.checkpoints
                )
        return jobs


def runs(corners: int, seeds: int) -> list[Run]:
    """``seeds`` runs from each of the first ``corners`` corners, or from ignorance if there are none."""
    starts = range(corners) if corners else [None]
    return [Run(seed=seed, corner=corner) for corner in starts for seed in range(seeds)]
