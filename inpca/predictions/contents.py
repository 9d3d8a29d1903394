"""What a prediction store is made for: seeds, checkpoints, labels, classes and attributes, checked where they enter."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral
from typing import Any

import numpy as np

from inpca.labels import class_labels

#: Names of the arrays beside the splits.
AXES = ("seed", "step", "epoch")
SPLIT_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
LARGEST = 2**63 - 1


@dataclass(frozen=True, eq=False)
class StoreContents:
    """Checked contents of a store, but for the predictions.

    Attributes
    ----------
    seeds, steps : list of int
    epochs : (T,) ndarray of float
    labels : dict from split to (N,) ndarray of int
    n_classes : int
    attributes : dict
    """

    seeds: list[int]
    steps: list[int]
    epochs: np.ndarray
    labels: dict[str, np.ndarray]
    n_classes: int
    attributes: dict[str, Any]

    @classmethod
    def checked(cls, *, seeds, checkpoints, labels, n_classes, attributes) -> StoreContents:
        """Contents from the arguments of a user.

        Raises
        ------
        TypeError, ValueError
            With the argument, what is wrong with it and what is allowed.
        """
        steps, epochs = steps_and_epochs(checkpoints)
        n_classes = class_count(n_classes)
        if not isinstance(labels, Mapping) or not labels:
            raise TypeError(f"labels must map names of splits to arrays of labels, not {labels!r}")
        for name in labels:
            check_split_name(name)
        all_diverged = isinstance(attributes, Mapping) and attributes.get("diverged") and np.size(seeds) == 0
        return cls(
            [] if all_diverged else checked_seeds(seeds),
            steps,
            epochs,
            {name: class_labels(values, n_classes, f"labels of split {name!r}") for name, values in labels.items()},
            n_classes,
            json_attributes(attributes),
        )

    @classmethod
    def of(cls, group, splits: list[str]) -> StoreContents:
        """Contents of the zarr group of a store with some splits."""
        seeds, steps, epochs = (np.asarray(group[name][:]) for name in AXES)
        labels = {name: group[f"{name}/label"][:] for name in splits}
        n_classes = group[f"{splits[0]}/log_probs"].shape[-1]
        return cls(seeds.tolist(), steps.tolist(), epochs, labels, n_classes, dict(group.attrs))

    def difference(self, other: StoreContents) -> str | None:
        """Name of the first part in which two contents differ, or None; versions of libraries may differ."""
        if set(self.labels) != set(other.labels):
            return "splits"
        for name in ("seeds", "steps", "n_classes"):
            if getattr(self, name) != getattr(other, name):
                return name
        if not np.array_equal(self.epochs, other.epochs):
            return "epochs"
        for split in self.labels:
            if not np.array_equal(self.labels[split], other.labels[split]):
                return f"labels of split {split!r}"
        for key in sorted({*self.attributes, *other.attributes} - {"versions"}):
            if self.attributes.get(key) != other.attributes.get(key):
                return f"attributes[{key!r}]"
        return None


def whole_numbers(values: Iterable, name: str) -> list[int]:
    """Whole numbers from 0 on, as a list; from a sequence, an array, a tensor, a range or a generator.

    Raises
    ------
    TypeError, ValueError
        If it is no sequence, is empty, or an entry is negative, fractional, NaN, too large or no number.
    """
    example = f"{name} must be a sequence of whole numbers, such as [0, 10, 100]"
    values = getattr(values, "tolist", lambda: values)()
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise TypeError(f"{example}, not {values!r}")
    numbers = [whole_number(value, f"{name}[{i}]") for i, value in enumerate(values)]
    if not numbers:
        raise ValueError(f"{name} is empty: {example}")
    return numbers


def whole_number(value, name: str) -> int:
    """A whole number from 0 to 2^63 - 1; one of type float counts if it has no fraction.

    Raises
    ------
    TypeError, ValueError
        If it is something else.
    """
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a whole number, not {value!r}")
    if not math.isfinite(value) or value != int(value) or not 0 <= value <= LARGEST:
        raise ValueError(f"{name} must be a whole number from 0 to 2^63 - 1, not {value!r}")
    return int(value)


def class_count(n_classes) -> int:
    """Number of classes, 2 or more.

    Raises
    ------
    TypeError, ValueError
        If it is something else.
    """
    if isinstance(n_classes, bool) or not isinstance(n_classes, Integral):
        raise TypeError(f"n_classes must be a whole number from 2 on, not {n_classes!r}")
    if n_classes < 2:
        raise ValueError(f"n_classes must be a whole number from 2 on, not {n_classes}")
    return int(n_classes)


def checked_seeds(seeds) -> list[int]:
    """Seeds as a list.

    Raises
    ------
    TypeError, ValueError
        If they are no whole numbers from 0 on, or one is there twice.
    """
    seeds = whole_numbers(seeds, "seeds")
    for seed in seeds:
        if seeds.count(seed) > 1:
            raise ValueError(f"seeds must differ, but {seed} is there {seeds.count(seed)} times")
    return seeds


def steps_and_epochs(checkpoints) -> tuple[list[int], np.ndarray]:
    """Steps of checkpoints in increasing order, and their epochs, (T,) float64.

    Parameters
    ----------
    checkpoints : mapping from int to float
        Epoch of each optimiser step.

    Raises
    ------
    TypeError, ValueError
        If it is no mapping, is empty, a step is no whole number from 0 on, an epoch is no finite number from 0 on, or
        a later step has an earlier epoch.

    Examples
    --------
    >>> steps_and_epochs({100: 0.5, 0: 0})
    ([0, 100], array([0. , 0.5]))
    """
    example = "checkpoints must map optimiser steps to epochs, such as {0: 0.0, 100: 0.5}"
    if not isinstance(checkpoints, Mapping):
        raise TypeError(f"{example}, not {checkpoints!r}")
    if not checkpoints:
        raise ValueError(f"checkpoints is empty: {example}")
    epochs: dict[int, float] = {}
    for key, epoch in checkpoints.items():
        step = whole_number(key, "a step of checkpoints")
        if step in epochs:
            raise ValueError(f"checkpoints has step {step} twice")
        epoch = epoch.item() if getattr(epoch, "ndim", 1) == 0 and hasattr(epoch, "item") else epoch
        if isinstance(epoch, bool) or not isinstance(epoch, int | float):
            raise TypeError(f"checkpoints[{step}] must be an epoch, a number from 0 on, not {epoch!r}")
        if not math.isfinite(epoch) or epoch < 0:
            raise ValueError(f"checkpoints[{step}] must be an epoch, a number from 0 on, not {epoch!r}")
        epochs[step] = float(epoch)
    steps = sorted(epochs)
    for first, second in pairwise(steps):
        if epochs[second] < epochs[first]:
            raise ValueError(
                f"epochs of checkpoints must not fall, but step {second} is at {epochs[second]:g}, step {first} at "
                f"{epochs[first]:g}"
            )
    return steps, np.array([epochs[step] for step in steps])


def check_choice(value, allowed: Sequence[str], name: str) -> None:
    """Raise a ValueError if an argument is none of the words that it may be."""
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, not {value!r}")


def check_split_name(name) -> None:
    """Raise a ValueError if a split cannot have that name, which becomes a folder."""
    if not isinstance(name, str) or not SPLIT_NAME.fullmatch(name) or name in (*AXES, "zarr.json"):
        raise ValueError(
            f"a split cannot be named {name!r}: letters, digits, '_', '-' and '.' are allowed, "
            f"up to 100 of them, and none of {', '.join(AXES)}"
        )


def json_attributes(attributes) -> dict[str, Any]:
    """Attributes as JSON gives them back, so that tuples are lists.

    Raises
    ------
    TypeError, ValueError
        If JSON cannot hold one; the message says where it is.
    """
    if attributes is not None and not isinstance(attributes, Mapping):
        raise TypeError(f"attributes must be a mapping, not {attributes!r}")
    attributes = dict(attributes or {})
    check_json(attributes, "attributes")
    return json.loads(json.dumps(attributes))


def check_json(value, where: str, within: tuple = ()) -> None:
    """Raise if JSON cannot hold a value exactly; ``within`` are the containers around it."""
    if any(value is outer for outer in within):
        raise ValueError(f"{where} holds itself, which JSON cannot")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{where} has the key {key!r}; keys must be strings")
            check_json(item, f"{where}[{key!r}]", (*within, value))
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            check_json(item, f"{where}[{i}]", (*within, value))
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{where} is {value!r}, which JSON cannot hold")
    elif value is not None and not isinstance(value, (str, int, float)):
        raise TypeError(f"{where} is of type {type(value).__name__}, which JSON cannot hold")
