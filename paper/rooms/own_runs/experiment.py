"""Own runs: other learners on the same images, placed among the networks as anyone places their own runs.

Trees, neighbours and networks of other libraries go from ignorance to the truth as well; do they take the same path?
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paper.rooms.own_runs.configuration import Learner, LearnerJob, Perceptron, RadialBasis
from paper.study import files
from paper.study.analysis import Between
from paper.study.common import CommonStudy
from paper.study.planned import PlannedRuns, recorded
from paper.study.rooms import Room, Section
from paper.study.strict import Different, Name, Seed

#: Name of the learners as an experiment.
EXPERIMENT = "own"


class OwnRuns(Section):
    """Learners that are none of the study's networks, on its images."""

    seeds: Annotated[list[Seed], Field(min_length=2), Different] = Field(description="of every learner")
    checkpoints: int = Field(default=25, ge=3, le=200, description="of each run, even in the logarithm of the step")
    learners: dict[Name, Learner] = Field(min_length=1)
    on_path: Between = Field(
        default=0.5,
        description="part of the way from the ratio of networks to that of the null, below which one is on the path",
    )
    apart: Between = Field(default=0.1, description="difference of two ratios that counts")

    def check(self, key: str, study: CommonStudy) -> None:
        """Whether the section fits the rest of the study.

        Raises
        ------
        ValueError
            If a learner has the name of a network or wants more samples than there are, or the main experiment has one
            architecture only.
        """
        n_train = study.dataset.n_train
        if study.analysis.sample_step != 1:
            raise ValueError(
                f"{key}: learners are placed by their distances on all samples; analysis.sample_step should be 1, not "
                f"{study.analysis.sample_step}, or leave the notebook out"
            )
        for name, learner in self.learners.items():
            place = f"{key}.learners.{name}"
            if name in study.networks:
                raise ValueError(f"{place}: the name is that of a network of the study; choose another name")
            batch = learner.batch_size if isinstance(learner, Perceptron | RadialBasis) else 0
            centres = learner.centres if isinstance(learner, RadialBasis) else 0
            for what, value in (("batch_size", batch), ("centres", centres)):
                if value > n_train:
                    raise ValueError(f"{place}.{what}: {value} is more than n_train {n_train}")
        networks = {configuration.name for configuration in study.configurations("main").values()}
        if len(networks) < 2:
            raise ValueError(
                f"{key}: needs two networks in experiments.main, to tell how far architectures are from each other; it "
                f"has {', '.join(networks)} alone"
            )

    def stores(self, study: CommonStudy) -> dict[str, list[str]]:
        """One store for each learner."""
        return {EXPERIMENT: list(self.learners)}

    def planned(self, study: CommonStudy) -> list[PlannedRuns]:
        """Runs of every learner; what these compute is not counted."""
        return [
            PlannedRuns(
                experiment=EXPERIMENT,
                network=None,
                n_runs=len(self.seeds),
                n_checkpoints=self.checkpoints,
                trained=0,
                n_steps=0,
                embedded=False,
                **recorded(study) | {"store": "float32"},
            )
            for _ in self.learners
        ]

    def jobs(self) -> dict[str, LearnerJob]:
        """Jobs by the name of the learner."""
        common = {"seeds": self.seeds, "checkpoints": self.checkpoints}
        return {name: LearnerJob(name=name, learner=learner, **common) for name, learner in self.learners.items()}


ROOM = Room(
    place=11,
    section=OwnRuns,
    resident=True,
    trains=(EXPERIMENT,),
    reads=lambda study, section: {
        "models": files.models("main"),
        "placed": "own_runs/placed.parquet",
        "nearest": "own_runs/nearest.nc",
        "train_embedding": files.embedding("main", "train"),
        "test_embedding": files.embedding("main", "test"),
    },
    figures=("pairs_train", "pairs_test", "nearest", "ratios", "kinds"),
    settings=("on_path", "apart"),
)
