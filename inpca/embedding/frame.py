"""An embedding of some models among which others are placed."""

from __future__ import annotations

import numpy as np

from inpca.embedding.spectral import block_bounds, squared_norm, times, top_eigenpairs

#: Models of less weight, relative to the largest, get their coordinates as new models do.
LIGHT = 1e-3


class Frame:
    """An embedding of some models, and what is needed to place others among them."""

    def __init__(self, share, anchor_means, grand_mean, projection, eigenvalues, coordinates):
        self.share, self.anchor_means, self.grand_mean = share, anchor_means, grand_mean
        self.projection, self.eigenvalues, self.coordinates = projection, eigenvalues, coordinates

    @classmethod
    def of(cls, D, weight: np.ndarray, k: int, random_state: int) -> Frame:
        """Embed models from their distances, with weights; ``norm`` is Σ_ij w_i w_j W_ij²."""
        share = weight / weight.sum()
        means = times(D, share)
        grand_mean = float(share @ means)
        norm = max(squared_norm(D, weight, means, grand_mean), 0.0)
        eigenvalues, vectors = top_eigenpairs(D, weight, means, grand_mean, k, random_state, np.sqrt(norm))
        coordinates = vectors * np.sqrt(np.abs(eigenvalues))
        safe = np.where(eigenvalues == 0, 1, eigenvalues)
        frame = cls(share, means, grand_mean, coordinates * weight[:, None] / safe, eigenvalues, coordinates)
        light = np.flatnonzero(weight < LIGHT * weight.max())
        if len(light):
            frame.coordinates = coordinates.copy()
            for start in range(0, len(light), len(weight) // 8 + 1):
                some = light[start : start + len(weight) // 8 + 1]
                rows = D[some] if isinstance(D, np.ndarray) else np.stack([np.asarray(D[i]) for i in some])
                frame.coordinates[some] = frame.place(rows)
        frame.norm = norm
        return frame

    def in_units(self, unit: float) -> Frame:
        """The frame for distances that are ``unit`` times as large."""
        root = np.sqrt(unit)
        return Frame(
            self.share,
            self.anchor_means * unit,
            self.grand_mean * unit,
            self.projection / root,
            self.eigenvalues * unit,
            self.coordinates * root,
        )

    def place(self, D, anchor_means: np.ndarray | None = None, grand_mean: float | None = None) -> np.ndarray:
        """Coordinates of models from their distances to the embedded ones, by blocks of rows."""
        anchor_means = self.anchor_means if anchor_means is None else anchor_means
        grand_mean = self.grand_mean if grand_mean is None else grand_mean
        placed = np.empty((D.shape[0], self.projection.shape[1]))
        for first, last in block_bounds(D):
            rows = np.asarray(D[first:last], np.float64)
            centred = rows - (rows @ self.share)[:, None] - anchor_means + grand_mean
            placed[first:last] = -0.5 * centred @ self.projection
        return placed
