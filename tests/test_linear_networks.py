"""Linear networks: theory against trained models and limits, explained stress on any axes against InPCA's own."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from torch import nn

from inpca import InPCA, pairwise_distances, signed_spectrum
from paper.data.preparation import prepare
from paper.models import model_table, open_stores
from paper.rooms.linear_networks import analysis, axes, theory
from paper.rooms.linear_networks.experiment import Theory
from paper.rooms.linear_networks.explained import explained_by_axes
from paper.study.configuration import Linear
from paper.study.study import ConfigError, read_study
from paper.training.networks import build_network
from paper.training.runs import train

STEPS = np.array([0, 1, 3, 10, 40])


def exact_runs(d):
    """Initial weights whose mean is 0 and whose covariance is the identity, exactly."""
    turned, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((d, d)))
    return np.sqrt(d) * np.hstack([turned, -turned])


@pytest.mark.parametrize(("decay", "scale", "rate"), [(0, 1, 0.5), (0.3, 0.2, 0.9), (1.5, 3, 0.1)])
def test_theory_is_exact_for_runs_of_exact_covariance(decay, scale, rate):
    rng, d = np.random.default_rng(0), 6
    spectrum = theory.input_spectrum(decay, d)
    inputs, vectors = theory.inputs_of(spectrum, 15, rng)
    assert np.linalg.eigvalsh(inputs.T @ inputs / 15)[::-1] == pytest.approx(spectrum)
    targets = inputs @ vectors @ rng.choice([-1, 1], d)
    outputs = theory.trained_outputs(inputs, targets, scale * exact_runs(d), STEPS, rate)
    found = theory.measured_eigenvalues(outputs)
    expected = theory.predicted_eigenvalues(spectrum, scale, STEPS, rate)
    assert found[:d] == pytest.approx(expected, rel=1e-7, abs=1e-12)
    assert np.abs(found[d:]).max() < 1e-12
    # and InPCA of the distances between the models has the same spectrum
    models = outputs.transpose(0, 2, 1).reshape(-1, 15)
    W = signed_spectrum(((models[:, None] - models) ** 2).mean(axis=2))
    assert W[:d] / len(models) == pytest.approx(expected, rel=1e-7, abs=1e-12)


def test_gradient_descent_is_that_of_torch():
    rng = np.random.default_rng(0)
    inputs, targets, weights = rng.standard_normal((7, 3)), rng.standard_normal(7), rng.standard_normal((3, 1))
    w = torch.tensor(weights, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    found = theory.trained_outputs(inputs, targets, weights, np.arange(5), 0.1)
    for outputs in found:
        predicted = torch.tensor(inputs) @ w
        assert outputs == pytest.approx(predicted.detach().numpy())
        optimizer.zero_grad()
        ((predicted[:, 0] - torch.tensor(targets)) ** 2).mean().div(2).backward()
        optimizer.step()


def test_means_over_all_steps_are_geometric_series():
    spectrum, last, rate = theory.input_spectrum(0.7, 4), 30, 0.4
    kept = 1 - rate * spectrum

    def mean(of):
        return (1 - of ** (last + 1)) / (1 - of) / (last + 1)

    shared = mean(np.outer(kept, kept)) - np.outer(mean(kept), mean(kept))
    expected = np.sqrt(np.outer(spectrum, spectrum)) * shared + 4 * np.diag(spectrum * mean(kept**2))
    assert theory.predicted_covariance(spectrum, 2, np.arange(last + 1), rate) == pytest.approx(expected)


def test_small_rates_are_gradient_flow():
    spectrum, times = theory.input_spectrum(0.5, 5), np.array([0, 1, 2, 5])
    kept = np.exp(-np.outer(times, spectrum))
    root = np.sqrt(spectrum)
    flow = np.cov(kept, rowvar=False, bias=True) * np.outer(root, root) + np.diag(spectrum * (kept**2).mean(axis=0))
    assert theory.predicted_covariance(spectrum, 1, 10_000 * times, 1e-4) == pytest.approx(flow, rel=1e-3)


def test_small_weights_or_sloppy_inputs_need_few_axes_and_flat_ones_many():
    found = theory.simulated(Theory(dimension=20, decays=[0, 1.0], lengths=[100], runs=200, replicates=2, n_samples=30))
    numbers = analysis.theory_numbers(found)
    assert numbers["flat_small"]["axes"] == numbers["flat_small"]["theory"] == 1
    assert numbers["flat"]["axes"] > 2 * numbers["sloppy"]["axes"]
    assert numbers["error"]["value"] < 0.2 < numbers["error"]["inputs"]
    assert found.identical(theory.simulated(Theory(**{**found_settings(), "seed": 0})))
    assert not found.identical(theory.simulated(Theory(**{**found_settings(), "seed": 1})))


def found_settings():
    return {"dimension": 20, "decays": [0, 1.0], "lengths": [100], "runs": 200, "replicates": 2, "n_samples": 30}


@pytest.fixture(scope="module")
def models():
    rng = np.random.default_rng(0)
    return rng.dirichlet(np.ones(4), size=(25, 12))


def test_on_own_axes_explained_stress_is_that_of_inpca(models):
    inpca = InPCA(8).fit(models)
    found = explained_by_axes(inpca.distances_, inpca.embedding_, inpca.signature_)
    assert found == pytest.approx(inpca.explained_stress_, abs=1e-6)
    placed = inpca.transform(models)
    assert explained_by_axes(inpca.distances_, placed, inpca.signature_) == pytest.approx(found, abs=1e-6)


def test_no_axes_explain_more_than_own_ones(models):
    D, own = pairwise_distances(models[:12]), InPCA(3).fit(models[:12])
    other = InPCA(3).fit(models[12:])
    foreign = explained_by_axes(D, other.transform(models[:12]), other.signature_)
    assert (foreign < explained_by_axes(D, own.embedding_, own.signature_)).all()


def test_with_units_left_out_it_is_that_of_the_others(models):
    rng = np.random.default_rng(0)
    groups, units = rng.integers(3, size=25), np.array(list("abcde"))[rng.permutation(25) % 5]
    groups[units == "a"] = 3  # a group that goes with its unit
    inpca = InPCA(4).fit(models[:10])
    D, X = pairwise_distances(models), inpca.transform(models)
    for of in (None, groups):
        found = explained_by_axes(D, X, inpca.signature_, of, units)
        expected = [explained_by_axes(D, X, inpca.signature_, of)]
        for unit in dict.fromkeys(units):
            kept = units != unit
            rest = None if of is None else of[kept]
            expected.append(explained_by_axes(D[np.ix_(kept, kept)], X[kept], inpca.signature_, rest))
        assert found == pytest.approx(np.array(expected), abs=1e-9)


def test_explained_stress_is_that_of_centred_matrices(models):
    groups = np.arange(25) % 3
    inpca = InPCA(4).fit(models[:10])
    D, X = pairwise_distances(models), inpca.transform(models)
    same = groups[:, None] == groups
    L = np.eye(25) - same / same.sum(axis=1)
    W, Y = -0.5 * L @ D @ L, L @ X
    for k in range(1, 5):
        left = np.linalg.norm(W - (Y[:, :k] * inpca.signature_[:k]) @ Y[:, :k].T) / np.linalg.norm(W)
        assert explained_by_axes(D, X, inpca.signature_, groups)[k - 1] == pytest.approx(1 - left, abs=1e-9)


def test_in_groups_what_all_of_a_group_share_counts_for_nothing():
    rng = np.random.default_rng(0)
    groups, x = np.repeat([0, 1], 5), rng.standard_normal((10, 2))
    D = ((x[:, None] - x) ** 2).sum(axis=2)
    far = x + 100 * groups[:, None]
    D_far = ((far[:, None] - far) ** 2).sum(axis=2)
    near = explained_by_axes(D, x, np.ones(2), groups)
    assert explained_by_axes(D_far, far, np.ones(2), groups) == pytest.approx(near, abs=1e-6)
    assert near[1] == pytest.approx(1)


def test_linear_networks_are_linear():
    torch.manual_seed(0)
    network = build_network(Linear(kind="linear", widths=[6]), (2, 3, 3), 5)
    assert [type(layer) for layer in network] == [nn.Flatten, nn.Linear, nn.Linear]
    x, y = torch.randn(2, 4, 2, 3, 3)
    zero = network(torch.zeros_like(x))
    assert torch.allclose(network(x + y) - zero, network(x) + network(y) - 2 * zero, atol=1e-5)
    (_, only) = build_network(Linear(kind="linear"), (2, 3, 3), 5)
    assert (only.in_features, only.out_features) == (18, 5)


STUDY = yaml.safe_load((Path(__file__).parent / "mini.yaml").read_text(encoding="utf-8"))
SECTION = {
    "networks": {"linear": {"network": {"kind": "linear"}, "batch_size": 20, "learning_rate": 0.1}},
    "epochs": 2,
    "checkpoints": {"schedule": "log", "number": 6},
    "seeds": [1, 2, 3],
}


def a_study(main=None, **changes):
    experiments = {"main": STUDY["experiments"]["main"] | (main or {})}
    return read_study(STUDY | {"experiments": experiments, "notebooks": {"linear_networks": SECTION | changes}})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"theory": {"decays": [0.1, 0.2]}}, "decays: 0, a flat spectrum, is the control"),
        ({"theory": {"n_samples": 20}}, "n_samples: 20 are fewer than the 40 inputs"),
        ({"seeds": [1]}, "seeds: "),
        ({"models": 5}, "models: "),
        ({"main": {"seeds": [1]}}, "linear_networks: half of the seeds of experiments.main have 0 models, too few"),
        ({"networks": {}}, "linear_networks.networks: "),
        (
            {"networks": {"fc": SECTION["networks"]["linear"]}},
            "networks.fc: the name is that of a network of the study",
        ),
        (
            {"networks": {"other": SECTION["networks"]["linear"] | {"network": {"kind": "fc", "widths": [3]}}}},
            "networks.other.network",
        ),
        (
            {"networks": {"linear": SECTION["networks"]["linear"] | {"batch_size": 200}}},
            "networks.linear.batch_size: 200 does not fit n_train 100",
        ),
    ],
)
def test_wrong_sections_are_said_before_any_job(changes, message):
    with pytest.raises(ConfigError, match=message):
        a_study(**changes)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Stores of the mini study and of a linear network on its images."""
    folder = tmp_path_factory.mktemp("linear")
    study = a_study()
    data = prepare("digits", folder, n_train=100, n_test=100, pool=1, normalize=True)
    jobs = {"linear": study.notebooks.linear_networks.jobs()["linear"]}
    jobs |= {name: study.job("main", name) for name in study.configurations("main")}
    for name, job in jobs.items():
        train(job, data, folder / f"{name}.zarr")
    linear, *networks = (folder / f"{name}.zarr" for name in jobs)
    stores = {"linear": open_stores([linear]), "networks": open_stores(networks)}
    return stores, model_table(stores["networks"], 10)


