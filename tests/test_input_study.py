"""What a study may not be: each wrong value is named with its key and what is allowed, before any job."""

import re
from copy import deepcopy
from itertools import product

import numpy as np
import pytest
from conftest import ROOT

from paper.data.image_sets import IMAGE_SETS
from paper.study.checks import n_models
from paper.study.strict import shown
from paper.study.study import ConfigError, Study, check_name, read_study
from paper.study.yaml_file import YamlError, merged, parse, read_yaml

SMOKE = read_yaml(ROOT / "config/smoke.yaml")
FC = {"kind": "fc", "widths": [3]}
GRID = "experiments.main.grids.0"
NETWORK_SIZES, DISTANCES, TANGENTS = (
    "notebooks.network_size.networks",
    "notebooks.distances",
    "notebooks.tangent_embeddings",
)
CORNERS, SLOPPY = "notebooks.corner_initialization", "notebooks.sloppy_synthetic"
NAME = "allowed are 1 to 40 characters: lower-case letters a to z, digits and _, a letter first"
BATCH = "(larger than it, or a last batch of one sample, on which BatchNorm is undefined)"
NETWORKS = "fc, allcnn, convmixer, wrn_small, wrn_large, vit"
MODELS = "models of experiments.main (with P0, P* and the points between them)"
INF, NAN = float("inf"), float("nan")


def changed(key, value):
    """The smoke study with one value replaced or added."""
    data = deepcopy(SMOKE)
    *parents, last = (int(part) if part.isdecimal() else part for part in key.split("."))
    place = data
    for part in parents:
        place = place[part]
    place[last] = value
    return data


def complaints(data):
    """Lines of the message about a study, without the first, which names it."""
    with pytest.raises(ConfigError) as error:
        read_study(data)
    first, *lines = str(error.value).splitlines()
    assert first == "configuration is not a valid study:"
    return [line.removeprefix("  ") for line in lines]


WHOLE, NUMBER, FINITE = "it should be a whole number", "it should be a number", "it should be a finite number"
NOT_NEGATIVE, POSITIVE = "it should be greater than or equal to 0", "it should be greater than 0"
AT_LEAST_ONE, A_LIST = "it should be greater than or equal to 1", "it should be a list"
ONE_ITEM, MAPPING = "it should have at least 1 of them, not 0", "it should be a mapping of keys to values"
LARGEST, TEN_THOUSAND = "it should be less than or equal to 1000000", "it should be less than or equal to 10000"

