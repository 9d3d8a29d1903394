"""The synthetic section of a study: data of known spectra, and networks that start at ignorance or in corners."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from inpca.configuration import Checkpoints, Configuration, Epochs, FullyConnected, check_batch
from inpca.strict import Count, Different, Name, Positive, Strict
from inpca.synthetic_configuration import Decay, Spectrum, SyntheticData, SyntheticJob, SyntheticSetting, SyntheticSize
from inpca.synthetic_runs import all_runs


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
NumberOfCorners = Annotated[int, Field(ge=0, le=1000)]
RunSeeds = Annotated[int, Field(ge=1, le=1000)]
Corners = Annotated[
    dict[NumberOfCorners, RunSeeds],
    BeforeValidator(_with_whole_keys, json_schema_input_type=dict[NumberOfCorners, RunSeeds]),
    Field(min_length=1),
]


class Sweep(Strict):
    """Data of many decays; the first student and setting, with fewer runs and epochs."""

    decays: list[Decay] = Field(min_length=2, description="values of c, ascending")
    corners: Corners = Field(description="run seeds for each, by number of corner seeds; 0: ignorance")
    epochs: Epochs
    checkpoints: Checkpoints

    @model_validator(mode="after")
    def _ascending(self) -> Sweep:
        if sorted(set(self.decays)) != self.decays:
            raise ValueError(f"decays must be different, ascending and not negative, not {self.decays}")
        return self


class Synthetic(Strict):
    """Students of a random teacher, on inputs of several spectra, from several numbers of corners."""

    data: SyntheticSize
    spectra: dict[Name, DecayOrSpectrum] = Field(
        min_length=1,
        description="variances e_i = 50 c exp(-c i) of the inputs, by name: the decay c (0: isotropic), or decay and "
        "sized_as, the decay of another spectrum whose sum they are scaled to",
    )
    students: dict[Name, Annotated[list[Count], Field(min_length=1)]] = Field(
        min_length=1, description="hidden widths, by name"
    )
    settings: Annotated[list[SyntheticSetting], Different] = Field(min_length=1)
    checkpoints: Checkpoints
    corners: Corners = Field(description="run seeds for each, by number of corner seeds; 0: ignorance")
    bootstrap: int = Field(default=50, ge=2, le=10_000, description="resamples of the runs behind an interval")
    settled_epochs: Positive = Field(
        default=1, description="epochs after which runs count as settled; dimensions are given without what was before"
    )
    sweep: Sweep

    @model_validator(mode="after")
    def _consistent(self) -> Synthetic:
        for index, setting in enumerate(self.settings):
            check_batch(f"settings.{index}: batch_size", setting.batch_size, "n_train", self.data.n_train)
            if setting.epochs < self.settled_epochs:
                raise ValueError(
                    f"settings.{index}: {setting.epochs} epochs are fewer than settled_epochs {self.settled_epochs:g}"
                )
        self.configurations()
        return self

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
        )
