"""An experiment of many models: landmarks and samples in place of the matrix of all distances."""

import re
import runpy
import tracemalloc

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import ROOT
from made_experiment import made_experiment
from matplotlib.colors import Normalize

from inpca import InPCA, pairwise_distances
from inpca.files import DamagedFile
from inpca.plotting import draw_groups, draw_values
from inpca.plotting.models import MOST_DRAWN, MOST_RUNS
from paper.distances import open_distances
from paper.figures.views import drawn_text
from paper.landmarks import choose_landmarks
from paper.models import ENDS, model_table, open_stores
from paper.report.embedding import landmarks_text
from paper.samples import some_checkpoints, whole_runs
from paper.stored import StoredModels
from paper.tiles import checksum_file, gather, save_tile, tile_edges, tile_pairs

SPLITS = "train", "test"


def script(name: str):
    """The function of a script of the workflow, called in this process: sixteen would take a minute to start."""
    return runpy.run_path(str(ROOT / "workflow/scripts" / f"{name}.py"))


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """Six configurations of two runs: stores and model table."""
    folder = tmp_path_factory.mktemp("made")
    paths = made_experiment(folder, np.random.default_rng(0))
    table = model_table(open_stores(paths), 10)
    table.to_parquet(folder / "models.parquet")
    return folder, paths, table


@pytest.fixture(scope="module")
def embedded(experiment):
    """Distances and embeddings: ``full``; by ``all`` models as landmarks; by ``few``; of a ``sample``."""
    folder, paths, _ = experiment
    parts = {"full": ("all", 0), "all": ("landmarks", 1000), "few": ("landmarks", 40), "sample": ("sample", 70)}
    measure, embed, models = (
        script("distances")["measure_distances"],
        script("embed")["embed"],
        folder / "models.parquet",
    )
    for name, (of, number) in parts.items():
        for split in SPLITS:
            part, output = {"of": of, "models": number}, folder / name / f"{split}.npy"
            measure(paths, models, split, "bhattacharyya", part, 1, 1, output)
        for view, splits in (("train", ["train"]), ("joint", SPLITS)):
            embed([folder / name / f"{split}.npy" for split in splits], models, 3, folder / name / f"{view}.nc")
    return folder


def load(folder, name, view="train") -> xr.Dataset:
    return xr.load_dataset(folder / name / f"{view}.nc", engine="scipy")


@pytest.mark.parametrize("view", ["train", "joint"])
def test_all_models_as_landmarks_give_the_embedding_of_the_matrix(embedded, view):
    full, landmarks = load(embedded, "full", view), load(embedded, "all", view)
    assert (full["model"] == landmarks["model"]).all() and landmarks.sizes["landmark"] == full.sizes["model"]
    for name in ("embedding", *(f"{split}_view" for split in SPLITS if view == "joint")):
        assert np.allclose(full[name], landmarks[name], atol=1e-4), name
    for name in ("eigenvalue", "explained_stress", "explained_distance"):
        np.testing.assert_allclose(landmarks[name], full[name], rtol=1e-3, err_msg=name)


def test_few_landmarks_are_off_by_no_more_than_they_say(embedded):
    full, few = load(embedded, "full"), load(embedded, "few")
    error = np.linalg.norm(few["embedding"] - full["embedding"]) / np.linalg.norm(full["embedding"])
    assert 0 < error < 5 * few.attrs["landmark_error"] < 0.5
    np.testing.assert_allclose(few["explained_stress"], full["explained_stress"], atol=0.02)


def test_a_model_lies_half_way_between_its_views_by_landmarks_too(embedded):
    joint = load(embedded, "few", "joint")
    assert np.allclose((joint["train_view"] + joint["test_view"]) / 2, joint["embedding"], atol=1e-5)


def test_distances_to_reference_points_are_those_of_the_matrix(embedded, experiment):
    models = experiment[2]["model"]
    full, few = (open_distances(embedded / name / "train.npy", models) for name in ("full", "few"))
    assert full.landmarks is None and few.values.shape == (len(models), len(few.landmarks)) == (120, 52)
    for row in np.flatnonzero(experiment[2]["kind"] != "run"):
        assert np.allclose(few.to(row), full.to(row), atol=1e-6)
    turned = open_distances(embedded / "few/train.npy", models[::-1])
    assert np.array_equal(turned.to(0), few.to(len(models) - 1)[::-1])


