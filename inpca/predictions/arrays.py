"""The zarr arrays of a prediction store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from inpca.predictions.contents import AXES
from inpca.predictions.files import PredictionStoreError, split_names


def array_of(group: zarr.Group, name: str) -> zarr.Array:
    """An array of a group that is known to have it."""
    array = group[name]
    if not isinstance(array, zarr.Array):
        raise PredictionStoreError(f"{group.name} has no array {name}")
    return array


def attributes_of(path: Path) -> dict[str, Any]:
    """Attributes of the zarr group of a store."""
    return dict(zarr.open_group(path.absolute(), mode="r").attrs)


def open_arrays(path: Path) -> dict[str, zarr.Array]:
    """The arrays of a store by name, which are all there and fit each other.

    Raises
    ------
    PredictionStoreError
        If not; the message names the array.
    """
    try:
        group = zarr.open_group(path.absolute(), mode="r")
        splits = split_names(path)
        names = [*AXES, *(f"{split}/{name}" for split in splits for name in ("label", "log_probs"))]
        found = {name: group[name] for name in names if name in group}
    except Exception as error:  # whatever zarr raises for metadata that are none
        raise PredictionStoreError(f"{path} is damaged: zarr cannot read it ({type(error).__name__})") from None
    arrays = {name: array for name, array in found.items() if isinstance(array, zarr.Array)}
    for name in names:
        if name not in arrays:
            raise PredictionStoreError(f"{path} is not a prediction store: it has no array {name}")
    if not splits:
        raise PredictionStoreError(f"{path} is not a prediction store: it has no split")
    seeds, steps = arrays["seed"].shape[:1], arrays["step"].shape[:1]
    expected = {"seed": seeds, "step": steps, "epoch": steps}
    for split in splits:
        labels = expected[f"{split}/label"] = arrays[f"{split}/label"].shape[:1]
        classes = arrays[f"{split}/log_probs"].shape[-1:]
        expected[f"{split}/log_probs"] = (*seeds, *steps, *labels, *classes)
    for name, shape in expected.items():
        if arrays[name].shape != shape or 0 in shape:
            raise PredictionStoreError(f"{path} is damaged: {name} has the shape {arrays[name].shape}, not {shape}")
    return arrays


def check_chunks(path: Path, arrays: Mapping[str, zarr.Array], manifest: Mapping[str, str]) -> None:
    """Raise a PredictionStoreError if a chunk of an array is not in the manifest: zarr would read it as NaN."""
    for name, array in arrays.items():
        counts = [-(-size // chunk) for size, chunk in zip(array.shape, array.chunks, strict=True)]
        for index in np.ndindex(*counts):
            chunk = f"{name}/{array.metadata.encode_chunk_key(index)}"
            if chunk not in manifest:
                raise PredictionStoreError(f"{path} is damaged: {chunk} is missing")