#: Where a value stands, the value, and what is said to be allowed there.
VALUES = [
    ("study", 5, "it should be text"),
    ("device", "gpu", "it should be 'auto', 'cpu' or 'cuda'"),
    ("dataset", [1], MAPPING),
    ("dataset.name", "cifar", "it should be 'fashion_mnist' or 'digits'"),
    ("dataset.n_train", True, WHOLE),
    ("dataset.n_train", 300.0, WHOLE),
    ("dataset.n_train", "300", WHOLE),
    ("dataset.n_train", 0, AT_LEAST_ONE),
    ("dataset.n_test", 10**9, LARGEST),
    ("dataset.pool", 0, AT_LEAST_ONE),
    ("dataset.normalize", 1, "it should be true or false"),
    ("networks.fc", None, MAPPING),
    ("networks.fc.widths", [], ONE_ITEM),
    ("networks.fc.widths.0", 0, AT_LEAST_ONE),
    ("networks.allcnn.c1", -2, AT_LEAST_ONE),
    ("networks.convmixer.depth", 1.5, WHOLE),
    ("experiments.main.seeds", 42, A_LIST),
    ("experiments.main.seeds", [], ONE_ITEM),
    ("experiments.main.seeds.0", -1, NOT_NEGATIVE),
    ("experiments.main.seeds.0", 2**70, f"it should be less than or equal to {2**63 - 1}"),
    ("experiments.main.seeds.0", True, WHOLE),
    ("experiments.main.seeds.0", 1.0, WHOLE),
    ("experiments.main.crop_padding", -1, NOT_NEGATIVE),
    ("experiments.main.checkpoints.number", 1, "it should be greater than or equal to 2"),
    ("experiments.main.checkpoints.number", 10**7, "it should be less than or equal to 1000"),
    ("experiments.main.checkpoints.schedule", "linear", "it should be 'paper' or 'log'"),
    ("experiments.main.grids", [], ONE_ITEM),
    (f"{GRID}.network", [], ONE_ITEM),
    (f"{GRID}.batch.0.size", 1, "it should be greater than or equal to 2"),
    (f"{GRID}.batch.0.learning_rate", INF, FINITE),
    (f"{GRID}.batch.0.learning_rate", NAN, FINITE),
    (f"{GRID}.batch.0.learning_rate", 0, POSITIVE),
    (f"{GRID}.batch.0.learning_rate", -0.1, POSITIVE),
    (f"{GRID}.batch.0.learning_rate", 1e30, "it should be less than or equal to 1000"),
    (f"{GRID}.batch.0.learning_rate", "fast", NUMBER),
    (f"{GRID}.batch.0.learning_rate", True, NUMBER),
    (f"{GRID}.weight_decay", 0, A_LIST),
    (f"{GRID}.weight_decay.0", -1e-3, NOT_NEGATIVE),
    (f"{GRID}.weight_decay.0", INF, FINITE),
    (f"{GRID}.weight_decay.0", NAN, FINITE),
    (f"{GRID}.optimizer.0", "rmsprop", "it should be 'sgd', 'sgdn' or 'adam'"),
    (f"{GRID}.augmentation.0", None, "it should be 'none' or 'cropflip'"),
    (f"{GRID}.epochs", 0, AT_LEAST_ONE),
    (f"{GRID}.epochs", 10**6, "it should be less than or equal to 100000"),
    ("analysis", [], MAPPING),
    ("analysis.n_components", 2, "it should be greater than or equal to 3"),
    ("analysis.n_components", 3.0, WHOLE),
    ("analysis.geodesic_points", 0, AT_LEAST_ONE),
    ("analysis.spread_points", [], ONE_ITEM),
    ("analysis.spread_points", [0.1, 0.2, 0.3, 0.4, 0.5], "it should have at most 4 of them, not 5"),
    ("analysis.spread_points", 0.5, A_LIST),
    ("analysis.spread_points", [1.5], "it should be less than or equal to 1"),
    ("analysis.spread_points", [-3], NOT_NEGATIVE),
    ("analysis.spread_radius", INF, FINITE),
    ("analysis.outlier_distance", -1, POSITIVE),
    ("analysis.fitted_error", 1, "it should be less than 1"),
    ("analysis.null_seed", -1, NOT_NEGATIVE),
    ("analysis.bootstrap_seed", 2**31, f"it should be less than or equal to {2**31 - 1}"),
    ("analysis.bootstrap_draws", 1, "it should be 2 to 100000 (the interval of one draw has no width)"),
    ("analysis.bootstrap_draws", 10**6, "it should be 2 to 100000 (the interval of one draw has no width)"),
    ("analysis.bootstrap_draws", True, WHOLE),
    ("analysis.geodesic_points", 10**6, TEN_THOUSAND),
    ("analysis.n_components", 10**5, TEN_THOUSAND),
    ("notebooks.trajectories.importance_splits", 10**5, TEN_THOUSAND),
    (f"{DISTANCES}.progress_bins", 10**6, TEN_THOUSAND),
    (f"{DISTANCES}.subset_models", 10**6, "it should be less than or equal to 20000"),
    (f"{DISTANCES}.subset_draws", 10**6, "it should be less than or equal to 1000"),
    (f"{DISTANCES}.subset_halvings", 10**6, "it should be less than or equal to 20"),
    (f"{TANGENTS}.n_pairs", 10**6, TEN_THOUSAND),
    ("notebooks.trajectories.importance_splits", 0, AT_LEAST_ONE),
    ("notebooks.network_size.progress_levels", [], ONE_ITEM),
    ("notebooks.network_size.progress_levels", [1], "it should be less than 1"),
    ("notebooks.network_size.progress_levels", [0], POSITIVE),
    (f"{DISTANCES}.other_metrics", [], ONE_ITEM),
    (f"{DISTANCES}.progress_bins", 0, AT_LEAST_ONE),
    (f"{DISTANCES}.tsne_perplexity", 0.5, AT_LEAST_ONE),
    (f"{DISTANCES}.umap_neighbours", 1, "it should be greater than or equal to 2"),
    (f"{DISTANCES}.subset_models", 9, "it should be greater than or equal to 10"),
    (f"{DISTANCES}.subset_draws", -1, AT_LEAST_ONE),
    (f"{TANGENTS}.width", NAN, FINITE),
    (f"{TANGENTS}.width", 0, "it should be greater than or equal to 0.000001"),
    (f"{TANGENTS}.progress_at", 0.5, "it should be less than 0.5"),
    (f"{TANGENTS}.progress_of", {"allcnn": 0}, POSITIVE),
    (f"{TANGENTS}.n_sampled", 3, "it should be greater than or equal to 4"),
    (f"{CORNERS}.learning_rate", INF, FINITE),
    (f"{CORNERS}.fit_epochs", 0, AT_LEAST_ONE),
    (f"{CORNERS}.largest_fit_error", 1.0, "it should be less than 1"),
    (f"{CORNERS}.run_seeds", [], ONE_ITEM),
    (f"{CORNERS}.normal_seeds", [1], "it should have at least 2 of them, not 1"),
    (f"{SLOPPY}.data.dimension", "200", WHOLE),
    (f"{SLOPPY}.data.n_classes", 1, "it should be greater than or equal to 2"),
    (f"{SLOPPY}.data.teacher.seed", -1, NOT_NEGATIVE),
    (f"{SLOPPY}.spectra", {}, ONE_ITEM),
    (f"{SLOPPY}.spectra.sloppy", INF, FINITE),
    (f"{SLOPPY}.spectra.sloppy", True, NUMBER),
    (f"{SLOPPY}.spectra.isotropic.sized_as", 1e9, "it should be less than or equal to 1000"),
    (f"{SLOPPY}.students.mlp", [], ONE_ITEM),
    (f"{SLOPPY}.settings.0.optimizer", "adam", "it should be 'sgd' or 'sgdn'"),
    (f"{SLOPPY}.settings.0.weight_decay", -1, NOT_NEGATIVE),
    (f"{SLOPPY}.bootstrap", 1, "it should be greater than or equal to 2"),
    (f"{SLOPPY}.students.mlp", [10**6], TEN_THOUSAND),
    (f"{SLOPPY}.students.mlp", [1] * 101, "it should have at most 100 of them, not 101"),
    (
        f"{SLOPPY}.sweep.decays",
        [n / 1000 for n in range(101)],
        "it should have at most 100 of them, not 101",
    ),
    (f"{SLOPPY}.sweep.decays", [0.3], "it should have at least 2 of them, not 1"),
]


