r"""Shares of the variance of distances: what each factor explains, by permutational analysis of variance (PERMANOVA).

Gower's matrix :math:`G=-\tfrac12 L D L` holds the inner products of the points whose squared distances are :math:`D`;
sums of squares are traces of its projections on what a linear model of the factors explains. :math:`d_B` stands for a
squared distance, as in InPCA, of which :math:`G` is the matrix :math:`W`: it enters as it is, and is not squared once
more. Shares are thus of the same variance that the axes of InPCA are made from, time-like axes counted negatively.

References
----------
Anderson, A new method for non-parametric multivariate analysis of variance, Austral Ecology 26, 2001. McArdle &
Anderson, Fitting multivariate models to community data, Ecology 82, 2001.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from paper.statistics.intervals import jackknife_interval, percentile_interval

#: Sums of squares that differ by less, as a part of the whole, are equal.
SAME = 1e-10


def gower(distances: np.ndarray) -> np.ndarray:
    r"""Centred inner products, :math:`-\tfrac12 L D L` with :math:`L = I - 11^\top/m`.

    Parameters
    ----------
    distances : (m, m) array
        Squared distances, or Bhattacharyya's.

    Returns
    -------
    (m, m) array

    Examples
    --------
    >>> gower(np.array([[0.0, 4.0], [4.0, 0.0]])).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    half = -np.asarray(distances, float) / 2
    return half - half.mean(axis=0) - half.mean(axis=1)[:, None] + half.mean()


def permanova(
    distances: np.ndarray,
    factors: pd.DataFrame,
    blocks: np.ndarray | None = None,
    *,
    permutations: int,
    rng: int | np.random.Generator,
) -> dict[str, dict[str, float | int | list]]:
    r"""Marginal share of each factor, pseudo-F and permutation test.

    A factor's sum of squares is *marginal* (type III without interactions): what it adds to a model that has all the
    others, so that no order of factors matters; shares of unbalanced factors do not add up to that of the model.
    The test permutes the factor's values among whole blocks, within strata of all other factors, so that neither
    the effects of those nor the likeness of runs in a block can make it significant.

    Parameters
    ----------
    distances : (m, m) array
        Squared distances, or Bhattacharyya's.
    factors : DataFrame
        m rows; every column is a factor, of categories.
    blocks : (m,) array, optional
        What is permuted as a whole, such as the configuration of runs that differ in the seed; each item alone by
        default. All items of a block have the same values of all factors.
    permutations : int
    rng : int or Generator

    Returns
    -------
    dict
        By factor: ``share`` of the total sum of squares (R²), ``df``, ``f``, the pseudo-F
        :math:`\frac{SS_f/df_f}{SS_{res}/df_{res}}` with the residual of the model of all factors, ``p``, and
        ``permuted``, the central 95 % of shares when the factor is permuted. ``p`` and ``permuted`` are NaN for a
        factor that never varies while the others stand still; all is NaN for one that is constant.

    Raises
    ------
    ValueError
        If a block has several values of a factor.

    See Also
    --------
    variance_shares : also what is left to interactions and to items within blocks.

    Examples
    --------
    >>> x = np.array([0.0, 0.1, 1.0, 1.1])
    >>> found = permanova((x[:, None] - x) ** 2, pd.DataFrame({"half": [0, 0, 1, 1]}), permutations=99, rng=0)
    >>> print(f"{found['half']['share']:.4f} {found['half']['f']:.0f}")
    0.9901 200
    """
    rng = np.random.default_rng(rng)
    blocks = np.arange(len(factors)) if blocks is None else pd.factorize(np.asarray(blocks))[0]
    of_block = factors.groupby(blocks).first()
    if (of_block.loc[blocks].to_numpy() != factors.to_numpy()).any():
        raise ValueError("a block has several values of a factor; blocks are permuted as a whole and need one of each")
    G = gower(distances)
    total = np.trace(G)
    dummies = {name: _dummies(factors[name]) for name in factors}
    whole, rank = _explained(G, _design(dummies.values(), len(G)))
    residual, df_residual = total - whole, len(G) - rank
    found = {}
    for name in factors:
        others = _design([dummies[other] for other in factors if other != name], len(G))
        ss, df = _added(G, others, dummies[name])
        strata = _strata(of_block.drop(columns=name))
        drawn = []
        if df and _varies(of_block[name].to_numpy(), strata):
            codes = pd.factorize(of_block[name])[0]
            orders = (_within(strata, rng) for _ in range(permutations))
            drawn = [_added(G, others, np.eye(codes.max() + 1)[codes[order]][blocks])[0] for order in orders]
        beyond = np.sum(np.array(drawn) >= ss - SAME * total)
        found[name] = {
            "share": float(ss / total) if df else float("nan"),
            "df": df,
            "f": float(ss / df / (residual / df_residual)) if df and df_residual else float("nan"),
            "p": float((beyond + 1) / (permutations + 1)) if drawn else float("nan"),
            "permuted": percentile_interval(np.array(drawn) / total) if drawn else [float("nan")] * 2,
        }
    return found


