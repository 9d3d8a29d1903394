"""Learners among networks: on their map, at the nearest of them, and beside the null."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from test_models import CONFIGURATION

from inpca import InPCA, Trajectory, pairwise_distances, progress
from inpca.dimension import class_preserving_orders
from inpca.embedding.saved import describe_models, with_models
from inpca.geometry import bhattacharyya_distance, geodesic, ignorance, truth
from inpca.predictions.store import SPLITS, PredictionWriter
from paper.distances import Distances
from paper.models import model_table, open_stores, oriented
from paper.rooms.own_runs import analysis
from paper.rooms.own_runs.places import NETWORK, S, TooFewNetworks, measure, nearest_networks, placed_models
from paper.stored import StoredModels

LABELS = {"train": np.arange(30) % 3, "test": np.arange(12) % 3}
STEPS = [0, 3, 6, 9]


def models_of(labels, number, seed):
    """A run whose samples are hard or easy, each in its own way: at step number ``number``."""
    rng = np.random.default_rng(seed)
    to = geodesic(ignorance(len(labels), 3), rng.dirichlet(np.ones(3), len(labels)), 0.5)
    way = geodesic(to, truth(labels, 3), [0, 0.3, 0.6, 0.9][number])
    start = ignorance(len(labels), 3)
    return 0.99 * geodesic(start, way, [0, 0.6, 0.9, 1][number]) + 0.01 / 3


def make_store(path, seeds, *, kind=None, like=None):
    """Runs of a network named as the file, or of a learner; like those of the seeds ``like``."""
    job = {"configuration": CONFIGURATION | {"name": path.stem}} if kind is None else {"learner": {"kind": kind}}
    attributes = {"job": job, "configuration": path.stem, "data_fingerprint": "same"}
    steps = dict(zip(STEPS, range(len(STEPS)), strict=True))
    writer = PredictionWriter(path, seeds=seeds, checkpoints=steps, labels=LABELS, n_classes=3, attributes=attributes)
    for split, labels in LABELS.items():
        for seed, drawn in zip(seeds, like or seeds, strict=True):
            for number, step in enumerate(STEPS):
                writer.write(split, seed, step, np.log(models_of(labels, number, drawn)).astype(np.float32))
    writer.close()
    return path


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Networks a and b, and learners: one whose runs are those of a, and one of its own."""
    folder = tmp_path_factory.mktemp("stores")
    networks = open_stores([make_store(folder / "a.zarr", [1, 2]), make_store(folder / "b.zarr", [3, 4])])
    learners = open_stores(
        [
            make_store(folder / "forest.zarr", [1, 2], kind="forest", like=[1, 2]),
            make_store(folder / "rbf.zarr", [1, 2], kind="rbf", like=[7, 8]),
        ]
    )
    table = model_table(networks, 3)
    return table, {"networks": networks, "learners": learners}


@pytest.fixture(scope="module")
def maps(study):
    """Embedding and distances of the networks on each split."""
    table, stores = study
    embeddings, distances = {}, {}
    for split in SPLITS:
        stored = StoredModels(table, stores["networks"], split)
        distances[split] = Distances(pairwise_distances(stored, log=True))
        inpca = InPCA(6, metric="precomputed").fit(distances[split].values)
        labels = table["model"].to_numpy()
        described = describe_models(stored, labels=labels, metric="bhattacharyya", log=True)
        embeddings[split] = oriented(with_models(inpca.to_xarray(labels=labels), described))
    return embeddings, distances