@pytest.mark.parametrize(("key", "value", "allowed"), VALUES, ids=lambda item: str(item)[:40])
def test_a_wrong_value_is_named_with_its_key_and_what_is_allowed(key, value, allowed):
    data = changed(key, value)
    inner = value
    if isinstance(value, list | dict) and len(value) == 1 and "of them" not in allowed and allowed != MAPPING:
        last, inner = (0, value[0]) if isinstance(value, list) else next(iter(value.items()))
        key = f"{key}.{last}"
    assert complaints(data) == [f"{key}: {shown(inner)} is not allowed: {allowed}"]


#: Settings that do not fit each other or what is known of the data.
MISFITS = [
    ("study", "benchmarks", "study: the name 'benchmarks' is kept for the folder of measured times"),
    ("dataset", None, "networks and experiments need a dataset"),
    ("dataset.n_train", 301, "dataset: n_train 301 is not a multiple of the 10 classes"),
    ("dataset.n_test", 155, "dataset: n_test 155 is not a multiple of the 10 classes"),
    (
        "dataset.n_train",
        1600,
        "dataset: n_train 1600 and n_test 150 are together more than the 1740 samples that can "
        "be had with equally many of each class",
    ),
    ("dataset.pool", 3, "dataset: pool 3 does not divide the images of 8×8 pixels; allowed: 1, 2, 4, 8"),
    (
        "dataset",
        {"name": "fashion_mnist", "n_train": 60010, "n_test": 10},
        "dataset: n_train 60010 is more than the 60000 there are",
    ),
    (
        "dataset",
        {"name": "fashion_mnist", "n_train": 10, "n_test": 10010},
        "dataset: n_test 10010 is more than the 10000 there are",
    ),
    (
        "dataset",
        {"name": "fashion_mnist", "n_train": 100, "n_test": 100, "pool": 3},
        "dataset: pool 3 does not divide the images of 28×28 pixels; allowed: 1, 2, 4, 7, 14, 28",
    ),
    ("networks.fc", {"widths": [3]}, "networks.fc: {'widths': [3]} is not allowed: 'kind' is missing"),
    (
        "networks.fc",
        {"kind": "mlp"},
        "networks.fc: {'kind': 'mlp'} is not allowed: 'kind' should be 'fc', 'allcnn', 'convmixer', 'wrn', 'vit'",
    ),
    (
        "networks.wrn_small.depth",
        11,
        "networks.wrn_small: depth of a wide ResNet is 6·n + 4 with n ≥ 1 (10, 16, 22, …), not 11",
    ),
    ("networks.vit.heads", 3, "networks.vit: dim 16 is not a multiple of heads 3"),
    ("networks.vit.patch", 9, "networks.vit.patch: 9 is larger than the images of 8×8 pixels"),
    ("networks.convmixer.patch", 9, "networks.convmixer.patch: 9 is larger than the images of 8×8 pixels"),
    (
        "networks.convmixer.kernel",
        4,
        "networks.convmixer: kernel 4 is even; it must be odd (1, 3, 5, …), to have a pixel in its middle",
    ),
    (
        "networks.convmixer.kernel",
        9,
        "networks.convmixer.kernel: 9 reaches beyond the 4×4 patches of an image; allowed: odd, up to 7",
    ),
    ("experiments", {"other": SMOKE["experiments"]["main"]}, "experiments has no 'main', only: other"),
    (
        "experiments.corners",
        SMOKE["experiments"]["main"],
        "experiments.corners: the name is kept for the notebook corner_initialization, which trains its own",
    ),
    (
        "experiments.synthetic",
        SMOKE["experiments"]["main"],
        "experiments.synthetic: the name is kept for the notebook sloppy_synthetic, which trains its own",
    ),
    ("experiments.main.seeds", [42, 42], "experiments.main.seeds: 42 is listed twice; list each value once"),
    (
        "experiments.main.crop_padding",
        5,
        "experiments.main.crop_padding: 5 is more than half of the images of 8×8 pixels; allowed: 0 to 4",
    ),
    (f"{GRID}.batch.0.size", 299, f"{GRID}.batch: size 299 does not fit n_train 300 {BATCH}"),
    (f"{GRID}.batch.0.size", 301, f"{GRID}.batch: size 301 does not fit n_train 300 {BATCH}"),
    (
        f"{GRID}.batch",
        [{"size": 20, "learning_rate": 0.1}] * 2,
        f"{GRID}.batch: size=20 learning_rate=0.1 is listed twice; list each value once",
    ),
    (f"{GRID}.weight_decay", [0, 0.0], f"{GRID}.weight_decay: 0.0 is listed twice; list each value once"),
    (f"{GRID}.optimizer", ["adam", "adam"], f"{GRID}.optimizer: 'adam' is listed twice; list each value once"),
    (f"{GRID}.network", ["fc", "fc"], f"{GRID}.network: 'fc' is listed twice; list each value once"),
    (f"{GRID}.network", ["lenet"], f"{GRID}.network: 'lenet' is not defined; allowed: {NETWORKS}"),
    (f"{GRID}.augmentation", ["none", "none"], f"{GRID}.augmentation: 'none' is listed twice; list each value once"),
    (
        f"{GRID}.batch.0.sise",
        1,
        f"{GRID}.batch.0: unknown key 'sise'; did you mean 'size'? allowed: size, learning_rate",
    ),
    (
        "analysis.n_components",
        293,
        "analysis.n_components: 293 is more than the 292 models of experiments.main "
        "(with P0, P* and the points between them); allowed: 3 to 292",
    ),
    (
        "analysis.n_components",
        120,
        "analysis.n_components: 120 is more than the 116 models of experiments.ensembles "
        "(with P0, P* and the points between them); allowed: 3 to 116",
    ),
    (f"{DISTANCES}.tsne_perplexity", 292, f"{DISTANCES}.tsne_perplexity: 292 must be less than the 292 {MODELS}"),
    (f"{DISTANCES}.umap_neighbours", 292, f"{DISTANCES}.umap_neighbours: 292 must be less than the 292 {MODELS}"),
    ("analysis.spread_points", [0.5, 0.5], "analysis.spread_points: 0.5 is listed twice; list each value once"),
    (
        "notebooks.network_size.progress_levels",
        [0.5, 0.5],
        "notebooks.network_size.progress_levels: 0.5 is listed twice; list each value once",
    ),
    (
        f"{DISTANCES}.other_metrics",
        ["euclidean"] * 2,
        f"{DISTANCES}.other_metrics: 'euclidean' is listed twice; list each value once",
    ),
    (NETWORK_SIZES, ["fc", "fc"], f"{NETWORK_SIZES}: 'fc' is listed twice; list each value once"),
    (NETWORK_SIZES, ["fc"], f"{NETWORK_SIZES}: ['fc'] is not allowed: it should have at least 2 of them, not 1"),
    (NETWORK_SIZES, ["fc", "lenet"], f"{NETWORK_SIZES}: 'lenet' is not defined; allowed: {NETWORKS}"),
    (f"{DISTANCES}.subset_halvings", 9, f"{DISTANCES}.subset_halvings: n_train 300 cannot be halved 9 times, only 8"),
    (f"{TANGENTS}.progress_of", {"lenet": 0.3}, f"{TANGENTS}.progress_of: 'lenet' is not defined; allowed: {NETWORKS}"),
    (
        f"{TANGENTS}.largest_loss",
        1e-9,
        f"{TANGENTS}.largest_loss: 1e-09 leaves out the models of the initial mean, at progress 0.2, where the loss "
        "is 1.23 on the geodesic; allowed: more than that",
    ),
    (
        TANGENTS,
        {"largest_loss": 1.5, "progress_of": {"fc": 0.1}},
        f"{TANGENTS}.largest_loss: 1.5 leaves out the models of the initial mean, at progress 0.1, where the loss "
        "is 1.68 on the geodesic; allowed: more than that",
    ),
    ("networks.fc.widths", [32, 10**6], "networks.fc.widths: 1000000 is too large; allowed: 1 to 10000"),
    ("networks.convmixer.depth", 10**5, "networks.convmixer.depth: 100000 is too large; allowed: 1 to 10000"),
    (
        "experiments.main.seeds",
        list(range(2000)),
        "experiments.main: the distances between its 240052 models would take 461 GB; allowed: up to 200000 models",
    ),
    (f"{CORNERS}.network", "lenet", f"{CORNERS}.network: 'lenet' is not defined; allowed: {NETWORKS}"),
    (f"{CORNERS}.subset", 301, f"{CORNERS}.subset: 301 samples are more than n_train 300"),
    (f"{CORNERS}.subset", 41, f"{CORNERS}.batch_size: 20 does not fit subset 41 {BATCH}"),
    (f"{CORNERS}.label_seeds", [0, 0], f"{CORNERS}.label_seeds: 0 is listed twice; list each value once"),
    (f"{SLOPPY}.settings.0.batch_size", 199, f"{SLOPPY}: settings.0: batch_size 199 does not fit n_train 200 {BATCH}"),
    (f"{SLOPPY}.late_from_epoch", 7, f"{SLOPPY}: settings.0: 6 epochs are fewer than late_from_epoch 7"),
    (f"{SLOPPY}.data.n_classes", 101, f"{SLOPPY}: data.n_classes: 101 classes are more than the 100 samples of n_test"),
    (
        f"{SLOPPY}.data.n_classes",
        1000,
        f"{SLOPPY}: data.n_classes: 1000 classes are more than the 200 samples of n_train",
    ),
    (f"{SLOPPY}.data.dimension", 10**6, f"{SLOPPY}: data.dimension: 1000000 is too large; allowed: 1 to 10000"),
    (
        f"{SLOPPY}.data.teacher.hidden",
        10**6,
        f"{SLOPPY}: data.teacher.hidden: 1000000 is too large; allowed: 1 to 10000",
    ),
    (
        f"{SLOPPY}.data",
        SMOKE["notebooks"]["sloppy_synthetic"]["data"] | {"n_train": 10**6, "dimension": 1000},
        f"{SLOPPY}: data.dimension: 1000 times 1000100 samples is more than 1000000000 numbers",
    ),
    (
        f"{SLOPPY}.corners",
        {0: 1, 2: 1},
        f"{SLOPPY}: corners.0: one run has no standard error; give it two run seeds or more",
    ),
    (f"{SLOPPY}.corners", {1: 1}, f"{SLOPPY}: corners.1: one run has no standard error; give it two run seeds or more"),
    (
        f"{SLOPPY}.corners",
        {1000: 1000},
        f"{SLOPPY}: corners: 8000000 models on each data set are too many; allowed: up to 50000",
    ),
    (
        f"{SLOPPY}.sweep.corners",
        {1000: 1000},
        f"{SLOPPY}: sweep.corners: 5000000 models on each data set are too many; allowed: up to 50000",
    ),
    (f"{SLOPPY}.corners", {-1: 2}, f"{SLOPPY}.corners: -1 is not allowed: {NOT_NEGATIVE}"),
    (f"{SLOPPY}.corners", {"x": 1}, f"{SLOPPY}.corners: 'x' is not allowed: {WHOLE}"),
    (f"{SLOPPY}.corners", {True: 1}, f"{SLOPPY}.corners: True is not allowed: {WHOLE}"),
    (
        f"{SLOPPY}.spectra.sloppy",
        1e-300,
        f"{SLOPPY}.spectra.sloppy: 1e-300 is not allowed: a decay is 0 (isotropic), or at least 1e-06",
    ),
    (
        f"{SLOPPY}.sweep.decays",
        [0.3, 0.01],
        f"{SLOPPY}.sweep: decays must be different, ascending and not negative, not [0.3, 0.01]",
    ),
]


