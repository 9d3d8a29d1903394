r"""Two-level factorial designs: shares and tests of main effects and of interactions, from distances.

In a full design of k factors at two levels, coded ±1, every main effect and every interaction of two factors is one
contrast :math:`c` of the m runs, the product of the codes; all of them are orthogonal. With Gower's matrix G (see
:mod:`paper.statistics.permanova`) the sum of squares of an effect is :math:`c^\top G c/m`, that of PERMANOVA.

The test matches runs within each stratum of all other factors: a run of either level, or of the four combinations of
two factors, whose contrast is :math:`y_1-y_0` or :math:`y_{11}-y_{10}-y_{01}+y_{00}`. Where the factor does nothing in
any stratum, or two factors nothing together, a contrast is as likely as its negative if runs are independent and
scatter alike: signs are flipped at random. For a main effect that is a permutation of runs within strata. What is
rejected is that seeds alone make the difference, in these contexts.

References
----------
Box, Hunter & Hunter, Statistics for Experimenters, 2005, chapter 5. Anderson & ter Braak, Permutation tests for
multi-factorial analysis of variance, J. Stat. Comput. Simul. 73, 2003.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from paper.statistics.permanova import SAME

#: Between the names of two factors in that of their interaction.
TIMES = " × "
#: Level of all tests of a family together.
LEVEL = 0.05


def effect_columns(factors: pd.DataFrame) -> pd.DataFrame:
    """Codes of all main effects and interactions of two factors.

    Parameters
    ----------
    factors : DataFrame
        One row for each run; every column has two values, of which the first to appear is coded 1 and the other -1.

    Returns
    -------
    DataFrame
        Columns by the names of the factors, then of pairs, such as ``depth × width``.

    Raises
    ------
    ValueError
        If a factor has not two values.

    Examples
    --------
    >>> factors = pd.DataFrame({"a": ["x", "x", "y", "y"], "b": [0, 1, 0, 1]})
    >>> effect_columns(factors)["a × b"].tolist()
    [1, -1, -1, 1]
    """
    if wrong := [name for name in factors if factors[name].nunique() != 2]:
        raise ValueError(f"{', '.join(wrong)}: a factor of the design has two values")
    codes = pd.DataFrame({name: 1 - 2 * pd.factorize(factors[name])[0] for name in factors}, index=factors.index)
    pairs = {f"{a}{TIMES}{b}": codes[a] * codes[b] for a, b in combinations(codes, 2)}
    return pd.concat([codes, pd.DataFrame(pairs, index=factors.index)], axis=1)


def effects(
    distances: np.ndarray, factors: pd.DataFrame, *, permutations: int, rng: int | np.random.Generator
) -> dict[str, dict[str, float | np.ndarray]]:
    """Share of each main effect and interaction of two factors, and what it is when signs are flipped.

    Parameters
    ----------
    distances : (m, m) array
        Squared distances, or Bhattacharyya's, between independent runs.
    factors : DataFrame
        m rows of a full design with equally many runs of every combination; two values in every column.
    permutations : int
        Random flips of signs.
    rng : int or Generator

    Returns
    -------
    dict
        By the names of :func:`effect_columns`: ``share`` of the total sum of squares; ``p``; ``threshold``, the share
        that so many flips exceed as :data:`LEVEL` over the number of effects; ``flipped_once``, the share in one flip
        more: a control that is none of those; ``flipped``, the shares in all flips.

    Raises
    ------
    ValueError
        If combinations are missing, or have different numbers of runs.

    See Also
    --------
    paper.statistics.permanova.shares : The same shares, of designs of any kind.

    Examples
    --------
    >>> x = np.array([0.0, 0.1, 1.0, 1.1, 0.05, 0.15, 1.05, 1.2])
    >>> factors = pd.DataFrame({"half": [0, 0, 1, 1] * 2, "part": [0] * 4 + [1] * 4})
    >>> found = effects((x[:, None] - x) ** 2, factors, permutations=99, rng=0)
    >>> print(f"{found['half']['share']:.3f} {found['half × part']['share']:.3f}")
    0.984 0.000
    """
    rng = np.random.default_rng(rng)
    columns = effect_columns(factors)
    sizes = factors.groupby(list(factors), sort=False).size()
    if len(sizes) != 2 ** len(factors.columns) or sizes.nunique() != 1:
        raise ValueError("effects need a full design with equally many runs of every combination")
    m, mean = len(distances), np.asarray(distances).mean(axis=1)
    G = -(np.asarray(distances) - mean[:, None] - mean + mean.mean()) / 2
    total, found = np.trace(G), {}
    for name in columns:
        matched = _matched(factors, name.split(TIMES), columns[name].to_numpy())
        products = matched @ G @ matched.T / (m * total)
        signs = rng.choice([-1.0, 1.0], size=(permutations + 1, len(matched)))
        *flipped, once = np.einsum("fi,ij,fj->f", signs, products, signs)
        share, flipped = float(products.sum()), np.array(flipped)
        found[name] = {
            "share": share,
            "p": float((np.sum(flipped >= share - SAME) + 1) / (permutations + 1)),
            "threshold": float(np.quantile(flipped, 1 - LEVEL / len(columns.columns), method="higher")),
            "flipped_once": float(once),
            "flipped": flipped,
        }
    return found


def _matched(factors: pd.DataFrame, crossed: list[str], codes: np.ndarray) -> np.ndarray:
    """Contrasts of matched runs of the levels of some factors, one row each: (contrasts, m)."""
    cell = factors.groupby(crossed, sort=False).ngroup().to_numpy()
    others = factors.drop(columns=crossed)
    stratum = np.zeros(len(factors), int)
    if len(others.columns):
        stratum = others.groupby(list(others), sort=False).ngroup().to_numpy()
    place = pd.DataFrame({"cell": cell, "stratum": stratum}).groupby(["cell", "stratum"]).cumcount().to_numpy()
    row = pd.factorize(pd.Series(list(zip(stratum, place, strict=True))))[0]
    matched = np.zeros((row.max() + 1, len(factors)))
    matched[row, np.arange(len(factors))] = codes
    return matched


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """P-values adjusted for their number by Holm's step-down procedure: all together err with probability p at most.

    Parameters
    ----------
    p : mapping from name to float

    References
    ----------
    Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6, 1979.

    Examples
    --------
    >>> holm({"a": 0.01, "b": 0.04, "c": 0.03})
    {'a': 0.03, 'b': 0.06, 'c': 0.06}
    """
    names = sorted(p, key=lambda name: p[name])
    stepped = np.maximum.accumulate([(len(p) - place) * p[name] for place, name in enumerate(names)])
    adjusted = dict(zip(names, np.minimum(stepped, 1).tolist(), strict=True))
    return {name: adjusted[name] for name in p}
