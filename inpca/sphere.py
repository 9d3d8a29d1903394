"""Models as points of spheres: the angles, distances and great circles behind :mod:`inpca.geometry`.

The square roots of a sample's probabilities are a unit vector without negative entries; a model is one such vector for
each sample. Nothing is checked here.
"""

from __future__ import annotations

import numpy as np

#: Bhattacharyya distance of one sample on which two models have no common class; the exact value is infinite.
LARGEST_SAMPLE_DISTANCE = 100.0
#: Angle (radians) below which two distributions count as the same and the geodesic between them stands still.
SMALLEST_ANGLE = 1e-8
#: Ratio by which golden-section search narrows its interval, (√5 - 1)/2.
GOLDEN = (np.sqrt(5) - 1) / 2
#: Width of the interval at which the search ends.
SEARCH_TOLERANCE = 1e-6


def mean_distance(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Bhattacharyya distance d_B = -(1/N) Σ_n ln Σ_c a_nc b_nc between paired models (..., N, C), of unit vectors."""
    half_chord = np.square(left - right).sum(axis=-1) / 2
    overlap = np.einsum("...c,...c->...", left, right)
    far = -np.log(np.clip(overlap, np.exp(-LARGEST_SAMPLE_DISTANCE), 1))
    return np.where(half_chord < 0.5, -np.log1p(-np.minimum(half_chord, 0.5)), far).mean(axis=-1)


def angles(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Angles between unit vectors (..., C) without negative entries, from their chords."""
    chord = np.sqrt(np.square(left - right).sum(axis=-1))
    return 2 * np.arcsin(np.minimum(chord / 2, np.sqrt(0.5)))


def closest_on_geodesic(to_start: np.ndarray, to_end: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Parameter t in [0, 1] of the point of a geodesic that is closest to each model, by golden-section search.

    It minimises the mean over samples of the angle to γ_t, a convex function of t where the geodesic is shorter than
    π/2, for all models at once and to :data:`SEARCH_TOLERANCE`.

    Parameters
    ----------
    to_start, to_end : (m, N) arrays
        Overlaps Σ_c a_nc b_nc of each model with the ends of the geodesic.
    angle : (N,) array
        Angle between the ends, in radians.

    Returns
    -------
    (m,) array
    """

    different, which = np.unique(angle, return_inverse=True)  # a single one from ignorance to labels
    sine = np.sin(angle)

    def distance(t: np.ndarray) -> np.ndarray:
        t = t[:, None]
        start, end = (np.sin(part * different).take(which, axis=1) for part in (1 - t, t))
        cosine = (start * to_start + end * to_end) / sine
        return np.arccos(np.clip(cosine, -1, 1)).mean(axis=1)

    low, high = np.zeros(len(to_start)), np.ones(len(to_start))
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = distance(left), distance(right)
    while np.max(high - low) > SEARCH_TOLERANCE:
        lower = at_left < at_right
        low, high = np.where(lower, low, left), np.where(lower, right, high)
        old, at_old = np.where(lower, left, right), np.where(lower, at_left, at_right)
        new = np.where(lower, high - GOLDEN * (high - low), low + GOLDEN * (high - low))
        at_new = distance(new)
        left, right = np.where(lower, new, old), np.where(lower, old, new)
        at_left, at_right = np.where(lower, at_new, at_old), np.where(lower, at_old, at_new)
    middle = (low + high) / 2
    ends = np.stack([np.zeros_like(middle), middle, np.ones_like(middle)])
    return ends[np.argmin([distance(t) for t in ends], axis=0), np.arange(len(middle))]