@pytest.mark.parametrize(("key", "value", "message"), MISFITS, ids=lambda item: str(item)[:40])
def test_settings_that_do_not_fit_are_named_with_what_is_allowed(key, value, message):
    assert complaints(changed(key, value)) == [message]


BAD_NAMES = [
    "$(touch PWNED)",
    ";touch x",
    "a" * 41,
    "a" * 250,
    "a/b",
    "../x",
    "a&b",
    "{seed}",
    "<script>",
    "a b",
    "größe",
    "",
    "-rf",
    "Fc",
    "1a",
    "_a",
    "a-b",
    "a.b",
    "a\nb",
    "a'b",
    "`id`",
    "~",
    "*",
]
NAMED = {
    "networks": lambda name: merged(SMOKE, {"networks": {name: FC}}),
    "experiments": lambda name: merged(SMOKE, {"experiments": {name: SMOKE["experiments"]["main"]}}),
    f"{SLOPPY}.spectra": lambda name: merged(SMOKE, {"notebooks": {"sloppy_synthetic": {"spectra": {name: 0.5}}}}),
    f"{SLOPPY}.students": lambda name: merged(SMOKE, {"notebooks": {"sloppy_synthetic": {"students": {name: [3]}}}}),
    "study": lambda name: changed("study", name),
    f"{CORNERS}.network": lambda name: changed(f"{CORNERS}.network", name),
    f"{GRID}.network.0": lambda name: changed(f"{GRID}.network.0", name),
    f"{NETWORK_SIZES}.0": lambda name: changed(f"{NETWORK_SIZES}.0", name),
    f"{TANGENTS}.progress_of": lambda name: changed(f"{TANGENTS}.progress_of", {name: 0.3}),
}


