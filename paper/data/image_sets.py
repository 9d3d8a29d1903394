"""What is known of the data sets of images before they are read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ImageSet:
    """Square images.

    Attributes
    ----------
    side : int
        Height and width in pixels.
    n_classes : int
    fewest_train, fewest_test : int
        Samples of the rarest class in each split; ``fewest_test`` is None where train and test samples are taken from
        the same ``fewest_train``.
    channels : int
    """

    side: int
    n_classes: int
    fewest_train: int
    fewest_test: int | None
    channels: int = 1

    def check(self, n_train: int, n_test: int, pool: int) -> None:
        """Whether balanced splits of that many samples can be had, and pooled.

        Raises
        ------
        ValueError
            For numbers that are no multiple of the classes or more than there are, or a pool that does not divide the
            images.
        """
        each = {}
        for key, size in (("n_train", n_train), ("n_test", n_test)):
            if size % self.n_classes:
                raise ValueError(f"{key} {size} is not a multiple of the {self.n_classes} classes")
            each[key] = size // self.n_classes
        if self.fewest_test is None:
            if each["n_train"] + each["n_test"] > self.fewest_train:
                raise ValueError(
                    f"n_train {n_train} and n_test {n_test} are together more than the "
                    f"{self.n_classes * self.fewest_train} samples that can be had with equally many of each class"
                )
        else:
            for key, fewest in (("n_train", self.fewest_train), ("n_test", self.fewest_test)):
                if each[key] > fewest:
                    raise ValueError(
                        f"{key} {each[key] * self.n_classes} is more than the {self.n_classes * fewest} there are"
                    )
        if self.side % pool:
            divisors = [str(n) for n in range(1, self.side + 1) if self.side % n == 0]
            raise ValueError(
                f"pool {pool} does not divide the images of {self.side}×{self.side} pixels; "
                f"allowed: {', '.join(divisors)}"
            )


IMAGE_SETS = {
    "fashion_mnist": ImageSet(side=28, n_classes=10, fewest_train=6000, fewest_test=1000),
    "cifar10": ImageSet(side=32, n_classes=10, fewest_train=5000, fewest_test=1000, channels=3),
    "made_up": ImageSet(side=1, n_classes=10, fewest_train=10_000, fewest_test=10_000),
    "digits": ImageSet(side=8, n_classes=10, fewest_train=174, fewest_test=None),
}
