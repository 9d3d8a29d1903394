"""Effects of a full design: those of PERMANOVA and of the analysis of variance; p-values uniform without effects."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

from paper.statistics.factorial import effect_columns, effects, holm
from paper.statistics.permanova import shares

FACTORS = pd.DataFrame(
    [(*cell, run) for cell in product("xy", [1, 2], [True, False]) for run in range(3)],
    columns=["first", "second", "third", "run"],
)[["first", "second", "third"]]


def squared(x):
    return ((x[:, None] - x) ** 2).sum(axis=2)


def test_shares_are_those_of_permanova_and_add_up_to_all(rng):
    x = rng.normal(size=(24, 4))
    x[:, 0] += (FACTORS["first"] == "x") * (2 + (FACTORS["second"] == 1))
    found = effects(squared(x), FACTORS, permutations=9, rng=0)
    blocks = FACTORS.astype(str).agg("".join, axis=1).to_numpy()
    expected = shares(squared(x), effect_columns(FACTORS).astype(str), blocks)
    assert {name: one["share"] for name, one in found.items()} == pytest.approx(
        {name: expected[name] for name in found}, abs=1e-12
    )
    assert sum(expected.values()) == pytest.approx(1)


def test_one_dimension_is_the_square_of_the_contrast(rng):
    y = rng.normal(size=(24, 1))
    codes = np.where(FACTORS["first"] == "x", 1, -1) * np.where(FACTORS["third"], 1, -1)
    expected = (codes @ y[:, 0]) ** 2 / 24 / ((y - y.mean()) ** 2).sum()
    found = effects(squared(y), FACTORS, permutations=9, rng=0)
    assert found["first × third"]["share"] == pytest.approx(expected)


def test_an_interaction_alone_is_found_and_no_main_effect(rng):
    more = pd.concat([FACTORS] * 3, ignore_index=True)
    x = 0.3 * rng.normal(size=(72, 3))
    x[:, 0] += (more["first"] == "x") ^ (more["second"] == 1)
    found = effects(squared(x), more, permutations=999, rng=0)
    assert found["first × second"]["p"] == 0.001
    assert found["first × second"]["share"] > found["first × second"]["threshold"]
    assert min(one["p"] for name, one in found.items() if name != "first × second") > 0.01


@pytest.mark.parametrize("effect", ["second", "first × second"])
def test_p_is_uniform_where_seeds_alone_differ_whatever_the_other_effects(effect):
    rng = np.random.default_rng(1)
    found = []
    for trial in range(150):
        x = rng.normal(size=(24, 2))
        x[:, 0] += 5 * (FACTORS["first"] == "x") + 3 * FACTORS["third"]
        if effect != "second":
            x[:, 1] += 4 * FACTORS["second"]  # two main effects are no interaction
        found.append(effects(squared(x), FACTORS, permutations=99, rng=trial)[effect]["p"])
    assert kstest(found, "uniform").pvalue > 0.01


def test_designs_with_holes_or_of_three_levels_are_refused(rng):
    x = rng.normal(size=(23, 2))
    with pytest.raises(ValueError, match="full design with equally many runs"):
        effects(squared(x), FACTORS.iloc[1:], permutations=9, rng=0)
    with pytest.raises(ValueError, match="second: a factor of the design has two values"):
        effect_columns(FACTORS.assign(second=range(24)))


def test_holm_is_monotone_and_bonferroni_for_the_smallest():
    p = {"a": 0.03, "b": 0.001, "c": 0.04, "d": 0.9}
    found = holm(p)
    assert found == pytest.approx({"a": 0.09, "b": 0.004, "c": 0.09, "d": 0.9})
    assert list(found) == list(p)