def test_new_models_are_placed_among_landmarks(embedded, experiment):
    _, paths, table = experiment
    models = StoredModels(table, open_stores(paths), "train")
    few = load(embedded, "few")
    assert np.allclose(InPCA.from_xarray(few, models=models).transform(models[:]), few["embedding"], atol=1e-4)


def test_a_sample_is_whole_runs_with_all_their_distances(embedded, experiment):
    table = whole_runs(experiment[2], 70)
    assert (table["kind"] == "run").sum() == 108 and set(ENDS) <= set(table["kind"])  # twelve runs at least
    sample = load(embedded, "sample")
    assert sample["model"].values.tolist() == table["model"].tolist()
    full = open_distances(embedded / "full/train.npy", experiment[2]["model"]).values
    rows = experiment[2]["model"].isin(table["model"]).to_numpy()
    assert np.array_equal(np.load(embedded / "sample/train.npy"), full[np.ix_(rows, rows)])


def made_table(n_runs: int, checkpoints: int) -> pd.DataFrame:
    progress = np.tile(np.linspace(0, 1, checkpoints) ** 2, n_runs)
    runs = {"kind": "run", "run": np.repeat(np.arange(n_runs), checkpoints).astype(str), "train_progress": progress}
    return pd.concat([pd.DataFrame(runs), pd.DataFrame({"kind": ENDS, "train_progress": [0, 1]})], ignore_index=True)


