import json
from copy import deepcopy
from itertools import product

import numpy as np
import pytest
import yaml
from conftest import ROOT

from paper.study.checks import n_models
from paper.study.configuration import Checkpoints
from paper.study.study import ConfigError, read_study, schema

STUDIES = sorted(path.name for path in (ROOT / "config").glob("*.yaml"))


@pytest.fixture
def data():
    return yaml.safe_load((ROOT / "config/smoke.yaml").read_text())


def test_schema_is_the_one_that_the_models_generate():
    assert (ROOT / "config/schema.json").read_text() == schema(), "run: make schema"


@pytest.mark.parametrize("name", STUDIES)
def test_studies_are_valid_and_named_after_their_file(name):
    study = read_study(ROOT / "config" / name)
    assert f"{study.study}.yaml" == name
    assert study.sections()


def test_schema_forbids_unknown_keys_everywhere():
    objects = [json.loads(schema()), *json.loads(schema())["$defs"].values()]
    assert all(item["additionalProperties"] is False for item in objects if item.get("type") == "object")


def test_factors_of_the_default_study_are_crossed():
    """Of each pair of factors that are compared, every value of one is trained with every value of the other."""
    study = read_study(ROOT / "config/fashion.yaml")
    main, sizes = (list(study.configurations(name).values()) for name in ("main", "sizes"))

    def combinations(*factors):
        found = {tuple(getattr(one, factor) for factor in factors) for one in main}
        return found, product(*({getattr(one, factor) for one in main} for factor in factors))

    for factors in (("name", "optimizer", "batch_size"), ("weight_decay", "optimizer"), ("augmentation", "name")):
        found, wanted = combinations(*factors)
        assert found == set(wanted) and len(found) >= 4
    assert len({one.network.kind for one in main}) == len({one.name for one in main}) == 5
    assert len(study.experiments["main"].seeds) >= 4
    assert {one.network.kind for one in sizes} == {"wrn"} and len(study.experiments["sizes"].seeds) >= 6


def test_ids_are_readable_and_stable(data):
    first, *_, last = read_study(data).configurations("main")
    assert first == "fc-sgdn-b20-lr0.05-wd0-none" and last == "allcnn-adam-b30-lr0.01-wd0.001-cropflip"


