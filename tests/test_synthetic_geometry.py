import numpy as np
import pytest
import xarray as xr
from scipy.special import log_softmax
from test_batched import DATA

from inpca.dimension import calibrated_dimension, participation_ratio, signed_spectrum
from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.estimator import InPCA
from inpca.predictions.store import PredictionStore
from paper.models import model_table, open_stores
from paper.rooms.sloppy_synthetic import analysis, tables
from paper.rooms.sloppy_synthetic.batched import train_synthetic
from paper.rooms.sloppy_synthetic.configuration import Spectrum, SyntheticJob
from paper.rooms.sloppy_synthetic.data import synthetic_data
from paper.rooms.sloppy_synthetic.geometry import case_dimension, spectrum_geometry
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
    return spectrum_geometry([store], CORNERS, geodesic_points=4, draws=2, null_seed=0)


def models_of(store, number):
    """Log-probabilities of the runs of one case, and labels."""
    stored = PredictionStore(store)
    return list(stored.log_probs("train")[:][members(JOB.runs, number, CORNERS[number])]), stored.labels("train")


def test_every_case_has_its_models_and_the_geodesic(geometry):
    table, dimensions = geometry
    for number, seeds in CORNERS.items():
        rows = table[table["corners"] == number]
        runs = rows[rows["kind"] == "run"]
        assert len(runs) == 5 * seeds * max(number, 1) and len(rows) == len(runs) + 6
        assert runs.groupby("run")["corner"].nunique(dropna=False).eq(1).all()
        assert set(runs["corner"].dropna()) == set(range(number))
    assert dimensions["corners"].values.tolist() == list(CORNERS)


@pytest.mark.parametrize("number", CORNERS)
def test_dimensions_are_those_of_the_runs_of_the_case_alone(store, geometry, number):
    models, labels = models_of(store, number)
    found = geometry[1].sel(corners=number)
    expected = calibrated_dimension(models, labels, log=True, draws=2, rng=0)
    assert np.allclose(found["participation"], expected["participation"], rtol=1e-6)
    spectrum = signed_spectrum(pairwise_distances(np.concatenate(models), log=True))
    assert np.isclose(found["participation"].sel(kind="models"), participation_ratio(spectrum), rtol=1e-6)


def test_axes_lead_from_ignorance_to_the_truth(geometry):
    table, _ = geometry
    for _, rows in table.groupby("corners"):
        start, end = (
            rows[rows["kind"] == kind][["pc1", "pc2", "pc3"]].to_numpy()[0] for kind in ("ignorance", "truth")
        )
        assert np.all(end >= start)


def test_drawn_axes_are_described_as_those_of_the_embedding(store, geometry):
    stores = open_stores([store])
    log_probs = StoredModels(model_table(stores, 4), stores, "train")[:]
    of_all = np.append(np.repeat(members(JOB.runs, 2, CORNERS[2]), 5), np.ones(6, bool))
    embedding = InPCA(3, metric="precomputed").fit(pairwise_distances(log_probs[of_all], log=True))
    found = geometry[1].sel(corners=2)
    assert np.array_equal(found["drawn_signature"], np.sign(embedding.eigenvalues_))
    assert np.allclose(found["drawn_stress"], embedding.explained_stress_)


N = 90


def made_up_runs(patterns, n_classes=3):
    """Runs from ignorance to the truth whose samples go at paces of their own, and labels; log-probabilities."""
    labels = np.arange(N) % n_classes
    paces = np.exp(0.3 * patterns)[:, None, :, None] * np.eye(n_classes)[labels]
    return list(log_softmax(np.linspace(0, 6, 8)[:, None, None] * paces, axis=-1)), labels


@pytest.mark.parametrize("k", [1, 3])
def test_runs_in_k_directions_scatter_in_k_dimensions_and_a_null_in_their_place_does_not(rng, k):
    patterns = rng.standard_normal((12, k)) @ rng.standard_normal((k, N)) / np.sqrt(k)
    found = case_dimension(*made_up_runs(patterns), range(12), draws=2, rng=0)
    assert 0.7 * k < found["participation"].sel(kind="between") < 1.6 * k + 0.3
    between = found.sel(of="between")
    assert between["fewer_dimensions_low"] > 1.5 and abs(between["control_fewer_dimensions"] - 1) < 0.1