def test_a_run_of_the_study_is_placed_on_itself(study, maps):
    table, stores = study
    embeddings, distances = maps
    placed = placed_models(table, stores, embeddings, distances, null_seed=0)
    assert len(placed) == 16 + 16 and placed["model"].is_unique
    known, copies = placed[placed["network"] == "a"], placed[placed["network"] == "forest"]
    for split in SPLITS:
        columns = [f"{split}_{name}" for name in ("pc1", "pc2", "pc3", "residual", "explained_distance", "progress")]
        assert np.allclose(known[columns], copies[columns], atol=1e-4)
        coordinates = embeddings[split]["embedding"].sel(model=known["model"].to_numpy()).values[:, :3]
        assert np.allclose(known[columns[:3]], coordinates, atol=1e-4)
        assert placed.loc[placed["learner"] == NETWORK, f"{split}_null_residual"].isna().all()
        assert not np.allclose(copies[f"{split}_residual"], copies[f"{split}_null_residual"], atol=1e-4)
    numbers = analysis.placed_numbers(placed)
    assert numbers["train"]["forest"]["residual"] == pytest.approx(numbers["train"]["a"]["residual"], abs=1e-4)
    assert "null_residual" not in numbers["train"]["a"]
    shown = analysis.placed_table(numbers["test"], {name: name for name in numbers["test"]})
    assert list(shown.index) == ["a", "b", "forest", "rbf"] and shown.notna().sum().tolist() == [4, 2, 4, 2]


def measured_on(study, split="train"):
    table, stores = study
    return nearest_networks(table, stores, split, fitted_error=1.0, null_seed=0)


def test_a_learner_that_does_as_a_network_does_is_at_no_distance_from_it(study):
    for split in SPLITS:
        measured = measured_on(study, split)
        assert measured["group"].values.tolist() == ["a", "a", "b", "b", "forest", "forest", "rbf", "rbf"]
        assert np.abs(measured["nearest"].sel(run=["forest-seed1", "forest-seed2"])).max() < 1e-6
        others = measured["nearest"].sel(run=["a-seed1", "b-seed3", "rbf-seed1"])
        assert (others.sel(s=slice(0.3, 0.7)) > 1e-3).all()
        assert measured["distance"].sel(run="forest-seed1", other="a-seed1") < 1e-6


def test_the_nearest_network_is_found_as_plain_loops_find_it(study):
    _, stores = study
    measured, s = measured_on(study), float(S[7])
    labels = LABELS["train"]

    def at(store, seed):
        log_probs = store.log_probs("train")[seed]
        return Trajectory(log_probs, progress(log_probs, labels, log=True), truth=labels, log=True).at(s)

    networks = {(store.path.stem, seed): at(store, seed) for store in stores["networks"] for seed in (0, 1)}
    own = at(stores["learners"][1], 1)
    expected = min(bhattacharyya_distance(own, other) for other in networks.values())
    assert measured["nearest"].sel(run="rbf-seed2", s=s).item() == pytest.approx(expected, abs=1e-6)
    left_out = min(bhattacharyya_distance(networks["a", 0], networks["b", seed]) for seed in (0, 1))
    assert measured["nearest"].sel(run="a-seed1", s=s).item() == pytest.approx(left_out, abs=1e-6)


def test_the_null_keeps_what_is_right_in_each_class():
    labels = LABELS["train"]
    models = models_of(labels, 2, 5)
    (order,) = class_preserving_orders(labels, 1, rng=0)
    right = models.argmax(axis=1) == labels
    for label in range(3):
        assert (right[labels == label].mean() == right[order][labels == label].mean()) and not np.array_equal(
            order[labels == label], np.flatnonzero(labels == label)
        )


def test_a_run_that_does_alike_on_all_samples_of_a_class_is_its_own_null():
    labels = LABELS["train"]
    ways = [geodesic(ignorance(30, 3), truth(labels, 3), t) for t in ([0, 0.5, 0.9], [0, 0.2, 0.95], [0, 0.7, 0.9])]
    trajectories = [Trajectory(way, progress(way, labels), truth=labels) for way in ways]
    found = measure(trajectories, labels, np.array(["a", "b", "own"]), 2, null_seed=0)
    for name in ("nearest", "null", "null_again"):
        assert np.allclose(found[name][:, S < 0.9], 0, atol=1e-6)