@pytest.mark.parametrize("n", [60, 600, 2000])
def test_landmarks_are_spread_over_runs_and_progress(n):
    table = made_table(200, 60)
    landmarks, weight = choose_landmarks(table, n)
    assert len(np.unique(landmarks)) == len(landmarks) == n + 2 and weight.sum() == pytest.approx(len(table))
    chosen = table.iloc[landmarks[:-2]]
    of_run = chosen.groupby("run").size().reindex(table["run"].dropna().unique(), fill_value=0)
    assert of_run.max() - of_run.min() <= 2
    checkpoint = landmarks[:-2] % 60
    assert np.ptp(np.bincount(checkpoint // 10, minlength=6)) <= 0.2 * n / 6 + 2
    assert all(np.array_equal(*pair) for pair in zip((landmarks, weight), choose_landmarks(table, n), strict=True))


@pytest.mark.parametrize(("lengths", "largest"), [([67] * 2296, 2500), ([20] * 164, 1000), ([3] * 7, 10)])
def test_some_checkpoints_are_about_as_many_as_wanted(lengths, largest):
    kept, every = some_checkpoints(lengths, largest)
    taken = sum(-(-lengths[run] // every) for run in kept)
    assert largest / 2 < taken <= 1.5 * largest and len(kept) in (len(lengths), largest // 5)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"landmarks": [0, 1]}, "one for each column of distances (6, 3)"),
        ({"landmarks": [0, 1, 1]}, "landmarks must be different positions in 0 … 5"),
        ({"landmarks": [0, 1, 6]}, "landmarks must be different positions in 0 … 5"),
        ({"landmarks": [0, 1, 3]}, "distances of landmarks to themselves must be 0, not"),
        ({"landmarks": [0, 1, 2], "landmark_weight": [1, 1, 0]}, "landmark_weight must be 3 positive finite numbers"),
        ({"landmarks": [0, 1, 2], "sample_weight": np.ones(6)}, "sample_weight does not"),
        ({"landmark_weight": [1, 1, 1]}, "landmarks go with metric='precomputed'"),
    ],
)
def test_bad_landmarks_are_named(rng, given, message):
    D = pairwise_distances(rng.dirichlet(np.ones(3), (6, 5)))[:, :3]
    with pytest.raises(ValueError, match=re.escape(message)):
        InPCA(2, metric="precomputed").fit(D, **given)


@pytest.fixture(scope="module")
def many():
    """Models for two parts of three tiles of the kernel or more, the last not full."""
    return np.log(np.random.default_rng(1).dirichlet(np.ones(3), (1100, 8))).astype(np.float32)


@pytest.mark.parametrize("metric", ["bhattacharyya", "jeffreys"])
def test_a_matrix_of_tiles_has_the_bits_of_that_of_one_job(many, tmp_path, metric):
    tiles = {pair: tmp_path / f"{pair}.npy" for pair in tile_pairs(2)}
    for (row, column), path in tiles.items():
        save_tile(many, row, column, 2, path, metric=metric, n_jobs=1)
    gather(tiles, len(many), 2, tmp_path / "d.npy")
    whole = pairwise_distances(many, metric=metric, log=True).astype(np.float32)
    assert np.array_equal(np.load(tmp_path / "d.npy"), whole)


@pytest.mark.parametrize("damage", ["torn", "changed", "another"])
def test_a_tile_that_is_not_what_was_written_is_found(many, tmp_path, damage):
    tiles = {pair: tmp_path / f"{pair}.npy" for pair in tile_pairs(2)}
    for (row, column), path in tiles.items():
        save_tile(many, row, column, 2, path, metric="bhattacharyya", n_jobs=1)
    victim = tiles[0, 1]
    content = bytearray(victim.read_bytes())
    if damage == "another":
        victim.write_bytes(tiles[1, 1].read_bytes())
        checksum_file(victim).write_text(checksum_file(tiles[1, 1]).read_text())
    elif damage == "torn":
        victim.write_bytes(content[: len(content) // 2])
    else:
        content[-3] ^= 1
        victim.write_bytes(content)
    with pytest.raises(DamagedFile, match=re.escape(f"{victim} is damaged")):
        gather(tiles, len(many), 2, tmp_path / "d.npy")
    assert not (tmp_path / "d.npy").exists()


def test_too_many_parts_are_an_error():
    with pytest.raises(ValueError, match=re.escape("1100 models cannot be divided into 3 parts of 512 or more")):
        tile_edges(1100, 3)


def test_panels_draw_some_of_very_many_models():
    n_runs, m = 1200, 36_000
    coordinates = np.random.default_rng(0).standard_normal((m, 2))
    figure, (left, right) = plt.subplots(1, 2)
    draw_groups(left, coordinates, groups=["a"] * m, colours={"a": "black"}, runs=np.arange(m) % n_runs)
    lines, points = left.collections
    assert len(points.get_offsets()) == MOST_DRAWN and len(lines.get_segments()) == n_runs / 3 <= MOST_RUNS
    draw_values(right, coordinates, coordinates[:, 0], Normalize(-1, 1))
    drawn = right.collections[0].get_array()
    assert len(drawn) == MOST_DRAWN and np.all(np.diff(drawn) <= 0)  # the lowest on top, still
    assert f"{MOST_DRAWN} models" in drawn_text(m) and not drawn_text(MOST_DRAWN)
    plt.close(figure)


def test_what_landmarks_are_is_said(embedded, experiment):
    full, few = (open_distances(embedded / name / "train.npy", experiment[2]["model"]) for name in ("full", "few"))
    assert landmarks_text(full, load(embedded, "full")) == ""
    said = landmarks_text(few, load(embedded, "few"))
    assert "All 120 models" in said and "to 52 of them" in said and "off by about" in said


class ManyModels:
    """Log-probabilities (m, N, C) of made-up models that are computed when they are read, as stores are read."""

    dtype, ndim, sample_step = np.dtype(np.float32), 3, 1

    def __init__(self, m: int, n_samples: int, n_classes: int):
        self.shape = (m, n_samples, n_classes)
        rng = np.random.default_rng(0)
        self._way, self._noise = rng.standard_normal((2, *self.shape[1:])), rng.standard_normal((7, *self.shape[1:]))

    def __getitem__(self, index) -> np.ndarray:
        rows = np.arange(self.shape[0])[index]
        t = (rows / self.shape[0])[:, None, None]
        logits = t * self._way[0] + t * (1 - t) * self._way[1] + 0.05 * self._noise[rows % 7]
        return (logits - np.log(np.exp(logits).sum(axis=2, keepdims=True))).astype(np.float32)


def test_memory_of_distances_to_landmarks_is_far_below_that_of_the_matrix(tmp_path):
    n_runs, checkpoints = 400, 50
    table = made_table(n_runs, checkpoints).assign(model=lambda rows: rows.index.astype(str))
    log_probs, path = ManyModels(len(table), 30, 4), tmp_path / "train.npy"
    tracemalloc.start()
    script("distances")["to_landmarks"](table, log_probs, 300, path, metric="bhattacharyya", n_jobs=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    matrix = 4 * len(table) ** 2
    assert peak < matrix / 4 and np.load(path, mmap_mode="r").shape == (20_002, 302)