def shares(distances: np.ndarray, factors: pd.DataFrame, blocks: np.ndarray) -> dict[str, float]:
    """Shares of the total sum of squares: each factor's (marginal), interactions, and items within blocks.

    Parameters
    ----------
    distances, factors, blocks
        As for :func:`permanova`.

    Returns
    -------
    dict
        By factor; ``interactions``: what blocks explain beyond the sum of the factors' effects; ``within``: what is
        left within blocks.
    """
    G = gower(distances)
    total = np.trace(G)
    dummies = {name: _dummies(factors[name]) for name in factors}
    whole = _explained(G, _design(dummies.values(), len(G)))[0]
    by_block = _explained(G, _design([_dummies(pd.Series(blocks))], len(G)))[0]
    found = {
        name: _added(G, _design([dummies[other] for other in factors if other != name], len(G)), dummies[name])[0]
        for name in factors
    } | {"interactions": by_block - whole, "within": total - by_block}
    return {name: float(value / total) for name, value in found.items()}


def variance_shares(
    distances: np.ndarray,
    factors: pd.DataFrame,
    blocks: np.ndarray,
    *,
    permutations: int,
    rng: int | np.random.Generator,
) -> dict[str, Mapping]:
    """Shares of all parts with intervals, and the tests of :func:`permanova`.

    Parameters
    ----------
    distances, factors, blocks, permutations, rng
        As for :func:`permanova`.

    Returns
    -------
    dict
        By factor what :func:`permanova` returns, and ``interactions`` and ``within``, of :func:`shares`; each with its
        ``share`` and ``interval``, by the jackknife: blocks are left out one at a time.

    Examples
    --------
    >>> x = np.array([0.0, 0.1, 1.0, 1.1, 0.2, 0.3, 1.4, 1.6])
    >>> factors = pd.DataFrame({"half": [0, 0, 1, 1] * 2})
    >>> found = variance_shares((x[:, None] - x) ** 2, factors, np.repeat(range(4), 2), permutations=99, rng=0)
    >>> print(f"{found['half']['share']:.2f} {found['interactions']['share']:.2f} {found['within']['share']:.2f}")
    0.90 0.09 0.01
    """
    blocks = np.asarray(blocks)
    tested = permanova(distances, factors, blocks, permutations=permutations, rng=rng)
    whole = shares(distances, factors, blocks)
    kept = [blocks != block for block in dict.fromkeys(blocks)]
    without = pd.DataFrame([shares(distances[np.ix_(keep, keep)], factors[keep], blocks[keep]) for keep in kept])
    return {
        name: {"share": share}
        | tested.get(name, {})
        | {"interval": jackknife_interval(share, without[name].to_numpy())}
        for name, share in whole.items()
    }


def _dummies(values: pd.Series) -> np.ndarray:
    """One column for each category."""
    codes = pd.factorize(values)[0]
    return np.eye(codes.max() + 1)[codes]


def _design(parts, length: int) -> np.ndarray:
    """Columns of a linear model with a constant."""
    return np.hstack([np.ones((length, 1)), *parts])


def _explained(G: np.ndarray, design: np.ndarray) -> tuple[float, int]:
    """Sum of squares that the columns of a design explain, and how many are independent."""
    basis, values, _ = np.linalg.svd(design, full_matrices=False)
    basis = basis[:, values > 1e-9 * values[0]]
    return float(np.einsum("ik,ij,jk->", basis, G, basis, optimize=True)), basis.shape[1]


def _added(G: np.ndarray, others: np.ndarray, columns: np.ndarray) -> tuple[float, int]:
    """What columns explain beyond other columns."""
    basis, values, _ = np.linalg.svd(others, full_matrices=False)
    basis = basis[:, values > 1e-9 * values[0]]
    own = columns - basis @ (basis.T @ columns)
    left, values, _ = np.linalg.svd(own, full_matrices=False)
    left = left[:, values > 1e-9 * np.sqrt(len(G))]
    return float(np.einsum("ik,ij,jk->", left, G, left, optimize=True)), left.shape[1]


def _strata(others: pd.DataFrame) -> np.ndarray:
    """Number of the combination of values in each row; all the same without columns."""
    return (
        others.groupby(list(others), sort=False).ngroup().to_numpy() if len(others.columns) else np.zeros(len(others))
    )


def _varies(values: np.ndarray, strata: np.ndarray) -> bool:
    """Whether a factor has several values within a stratum."""
    return bool((pd.Series(values).groupby(strata).nunique() > 1).any())


def _within(strata: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random order that keeps each row in its stratum."""
    order = np.arange(len(strata))
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        order[rows] = rng.permutation(rows)
    return order
