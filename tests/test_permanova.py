"""Shares of variance: sums of squares by hand and by scikit-bio, and p-values that are uniform without an effect."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist, squareform
from scipy.stats import kstest

from paper.statistics.permanova import permanova, shares, variance_shares


def pseudo_f(D, groups):
    """Anderson's formula of one factor: sums of squared distances D over pairs, within and in all."""
    total = np.triu(D).sum() / len(D)
    within = sum(np.triu(D[np.ix_(groups == g, groups == g)]).sum() / (groups == g).sum() for g in set(groups))
    a = len(set(groups))
    return ((total - within) / (a - 1)) / (within / (len(D) - a)), 1 - within / total


@pytest.fixture
def grid(rng):
    """Three × two × two seeds, with effects of both factors and their points."""
    rows = [dict(first=a, second=b, block=f"{a}{b}") for a, b, _ in product("xyz", "uv", range(2))]
    table = pd.DataFrame(rows)
    x = rng.normal(size=(12, 4)) * 0.3
    x[:, 0] += table["first"].map({"x": 0, "y": 1, "z": 3})
    x[:, 1] += table["second"].map({"u": 0, "v": 2})
    return table, x


def squared(x):
    return squareform(pdist(x, "sqeuclidean"))


@pytest.mark.parametrize("metric", ["sqeuclidean", "cityblock", "canberra"])
def test_one_way_is_andersons_formula(rng, metric):
    """Whether the distances are squared Euclidean ones or not; groups of different size."""
    D = squareform(pdist(rng.normal(size=(23, 3)), metric))
    groups = rng.integers(0, 4, 23)
    found = permanova(D, pd.DataFrame({"group": groups}), permutations=9, rng=0)["group"]
    assert (found["f"], found["share"]) == pytest.approx(pseudo_f(D, groups), rel=1e-9)
    assert found["df"] == 3


def test_one_way_is_that_of_scikit_bio(rng):
    """Which squares the distances that it is given."""
    distance = pytest.importorskip("skbio.stats.distance", reason="needs pip install scikit-bio")
    for _ in range(5):
        D = squareform(pdist(rng.normal(size=(30, 4)), "cityblock"))
        groups = rng.integers(0, 3, 30)
        expected = distance.permanova(distance.DistanceMatrix(np.sqrt(D)), groups.astype(str), permutations=0)
        found = permanova(D, pd.DataFrame({"group": groups}), permutations=1, rng=0)["group"]["f"]
        assert found == pytest.approx(expected["test statistic"], rel=1e-9)


def test_one_dimension_is_the_analysis_of_variance(rng):
    from scipy.stats import f_oneway

    x, groups = rng.normal(size=20), np.arange(20) % 3
    found = permanova(squared(x[:, None]), pd.DataFrame({"group": groups}), permutations=1, rng=0)["group"]
    assert found["f"] == pytest.approx(f_oneway(*(x[groups == g] for g in range(3))).statistic)


def test_balanced_shares_add_up_and_are_those_of_the_means(grid):
    table, x = grid
    factors = table[["first", "second"]]
    found = shares(squared(x), factors, table["block"].to_numpy())
    assert sum(found.values()) == pytest.approx(1)
    total = ((x - x.mean(axis=0)) ** 2).sum()
    for name in factors:
        means = pd.DataFrame(x).groupby(table[name]).transform("mean").to_numpy()
        assert found[name] == pytest.approx(((means - x.mean(axis=0)) ** 2).sum() / total)
    within = pd.DataFrame(x).groupby(table["block"]).transform("mean").to_numpy()
    assert found["within"] == pytest.approx(((x - within) ** 2).sum() / total)


def test_a_factor_has_what_the_others_do_not_explain(grid):
    """Unbalanced: a factor whose values go with those of another has only what it adds to it."""
    table, x = grid
    factors = table[["first"]].assign(copy=table["first"].map({"x": 1, "y": 2, "z": 2}))
    found = permanova(squared(x), factors, permutations=9, rng=0)
    assert found["copy"]["df"] == 0 and np.isnan([found["copy"]["share"], found["copy"]["f"], found["copy"]["p"]]).all()
    constant = permanova(squared(x), table[["first"]].assign(one=1), permutations=9, rng=0)
    assert np.isnan(constant["one"]["share"]) and constant["first"]["share"] > 0.5