@pytest.mark.parametrize(("key", "name"), list(product(NAMED, BAD_NAMES)), ids=lambda item: item[:40] or "empty")
def test_a_name_that_is_no_safe_file_name_is_refused_on_one_line(key, name):
    shown = repr(name) if len(repr(name)) <= 60 else f"{repr(name)[:59]}…"
    assert complaints(NAMED[key](name)) == [f"{key}: {shown} is not allowed as a name; {NAME}"]


def test_a_key_that_is_no_text_is_refused():
    for name in (7, True, None):
        data = deepcopy(SMOKE)
        data["networks"][name] = FC
        assert complaints(data) == [f"networks: {name!r} is not allowed: it should be text"]


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
    read_study(changed(f"{SLOPPY}.corners", {0: 2, 2: 1}))
    read_study(changed(f"{SLOPPY}.sweep.corners", {0: 1}))
    for bounds in ({"n_train": 1590, "pool": 8}, {"n_train": 1000, "n_test": 740}):
        data = deepcopy(SMOKE)
        data["notebooks"]["corner_initialization"] = None
        data["dataset"] |= bounds
        data["networks"]["convmixer"] |= {"patch": 1, "kernel": 1}
        data["networks"]["vit"] |= {"patch": 1}
        data["experiments"]["main"]["crop_padding"] = 0
        data["experiments"]["ensembles"]["crop_padding"] = 0
        read_study(data)


