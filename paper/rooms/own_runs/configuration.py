"""What one job is told that trains a learner which is none of the study's networks.

Each learner goes from ignorance towards the truth in steps of its own kind: iterations, splits, widths, batches.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from paper.study.analysis import Between
from paper.study.configuration import BatchSize, Checkpoints, Epochs
from paper.study.strict import Name, Positive, Seeds, Strict

#: Trees, leaves and the like, each of which takes its time.
Size = Annotated[int, Field(ge=2, le=10_000)]


class Boosting(Strict):
    """Gradient boosted trees; a step is an iteration, which adds one tree for each class."""

    kind: Literal["boosting"]
    iterations: Size
    learning_rate: Positive
    leaves: Size = Field(default=15, description="of a tree, at most")
    features: Between = Field(default=0.3, description="fraction of the pixels that a split chooses from, at random")


class Forest(Strict):
    """Random forest whose trees grow; a step is a split of every tree, the best that there is."""

    kind: Literal["forest"]
    trees: Size
    splits: Size = Field(description="of a tree, at most")


class Neighbours(Strict):
    """Vote of all training samples, weighed by a Gaussian of their distance; a step makes it narrower."""

    kind: Literal["neighbours"]
    pixels: Between = Field(default=0.5, description="fraction of the pixels that distances are taken over, at random")


class Perceptron(Strict):
    """Perceptron of scikit-learn with one hidden layer; a step is a batch, for Adam."""

    kind: Literal["mlp"]
    width: Size
    epochs: Epochs
    batch_size: BatchSize
    learning_rate: Positive


class RadialBasis(Strict):
    """Gaussian bumps around training samples, which move, and a linear layer; a step is a batch, for Adam."""

    kind: Literal["rbf"]
    centres: Size
    epochs: Epochs
    batch_size: BatchSize
    learning_rate: Positive


Learner = Annotated[Boosting | Forest | Neighbours | Perceptron | RadialBasis, Field(discriminator="kind")]


class LearnerJob(Strict):
    """One job: a learner, its seeds, how often it is recorded."""

    name: Name = Field(description="name of the learner in the study")
    learner: Learner
    seeds: Seeds
    checkpoints: int = Field(ge=3, le=1000, description="of each run")

    def epochs(self, n_train: int) -> dict[int, float]:
        """Steps at which the runs are recorded, even in their logarithm, each with the passes over the data until then.

        A learner that makes no passes counts its steps. scikit-learn's perceptron cannot be asked before its first
        step, all others are recorded at step 0.

        Parameters
        ----------
        n_train : int
            Training samples.

        Examples
        --------
        >>> learner = {"kind": "mlp", "width": 8, "epochs": 2, "batch_size": 5, "learning_rate": 0.1}
        >>> LearnerJob(name="mlp", learner=learner, seeds=[0], checkpoints=4).epochs(10)
        {1: 0.5, 2: 1.0, 4: 2.0}
        """
        learner, of_epoch = self.learner, 1
        if isinstance(learner, Boosting):
            last = learner.iterations
        elif isinstance(learner, Forest):
            last = learner.splits
        elif isinstance(learner, Neighbours):
            last = self.checkpoints - 1
        else:
            of_epoch = -(-n_train // learner.batch_size)
            last = learner.epochs * of_epoch
        steps = Checkpoints(schedule="log", number=self.checkpoints).steps(1, last)
        first = int(isinstance(learner, Perceptron))
        return {int(step): step / of_epoch for step in steps[first:].tolist()}
