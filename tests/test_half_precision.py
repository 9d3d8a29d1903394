"""Stores of float16: how far distances move, what is kept exactly, and what is refused."""

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

import inpca
from inpca.predictions import HalfPrecisionWriter, PredictionStore, PredictionStoreError, PredictionWriter
from inpca.predictions.half import LOWEST, distance_error, normalised, rounded
from inpca.recording import Evaluation

LN2 = np.log(2)


def exact_distances(P, Q):
    """Bhattacharyya distance of each sample, (N,), of normalised log-probabilities, in float64."""
    half = (P + Q) / 2
    largest = half.max(axis=-1, keepdims=True)
    return -(largest[..., 0] + np.log(np.exp(half - largest).sum(axis=-1)))


def of_half(log_probs):
    return normalised(rounded(log_probs, "float16")).astype(np.float64)


@pytest.mark.parametrize("n_classes", [2, 10, 1000])
@pytest.mark.parametrize("scale", [0.0, 0.01, 1.0, 5.0, 30.0, 200.0])
def test_no_distance_moves_by_more_than_the_bound(n_classes, scale, rng):
    """Of each sample, and so of their mean; by more than a hundredth of the bound somewhere, so it is no idle one."""
    P, Q = log_softmax(scale * rng.normal(size=(2, 500, n_classes)), axis=-1)
    exact = exact_distances(P, Q)
    moved = np.abs(exact_distances(of_half(P), of_half(Q)) - exact)
    assert (moved <= distance_error(exact, n_classes)).all()
    assert scale < 1 or moved.max() > distance_error(exact, n_classes).max() / 100


def extreme_pairs():
    """Models far from each other, at ends of float16's range, with ties, and of one class."""
    for size in (1.0, 8.0, 20.0, 40.0, 100.0, 700.0, 5000.0, 30_000.0):
        yield tuple(log_softmax([[[0.0, -size]], [[-size, 0.0]]], axis=-1))
    sharp = log_softmax(np.array([[2047.0, 0.5, -0.25, 3.125] + [0.0] * 996]), axis=-1)
    yield sharp, np.roll(sharp, 1, axis=-1)
    yield np.full((1, 1000), -np.log(1000)), np.full((1, 1000), -np.log(1000))
    # each logarithm half-way between two numbers of float16, where rounding is worst, and all to one side
    worst = np.full((1, 1000), -np.log(1000))
    worst[0, ::2] = -(4 + 2.0**-9 * (1 + 2 * 700))
    yield log_softmax(worst, axis=-1), log_softmax(-worst, axis=-1)


@pytest.mark.parametrize(("P", "Q"), list(extreme_pairs()))
def test_the_bound_holds_for_extreme_models(P, Q):
    exact = exact_distances(P, Q)
    assert np.abs(exact_distances(of_half(P), of_half(Q)) - exact) <= distance_error(exact, P.shape[-1])


def test_the_bound_is_that_of_the_formula():
    u = 2.0**-11 + 2.0**-21
    assert distance_error(0.0, 2) == pytest.approx(2 * u / (1 - u) * LN2 + 2.0**-24)
    slope = distance_error(7.0, 10) - distance_error(6.0, 10)
    assert slope == pytest.approx(u / (1 - u))


def test_logarithms_below_the_range_stay_numbers_and_impossible_classes_stay_impossible():
    stored = rounded(np.array([[0.0, -1e5, -np.inf]], np.float32), "float16")
    assert stored.tolist() == [[0.0, LOWEST, -np.inf]]
    assert normalised(stored).tolist() == [[0.0, LOWEST, -np.inf]]
    assert rounded(stored, "float16") is stored


def test_ignorance_and_truth_are_kept():
    ignorance = np.full((3, 1000), -np.log(1000), np.float32)
    assert np.allclose(of_half(ignorance), ignorance, rtol=0, atol=1e-6)
    truth = np.where(np.eye(10), 0.0, -np.inf)
    assert (of_half(truth) == truth).all()