def test_networks_that_share_no_method_cannot_be_compared():
    data = changed(f"{GRID}.network", ["fc", "allcnn", "wrn_small"])
    data["experiments"]["main"]["grids"][1]["network"] = ["wrn_large"]
    data["notebooks"]["trajectories"] = None
    assert complaints(data) == [
        f"{NETWORK_SIZES}: wrn_small and wrn_large share no optimizer, batch size, weight decay and augmentation "
        "in experiments.main, so no two runs can be compared"
    ]
    data["experiments"]["main"]["grids"][1]["network"] = ["fc"]
    assert complaints(data) == [
        f"{NETWORK_SIZES}: 'wrn_large' is in no grid of experiments.main; allowed: allcnn, fc, wrn_small"
    ]


def test_a_notebook_that_a_study_has_too_few_runs_for_is_named():
    data = changed("experiments.main.grids", SMOKE["experiments"]["main"]["grids"][:1])
    assert complaints(data) == [
        "notebooks.trajectories: needs 9 configurations and 10 runs in experiments.main, which has 6 and 12; leave the "
        "notebook out or add some"
    ]
    data["notebooks"]["trajectories"] = None
    assert "trajectories" not in read_study(data).sections()


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


FILES = [
    (b"", " is empty"),
    (b"# nothing\n", " is empty"),
    (b"- a\n- b\n", " holds a list; it should hold keys with values"),
    (b"study", " holds a str; it should hold keys with values"),
    (b"study: a\ndevice: cpu\nstudy: b\n", ", line 3: key 'study' occurs twice in one place, first in line 1"),
    (b"a: {x: 1, x: 2}\n", ", line 1: key 'x' occurs twice in one place, first in line 1"),
    (
        b"study: a\n\tdevice: cpu\n",
        ", line 2: found character '\\t' that cannot start any token; indent with spaces, not with tabs",
    ),
    (b"study: [1\n", ", line 2: expected ',' or ']', but got '<stream end>'"),
    (b"study: caf\xe9\n", " is not UTF-8 text (byte 10); save it as UTF-8"),
    (b"? [a, b]\n: 1\n", ", line 1: a key is a list or a mapping"),
    (b"a: *b\n", ", line 1: found undefined alias 'b'"),
    (
        b"a: !!python/object:os.system x\n",
        ", line 1: could not determine a constructor for the tag 'tag:yaml.org,2002:python/object:os.system'",
    ),
]


