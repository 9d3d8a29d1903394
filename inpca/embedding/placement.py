"""An embedding of some models, the landmarks, among which others are placed by their distances to these."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from inpca.embedding.spectral import block_bounds, squared_norm, times, top_eigenpairs

#: Models of less weight, relative to the largest, get their coordinates as new models do.
LIGHT = 1e-3


@dataclass(frozen=True, eq=False)
class Placement:
    """Places models by their distances to n landmarks: every embedded model is one, unless some were chosen.

    A model at distances d has the coordinates -½ (d - Σ_i w_i d_i - d̄ + d̿) P - o.

    Attributes
    ----------
    weight : (n,) array
        w, the weight of each landmark in means; it sums to 1.
    means : (n,) array
        d̄, the mean distance of each landmark to the others.
    grand_mean : float
        d̿, the mean of these.
    projection : (n, k) array
        P, which takes centred distances to coordinates.
    offset : (k,) array
        o, the mean of all placed models in the axes of the landmarks; 0 if every model is one.
    """

    weight: np.ndarray
    means: np.ndarray
    grand_mean: float
    projection: np.ndarray
    offset: np.ndarray

    def place(self, D, means: np.ndarray | None = None, grand_mean: float | None = None) -> np.ndarray:
        """Coordinates (q, k) of models from their distances (q, n) to the landmarks, by blocks of rows.

        Parameters
        ----------
        D : (q, n) array
        means : (n,) array, optional
        grand_mean : float, optional
            Means of other distances between the landmarks than those that were embedded.
        """
        means = self.means if means is None else means
        grand_mean = self.grand_mean if grand_mean is None else grand_mean
        placed = np.empty((D.shape[0], self.projection.shape[1]))
        for first, last in block_bounds(D):
            rows = np.asarray(D[first:last], np.float64)
            centred = rows - (rows @ self.weight)[:, None] - means + grand_mean
            placed[first:last] = -0.5 * centred @ self.projection - self.offset
        return placed

    def turned(self, to_axes: np.ndarray, offset: np.ndarray) -> Placement:
        """The same with coordinates X ``to_axes`` - ``offset`` in place of X."""
        return replace(self, projection=self.projection @ to_axes, offset=self.offset @ to_axes + offset)

    def in_units(self, unit: float) -> Placement:
        """The same for distances that are ``unit`` times as large."""
        root = np.sqrt(unit)
        return Placement(
            self.weight, self.means * unit, self.grand_mean * unit, self.projection / root, self.offset * root
        )


@dataclass(frozen=True, eq=False)
class Embedding:
    """Coordinates of models, and what was learnt with them.

    Attributes
    ----------
    coordinates : (m, k) array
    eigenvalues : (k,) array
        Signed, by descending magnitude.
    squared_norm : float
        Σ_ij w_i w_j W_ij² over all m axes, divided by the square of the unit.
    placement : Placement
    unit : float
        What distances were divided by so that the norm is finite.
    """

    coordinates: np.ndarray
    eigenvalues: np.ndarray
    squared_norm: float
    placement: Placement
    unit: float = 1.0

    @classmethod
    def of(cls, D, weight: np.ndarray, k: int, random_state: int) -> Embedding:
        """Embed models from their distances, with weights.

        Parameters
        ----------
        D : (m, m) array
        weight : (m,) array
        k : int
            Axes.
        random_state : int
            Seed of the Lanczos iteration.
        """
        relative = weight / weight.sum()
        means = times(D, relative)
        grand_mean = float(relative @ means)
        norm = max(squared_norm(D, weight, means, grand_mean), 0.0)
        eigenvalues, vectors = top_eigenpairs(D, weight, means, grand_mean, k, random_state, np.sqrt(norm))
        coordinates = vectors * np.sqrt(np.abs(eigenvalues))
        safe = np.where(eigenvalues == 0, 1, eigenvalues)
        placement = Placement(relative, means, grand_mean, coordinates * weight[:, None] / safe, np.zeros(k))
        light = np.flatnonzero(weight < LIGHT * weight.max())
        if len(light):
            coordinates = coordinates.copy()
            for start in range(0, len(light), len(weight) // 8 + 1):
                some = light[start : start + len(weight) // 8 + 1]
                rows = D[some] if isinstance(D, np.ndarray) else np.stack([np.asarray(D[i]) for i in some])
                coordinates[some] = placement.place(rows)
        return cls(coordinates, eigenvalues, norm, placement)

    def in_units(self, unit: float) -> Embedding:
        """The same of distances that are ``unit`` times as large."""
        return replace(
            self,
            coordinates=self.coordinates * np.sqrt(unit),
            eigenvalues=self.eigenvalues * unit,
            placement=self.placement.in_units(unit),
            unit=self.unit * unit,
        )

    def with_signs(self) -> Embedding:
        """The same with axes turned so that the entry of largest magnitude of each is positive."""
        largest = self.coordinates[np.abs(self.coordinates).argmax(axis=0), np.arange(len(self.eigenvalues))]
        signs = np.where(largest < 0, -1.0, 1.0)
        placement = replace(
            self.placement, projection=self.placement.projection * signs, offset=self.placement.offset * signs
        )
        return replace(self, coordinates=self.coordinates * signs, placement=placement)

    def explained_stress(self) -> np.ndarray:
        """1 - sqrt(1 - Σ_{i≤k} λ_i² / ‖W‖_F²) for 1 … k axes, (k,); 1 if W is 0."""
        squares = np.cumsum((self.eigenvalues / self.unit) ** 2)
        explained = squares / self.squared_norm if self.squared_norm > 0 else np.ones(len(squares))
        return 1 - np.sqrt(np.clip(1 - explained, 0, None))
