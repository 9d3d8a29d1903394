"""Overlaps of all pairs of models on a GPU in one kernel of Triton: their products stay in registers.

A program has a tile of pairs and goes over the samples: a product of matrices gives the overlaps of one sample, their
powers of two are added up as whole numbers, and what is left of them, in [1, 2), is multiplied in float32. Nothing but
the models is read, and one mantissa and one exponent of each pair are written, of which one logarithm is taken.
"""

from __future__ import annotations

import functools
import importlib.util
import math
import os
import warnings
from typing import Any

import torch
from torch import Tensor

from inpca.sphere import LARGEST_SAMPLE_DISTANCE

#: Square roots of probabilities are multiplied by 2^SCALE, so that overlaps from exp(-100) = 2^-144 up are normal
#: numbers of float32; overlaps then are by 2^(2 SCALE).
SCALE = 30
LARGEST, SMALLEST = 2.0 ** (2 * SCALE), 2.0 ** (2 * SCALE) * math.exp(-LARGEST_SAMPLE_DISTANCE)
#: Models a side of a tile.
BLOCK = 64
#: Classes of a product of matrices: few, many; Triton has none of fewer than 16.
CLASSES = 16, 32
#: Samples whose mantissas, below 2 each, are multiplied before the powers of two of their product are split off.
GROUP = 32
#: The bits of a float32: what its exponent is off by, where it begins, and those of the mantissa.
BIAS, MANTISSA_BITS = 127, 23
FRACTION, ONE = (1 << MANTISSA_BITS) - 1, BIAS << MANTISSA_BITS


def is_used(device: str) -> bool:
    """Whether distances on a device of torch are computed by Triton: on GPUs, where it is installed and works.

    Triton's interpreter (``TRITON_INTERPRET=1``) runs the kernel on the CPU, for tests.
    """
    if importlib.util.find_spec("triton") is None:
        return False
    if os.environ.get("TRITON_INTERPRET") == "1":
        return True
    return torch.device(device).type == "cuda" and works_on(device)


@functools.cache
def works_on(device: str) -> bool:
    """Whether Triton computes the distance of ignorance and truth on a device; a warning says why it does not."""
    roots = torch.tensor([[[1.0, 0.0], [0.5**0.5, 0.5**0.5]]] * 3, device=device) * 2.0**SCALE
    try:
        right = bool((sums(roots, roots, True)[0, 1] / 3 - math.log(2) / 2).abs() < 1e-6)
        why = "" if right else "it computes something else"
    except Exception as error:  # of its own, of its compiler and of the device's driver
        right, why = False, (str(error).splitlines() or [""])[0] or type(error).__name__
    if not right:
        warnings.warn(f"Triton cannot be used on {device} ({why}); distances take PyTorch's operations", stacklevel=2)
    return right


def constants(n_classes: int, upper: bool) -> dict[str, Any]:
    """Numbers that the kernel is to know when it is compiled."""
    return dict(
        UPPER=upper,
        SHAPE=(BLOCK, CLASSES[n_classes > CLASSES[0]], GROUP),
        BOUNDS=(SMALLEST, LARGEST),
        BITS=(MANTISSA_BITS, FRACTION, ONE, BIAS),
    )


def sums(left: Tensor, right: Tensor, upper: bool) -> Tensor:
    """-Σ_n ln Σ_c a_nc b_nc of all pairs, (m, k) float64; of the upper half alone, if wanted, else 0.

    Parameters
    ----------
    left, right : (samples, models, classes) float32 Tensor
        Square roots of probabilities times 2^:data:`SCALE`, without gaps, of less than 2^31 numbers.
    upper : bool

    Notes
    -----
    Sums over classes are float32 without TF32. A sample adds three roundings of 2^-24 to the logarithm at most, besides
    those of its sum.
    """
    from inpca.distances.triton_kernel import overlap_products

    n_samples, m, n_classes = left.shape
    k = right.shape[1]
    mantissa = torch.ones((m, k), dtype=torch.float32, device=left.device)
    exponent = torch.full((m, k), n_samples * (BIAS + 2 * SCALE), dtype=torch.int32, device=left.device)
    overlap_products[(-(-m // BLOCK), -(-k // BLOCK))](
        left,
        right,
        (mantissa, exponent),
        (m, k, n_samples, n_classes),
        **constants(n_classes, upper),
    )
    powers = n_samples * (BIAS + 2 * SCALE) - exponent.double()
    return (powers * math.log(2) - mantissa.double().log()).clamp(min=0)
