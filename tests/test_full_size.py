"""Each of the paper's networks at its full size trains two steps and records, on files in the format of CIFAR-10."""

import numpy as np
import pytest
from conftest import ROOT
from image_files import cifar10_files

from inpca import PredictionStore
from paper.data.preparation import prepare
from paper.study.study import read_study
from paper.training.runs import train

STUDY = read_study(ROOT / "config/cifar10.yaml")


def two_steps(name):
    """The first job of a network in the study, cut to one seed and two steps, recorded before and after."""
    jobs = [STUDY.job("main", one) for one, found in STUDY.configurations("main").items() if found.name == name]
    small = {"batch_size": 5, "epochs": 1}
    cut = {"seeds": [42], "checkpoints": {"schedule": "log", "number": 2}, "device": "cpu"}
    given = jobs[0].model_dump()
    return type(jobs[0])(**given | cut | {"configuration": given["configuration"] | small})


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDY.networks)
def test_a_network_of_full_size_trains_two_steps_and_records(name, tmp_path, monkeypatch):
    cifar10_files(tmp_path, monkeypatch, each=10)
    data = prepare("cifar10", tmp_path, n_train=10, n_test=10, pool=1, normalize=True)
    assert data.train_images.shape == (10, *STUDY.dataset.input_shape)
    job = two_steps(name)
    assert job.configuration.network == STUDY.networks[name] and job.configuration.n_steps(10) == 2
    train(job, data, tmp_path / "run.zarr")
    store = PredictionStore(tmp_path / "run.zarr")
    assert store.steps.tolist() == [0, 2]
    for split in ("train", "test"):
        log_probs = store.log_probs(split)[0]
        assert log_probs.shape == (2, 10, 10)
        np.testing.assert_allclose(np.exp(log_probs, dtype=float).sum(axis=-1), 1, atol=1e-5)
        assert np.abs(log_probs[1] - log_probs[0]).max() > 1e-3  # it has moved
