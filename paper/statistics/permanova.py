r"""Shares of the variance of distances: what each factor explains, by permutational analysis of variance (PERMANOVA).

Gower's matrix :math:`G=-\tfrac12 L D L` holds the inner products of the points whose squared distances are :math:`D`;
sums of squares are traces of its projections on what a linear model of the factors explains. :math:`d_B` stands for a
squared distance, as in InPCA, of which :math:`G` is the matrix :math:`W`: it enters as it is, and is not squared once
more. Shares are thus of the same variance that the axes of InPCA are made from, time-like axes counted negatively.

All items of a block have the same values of all factors, so that every design is a linear map of blocks: with
:math:`Z` the matrix whose columns are blocks, scaled to length 1, what is needed of :math:`G` is
:math:`Z^\top G Z`, as small as there are blocks.

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
        ``permuted``, the central 95 % of shares when the factor is permuted, and ``permuted_once``, the share in one
        permutation more: a control that is none of those. These three are NaN for a factor that never varies while the
        others stand still; all is NaN for one that is constant.

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
    once = rng.spawn(1)[0]
    factors, sums, sizes = _by_block(distances, factors, blocks)
    G, total = _inner_products(sums, sizes)
    root = np.sqrt(sizes)[:, None]
    columns = {name: _columns(factors[name]) for name in factors}
    whole, rank = _explained(G, root * _design(columns.values(), len(G)))
    df_residual = len(distances) - rank
    found = {}
    for name in factors:
        others = _basis(root * _design([columns[other] for other in factors if other != name], len(G)))
        ss, df = _explained(G, _beyond(others, root * columns[name]))
        strata = _strata(factors.drop(columns=name))
        drawn, control = np.array([]), float("nan")
        if df and _varies(factors[name].to_numpy(), strata):
            orders = [*(_within(strata, rng) for _ in range(permutations)), _within(strata, once)]
            *drawn, control = (_explained(G, _beyond(others, root * columns[name][order]))[0] for order in orders)
            drawn = np.array(drawn)
        found[name] = {
            "share": float(ss / total) if df else float("nan"),
            "df": df,
            "f": float(ss / df / ((total - whole) / df_residual)) if df and df_residual else float("nan"),
            "p": float((np.sum(drawn >= ss - SAME * total) + 1) / (permutations + 1)) if len(drawn) else float("nan"),
            "permuted": percentile_interval(drawn / total) if len(drawn) else [float("nan")] * 2,
            "permuted_once": float(control / total),
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
        By factor, NaN for one that the others determine; ``interactions``: what blocks explain beyond the sum of the
        factors' effects; ``within``: what is left within blocks.

    Examples
    --------
    >>> x = np.array([0.0, 0.2, 1.0, 1.2])
    >>> found = shares((x[:, None] - x) ** 2, pd.DataFrame({"half": [0, 0, 1, 1]}), np.array([0, 0, 1, 1]))
    >>> {name: round(share, 3) for name, share in found.items()}
    {'half': 0.962, 'interactions': 0.0, 'within': 0.038}
    """
    return _shares(*_by_block(distances, factors, blocks))


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
    tested = permanova(distances, factors, blocks, permutations=permutations, rng=rng)
    table, sums, sizes = _by_block(distances, factors, blocks)
    whole = _shares(table, sums, sizes)
    kept = [np.delete(np.arange(len(sizes)), left_out) for left_out in range(len(sizes))]
    without = pd.DataFrame([_shares(table.iloc[rows], sums[np.ix_(rows, rows)], sizes[rows]) for rows in kept])
    return {
        name: {"share": share}
        | tested.get(name, {})
        | {"interval": jackknife_interval(share, without[name].to_numpy())}
        for name, share in whole.items()
    }


def _by_block(
    distances: np.ndarray, factors: pd.DataFrame, blocks: np.ndarray | None
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Factors of each block, sums of the distances between every two, and sizes; each item is one without blocks."""
    codes = np.arange(len(factors)) if blocks is None else pd.factorize(np.asarray(blocks))[0]
    table = factors.groupby(codes).first()
    if (table.loc[codes].to_numpy() != factors.to_numpy()).any():
        raise ValueError("a block has several values of a factor; blocks are permuted as a whole and need one of each")
    member = np.eye(len(table))[codes]
    return table, member.T @ distances @ member, member.sum(axis=0)


def _inner_products(sums: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, float]:
    """Centred inner products of blocks, each scaled by the root of its size, and the total sum of squares."""
    m, mean = sizes.sum(), sums.sum(axis=1) / sizes.sum()
    centred = sums - np.outer(mean, sizes) - np.outer(sizes, mean) + np.outer(sizes, sizes) * mean.sum() / m
    return -centred / 2 / np.sqrt(np.outer(sizes, sizes)), float(mean.sum() / 2)


def _shares(factors: pd.DataFrame, sums: np.ndarray, sizes: np.ndarray) -> dict[str, float]:
    """See :func:`shares`."""
    G, total = _inner_products(sums, sizes)
    root = np.sqrt(sizes)[:, None]
    columns = {name: _columns(factors[name]) for name in factors}
    whole = _explained(G, root * _design(columns.values(), len(G)))[0]
    found = {}
    for name in factors:
        others = _basis(root * _design([columns[other] for other in factors if other != name], len(G)))
        ss, df = _explained(G, _beyond(others, root * columns[name]))
        found[name] = ss / total if df else float("nan")
    blocks = float(np.trace(G))
    return found | {"interactions": (blocks - whole) / total, "within": 1 - blocks / total}


def _columns(values: pd.Series) -> np.ndarray:
    """One column for each category."""
    codes = pd.factorize(values)[0]
    return np.eye(codes.max() + 1)[codes]


def _design(parts, length: int) -> np.ndarray:
    """Columns of a linear model with a constant."""
    return np.hstack([np.ones((length, 1)), *parts])


def _basis(columns: np.ndarray) -> np.ndarray:
    """Orthonormal basis of what columns span; columns of nothing but rounding errors span nothing."""
    basis, values, _ = np.linalg.svd(columns, full_matrices=False)
    return basis[:, values > 1e-9 * np.sqrt(len(columns))]


def _beyond(basis: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Columns without what a basis explains of them."""
    return columns - basis @ (basis.T @ columns)


def _explained(G: np.ndarray, columns: np.ndarray) -> tuple[float, int]:
    """Sum of squares that columns explain, and how many of them are independent."""
    basis = _basis(columns)
    return float(np.sum(basis * (G @ basis))), basis.shape[1]


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
