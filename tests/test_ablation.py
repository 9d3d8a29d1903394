"""Networks of blocks whose components are exchanged, the design they are crossed in, and what tells them apart."""

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from torch import nn

from paper.rooms.ablation import analysis
from paper.rooms.ablation.design import Design
from paper.rooms.ablation.experiment import components_of, name_of
from paper.study.configuration import BlockNetwork
from paper.study.study import ConfigError, read_study
from paper.training.networks import build_network

BASE = {"depth": 2, "width": 8, "mixing": "conv3", "norm": "batch", "residual": True}
SECTION = {
    "images": {"name": "digits", "n_train": 100, "n_test": 50},
    "depth": [2, 1, 4],
    "width": [8],
    "mixing": ["conv3", "attention", "conv1"],
    "norm": ["batch"],
    "residual": [True, False],
    "optimizer": "adam",
    "batch_size": 20,
    "learning_rate": 0.01,
    "epochs": 1,
    "checkpoints": {"schedule": "log", "number": 3},
    "runs": 2,
}
LEVELS = {name: SECTION[name] for name in BASE}


def built(**changes):
    torch.manual_seed(0)
    return build_network(BlockNetwork(kind="blocks", **BASE | changes), (1, 14, 14), 10)


@pytest.mark.parametrize(
    "changes", [{}, {"mixing": "attention"}, {"norm": "layer"}, {"norm": "none"}, {"residual": False}, {"depth": 3}]
)
def test_every_part_of_a_network_of_blocks_learns(changes):
    network = built(**changes)
    network(torch.randn(4, 1, 14, 14)).square().sum().backward()
    parameters = dict(network.named_parameters())
    assert all(parameter.grad is not None for parameter in parameters.values())
    # a bias before a norm is subtracted by it; all others move the output
    assert all(p.grad.abs().sum() > 0 for name, p in parameters.items() if name.endswith("weight"))


def test_components_are_what_their_names_say():
    norms = {"batch": nn.BatchNorm2d, "layer": nn.GroupNorm, "none": nn.Identity}
    for norm, kind in norms.items():
        assert sum(isinstance(layer, kind) for layer in built(norm=norm).modules()) == 3
    convolutions = [layer for layer in built(mixing="conv5", depth=3).modules() if isinstance(layer, nn.Conv2d)]
    assert [layer.kernel_size[0] for layer in convolutions] == [3, *[5, 1] * 3]
    network, x = built(), torch.randn(2, 8, 7, 7)
    with_inputs, without = network[1], built(residual=False)[1]
    assert torch.allclose(with_inputs(x), x + without(x), atol=1e-6)  # the same draws, and x


def test_attention_mixes_all_pixels_and_a_convolution_near_ones():
    x = torch.zeros(1, 8, 7, 7, requires_grad=True)
    for mixing, reached in (("attention", 49), ("conv3", 9), ("conv1", 1)):
        (block,) = [
            layer for layer in built(mixing=mixing, depth=1, norm="none", residual=False) if hasattr(layer, "layers")
        ]
        gradient = torch.autograd.grad(block.layers[0](x + 1)[0, :, 3, 3].sum(), x)[0]
        assert (gradient.abs().sum(dim=1) > 0).sum() == reached


def test_attention_knows_places_by_what_it_learnt_of_them():
    network = built(mixing="attention", norm="none").eval()
    stem, places, rest = network[0], network[1], network[2:]
    x = stem(torch.randn(1, 1, 14, 14))
    turned = x.flip(2)
    assert torch.allclose(rest(x), rest(turned), atol=1e-5)
    assert not torch.allclose(rest(places(x)), rest(places(turned)), atol=1e-5)


def study(**changes):
    return read_study({"study": "mine", "notebooks": {"ablation": SECTION | changes}}).notebooks.ablation


def test_the_first_two_levels_are_crossed_and_others_varied_alone():
    section = study()
    found = [components_of(name) for name in section.networks()]
    assert len(found) == 2**3 + 2
    assert found[0] == BASE
    assert [one for one in found[8:]] == [BASE | {"depth": 4}, BASE | {"mixing": "conv1"}]
    crossed = pd.DataFrame(found[:8])
    for one, other in (("depth", "mixing"), ("depth", "residual"), ("mixing", "residual")):
        assert (crossed.groupby([one, other]).size() == 2).all()
    assert [name_of(one) for one in found] == list(section.networks())


def test_no_two_runs_have_the_same_seed_and_half_are_even():
    seeds = [seed for job in study().jobs().values() for seed in job.seeds]
    assert sorted(seeds) == list(range(1, 21))
    assert (
        len({job.configuration.model_copy(update={"name": "", "network": None}) for job in study().jobs().values()})
        == 1
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mixing": ["conv2"]}, "mixing.0: 'conv2' is not allowed"),
        ({"width": [7]}, "width 7 is not a multiple of 2, the heads of mixing: attention"),
        ({"depth": [1], "mixing": ["conv3"]}, "two of them or more need two levels"),
        ({"batch_size": 33}, "batch_size: 33 does not fit n_train 100"),
        ({"depth": [1, 1]}, "depth: 1 is listed twice"),
        ({"runs": 1}, "runs: "),
    ],
)
def test_wrong_sections_are_said_before_any_job(changes, message):
    with pytest.raises(ConfigError, match=message):
        study(**changes)


