"""Matrices of distances know their models."""

import re

import numpy as np
import pytest

from inpca import pairwise_distances
from inpca.embedding.saved import describe_models
from paper.distances import load_description, load_distances, save_distances
from paper.study import files

MODELS = np.array([f"run/step{step}" for step in range(40)])


@pytest.fixture
def distances(models, tmp_path):
    D = pairwise_distances(models)
    path = tmp_path / "main/train.npy"
    path.parent.mkdir()
    save_distances(D, describe_models(models, labels=MODELS, metric="bhattacharyya"), path)
    return D.astype(np.float32), path


@pytest.mark.parametrize("mapped", [False, True])
def test_a_table_gets_its_distances_in_its_own_order(distances, mapped, rng):
    D, path = distances
    whole = load_distances(path, MODELS, mapped=mapped)
    assert np.array_equal(whole, D) and isinstance(whole, np.memmap) == mapped
    order = rng.permutation(40)
    assert np.array_equal(load_distances(path, MODELS[order], mapped=mapped), D[np.ix_(order, order)])


def test_a_table_of_other_models_is_an_error(distances):
    _, path = distances
    for models, wrong in (
        (MODELS[:-1], f"only {path} has run/step39"),
        ([*MODELS, "truth"], "only the model table has truth"),
        (np.char.replace(MODELS, "run", "other"), f"only the model table has other/step0 and 39 more; only {path} has"),
    ):
        with pytest.raises(ValueError, match=f"are of different models: {re.escape(wrong)}"):
            load_distances(path, models)


def test_a_description_stands_beside_its_distances(distances):
    _, path = distances
    assert files.described(path) == str(path.parent / "train_models.nc")
    described = load_description(path)
    assert described["model"].values.tolist() == MODELS.tolist() and described.attrs["metric"] == "bhattacharyya"
