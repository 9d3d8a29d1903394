r"""How much of the distances between models lies in axes that were fitted on other models.

With W of the models (as in :class:`inpca.InPCA`), X their coordinates on k axes of another embedding, less their mean,
and S the signs of the axes, the explained stress is :math:`1-\|W-XSX^\top\|_F/\|W\|_F`. On a model's own axes that is
the formula of InPCA. Mao et al. (arXiv:2505.08915, Fig. 1) fit axes on linear networks and embed the others there.
Where groups are given, :math:`W=-\frac12LDL` is of models less the mean of their group, which L takes off.
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def explained_by_axes(
    D: np.ndarray,
    X: np.ndarray,
    sign: np.ndarray,
    groups: np.ndarray | None = None,
    units: np.ndarray | None = None,
) -> np.ndarray:
    """Explained stress of 1 … k axes of any embedding, 1 - ‖W - X S Xᵀ‖ / ‖W‖ (Frobenius), for models placed there.

    Parameters
    ----------
    D : (m, m) array
        Distances between the models.
    X : (m, k) array
        Their coordinates.
    sign : (k,) array
        1 of a space-like axis, -1 of a time-like one.
    groups : (m,) array, optional
        W and X are of models less the mean of their group; one group unless given.
    units : (m,) array, optional
        What each model is of.

    Returns
    -------
    (k,) array
        At most 1; below 0 where axes give distances that are not there. With units (1 + units, k): of all models, and
        with each unit left out, in the order in which they come.

    Examples
    --------
    >>> x = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    >>> D = ((x[:, None] - x) ** 2).sum(axis=2)
    >>> explained_by_axes(D, x, np.ones(2)).round(3)
    array([0.293, 1.   ])
    """
    unit = pd.factorize(np.zeros(len(D), int) if units is None else np.asarray(units))[0]
    group = pd.factorize(np.zeros(len(D), int) if groups is None else np.asarray(groups))[0]
    parts = Parts(-0.5 * np.asarray(D, float), unit, group)
    norms = [parts.norms()]
    for axis, s in enumerate(sign):
        parts.subtract(s, X[:, axis])
        norms.append(parts.norms())
    total, left = norms[0], np.array(norms[1:])
    found = 1 - np.divide(left, total, out=np.zeros_like(left), where=total > 0).T
    return found[0] if units is None else found


class Parts:
    r"""‖L A L‖ of a symmetric matrix, and with each unit left out, from sums over its parts.

    L = 1 - P, where P takes the mean of each group, so that
    :math:`\|LAL\|^2=\|A\|^2-2\|PA\|^2+\|PAP\|^2`. What a unit adds to the sums over a group is kept, and no matrix is
    built anew for those that are left.

    Parameters
    ----------
    A : (m, m) array
    unit, group : (m,) arrays of int
        0, 1, … of each row.
    """

    def __init__(self, A: np.ndarray, unit: np.ndarray, group: np.ndarray):
        self.A, self.unit = A.copy(), unit
        self.of_group = np.eye(group.max() + 1)[group].T
        self.of_part = np.eye(unit.max() + 1)[unit].T[:, None] * self.of_group
        self.sums = self.of_part @ A  # (unit, group, m)

    def subtract(self, sign: float, x: np.ndarray) -> None:
        """Take sign · x xᵀ from A."""
        self.A -= sign * np.outer(x, x)
        self.sums -= sign * (self.of_part @ x)[..., None] * x

    def norms(self) -> np.ndarray:
        """‖L A L‖ of all rows, then with each unit left out, (1 + units,); 0 where none is left."""
        squares, sums = self.A**2, self.sums.sum(axis=0)
        of_rows = squares.sum(axis=1)
        found = [self._norm(of_rows.sum(), sums, np.ones(len(self.A), bool))]
        for unit, own in enumerate(self.sums):
            out = self.unit == unit
            norm = of_rows.sum() - 2 * of_rows[out].sum() + squares[np.ix_(out, out)].sum()
            found.append(self._norm(norm, sums - own, ~out))
        return np.sqrt(np.maximum(found, 0))

    def _norm(self, norm: float, sums: np.ndarray, kept: np.ndarray) -> float:
        """‖L A L‖² of the rows that are kept, from their ‖A‖² and sums over groups."""
        of_group = self.of_group[:, kept]
        size = of_group.sum(axis=1)
        some = size > 0
        columns, size = sums[some][:, kept], size[some]
        blocks = columns @ of_group[some].T
        return norm - 2 * (columns**2 / size[:, None]).sum() + (blocks**2 / np.outer(size, size)).sum()