def test_runs_that_err_on_samples_of_their_own_have_as_many_dimensions_as_their_null(rng):
    found = case_dimension(*made_up_runs(rng.standard_normal((12, N))), range(12), draws=2, rng=0)
    fewer, control = (found[name].sel(of="between") for name in ("fewer_dimensions", "control_fewer_dimensions"))
    assert abs(fewer - 1) < 0.1 and abs(control - 1) < 0.1


def test_runs_of_one_corner_that_stay_together_halve_the_dimension_between_runs(rng):
    """Ten runs in five pairs of the same pattern against ten with a pattern each; the null has ten of its own."""
    own = rng.standard_normal((10, N))
    pairs, singles = (
        case_dimension(*made_up_runs(patterns), range(10), draws=2, rng=0)["fewer_dimensions"].sel(of="between")
        for patterns in (np.repeat(own[:5], 2, axis=0), own)
    )
    assert 1.5 < pairs / singles < 3


def test_a_cell_of_the_sweep_is_the_case_trained_alone(geometry):
    data = [DATA, DATA.model_copy(update={"decay": 0.4})]
    cells = sweep(data, JOB, CORNERS, draws=2, null_seed=0)
    assert cells["between"].dims == ("decay", "corners") and cells["decay"].values.tolist() == [0.3, 0.4]
    table, dimensions = geometry
    for name, kind in (("between", "between"), ("between_null", "between null")):
        assert np.allclose(cells[name].sel(decay=0.3), dimensions["participation"].sel(kind=kind), rtol=1e-5)
    for end in ("", "_low", "_high"):
        expected = dimensions[f"fewer_dimensions{end}"].sel(of="between")
        assert np.allclose(cells[f"fewer{end}"].sel(decay=0.3), expected, rtol=1e-4)
    last = table[table["kind"] == "run"].groupby(["corners", "run"]).tail(1).groupby("corners")
    for split in ("train", "test"):
        assert np.allclose(cells[f"{split}_error"].sel(decay=0.3), last[f"{split}_error"].mean())


def case(fewer, models=2.0, half=0.1, control=1.0):
    """Numbers of a case: how many times fewer dimensions between runs, and the participation ratio of all models."""
    return {
        "participation": {
            "null": 2 * models,
            "one_run": 1.2,
            "models": models,
            "between": 9,
            "between_null": 9 * fewer,
        },
        "dimensions": {"models": models, "between": 9.0},
        "dimensions_interval": {"models": [models - half, models + half], "between": [8.0, 10.0]},
        "fewer": {"between": fewer},
        "fewer_interval": {"between": [fewer / (1 + half), fewer * (1 + half)]},
        "control": {"between": control},
    }


def spectra(sloppy, flat):
    return {
        "sloppy": {"inputs": {"effective_dimension": 4}, "cases": sloppy},
        "flat": {"inputs": {"effective_dimension": 199}, "cases": flat},
    }


def test_inputs_are_compared_with_each_other_and_so_are_nulls_in_place_of_runs():
    sloppy = {"0": case(3.0, models=2, control=1.05), "10": case(1.0, models=6)}
    compared = analysis.comparisons(spectra(sloppy, {"0": case(1.5, models=2, control=0.7), "10": case(1.0, models=2)}))
    assert compared["sloppiest"] == "sloppy"
    found, turned = compared["over"]["sloppy"]["flat"], compared["over"]["flat"]["sloppy"]
    assert all(turned[n]["value"] == pytest.approx(1 / found[n]["value"]) for n in found)
    assert found["0"]["value"] == pytest.approx(2) and found["0"]["control"] == pytest.approx(1.5)
    # relative errors of independent cases add in squares
    assert found["0"]["interval"] == pytest.approx([2 / 1.1 ** np.sqrt(2), 2 * 1.1 ** np.sqrt(2)])
    low, high = found["10"]["interval"]
    assert low < 1 < high and low * high == pytest.approx(1)
    corners = compared["most_minus_fewest_corners"]
    assert corners["sloppy"]["value"] == pytest.approx(4) and corners["sloppy"]["control"] == pytest.approx(8)
    assert corners["flat"]["interval"] == pytest.approx([-0.1 * np.sqrt(2), 0.1 * np.sqrt(2)])


def test_a_case_over_itself_is_1_and_less_itself_0():
    one = case(3.0)
    assert analysis.ratio(one, one, "fewer", "between")["value"] == 1
    assert analysis.difference(one, one, "dimensions", "models")["value"] == 0