def test_networks_of_a_study_are_placed_in_axes_of_linear_ones(trained):
    found = axes.explained_stress_of_networks(*trained, 3000, null_seed=0)["explained"]
    assert np.isfinite(found).all() and (found <= 1).all() and found.sizes["left_out"] == 4
    few = found.sel(left_out=axes.NONE, measure="all", target="networks", axis=3, split="train")
    assert few.sel(source="linear") > few.sel(source="renamed")
    numbers = analysis.explained_numbers(found.sel(split="train"))
    assert numbers["ratio"]["linear"]["value"] == pytest.approx(float(few.sel(source="linear") / few.sel(source="own")))
    low, high = numbers["ratio"]["linear"]["interval"]
    assert low < numbers["ratio"]["linear"]["value"] < high


def test_beyond_so_many_models_a_sample_is_placed(trained):
    stores, table = trained
    runs, progress = axes.runs_of(stores["networks"], "train"), table.set_index("model")["train_progress"]
    placed = axes.Placed(runs, progress, 10, seed=0)
    assert placed.D.shape == (10, 10) and len(axes.Placed(runs, progress, 3000, seed=0).D) == sum(map(len, runs))
    found = axes.explained_stress_of_networks(*trained, 12, null_seed=0)["explained"]
    assert np.isfinite(found).all() and (found <= 1).all()


def test_all_models_have_a_place_and_axes_lead_from_ignorance_to_truth(trained):
    table = axes.places_in_linear_axes(*trained)
    ends = table[(table["kind"] == "geodesic") & (table["split"] == "test")]
    assert (ends.iloc[-1][["pc1", "pc2", "pc3"]] > ends.iloc[0][["pc1", "pc2", "pc3"]]).all()
    assert table.groupby("kind")["network"].unique().map(list).to_dict() == {
        "geodesic": ["geodesic"],
        "linear": ["linear"],
        "network": ["fc", "wide", "wider"],
    }
    assert len(table) == 2 * (
        sum(store.n_models for kind in trained[0].values() for store in kind) + len(axes.GEODESIC)
    )
