import numpy as np
import pytest
import xarray as xr
from test_batched import DATA

from inpca.dimension import signed_spectrum
from inpca.distances.pairwise import pairwise_distances
from inpca.embedding.estimator import InPCA
from inpca.predictions.store import PredictionStore
from paper.models import open_stores, stack_log_probs
from paper.rooms.sloppy_synthetic import analysis as sloppiness
from paper.rooms.sloppy_synthetic.batched import train_synthetic
from paper.rooms.sloppy_synthetic.configuration import SyntheticJob
from paper.rooms.sloppy_synthetic.data import synthetic_data
from paper.rooms.sloppy_synthetic.geometry import spectrum_geometry
from paper.rooms.sloppy_synthetic.runs import all_runs, members
from paper.rooms.sloppy_synthetic.sweep import sweep
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
    return spectrum_geometry([store], CORNERS, geodesic_points=4, n_axes=10, resamples=5, settled_epochs=1)


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


def test_settled_dimensions_are_those_of_the_models_from_that_epoch_on(store, geometry):
    stored = PredictionStore(store)
    late = np.flatnonzero(np.array(stored.epochs) >= 1)
    assert 0 < len(late) < len(stored.steps)
    log_probs = stored.log_probs("train")[:][:, late]
    models = log_probs[members(JOB.runs, 2, CORNERS[2])].reshape(-1, *log_probs.shape[2:])
    expected = signed_spectrum(pairwise_distances(models, log=True))
    found = geometry[1]["eigenvalue"].sel(corners=2, checkpoints="settled").values
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
    log_probs = stack_log_probs(stores, "train", 4)
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


def case(ratio, error=0.1, settled=None):
    return {
        "participation_ratio": ratio,
        "participation_ratio_error": error,
        "axes_needed": 3,
        "axes_needed_error": 0.0,
        "settled": {
            "participation_ratio": settled or ratio,
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


def test_the_verdict_follows_the_numbers():
    numbers = spectra(*({"0": case(a), "10": case(b)} for a, b in ((1, 3), (2, 3.1), (0.5, 3))))
    compared = sloppiness.comparisons(numbers)
    assert compared["sloppiest"] == "sloppy"
    text = sloppiness.sloppy_verdict(numbers, compared)
    assert "lower participation ratio in 1 of 4 comparisons and a higher one in 1" in text
    assert "flat inputs from ignorance: participation ratio 1.00 and 2.00 (the latter higher, +1.00 ± 0.14)" in text
    assert "from 10 corners: participation ratio 3.00 and 3.10 (not told apart" in text
    assert "3 and 3 axes (+0 in every resample)" in text
    assert "higher than from the fewest on 3 of 3 spectra" in sloppiness.corner_verdict(numbers, compared)


def test_what_the_first_checkpoints_decide_is_said():
    sloppy = {"0": case(1, settled=4), "10": case(2, settled=2)}
    numbers = spectra(sloppy, {"0": case(3, settled=1), "10": case(3, settled=3)}, sloppy)
    text = sloppiness.settled_verdict(sloppiness.comparisons(numbers), 1)
    assert "before the end of epoch 1**" in text
    assert "lower in 1 of 4 comparisons and higher in 1 (with all checkpoints in 2 and 0)" in text
    assert "The sign turns for: flat from ignorance (+2.00 ± 0.14 to -3.00 ± 0.14)." in text
    assert "higher than from the fewest on 1 of 3 spectra" in text


def test_shared_runs_are_counted_once_beside_the_cases(geometry):
    table, dimensions = geometry
    cases = sloppiness.case_numbers(table, dimensions, fitted_error=1)
    assert [c["n_runs"] for c in cases.values()] == [3, 4, 4]
    text = sloppiness.fit_verdict({"a": {"cases": cases, "n_different_runs": table["run"].nunique()}}, 1)
    assert text.startswith(f"11 of 11 runs ({len(JOB.runs)} different ones;")


def test_sizes_of_the_sweep_are_those_of_its_inputs():
    cells = xr.Dataset(
        {name: (("decay", "corners"), [[1.0], [2.0]]) for name in ("axes_needed", "train_error")},
        coords={"decay": [0.0, 0.5], "corners": [0]},
    )
    numbers = sloppiness.sweep_numbers(cells, 200)
    assert numbers["mean_square"] == {"0": 1, "0.5": pytest.approx(25 / 200 / (1 - np.exp(-0.5)))}
    assert numbers["rank_correlation_with_decay"]["0"] == pytest.approx(1)
    assert "mean squared length 1, 0.318)" in sloppiness.sweep_verdict(numbers)


def test_size_and_shape_are_told_apart_by_pairs_that_share_the_other():
    numbers = spectra(*({"0": case(a), "10": case(b)} for a, b in ((1, 3), (2, 3.1), (0.5, 3))))
    size, shape = sloppiness.control_verdict(numbers).split("\n\n**Effective")
    assert "- flat and large inputs (mean squared length 0.05 and 1)" in size
    assert size.endswith("is lower from ignorance; not told apart from 10 corners") and "sloppy" not in size
    assert "No two spectra have the same mean squared length" in shape
    numbers["large"]["inputs"]["mean_square"] = 0.3
    size, shape = sloppiness.control_verdict(numbers).split("\n\n**Effective")
    assert "- sloppy and large inputs (effective dimension 4 and 200)" in shape and "flat" not in shape
    del numbers["large"]
    assert "No two spectra have the same effective dimension" in sloppiness.control_verdict(numbers)