@pytest.fixture(scope="module")
def made():
    """Six runs of every network as points: residual connections move all, attention more in deep networks."""
    rng = np.random.default_rng(0)
    rows, x = [], []
    for name, job in study(runs=6).jobs().items():
        parts = components_of(name)
        place = [2.0 * parts["residual"], (parts["mixing"] == "attention") * (1 + (parts["depth"] == 2)), 0]
        for seed in job.seeds:
            rows.append(dict(model=f"{name}/{seed}", kind="run", run=f"{name}-{seed}", network=name, seed=seed))
            x.append(place + 0.05 * rng.normal(size=3))
    table = pd.DataFrame(rows).assign(train_error=np.where(np.arange(len(rows)) == 3, 0.4, 0.02))
    D = ((np.array(x)[:, None] - x) ** 2).sum(axis=2)
    measured = xr.Dataset({"distance": (("run", "other"), D), "null_distance": (("run", "other"), 4 * D + 1)})
    measured = measured.assign(common_distance=measured["distance"])
    return analysis.runs_of(table, LEVELS, 0.1), measured


def test_parts_of_the_variance_are_those_that_were_made(made):
    table, measured = made
    design = Design.of(measured, table)
    parts = design.parts(permutations=499, rng=0)
    assert sum(one["share"] for one in parts.values()) == pytest.approx(1)
    moving = {name for name, one in parts.items() if one.get("holm", 1) <= 0.05}
    assert moving == {"residual", "mixing", "depth", "depth × mixing"}  # deep networks move as attention has more room
    assert parts["residual"]["share"] == pytest.approx(48 / np.trace(_gower(design.distances)), rel=0.1)
    label = design.label(permutations=499, rng=0)
    assert label["share"] < label["permuted"][1]
    assert design.margin("mixing", permutations=99, rng=0)["value"] == pytest.approx(
        parts["mixing"]["share"] - parts["residual"]["share"]
    )
    assert design.at_common_progress().parts(permutations=9, rng=0)["mixing"]["share"] == parts["mixing"]["share"]
    few = design.fitted(design.factors["residual"].to_numpy())
    assert few["mixing"] > parts["mixing"]["share"]  # what residual connections explained is gone
    assert design.additivity(rng=0, draws=20)["value"] < 0.3
    assert design.ratio(draws=50, rng=0)["mean"] < 0.3
    excess = design.floor_and_excess(draws=50, rng=0)
    assert excess["residual"]["mean"] == pytest.approx(4, rel=0.1)
    assert excess["seeds"]["mean"] == pytest.approx(6 * 0.05**2, rel=0.7)


def _gower(D):
    centre = np.eye(len(D)) - 1 / len(D)
    return -centre @ D @ centre / 2


def test_levels_are_compared_with_the_base_one_at_a_time(made):
    table, measured = made
    found = analysis.one_at_a_time(measured, table, LEVELS).set_index(["component", "level"])
    assert found.loc[("mixing", "attention"), "mean"] == pytest.approx(4, rel=0.2)
    assert found.loc[("depth", 4), "mean"] == pytest.approx(0, abs=0.05)
    assert list(found.index) == [
        ("depth", 1),
        ("depth", 4),
        ("mixing", "attention"),
        ("mixing", "conv1"),
        ("residual", False),
    ]


def test_runs_that_do_not_fit_are_named(made):
    table, _ = made
    text = analysis.left_unfitted(table, 0.1)
    assert text.startswith("1 of 60 runs do not fit") and f"{table['network'][3]} (1, up to 40%)" in text
    assert "of all 60 runs" in analysis.left_unfitted(table.assign(fitted=True), 0.5)


def test_distances_over_common_progress_are_means_over_the_values_of_s_there(tmp_path, rng):
    from made_experiment import made_experiment

    from inpca import Trajectory, pairwise_distances
    from inpca.trajectories import GRID
    from paper.models import model_table, open_stores
    from paper.rooms.ablation.common_progress import with_common_progress
    from paper.trajectories import measure_trajectories

    stores = open_stores(made_experiment(tmp_path, rng, configurations=2, checkpoints=5))
    table = model_table(stores, 3)
    measured = measure_trajectories(table, stores, "train", null_seed=0, n_jobs=1)
    found = with_common_progress(measured, table, stores, "train", ["fc"])
    of_fc = measured.isel(run=[0, 1])
    start, reach = float(of_fc["start"].max()), float(of_fc["reach"].min())
    assert (found.attrs["common_start"], found.attrs["common_reach"]) == (start, reach)
    assert found["distance"].identical(measured["distance"])
    s = GRID[(start <= GRID) & (reach >= GRID)]
    assert 0 < len(s) < len(GRID)
    runs = [run for _, run in table[table["kind"] == "run"].groupby("run", sort=False)]
    first, last = (
        Trajectory(store.log_probs("train")[seed], run["train_progress"], truth=store.labels("train"), log=True)
        for store, seed, run in ((stores[0], 0, runs[0]), (stores[1], 1, runs[3]))
    )
    expected = np.mean([pairwise_distances(np.stack([first.at(one), last.at(one)]))[0, 1] for one in s])
    assert float(found["common_distance"][0, 3]) == pytest.approx(expected, rel=1e-4)
