"""Learners of scikit-learn and a vote of neighbours, as what they predict step by step.

Each goes from ignorance, the frequencies of the classes, towards the truth; its random numbers come from its seed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.neural_network import MLPClassifier

from paper.data.datasets import PreparedData
from paper.rooms.own_runs.configuration import Boosting, Forest, Learner, Neighbours, Perceptron

#: A step, and log-probabilities (N, C) on each split after it.
Stage = tuple[int, dict[str, np.ndarray]]
#: How many times narrower than the median distance between training samples the widest vote is, and the narrowest.
WIDEST, NARROWEST = 1.0, 15.0


class Flat(NamedTuple):
    """Images as rows of pixels, and the labels of the train split.

    Attributes
    ----------
    pixels : dict from split to (N, D) array of float64
    labels : (N,) array of int
    n_classes : int
    """

    pixels: Mapping[str, np.ndarray]
    labels: np.ndarray
    n_classes: int

    @classmethod
    def of(cls, data: PreparedData) -> Flat:
        """Those of a data set."""
        pixels = {
            split: images.reshape(len(images), -1).astype(np.float64) for split, (images, _) in data.splits.items()
        }
        return cls(pixels, data.train_labels, len(data.classes))

    def ignorance(self) -> dict[str, np.ndarray]:
        """Logarithm of the frequency of each class, for every sample of each split."""
        frequency = np.bincount(self.labels, minlength=self.n_classes) / len(self.labels)
        return {split: np.tile(np.log(frequency), (len(rows), 1)) for split, rows in self.pixels.items()}


def stages(learner: Learner, data: Flat, steps: Collection[int], seed: int) -> Iterator[Stage]:
    """What a learner predicts at some steps.

    Parameters
    ----------
    learner : Boosting, Forest, Neighbours or Perceptron
    data : Flat
    steps : collection of int
        Ascending, such as the keys of :meth:`paper.rooms.own_runs.configuration.LearnerJob.epochs`.
    seed : int

    Yields
    ------
    step : int
    log_probs : dict from split to (N, C) array
        In nats.
    """
    if isinstance(learner, Boosting):
        return boosting_stages(learner, data, steps, seed)
    if isinstance(learner, Forest):
        return forest_stages(learner, data, steps, seed)
    if isinstance(learner, Neighbours):
        return neighbour_stages(learner, data, steps, seed)
    if isinstance(learner, Perceptron):
        return perceptron_stages(learner, data, steps, seed)
    raise TypeError(f"{type(learner).__name__} is trained elsewhere")


def random_state(seed: int) -> int:
    """What scikit-learn takes, from a seed of any size."""
    return int(np.random.SeedSequence(seed).generate_state(1)[0])


def boosting_stages(learner: Boosting, data: Flat, steps: Collection[int], seed: int) -> Iterator[Stage]:
    """Gradient boosting after each iteration; before the first, the frequencies of the classes that it starts from."""
    model = HistGradientBoostingClassifier(
        learning_rate=learner.learning_rate,
        max_iter=learner.iterations,
        max_leaf_nodes=learner.leaves,
        max_features=learner.features,
        early_stopping=False,
        random_state=random_state(seed),
    ).fit(data.pixels["train"], data.labels)
    if 0 in steps:
        yield 0, data.ignorance()
    staged = zip(*(model.staged_predict_proba(rows) for rows in data.pixels.values()), strict=True)
    for step, of_splits in enumerate(staged, start=1):
        if step in steps:
            yield step, {split: np.log(probs) for split, probs in zip(data.pixels, of_splits, strict=True)}


def forest_stages(learner: Forest, data: Flat, steps: Collection[int], seed: int) -> Iterator[Stage]:
    """A forest whose trees have so many splits; each is the one before it, grown, since its best splits come first.

    One tree more never splits, so that no class is impossible: (T p + f)/(T + 1), f the frequencies of the classes.
    """
    nothing = data.ignorance()
    for step in steps:
        if step == 0:
            yield 0, nothing
            continue
        model = RandomForestClassifier(
            learner.trees, max_leaf_nodes=step + 1, bootstrap=False, n_jobs=1, random_state=random_state(seed)
        ).fit(data.pixels["train"], data.labels)
        with_nothing = {
            split: (learner.trees * model.predict_proba(rows) + np.exp(nothing[split])) / (learner.trees + 1)
            for split, rows in data.pixels.items()
        }
        yield step, {split: np.log(probs) for split, probs in with_nothing.items()}


def neighbour_stages(learner: Neighbours, data: Flat, steps: Collection[int], seed: int) -> Iterator[Stage]:
    r"""Vote of the training samples, :math:`p_c(x) \propto \sum_{i: y_i = c} \exp(-\|x - x_i\|^2 / 2 h^2)`.

    From the widest to the narrowest h; step 0 is of infinite width. A training sample votes on itself as well.
    """
    n_pixels = data.pixels["train"].shape[1]
    n_chosen = max(1, round(learner.pixels * n_pixels))
    chosen = np.sort(np.random.default_rng(seed).choice(n_pixels, n_chosen, replace=False))
    train = data.pixels["train"][:, chosen]
    squares = {split: cdist(rows[:, chosen], train, "sqeuclidean") for split, rows in data.pixels.items()}
    unit = np.median(squares["train"])
    members = [data.labels == label for label in range(data.n_classes)]
    ascending = [step for step in steps if step]
    for step, times in zip(ascending, np.geomspace(WIDEST, NARROWEST, len(ascending)), strict=True):
        if step == ascending[0] and 0 in steps:
            yield 0, data.ignorance()
        votes = {}
        for split, square in squares.items():
            weight = -0.5 * square * times**2 / unit
            of_classes = np.stack([logsumexp(weight[:, member], axis=1) for member in members], axis=1)
            votes[split] = of_classes - logsumexp(of_classes, axis=1, keepdims=True)
        yield step, votes


def perceptron_stages(learner: Perceptron, data: Flat, steps: Collection[int], seed: int) -> Iterator[Stage]:
    """scikit-learn's perceptron after each batch; every epoch has all samples in a new random order."""
    order = np.random.default_rng(seed)
    model = MLPClassifier(
        (learner.width,),
        alpha=0,
        batch_size=learner.batch_size,
        learning_rate_init=learner.learning_rate,
        random_state=random_state(seed),
    )
    step, classes = 0, np.arange(data.n_classes)
    for _ in range(learner.epochs):
        shuffled = order.permutation(len(data.labels))
        for first in range(0, len(shuffled), learner.batch_size):
            batch = shuffled[first : first + learner.batch_size]
            model.partial_fit(data.pixels["train"][batch], data.labels[batch], classes=classes)
            step += 1
            if step in steps:
                yield step, {split: model.predict_log_proba(rows) for split, rows in data.pixels.items()}