@pytest.mark.parametrize(("content", "message"), FILES, ids=range(len(FILES)))
def test_a_file_that_is_no_mapping_in_yaml_is_named_with_its_line(tmp_path, content, message):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(YamlError) as error:
        read_yaml(path)
    assert str(error.value) == f"{path}{message}"
    with pytest.raises(ConfigError, match=f"^{re.escape(str(error.value))}$"):
        read_study(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    for path, reason in ((tmp_path, "Is a directory"), (tmp_path / "no.yaml", "No such file or directory")):
        with pytest.raises(ConfigError, match=f"^{re.escape(str(path))} cannot be read: {reason}$"):
            read_study(path)


def test_numbers_of_yaml_are_what_they_look_like():
    found = parse("a: 1e-3\nb: 1.0E5\nc: .5e1\nd: 12\ne: 1e\nf: .inf\nbase: &b {x: 1, y: 2}\nown: {<<: *b, y: 3}")
    assert found == {
        "a": 1e-3,
        "b": 1e5,
        "c": 5.0,
        "d": 12,
        "e": "1e",
        "f": INF,
        "base": {"x": 1, "y": 2},
        "own": {"x": 1, "y": 3},
    }


def test_changes_replace_values_key_by_key_and_are_typed():
    data = {"a": {"x": 1, "y": 2}, "b": [1], "c": {0: 1}}
    changes = {"a": {"y": "0.5"}, "b": ["3", "x"], "c": {"0": "2"}, "d": "true", "e": "a: [", "f": None}
    assert merged(data, changes) == {
        "a": {"x": 1, "y": 0.5},
        "b": [3, "x"],
        "c": {0: 2},
        "d": True,
        "e": "a: [",
        "f": None,
    }
    assert data == {"a": {"x": 1, "y": 2}, "b": [1], "c": {0: 1}}
    assert read_study(SMOKE, changes={"analysis": {"spread_radius": "0.2"}}).analysis.spread_radius == 0.2
