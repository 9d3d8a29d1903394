"""A study as a whole: values at their bounds, ids of its configurations, what it has of notebooks and models."""

import re
from copy import deepcopy

import numpy as np
import pytest
from conftest import ROOT
from study_changes import DISTANCES, FC, GRID, NETWORK_SIZES, SLOPPY, SMOKE, TANGENTS, changed, complaints

from paper.data.image_sets import IMAGE_SETS
from paper.study.checks import n_models
from paper.study.study import ConfigError, Study, check_name, read_study


def test_every_wrong_value_has_its_own_line():
    data = changed("notebooks.network_size.progress_levels", [-1, 7]) | {"device": "gpu"}
    assert [line.split(":")[0] for line in complaints(data)] == [
        "device",
        "notebooks.network_size.progress_levels.0",
        "notebooks.network_size.progress_levels.1",
    ]


def test_seeds_and_other_values_at_their_bounds_are_taken():
    read_study(changed("experiments.main.seeds", [0, 2**63 - 1]))
    read_study(changed("analysis.n_components", 116))
    read_study(changed(f"{DISTANCES}.tsne_perplexity", 291.5))
    read_study(changed("experiments.main.crop_padding", 4))
    read_study(changed("networks.convmixer.kernel", 7))
    read_study(changed("analysis.spread_points", [0, 1]))
    read_study(changed("analysis.geodesic_points", 10_000))
    read_study(changed("analysis.bootstrap_draws", 2))
    read_study(changed(f"{TANGENTS}.largest_loss", 1.24))
    read_study(changed(f"{SLOPPY}.data.n_classes", 100))
    read_study(changed(f"{SLOPPY}.corners", {0: 3, 3: 1}))
    read_study(changed(f"{SLOPPY}.sweep.corners", {0: 3}))
    for bounds in ({"n_train": 1590, "pool": 8}, {"n_train": 1000, "n_test": 740}):
        data = deepcopy(SMOKE)
        data["notebooks"]["corner_initialization"] = None
        data["dataset"] |= bounds
        data["networks"]["convmixer"] |= {"patch": 1, "kernel": 1}
        data["networks"]["vit"] |= {"patch": 1}
        data["experiments"]["main"]["crop_padding"] = 0
        data["experiments"]["ensembles"]["crop_padding"] = 0
        data["experiments"]["sizes"]["crop_padding"] = 0
        read_study(data)


def test_networks_that_share_no_method_cannot_be_compared():
    data = changed("experiments.sizes.grids.0.network", ["wrn_small", "wrn_deep"])
    other = SMOKE["experiments"]["sizes"]["grids"][0] | {"network": ["wrn_large"], "optimizer": ["adam"]}
    data["experiments"]["sizes"]["grids"].append(other)
    assert complaints(data) == [
        f"{NETWORK_SIZES}.0: wrn_small and wrn_large should be two networks that share optimizer, batch size, weight "
        "decay and augmentation in experiments.sizes; no two of their runs can be compared"
    ]
    data["experiments"]["sizes"]["grids"].pop()
    assert complaints(data) == [
        f"{NETWORK_SIZES}.0.large: 'wrn_large' is in no grid of experiments.sizes; allowed: wrn_deep, wrn_small"
    ]


def test_a_notebook_that_a_study_has_too_few_runs_for_is_named():
    data = changed("experiments.main.grids", SMOKE["experiments"]["main"]["grids"][:1])
    assert complaints(data) == [
        "notebooks.trajectories: needs 9 configurations and 10 runs in experiments.main, which has 6 and 12; leave the "
        "notebook out or add some"
    ]
    data["notebooks"]["trajectories"] = None
    assert "trajectories" not in read_study(data).sections()


def test_a_dimension_that_would_have_no_error_is_refused_before_anything_is_trained():
    main = SMOKE["experiments"]["main"] | {
        "grids": [SMOKE["experiments"]["main"]["grids"][0] | {"network": ["fc", "vit"]}]
    }
    data = SMOKE | {"experiments": {"main": main}, "notebooks": {"main_manifold": {}}}
    assert complaints(data) == [
        "notebooks.main_manifold: the dimension of experiments.main needs 3 configurations, of which one is left out "
        "at a time; there are 2"
    ]


