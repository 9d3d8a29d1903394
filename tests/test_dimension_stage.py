"""The stage that measures the dimension of an experiment: which models it takes, and how they are weighted."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from test_calibrated import LABELS, C, N, made_up_runs

from inpca import participation_ratio, signed_spectrum
from inpca.dimension import StackedRuns
from inpca.distances import pairwise_distances
from inpca.predictions.store import PredictionStore, PredictionWriter
from paper.dimension import measure_dimension, schedules
from paper.models import FACTORS, model_table

EPOCHS = {step: step / 10 for step in (0, 1, 2, 3, 5, 8, 12, 20, 30, 40, 60, 80)}


@pytest.fixture
def stores(tmp_path, rng):
    """Four configurations of two runs each."""
    found = []
    for name in "abcd":
        factors = dict.fromkeys(FACTORS, 1) | {"name": name}
        writer = PredictionWriter(
            tmp_path / f"{name}.zarr",
            seeds=[0, 1],
            checkpoints=EPOCHS,
            labels={"train": LABELS, "test": LABELS},
            n_classes=C,
            attributes={"configuration": name, "data_fingerprint": "x", "job": {"configuration": factors}},
        )
        for seed, run in enumerate(made_up_runs(rng, 2, n=2)):
            for step, model in zip(EPOCHS, run, strict=True):
                for split in ("train", "test"):
                    writer.write(split, seed, step, np.log(np.maximum(model, 1e-20)))
        writer.close()
        found.append(PredictionStore(writer.path))
    return found


@pytest.mark.parametrize(("largest", "every"), [(1000, 1), (96, 1), (50, 2)])
def test_of_many_models_every_kth_checkpoint_is_taken(stores, largest, every):
    table = model_table(stores, 3)
    found = measure_dimension(table, stores, "test", largest=largest, draws=2, rng=0, n_jobs=1)
    assert found.attrs == {"n_models": 96 // every, "n_runs": 8, "every": every}
    runs = [np.exp(store.log_probs("test")[seed, ::every]) for store in stores for seed in range(2)]
    D = pairwise_distances(StackedRuns(runs), normalize=True)
    expected = participation_ratio(signed_spectrum(D))
    assert found["participation"].sel(kind="models") == pytest.approx(expected, rel=1e-3)
    recorded = found["schedule_stress"].sel(schedule="as recorded", models="real").values
    np.testing.assert_allclose(recorded, found["stress"].sel(kind="models", axis=[1, 3, 10]), atol=1e-6)
    assert isinstance(found, xr.Dataset) and len(LABELS) == N


def test_models_count_as_the_schedule_of_the_paper_would_have_them():
    """10 steps an epoch, 3 epochs: the paper's steps are 0, 1, 3, 5, … in each fifth of an epoch, and the last."""
    steps = np.array([0, 1, 4, 15, 30])
    taken = pd.DataFrame({"run": "a", "configuration": "a", "step": steps, "epoch": steps / 10})
    weights = schedules(pd.concat([taken, taken.assign(run="b")], ignore_index=True), {"a": 10})
    assert list(weights)[:4] == ["as recorded", "as the paper's", "from epoch 0.5", "from epoch 1"]
    paper = weights["as the paper's"]
    assert paper.sum() == 2 * 17 and (paper[:5] == paper[5:]).all() and paper[0] == 1
    assert weights["from epoch 1"].tolist() == [0, 0, 0, 1, 1] * 2
