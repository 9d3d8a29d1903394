"""What a study may not be: each wrong value is named with its key and what is allowed, before any job."""

from copy import deepcopy
from itertools import product

import pytest
from study_changes import (
    A_LIST,
    AT_LEAST_ONE,
    CORNERS,
    DISTANCES,
    FC,
    FINITE,
    GRID,
    INF,
    LARGEST,
    MAPPING,
    NAME,
    NAN,
    NETWORK_SIZES,
    NOT_NEGATIVE,
    NUMBER,
    ONE_ITEM,
    POSITIVE,
    SLOPPY,
    SMOKE,
    TANGENTS,
    TEN_THOUSAND,
    WHOLE,
    changed,
    complaints,
)

from paper.study.strict import shown
from paper.study.yaml_file import merged

VALUES = [
    ("study", 5, "it should be text"),
    ("device", "gpu", "it should be 'auto', 'cpu' or 'cuda'"),
    ("dataset", [1], MAPPING),
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
    ("notebooks.sloppy_synthetic.checkpoints.schedule", "even", "it should be 'paper' or 'log'"),
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
    ("analysis.spread_radius_test", 0, POSITIVE),
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
    (f"{SLOPPY}.data.teacher.directions", 0, AT_LEAST_ONE),
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
    f"{NETWORK_SIZES}.0.small": lambda name: changed(f"{NETWORK_SIZES}.0.small", name),
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
