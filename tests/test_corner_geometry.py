import numpy as np
import pytest
from test_models import CONFIGURATION

from inpca.geometry import bhattacharyya_distance, geodesic, ignorance, truth
from inpca.predictions.store import PredictionWriter
from paper.models import model_table, open_stores
from paper.rooms.corner_initialization.geometry import (
    CURVE_POINTS,
    TRUTH_CURVE,
    corner_runs,
    distances_to_normal_trajectories,
    geodesics_to_corners,
    measure_paths,
)
from paper.stored import stored_runs

LABELS = {"train": np.arange(12) % 3, "test": np.arange(6) % 3}
STEPS = [0, 3, 6]


def make_store(path, start, seeds, trajectory):
    """A store whose run number i at step number j predicts ``trajectory(labels, i, j)``."""
    n = len(seeds)
    corner = {"start": start, "run_seeds": seeds, "label_seeds": [None] * n, "fit_errors": [None] * n}
    corner["in_corner"] = [None] * n
    if start != "normal":
        corner |= {"label_seeds": [5] * n, "fit_errors": [0.02, 0.3][:n], "in_corner": [True, False][:n]}
    writer = PredictionWriter(
        path,
        seeds=seeds,
        checkpoints=dict(zip(STEPS, (0, 1, 2), strict=True)),
        labels=LABELS,
        n_classes=3,
        attributes={
            "job": {"configuration": CONFIGURATION},
            "configuration": path.stem,
            "data_fingerprint": "same",
            "corner": corner,
        },
    )
    for split, labels in LABELS.items():
        for index, seed in enumerate(seeds):
            for number, step in enumerate(STEPS):
                model = 0.999 * trajectory(labels, index, number) + 0.001 / 3
                writer.write(split, seed, step, np.log(model).astype(np.float32))
    writer.close()
    return path


def on_geodesic(labels, run, number):
    """Runs along the geodesic from P0 to P*, the later ones a little behind."""
    return geodesic(ignorance(len(labels), 3), truth(labels, 3), [0, 0.4, 0.9][number] * (1 - 0.05 * run))


def from_corner(labels, run, number):
    """From confident wrong predictions to the geodesic."""
    return [truth((labels + 1) % 3, 3), geodesic(ignorance(len(labels), 3), truth(labels, 3), 0.5), truth(labels, 3)][
        number
    ]


@pytest.fixture
def stores(tmp_path):
    return open_stores(
        [
            make_store(tmp_path / "normal.zarr", "normal", [1, 2], on_geodesic),
            make_store(tmp_path / "random-5.zarr", "random", [1, 2], from_corner),
        ]
    )


def test_runs_are_told_apart(stores):
    runs = corner_runs(stores)
    assert runs["run"].tolist() == ["normal-seed1", "normal-seed2", "random-5-seed1", "random-5-seed2"]
    assert runs["in_corner"].tolist() == [False, False, True, False]
    assert runs["fit_error"].isna().tolist() == [True, True, False, False]
    assert runs["label_seed"].dropna().tolist() == [5, 5]


def test_geodesics_lead_from_ignorance_to_the_first_models(stores):
    names, curves = geodesics_to_corners(stored_runs(model_table(stores, 3), stores, "train"))
    assert names == ["random-5-seed1", "random-5-seed2"] and curves.shape == (2, CURVE_POINTS, 12, 3)
    assert np.allclose(curves[:, 0], 1 / 3)
    assert np.allclose(curves[0, -1], np.exp(stores[1].log_probs("train")[0, 0]), atol=1e-6)
    assert np.allclose(curves.sum(axis=-1), 1)


def test_distance_to_normal_trajectories_is_that_at_equal_progress(stores):
    runs = stored_runs(model_table(stores, 3), stores, "train")
    distance = distances_to_normal_trajectories(runs, LABELS["train"]).reshape(4, len(STEPS))
    assert np.all(distance[:2] < 2e-3)  # both normal runs walk along the same geodesic
    corner = 0.999 * truth((LABELS["train"] + 1) % 3, 3) + 0.001 / 3
    assert np.allclose(distance[2:, 0], bhattacharyya_distance(corner, ignorance(12, 3)), atol=1e-2)
    assert np.all(distance[2:, 1] < 2e-3)


def test_permuted_runs_keep_progress_and_come_no_closer(stores):
    runs = stored_runs(model_table(stores, 3), stores, "train")
    orders = [np.arange(12), np.arange(12), *[np.roll(np.arange(12), 3)] * 2]  # these runs err alike on each class
    assert np.allclose(
        distances_to_normal_trajectories(runs, LABELS["train"], orders),
        distances_to_normal_trajectories(runs, LABELS["train"]),
        atol=1e-6,
    )


def test_the_drawn_geodesic_leads_to_the_truth_in_small_steps(stores):
    paths = measure_paths(model_table(stores, 3), stores)
    D = paths["train_truth_curve_distance"]
    assert D.sel(model="ignorance")[0] < 1e-6 and D.sel(model="truth")[-1] < 1e-6
    assert np.all(np.diff(TRUTH_CURVE) > 0) and TRUTH_CURVE[0] == 0 and TRUTH_CURVE[-1] == 1
    to_corner = D.sel(model="random-5-seed1/step0").values
    assert np.abs(np.diff(to_corner)).max() < np.ptp(to_corner) / 8


def test_distances_carry_the_labels_of_their_models(stores):
    table = model_table(stores, 3)
    paths = measure_paths(table, stores)
    shuffled = measure_paths(table[::-1], stores).reindex_like(paths)
    assert paths["run_model"].values.tolist() == table.loc[table["kind"] == "run", "model"].tolist()
    for split in LABELS:
        to_models = paths[f"{split}_curve_distance"].sel(curve="random-5-seed1")
        assert to_models[0].sel(model="ignorance") < 1e-6 > to_models[-1].sel(model="random-5-seed1/step0")
        for name in (f"{split}_curve_distance", f"{split}_trajectory_distance", f"{split}_truth_curve_distance"):
            assert np.allclose(shuffled[name], paths[name], atol=1e-6)
