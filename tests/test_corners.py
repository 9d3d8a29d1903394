import numpy as np
import pytest
import torch
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from inpca import PredictionStore
from paper.data.datasets import PreparedData, fingerprint
from paper.rooms.corner_initialization.configuration import CornerJob, Fit
from paper.rooms.corner_initialization.training import fitted_labels, train_from_corner
from paper.study.configuration import EvenCheckpoints, TrainingJob
from paper.study.study import read_study
from paper.training.runs import train

STARTS = ("normal", "random-0", "subset-0")


@pytest.fixture
def data(rng):
    labels = np.arange(60) % 3
    images = (rng.standard_normal((60, 1, 8, 8)) + labels[:, None, None, None]).astype(np.float32)
    arrays = images[:40], labels[:40], images[40:], labels[40:]
    return PreparedData(*arrays, ("a", "b", "c"), fingerprint(*arrays))


def job(start, fit_epochs=60, **changes):
    """A job of the smoke study, shorter and with a smaller subset."""
    study = read_study(ROOT / "config/smoke.yaml")
    found = study.sections()["corner_initialization"].jobs(study)[start]
    configuration = found.configuration.model_copy(update={"epochs": 3, "batch_size": 10})
    fit = found.fit and found.fit.model_copy(
        update={"epochs": fit_epochs, "samples": found.fit.samples and 15, **changes}
    )
    return found.model_copy(update={"configuration": configuration, "fit": fit})


def trained(job, data, folder):
    missed = train_from_corner(job, data, folder / "run.zarr")
    return PredictionStore(folder / "run.zarr"), missed


@pytest.mark.parametrize("start", STARTS)
def test_the_same_job_gives_the_same_bits(start, data, tmp_path):
    stores = []
    for name in "ab":
        torch.rand(3)  # whatever happened to torch's own random state before
        stores.append(trained(job(start, 3), data, tmp_path / name)[0])
    for split in ("train", "test"):
        assert np.array_equal(*(store.log_probs(split)[:] for store in stores))


def test_a_normal_start_is_that_of_ordinary_training(data, tmp_path):
    normal = job("normal")
    store, _ = trained(normal, data, tmp_path)
    train(TrainingJob(**normal.model_dump(exclude={"fit"})), data, tmp_path / "ordinary.zarr")
    ordinary = PredictionStore(tmp_path / "ordinary.zarr")
    for split in ("train", "test"):
        assert np.array_equal(store.log_probs(split)[:], ordinary.log_probs(split)[:])


@pytest.mark.parametrize("start", ["random-0", "subset-0"])
def test_the_first_model_is_where_the_fit_ended(start, data, tmp_path):
    corner = job(start)
    store, missed = trained(corner, data, tmp_path)
    chosen, targets = fitted_labels(corner.fit, data.train_labels)
    errors = (store.log_probs("train")[:, 0][:, chosen].argmax(axis=-1) != targets).mean(axis=1)
    attributes = store.attributes["corner"]
    assert np.allclose(errors, attributes["fit_errors"]) and (errors <= 0.1).all()
    assert attributes["in_corner"] == [True, True] and missed == []
    assert attributes["run_seeds"] == store.seeds.tolist() and attributes["label_seeds"] == [0, 0]
    assert np.array_equal(store.labels("train"), data.train_labels)


def test_a_fit_of_random_labels_is_wrong_about_the_truth_and_training_mends_it(data, tmp_path):
    store, _ = trained(job("random-0"), data, tmp_path)
    errors = (store.log_probs("train")[:].argmax(axis=-1) != data.train_labels).mean(axis=-1)
    assert (errors[:, 0] > 0.4).all() and (errors[:, -1] < errors[:, 0] - 0.2).all()


def test_a_fit_that_fails_is_flagged(data, tmp_path):
    store, missed = trained(job("random-0", 1, largest_error=0.01), data, tmp_path)
    assert store.attributes["corner"]["in_corner"] == [False, False]
    assert len(missed) == 2 and "random-0, seed 42 is not in its corner: error " in missed[0]


def test_the_store_says_what_made_it(data, tmp_path):
    corner = job("subset-0", 2)
    store, _ = trained(corner, data, tmp_path)
    assert CornerJob.model_validate(store.attributes["job"]) == corner
    assert store.attributes["configuration"] == "subset-0"
    assert store.attributes["data_fingerprint"] == data.fingerprint


def random_fit(seed):
    return Fit(start="random", label_seed=seed, epochs=1, largest_error=0.1)


@given(seed=st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_random_labels_are_balanced_and_independent_of_the_truth(seed):
    labels = np.repeat(np.arange(10), 200)
    chosen, random = fitted_labels(random_fit(seed), labels)
    assert np.array_equal(chosen, np.arange(2000))
    assert np.array_equal(np.bincount(random), np.bincount(labels))
    assert abs((random != labels).mean() - 0.9) < 6 * np.sqrt(0.09 / 2000)


def test_the_label_seed_changes_the_labels_and_the_subset():
    labels = np.repeat(np.arange(10), 20)
    assert not np.array_equal(*(fitted_labels(random_fit(seed), labels)[1] for seed in (0, 1)))
    subsets = [Fit(start="subset", label_seed=seed, samples=50, epochs=1, largest_error=0.1) for seed in (0, 1)]
    (first, targets), (second, _) = (fitted_labels(fit, labels) for fit in subsets)
    assert len(set(first)) == 50 and set(first) != set(second) and np.array_equal(targets, labels[first])


def test_a_run_does_not_depend_on_the_other_seeds_of_its_job(data, tmp_path):
    both, _ = trained(job("random-0", 3), data, tmp_path / "both")
    one, _ = trained(job("random-0", 3).model_copy(update={"seeds": [43]}), data, tmp_path / "one")
    assert np.array_equal(both.log_probs("train")[1], one.log_probs("train")[0])
    assert not np.array_equal(both.log_probs("train")[0], both.log_probs("train")[1])


def test_a_fit_of_random_labels_takes_no_subset():
    with pytest.raises(ValueError, match="start: subset takes a number of samples"):
        Fit(start="random", label_seed=0, samples=5, epochs=1, largest_error=0.1)


def test_corners_are_recorded_evenly_in_progress(data, tmp_path):
    chosen = job("random-0").model_copy(update={"checkpoints": EvenCheckpoints(schedule="even", delta=0.2, number=5)})
    store, _ = trained(chosen, data, tmp_path)
    assert store.steps[0] == 0 and store.steps[-1] == 12 and len(store.steps) <= 5
    assert len(store.attributes["corner"]["in_corner"]) == len(store.seeds)
