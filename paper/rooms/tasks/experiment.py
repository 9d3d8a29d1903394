"""Networks that learn some of the classes, coarser or permuted labels, or other images, asked for all classes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from paper.data.image_sets import IMAGE_SETS
from paper.rooms.tasks.configuration import Task, TaskJob
from paper.study.analysis import Between
from paper.study.checks import LARGEST_MODELS, check_network, n_checkpoints
from paper.study.common import CommonStudy
from paper.study.configuration import (
    BatchSize,
    Checkpoints,
    Configuration,
    Epochs,
    LearningRate,
    Network,
    check_batch,
)
from paper.study.dataset import ResidentSet
from paper.study.planned import PlannedRuns
from paper.study.rooms import Files, Room, Section
from paper.study.strict import Count, Different, Name, Positive, Seed

#: Name of the room's runs as an experiment.
EXPERIMENT = "tasks"
#: The set whose images are padded to the size of the others.
OTHER = IMAGE_SETS["digits"]
#: Seeds of a task are larger by this than those of the task before.
SEED_STEP = 10_000
Start = Annotated[int, Field(ge=0, lt=SEED_STEP)]
#: An interval leaves out tasks in turn.
FEWEST_TASKS = 3


class Tasks(Section):
    """Tasks on images of the room's own, networks that learn each of them, and how they are asked for all classes."""

    data: ResidentSet = Field(description="n_train: images that each task takes its own from, the first of each class")
    n_images: Count = Field(description="that each task is trained on, the same number of each of its classes")
    tasks: dict[Name, Task] = Field(min_length=FEWEST_TASKS)
    networks: dict[Name, Network] = Field(min_length=1)
    seeds: Annotated[list[Start], Field(min_length=2), Different] = Field(
        description="of each network on the first task; on others they are larger, so that no two share random numbers"
    )
    label_seed: Seed = Field(default=0, description="deals random labels")
    batch_size: BatchSize
    learning_rate: LearningRate
    epochs: Epochs
    checkpoints: Checkpoints
    scale: Positive = Field(default=10.0, description="of the cosines of an imprinted head, which are its logits")
    other_scales: Annotated[list[Positive], Different] = Field(
        default=[5.0, 20.0], max_length=10, description="at which distances are measured as well"
    )
    permutations: int = Field(default=999, ge=19, le=100_000, description="of tests")
    same_path: Between = Field(
        default=0.1, description="excess distance, as a part of that of seeds, up to which two paths count as the same"
    )

    @model_validator(mode="after")
    def _can_be_had(self) -> Tasks:
        n_classes, each = self.data.n_classes, self.data.n_train // self.data.n_classes
        if self.n_images % n_classes:
            raise ValueError(f"n_images: {self.n_images} is not a multiple of the {n_classes} classes")
        check_batch("batch_size:", self.batch_size, "n_images", self.n_images)
        for network, size in self.networks.items():
            check_network(f"networks.{network}", size, self.data.side)
        for name, task in self.tasks.items():
            self._check_task(f"tasks.{name}", task, each)
        given = {name: n_checkpoints(self, self.steps(task), self.epochs) for name, task in self.tasks.items()}
        if fewer := [name for name, n in given.items() if n < max(given.values())]:
            raise ValueError(
                f"tasks.{fewer[0]}: has {given[fewer[0]]} checkpoints, others have {max(given.values())}, and models "
                "are compared at equal ones; allowed: more epochs or n_images, or fewer checkpoints"
            )
        wholes = [name for name, task in self.tasks.items() if task.kind(n_classes) == "whole"]
        if len(wholes) != 1:
            raise ValueError(
                f"tasks: {len(wholes)} of them have every class as a label of its own, in order; one should, which the "
                "others are compared with"
            )
        if (models := sum(one.n_models for one in self.planned(None))) > min(LARGEST_MODELS, 20_000):
            raise ValueError(f"tasks: their {models} models are too many; allowed: up to 20000")
        return self

    def _check_task(self, key: str, task: Task, each: int) -> None:
        own = task.images == "own"
        n_classes, each = (self.data.n_classes, each) if own else (OTHER.n_classes, OTHER.fewest_train)
        if wrong := [one for one in task.classes if one >= n_classes]:
            raise ValueError(f"{key}.groups: there is no class {wrong[0]}; allowed: 0 to {n_classes - 1}")
        wanted = self.n_images // len(task.classes)
        if wanted > each:
            raise ValueError(f"{key}: takes {wanted} images of each of its classes, and there are {each}")
        check_batch(f"{key}: batch_size", self.batch_size, "its images, which are", self.trained_on(task))
        if not own and (self.data.side < OTHER.side or (self.data.side - OTHER.side) % 2):
            raise ValueError(
                f"{key}.images: digits of {OTHER.side}×{OTHER.side} pixels cannot be padded alike on all sides to "
                f"{self.data.side}×{self.data.side}"
            )
        if not own and IMAGE_SETS[self.data.name].channels != OTHER.channels:
            raise ValueError(f"{key}.images: digits have one channel, images of {self.data.name} have more")

    def trained_on(self, task: Task) -> int:
        """Images of a task; somewhat fewer than asked for where its classes do not divide them."""
        return self.n_images // len(task.classes) * len(task.classes)

    def steps(self, task: Task) -> int:
        """Optimiser steps of an epoch of a task."""
        return -(-self.trained_on(task) // self.batch_size)

    def planned(self, study: CommonStudy | None) -> list[PlannedRuns]:
        """Runs of every network on every task."""
        return [self._planned([task], size) for size in self.networks.values() for task in self.tasks.values()]

    def trained_by(self, network: str) -> PlannedRuns:
        """Runs of one network on all tasks, which one job trains."""
        return self._planned(list(self.tasks.values()), self.networks[network])

    def _planned(self, tasks: list[Task], size: Network) -> PlannedRuns:
        steps = max(map(self.steps, tasks))
        return PlannedRuns(
            experiment=EXPERIMENT,
            network=size,
            input_shape=self.data.input_shape,
            n_classes=self.data.n_classes,
            n_runs=len(self.seeds) * len(tasks),
            n_checkpoints=n_checkpoints(self, steps, self.epochs),
            n_train=self.n_images,
            n_test=self.data.n_test,
            trained=self.epochs * max(map(self.trained_on, tasks)),
            n_steps=self.epochs * steps,
            passes=2,
            embedded=False,
        )

    def jobs(self, study: CommonStudy) -> dict[str, list[TaskJob]]:
        """Jobs by network: one for each task."""
        found = {}
        for network, size in self.networks.items():
            configuration = Configuration(
                name=network,
                network=size,
                optimizer="sgdn",
                batch_size=self.batch_size,
                learning_rate=self.learning_rate,
                weight_decay=0,
                augmentation="none",
                epochs=self.epochs,
            )
            found[network] = [
                TaskJob(
                    configuration=configuration,
                    name=name,
                    task=task,
                    n_images=self.n_images,
                    seeds=[seed + SEED_STEP * place for seed in self.seeds],
                    checkpoints=self.checkpoints,
                    label_seed=self.label_seed,
                    scale=self.scale,
                    device=study.device,
                    training=study.training,
                )
                for place, (name, task) in enumerate(self.tasks.items())
            ]
        return found


def reads(study: CommonStudy, section: Tasks) -> Files:
    """Models of all tasks, their embeddings, and what was measured of them."""
    embeddings = {f"{split}_embedding": f"tasks/{split}_embedding.nc" for split in ("train", "test")}
    return {"models": "tasks/models.parquet", "measured": "tasks/measured.nc", **embeddings}


ROOM = Room(
    place=17,
    section=Tasks,
    needs=(),
    trains=(EXPERIMENT,),
    reads=reads,
    figures=("manifold", "dimension", "distances", "classes", "gains"),
    analysis=("excess_margin", "fewer_margin", "bootstrap_draws", "bootstrap_seed"),
    settings=("tasks", "permutations", "same_path"),
)
