"""Splits to predict: tensors or a DataLoader, their batches, labels and order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sized

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from inpca.recording.random_states import random_states_kept

#: Samples that are evaluated at once when a split is given as tensors.
EVALUATION_BATCH = 250


def is_pair(split) -> bool:
    """Whether a split is (inputs, labels) and not a loader of batches."""
    return isinstance(split, (tuple, list))


def check_split(split, name: str) -> None:
    """Raise if a split is neither (inputs, labels) of one length nor something that gives batches again and again."""
    where = f"split {name!r}"
    if isinstance(split, Iterator):
        raise TypeError(f"{where} can be read only once ({type(split).__name__}); pass a DataLoader")
    if isinstance(split, Dataset):
        raise TypeError(f"{where} is a data set; pass a DataLoader of it")
    if not is_pair(split):
        if isinstance(split, (Tensor, np.ndarray, str, Mapping)) or not hasattr(split, "__iter__"):
            raise TypeError(f"{where} must be (inputs, labels) or a DataLoader, not {type(split).__name__}")
        return
    if is_list_of_batches(split):
        raise TypeError(f"{where} is a list of batches; pass a DataLoader, or (inputs, labels) of all samples")
    if len(split) != 2:
        raise TypeError(f"{where} must be (inputs, labels) or a DataLoader, not {len(split)} parts")
    inputs, labels = split[0], label_tensor(split[1], where)
    for part in leaves(inputs):
        if isinstance(part, (Tensor, np.ndarray)) and not part.ndim:
            raise TypeError(f"{where} has a single number as inputs; one entry for each sample is needed")
        if not isinstance(part, (Tensor, np.ndarray)):
            raise TypeError(f"{where} has inputs of type {type(part).__name__}; tensors or arrays are needed")
    lengths = {len(part) for part in leaves(inputs)}
    if lengths != {len(labels)}:
        raise ValueError(f"{where} has {len(labels)} labels for inputs of {' and '.join(map(str, sorted(lengths)))}")


def is_list_of_batches(split) -> bool:
    """Whether a tuple or list holds batches, each (inputs, labels) or a mapping, in place of inputs and labels."""

    def is_batch(part) -> bool:
        if isinstance(part, (tuple, list)):
            return len(part) == 2 and isinstance(part[1], (Tensor, np.ndarray)) and part[1].ndim > 0
        return isinstance(part, Mapping) and bool({"labels", "label"} & part.keys())

    return bool(split) and all(is_batch(part) for part in split)


def label_tensor(labels, where: str) -> Tensor:
    """Labels as a tensor of a type that numpy has.

    Raises
    ------
    TypeError
        If they are no numbers, or a single one.
    """
    try:
        labels = torch.as_tensor(labels)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(
            f"{where} has labels of type {type(labels).__name__}; a tensor of class numbers is needed"
        ) from None
    if not labels.ndim:
        raise TypeError(f"{where} has a single label; one for each sample is needed")
    return labels.float() if labels.dtype == torch.bfloat16 else labels


def leaves(inputs) -> list:
    """Tensors and other values in a tuple, list or mapping of inputs, nested as it may be."""
    if isinstance(inputs, Mapping):
        return [leaf for part in inputs.values() for leaf in leaves(part)]
    if isinstance(inputs, (tuple, list)):
        return [leaf for part in inputs for leaf in leaves(part)]
    return [inputs]


def mapped(function, inputs):
    """The same structure with a function of each of its tensors and arrays."""
    if isinstance(inputs, Mapping):
        return {key: mapped(function, part) for key, part in inputs.items()}
    if isinstance(inputs, (tuple, list)):
        return tuple(mapped(function, part) for part in inputs)
    return function(torch.as_tensor(inputs)) if isinstance(inputs, (Tensor, np.ndarray)) else inputs


def batches(split) -> Iterator[tuple]:
    """(inputs, labels) in order, from (inputs, labels) or from a loader.

    Raises
    ------
    TypeError
        If a batch is neither (inputs, labels) nor a mapping with "labels" or "label".
    """
    if is_pair(split):
        inputs, labels = split
        labels = label_tensor(labels, "the split")
        for first in range(0, len(labels), EVALUATION_BATCH):
            part = slice(first, first + EVALUATION_BATCH)
            yield mapped(lambda tensor, part=part: tensor[part], inputs), labels[part]
        return
    for batch in split:
        yield separated(batch)


def mixed_batches(split, size: int) -> Iterator[tuple]:
    """(inputs, labels) in k batches of at most ``size``, each of every k-th sample; those of a loader as they come."""
    if not is_pair(split):
        yield from batches(split)
        return
    inputs, labels = split
    labels = label_tensor(labels, "the split")
    k = -(-len(labels) // size)
    for first in range(k):
        part = slice(first, None, k)
        yield mapped(lambda tensor, part=part: tensor[part], inputs), labels[part]


def separated(batch) -> tuple:
    """Inputs and labels of a batch."""
    if isinstance(batch, Mapping):
        for key in ("labels", "label"):
            if key in batch:
                rest = {name: part for name, part in batch.items() if name != key}
                return rest, label_tensor(batch[key], "a batch")
        raise TypeError(f"a batch with the keys {sorted(map(str, batch))} has no 'labels' or 'label'")
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        parts = f"{len(batch)} parts" if isinstance(batch, (tuple, list)) else type(batch).__name__
        raise TypeError(f"batches must be (inputs, labels) or a mapping with 'labels', not {parts}")
    return batch[0], label_tensor(batch[1], "a batch")


def read_split(split, name: str) -> tuple[np.ndarray, str]:
    """Labels of a split, as they are given, and a digest of its inputs.

    A loader is read twice to see that it gives the same samples again.

    Raises
    ------
    TypeError, ValueError
        If the split is none, is empty, leaves samples out, or a loader gives other samples or another order.
    """
    check_split(split, name)
    if is_pair(split):
        labels, digests = read_once(split, name)
        return labels, joined(digests)
    with random_states_kept(loader=split):
        (labels, first), (again, second) = read_once(split, name), read_once(split, name)
    check_nothing_left_out(split, name, len(labels))
    where = f"the DataLoader of split {name!r}"
    line_up = "predictions would not line up with labels"
    if len(first) != len(second):
        raise ValueError(f"{where} gives {len(first)} samples, then {len(second)}: it must give the same again")
    if first != second or not np.array_equal(labels, again):
        if sorted(zip(first, labels.tolist(), strict=True)) == sorted(zip(second, again.tolist(), strict=True)):
            raise ValueError(f"{where} shuffles: {line_up}")
        raise ValueError(f"{where} gives other inputs when it is read again (it augments or draws them): {line_up}")
    return labels, joined(first)


def read_once(split, name: str) -> tuple[np.ndarray, list[bytes]]:
    """Labels of a split and a digest of the inputs of each sample, in the order in which they come."""
    labels, digests = [], []
    for inputs, batch in batches(split):
        labels.append(batch.detach().cpu())
        digests += sample_digests(inputs, len(batch))
    if not digests:
        raise ValueError(f"split {name!r} has no samples")
    return torch.cat(labels).numpy(), digests


def joined(digests: list[bytes]) -> str:
    """One digest of those of all samples."""
    return hashlib.blake2b(b"".join(digests), digest_size=16).hexdigest()


def sample_digests(inputs, n_samples: int) -> list[bytes]:
    """A digest of the inputs of each sample of a batch; it depends neither on batches, device nor memory format."""
    found = [hashlib.blake2b(digest_size=16) for _ in range(n_samples)]
    for leaf in leaves(inputs):
        if isinstance(leaf, np.ndarray):
            leaf = torch.as_tensor(leaf)
        if isinstance(leaf, Tensor) and leaf.ndim and len(leaf) == n_samples and leaf.numel():
            rows = leaf.detach().cpu().reshape(n_samples, -1).contiguous().view(torch.uint8).numpy()
            for digest, row in zip(found, rows, strict=True):
                digest.update(row)
    return [digest.digest() for digest in found]


def versions(split) -> list | None:
    """What changes when the tensors of (inputs, labels) are edited; None for what does not tell, such as arrays."""
    parts = leaves(split[0]) if is_pair(split) else []
    if not parts or not all(isinstance(part, Tensor) and not part.is_inference() for part in parts):
        return None
    return [(part.data_ptr(), part._version, part.shape, part.dtype) for part in parts]


def check_nothing_left_out(split, name: str, n_samples: int) -> None:
    """Raise a ValueError if a DataLoader drops its last, smaller batch."""
    if not isinstance(split, DataLoader):
        return
    sampler = getattr(split.batch_sampler, "sampler", split.sampler)
    size = len(sampler) if isinstance(sampler, Sized) else None
    if (split.drop_last or getattr(split.batch_sampler, "drop_last", False)) and size != n_samples:
        raise ValueError(f"the DataLoader of split {name!r} leaves samples out: pass drop_last=False")
