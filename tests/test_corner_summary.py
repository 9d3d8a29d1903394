import matplotlib
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import ROOT
from matplotlib.collections import PathCollection
from scipy.stats import norm
from scipy.stats import t as student
from test_corner_geometry import STEPS, from_corner, make_store, on_geodesic

matplotlib.use("Agg")

from inpca import InPCA, pairwise_distances
from inpca.predictions.store import SPLITS
from paper.figures import manifold
from paper.models import model_table, open_stores, oriented
from paper.report.claims import read_claims
from paper.report.numbers import markdown_table
from paper.report.verdicts import judge
from paper.rooms.corner_initialization import figures, summary, tables
from paper.rooms.corner_initialization.geometry import (
    corner_runs,
    measure_paths,
)
from paper.stored import StoredModels

POINTS = 8
FACTOR = 2.0
#: Stands for the dimension of a null.
NULL = xr.Dataset({"stress": (("kind", "axis"), [np.linspace(0.1, 1, 10)])}, {"kind": ["null"]})
CLAIMS = read_claims(ROOT / "paper/rooms/corner_initialization/claims.yaml")


def study(folder, start, seeds):
    """Everything the notebook reads, of two normal runs and of corner runs."""
    stores = open_stores(
        [
            make_store(folder / "normal.zarr", "normal", [1, 2], on_geodesic),
            make_store(folder / f"{start}-5.zarr", start, seeds, from_corner),
        ]
    )
    table, D, fitted = model_table(stores, POINTS), {}, {}
    for split in SPLITS:
        D[split] = pairwise_distances(np.exp(StoredModels(table, stores, split)[:]))
        inpca = InPCA(4, metric="precomputed").fit(D[split])
        fitted[split] = oriented(inpca.to_xarray(labels=table["model"].to_numpy()))
    paths = measure_paths(table, stores)
    points = summary.corner_models(table, corner_runs(stores), D, paths, FACTOR)
    return points, D, fitted, paths


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    return {n: study(tmp_path_factory.mktemp("runs"), "random", [1, 2][:n]) for n in (1, 2)}


@pytest.fixture
def one(studies):
    points, *rest = studies[1]
    return points.copy(), *rest


@pytest.fixture
def two(studies):
    points, *rest = studies[2]
    return points.copy(), *rest


def test_numbers_are_those_of_runs_that_reached_their_corner(two):
    points = two[0]
    numbers = summary.corner_numbers(points)
    assert numbers["not_in_corner"] == {"random": {"random-5-seed2": 0.3}}
    assert numbers["n_runs"] == {"normal": 2, "random": 2} and numbers["starts"]["random"]["n"] == 1
    start = numbers["starts"]["random"]["train"]
    assert start["error"] == 1 and start["fraction"] == pytest.approx(0.96, abs=0.05)
    assert numbers["starts"]["normal"]["train"]["fraction"] < 1e-3
    assert numbers["ends"]["random"]["train"]["to_truth"]["mean"] < 1e-3
    table = tables.start_table(numbers)
    assert table["not in their corner"].to_dict() == {"normal": "", "random": "`random-5-seed2` (30.0%)"}
    assert table["runs"].to_dict() == {"normal": 2, "random": 1}


def test_the_parts_of_a_distance_to_the_truth_add_up_to_it(two):
    points, _, fitted, _ = two
    models = summary.cone_distances(points, fitted["train"])
    assert len(models) == (points["kind"] == "run").sum() and (models[["space", "time"]] >= 0).all(axis=None)
    assert np.allclose(models["space"] - models["time"], models["train_to_truth"], atol=0.1)
    numbers = summary.cone_numbers(summary.counted(models), "train")
    assert numbers["random"]["last"]["distance"] < 1e-3 < numbers["random"]["first"]["distance"]
    assert len(tables.cone_table({"cone": {"train": numbers}})) == 4


def test_the_bound_of_joining_is_twice_the_usual_distance_at_that_step(two):
    points = two[0]
    for step in (2, 3):  # the first recorded step from 2 on is 3
        normal = points[(points["start"] == "normal") & (points["step"] == 3)]
        expected = 2 * normal["test_to_trajectory"].median()
        assert summary.bound_at(points, "test", step) == pytest.approx(expected) and expected > 0


