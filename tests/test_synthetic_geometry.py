import numpy as np
import pytest
import xarray as xr
from test_batched import DATA

from inpca.dimension import signed_spectrum
from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.estimator import InPCA
from inpca.predictions.store import PredictionStore
from paper.models import model_table, open_stores
from paper.rooms.sloppy_synthetic import analysis, tables
from paper.rooms.sloppy_synthetic.batched import train_synthetic
from paper.rooms.sloppy_synthetic.configuration import Spectrum, SyntheticJob
from paper.rooms.sloppy_synthetic.data import synthetic_data
from paper.rooms.sloppy_synthetic.geometry import spectrum_geometry
from paper.rooms.sloppy_synthetic.runs import all_runs, members
from paper.rooms.sloppy_synthetic.sweep import sweep
from paper.stored import StoredModels
from paper.study.configuration import Checkpoints, Configuration

CORNERS = {0: 3, 1: 4, 2: 2}
CONFIGURATION = Configuration(
    name="mlp",
    network={"kind": "fc", "widths": [16]},
    optimizer="sgdn",
    batch_size=30,
    learning_rate=0.05,
    weight_decay=0,
    augmentation="none",
    epochs=4,
)
JOB = SyntheticJob(
    configuration=CONFIGURATION, runs=all_runs(CORNERS), checkpoints=Checkpoints(schedule="log", number=5)
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "runs.zarr"
    train_synthetic(JOB, synthetic_data(DATA), path)
    return path


@pytest.fixture(scope="module")
def geometry(store):
    return spectrum_geometry([store], CORNERS, geodesic_points=4, n_axes=10, resamples=5, late_from_epoch=1)


def test_every_case_has_its_models_and_the_geodesic(geometry):
    table, dimensions = geometry
    for number, seeds in CORNERS.items():
        rows = table[table["corners"] == number]
        runs = rows[rows["kind"] == "run"]
        assert len(runs) == 5 * seeds * max(number, 1) and len(rows) == len(runs) + 6
        assert runs.groupby("run")["corner"].nunique(dropna=False).eq(1).all()
        assert set(runs["corner"].dropna()) == set(range(number))
    assert dimensions["corners"].values.tolist() == list(CORNERS)


def test_spectra_are_those_of_the_runs_of_the_case_alone(store, geometry):
    log_probs = PredictionStore(store).log_probs("train")[:]
    for number, seeds in CORNERS.items():
        models = log_probs[members(JOB.runs, number, seeds)].reshape(-1, *log_probs.shape[2:])
        expected = signed_spectrum(pairwise_distances(models, log=True))[:10]
        assert np.allclose(geometry[1]["eigenvalue"].sel(corners=number, checkpoints="all"), expected, atol=1e-6)


def test_late_dimensions_are_those_of_the_models_from_that_epoch_on(store, geometry):
    stored = PredictionStore(store)
    late = np.flatnonzero(np.array(stored.epochs) >= 1)
    assert 0 < len(late) < len(stored.steps)
    log_probs = stored.log_probs("train")[:][:, late]
    models = log_probs[members(JOB.runs, 2, CORNERS[2])].reshape(-1, *log_probs.shape[2:])
    expected = signed_spectrum(pairwise_distances(models, log=True))
    found = geometry[1]["eigenvalue"].sel(corners=2, checkpoints="late").values
    assert np.allclose(found[: len(expected)], expected, atol=1e-6) and np.isnan(found[len(expected) :]).all()


def test_axes_lead_from_ignorance_to_the_truth(geometry):
    table, _ = geometry
    for _, rows in table.groupby("corners"):
        start, end = (
            rows[rows["kind"] == kind][["pc1", "pc2", "pc3"]].to_numpy()[0] for kind in ("ignorance", "truth")
        )
        assert np.all(end >= start)


def test_signs_of_drawn_axes_are_those_of_their_eigenvalues(store, geometry):
    stores = open_stores([store])
    log_probs = StoredModels(model_table(stores, 4), stores, "train")[:]
    of_all = np.append(np.repeat(members(JOB.runs, 2, CORNERS[2]), 5), np.ones(6, bool))
    embedding = InPCA(3, metric="precomputed").fit(pairwise_distances(log_probs[of_all], log=True))
    assert np.array_equal(geometry[1]["drawn_signature"].sel(corners=2), np.sign(embedding.eigenvalues_))


def test_a_cell_of_the_sweep_is_the_case_trained_alone(geometry):
    cells = sweep([DATA, DATA.model_copy(update={"decay": 1.0})], JOB, CORNERS)
    assert cells["axes_needed"].dims == ("decay", "corners") and cells["decay"].values.tolist() == [0.3, 1.0]
    for name in ("axes_needed", "participation_ratio"):
        assert np.allclose(cells[name].sel(decay=0.3), geometry[1][name].sel(checkpoints="all"), rtol=1e-6)
    table, _ = geometry
    last = table[table["kind"] == "run"].groupby(["corners", "run"]).tail(1).groupby("corners")
    for split in ("train", "test"):
        assert np.allclose(cells[f"{split}_error"].sel(decay=0.3), last[f"{split}_error"].mean())


def case(ratio, error=0.1, late=None):
    return {
        "participation_ratio": ratio,
        "participation_ratio_error": error,
        "axes_needed": 3,
        "axes_needed_error": 0.0,
        "late": {
            "participation_ratio": late or ratio,
            "participation_ratio_error": error,
            "axes_needed": 3,
            "axes_needed_error": 0.0,
        },
    }


def spectra(sloppy, flat, large):
    return {
        "sloppy": {"inputs": {"effective_dimension": 4, "mean_square": 0.3}, "cases": sloppy},
        "flat": {"inputs": {"effective_dimension": 199, "mean_square": 0.05}, "cases": flat},
        "large": {"inputs": {"effective_dimension": 200, "mean_square": 1.0}, "cases": large},
    }


THREE = tuple({"0": case(a), "10": case(b)} for a, b in ((1, 3), (2, 3.1), (0.5, 3)))


def test_tables_tell_where_the_dimension_is_lower():
    compared = analysis.comparisons(spectra(*THREE))
    assert compared["sloppiest"] == "sloppy"
    assert tables.count_table(compared).loc["participation ratio"].to_dict() == {
        "lower": 1,
        "higher": 1,
        "comparisons": 4,
    }
    table = tables.input_differences(compared).set_index(["inputs", "start"])
    assert table.loc[("flat − sloppy", "ignorance"), "participation ratio"] == "+1.00 ± 0.14"
    assert table.loc[("flat − sloppy", "10 corners"), "participation ratio"] == "+0.10 ± 0.14"
    assert set(table["axes for 90%"]) == {"+0.00 ± 0.00"}
    corners = tables.corner_differences(compared)["participation ratio"]
    assert corners.to_dict() == {"sloppy": "+2.00 ± 0.14", "flat": "+1.10 ± 0.14", "large": "+2.50 ± 0.14"}
    beyond = [found["participation_ratio"] for found in compared["most_minus_fewest_corners"].values()]
    assert all(item["beyond_error"] and item["low"] > 0 for item in beyond)


def test_late_checkpoints_are_compared_on_their_own():
    sloppy = {"0": case(1, late=4), "10": case(2, late=2)}
    compared = analysis.comparisons(spectra(sloppy, {"0": case(3, late=1), "10": case(3, late=3)}, sloppy))
    counts = tables.count_table(compared)
    assert counts.loc["participation ratio"].tolist() == [2, 0, 4]
    assert counts.loc["late participation ratio"].tolist() == [1, 1, 4]
    found = compared["other_minus_sloppy"]["flat"]["0"]
    assert found["participation_ratio"]["low"] > 0 > found["late_participation_ratio"]["high"]
    rises = [found["late_participation_ratio"] for found in compared["most_minus_fewest_corners"].values()]
    assert sum(item["low"] > 0 for item in rises) == 1


def test_shared_runs_are_counted_once_beside_the_cases(geometry):
    table, dimensions = geometry
    cases = analysis.case_numbers(table, dimensions, fitted_error=1)
    assert [c["n_runs"] for c in cases.values()] == [3, 4, 4]
    assert sum(c["n_fitted_runs"] for c in cases.values()) == 11 > table["run"].nunique() == len(JOB.runs)
    rows = tables.case_table({"a_b": {"cases": cases}})
    assert rows["runs"].tolist() == [3, 4, 4] and rows["start"].tolist() == ["ignorance", "1 corner", "2 corners"]
    assert set(rows["inputs"]) == {"a b"} and rows["train error"].between(0, 1).all()


def test_sizes_of_the_sweep_are_those_of_its_inputs():
    cells = xr.Dataset(
        {name: (("decay", "corners"), [[1.0], [2.0]]) for name in ("axes_needed", "train_error")},
        coords={"decay": [0.0, 0.5], "corners": [0]},
    )
    numbers = analysis.sweep_numbers(cells, 200)
    assert numbers["mean_square"] == {"0": 1, "0.5": pytest.approx(25 / 200 / (1 - np.exp(-0.5)))}
    assert numbers["rank_correlation_with_decay"]["0"] == pytest.approx(1)
    assert tables.sweep_table(numbers).loc["ignorance", "rank correlation"] == pytest.approx(1)


def test_size_and_shape_are_told_apart_by_pairs_that_share_the_other():
    numbers = spectra(*THREE)
    table = tables.control_table(numbers)
    assert set(table["equal"]) == {"effective dimension"} and set(table["inputs"]) == {"large − flat"}
    assert set(table["differing"]) == {"mean squared length 1 and 0.05"}
    assert table.set_index("start")["participation ratio"].to_dict() == {
        "ignorance": "-1.50 ± 0.14",
        "10 corners": "-0.10 ± 0.14",
    }
    numbers["large"]["inputs"]["mean_square"] = 0.3
    table = tables.control_table(numbers)
    shape = table[table["equal"] == "mean squared length"]
    assert set(shape["inputs"]) == {"large − sloppy"} and set(shape["differing"]) == {"effective dimension 200 and 4"}
    del numbers["large"]
    assert tables.control_table(numbers).empty


def test_inputs_of_the_sample_stand_beside_those_of_the_distribution(rng):
    flat = Spectrum(decay=0)
    found = analysis.input_numbers(rng.standard_normal((5000, 20)) / np.sqrt(20), flat)
    assert found["effective_dimension"] == pytest.approx(20) and found["mean_square"] == pytest.approx(1)
    assert found["sample_effective_dimension"] == pytest.approx(20, rel=0.02)
    assert found["sample_mean_square"] == pytest.approx(1, rel=0.02)
    table = tables.input_table({"flat": {"inputs": found}})
    assert table.loc["flat", "effective dimension of the sample"] == found["sample_effective_dimension"]
