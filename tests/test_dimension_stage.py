"""The stage that measures the dimension of an experiment: which models it takes, and how they are weighted."""

import numpy as np
import pandas as pd
import pytest
from test_calibrated import LABELS, C, made_up_runs

from inpca import explained_stress, participation_ratio, signed_spectrum
from inpca.dimension import StackedRuns
from inpca.dimension.calibrated import null_of
from inpca.distances import pairwise_distances
from inpca.predictions.store import PredictionStore, PredictionWriter
from paper.dimension import measure_dimension, schedules
from paper.models import FACTORS, model_table
from paper.report.dimension import (
    dimension_numbers,
    dimension_table,
    dimension_text,
    excess_table,
    schedule_table,
)

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
    epochs = np.tile(list(EPOCHS.values())[::every], len(runs))
    later = explained_stress(signed_spectrum(D, epochs >= 1))
    np.testing.assert_allclose(found["stress"].sel(kind="from epoch 1", axis=[1, 3]), later[[0, 2]], atol=1e-4)
    null = found["stress"].sel(kind=[null_of(of) for of in found["of"].values]).values
    real = found["stress"].sel(kind=found["of"].values).values
    np.testing.assert_allclose(found["excess_stress"], real - null, atol=1e-6)
    assert found["stress"].notnull().all() and found["excess_stress_low"].notnull().all()


def test_a_further_null_in_the_place_of_runs_has_no_excess_that_counts(stores):
    found = measure_dimension(model_table(stores, 3), stores, "test", largest=1000, draws=3, rng=0, n_jobs=1)
    found.attrs |= {"excess_margin": 0.1, "fewer_margin": 2.0}
    numbers = dimension_numbers(found)
    assert numbers["margin"]["models"]["3"] == pytest.approx(0.1 * (1 - numbers["stress"]["null"]["3"]))
    for of in ("models", "between", "from_epoch_1"):
        assert abs(numbers["control"]["excess"][of]["3"]) < numbers["margin"][of]["3"]
        assert 0.8 < numbers["control"]["fewer"][of] < 1.25
        low, high = numbers["fewer_interval"][of]
        assert low < numbers["fewer"][of] < high
    assert list(schedule_table(found).index)[:2] == ["as recorded", "as the paper's"]
    assert dimension_table(found).shape == (7, 6) and excess_table(found).shape == (4, 6)
    assert "10% of" in dimension_text(found)


def test_models_count_as_the_schedule_of_the_paper_would_have_them():
    """10 steps an epoch, 3 epochs: the paper's steps are 0, 1, 3, 5, … in each fifth of an epoch, and the last.

    None is as late as epoch 5, from which on there is nothing to measure.
    """
    steps = np.array([0, 1, 4, 15, 30])
    taken = pd.DataFrame({"run": "a", "configuration": "a", "step": steps, "epoch": steps / 10})
    weights = schedules(pd.concat([taken, taken.assign(run="b")], ignore_index=True), {"a": 10})
    assert list(weights) == ["as the paper's", "from epoch 0.5", "from epoch 1", "from epoch 2"]
    paper = weights["as the paper's"]
    assert paper.sum() == 2 * 17 and (paper[:5] == paper[5:]).all() and paper[0] == 1
    assert weights["from epoch 1"].tolist() == [0, 0, 0, 1, 1] * 2
