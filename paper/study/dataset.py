"""The images of a study: a set that is resident in memory, or folders of images that are streamed from disk."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from paper.data.image_sets import IMAGE_SETS
from paper.study.strict import Count, Strict

#: More than the images of any folder.
LARGEST_FOLDER = 100_000_000
Images = Annotated[int, Field(ge=1, le=LARGEST_FOLDER)]


class ResidentSet(Strict):
    """Which images, how many, and how they are prepared."""

    name: Literal["fashion_mnist", "cifar10", "digits", "made_up"]
    n_train: Count = Field(description="training samples, the same number of each class")
    n_test: Count = Field(description="test samples, the same number of each class")
    pool: Count = Field(default=1, description="side of the squares of pixels that are averaged into one")
    normalize: bool = Field(
        default=True, description="subtract the mean of the training pixels, divide by their deviation"
    )

    @model_validator(mode="after")
    def _can_be_had(self) -> ResidentSet:
        IMAGE_SETS[self.name].check(self.n_train, self.n_test, self.pool)
        return self

    @property
    def side(self) -> int:
        """Height and width of the prepared images."""
        return IMAGE_SETS[self.name].side // self.pool

    @property
    def n_classes(self) -> int:
        """Classes of the data set."""
        return IMAGE_SETS[self.name].n_classes

    @property
    def n_recorded(self) -> int:
        """Training samples whose predictions are recorded: all."""
        return self.n_train

    @property
    def shrunk(self) -> int:
        """Pixels that are averaged into one."""
        return self.pool**2

    @property
    def workers(self) -> int:
        """Processes of a job that read images: none."""
        return 0

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a prepared image."""
        return IMAGE_SETS[self.name].channels, self.side, self.side


class StreamedSet(Strict):
    """ImageNet, or other images in folders of the same layout, which are read from disk while networks are trained.

    Images are cut to squares: for ``augmentation: cropflip`` torchvision's RandomResizedCrop and a flip half the time,
    else, and whenever predictions are recorded, the middle of the image once its shorter side was made 8/7 of the
    square's. Colours are normalised by the means and deviations of ImageNet. ``crop_padding`` means nothing here.
    """

    name: Literal["imagenet"]
    folder: str = Field(
        default="data/imagenet",
        min_length=1,
        description="has train/<class>/*.JPEG and val/<class>/*.JPEG; seen from where Snakemake is started",
    )
    side: Annotated[int, Field(ge=1, le=2000)] = Field(default=224, description="height and width of the squares")
    workers: Annotated[int, Field(ge=0, le=256)] = Field(
        default=8, description="processes of a job that read images; results do not depend on it"
    )
    n_classes: Annotated[int, Field(ge=2, le=100_000)] = 1000
    n_train: Images = Field(default=1_281_167, description="images of train, all of which networks are trained on")
    n_test: Images = Field(default=50_000, description="images of val, all of which are recorded")
    n_recorded: Images = Field(
        default=50_000,
        description="images of train whose predictions are recorded, the same number of each class: the first by name",
    )

    @model_validator(mode="after")
    def _can_be_recorded(self) -> StreamedSet:
        if self.n_recorded % self.n_classes:
            raise ValueError(f"n_recorded {self.n_recorded} is not a multiple of the {self.n_classes} classes")
        if self.n_recorded > self.n_train:
            raise ValueError(f"n_recorded {self.n_recorded} is more than n_train {self.n_train}")
        return self

    @property
    def shrunk(self) -> int:
        """Pixels that are averaged into one: images are cut as they are read."""
        return 1

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image as networks see it."""
        return 3, self.side, self.side


#: Section of a study.
Dataset = Annotated[ResidentSet | StreamedSet, Field(discriminator="name")]
