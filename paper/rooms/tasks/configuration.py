"""What one job is told that trains a network on a task and asks it for all classes, by an imprinted head."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from paper.study.configuration import Checkpoints, Job
from paper.study.strict import Count, Name, Positive, Seed, Seeds, Strict
from paper.study.training import REFERENCE, Training

#: Number of a class of the data.
Class = Annotated[int, Field(ge=0, le=999)]
#: Kinds of tasks, with their names for readers.
KINDS = {
    "whole": "all classes",
    "permuted": "all classes, their labels permuted",
    "coarse": "all classes, coarser labels",
    "subset": "some of the classes",
    "random": "random labels",
    "digits": "digits",
}


class Task(Strict):
    """What a network is trained to tell apart: groups of classes, one label for each."""

    groups: list[Class | list[Class]] = Field(
        min_length=2, max_length=100, description="classes that share a label, in the order of the labels"
    )
    images: Literal["own", "digits"] = Field(
        default="own", description="those of the room's data, or scikit-learn's digits, padded to the same size"
    )
    random: bool = Field(default=False, description="labels are dealt to the images at random")

    @model_validator(mode="after")
    def _each_class_once(self) -> Task:
        if not all(self.members):
            raise ValueError("groups: a group has no class; give it one or more")
        if twice := [one for one in self.classes if self.classes.count(one) > 1]:
            raise ValueError(f"groups: the class {twice[0]} is listed twice; list each class once")
        return self

    @property
    def members(self) -> list[list[int]]:
        """Classes of each label."""
        return [group if isinstance(group, list) else [group] for group in self.groups]

    @property
    def classes(self) -> list[int]:
        """All classes of the task, in the order of the labels."""
        return [one for group in self.members for one in group]

    def kind(self, n_classes: int) -> str:
        """One of :data:`KINDS`, for data of so many classes.

        Examples
        --------
        >>> [Task(groups=groups).kind(3) for groups in ([0, 1, 2], [1, 2, 0], [0, [1, 2]], [0, 2])]
        ['whole', 'permuted', 'coarse', 'subset']
        """
        if self.images != "own":
            return "digits"
        if self.random:
            return "random"
        if len(self.classes) < n_classes:
            return "subset"
        if len(self.members) < n_classes:
            return "coarse"
        return "whole" if self.classes == sorted(self.classes) else "permuted"


class TaskJob(Job):
    """One network on one task, from several seeds."""

    name: Name = Field(description="of the task")
    task: Task
    n_images: Count = Field(description="that it is trained on, the same number of each of its classes")
    seeds: Seeds
    checkpoints: Checkpoints
    label_seed: Seed = Field(description="deals random labels")
    scale: Positive = Field(description="of the cosines of the imprinted head")
    device: Literal["auto", "cpu", "cuda"] = "auto"
    training: Training = REFERENCE

    @property
    def id(self) -> str:
        """Name of the network and of the task, such as ``fc-even``."""
        return f"{self.configuration.name}-{self.name}"
