"""The images and labels of a task, and the samples that all networks are asked for."""

from __future__ import annotations

import numpy as np

from paper.data.datasets import PreparedData, fingerprint
from paper.data.preparation import balanced, digits
from paper.rooms.tasks.configuration import TaskJob


def recorded_samples(data: PreparedData, n_images: int) -> PreparedData:
    """All classes: the first train images of each, which are those of the task that has all, and all test images.

    Parameters
    ----------
    data : PreparedData
    n_images : int
        Of the train split, the same number of each class.
    """
    chosen = balanced(data.train_labels, n_images, len(data.classes), "images of all classes")
    arrays = [data.train_images[chosen], data.train_labels[chosen], data.test_images, data.test_labels]
    return PreparedData(*arrays, data.classes, fingerprint(*arrays))


def task_images(job: TaskJob, data: PreparedData) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, channels, height, width) that a network is trained on, and its labels (n,), by group of classes.

    The same number of each class of the task, so that tasks of few classes have as many images, and steps, as the
    others. Of the task that has all classes they are the train split of :func:`recorded_samples`.

    Parameters
    ----------
    job : TaskJob
    data : PreparedData
        Whose train images the task takes its own from.

    Examples
    --------
    >>> from paper.rooms.tasks.configuration import Task
    >>> labels = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2])
    >>> chosen, targets = chosen_images(Task(groups=[2, 0]), labels, 4)
    >>> chosen.tolist(), targets.tolist()
    ([0, 2, 3, 5], [1, 0, 1, 0])
    """
    if job.task.images == "digits":
        images, labels = padded_digits(data.train_images.shape[-1])
    else:
        images, labels = data.train_images, data.train_labels
    chosen, targets = chosen_images(job.task, labels, job.n_images)
    if job.task.random:
        targets = np.random.default_rng(job.label_seed).permutation(targets)
    return images[chosen], targets


def chosen_images(task, labels: np.ndarray, n_images: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the first images of each class of a task, and the labels that it gives them."""
    classes = task.classes
    place = np.full(max(labels.max(), *classes) + 1, -1)
    place[classes] = np.arange(len(classes))
    chosen = balanced(place[labels], n_images // len(classes) * len(classes), len(classes), "images of a task")
    group = np.repeat(np.arange(len(task.members)), [len(members) for members in task.members])
    return chosen, group[place[labels[chosen]]]


def padded_digits(side: int) -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's digits in the middle of dark images of another size, of mean 0 and variance 1; and their labels.

    Examples
    --------
    >>> padded_digits(14)[0].shape[1:]
    (1, 14, 14)
    """
    images, labels = digits(1740)[0]
    margin = (side - images.shape[-1]) // 2
    padded = np.pad(images, ((0, 0), (0, 0), (margin, margin), (margin, margin)))
    return ((padded - padded.mean()) / padded.std()).astype(np.float32), labels.astype(np.int64)
