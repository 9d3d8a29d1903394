"""The samples on which a recorder predicts: read once, and seen to stay the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import nn

from inpca.recording.evaluation import evaluated
from inpca.recording.samples import is_pair, joined, read_once, read_split, sample_digests, versions


class FixedSamples:
    """Splits by name, with their labels and a digest of their inputs.

    Parameters
    ----------
    splits : mapping from name to (inputs, labels) or DataLoader

    Raises
    ------
    TypeError, ValueError
        If splits is no such mapping, or a split is none.
    """

    def __init__(self, splits: Mapping[str, Any]):
        if not isinstance(splits, Mapping):
            raise TypeError(f"splits must map names to (inputs, labels) or DataLoaders, not {type(splits).__name__}")
        if not splits:
            raise ValueError("splits is empty: it must map names to (inputs, labels) or DataLoaders")
        self.splits = dict(splits)
        read = {name: read_split(split, name) for name, split in self.splits.items()}
        self.labels = {name: labels for name, (labels, _) in read.items()}
        self.digests = {name: digest for name, (_, digest) in read.items()}
        self._versions = {name: versions(split) for name, split in self.splits.items()}

    def evaluate(self, model: nn.Module, split: str, outputs: str, n_classes: int, where: str) -> np.ndarray:
        """Log-probabilities (N, C) on a split; an error says where it happened."""
        where = f"split {split!r}, {where}"
        samples, digests = self.splits[split], []
        seen = None if is_pair(samples) else lambda inputs, labels: digests.extend(sample_digests(inputs, len(labels)))
        try:
            log_probs, labels = evaluated(model, samples, outputs=outputs, n_classes=n_classes, seen=seen)
        except Exception as error:
            error.add_note(f"while {where} was recorded")
            raise
        if not np.array_equal(labels.numpy(), self.labels[split]):
            raise ValueError(f"labels of {where} differ from those at construction of the recorder")
        found = joined(digests) if seen else self._digest_of_tensors(split)
        if found != self.digests[split]:
            raise ValueError(f"inputs of {where} differ from those at construction of the recorder")
        return log_probs.numpy()

    def _digest_of_tensors(self, split: str) -> str:
        """Digest of the inputs of a split of tensors; computed again only if they were edited, or cannot tell."""
        now = versions(self.splits[split])
        if now is None or now != self._versions[split]:
            digest = joined(read_once(self.splits[split], split)[1])
            if digest == self.digests[split]:
                self._versions[split] = now
            return digest
        return self.digests[split]
