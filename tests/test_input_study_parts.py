"""Parts of a study that do not fit each other or the data are named with what is allowed."""

import pytest
from study_changes import (
    BATCH,
    CORNERS,
    DISTANCES,
    GRID,
    MODELS,
    NETWORK_SIZES,
    NETWORKS,
    NOT_NEGATIVE,
    SLOPPY,
    SMOKE,
    TANGENTS,
    WHOLE,
    changed,
    complaints,
)

THREE_RUNS = "give it 3 runs or more, which are run seeds times corners"

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
        "networks.fc: {'kind': 'mlp'} is not allowed: 'kind' should be 'fc', 'linear', 'allcnn', 'convmixer', 'wrn', "
        "'resnet', 'vit', 'blocks'",
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
    (
        "analysis.sample_step",
        2,
        "notebooks.own_runs: learners are placed by their distances on all samples; analysis.sample_step should be 1, "
        "not 2, or leave the notebook out",
    ),
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
    (f"{NETWORK_SIZES}.1.large", "lenet", f"{NETWORK_SIZES}.1.large: 'lenet' is not defined; allowed: {NETWORKS}"),
    (
        f"{NETWORK_SIZES}.1.larger_in",
        "width",
        f"{NETWORK_SIZES}: two pairs are larger in width; give one pair for each",
    ),
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
        "experiments.main: its 240052 models are too many; allowed: up to 200000 models",
    ),
    (f"{CORNERS}.network", "lenet", f"{CORNERS}.network: 'lenet' is not defined; allowed: {NETWORKS}"),
    (f"{CORNERS}.subset", 301, f"{CORNERS}.subset: 301 samples are more than n_train 300"),
    (f"{CORNERS}.subset", 41, f"{CORNERS}.batch_size: 20 does not fit subset 41 {BATCH}"),
    (f"{CORNERS}.label_seeds", [0, 0], f"{CORNERS}.label_seeds: 0 is listed twice; list each value once"),
    (f"{SLOPPY}.settings.0.batch_size", 199, f"{SLOPPY}: settings.0: batch_size 199 does not fit n_train 200 {BATCH}"),
    (
        f"{SLOPPY}.data.teacher.directions",
        41,
        f"{SLOPPY}: data.teacher.directions: 41 are more than the 40 of data.dimension",
    ),
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
    (f"{SLOPPY}.corners", {0: 2, 2: 2}, f"{SLOPPY}: corners.0: 2 runs give a dimension no interval; {THREE_RUNS}"),
    (f"{SLOPPY}.corners", {2: 1}, f"{SLOPPY}: corners.2: 2 runs give a dimension no interval; {THREE_RUNS}"),
    (
        f"{SLOPPY}.sweep.corners",
        {1: 1},
        f"{SLOPPY}: sweep.corners.1: 1 run gives a dimension no interval; {THREE_RUNS}",
    ),
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
