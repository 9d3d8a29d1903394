"""The dimension of runs against nulls, on made-up runs whose truth is known."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import binom

from inpca import calibrated_dimension, ignorance, pairwise_distances, participation_ratio, truth
from inpca.dimension import StackedRuns, class_preserving_orders, signed_spectrum
from inpca.dimension.calibrated import KINDS, LEVELS, between_spectrum
from inpca.dimension.comparison import CONFIDENCE, PARTS

N, C = 121, 3
LABELS = np.arange(N) % C
TIMES = np.linspace(0.02, 0.97, 12)
RUNS = 40


def run_of(pace):
    """A run from ignorance to truth whose samples go at a pace of their own, s = t^pace: models (T, N, C)."""
    t, angle = (TIMES[:, None] ** pace)[:, :, None], np.arccos(1 / np.sqrt(C))
    roots = (np.sin((1 - t) * angle) / np.sqrt(C) + np.sin(t * angle) * np.eye(C)[LABELS]) / np.sin(angle)
    return roots**2


def made_up_runs(rng, directions=None, size=0.3, n=RUNS):
    """Runs around one curve; they differ along given directions of the space of samples, or along one each."""
    if directions is None:
        patterns = rng.standard_normal((n, N))
    else:
        patterns = rng.standard_normal((n, directions)) @ rng.standard_normal((directions, N)) / np.sqrt(directions)
    return [run_of(np.exp(size * pattern)) for pattern in patterns]


def measured(runs, **settings):
    return calibrated_dimension(runs, LABELS, **{"draws": 2, "rng": 0} | settings)


def test_runs_around_one_curve_are_no_more_than_their_null(rng):
    found = measured(made_up_runs(rng))
    fewer = found.sel(of="between")
    assert fewer["fewer_dimensions_low"] < 1.02 and 0.9 < fewer["fewer_dimensions"] < 1.1
    assert abs(found["excess_stress"].sel(of="models", axis=3)) < 0.01
    one, geodesic_alone = (found["participation"].sel(kind=kind) for kind in ("one run", "geodesic"))
    assert 1 <= geodesic_alone < 1.2 and 1 <= one < 1.2


@pytest.mark.parametrize("k", [1, 2, 4])
def test_runs_that_differ_in_k_directions_scatter_in_k_dimensions(rng, k):
    found = measured(made_up_runs(rng, k))
    scatter = found["participation"].sel(kind="between")
    assert 0.7 * k < scatter < 1.6 * k + 0.3
    assert found["participation"].sel(kind="between null") > 4 * scatter
    assert found["fewer_dimensions_low"].sel(of="between") > 2
    assert found["dimensions"].sel(of="between") == scatter
    assert found["excess_stress_low"].sel(of="between", axis=k) > 0.2


@pytest.fixture(scope="module")
def studies():
    """Dimensions of 40 studies from one population: configurations that differ in three directions, and two seeds each.

    By comparison and quantity: low end, value and high end of each study.
    """
    rng, seeds = np.random.default_rng(5), 2
    ways = rng.standard_normal((3, N)) / np.sqrt(3)
    found = []
    for number in range(40):
        own = np.repeat(rng.standard_normal((PARTS, 3)), seeds, axis=0)
        runs = [run_of(np.exp(0.3 * pattern)) for pattern in (own + rng.standard_normal(own.shape) / 2) @ ways]
        groups = np.repeat(np.arange(PARTS), seeds).tolist()
        found.append(measured([run[::2] for run in runs], groups=groups, draws=3, rng=number))
    return xr.concat(found, "study")


@pytest.mark.slow
@pytest.mark.parametrize("of", ["models", "between"])
@pytest.mark.parametrize("quantity", ["excess_stress 3", "excess_stress 10", "fewer_dimensions", "dimensions"])
def test_intervals_cover_what_studies_give_on_average(studies, of, quantity):
    """At least as often as 95 % intervals do but for one time in a thousand; and they are not idly wide."""
    name, _, axis = quantity.partition(" ")
    where = {"of": of} | ({"axis": int(axis)} if axis else {})
    low, value, high = (studies[f"{name}{end}"].sel(where).values for end in ("_low", "", "_high"))
    covered = np.sum((low < value.mean()) & (value.mean() < high))
    assert covered >= binom.ppf(1e-3, len(value), CONFIDENCE)
    assert np.mean(high - low) / 2 < 4 * np.std(value, ddof=1)


def test_shuffled_runs_are_their_own_null(rng):
    """Runs that do differ in two directions only, after their samples were permuted within classes."""
    runs = made_up_runs(rng, 2)
    orders = class_preserving_orders(LABELS, len(runs), rng=rng)
    found = measured([run[:, order] for run, order in zip(runs, orders, strict=True)])
    for of in found["of"].values:
        assert found["fewer_dimensions_low"].sel(of=of) < 1.02
        assert found["excess_stress_low"].sel(of=of, axis=10) < 0.01


def test_the_control_is_as_the_null_whatever_the_runs_share(rng):
    """Runs that differ in two directions; one null more in their place has none of it."""
    found = measured(made_up_runs(rng, 2, n=20), draws=3)
    for of in found["of"].values:
        one = found.sel(of=of)
        assert 0.9 < one["control_fewer_dimensions"] < 1.1
        assert abs(one["control_excess_stress"]).max() < 0.05
    assert found["excess_stress"].sel(of="between", axis=2) > 0.3


def test_an_order_that_all_share_destroys_nothing_and_one_of_groups_keeps_groups(rng):
    runs = made_up_runs(rng, n=6)
    groups = [0, 0, 0, 1, 1, 1]
    D = pairwise_distances(StackedRuns(runs))
    run = StackedRuns(runs).run
    within = {
        "all": np.ones(D.shape, bool),
        "group": np.equal.outer(np.take(groups, run), np.take(groups, run)),
        "run": np.equal.outer(run, run),
    }
    for shared_by, same in within.items():
        orders = class_preserving_orders(LABELS, 6, shared_by=shared_by, groups=groups, rng=1)
        null = pairwise_distances(StackedRuns(runs, orders))
        np.testing.assert_allclose(null[same], D[same], rtol=1e-4, atol=1e-7)
        assert shared_by == "all" or not np.allclose(null[~same], D[~same], rtol=1e-3)
    np.testing.assert_allclose(
        signed_spectrum(pairwise_distances(StackedRuns(runs, class_preserving_orders(LABELS, 6, shared_by="all"))))[:9],
        signed_spectrum(D)[:9],
        rtol=1e-5,
    )


def test_a_null_keeps_distances_to_ignorance_and_truth(rng):
    (run,) = made_up_runs(rng, n=1)
    ends = np.stack([ignorance(N, C), truth(LABELS, C)])
    (order,) = class_preserving_orders(LABELS, 1, rng=rng)
    np.testing.assert_allclose(pairwise_distances(run[:, order], ends), pairwise_distances(run, ends), rtol=1e-6)


def test_the_scatter_between_runs_is_that_of_each_level():
    """Levels far from each other, at each of which runs are the corners of the same simplex."""
    points = np.concatenate([np.eye(4), np.eye(4) + 100])
    D = ((points[:, None] - points) ** 2).sum(-1)
    eigenvalues = between_spectrum(D, np.repeat([0, 1], 4))
    np.testing.assert_allclose(eigenvalues[:3], 2, atol=1e-9)
    np.testing.assert_allclose(eigenvalues[3:], 0, atol=1e-9)
    assert participation_ratio(eigenvalues) == pytest.approx(3)


def test_what_comes_out(rng):
    runs = made_up_runs(rng, n=6)
    found = measured(runs, groups=list("aabbcc"), draws=3)
    assert found["kind"].values.tolist() == list(KINDS) and found["of"].values.tolist() == ["models", "between"]
    D = pairwise_distances(StackedRuns(runs))
    assert found["participation"].sel(kind="models") == pytest.approx(participation_ratio(signed_spectrum(D)))
    assert (found["stress_low"] <= found["stress"] + 1e-12).all() and (found["stress_high"] <= 1).all()
    assert (found["excess_stress_low"] <= found["excess_stress_high"]).all()
    assert found["participation_low"].sel(kind="null") < found["participation_high"].sel(kind="null")
    again = measured([np.log(np.maximum(run, 1e-30)) for run in runs], log=True, groups=list("aabbcc"), draws=3)
    np.testing.assert_allclose(again["stress"], found["stress"], atol=1e-3)


def test_a_run_counts_at_the_progress_that_it_gets_to(rng):
    runs = made_up_runs(rng, n=4)
    whole, short = measured(runs), measured([*runs[:3], runs[3][:4]])
    assert 0 < short["participation"].sel(kind="between") != whole["participation"].sel(kind="between")
    late = [run[-1:] for run in runs]
    with pytest.raises(ValueError, match=f"no run passes a progress of {LEVELS[0]:g} to {LEVELS[-1]:g}"):
        measured([*late, ignorance(N, C)[None]])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"runs": []}, ValueError, "there are no runs"),
        ({"runs": 3}, TypeError, "runs must be a sequence of arrays .*, not int"),
        ({"runs": [np.full((2, N, C), 1 / C), np.full((2, N, 4), 1 / 4)]}, ValueError, "those of run 1 have"),
        ({"runs": [np.full((0, N, C), 1 / C)] * 4}, ValueError, "run 0 has no checkpoints"),
        ({"runs": [np.full((2, N, C), 0.9)] * 4}, ValueError, "sum"),
        ({"truth": LABELS[:5]}, ValueError, "sample"),
        ({"truth": np.full(N, 7)}, ValueError, "truth"),
        ({"groups": "abc"}, ValueError, "groups must have one entry for each of the 4 runs, not 3"),
        ({"groups": "aabb"}, ValueError, "three groups of runs or more, not 2"),
        ({"draws": 1}, ValueError, "draws is 1"),
    ],
)
def test_what_cannot_be_measured_is_refused(rng, change, error, message):
    arguments = {"runs": made_up_runs(rng, n=4), "truth": LABELS} | change
    with pytest.raises(error, match=message):
        calibrated_dimension(arguments.pop("runs"), arguments.pop("truth"), rng=0, **arguments)