def written(path, writer, models, finish=True):
    labels = np.arange(models.shape[2]) % models.shape[3]
    store = writer(
        path,
        seeds=range(len(models)),
        checkpoints=dict(enumerate(range(models.shape[1]))),
        labels={"test": labels},
        n_classes=models.shape[3],
    )
    for seed, run in enumerate(models):
        for step, model in enumerate(run[:1] if not finish and seed else run):
            store.write("test", seed, step, model)
    store.close() if finish else store.release()
    return store


@pytest.fixture
def runs(rng):
    """Two runs of three checkpoints on 40 samples and 100 classes."""
    return log_softmax(4 * rng.normal(size=(2, 3, 40, 100)), axis=-1).astype(np.float32)


def test_a_store_of_float16_is_read_as_any_other(tmp_path, runs):
    written(tmp_path / "half.zarr", HalfPrecisionWriter, runs)
    written(tmp_path / "full.zarr", PredictionWriter, runs)
    half, full = (PredictionStore(tmp_path / f"{name}.zarr").log_probs("test") for name in ("half", "full"))
    assert half.shape == full.shape and half.dtype == np.float32 and half.stored.dtype == np.float16
    expected = normalised(runs.astype(np.float16))
    keys = [slice(None), 1, (1, 2), (0, slice(1, 3), slice(5, 9)), (..., 3), (0, ..., 7), (1, 0, [2, 5], slice(0, 4))]
    for key in keys:
        np.testing.assert_array_equal(half[key], expected[key])
    np.testing.assert_array_equal(np.asarray(half), expected)
    models = inpca.read_predictions(tmp_path / "half.zarr")
    D = inpca.pairwise_distances(runs.reshape(6, 40, 100), log=True)
    moved = np.abs(inpca.pairwise_distances(models.log_probs, log=True) - D)
    assert moved.max() > 0 and (moved <= distance_error(D, 100)).all()
    chunks = [(tmp_path / f"{name}.zarr/test/log_probs/c").rglob("*") for name in ("half", "full")]
    sizes = [sum(file.stat().st_size for file in files if file.is_file()) for files in chunks]
    assert sizes[0] < 0.6 * sizes[1]


def test_an_unfinished_store_is_finished_without_rounding_again(tmp_path, runs):
    written(tmp_path / "run.zarr", HalfPrecisionWriter, runs, finish=False)
    with pytest.raises(PredictionStoreError, match="type of numbers differ"):
        PredictionWriter(
            tmp_path / "run.zarr",
            seeds=[0, 1],
            checkpoints={0: 0, 1: 1, 2: 2},
            labels={"test": np.arange(40) % 100},
            n_classes=100,
            if_exists="resume",
        )
    unfinished = PredictionStore(tmp_path / "run.zarr", partial=True)
    with pytest.raises(PredictionStoreError, match="was not recorded"):
        unfinished.log_probs("test")[1, 2]
    found = unfinished.finish().log_probs("test")
    assert found.shape == (2, 1, 40, 100)
    np.testing.assert_array_equal(found.stored[:], runs[:, :1].astype(np.float16))


def test_a_recorder_stores_what_it_is_told(tmp_path):
    x, y = torch.randn(6, 5), torch.arange(6) % 3
    model = torch.nn.Linear(5, 3)
    found = {}
    for stored in ("float32", "float16"):
        path = tmp_path / f"{stored}.zarr"
        with inpca.Recorder(
            path, {"test": (x, y)}, checkpoints={0: 0}, n_classes=3, evaluation=Evaluation(stored=stored)
        ) as record:
            record(model, 0)
        found[stored] = PredictionStore(path).log_probs("test")[0, 0]
    np.testing.assert_allclose(found["float16"], found["float32"], rtol=2e-3)
    with pytest.raises(ValueError, match="stored must be one of 'float32', 'float16', not 'bfloat16'"):
        Evaluation(stored="bfloat16")