def test_shared_runs_are_counted_once_beside_the_cases(geometry):
    table, dimensions = geometry
    cases = analysis.case_numbers(table, dimensions, fitted_error=1)
    assert [c["n_runs"] for c in cases.values()] == [3, 4, 4]
    assert sum(c["n_fitted_runs"] for c in cases.values()) == 11 > table["run"].nunique() == len(JOB.runs)
    rows = tables.case_table({"a_b": {"cases": cases}})
    assert rows["runs"].tolist() == [3, 4, 4] and rows["start"].tolist() == ["ignorance", "1 corner", "2 corners"]
    assert set(rows["inputs"]) == {"a b"} and rows["train error"].between(0, 1).all()


def test_factors_are_those_of_the_table_and_lie_in_their_intervals(geometry):
    cases = analysis.case_numbers(*geometry, fitted_error=1)
    for found in cases.values():
        for of, null in (("models", "null"), ("between", "between_null")):
            assert found["dimensions"][of] == found["participation"][of]
            assert found["fewer"][of] == pytest.approx(found["participation"][null] / found["participation"][of], 0.02)
            low, high = found["fewer_interval"][of]
            assert low < found["fewer"][of] < high


def test_sizes_of_the_sweep_are_those_of_its_inputs():
    cells = xr.Dataset(
        {name: (("decay", "corners"), [[1.0], [2.0]]) for name in ("fewer", "train_error")},
        coords={"decay": [0.0, 0.5], "corners": [0]},
    )
    numbers = analysis.sweep_numbers(cells, 200)
    assert numbers["mean_square"] == {"0": 1, "0.5": pytest.approx(25 / 200 / (1 - np.exp(-0.5)))}
    assert numbers["rank_correlation_with_decay"]["0"] == pytest.approx(1)
    assert tables.sweep_table(numbers).loc["ignorance", "rank correlation"] == pytest.approx(1)
    assert numbers["fewer"] == {"0": {"0": 1}, "0.5": {"0": 2}} and numbers["largest_train_error"] == 2


def test_the_largest_decay_that_fits_is_compared_with_the_nearest_test_error():
    numbers = {
        "fewer": [2.0, 1.0, 4.0, 9.0],
        "fewer_low": [1.0, 1.0, 2.0, 1.0],
        "fewer_high": [4.0, 1.0, 8.0, 10.0],
        "train_error": [0.0, 0.1, 0.0, 0.2],
        "test_error": [0.3, 0.5, 0.2, 0.2],
    }
    cells = xr.Dataset(
        {name: (("decay", "corners"), [[value, 0.0] for value in values]) for name, values in numbers.items()},
        coords={"decay": [0.0, 0.1, 0.5, 1.0], "corners": [0, 5]},
    )
    found = analysis.matched_error(cells, 0.1)
    assert found["decay"] == [0.5, 0.0] and found["test_error"] == [0.2, 0.3]
    assert found["value"] == pytest.approx(2)
    assert found["interval"] == pytest.approx([2 / 4 ** np.sqrt(0.5), 2 * 4 ** np.sqrt(0.5)])
    table = tables.matched_table(found)
    assert table["null / between runs"].tolist() == [4, 2] and table["test error"].tolist() == [0.2, 0.3]
    assert analysis.matched_error(cells.isel(decay=[0, 3]), 0.1) is None and tables.matched_table(None).empty


def test_cells_that_do_not_differ_have_no_rank_correlation():
    same = xr.Dataset(
        {name: (("decay", "corners"), [[1.0], [1.0]]) for name in ("fewer", "train_error")},
        coords={"decay": [0.0, 0.5], "corners": [0]},
    )
    assert analysis.sweep_numbers(same, 200)["rank_correlation_with_decay"] == {"0": None}


def test_inputs_of_the_sample_stand_beside_those_of_the_distribution(rng):
    flat = Spectrum(decay=0)
    found = analysis.input_numbers(rng.standard_normal((5000, 20)) / np.sqrt(20), flat)
    assert found["effective_dimension"] == pytest.approx(20) and found["mean_square"] == pytest.approx(1)
    assert found["sample_effective_dimension"] == pytest.approx(20, rel=0.02)
    assert found["sample_mean_square"] == pytest.approx(1, rel=0.02)
    table = tables.input_table({"flat": {"inputs": found}})
    assert table.loc["flat", "effective dimension of the sample"] == found["sample_effective_dimension"]
