"""Predictions are read from files of several formats as the same models."""

import resource
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT
from scipy.special import log_softmax, softmax

from inpca import InPCA, pairwise_distances, read_predictions
from inpca.predictions.examples import example_store
from inpca.predictions.models import LogModels

N, C = 12, 4
LABELS = np.arange(N) % C


@pytest.fixture
def logits():
    return np.random.default_rng(0).normal(scale=3, size=(5, N, C))


@pytest.mark.parametrize("precision", ["float16", "float32", "float64"])
@pytest.mark.parametrize("kind", ["probabilities", "log-probabilities", "logits"])
def test_every_kind_and_precision_gives_the_same_models(tmp_path, logits, kind, precision):
    numbers = {"probabilities": softmax, "log-probabilities": log_softmax, "logits": lambda z, axis: z}[kind]
    np.save(tmp_path / "run.npy", numbers(logits, axis=2).astype(precision))
    models = read_predictions(tmp_path / "run.npy", kind=kind).log_probs
    assert models.dtype == (np.float64 if precision == "float64" else np.float32)
    assert np.allclose(np.exp(models[:]).sum(axis=2), 1, atol=1e-6)
    tolerance = {"float16": 2e-2, "float32": 1e-5, "float64": 1e-12}[precision]
    likely = softmax(logits, axis=2) > 1e-3  # float16 has few digits of smaller probabilities
    assert np.allclose(models[:][likely], log_softmax(logits, axis=2)[likely], atol=tolerance)


def test_probabilities_and_log_probabilities_are_told_apart_and_logits_are_never_guessed(tmp_path, logits):
    np.save(tmp_path / "p.npy", softmax(logits, axis=2))
    np.save(tmp_path / "l.npy", log_softmax(logits, axis=2))
    np.save(tmp_path / "z.npy", logits)
    same = read_predictions(tmp_path / "p.npy", tmp_path / "l.npy").log_probs
    assert np.allclose(same[:5], same[5:])
    with pytest.raises(ValueError, match=r"neither probabilities nor log-probabilities.*kind='logits'"):
        read_predictions(tmp_path / "z.npy")


def test_runs_of_different_length_keep_their_names_checkpoints_and_factors(tmp_path, logits):
    np.save(tmp_path / "short.npy", logits[:2])
    np.save(tmp_path / "long.npy", logits)
    (tmp_path / "factors.csv").write_text("run,optimizer,lr\nlong,adam,0.1\nshort,sgd,1\nother,sgd,2\n")
    files = tmp_path / "short.npy", tmp_path / "long.npy"
    found = read_predictions(*files, kind="logits", truth=LABELS, factors=tmp_path / "factors.csv")
    assert {name: len(run) for name, run in found.runs.items()} == {"short": 2, "long": 5}
    assert found.of_runs("lr") == {"short": 1.0, "long": 0.1}
    assert found.table["checkpoint"].tolist() == [0, 1, 0, 1, 2, 3, 4]
    assert found.table["model"][2] == "long/0"
    assert np.allclose(found.runs["long"][1:3], log_softmax(logits[1:3], axis=2), atol=1e-6)
    assert np.allclose(found.runs["short"][1], found.runs["long"][1])


def test_factors_of_parquet_are_those_of_csv(tmp_path, logits):
    pandas = pytest.importorskip("pandas")
    np.save(tmp_path / "a.npy", logits)
    table = pandas.DataFrame({"run": ["a", "b"], "optimizer": ["adam", "sgd"], "width": [8, 16]})
    table.to_parquet(tmp_path / "f.parquet")
    table.to_csv(tmp_path / "f.csv", index=False)
    for name in ("f.csv", "f.parquet"):
        found = read_predictions(tmp_path / "a.npy", kind="logits", factors=tmp_path / name)
        assert found.of_runs("optimizer") == {"a": "adam"} and found.of_runs("width") == {"a": 8}


