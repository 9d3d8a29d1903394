"""Probes against the conditions that define them; layers of networks as they are; ratios of paths that are known."""

import numpy as np
import pytest
import torch
import xarray as xr
from conftest import ROOT

from inpca import PredictionStore, bhattacharyya_distance, geodesic, ignorance, truth
from inpca.recording import Diverged, reestimated
from paper.data.preparation import prepare
from paper.rooms.hidden_layers import analysis, paths
from paper.rooms.hidden_layers.configuration import PROBES, split_name
from paper.rooms.hidden_layers.experiment import HiddenLayers
from paper.rooms.hidden_layers.probes import class_means, fitted, linear_probe, zscored
from paper.rooms.hidden_layers.training import layers_of, train_with_layers
from paper.study.configuration import TrainingJob
from paper.study.study import ConfigError, read_study
from paper.training.networks import build_network
from paper.training.runs import train

SECTION = {
    "images": {"name": "digits", "n_train": 100, "n_test": 50},
    "networks": {"fc": {"kind": "fc", "widths": [8, 6]}},
    "optimizers": {"sgdn": {"batch_size": 20, "learning_rate": 0.05}},
    "epochs": 2,
    "checkpoints": {"schedule": "log", "number": 3},
    "seeds": [1, 2, 3],
}