def test_a_study_of_synthetic_data_has_no_settings_of_networks_on_images():
    synthetic = {"sloppy_synthetic": SMOKE["notebooks"]["sloppy_synthetic"]}
    assert read_study({"study": "mine", "notebooks": synthetic}).dataset is None
    for name in ("network_size", "corner_initialization"):
        data = {"study": "mine", "notebooks": synthetic | {name: SMOKE["notebooks"][name]}}
        assert complaints(data) == [f"notebooks.{name}: needs experiments.main, which the study does not have"]
    assert complaints({"study": "mine"}) == [
        "a study needs a dataset with experiments, or a notebook that has data of its own"
    ]


def test_ids_of_configurations_are_different_and_short():
    data = deepcopy(SMOKE)
    names = ["a", "a_sgd", "a" * 40, "a_b20", "a_b2"]
    data["networks"] |= {name: FC for name in names}
    grid = data["experiments"]["main"]["grids"][0]
    grid |= {
        "network": names,
        "optimizer": ["sgd", "sgdn", "adam"],
        "augmentation": ["none", "cropflip"],
        "batch": [{"size": size, "learning_rate": rate} for size in (2, 20) for rate in (1e-300, 0.123456, 1.0)],
        "weight_decay": [0, 1.23456e-5],
    }
    data["notebooks"] |= {"network_size": None, "tangent_embeddings": {}}
    data["experiments"]["main"]["grids"] = [grid]
    ids = list(read_study(data).configurations("main"))
    assert len(set(ids)) == len(ids) == 5 * 3 * 2 * 6 * 2
    assert all(re.fullmatch(r"[a-z0-9_.+-]+", name) and len(f".partial-{name}.zarr".encode()) < 255 for name in ids)


def test_rates_that_an_id_cannot_tell_apart_are_an_error():
    data = changed(f"{GRID}.batch", [{"size": 20, "learning_rate": rate} for rate in (0.05, 0.05000001)])
    (line,) = complaints(data)
    assert line.startswith("experiments.main: fc-sgdn-b20-lr0.05-wd0-none occurs twice, with 6 and with 6 epochs, or")


def test_models_are_counted_as_they_are_embedded():
    study = read_study(SMOKE)
    assert n_models(study, "main") == 10 * 2 * 12 + 52 and n_models(study, "ensembles") == 8 * 8 + 52
    data = changed("experiments.main.checkpoints", {"schedule": "paper"})
    study = read_study(data)
    steps = [study.experiments["main"].checkpoints.steps(300 // size, 6) for size in (20, 30)]
    assert n_models(study, "main") == 2 * (6 * len(steps[0]) + 4 * len(steps[1])) + 52


def test_digits_have_as_many_samples_as_is_said():
    from sklearn.datasets import load_digits

    bunch, known = load_digits(), IMAGE_SETS["digits"]
    assert bunch.images.shape[1:] == (known.side, known.side)
    counts = np.bincount(bunch.target)
    assert len(counts) == known.n_classes and counts.min() == known.fewest_train


def test_a_study_survives_json():
    for name in ("fashion", "smoke", "synthetic"):
        study = read_study(ROOT / f"config/{name}.yaml")
        assert Study.model_validate_json(study.model_dump_json()) == study
        assert read_study(study.model_dump(mode="json")) == study


def test_a_study_has_the_name_of_no_other_file(tmp_path):
    shipped = ROOT / "config"
    for name in ("fashion", "smoke", "synthetic"):
        check_name(read_study(shipped / f"{name}.yaml"), shipped / f"{name}.yaml", shipped)
    copy = tmp_path / "smoke.yaml"
    copy.write_bytes((shipped / "smoke.yaml").read_bytes())
    check_name(read_study(copy, changes={"study": "mine"}), copy, shipped)
    for changes, name in (({}, "smoke"), ({"study": "synthetic"}, "synthetic")):
        with pytest.raises(ConfigError) as error:
            check_name(read_study(copy, changes=changes), copy, shipped)
        assert str(error.value) == (
            f"{copy}: study: the name '{name}' is that of config/{name}.yaml, whose results would be overwritten; "
            "choose another name"
        )
    (tmp_path / "link.yaml").symlink_to(shipped / "smoke.yaml")
    check_name(read_study(shipped / "smoke.yaml"), tmp_path / "link.yaml", shipped)
