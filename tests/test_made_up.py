"""Made-up trajectories have the geometry that their formula says, and the dimension that they were made with."""

import numpy as np
import pytest

from inpca import PredictionStore, bhattacharyya_distance, calibrated_dimension, progress
from paper.data.preparation import prepare
from paper.made_up.recording import make_up
from paper.made_up.trajectories import Split, deviation, fields, progress_of, random
from paper.study.configuration import Configuration
from paper.study.made_up import MadeUp, MadeUpJob
from paper.study.study import ConfigError, read_study
from paper.study.yaml_file import read_yaml

N, C = 120, 6
LABELS = np.arange(N) % C
S = np.array([0.1, 0.4, 0.7, 0.95])
REHEARSAL = read_yaml("config/rehearsal.yaml")


def split_of(dimension=3, amplitude=0.5):
    return Split.made("train", LABELS, C, MadeUp(dimension=dimension, amplitude=amplitude))


def configuration(name="fc", **changes):
    settings = {"network": {"kind": "fc", "widths": [8]}, "optimizer": "sgd", "batch_size": 200, "learning_rate": 0.1}
    return Configuration(name=name, **settings | {"weight_decay": 0, "augmentation": "none", "epochs": 20} | changes)


@pytest.mark.parametrize("k", [1, 3, 40])
def test_fields_are_orthogonal_to_the_way_and_to_each_other(k):
    f = fields(LABELS, C, k, random("fields"))
    np.testing.assert_allclose(f[:, np.arange(N), LABELS], 0, atol=1e-12)
    np.testing.assert_allclose(f.sum(axis=2), 0, atol=1e-12)
    np.testing.assert_allclose(np.einsum("jnc,knc->jk", f, f) / N, np.eye(k), atol=1e-12)


def test_more_directions_than_there_are_is_an_error():
    with pytest.raises(ValueError, match="13 directions are more than 6 samples of 4 classes have, 12"):
        fields(np.arange(6) % 4, 4, 13, random())


@pytest.mark.parametrize("k", [1, 3, 40])
def test_models_are_probabilities_whose_progress_is_that_of_the_formula(k, rng):
    a = rng.standard_normal(k)
    p = np.exp(split_of(k).log_probs(S, a / np.linalg.norm(a)))
    assert p.min() > 0
    np.testing.assert_allclose(p.sum(axis=-1), 1, atol=1e-12)
    np.testing.assert_allclose(progress(p, LABELS), S, atol=1e-4)


def test_ends_are_ignorance_and_near_truth_whatever_the_deviation():
    p = np.exp(split_of().log_probs(np.array([0.0, 0.9999]), np.array([1.0, 0, 0])))
    np.testing.assert_allclose(p[0], 1 / C, atol=1e-12)
    assert p[1, np.arange(N), LABELS].min() > 0.999


def test_runs_at_equal_progress_are_as_far_apart_as_their_coefficients(rng):
    split = split_of(amplitude=0.02)
    a, b = rng.standard_normal((2, 3)) / 3
    P, Q = (np.exp(split.log_probs(S, x)) for x in (a, b))
    largest = np.arccos(1 / np.sqrt(C))
    q = (np.sin((1 - S) * largest) / np.sin(largest)) ** 2 / C
    length = (split.fields**2).sum(axis=2).mean()
    predicted = 0.5 * q * (4 * S * (1 - S)) ** 2 * length * ((a - b) ** 2).sum()
    np.testing.assert_allclose(bhattacharyya_distance(P, Q), predicted, rtol=2e-3)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_the_dimension_that_went_in_comes_out(k):
    settings, epochs = MadeUp(dimension=k), np.array([0, 0.5, 1, 2, 3, 5, 8, 20])
    split, runs, coefficients = split_of(k), [], []
    for one in (configuration(), configuration("wide"), configuration(optimizer="adam")):
        for seed in range(20):
            coefficients.append(deviation(one, seed, settings))
            runs.append(np.exp(split.log_probs(progress_of(one, seed, epochs, settings), coefficients[-1])))
    found = calibrated_dimension(runs, LABELS, draws=2, rng=0)["participation"]
    eigenvalues = np.linalg.eigvalsh(np.cov(np.array(coefficients).T).reshape(k, k))
    expected = eigenvalues.sum() ** 2 / (eigenvalues**2).sum()
    assert found.sel(kind="between") == pytest.approx(expected, rel=0.1)
    assert found.sel(kind="between null") > 5 * expected


def test_runs_go_forward_and_follow_from_configuration_and_seed():
    settings, epochs = MadeUp(dimension=2), np.linspace(0, 20, 30)
    s = progress_of(configuration(), 1, epochs, settings)
    assert s[0] == 0 and (np.diff(s) > 0).all() and s[-1] < 1
    np.testing.assert_array_equal(s, progress_of(configuration(), 1, epochs, settings))
    others = [(configuration(), 2, settings), (configuration("wide"), 1, settings)]
    others.append((configuration(), 1, MadeUp(dimension=2, seed=1)))
    for one, seed, other in others:
        assert not np.array_equal(s, progress_of(one, seed, epochs, other))
        assert not np.array_equal(deviation(configuration(), 1, settings), deviation(one, seed, other))


def test_a_store_says_that_it_is_made_up_and_has_the_paper_s_checkpoints(tmp_path):
    data = prepare("made_up", tmp_path, n_train=40, n_test=20, pool=1, normalize=False)
    job = MadeUpJob(
        configuration=configuration(epochs=200),
        seeds=[1, 2],
        checkpoints={"schedule": "paper"},
        made_up={"dimension": 2},
    )
    make_up(job, data, tmp_path / "a.zarr")
    make_up(job, data, tmp_path / "b.zarr")
    store = PredictionStore(tmp_path / "a.zarr", verify=True)
    assert store.log_probs("train").shape == (2, 67, 40, 10)
    assert "no network was trained" in store.attributes["made_up"]
    assert (tmp_path / "a.zarr/manifest.json").read_bytes() == (tmp_path / "b.zarr/manifest.json").read_bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"made_up": None}, "dataset.name: made_up has labels alone; add the section made_up, or name a data set"),
        (
            {"dataset": {"name": "digits", "n_train": 300, "n_test": 100}},
            "made_up: its data set has labels alone; set dataset.name to made_up",
        ),
        ({"made_up": {"dimension": 0}}, "made_up.dimension: 0 is not allowed: it should be greater than or equal to 1"),
        (
            {"made_up": {"dimension": 3, "amplitude": 0.9}},
            "made_up.amplitude: 0.9 is not allowed: it should be less than or equal to 0.5",
        ),
        ({"made_up": {"dimension": 3, "epoch_samples": 500}}, "larger"),
    ],
)
def test_a_study_whose_parts_do_not_fit_is_refused(changes, message):
    with pytest.raises(ConfigError) as error:
        read_study(REHEARSAL | changes)
    assert message in str(error.value)


def test_a_study_that_is_made_up_trains_nothing():
    notebooks = {"own_runs": {"seeds": [1, 2], "learners": {"near": {"kind": "neighbours"}}}}
    with pytest.raises(ConfigError, match=r"notebooks.own_runs: trains networks, which a study with made_up"):
        read_study(REHEARSAL | {"notebooks": notebooks})
    schedule = {"checkpoints": {"schedule": "even", "delta": 0.1, "number": 10}}
    experiments = {"main": REHEARSAL["experiments"]["main"] | schedule}
    with pytest.raises(ConfigError, match=r"experiments.main.checkpoints.schedule: 'even' follows training"):
        read_study(REHEARSAL | {"experiments": experiments, "notebooks": {"schematic": {}}})