@pytest.fixture
def samples(rng):
    """Features of three classes that overlap, on scales of their own, and labels."""
    labels = np.arange(90) % 3
    return (rng.normal(size=(90, 4)) + labels[:, None]) * [1, 10, 0.1, 3] + 5, labels


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A section, its images, and the store of its one job."""
    section = HiddenLayers.model_validate(SECTION)
    data = prepare(folder=ROOT / "data", **section.images.model_dump())
    (job,) = section.jobs().values()
    path = tmp_path_factory.mktemp("layers") / f"{job.id}.zarr"
    train_with_layers(job, data, path)
    return job, data, path


def test_the_linear_probe_is_where_its_gradient_vanishes(samples):
    x, labels = samples
    p = np.exp(linear_probe(x, labels, penalty=0.05)(x))
    residual = (p - np.eye(3)[labels]) / len(labels)
    assert residual.sum(axis=0) == pytest.approx(0, abs=1e-4)  # biases are free: classes are as frequent as they are
    z = zscored(x, x)
    weights = -z.T @ residual / 0.05  # what a vanishing gradient says that weights are
    logits = z @ weights
    apart = np.log(p) - logits
    assert apart - apart[:, :1] == pytest.approx((apart - apart[:, :1])[:1].repeat(90, axis=0), abs=0.03)


def test_a_large_penalty_leaves_the_frequencies_of_classes(samples):
    x, labels = samples
    assert np.exp(linear_probe(x, labels, penalty=1e6)(x)) == pytest.approx(1 / 3, abs=1e-3)


def test_the_temperature_of_class_means_is_the_most_likely_one(samples):
    x, labels = samples
    log_p = class_means(x, labels)(x)
    likelihood = {}
    for factor in (0.95, 1, 1.05):  # softmax of scaled log-probabilities is that of another temperature
        scaled = factor * log_p
        scaled -= np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        likelihood[factor] = scaled[np.arange(90), labels].mean()
    assert likelihood[1] > max(likelihood[0.95], likelihood[1.05])


def test_class_means_of_one_variance_are_the_rule_of_bayes(rng):
    """Gaussian classes around +1 and -1: ln p(1)/p(0) = 2 x / variance, but for what standardising does to both."""
    labels = np.arange(20_000) % 2
    x = rng.normal(size=(20_000, 1)) * 0.8 + (2 * labels[:, None] - 1)
    at = np.array([[-0.5], [0.0], [0.7]])
    log_p = class_means(x, labels)(at)
    assert log_p[:, 1] - log_p[:, 0] == pytest.approx(2 * at[:, 0] / 0.64, rel=0.05, abs=0.05)


@pytest.mark.parametrize("probe", PROBES)
def test_probes_do_not_depend_on_units_and_features_that_never_vary(samples, probe):
    x, labels = samples
    plain = fitted(x, labels, 0.01)[probe](x[:20])
    other = np.column_stack([x * [2, 0.5, 7, 1] - 3, np.full(90, 4.2)])
    assert fitted(other, labels, 0.01)[probe](other[:20]) == pytest.approx(plain, abs=1e-3)


def test_layers_are_normalised_and_the_last_one_gives_the_output():
    network = build_network(HiddenLayers.model_validate(SECTION).networks["fc"], (1, 8, 8), 10)
    images = torch.randn(60, 1, 8, 8)
    with reestimated(network, (images, torch.zeros(60))):
        features, log_probs = layers_of(network, images, side=4)
    assert [one.shape[1] for one in features] == [64, 8, 6]
    assert features[0] == pytest.approx(images.flatten(1).numpy())
    for layer in features[1:]:
        assert layer.mean(axis=0) == pytest.approx(0, abs=0.03)  # variances of 60 samples are unbiased
    logits = torch.as_tensor(features[-1]).float() @ network[-1].weight.T + network[-1].bias
    assert log_probs == pytest.approx(logits.log_softmax(1).detach().numpy(), abs=1e-5)
    assert not any(module._forward_hooks for module in network.modules())


def test_training_is_that_of_any_run(stored, tmp_path):
    job, data, path = stored
    common = {name: getattr(job, name) for name in TrainingJob.model_fields}
    train(TrainingJob(**common), data, tmp_path / "plain.zarr")
    plain, layered = PredictionStore(tmp_path / "plain.zarr"), PredictionStore(path)
    for split in ("train", "test"):
        assert layered.log_probs(split)[:] == pytest.approx(plain.log_probs(split)[:], abs=1e-5)


def test_a_network_that_diverges_stops_the_job(stored, tmp_path):
    job, data, _ = stored
    wild = job.configuration.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(Diverged, match="seed 1: the network gives NaN or infinity at step"):
        train_with_layers(job.model_copy(update={"configuration": wild}), data, tmp_path / "wild.zarr")


def test_a_store_has_every_probe_of_every_layer(stored):
    _, data, path = stored
    store = PredictionStore(path)
    assert store.attributes["layers"] == 2 and len(store.splits) == 2 + 2 * 2 * 3
    images = store.log_probs(split_name("test", "linear", 0))[:]
    assert np.array_equal(images[0, 0], images[2, -1])  # they do not learn
    flat = [one.reshape(len(one), -1).astype(float) for one in (data.train_images, data.test_images)]
    again = linear_probe(flat[0], data.train_labels, 0.01)(flat[1])
    assert images[0, 0] == pytest.approx(again, abs=1e-3)


def test_outputs_are_on_their_own_path(stored):
    measured = paths.measure_paths([PredictionStore(stored[2])], null_seed=0).isel(configuration=0)
    output = measured["distance"].sel(split="test", probe="linear").isel(layer=-1)
    own, others = output.values[range(3), :, range(3)], output.values[0, :, 1]
    assert own[:, [0, -1]].max() < 1e-6 < 1e-3 < others.max()  # a checkpoint that falls back is passed over


def test_distance_to_a_path_is_that_to_its_nearest_point():
    labels = np.array([0, 1, 2, 0])
    way = geodesic(ignorance(4, 3), truth(labels, 3), np.linspace(0, 0.9, 4))
    path = paths.path_of(np.log(way), labels)
    assert paths.distances_to_paths(way, path[None])[:, 0] == pytest.approx(0, abs=1e-3)
    off = way[::-1, ::-1]
    direct = [[bhattacharyya_distance(model, point) for point in path] for model in off]
    assert paths.distances_to_paths(off, path[None])[:, 0] == pytest.approx(np.min(direct, axis=1), abs=1e-5)


def known_paths(distance: float, own: float) -> xr.Dataset:
    """Four layers of three seeds that are so far from other outputs and from their own; nulls are at 1."""
    shape = (4, 2, 3, 5, 3)
    values = np.broadcast_to(np.where(np.eye(3, dtype=bool)[:, None], own, distance), shape)
    dims = ("layer", "configuration", "seed", "checkpoint", "other")
    steps = np.broadcast_to(np.arange(4.0)[:, None, None, None], shape[:-1]) * np.linspace(-1, 1, 5)
    return xr.Dataset(
        {"distance": (dims, values), "null": (dims, np.ones(shape)), "null_again": (dims, np.ones(shape))}
        | {"progress": (dims[:-1], steps)}
    )


def test_ratios_of_known_paths():
    numbers = analysis.numbers_of([known_paths(0.2, 0.1)], on_path=0.5)
    assert numbers["last"]["value"] == pytest.approx(0.2) and numbers["last"]["null"] == pytest.approx(1)
    assert numbers["last"]["interval"] == pytest.approx([0.2, 0.2])
    assert numbers["bound"] == pytest.approx(0.6)
    assert numbers["depth"]["value"] == numbers["learning"]["value"] == pytest.approx(0)
    assert numbers["own"]["value"] == pytest.approx(0.5) and numbers["own"]["null"] == pytest.approx(1)
    assert [numbers["forward"][name] for name in ("value", "untrained")] == pytest.approx([1, -1])


def test_a_run_that_is_left_out_is_no_path():
    one = known_paths(0.2, 0.1)
    distance = one["distance"].values.copy()
    distance[..., 0, :, 2] = distance[..., 1, :, 2] = 0.8  # far from the last seed's output, from no other
    one = one.assign(distance=(one["distance"].dims, distance))
    keep = np.ones((2, 3), bool)
    keep[:, 2] = False
    found = analysis.ratios(one, keep)
    assert found[:, :, :2] == pytest.approx(0.2) and np.isnan(found[:, :, 2]).all()
    assert analysis.ratios(one, np.ones((2, 3), bool))[:, :, 0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"networks": {"vit": {"kind": "vit"}}}, "networks.vit"),
        (
            {"optimizers": {"sgdn": {"batch_size": 500, "learning_rate": 0.1}}},
            r"batch_size: 500 does not fit n_train 100",
        ),
        ({"seeds": [1, 2]}, "seeds"),
    ],
)
def test_a_wrong_section_is_refused_in_words(wrong, said):
    with pytest.raises(ConfigError, match=said):
        read_study({"study": "own", "notebooks": {"hidden_layers": SECTION | wrong}})
