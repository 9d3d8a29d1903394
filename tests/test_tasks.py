"""Tasks: their images, imprinted heads against their formula, and statistics whose values are known."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from torch import nn

from inpca import PredictionStore, pairwise_distances, progress
from paper.data.preparation import prepare
from paper.rooms.tasks import analysis, geometry, imprinting, pairs
from paper.rooms.tasks.configuration import Task, TaskJob
from paper.rooms.tasks.images import padded_digits, recorded_samples, task_images
from paper.rooms.tasks.training import train_task
from paper.study.configuration import Configuration
from paper.training.batches import Resident
from paper.training.loop import train_networks
from paper.training.networks import build_network
from paper.training.random_streams import random_streams

TEN = list(range(10))
NETWORKS = {
    "fc": {"kind": "fc", "widths": [8]},
    "allcnn": {"kind": "allcnn", "c1": 3, "c2": 4},
    "convmixer": {"kind": "convmixer", "dim": 6, "depth": 1, "kernel": 3, "patch": 2},
    "wrn": {"kind": "wrn", "depth": 10, "planes": 3, "widen": 1},
    "vit": {"kind": "vit", "patch": 4, "dim": 8, "depth": 1, "heads": 2, "mlp": 8},
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return prepare("digits", tmp_path_factory.mktemp("data"), n_train=300, n_test=50, pool=1, normalize=True)


def job(groups, *, network="fc", name="one", n_images=60, seeds=(1,), **settings):
    task = Task(groups=groups, **{key: settings.pop(key) for key in ("images", "random") if key in settings})
    configuration = Configuration(
        name=network,
        network=NETWORKS[network],
        optimizer="sgdn",
        batch_size=20,
        learning_rate=0.05,
        weight_decay=0,
        augmentation="none",
        epochs=settings.pop("epochs", 2),
    )
    common = {"checkpoints": {"schedule": "log", "number": 3}, "label_seed": settings.pop("label_seed", 0), "scale": 10}
    return TaskJob(configuration=configuration, name=name, task=task, n_images=n_images, seeds=list(seeds), **common)


def test_all_tasks_have_as_many_images_of_each_of_their_classes(data):
    recorded = recorded_samples(data, 60)
    images, labels = task_images(job(TEN), data)
    assert np.array_equal(images, recorded.train_images)
    assert np.array_equal(labels, recorded.train_labels)
    assert np.array_equal(recorded.test_images, data.test_images)
    for groups in ([7, 2], [[0, 5], 3], [4, [1, 2]]):
        images, labels = task_images(job(groups), data)
        members = [group if isinstance(group, list) else [group] for group in groups]
        each = 60 // sum(map(len, members))
        assert np.bincount(labels).tolist() == [each * len(one) for one in members]
        for label, one in enumerate(members):
            of_group = np.concatenate([data.train_images[data.train_labels == c][:each] for c in one])
            assert images[labels == label].sum() == pytest.approx(of_group.sum(), rel=1e-5)


def test_random_labels_are_those_of_their_seed_and_as_frequent(data):
    images, truth = task_images(job(TEN), data)
    found = [task_images(job(TEN, random=True, label_seed=seed), data) for seed in (0, 0, 1)]
    assert all(np.array_equal(one[0], images) for one in found)
    assert all(np.array_equal(np.bincount(one[1]), np.bincount(truth)) for one in found)
    assert np.array_equal(found[0][1], found[1][1])
    assert not np.array_equal(found[0][1], found[2][1])
    assert (found[0][1] == truth).mean() < 0.3


def test_digits_are_padded_in_the_middle():
    images, labels = padded_digits(14)
    assert (len(images), len(labels)) == (1740, 1740)
    assert [images.mean(), images.std()] == pytest.approx([0, 1], abs=1e-5)
    rim = np.ones((14, 14), bool)
    rim[3:11, 3:11] = False
    assert np.ptp(images[:, 0, rim]) == 0


@pytest.mark.parametrize("kind", list(NETWORKS))
def test_an_imprinted_head_is_its_formula_and_leaves_the_network_as_it_was(kind):
    torch.manual_seed(0)
    network = build_network(job([0, 1], network=kind).configuration.network, (1, 8, 8), 2).train()
    images, labels = torch.randn(40, 1, 8, 8), torch.arange(40) % 4
    before, calls = copy.deepcopy(network.state_dict()), []
    head = [part for part in network.modules() if isinstance(part, nn.Linear | nn.Conv2d)][-1]
    with imprinting.imprinted(network, (images, labels), (images, labels), 4, 3.0) as model:
        found = model(images)
    head.register_forward_pre_hook(lambda _, given: calls.append(given[0]))
    with imprinting.reestimated(network, (images, labels)):
        network(images)
    features = calls[-1].mean((2, 3)) if calls[-1].ndim == 4 else calls[-1]
    unit = features / features.norm(dim=1, keepdim=True)
    means = torch.stack([unit[labels == c].mean(0) for c in range(4)])
    means = means / means.norm(dim=1, keepdim=True)
    assert torch.allclose(found, 3 * unit @ means.T, atol=1e-4)
    prototypes = -1.5 * ((unit[:, None] - means) ** 2).sum(2)
    assert torch.allclose(found.softmax(1), prototypes.softmax(1), atol=1e-5)
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_labels_in_another_order_with_a_head_in_that_order_give_the_same_features(data):
    images, truth = map(torch.as_tensor, task_images(job(TEN), data))
    order = torch.randperm(10, generator=torch.Generator().manual_seed(3))
    found = []
    for turned in (False, True):
        torch.manual_seed(0)
        network = build_network(job(TEN).configuration.network, (1, 8, 8), 10).train()
        labels = order[truth] if turned else truth
        if turned:
            last = network[-1]
            place = torch.argsort(order)
            last.weight.data, last.bias.data = last.weight.data[place], last.bias.data[place]
        list(train_networks([network], Resident(images, labels), job(TEN).configuration, [random_streams(0)]))
        with imprinting.imprinted(network, (images, labels), (images, truth), 10, 10.0) as model:
            found.append(model(images))
    assert torch.allclose(*found, atol=1e-3)


def test_a_task_is_recorded_on_all_classes_and_gives_the_same_bits_again(data, tmp_path):
    for name in ("a", "b"):
        train_task(job([3, 8], n_images=40, seeds=(1, 2)), data, tmp_path / f"{name}.zarr")
    first, again = (PredictionStore(tmp_path / f"{name}.zarr") for name in ("a", "b"))
    assert first.log_probs("train").shape == (2, 3, 40, 10)
    assert first.log_probs("test").shape == (2, 3, 50, 10)
    assert np.array_equal(first.log_probs("test")[:], again.log_probs("test")[:])
    assert not np.array_equal(first.log_probs("test")[0], first.log_probs("test")[1])


def test_distances_at_equal_checkpoints_are_means_of_single_ones():
    rng = np.random.default_rng(0)
    models = np.log(rng.dirichlet(np.ones(3), (3, 4, 5))).astype(np.float32)  # runs, checkpoints, samples, classes
    D = pairwise_distances(models.reshape(12, 5, 3), log=True)
    direct = [[np.mean([D[4 * i + t, 4 * j + t] for t in (1, 2, 3)]) for j in range(3)] for i in range(3)]
    assert geometry.at_equal_checkpoints(D, 3) == pytest.approx(np.array(direct), abs=1e-6)
    assert geometry.run_distances(list(models), 1.0) == pytest.approx(D, abs=1e-6)
    flat = geometry.run_distances(list(models), 1e-6)
    assert np.abs(flat).max() < 1e-6  # heads of no scale predict P0
    labels = np.array([0, 0, 1, 2, 2])
    one = geometry.of_classes(models[0], labels)
    assert one.shape == (4, 3)
    assert one[:, 2] == pytest.approx(progress(models[0][:, 3:], labels[3:], log=True))
    correct = geometry.correct_of_classes(models[0], labels)
    assert correct @ [2 / 5, 1 / 5, 2 / 5] == pytest.approx((models[0].argmax(2) == labels).mean(axis=1))


SUBSETS = {"all": {"groups": [0, 1, 2, 3]}} | {
    f"of_{''.join(map(str, classes))}": {"groups": classes}
    for classes in ([0, 1], [2, 3], [0, 2], [1, 3], [0, 1, 2], [1, 2, 3])
}


def between(tasks, rule):
    values = np.array([[rule(a, b) for b in tasks["classes"]] for a in tasks["classes"]], float)
    return pd.DataFrame(values, index=tasks.index, columns=tasks.index)


def test_rank_correlations_are_those_of_distances_that_are_given():
    tasks = pairs.described(SUBSETS, 4)
    different = between(tasks, lambda a, b: len(a ^ b))
    tests = {"permutations": 99, "rng": 0}
    farther = pairs.left_out_numbers(different, tasks, **tests)
    apart = pairs.shared_numbers(different, tasks, **tests)
    assert (farther["value"], farther["tasks"]) == (pytest.approx(1), 6)
    assert (apart["value"], apart["pairs"]) == (pytest.approx(1), 7)
    assert apart["none"] > apart["some"]
    equal = between(tasks, lambda a, b: 1 - (a == b))
    for found in (pairs.left_out_numbers(equal, tasks, **tests), pairs.shared_numbers(equal, tasks, **tests)):
        assert (found["value"], found["p"]) == (0, 1)
    opposite = pairs.left_out_numbers(-different, tasks, **tests)
    assert opposite["value"] == pytest.approx(-1)
    assert opposite["p"] > 0.9


def test_a_permutation_test_is_right_as_often_as_it_says():
    rng = np.random.default_rng(1)
    names, found = list("abcdefgh"), []
    for draw in range(120):
        x, y = (dict(zip(names, rng.normal(size=8), strict=True)) for _ in range(2))
        test = pairs.against_permuted(
            lambda places, x=x, y=y: pairs.rank_correlation([x[p] for p in places], [y[n] for n in names]),
            names,
            [0] * 8,
            permutations=19,
            rng=draw,
        )
        found.append(test["p"] <= 0.1)
    assert 0.03 < np.mean(found) < 0.19


def test_runs_that_scatter_alike_add_nothing_and_others_what_they_are_apart():
    rng = np.random.default_rng(0)
    runs = pd.DataFrame([("fc", task, 10 * k + seed) for k, task in enumerate("abc") for seed in range(40)])
    runs.columns = ["network", "task", "seed"]
    place = rng.normal(size=(120, 200)) / np.sqrt(200)
    place[runs["task"] == "c", 0] += 2.0
    D = ((place[:, None] - place) ** 2).sum(axis=2)
    added = pairs.relative_excess(pairs.task_distances(D, runs))
    assert added.loc["a", "b"] == pytest.approx(0, abs=0.05)
    assert added.loc["a", "c"] == pytest.approx(4 / 2, rel=0.1)  # 2², over the distance of seeds, 2 variances
    tasks = pd.DataFrame({"kind": ["whole", "permuted", "subset"]}, index=list("abc"))
    found = pairs.same_path_numbers(added, tasks, 0.1)
    assert found["lower"] < found["value"] < found["upper"] < found["nearest"]


def test_gains_are_of_the_classes_that_they_name():
    tasks = pairs.described({"all": {"groups": [0, 1]}, "turned": {"groups": [1, 0]}} | {"none": {"groups": [0, 1]}}, 2)
    tasks.loc["none"] = {"kind": "subset", "classes": frozenset([0]), "left_out": 1, "labels": 1}
    rows = pd.DataFrame({"task": ["all", "turned", "none", "none"]})
    values = np.zeros((4, 2, 2))
    values[2:, 1] = [[0.5, 0.1], [0.7, 0.3]]
    of_classes = xr.DataArray(values, dims=("run", "checkpoint", "class"))
    found = analysis.gain_numbers(of_classes, rows, tasks, draws=9, rng=0)
    assert (found["learned"]["value"], found["left_out"]["value"]) == (pytest.approx(0.6), pytest.approx(0.2))
    assert found["by_task"]["none"] == {"all": 0.4, "own": pytest.approx(0.6), "others": pytest.approx(0.2)}
    assert np.isnan(found["random"]["value"])


def test_a_run_that_diverges_is_left_out_and_said(data, tmp_path, capsys):
    given = job(TEN, n_images=40, seeds=(1, 2), epochs=3)
    wild = given.model_copy(update={"configuration": given.configuration.model_copy(update={"learning_rate": 1e30})})
    train_task(wild, data, tmp_path / "wild.zarr")
    assert "diverged" in capsys.readouterr().err
    store = PredictionStore(tmp_path / "wild.zarr")
    with pytest.raises(geometry.PredictionStoreError, match="fewer than two runs that did not diverge"):
        geometry.check_runs([store], 1)


def test_shares_of_one_network_and_of_two_add_up():
    rng = np.random.default_rng(0)
    cells = [(network, task, seed) for network in ("a", "b") for task in "uvw" for seed in range(3)]
    rows = pd.DataFrame(cells, columns=["network", "task", "seed"])
    rows["run"] = rows.index.astype(str)
    place = rng.normal(size=(18, 5)) + 3 * (rows["task"] == "u").to_numpy()[:, None]
    D = ((place[:, None] - place) ** 2).sum(axis=2)
    two = analysis.share_numbers(D, rows, permutations=19, rng=0)
    one = analysis.share_numbers(D[:9, :9], rows[:9], permutations=19, rng=0)
    assert list(two) == ["task", "network", "interactions", "within"]
    assert sum(part["share"] for part in two.values()) == pytest.approx(1)
    assert list(one) == ["task", "within"]
    assert sum(part["share"] for part in one.values()) == pytest.approx(1)
    means = np.stack([place[:9][rows["task"][:9] == task].mean(0) for task in rows["task"][:9]])
    within = ((place[:9] - means) ** 2).sum() / ((place[:9] - place[:9].mean(0)) ** 2).sum()
    assert one["within"]["share"] == pytest.approx(within)
