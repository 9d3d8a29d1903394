"""The zarr arrays of a prediction store."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from inpca.predictions.contents import AXES
from inpca.predictions.files import PredictionStoreError, split_names

#: More chunks than any array has.
LARGEST_COUNT = 10**12
#: Types that arrays may have, by their names: NumPy's letters, and words.
TYPES = {
    "seed": ("iu", "whole numbers"),
    "step": ("iu", "whole numbers"),
    "epoch": ("fiu", "numbers"),
    "label": ("iu", "whole numbers"),
    "log_probs": ("f", "real numbers"),
}


def array_of(group: zarr.Group, name: str) -> zarr.Array:
    """An array of a group that is known to have it."""
    array = group[name]
    if not isinstance(array, zarr.Array):
        raise PredictionStoreError(f"{group.name} has no array {name}")
    return array


def decoded(path: Path, name: str, array: zarr.Array, key: Any = Ellipsis) -> np.ndarray:
    """Values of an array of a store, all of them unless a part is named.

    Raises
    ------
    PredictionStoreError
        If its bytes are none of such values, in spite of their checksum.
    """
    try:
        return np.asarray(array[key])
    except Exception as error:  # whatever a codec raises
        raise PredictionStoreError(f"{path} is damaged: {name} cannot be decoded ({type(error).__name__})") from None


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
    may_be_empty = bool(group.attrs.get("diverged"))
    seeds, steps = arrays["seed"].shape[:1], arrays["step"].shape[:1]
    expected = {"seed": seeds, "step": steps, "epoch": steps}
    for split in splits:
        labels = expected[f"{split}/label"] = arrays[f"{split}/label"].shape[:1]
        classes = arrays[f"{split}/log_probs"].shape[-1:]
        expected[f"{split}/log_probs"] = (*seeds, *steps, *labels, *classes)
    for name, array in arrays.items():
        kinds, what = TYPES.get(name.rpartition("/")[2], TYPES["log_probs"])
        if array.dtype.kind not in kinds:
            raise PredictionStoreError(f"{path} is damaged: {name} holds values of type {array.dtype}, not {what}")
    for name, shape in expected.items():
        # of a store all of whose runs diverged no run is left
        least = shape[1:] if may_be_empty and (name == "seed" or name.endswith("/log_probs")) else shape
        if arrays[name].shape != shape or 0 in least:
            raise PredictionStoreError(f"{path} is damaged: {name} has the shape {arrays[name].shape}, not {shape}")
    return arrays


def check_chunks(
    path: Path, arrays: Mapping[str, zarr.Array], manifest: Mapping[str, str], *, decode: bool = False
) -> None:
    """Raise a PredictionStoreError if a chunk of an array is not in the manifest: zarr would read it as NaN.

    If asked to decode, also if the first chunk of an array is none of the type that the array is said to have.
    """
    for name, array in arrays.items():
        counts = [-(-size // chunk) for size, chunk in zip(array.shape, array.chunks, strict=True)]
        if math.prod(counts) > LARGEST_COUNT:
            raise PredictionStoreError(f"{path} is damaged: {name} has {math.prod(counts):,} chunks by its shape")
        for index in np.ndindex(*counts):
            chunk = f"{name}/{array.metadata.encode_chunk_key(index)}"
            if chunk not in manifest:
                raise PredictionStoreError(f"{path} is damaged: {chunk} is missing")
        if decode:
            decoded(path, name, array, tuple(slice(0, size) for size in array.chunks))