def test_seeds_of_a_store_are_runs_with_its_steps_and_labels(tmp_path):
    store = example_store(tmp_path)
    found = read_predictions(store.path, split="test")
    assert found.table["step"].tolist() == [0, 100, 0, 100]
    assert found.labels.tolist() == [0, 1, 2]
    assert np.allclose(found.log_probs[:], store.log_probs("test")[:].reshape(4, 3, 3), atol=1e-6)
    assert list(found.runs) == ["run-seed0", "run-seed1"]


def test_an_archive_names_its_runs_columns_and_labels(tmp_path, logits):
    stacked = np.concatenate([logits, logits[:2]])
    run, step = np.repeat(["a", "b"], [5, 2]), np.r_[0:5, 0:2] * 10
    optimizer = np.repeat(["adam", "sgd"], [5, 2])
    np.savez(tmp_path / "all.npz", logits=stacked, labels=LABELS, run=run, step=step, optimizer=optimizer)
    np.savez(tmp_path / "four.npz", logits=np.stack([logits, logits]), run=["c", "d"], step=np.arange(5), lr=[1, 2])
    found = read_predictions(tmp_path / "all.npz", tmp_path / "four.npz")
    assert {name: len(models) for name, models in found.runs.items()} == {"a": 5, "b": 2, "c": 5, "d": 5}
    assert found.table["step"].tolist() == [*step, *range(5), *range(5)]
    assert found.of_runs("optimizer") == {"a": "adam", "b": "sgd", "c": "", "d": ""}
    assert found.table["lr"][-1] == 2 and np.isnan(found.table["lr"][0])
    assert np.array_equal(found.labels, LABELS)


def test_what_is_measured_is_what_the_library_measures(tmp_path):
    found = read_predictions(example_store(tmp_path).path).measured()
    assert found["progress"][[0, 2]] == pytest.approx([0, 0], abs=1e-6)
    assert found["loss"] == pytest.approx(np.log([3, 1.5, 3, 1.5]), abs=1e-6)
    assert found["error"][1] == 0


def test_models_are_read_by_index_slice_list_and_samples(logits):
    models = LogModels([(logits[:2], "logits", "a"), (logits[2:], "logits", "b")])
    whole = log_softmax(logits, axis=2).astype(models.dtype)
    for index in (0, -1, slice(1, 4), [3, 0, 1], np.array([True, False, True, True, False]), slice(0, 0)):
        assert np.allclose(models[index], whole[index], atol=1e-12)
    assert np.allclose(models[1:4, 2:5], whole[1:4, 2:5], atol=1e-12)
    assert np.allclose(pairwise_distances(models, log=True), pairwise_distances(whole, log=True), atol=1e-6)


LARGE = """
import resource, sys
import numpy as np
from inpca import InPCA, read_predictions
predictions = read_predictions(sys.argv[1], kind="logits", truth=np.zeros(500, int))
models = predictions.log_probs
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert models.shape == (300_000, 500, 20), models.shape
some = models[[0, 150_000, 299_999]]
assert np.allclose(some, -np.log(20))
list(predictions.runs.values())[0][1000:1010]
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(after - before)
"""


def test_an_array_of_12_gb_is_not_loaded(tmp_path):
    path = tmp_path / "large.npy"
    array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(300_000, 500, 20))
    del array  # a sparse file of 12 GB
    assert path.stat().st_size > 12e9
    limit = 8 * 2**30  # of memory that is not a file
    done = subprocess.run(
        [sys.executable, "-c", LARGE, path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit)),
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 200_000  # KiB


def test_read_models_are_embedded_and_saved_as_arrays_are(tmp_path, logits):
    np.save(tmp_path / "a.npy", logits)
    found = read_predictions(tmp_path / "a.npy", kind="logits")
    dataset = InPCA(2, log=True).fit(found.log_probs).to_xarray(labels=found.table["model"])
    again = InPCA.from_xarray(dataset, models=found.log_probs)
    assert np.allclose(again.transform(found.log_probs[:2]), dataset["embedding"].values[:2], atol=1e-6)
