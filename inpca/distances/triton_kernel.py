"""The kernel of :mod:`inpca.distances.triton_path`; imported where it runs, since few machines have Triton."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def overlap_products(  # pragma: no cover (compiled)
    left, right, products, sizes, UPPER: tl.constexpr, SHAPE: tl.constexpr, BOUNDS: tl.constexpr, BITS: tl.constexpr
):
    """Fill ``products``, mantissa float32 and exponent int32 (m, k), with Π_n of the overlaps of all pairs.

    ``left`` (samples, m, classes) and ``right`` (samples, k, classes) are float32, ``sizes`` are m, k, samples and
    classes. Exponents are those of float32, with its bias once for each sample; with ``UPPER``, tiles below the
    diagonal are left as they are. ``SHAPE`` are the models a side of a tile, and the classes and the samples that are
    taken together, ``BOUNDS`` those of an overlap, ``BITS`` the place of a float32's exponent, the bits of its
    mantissa, those of the number 1, and the bias.
    """
    BLOCK: tl.constexpr = SHAPE[0]
    CLASSES: tl.constexpr = SHAPE[1]
    GROUP: tl.constexpr = SHAPE[2]
    m, k, n_samples, n_classes = sizes
    if UPPER and tl.program_id(1) < tl.program_id(0):
        return
    rows = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
    columns = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)[None, :]
    product = tl.full((BLOCK, BLOCK), 1.0, tl.float32)
    powers = tl.full((BLOCK, BLOCK), 0, tl.int32)
    for n in range(0, n_samples):
        overlap = tl.full((BLOCK, BLOCK), 0.0, tl.float32)
        for first in range(0, n_classes, CLASSES):
            c = first + tl.arange(0, CLASSES)
            a_at = (n * m + rows) * n_classes + c[None, :]
            b_at = (n * k + columns) * n_classes + c[:, None]
            a = tl.load(left + a_at, mask=(rows < m) & (c[None, :] < n_classes), other=0.0)
            b = tl.load(right + b_at, mask=(columns < k) & (c[:, None] < n_classes), other=0.0)
            overlap = tl.dot(a, b, overlap, input_precision="ieee")
        bits = tl.minimum(tl.maximum(overlap, BOUNDS[0]), BOUNDS[1]).to(tl.int32, bitcast=True)
        powers += bits >> BITS[0]
        product *= ((bits & BITS[1]) | BITS[2]).to(tl.float32, bitcast=True)
        if n % GROUP == GROUP - 1:  # pyright: ignore[reportOperatorIssue] (a number, once it is compiled)
            bits = product.to(tl.int32, bitcast=True)
            powers += (bits >> BITS[0]) - BITS[3]
            product = ((bits & BITS[1]) | BITS[2]).to(tl.float32, bitcast=True)
    inside = (rows < m) & (columns < k)
    tl.store(products[0] + rows * k + columns, product, mask=inside)
    tl.store(products[1] + rows * k + columns, powers, mask=inside)
