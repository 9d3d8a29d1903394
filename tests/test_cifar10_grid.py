"""The paper's grid on CIFAR-10: its counts are the paper's, its values those of the authors' code."""

from collections import Counter

import pytest
from conftest import ROOT

from paper.study.checks import n_models
from paper.study.configuration import Checkpoints
from paper.study.study import read_study

STUDY = read_study(ROOT / "config/cifar10.yaml")
RUNS = list(STUDY.runs("main").values())
CONFIGURATIONS = [one for one, _ in RUNS]


def test_runs_and_models_are_as_many_as_the_papers():
    assert len(RUNS) == 231
    assert sum(len(seeds) for _, seeds in RUNS) == 2296
    models = n_models(STUDY, "main") - STUDY.analysis.geodesic_points - 2
    assert models == 151_407
    assert round(models / 2296, 1) == 65.9


def test_the_numbers_of_runs_solve_the_equation_of_the_checkpoints():
    n = Counter()
    for one, seeds in RUNS:
        n[one.batch_size, one.epochs] += len(seeds)
    at_500 = sum(number for (batch_size, _), number in n.items() if batch_size == 500)
    long = sum(number for (_, epochs), number in n.items() if epochs == 300)
    assert (at_500, long, set(epochs for _, epochs in n)) == (773, 240, {200, 300})
    assert 67 * 2296 - 5 * at_500 + 6 * long == 151_407


@pytest.mark.parametrize("batch_size", [200, 500, 1000])
def test_a_hundred_more_epochs_have_six_more_checkpoints(batch_size):
    plain, long = (len(Checkpoints(schedule="paper").steps(50_000 // batch_size, epochs)) for epochs in (200, 300))
    assert long == plain + 6


def test_every_network_has_every_optimizer_batch_size_weight_decay_and_augmentation():
    full = {
        (name, optimizer, batch, decay, augmentation)
        for name in STUDY.networks
        for optimizer, decays in (("sgd", (0, 1e-3)), ("sgdn", (0, 1e-3)), ("adam", (0, 1e-5)))
        for batch in (200, 500, 1000)
        for decay in decays
        for augmentation in ("none", "cropflip")
    }
    found = {
        (one.name, one.optimizer, one.batch_size, one.weight_decay, one.augmentation)
        for one, seeds in RUNS
        if seeds == list(range(42, 52)) and one.learning_rate == full_rate(one)
    }
    assert found == full and len(full) == 216


def full_rate(one):
    """Rates grow with the batch; at 200 samples 0.1, and 0.001 with Adam."""
    return (1e-3 if one.optimizer == "adam" else 0.1) * one.batch_size / 200


def test_all_other_rates_are_half_of_those_of_adam():
    others = [one for one in CONFIGURATIONS if one.learning_rate != full_rate(one)]
    assert len(others) == 15
    assert all(one.optimizer == "adam" and one.learning_rate == full_rate(one) / 2 for one in others)


def test_predictions_are_those_of_all_samples_and_distances_those_of_every_second():
    assert STUDY.analysis.sample_step == 2
    assert (STUDY.dataset.n_train, STUDY.dataset.n_test, STUDY.dataset.input_shape) == (50_000, 10_000, (3, 32, 32))
    assert STUDY.experiments["main"].crop_padding == 4
    assert STUDY.job("main", CONFIGURATIONS[0].id).batch_norm == "running"