def test_networks_that_did_not_fit_are_not_compared_with(study):
    table, stores = study
    error = table.loc[table["run"] == "b-seed3", "train_error"].iloc[-1]
    only = table.assign(train_error=table["train_error"].where(table["network"] != "b", error + 1))
    with pytest.raises(TooFewNetworks, match=r"networks of two architectures are needed .* it is so of a$"):
        nearest_networks(only, stores, "train", fitted_error=error, null_seed=0)


def made_up(nearest, *, null=3.0, reach=1.0):
    """Two networks at distance 1 from each other, and learners at given ones."""
    kinds = [NETWORK, NETWORK, *["forest"] * 2, *["rbf"] * 2]
    groups = ["a", "b", "forest", "forest", "rbf", "rbf"]
    values = np.repeat(np.array([1.0, 1.0, *nearest])[:, None], len(S), axis=1)
    again = np.full_like(values, null)
    return xr.Dataset(
        {
            "nearest": (("run", "s"), values),
            "null": (("run", "s"), again),
            "null_again": (("run", "s"), again),
            "distance": (("run", "other"), values[:, :6] * (1 - np.eye(6))),
            "start": ("run", np.zeros(6)),
            "reach": ("run", np.full(6, reach)),
        },
        coords={"run": list("pqrstu"), "other": list("pqrstu"), "s": S}
        | {name: ("run", value) for name, value in (("group", groups), ("kind", kinds), ("seed", [1, 1, 1, 2, 1, 2]))},
    )


def test_ratios_are_1_at_the_null_and_the_bound_is_part_of_the_way_there():
    table = analysis.ratios(made_up([1.0, 2.0, 3.0, 6.0])).set_index("run")
    assert np.allclose(3 * table["ratio"], [1, 1, 1, 2, 3, 6])
    assert np.allclose(table["null_ratio"], 1)
    path = analysis.path_bound(table, 0.5)
    assert path["networks"] == pytest.approx(1 / 3) and path["bound"] == pytest.approx(2 / 3)
    numbers = analysis.set_numbers(table.reset_index())
    assert numbers["trees"]["value"] == pytest.approx(0.5) and numbers["networks"]["value"] == pytest.approx(1.5)
    assert numbers["trees_less_networks"]["value"] == pytest.approx(-1)
    assert numbers["trees_less_networks"]["null"] == pytest.approx(0)
    low, high = numbers["trees"]["interval"]
    assert low < 0.5 < high and high - 0.5 == pytest.approx(12.7062 / 6, rel=1e-4)  # Student, two seeds


def test_where_a_run_stands_still_nothing_counts():
    measured = made_up([1.0, 2.0, 3.0, 6.0], reach=0.5)
    measured["nearest"][:, measured["s"].values > 0.5] = 100
    measured["reach"][5] = 0.01  # not one value of progress
    table = analysis.ratios(measured).set_index("run")
    assert np.allclose(3 * table["ratio"][:5], [1, 1, 1, 2, 3]) and np.isnan(table["ratio"]["u"])


def test_sets_that_a_study_does_not_have_have_no_numbers():
    table = analysis.ratios(made_up([1.0, 2.0, 3.0, 6.0]))
    assert set(analysis.set_numbers(table[table["kind"] != "rbf"])) == {"trees"}


def test_an_interval_is_there_for_learners_alone():
    table = analysis.ratios(made_up([1.0, 2.0, 3.0, 6.0]))
    numbers = analysis.group_numbers(table)
    assert [("interval" in one) for one in numbers.values()] == [False, False, True, True]
    shown = analysis.ratio_table(numbers, {"a": "A", "b": "B", "forest": "F", "rbf": "R"})
    assert shown["ratio"].tolist()[:2] == ["0.33", "0.33"] and shown.loc["F", "ratio"].startswith("0.50 [")
    assert isinstance(shown, pd.DataFrame) and shown.loc["R", "runs"] == 2


def test_kinds_that_are_alike_are_neighbours_in_the_tree(study):
    between, merges = analysis.kinds_apart(measured_on(study))
    assert between.loc["a", "forest"] < between.loc["a", "b"]
    first = {between.index[int(i)] for i in merges[0, :2]}
    assert first == {"a", "forest"}
