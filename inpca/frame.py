"""An embedding of some models among which others are placed, and what its axes leave unexplained of those."""

from __future__ import annotations

import numpy as np

from inpca.spectral import block_bounds, times, top_eigenpairs


class Frame:
    """An embedding of some models, and what is needed to place others among them."""

    def __init__(self, share, anchor_means, grand_mean, projection, eigenvalues, coordinates):
        self.share, self.anchor_means, self.grand_mean = share, anchor_means, grand_mean
        self.projection, self.eigenvalues, self.coordinates = projection, eigenvalues, coordinates

    @classmethod
    def of(cls, D, weight: np.ndarray, k: int, random_state: int) -> Frame:
        """Embed models from their distances, with weights."""
        share = weight / weight.sum()
        means = times(D, share)
        grand_mean = float(share @ means)
        eigenvalues, vectors = top_eigenpairs(D, weight, means, grand_mean, k, random_state)
        coordinates = vectors * np.sqrt(np.abs(eigenvalues))
        safe = np.where(eigenvalues == 0, 1, eigenvalues)
        return cls(share, means, grand_mean, coordinates * weight[:, None] / safe, eigenvalues, coordinates)

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


def residual_squared_norm(
    D: np.ndarray, landmarks: np.ndarray, coordinates: np.ndarray, eigenvalues: np.ndarray
) -> float:
    """Estimated ‖W - X S Xᵀ‖_F² over all m models, from their distances to n random ones.

    (m-1)/(n-1) Σ_il R_il², R being -½ (D - D̂) less its means over rows and columns, in which only the scalar
    products of D̂ remain. The factor makes up for the columns that are missing and for the degree of freedom of their
    mean; what is estimated is small where the axes explain much, and so is the error. Exact for n = m.
    """
    m, n = D.shape
    signed = coordinates[landmarks] * np.sign(eigenvalues)
    rows, columns, squares = np.empty(m), np.zeros(n), 0.0

    def residual(first: int, last: int) -> np.ndarray:
        return -0.5 * D[first:last] - coordinates[first:last] @ signed.T

    for first, last in block_bounds(D):
        block = residual(first, last)
        rows[first:last] = block.mean(axis=1)
        columns += block.sum(axis=0) / m
    for first, last in block_bounds(D):
        centred = residual(first, last) - rows[first:last, None] - columns + columns.mean()
        squares += float(np.sum(centred**2))
    return squares * (m - 1) / max(n - 1, 1)
