"""The geodesic between two checkpoints of a run, and the point of it that has a given progress."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from inpca.geometry import geodesic_ends
from inpca.sphere import SMALLEST_ANGLE, angles, closest_on_geodesic

#: A point is found to this fraction of its segment.
FOUND = 1e-7
#: Progress that differs by less is the same.
SAME_PROGRESS = 1e-4
#: Mean angle by s, rad. Below, every s nearby is as close: samples that lie on the geodesic, half of them on each side.
FLAT = 1e-6


class Segment:
    """The geodesic between two models.

    Parameters
    ----------
    left, right : (N, C) arrays
        Square roots of their probabilities.
    truth : (N,) array of int or (N, C) array, optional
        To find points by their progress towards it.
    normalize : bool
        Divide the probabilities of the truth by their sum first.
    """

    def __init__(self, left: np.ndarray, right: np.ndarray, truth=None, *, normalize: bool = False):
        self._ends = left, right
        self._angle = np.maximum(angles(left, right), SMALLEST_ANGLE)
        self._sine = np.sin(self._angle)
        if truth is not None:
            ends = geodesic_ends(truth, *left.shape, normalize=normalize)
            way = angles(*ends)
            self._moving = way >= SMALLEST_ANGLE
            self._way, self._between = way[self._moving], (self._angle[self._moving], self._sine[self._moving])
            #: overlaps of both models with both ends of the geodesic from P0 to P*, (2, 2, N)
            overlaps = np.array([[(model * end).sum(axis=1) for end in ends] for model in self._ends])
            self._overlaps = overlaps[..., self._moving]

    def at(self, t: float) -> np.ndarray:
        """Probabilities (N, C) at the fraction t of the way."""
        weights = weights_at(t, self._angle, self._sine)[..., None]
        return (weights[0] * self._ends[0] + weights[1] * self._ends[1]) ** 2

    def where_progress_is(self, s: float) -> float:
        """Fraction of the way to the point whose progress is s, by Brent's method.

        A model P has the progress s where the mean angle to the geodesic from P0 to P* is stationary, as a function of
        the geodesic's parameter, at s: Σ_n ∂/∂s arccos c_n(s) = 0, c_n being the overlap of P with γ_s. That is one
        equation for the fraction t, and needs no search for the progress of each trial point.

        Raises
        ------
        ValueError
            If the progress of the models at the ends does not enclose s.
        """
        # overlaps of both models with γ_s, and their derivatives by s
        sine = np.sin(self._way)
        ahead, behind = s * self._way, (1 - s) * self._way
        cosine = (np.sin(behind) * self._overlaps[:, 0] + np.sin(ahead) * self._overlaps[:, 1]) / sine
        change = self._way * (np.cos(ahead) * self._overlaps[:, 1] - np.cos(behind) * self._overlaps[:, 0]) / sine

        def slope(t: float) -> float:
            """Derivative by s of the mean angle from the point at t to γ_s: positive where the progress is below s."""
            weights = weights_at(t, *self._between)
            overlap = np.einsum("mn,mn->n", weights, cosine)
            angle = np.sqrt(np.maximum(1 - overlap**2, SMALLEST_ANGLE**2))
            return float(np.mean(-np.einsum("mn,mn->n", weights, change) / angle))

        slopes = slope(0.0), slope(1.0)
        for end, beyond in ((0.0, slopes[0] <= 0), (1.0, slopes[1] >= 0)):
            if beyond:
                own = self._progress(int(end))
                if abs(own - s) > SAME_PROGRESS and abs(slopes[int(end)]) > FLAT:
                    raise ValueError(
                        f"index is not the progress towards this truth: a checkpoint beside {s:g} has progress {own:g}"
                    )
                return end
        root = brentq(slope, 0, 1, xtol=FOUND)
        assert isinstance(root, float)  # a tuple is returned only with full_output
        return root

    def _progress(self, end: int) -> float:
        """Progress of the model at one end."""
        to_start, to_truth = self._overlaps[end]
        return float(closest_on_geodesic(to_start[None], to_truth[None], self._way)[0])


def weights_at(t: float, angle: np.ndarray, sine: np.ndarray) -> np.ndarray:
    """Factors (2, N) of the square roots of two models at the fraction t of the way between them.

    Parameters
    ----------
    t : float
    angle, sine : (N,) arrays
        Angles between the models, and their sines.
    """
    return np.stack([np.sin((1 - t) * angle), np.sin(t * angle)]) / sine
