"""Learners that are no networks of the study: what they predict, step by step, from their seed alone."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.ensemble import HistGradientBoostingClassifier
from study_changes import SMOKE, changed

from inpca import PredictionStore, progress
from paper.data.preparation import prepare
from paper.rooms.own_runs.configuration import LearnerJob
from paper.rooms.own_runs.experiment import EXPERIMENT
from paper.rooms.own_runs.learners import Flat, random_state, stages
from paper.rooms.own_runs.radial import RadialNetwork
from paper.rooms.own_runs.training import train_learner
from paper.study.study import ConfigError, read_study

LEARNERS = {
    "boosting": {"kind": "boosting", "iterations": 12, "learning_rate": 0.2, "leaves": 7},
    "forest": {"kind": "forest", "trees": 8, "splits": 40},
    "neighbours": {"kind": "neighbours"},
    "mlp": {"kind": "mlp", "width": 16, "epochs": 20, "batch_size": 20, "learning_rate": 0.01},
    "rbf": {"kind": "rbf", "centres": 20, "epochs": 20, "batch_size": 20, "learning_rate": 0.05},
}


@pytest.fixture(scope="module")
def data():
    return prepare("digits", Path("data"), n_train=100, n_test=50, pool=2, normalize=True)


def job(name, seeds=(1, 2), **changes):
    return LearnerJob(name=name, learner=LEARNERS[name] | changes, seeds=list(seeds), checkpoints=8)


def trained(one, data, folder):
    train_learner(one, data, folder / "run.zarr")
    return PredictionStore(folder / "run.zarr")


def of(name, data, steps, seed=3, **changes):
    """Stages of a learner, by step."""
    return dict(stages(job(name, **changes).learner, Flat.of(data), steps, seed))


@pytest.mark.parametrize("name", LEARNERS)
def test_runs_go_from_ignorance_to_the_truth_in_tables_of_probabilities(name, data, tmp_path):
    store = trained(job(name), data, tmp_path)
    assert store.attributes["configuration"] == name
    assert store.attributes["data_fingerprint"] == data.fingerprint
    assert LearnerJob.model_validate(store.attributes["job"]) == job(name)
    for split, (_, labels) in data.splits.items():
        assert np.array_equal(store.labels(split), labels)
        log_probs = store.log_probs(split)[:]
        assert np.isfinite(log_probs).all()
        assert np.allclose(np.exp(log_probs).sum(axis=-1), 1, atol=1e-5)
    s = np.array([progress(run, data.train_labels, log=True) for run in store.log_probs("train")[:]])
    errors = (store.log_probs("train")[:].argmax(axis=-1) != data.train_labels).mean(axis=-1)
    assert (s[:, 0] < 0.1).all() and (s[:, -1] > 0.5).all() and (errors[:, -1] < 0.1).all()


@pytest.mark.parametrize("name", LEARNERS)
def test_a_run_is_that_of_its_seed_alone(name, data, tmp_path):
    both, again = (trained(job(name), data, tmp_path / folder) for folder in "ab")
    one = trained(job(name, seeds=[2]), data, tmp_path / "c")
    for split in data.splits:
        first = both.log_probs(split)[:]
        assert np.array_equal(first, again.log_probs(split)[:])
        assert np.array_equal(first[1], one.log_probs(split)[0])
    of_test = both.log_probs("test")[:, -1]
    assert not np.array_equal(*of_test)


def test_steps_are_even_in_their_logarithm_and_epochs_are_passes_over_the_data():
    assert job("boosting").epochs(100) == {step: step for step in (0, 1, 2, 3, 4, 6, 8, 12)}
    assert list(job("neighbours").epochs(100)) == list(range(8))
    of_batches = job("rbf").epochs(100)
    assert of_batches[0] == 0 and of_batches[100] == 20 and len(of_batches) == 8
    assert job("mlp").epochs(100) == {step: epoch for step, epoch in of_batches.items() if step}


def test_boosting_is_that_of_fewer_iterations(data):
    found = of("boosting", data, [0, 3, 12])
    settings = {"learning_rate": 0.2, "max_leaf_nodes": 7, "max_features": 0.3, "early_stopping": False}
    flat = Flat.of(data)
    model = HistGradientBoostingClassifier(max_iter=3, random_state=random_state(3), **settings)
    model.fit(flat.pixels["train"], flat.labels)
    assert np.allclose(np.exp(found[3]["test"]), model.predict_proba(flat.pixels["test"]))
    assert np.allclose(np.exp(found[0]["test"]), 0.1)


def test_a_forest_grows_and_holds_no_class_for_impossible(data):
    found = of("forest", data, [0, 1, 5, 40])
    distinct = [len(np.unique(found[step]["train"].round(6), axis=0)) for step in (0, 1, 5, 40)]
    assert distinct[:3] == sorted(distinct[:3]) and distinct[0] == 1 and distinct[2] > 20
    assert distinct[3] == 10  # every leaf is pure
    assert all(np.exp(one["test"]).min() > 0.999 * 0.1 / 9 for one in found.values())
    assert np.allclose(np.exp(found[0]["train"]), 0.1)
    correct = [(found[step]["train"].argmax(axis=1) == data.train_labels).mean() for step in (1, 5, 40)]
    assert correct == sorted(correct)


def test_neighbours_vote_as_a_plain_loop_over_them_does(data):
    found = of("neighbours", data, [0, 1, 2], pixels=0.999)
    flat = Flat.of(data)
    x, train = flat.pixels["test"][7], flat.pixels["train"]
    unit = np.median(((train[:, None] - train) ** 2).sum(axis=2))
    weight = np.exp(-0.5 * ((x - train) ** 2).sum(axis=1) / unit)
    votes = np.array([weight[flat.labels == label].sum() for label in range(10)])
    assert np.allclose(np.exp(found[1]["test"][7]), votes / votes.sum())
    narrowest = np.exp(found[2]["train"])
    assert (narrowest.argmax(axis=1) == flat.labels).all()


def test_bumps_are_those_of_their_distances():
    torch.manual_seed(0)
    centres, x = torch.randn(5, 3), torch.randn(7, 3)
    network = RadialNetwork(centres, n_classes=4)
    bumps = torch.exp(-torch.cdist(x, centres).square() / torch.cdist(centres, centres).square().mean())
    assert torch.allclose(network(x), network.readout(bumps), atol=1e-5)


LEARNER = "notebooks.own_runs.learners"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (f"{LEARNER}.fc", {"kind": "neighbours"}, "the name is that of a network of the study; choose another name"),
        (f"{LEARNER}.mlp.batch_size", 301, f"{LEARNER}.mlp.batch_size: 301 is more than n_train 300"),
        (f"{LEARNER}.rbf.centres", 301, f"{LEARNER}.rbf.centres: 301 is more than n_train 300"),
        (f"{LEARNER}.mlp.kind", "svm", "'kind' should be 'boosting', 'forest', 'neighbours', 'mlp', 'rbf'"),
        (f"{LEARNER}.forest.trees", 1, f"{LEARNER}.forest.trees: 1 is not allowed"),
        ("notebooks.own_runs.seeds", [1], "seeds: [1] is not allowed: it should have at least 2"),
        ("experiments.own", SMOKE["experiments"]["main"], "the name is kept for the notebook own_runs"),
    ],
)
def test_what_does_not_fit_is_said(key, value, message):
    with pytest.raises(ConfigError) as error:
        read_study(changed(key, value))
    assert message in str(error.value)


def test_one_architecture_has_no_other_to_be_compared_with():
    data = changed("experiments.main.grids.0.network", ["fc"])
    data["experiments"]["main"]["grids"] = data["experiments"]["main"]["grids"][:1]
    data["notebooks"] = {"own_runs": data["notebooks"]["own_runs"]}
    with pytest.raises(ConfigError, match=r"needs two networks in experiments\.main, .*; it has fc alone"):
        read_study(data)


def test_every_learner_has_a_job_with_all_seeds():
    study = read_study(SMOKE)
    section = study.sections()["own_runs"]
    assert study.stores()[EXPERIMENT] == list(section.learners) == list(section.jobs())
    assert all(one.seeds == section.seeds for one in section.jobs().values())