def judged(numbers):
    return {claim["id"]: claim["verdict"] for claim in judge(CLAIMS, "corner_initialization", numbers)}


def test_nothing_is_claimed_of_corners_that_no_run_reached(two):
    points = two[0]
    points["in_corner"] = points["in_corner"].where(points["run"] != "random-5-seed1", False)
    numbers = summary.corner_numbers(points)
    assert list(numbers["not_in_corner"]["random"]) == ["random-5-seed1", "random-5-seed2"]
    assert set(judged(numbers).values()) == {"not tested"}
    for table in (tables.start_table, tables.approach_table, tables.end_table):
        assert "random" not in markdown_table(table(numbers))


def test_claims_follow_the_numbers(one):
    points, D, fitted, _ = one
    numbers = summary.corner_numbers(points)
    assert judged(numbers)["corner_starts_far_from_ignorance"] == "held"
    numbers["explained_stress"] = {
        split: summary.stress_with_and_without(points, D[split], fitted[split], NULL, split) for split in SPLITS
    }
    way = numbers["approach"]["train"]["random"]
    for joined, permuted, verdict in ((0, 0, "not held"), (1, 0, "held"), (1, 1, "null passes too")):
        way.update(joined=joined, permuted={"joined": permuted})
        assert judged(numbers)["corner_runs_join_normal_trajectories"] == verdict
    cost = numbers["ends"]["random"]["test"]["error"]["difference"]
    assert judged(numbers)["corner_starts_cost_test_error"] == "not tested"  # of one run no spread is known
    for low, high, verdict in ((0.01, 0.03, "held"), (-0.03, -0.01, "not held"), (-0.01, 0.02, "cannot tell")):
        cost.update(mean=(low + high) / 2, interval=[low, high])
        numbers["ends"]["normal"]["test"]["error"]["halves"]["low"] = -0.01
        assert judged(numbers)["corner_starts_cost_test_error"] == verdict
    cost.update(mean=0.02, interval=[0.01, 0.03])
    numbers["ends"]["normal"]["test"]["error"]["halves"]["low"] = 0.005  # normal runs would differ as well
    assert judged(numbers)["corner_starts_cost_test_error"] == "null passes too"


def test_tables_have_a_row_for_each_start_and_split(one):
    points, D, fitted, _ = one
    numbers = summary.corner_numbers(points)
    numbers["explained_stress"] = {
        split: summary.stress_with_and_without(points, D[split], fitted[split], NULL, split) for split in SPLITS
    }
    numbers["approach"]["train"]["random"].update(n_joined=0, median_step=None, joined_within=None)
    approach = tables.approach_table(numbers)
    assert approach["joined"].tolist()[1] == 0 and approach["joined"].isna().tolist()[::2] == [True, True]
    assert list(zip(approach["split"], approach["start"], strict=True)) == [
        (split, start) for split in SPLITS for start in ("normal", "random")
    ]
    ends = tables.end_table(numbers)
    assert len(ends) == 4 and ends["minus normal runs"].isna().tolist() == [True, True, False, False]
    assert list(tables.stress_table(numbers).index) == list(SPLITS)


def test_joining_is_for_good():
    distance = {"n": [1, 1, 1, 1], "m": [1, 1, 1, 1], "a": [3, 0.1, 2.1, 2], "b": [2, 1, 0, 1], "c": [1, 1, 1, 3]}
    points = pd.DataFrame(
        [
            {"run": run, "start": "normal" if run in "nm" else "random", "step": step, "train_to_trajectory": value}
            for run, values in distance.items()
            for step, value in zip([0, 1, 5, 9], values, strict=True)
        ]
        + [{"run": None, "start": None}]
    )
    points["train_bound"] = FACTOR
    joined = summary.joined(points, "train", "to_trajectory")
    assert joined.dtype == bool and joined[points["run"].isna() | points["run"].isin(["n", "m", "b"])].all()
    assert joined[points["run"] == "a"].tolist() == [False, False, False, True]
    assert not joined[points["run"] == "c"].any()