def edit(data, path, value):
    data = deepcopy(data)
    *parents, last = path
    place = data
    for key in parents:
        place = place[key]
    place[last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["datset"], {}, "top level: unknown key 'datset'; did you mean 'dataset'\\? allowed: study, device"),
        (["analysis", "n_component"], 3, "analysis: unknown key 'n_component'; did you mean 'n_components'"),
        (["networks", "fc", "depth"], 3, "networks.fc: unknown key 'depth'"),
        (["networks", "fc", "kind"], "mlp", "networks.fc: .*'mlp'.*'fc', 'linear'"),
        (["networks", "wrn_small", "depth"], 12, "6·n \\+ 4"),
        (["networks", "vit", "heads"], 3, "dim 16 is not a multiple of heads 3"),
        (
            ["experiments", "main", "grids", 0, "optimizer"],
            ["rmsprop"],
            "optimizer.0: 'rmsprop' .* 'sgd', 'sgdn' or 'adam'",
        ),
        (["experiments", "main", "grids", 0, "network"], ["lenet"], "'lenet' is not defined; allowed: fc, allcnn"),
        (["experiments", "main", "grids", 0, "batch"], [{"size": 299, "learning_rate": 1}], "size 299 does not fit"),
        (["experiments", "main", "checkpoints"], {"schedule": "log"}, "takes a number of checkpoints"),
        (["experiments", "main", "checkpoints", "schedule"], "linear", "'schedule' should be 'paper', 'log', 'even'"),
        (["experiments", "main", "checkpoints"], {"schedule": "even", "number": 9}, "checkpoints.delta: is missing"),
        (
            ["experiments", "main", "checkpoints"],
            {"schedule": "even", "number": 9, "delta": 1},
            "checkpoints.delta: 1 is not allowed: it should be less than 1",
        ),
        (["experiments", "main", "seeds"], [], "seeds: .* not allowed"),
        (["study"], "Smoke Study", "study: 'Smoke Study' is not allowed"),
        (["dataset", "name"], "cifar", "'name' should be 'fashion_mnist', 'cifar10', 'digits'"),
        (["dataset", "n_train"], -1, "dataset.n_train: -1 is not allowed"),
        (["experiments"], {}, "no 'main'"),
        (["experiments", "ensembles", "seeds"], [1, 2], "one configuration with three seeds or more, not 1 with 2"),
        (["experiments", "ensembles", "grids", 0, "optimizer"], ["sgd", "adam"], "seeds or more, not 2 with 8"),
        (
            ["notebooks", "network_size", "pairs", 0, "large"],
            "wrn_huge",
            "network_size.pairs.0.large: 'wrn_huge' is not defined; allowed: fc",
        ),
        (["notebooks", "network_size", "pairs"], [], "it should have at least 1 of them, not 0"),
        (["notebooks", "network_size", "pairs", 0, "larger_in"], "depth", "two pairs are larger in depth; give one"),
        (["notebooks", "network_size", "pairs", 0, "small"], "wrn_large", "should be two networks that share"),
        (["notebooks", "network_size", "experiment"], "size", "experiment: 'size' is not defined; allowed: main, ens"),
        (["notebooks", "network_size", "equivalence_margin"], 0, "it should be greater than 0"),
        (
            ["notebooks", "tangent_embeddings", "progress_of"],
            {"alcnn": 0.3},
            "progress_of: 'alcnn' is not defined; allowed: fc, allcnn",
        ),
        (
            ["notebooks", "tangent_embeddings", "progress_of"],
            {"fc": 0.5},
            "tangent_embeddings.progress_of.fc: 0.5 is not allowed",
        ),
        (["notebooks", "tangent_embeddings", "progress_at"], 0, "tangent_embeddings.progress_at: 0 is not allowed"),
        (["notebooks", "tangent_embeddings", "n_sampled"], 3, "tangent_embeddings.n_sampled: 3 is not allowed"),
        (
            ["notebooks", "distances", "other_metrics"],
            ["manhattan"],
            "other_metrics.0: 'manhattan' .* 'spherical', 'jeffreys'",
        ),
        (["notebooks", "distances", "umap_neighbours"], 1, "umap_neighbours: 1 is not allowed"),
        (["notebooks", "distances", "subset_models"], 5, "subset_models: 5 is not allowed"),
        (["notebooks", "distances", "subset_halvings"], 9, "n_train 300 cannot be halved 9 times, only 8"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(data, path, value, message):
    with pytest.raises(ConfigError, match=message):
        read_study(edit(data, path, value))


def test_equal_ids_with_different_settings_are_an_error(data):
    grids = data["experiments"]["main"]["grids"]
    grids.append({**grids[1], "epochs": 7})
    with pytest.raises(ConfigError, match="occurs twice, with 6 and with 7 epochs"):
        read_study(data)


def test_equal_ids_with_different_seeds_are_an_error(data):
    grids = data["experiments"]["main"]["grids"]
    grids.append({**grids[1], "seeds": [7]})
    with pytest.raises(ConfigError, match="-cropflip occurs twice, with other seeds"):
        read_study(data)


def test_a_grid_may_have_seeds_of_its_own(data):
    data["experiments"]["main"]["grids"][1]["seeds"] = [7, 8, 9]
    study = read_study(data, changes={"seed_shift": 100})
    seeds = {name: study.job("main", name).seeds for name in study.configurations("main")}
    assert seeds["fc-sgdn-b20-lr0.05-wd0-none"] == [142, 143]
    assert seeds["fc-sgd-b30-lr0.01-wd0.001-cropflip"] == [107, 108, 109]
    # six configurations of two seeds and four of three, twelve checkpoints each; the geodesic of 50 points and its ends
    assert n_models(study, "main") == (6 * 2 + 4 * 3) * 12 + 52


def test_a_file_that_is_not_there_or_not_yaml_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing\.yaml"):
        read_study(tmp_path / "nothing.yaml")
    (tmp_path / "broken.yaml").write_text("a: [1")
    with pytest.raises(ConfigError, match=r"broken\.yaml"):
        read_study(tmp_path / "broken.yaml")


@pytest.mark.parametrize(("batch_size", "expected"), [(200, 67), (500, 62), (1000, 67)])
def test_paper_schedule_has_the_papers_number_of_checkpoints(batch_size, expected):
    steps = Checkpoints(schedule="paper").steps(50_000 // batch_size, 200)
    assert len(steps) == expected
    assert steps[0] == 0 and steps[-1] == 200 * 50_000 // batch_size


@pytest.mark.parametrize(("number", "last"), [(2, 10), (12, 30), (25, 1200), (25, 10)])
def test_log_schedule_has_the_number_of_checkpoints_asked_for(number, last):
    steps = Checkpoints(schedule="log", number=number).steps(last, 1)
    assert len(steps) == min(number, last + 1)
    assert steps[0] == 0 and steps[-1] == last and (np.diff(steps) > 0).all()
