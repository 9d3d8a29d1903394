"""Compiled loop behind the pairwise distances of few models: pair by pair, in double precision."""

from __future__ import annotations

import math

from inpca.compiled import compiled

#: Distances of one sample that :func:`add_pairs` knows.
DISTANCES = {"bhattacharyya": 0, "hellinger": 0, "spherical": 1, "jeffreys": 2, "euclidean": 2}
#: Below it -ln(1 - h) is summed from its series, whose next term is below 1e-18; above, factors 1 - h are multiplied.
SMALL_HALF = 0.01
#: The running product joins the sum of logarithms when it falls below; times one more overlap it is no denormal number.
SMALLEST_PRODUCT = 1e-200


@compiled(error_model="numpy", fastmath={"contract"})
def series(h):  # pragma: no cover (compiled)
    """-ln(1 - h) for small h."""
    value = 0.0
    for k in range(8, 0, -1):
        value = (value + 1 / k) * h
    return value


@compiled(nogil=True, fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def add_pairs(left, right, left2, right2, distance, pairs, smallest, sums):  # pragma: no cover (compiled)
    """Fill ``sums`` with the sum over samples of the distance of each pair of models.

    Models (models, samples, classes) are square roots of probabilities for the distances 0 and 1, which add
    -ln(1 - ½ Σ_c (a_c - b_c)²) and 2 arcsin(½ |a - b|); for distance 2 the sum is of Σ_c (a_c - b_c)(u_c - v_c).
    """
    n_samples, n_classes = left.shape[1:]
    for pair in range(len(pairs)):
        a, b = left[pairs[pair, 0]], right[pairs[pair, 1]]
        u, v = left2[pairs[pair, 0]], right2[pairs[pair, 1]]
        total, product = 0.0, 1.0
        for n in range(n_samples):
            s = 0.0
            for c in range(n_classes):
                s += (a[n, c] - b[n, c]) * (u[n, c] - v[n, c])
            if distance == 2:
                total += s
            elif distance == 1:
                total += 2 * math.asin(min(math.sqrt(s) / 2, math.sqrt(0.5)))
            elif s < 2 * SMALL_HALF:
                total += series(s / 2)
            else:
                factor = 1 - s / 2
                if s > 1:
                    factor = 0.0
                    for c in range(n_classes):
                        factor += a[n, c] * b[n, c]
                product *= max(factor, smallest)
                if product < SMALLEST_PRODUCT:
                    total -= math.log(product)
                    product = 1.0
        sums[pair] = total - math.log(product)