def test_intervals_cover_the_mean(rng):
    inside, apart = 0, 0
    for _ in range(400):
        sample, other = rng.normal(1, 2, 6), rng.normal(0, 1, 9)
        found = summary.mean_with_interval(sample)
        inside += found["low"] < 1 < found["high"]
        found = summary.mean_with_interval(sample, other)
        apart += found["low"] < 1 < found["high"]
    spread = norm.ppf(0.9999) * np.sqrt(0.05 * 0.95 / 400)
    assert abs(inside / 400 - 0.95) < spread and abs(apart / 400 - 0.95) < spread
    assert list(summary.mean_with_interval([2.0, 2.0]).values()) == [2, 2, 2]
    assert list(summary.mean_with_interval([2.0, 2.0], [1.0, 1.0]).values()) == [1, 1, 1]
    assert np.array_equal(list(summary.mean_with_interval([2.0]).values()), [2, np.nan, np.nan], equal_nan=True)


@pytest.mark.filterwarnings("error")
def test_differences_are_those_of_welchs_test(rng):
    sample, other = rng.normal(1, 2, 6), rng.normal(0, 1, 9)
    parts = np.array([sample.var(ddof=1) / 6, other.var(ddof=1) / 9])
    freedom = parts.sum() ** 2 / (parts**2 / [5, 8]).sum()
    half = student.ppf(0.975, freedom) * np.sqrt(parts.sum())
    found = summary.mean_with_interval(sample, other)
    assert np.allclose([found["high"] - found["mean"], found["mean"] - found["low"]], half)
    assert np.isfinite(list(summary.mean_with_interval([0.1, 0.1], [0.1, 0.2]).values())).all()


def test_stress_without_corners_is_that_of_the_other_models(one):
    points, D, fitted, _ = one
    stress = summary.stress_with_and_without(points, D["train"], fitted["train"], NULL, "train")
    keep = (points["start"] != "random").to_numpy()
    alone = InPCA(4, metric="precomputed").fit(D["train"][np.ix_(keep, keep)])
    assert list(stress["without_corners"].values()) == pytest.approx(alone.explained_stress_)
    assert stress["with_corners"]["4"] == pytest.approx(fitted["train"]["explained_stress"][3].item())


def test_curves_end_on_their_corner_in_the_embedding(two):
    points, _, fitted, paths = two
    placed = manifold.place_models(points, fitted["test"])
    lines = figures.place_curves(fitted["test"], paths, "test")
    columns = [f"pc{axis}" for axis in fitted["test"]["axis"].values]
    for run, line in lines.items():
        corner = placed[(placed["run"] == run) & (placed["step"] == 0)]
        assert np.allclose(line[-1], corner[columns], atol=1e-3)
        assert np.allclose(line[0], placed.loc[placed["kind"] == "ignorance", columns], atol=1e-3)


def test_plots_draw_every_run(two):
    points, D, fitted, paths = two
    numbers = summary.corner_numbers(points)
    placed = manifold.place_models(points, fitted["train"])
    lines = figures.place_curves(fitted["train"], paths, "train")
    three = figures.manifold_3d(placed, fitted["train"], lines, "train")
    flat = figures.pairs(placed, fitted["train"], lines, "train")
    assert all(len(axes.lines) >= 2 + len(lines) for axes in (three.axes[0], *flat.axes[:3]))
    panels = figures.approach(points[points["kind"] == "run"]).axes
    assert len(panels) == 6 and all(len(axes.lines[0].get_xdata()) == len(STEPS) for axes in panels)
    last = points[points["kind"] == "run"].groupby("run", sort=False).tail(1)
    figure = figures.final_errors(last, numbers["ends"])
    marks = [c for axes in figure.axes for c in axes.collections if isinstance(c, PathCollection)]
    hollow = sum((c.get_facecolors()[:, 3] == 0).sum() for c in marks if len(c.get_facecolors()))
    assert hollow == 2  # one run did not reach its corner, on both splits
    stress = {split: summary.stress_with_and_without(points, D[split], fitted[split], NULL, split) for split in SPLITS}
    assert len(figures.explained(stress).axes) == 2
