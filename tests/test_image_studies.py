"""The whole way from files in CIFAR-10's and ImageNet's own formats: data set, training, store, table, embedding."""

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from image_files import cifar10_files, imagenet_files
from model_table import write_model_table
from prepare_data import prepare_data
from train import train_configuration

from inpca import InPCA, PredictionStore, pairwise_distances
from paper.models import open_stores
from paper.stored import StoredModels
from paper.study.configuration import Configuration, TrainingJob
from paper.study.study import read_study

CIFAR10 = read_study(ROOT / "config/cifar10.yaml")
IMAGENET = {
    "study": "folders",
    "device": "cpu",
    "store": "float16",
    "dataset": {
        "name": "imagenet",
        "folder": "data/pictures",
        "side": 32,
        "workers": 1,
        "n_classes": 3,
        "n_train": 24,
        "n_test": 12,
        "n_recorded": 6,
    },
    "networks": {"resnet18": {"kind": "resnet", "depth": 18}},
    "experiments": {
        "main": {
            "seeds": [1],
            "checkpoints": {"schedule": "log", "number": 3},
            "batch_norm": "reestimated",
            "grids": [
                {
                    "network": ["resnet18"],
                    "optimizer": ["sgdn"],
                    "batch": [{"size": 12, "learning_rate": 0.01}],
                    "weight_decay": [0],
                    "augmentation": ["cropflip"],
                    "epochs": 1,
                }
            ],
        }
    },
    "analysis": {"n_components": 3, "geodesic_points": 3},
}


def the_whole_way(dataset, job, folder):
    """Store, and embedding of the model table's models on test, from files in ``folder``/data."""
    data, store, table = folder / "dataset.npz", folder / "run.zarr", folder / "models.parquet"
    prepare_data(dataset, folder / "data", data)
    train_configuration(job, data, store)
    write_model_table([store], geodesic_points=3, threads=1, output=table)
    models = pd.read_parquet(table)
    assert np.isfinite(models.loc[models["kind"] == "run", ["train_loss", "test_loss"]]).all(axis=None)
    log_probs = StoredModels(models, open_stores([store]), "test")[:]
    inpca = InPCA(3, metric="precomputed").fit(pairwise_distances(log_probs, log=True))
    assert inpca.embedding_.shape == (len(models), 3) and inpca.explained_stress_[-1] > 0.5
    return PredictionStore(store)


@pytest.mark.slow
@pytest.mark.parametrize("name", CIFAR10.networks)
def test_the_papers_networks_train_two_steps_on_cifar10s_files(name, tmp_path, monkeypatch):
    cifar10_files(tmp_path / "data", monkeypatch, each=10)
    configuration = Configuration(
        name=name,
        network=CIFAR10.networks[name],
        optimizer="sgdn",
        batch_size=5,
        learning_rate=0.01,
        weight_decay=0,
        augmentation="cropflip",
        epochs=1,
    )
    checkpoints = {"schedule": "log", "number": 2}
    job = TrainingJob(configuration=configuration, seeds=[42], checkpoints=checkpoints, crop_padding=4)
    store = the_whole_way(CIFAR10.dataset.model_dump() | {"n_train": 10, "n_test": 10}, job, tmp_path)
    assert store.steps.tolist() == [0, 2] and store.log_probs("train").shape == (1, 2, 10, 10)


@pytest.mark.slow
def test_a_study_of_images_in_folders_goes_the_whole_way(tmp_path, monkeypatch):
    imagenet_files(tmp_path / "data/pictures")
    monkeypatch.chdir(tmp_path)
    study = read_study(IMAGENET)
    (name,) = study.configurations("main")
    store = the_whole_way(study.dataset.model_dump(), study.job("main", name), tmp_path)
    shapes = {split: store.log_probs(split).shape for split in store.splits}
    assert shapes == {"train": (1, 3, 6, 3), "test": (1, 3, 12, 3)}
    assert store.labels("train").tolist() == [0, 1, 2, 0, 1, 2]
    assert store.log_probs("test").stored.dtype == np.float16