def test_shares_are_of_the_variance_that_the_axes_of_inpca_are_made_from(models):
    """The first axis that is embedded is the factor: its share is that of the axis in the sum of eigenvalues."""
    from inpca import InPCA, pairwise_distances

    D = pairwise_distances(models)
    eigenvalues = InPCA(len(D)).fit(models).eigenvalues_
    halves = np.arange(len(D)) % 2
    found = permanova(D, pd.DataFrame({"half": halves}), permutations=1, rng=0)["half"]
    contrast = (halves - halves.mean()) / np.sqrt(((halves - halves.mean()) ** 2).sum())
    ss = -contrast @ D @ contrast / 2
    assert found["share"] == pytest.approx(ss / eigenvalues.sum(), rel=1e-6)


def test_blocks_change_neither_shares_nor_f(grid):
    table, x = grid
    factors, D = table[["first", "second"]], squared(x)[1:, 1:]
    whole = permanova(D, factors[1:], table["block"].to_numpy()[1:], permutations=9, rng=0)
    single = permanova(D, factors[1:], permutations=9, rng=0)
    for name in factors:
        assert [whole[name][key] for key in ("share", "f", "df")] == pytest.approx(
            [single[name][key] for key in ("share", "f", "df")]
        )


def test_interactions_are_what_no_factor_explains_alone(rng):
    """An exclusive or: means of both factors are equal, blocks differ."""
    table = pd.DataFrame([dict(a=a, b=b) for a, b, _ in product((0, 1), (0, 1), range(3))])
    x = np.column_stack([table["a"] ^ table["b"], rng.normal(size=12) * 0.01])
    found = variance_shares(squared(x), table, (2 * table["a"] + table["b"]).to_numpy(), permutations=99, rng=0)
    assert found["interactions"]["share"] > 0.99 and found["a"]["share"] < 0.01 and found["a"]["p"] > 0.05
    low, high = found["within"]["interval"]
    assert low <= found["within"]["share"] <= high


def test_blocks_are_permuted_whole_within_strata(grid):
    table, x = grid
    factors, blocks = table[["first", "second"]], table["block"].to_numpy()
    with pytest.raises(ValueError, match="a block has several values of a factor"):
        permanova(squared(x), factors, np.zeros(12), permutations=9, rng=0)
    nested = factors.assign(second=table["first"].map({"x": "u", "y": "v", "z": "v"}))
    found = permanova(squared(x), nested, nested["first"].to_numpy(), permutations=9, rng=0)
    assert np.isnan(found["second"]["p"])
    # two blocks in each of three strata are permuted in 2³ ways, four of which give any partition
    p = permanova(squared(x), factors, blocks, permutations=4000, rng=0)["second"]["p"]
    assert p == pytest.approx(1 / 4, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("blocked", [False, True])
def test_p_is_uniform_without_an_effect(blocked):
    """The other factor has an effect, and so have blocks: neither makes the test positive too often."""
    table = pd.DataFrame([dict(first=a, second=b, rep=r) for a, b, r in product(range(4), range(5), range(2))])
    blocks = np.arange(40) if not blocked else (5 * table["first"] + table["second"]).to_numpy()
    p = []
    for repeat in range(300):
        rng = np.random.default_rng(repeat)
        x = rng.normal(size=(40, 2)) + 2 * table["second"].to_numpy()[:, None]
        x += blocked * rng.normal(size=(20, 2))[blocks % 20] if blocked else 0
        found = permanova(squared(x), table[["first", "second"]], blocks, permutations=199, rng=rng)
        p.append(found["first"]["p"])
    assert kstest(np.array(p) - 1 / 400, "uniform").pvalue > 0.01


@pytest.mark.slow
def test_intervals_of_shares_cover():
    """Factors as they are; interactions and seeds are drawn. The jackknife covers at least as often as it says."""
    table = pd.DataFrame([dict(a=a, b=b, block=5 * a + b) for a, b, _ in product(range(5), range(5), range(3))])
    effects = np.random.default_rng(5).normal(size=(2, 5, 8)) * 0.6
    found = []
    for repeat in range(100):
        rng = np.random.default_rng(repeat)
        x = effects[0][table["a"]] + effects[1][table["b"]] + rng.normal(size=(75, 8))
        x += 0.6 * rng.normal(size=(25, 8))[table["block"]]
        found.append(variance_shares(squared(x), table[["a", "b"]], table["block"].to_numpy(), permutations=1, rng=0))
    for name in ("a", "b", "interactions", "within"):
        expected = np.mean([one[name]["share"] for one in found])
        covered = [one[name]["interval"][0] <= expected <= one[name]["interval"][1] for one in found]
        assert np.mean(covered) >= 0.92
