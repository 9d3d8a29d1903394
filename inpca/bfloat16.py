"""Numbers of bfloat16, a type that neither numpy nor zarr has, held as the two bytes that they are."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Name of the type, which the attribute ``dtype`` of an array of uint16 says.
BFLOAT16 = "bfloat16"


class BFloat16Array:
    """Numbers of bfloat16, of which no other copy is made: float32 where they are asked for as an array.

    A bfloat16 is the upper half of a float32 of the same value.

    Parameters
    ----------
    bits : array of uint16
        Read by indexing.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca.bfloat16 import BFloat16Array
    >>> bits = np.array([0.5, 0.25, 0.25], np.float32).view(np.uint16)[1::2]
    >>> np.asarray(BFloat16Array(bits))
    array([0.5 , 0.25, 0.25], dtype=float32)
    """

    dtype = np.dtype(np.float32)

    def __init__(self, bits: Any):
        self.bits = bits
        self.shape, self.ndim = tuple(bits.shape), len(bits.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key) -> BFloat16Array:
        return BFloat16Array(np.asarray(self.bits[key]))

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return as_float32(np.asarray(self.bits[...])).astype(dtype or np.float32, copy=False)


def as_float32(bits: np.ndarray) -> np.ndarray:
    """Numbers of bfloat16 whose bits are given as uint16, as float32."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


def as_bfloat16(X: Any) -> Any:
    """A :class:`BFloat16Array` of a tensor of bfloat16, and of uint16 with the attribute ``dtype`` of "bfloat16".

    Parameters
    ----------
    X : torch.Tensor, zarr array, or anything else
        What holds no bfloat16 is returned as it is.
    """
    if str(X.dtype) == "torch.bfloat16":
        import torch

        return BFloat16Array(X.detach().cpu().view(torch.int16).numpy().view(np.uint16))
    attributes = getattr(X, "attrs", None)
    if X.dtype == np.uint16 and attributes is not None and attributes.get("dtype") == BFLOAT16:
        return BFloat16Array(X)
    return X
